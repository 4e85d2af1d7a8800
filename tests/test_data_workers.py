"""The DataLoader's workers against torch's: the same batches, in order, with the same random numbers; the same errors.

Both libraries fork their workers here. test_data_processes.py has what is ours alone: other ways to start, deaths.
"""

import gc
import itertools
import multiprocessing
import pickle
import random

import numpy as np
import pytest
from alike import Scripts
from hypothesis import given, settings
from hypothesis import strategies as st
from test_data import alike

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="the system has no fork")


def noise(t):
    """One draw from each of the generators that a worker seeds."""
    return t.rand(2), np.random.rand(), random.random(), t.randn(1)


def numbers(t, n=11):
    """Examples that tell who made them, and with what luck."""
    class Numbers(t.utils.data.Dataset):
        def __init__(self):
            self.calls = 0

        def __len__(self):
            return n

        def __getitem__(self, index):
            info = t.utils.data.get_worker_info()
            self.calls += 1
            return index, info.id, info.num_workers, info.seed, self.calls, noise(t)
    return Numbers()


def shards(t, *lengths, promised=None):
    """A stream that has lengths[i] examples in worker i."""
    class Shards(t.utils.data.IterableDataset):
        def __iter__(self):
            info = t.utils.data.get_worker_info()
            for k in range(lengths[info.id]):
                yield info.id, k, noise(t)

        def __repr__(self):
            return "Shards()"
    if promised is not None:
        Shards.__len__ = lambda self: promised
    return Shards()


def loader(t, data, *arguments, num_workers=2, **options):
    return t.utils.data.DataLoader(data, *arguments, num_workers=num_workers, multiprocessing_context="fork", **options)


def own(t, seed):
    return t.Generator().manual_seed(seed)


LOADERS = {
    "in order": lambda t, d: loader(t, numbers(t), 2),
    "shuffled": lambda t, d: loader(t, numbers(t), 2, True),
    "shuffled, drop_last": lambda t, d: loader(t, numbers(t), 3, True, drop_last=True),
    "shuffled, no batches": lambda t, d: loader(t, numbers(t), None, True),
    "own generator": lambda t, d: loader(t, numbers(t), 4, True, generator=own(t, 7)),
    "own generator, in order": lambda t, d: loader(t, numbers(t), 4, generator=own(t, 7)),
    "one worker": lambda t, d: loader(t, numbers(t), 3, True, num_workers=1),
    "one worker, as they come": lambda t, d: loader(t, numbers(t), 3, True, num_workers=1, in_order=False),
    "three workers": lambda t, d: loader(t, numbers(t), 2, True, num_workers=3),
    "more workers than batches": lambda t, d: loader(t, numbers(t), 8, True, num_workers=3),
    "no examples": lambda t, d: loader(t, numbers(t, 0), 3),
    "prefetch_factor 1": lambda t, d: loader(t, numbers(t), 1, True, prefetch_factor=1),
    "prefetch_factor 5": lambda t, d: loader(t, numbers(t), 1, True, prefetch_factor=5),
    "persistent": lambda t, d: loader(t, numbers(t), 2, True, persistent_workers=True),
    "weighted": lambda t, d: loader(t, numbers(t, 3), 4, sampler=d.WeightedRandomSampler([1, 2, 0.5], 14)),
    "replacement": lambda t, d: loader(
        t, numbers(t), 4, sampler=d.RandomSampler(range(11), replacement=True, num_samples=40)),
    "batch_sampler": lambda t, d: loader(t, numbers(t), batch_sampler=[[1, 2], [0], [5, 5, 5]]),
    "sampler that draws at once": lambda t, d: loader(t, numbers(t), 2, sampler=Eager(t)),
    "init": lambda t, d: loader(t, numbers(t), 2, True, worker_init_fn=lambda worker: t.rand(worker + 1)),
    "own collate": lambda t, d: loader(t, numbers(t), 2, collate_fn=lambda batch: (batch, t.rand(1))),
    "collate into workers' types": lambda t, d: loader(t, [{"a": np.ones(2), "b": ("s", b"t")}] * 5, 2),
    "concatenation": lambda t, d: loader(t, d.ConcatDataset([numbers(t, 3), numbers(t, 4)]), 2, True),
    "stack": lambda t, d: loader(t, d.StackDataset(a=numbers(t, 5), b=numbers(t, 5)), 2, True),
    "subset": lambda t, d: loader(t, d.Subset(numbers(t), [1, 3, 8]), 2, True),
    "stream": lambda t, d: loader(t, shards(t, 5, 5), 2),
    "stream, drop_last": lambda t, d: loader(t, shards(t, 5, 3), 2, drop_last=True),
    "stream, no batches": lambda t, d: loader(t, shards(t, 2, 5), None),
    "streams of different lengths": lambda t, d: loader(t, shards(t, 1, 9, 4), 2, num_workers=3),
    "one stream is empty": lambda t, d: loader(t, shards(t, 0, 7), 2),
    "all streams are empty": lambda t, d: loader(t, shards(t, 0, 0), 2),
    "persistent streams": lambda t, d: loader(t, shards(t, 5, 2), 2, persistent_workers=True),
    "chained streams": lambda t, d: loader(t, shards(t, 1, 2) + shards(t, 3, 1), 2),
}


class Eager:
    def __init__(self, t):
        self.t = t

    def __iter__(self):
        return iter(self.t.randperm(5).tolist())


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS)
def test_batches_of_two_epochs(make):
    """Batches, their order, what the workers drew, warnings, and where the default generator ends."""
    def script(t):
        made = make(t, t.utils.data)
        return list(made), list(made), made.prefetch_factor, made.num_workers
    alike(script)


@settings(max_examples=settings().max_examples // 2)
@given(n=st.integers(0, 20), workers=st.integers(1, 3), batch=st.integers(1, 5), prefetch=st.integers(1, 3),
       lengths=st.none() | st.tuples(*[st.integers(0, 8)] * 3), options=st.fixed_dictionaries(
           {}, optional={"drop_last": st.booleans(), "persistent_workers": st.booleans()}))
def test_any_loader(n, workers, batch, prefetch, lengths, options):
    def script(t):
        data = numbers(t, n) if lengths is None else shards(t, *lengths)
        made = loader(t, data, batch, num_workers=workers, prefetch_factor=prefetch, **options)
        return list(made), list(made)
    alike(script)


script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    alike(function)


@script
def epoch_broken_off(t):
    made = loader(t, numbers(t), 2, True)
    return list(itertools.islice(made, 2)), list(made)


@script
def epoch_broken_off_with_persistent_workers(t):
    """What was under way is dropped; the workers' generators go on from where that left them."""
    made = loader(t, [0, 1, 2, 3, 4, 5, 6], 1, persistent_workers=True)
    return list(itertools.islice(made, 2)), list(made), iter(made) is iter(made)


@script
def iterator_after_its_end(t):
    iterator = iter(loader(t, numbers(t, 2)))
    return list(iterator), list(iterator), len(iterator), iter(iterator) is iterator


@script
def iterator_is_not_pickled(t):
    with pytest.raises(NotImplementedError, match="cannot be pickled"):
        pickle.dumps(iter(t.utils.data.DataLoader([1])))


@script
def workers_draws_leave_the_main_stream_alone(t):
    iterator = iter(loader(t, numbers(t), 2, True))
    first = t.rand(1)
    return first, next(iterator), t.rand(1)


@script
def no_worker_info_here(t):
    return t.utils.data.get_worker_info()


@script
def worker_info_printed(t):
    return list(loader(t, range(2), collate_fn=lambda batch: repr(t.utils.data.get_worker_info())))


@script
def init_changes_the_dataset(t):
    class Part(t.utils.data.IterableDataset):
        start, end = 0, 10

        def __iter__(self):
            return iter(range(self.start, self.end))

    def divide(worker):
        info = t.utils.data.get_worker_info()
        info.dataset.start, info.dataset.end = 5 * worker, 5 * (worker + 1)
    return list(loader(t, Part(), 2, worker_init_fn=divide))


@script
def streams_longer_than_they_say(t):
    made = loader(t, shards(t, 3, 3, promised=4), 1)
    return len(made), list(made)


@script
def grad_mode_and_leaves(t):
    return list(loader(t, [0, 1], None, collate_fn=lambda i: t.ones(2, requires_grad=i > 0)))


# ---------------------------------------------------------------- errors


class OfTwo(Exception):
    def __init__(self, a, b):
        super().__init__(a, b)


class WithMessage(Exception):
    message = "by keyword only"

    def __init__(self, *, message):
        super().__init__(message)


@pytest.fixture
def clean():
    """torch's iterators outlive an error as garbage; a copy of one in a later worker holds that up for 5 s."""
    yield
    gc.collect()


def caught(made, t):
    """Each batch, or the error in its place: its type, the first line and the last of its text."""
    results, iterator = [], iter(made)
    while True:
        try:
            results.append(next(iterator))
        except StopIteration as error:
            return [*results, str(error).splitlines()[:1]]
        except Exception as error:
            lines = str(error).strip().splitlines()
            assert "Original Traceback (most recent call last):" in lines and __file__ in str(error)
            results.append([type(error).__name__, lines[0], lines[-1]])


@pytest.mark.parametrize("error", [ValueError("sad"), KeyError("who"), OfTwo(1, 2), WithMessage(message="sad"),
                                   IndexError(), UnicodeDecodeError("ascii", b"x", 0, 1, "sad")],
                         ids=lambda error: type(error).__name__)
def test_exception_in_a_worker(error, clean):
    """It comes in the place of its batch, of its own type if that can be; the batches after it come as well."""
    class Faulty:
        def __len__(self):
            return 5

        def __getitem__(self, index):
            if index == 3:
                raise error
            return index
    alike(lambda t: caught(loader(t, Faulty(), 1), t))


def test_exception_of_a_stream(clean):
    def script(t):
        class Faulty(t.utils.data.IterableDataset):
            def __iter__(self):
                yield 1
                raise ValueError("sad")
        return caught(loader(t, Faulty(), 2), t)
    alike(script)


def test_exception_of_collate(clean):
    def join(batch):
        return "".join(batch)
    alike(lambda t: caught(loader(t, ["a", None, "b"], 1, collate_fn=join), t))


REFUSED = {
    "prefetch_factor -1": lambda t, d: d.DataLoader([1], num_workers=1, prefetch_factor=-1),
    "prefetch_factor 0": lambda t, d: iter(d.DataLoader([1], num_workers=1, prefetch_factor=0)),
    "no such start": lambda t, d: d.DataLoader([1], num_workers=1, multiprocessing_context="beam"),
    "not a context": lambda t, d: d.DataLoader([1], num_workers=1, multiprocessing_context=3),
    "context set without workers": lambda t, d: setattr(d.DataLoader([1]), "multiprocessing_context", "fork"),
    "persistent_workers set later": lambda t, d: setattr(d.DataLoader([1]), "persistent_workers", True),
    "too many workers": lambda t, d: d.DataLoader([1], num_workers=1000) and None,
    "pin_memory": lambda t, d: list(d.DataLoader([1], pin_memory=True, num_workers=1)),
    "pin_memory_device": lambda t, d: list(d.DataLoader([1], pin_memory=True, pin_memory_device="cuda")),
}


# torch's __del__ raises after prefetch_factor=0
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_or_warned_of(call):
    alike(lambda t: call(t, t.utils.data))


@script
def context_by_name_and_later(t):
    made = t.utils.data.DataLoader([1], num_workers=1)
    before = made.multiprocessing_context
    made.multiprocessing_context = "spawn"
    method = made.multiprocessing_context.get_start_method()
    made.multiprocessing_context = multiprocessing.get_context("fork")
    return before, method, list(made)
