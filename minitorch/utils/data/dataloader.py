"""DataLoader: sampler -> indices -> examples -> batch, in this process."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import islice, repeat
from typing import Generic, TypeVar

from ...random import Generator
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed

T = TypeVar("T")


class DataLoader(Generic[T]):
    """Batches of a dataset, in order or shuffled; iterate over it once per epoch.

    Each iterator draws one number from the default generator (torch's base seed for workers) before the sampler
    draws its own, so that one seed gives torch's batches. Worker processes are not supported yet.
    https://pytorch.org/docs/stable/data.html#torch.utils.data.DataLoader
    """

    FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")

    def __init__(self, dataset: Dataset[T], batch_size: int | None = 1, shuffle: bool | None = None,
                 sampler: Sampler | Iterable | None = None, batch_sampler: Sampler | Iterable | None = None,
                 num_workers: int = 0, collate_fn: Callable | None = None, pin_memory: bool = False,
                 drop_last: bool = False, timeout: float = 0, worker_init_fn: Callable | None = None,
                 multiprocessing_context=None, generator: Generator | None = None, *,
                 prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "",
                 in_order: bool = True):
        refuse_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context)
        self.dataset, self.num_workers, self.prefetch_factor = dataset, num_workers, prefetch_factor
        self.pin_memory, self.pin_memory_device, self.in_order = pin_memory, pin_memory_device, in_order
        self.timeout, self.worker_init_fn, self.multiprocessing_context = timeout, worker_init_fn, None
        stream = isinstance(dataset, IterableDataset)
        check_choices(stream, batch_size, shuffle, sampler, batch_sampler, drop_last)
        if batch_sampler is not None:
            batch_size, drop_last = None, False
        if sampler is None:
            if stream:
                sampler = Endless()
            else:
                sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size, self.drop_last, self.generator = batch_size, drop_last, generator
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self.persistent_workers = persistent_workers
        self._reported_length = None
        self._ready = True

    def __setattr__(self, name: str, value) -> None:
        if name in self.FIXED and "_ready" in self.__dict__:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> Batches:
        return Batches(self)

    def __len__(self) -> int:
        """The number of batches."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        self._reported_length = length = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)


class Batches:
    """One epoch: an iterator over the batches of a loader."""

    def __init__(self, loader: DataLoader):
        if loader.pin_memory:
            warnings.warn("'pin_memory' argument is set as true but no accelerator is found, then device pinned memory "
                          "won't be used.", stacklevel=2)
        self.loader, self.dataset = loader, loader.dataset
        self.indices = iter(loader.sampler if loader.batch_sampler is None else loader.batch_sampler)
        draw_seed(loader.generator)  # torch's base seed for workers: drawn even where there are none
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self.examples = iter(self.dataset) if isinstance(self.dataset, IterableDataset) else None
        self.ended, self.fetched = False, 0

    def __iter__(self) -> Iterator:
        return self

    def __next__(self):
        index = next(self.indices)
        batch = self.loader.collate_fn(self._fetch(index) if self.examples is None else self._fetch_from_stream(index))
        self.fetched += 1
        expected = self.loader._reported_length
        if self.examples is not None and expected is not None and self.fetched > expected:
            warnings.warn(f"Length of IterableDataset {self.dataset} was reported to be {expected}(when accessing "
                          f"len(dataloader)), but {self.fetched} samples have been fetched. ", stacklevel=2)
        return batch

    def __len__(self) -> int:
        return len(self.loader.sampler if self.loader.batch_sampler is None else self.loader.batch_sampler)

    def _fetch(self, index):
        """The example at an index, or the list of those at a list of indices."""
        if self.loader.batch_sampler is None:
            return self.dataset[index]
        whole = getattr(self.dataset, "__getitems__", None)
        return whole(index) if whole else [self.dataset[i] for i in index]

    def _fetch_from_stream(self, index):
        """The next example, or as many as the index has places."""
        if self.ended:
            raise StopIteration
        if self.loader.batch_sampler is None:
            return next(self.examples)
        batch = list(islice(self.examples, len(index)))
        self.ended = len(batch) < len(index)
        if not batch or (self.ended and self.loader.drop_last):
            raise StopIteration
        return batch


class Endless(Sampler):
    """None for ever: a stream has no indices, only places in a batch."""

    def __iter__(self) -> Iterator:
        return repeat(None)


def check_choices(stream: bool, batch_size, shuffle, sampler, batch_sampler, drop_last) -> None:
    """Who decides on the order and on the batches: one of them, not two."""
    if stream:
        if shuffle not in {False, None}:
            raise ValueError("DataLoader with IterableDataset: expected unspecified shuffle option, but got "
                             f"{shuffle=!s}")
        if sampler is not None:
            raise ValueError("DataLoader with IterableDataset: expected unspecified sampler option, but got "
                             f"{sampler=!s}")
        if batch_sampler is not None:
            raise ValueError("DataLoader with IterableDataset: expected unspecified batch_sampler option, but got "
                             f"{batch_sampler=!s}")
    if sampler is not None and shuffle:
        raise ValueError("sampler option is mutually exclusive with shuffle")
    if batch_sampler is not None:
        if batch_size != 1 or shuffle or sampler is not None or drop_last:
            raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and "
                             "drop_last")
    elif batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")


def refuse_workers(num_workers, timeout, prefetch_factor, persistent_workers, multiprocessing_context) -> None:
    """Settings of worker processes, checked as torch does; the workers themselves are not here."""
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError("prefetch_factor option could only be specified in multiprocessing.let num_workers > 0 to "
                         "enable multiprocessing, otherwise set prefetch_factor to None.")
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if num_workers == 0 and persistent_workers:
        raise ValueError("persistent_workers option needs num_workers > 0")
    if num_workers == 0 and multiprocessing_context is not None:
        raise ValueError("multiprocessing_context can only be used with multi-process loading (num_workers > 0), but "
                         "got num_workers=0")
    if num_workers > 0:
        raise NotImplementedError(f"DataLoader: num_workers={num_workers}: worker processes are not supported; "
                                  "use num_workers=0")
