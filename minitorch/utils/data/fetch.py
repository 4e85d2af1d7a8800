"""Fetch: from an index, or a list of them, to a batch; the same in this process and in a worker.

Read next: batches.py.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from .dataset import Dataset, IterableDataset


class Fetcher:
    """A dataset and how its examples become a batch: call it with what the sampler gave."""

    def __init__(self, dataset: Dataset, batched: bool, collate_fn: Callable, drop_last: bool):
        self.dataset, self.batched, self.collate_fn, self.drop_last = dataset, batched, collate_fn, drop_last
        self.examples = iter(dataset) if isinstance(dataset, IterableDataset) else None
        self.ended = False

    def __call__(self, index):
        return self.collate_fn(self._by_index(index) if self.examples is None else self._in_turn(index))

    def _by_index(self, index):
        """The example at an index, or the list of those at a list of indices."""
        if not self.batched:
            return self.dataset[index]
        whole = getattr(self.dataset, "__getitems__", None)
        return whole(index) if whole else [self.dataset[i] for i in index]

    def _in_turn(self, places):
        """The next example of a stream, or as many as there are places; StopIteration where it has no more."""
        if self.ended:
            raise StopIteration
        if not self.batched:
            return next(self.examples)
        batch = list(islice(self.examples, len(places)))
        self.ended = len(batch) < len(places)
        if not batch or (self.ended and self.drop_last):
            raise StopIteration
        return batch
