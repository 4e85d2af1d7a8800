"""DataLoader: sampler -> indices -> examples -> batch, in this process or in workers."""

from __future__ import annotations

import math
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
from multiprocessing.context import BaseContext
from typing import Generic, TypeVar

from ...random import Generator
from .batches import Batches, SingleProcessBatches
from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .multiprocess import MultiProcessBatches
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

T = TypeVar("T")


class DataLoader(Generic[T]):
    """Batches of a dataset, in order or shuffled; iterate over it once per epoch.

    One seed gives torch's batches, in this process or with `num_workers` workers, whose own random numbers are torch's
    as well. Workers are forked where that is the system's way (`multiprocessing.get_start_method`); started otherwise
    ("spawn", "forkserver"), they are given dataset, collate_fn and worker_init_fn by pickle.
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
        check_workers(num_workers, timeout, prefetch_factor, persistent_workers)
        if num_workers > 0 and prefetch_factor is None:
            prefetch_factor = 2
        self.dataset, self.num_workers, self.prefetch_factor = dataset, num_workers, prefetch_factor
        self.pin_memory, self.pin_memory_device, self.in_order = pin_memory, pin_memory_device, in_order
        self.timeout, self.worker_init_fn = timeout, worker_init_fn
        self.multiprocessing_context = multiprocessing_context
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
        self._reported_length = self._iterator = None
        self._ready = True
        self.check_worker_number_rationality()

    def __setattr__(self, name: str, value) -> None:
        if name in self.FIXED and "_ready" in self.__dict__:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> BaseContext | None:
        """How workers are started; set by its name or as a context of the standard library's multiprocessing."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: str | BaseContext | None) -> None:
        if context is not None and self.num_workers == 0:
            raise ValueError("multiprocessing_context can only be used with multi-process loading (num_workers > 0), "
                             f"but got num_workers={self.num_workers}")
        if isinstance(context, str):
            methods = multiprocessing.get_all_start_methods()
            if context not in methods:
                raise ValueError(f"multiprocessing_context option should specify a valid start method in {methods!r}, "
                                 f"but got multiprocessing_context={context!r}")
            context = multiprocessing.get_context(context)
        if not isinstance(context, BaseContext | None):
            raise TypeError("multiprocessing_context option should be a valid context object or a string specifying "
                            f"the start method, but got multiprocessing_context={context}")
        self._context = context

    def __iter__(self) -> Batches:
        if not self.persistent_workers:
            return self._get_iterator()
        if self._iterator is None or not self._iterator.workers.close.alive:
            self._iterator = self._get_iterator()
        else:
            self._iterator.start_epoch(self)
        return self._iterator

    def _get_iterator(self) -> Batches:
        if self.num_workers == 0:
            return SingleProcessBatches(self)
        self.check_worker_number_rationality()
        return MultiProcessBatches(self)

    def check_worker_number_rationality(self) -> None:
        """Warn of more workers than processors."""
        masks = hasattr(os, "sched_getaffinity")
        processors = len(os.sched_getaffinity(0)) if masks else os.cpu_count()
        if self.num_workers <= (processors or 0):
            return
        suggested = "DataLoader is not able to compute a suggested max number of worker in current system."
        if processors is not None:
            unmasked = "" if masks else " (`cpuset` is not taken into account)"
            suggested = (f"Our suggested max number of worker in current system is {processors}{unmasked}, which is "
                         "smaller than what this DataLoader is going to create.")
        warnings.warn(f"This DataLoader will create {self.num_workers} worker processes in total. {suggested} Please "
                      "be aware that excessive worker creation might get DataLoader running slow or even freeze, "
                      "lower the worker number to avoid potential slowness/freeze if necessary.", stacklevel=2)

    def __len__(self) -> int:
        """The number of batches."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)
        self._reported_length = length = len(self.dataset)
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)


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


def check_workers(num_workers, timeout, prefetch_factor, persistent_workers) -> None:
    """The settings of worker processes make sense, and there are none where there are no workers."""
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
