"""Batches: an iterator over one epoch of a loader, and the one that needs no other process.

Read next: multiprocess.py, whose batches come from workers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...device import cuda_is_available
from .fetch import Fetcher
from .sampler import draw_seed

if TYPE_CHECKING:
    from .dataloader import DataLoader


class Batches:
    """One epoch of a loader. A subclass says how the next batch is come by: `_next_batch()`.

    Each draws one number from the loader's generator, the workers' base seed, even where there are no workers. A
    sampler that draws when it is first asked for an index draws after that. So one seed gives torch's batches.
    """

    advice = ""

    def __init__(self, loader: DataLoader):
        warn_of_pinning(loader)
        self.dataset = loader.dataset
        self.order = loader.sampler if loader.batch_sampler is None else loader.batch_sampler
        self.fetching = (loader.dataset, loader.batch_sampler is not None, loader.collate_fn, loader.drop_last)
        self._begin(loader)
        self.base_seed = draw_seed(loader.generator)

    def _begin(self, loader: DataLoader) -> None:
        self.indices, self.yielded, self.promised = iter(self.order), 0, loader._reported_length

    def __iter__(self) -> Iterator:
        return self

    def __next__(self):
        batch = self._next_batch()
        self.yielded += 1
        if self.promised is not None and self.yielded > self.promised:
            warnings.warn(f"Length of IterableDataset {self.dataset} was reported to be {self.promised}(when accessing "
                          f"len(dataloader)), but {self.yielded} samples have been fetched. {self.advice}",
                          stacklevel=2)
        return batch

    def __len__(self) -> int:
        return len(self.order)

    def __getstate__(self):
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)

    def _next_batch(self):
        raise NotImplementedError


class SingleProcessBatches(Batches):
    """Batches made in this process, when they are asked for."""

    def __init__(self, loader: DataLoader):
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self.fetch = Fetcher(*self.fetching)

    def _next_batch(self):
        return self.fetch(next(self.indices))


def warn_of_pinning(loader: DataLoader) -> None:
    """Page-locked memory is for an accelerator; batches are in ordinary memory, with or without one."""
    if not loader.pin_memory:
        return
    if loader.pin_memory_device:
        warnings.warn("pin_memory_device is deprecated, the current accelerator will be used as the device,"
                      f"ignore pin_memory_device='{loader.pin_memory_device}'.", stacklevel=3)
    if cuda_is_available():
        warnings.warn("DataLoader: pin_memory is not supported: batches are in ordinary memory.", stacklevel=3)
    else:
        warnings.warn("'pin_memory' argument is set as true but no accelerator is found, then device pinned memory "
                      "won't be used.", stacklevel=3)
