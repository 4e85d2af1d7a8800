"""Datasets, samplers, collate and the DataLoader against torch's: orders from one seed, forms of batches, errors."""

import collections
import warnings

import numpy as np
import pytest
from alike import Scripts, plain, same
from hypothesis import given
from hypothesis import strategies as st

import minitorch

torch = pytest.importorskip("torch")

Point = collections.namedtuple("Point", "x label")


def described(value, t):
    """A batch as something comparable, with the types of its collections."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [type(value).__name__, {k: described(v, t) for k, v in value._asdict().items()}]
    if isinstance(value, collections.abc.Mapping):
        return [type(value).__name__, {k: described(v, t) for k, v in value.items()}]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [described(v, t) for v in value]]
    if isinstance(value, (np.ndarray, np.generic)):
        return [type(value).__name__, str(value.dtype), value.tolist()]
    return value if isinstance(value, bytes) else plain(value, t)


def outcome(script, t):
    """What a script gives or raises, what it warns, and what the default generator draws next."""
    t.manual_seed(0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = ["gives", described(script(t), t)]
        except Exception as error:  # whatever torch raises is what is wanted
            result = ["raises", type(error).__name__, str(error).replace("minitorch", "torch")]
    messages = [(w.category.__name__, str(w.message).replace("minitorch", "torch"),
                 w.filename == __file__) for w in caught]
    return [result, messages, t.rand(2).tolist()]


def alike(script):
    same(outcome(script, minitorch), outcome(script, torch), getattr(script, "__name__", "script"), 0)


script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    alike(function)


def epochs(loader, number=3):
    return [list(loader) for _ in range(number)]


def numbers(t, n=23):
    return t.utils.data.TensorDataset(t.arange(n))


# ---------------------------------------------------------------- the order of batches


LOADERS = {
    "in order": lambda t, d: d.DataLoader(numbers(t), batch_size=4),
    "shuffled": lambda t, d: d.DataLoader(numbers(t), batch_size=4, shuffle=True),
    "shuffled, drop_last": lambda t, d: d.DataLoader(numbers(t), batch_size=4, shuffle=True, drop_last=True),
    "shuffled, one by one": lambda t, d: d.DataLoader(numbers(t), shuffle=True),
    "shuffled, no batches": lambda t, d: d.DataLoader(numbers(t), batch_size=None, shuffle=True),
    "a batch larger than the data": lambda t, d: d.DataLoader(numbers(t), batch_size=100, shuffle=True),
    "drops all": lambda t, d: d.DataLoader(numbers(t), batch_size=100, shuffle=True, drop_last=True),
    "own generator": lambda t, d: d.DataLoader(numbers(t), 5, shuffle=True, generator=t.Generator().manual_seed(7)),
    "generator, not shuffled": lambda t, d: d.DataLoader(numbers(t), 5, generator=t.Generator().manual_seed(7)),
    "with replacement": lambda t, d: d.DataLoader(numbers(t), 8, sampler=d.RandomSampler(numbers(t), replacement=True)),
    "replacement, 32": lambda t, d: d.DataLoader(
        numbers(t), 8, sampler=d.RandomSampler(numbers(t), replacement=True, num_samples=32)),
    "replacement, 75": lambda t, d: d.DataLoader(
        numbers(t), 8, sampler=d.RandomSampler(numbers(t), replacement=True, num_samples=75)),
    "random, fewer": lambda t, d: d.DataLoader(numbers(t), 4, sampler=d.RandomSampler(numbers(t), num_samples=10)),
    "random, more": lambda t, d: d.DataLoader(numbers(t), 4, sampler=d.RandomSampler(numbers(t), num_samples=60)),
    "random, twice": lambda t, d: d.DataLoader(numbers(t), 4, sampler=d.RandomSampler(numbers(t), num_samples=46)),
    "sampler's generator": lambda t, d: d.DataLoader(
        numbers(t), 4, sampler=d.RandomSampler(numbers(t), generator=t.Generator().manual_seed(3))),
    "subset of indices": lambda t, d: d.DataLoader(numbers(t), 4, sampler=d.SubsetRandomSampler([3, 1, 4, 15, 9, 2,
    6])),
    "weighted": lambda t, d: d.DataLoader(numbers(t, 5), 4, sampler=d.WeightedRandomSampler([1, 2, 3, 4, 0.5], 18)),
    "weighted, once each": lambda t, d: d.DataLoader(
        numbers(t, 5), 2, sampler=d.WeightedRandomSampler([1, 2, 3, 4, 0.5], 5, replacement=False)),
    "weighted by a tensor": lambda t, d: d.DataLoader(
        numbers(t, 3), 2, sampler=d.WeightedRandomSampler(t.tensor([0.1, 0.2, 0.7]), 9,
                                                          generator=t.Generator().manual_seed(5))),
    "batch_sampler": lambda t, d: d.DataLoader(
        numbers(t), batch_sampler=d.BatchSampler(d.RandomSampler(numbers(t)), 6, drop_last=True)),
    "batch_sampler, a list": lambda t, d: d.DataLoader(numbers(t), batch_sampler=[[1, 2], [0], [5, 5, 5]]),
    "sampler, a list": lambda t, d: d.DataLoader(numbers(t), 2, sampler=[4, 3, 2]),
    "random_split": lambda t, d: d.DataLoader(d.random_split(numbers(t), [10, 13])[0], 3, shuffle=True),
    "concatenated": lambda t, d: d.DataLoader(numbers(t, 3) + numbers(t, 4), 3, shuffle=True),
}


@pytest.mark.parametrize("make", LOADERS.values(), ids=LOADERS)
def test_batches_of_three_epochs(make):
    """From one seed: the same batches, the same length, and the default generator ends where torch's does."""
    def script(t):
        loader = make(t, t.utils.data)
        return epochs(loader), len(loader), loader.batch_size, loader.drop_last
    alike(script)


@script
def two_iterators_at_once(t):
    loader = t.utils.data.DataLoader(numbers(t, 6), 2, shuffle=True)
    pairs = list(zip(loader, loader))
    return pairs, t.rand(1)


@script
def iterator_made_and_not_used(t):
    iterator = iter(t.utils.data.DataLoader(numbers(t, 6), 2, shuffle=True))
    first = t.rand(1)
    return first, next(iterator), t.rand(1), len(iterator), iter(iterator) is iterator


@script
def eager_sampler_draws_before_the_base_seed(t):
    class Eager:
        def __iter__(self):
            return iter(t.randperm(5).tolist())

        def __len__(self):
            return 5
    return epochs(t.utils.data.DataLoader(numbers(t), 2, sampler=Eager()))


@script
def samplers_by_themselves(t):
    d = t.utils.data
    made = [d.SequentialSampler(range(4)), d.RandomSampler(range(5)), d.SubsetRandomSampler("abc"),
            d.WeightedRandomSampler([1.0, 2.0], 3), d.BatchSampler(range(7), 3, False), d.BatchSampler(range(7), 3,
            True),
            d.RandomSampler(range(4), replacement=True, num_samples=3)]
    return [(list(s), len(s)) for s in made]


# ---------------------------------------------------------------- collate


EXAMPLES = {
    "tensors": lambda t: [t.ones(2), t.zeros(2)],
    "ints": lambda t: [1, 2],
    "bools": lambda t: [True, False],
    "floats": lambda t: [1.5, 2.0],
    "int and float": lambda t: [1, 2.5],
    "strings": lambda t: ["a", "b"],
    "bytes": lambda t: [b"a", b"b"],
    "arrays": lambda t: [np.ones(2, np.float32), np.zeros(2, np.float32)],
    "arrays of ints": lambda t: [np.array([1, 2]), np.array([3, 4])],
    "arrays of no dimension": lambda t: [np.array(1.0), np.array(2.0)],
    "numbers of NumPy": lambda t: [np.float32(1), np.float32(2)],
    "doubles of NumPy": lambda t: [np.float64(1), np.float64(2)],
    "integers of NumPy": lambda t: [np.int16(1), np.int16(2)],
    "truths of NumPy": lambda t: [np.bool_(True), np.bool_(False)],
    "tuples": lambda t: [(t.ones(1), 1), (t.zeros(1), 2)],
    "lists": lambda t: [[t.ones(1), 1.0], [t.zeros(1), 2.0]],
    "named tuples": lambda t: [Point(t.ones(1), 1), Point(t.zeros(1), 2)],
    "dicts": lambda t: [{"x": t.ones(1), "name": "a"}, {"x": t.zeros(1), "name": "b"}],
    "ordered dicts": lambda t: [collections.OrderedDict(b=1, a=2.0), collections.OrderedDict(b=3, a=4.0)],
    "default dicts": lambda t: [collections.defaultdict(int, b=1), collections.defaultdict(int, b=3)],
    "nested": lambda t: [{"p": Point(np.ones(2), [1, (2.0, "s")])}, {"p": Point(np.zeros(2), [3, (4.0, "t")])}],
    "ranges": lambda t: [range(3), range(3)],
    "deques": lambda t: [collections.deque([1, 2]), collections.deque([3, 4])],
    "views of a dict": lambda t: [collections.ChainMap({"a": 1}), collections.ChainMap({"a": 2})],
    "empty tuples": lambda t: [(), ()],
    "Nones": lambda t: [None, None],
    "objects": lambda t: [object, object],
    "sets": lambda t: [{1}, {2}],
    "arrays of strings": lambda t: [np.array(["a"]), np.array(["b"])],
    "arrays of objects": lambda t: [np.array([None]), np.array([None])],
    "tuples of different lengths": lambda t: [(1, 2), (1,)],
    "tensors of different shapes": lambda t: [t.ones(2), t.ones(3)],
    "arrays of different shapes": lambda t: [np.ones(2), np.ones(3)],
    "a missing key": lambda t: [{"a": 1}, {"b": 1}],
    "an unsupported element": lambda t: [(1, None), (2, None)],
    "nothing": lambda t: [],
}


@pytest.mark.parametrize("examples", EXAMPLES.values(), ids=EXAMPLES)
def test_collate(examples):
    alike(lambda t: t.utils.data.default_collate(examples(t)))


LEAVES = st.one_of(st.integers(-9, 9), st.booleans(), st.floats(-1, 1), st.text(max_size=2), st.binary(max_size=2),
                   st.none(), st.lists(st.integers(0, 9), max_size=2).map(lambda x: np.array(x, np.int32)))
NESTED = st.recursive(LEAVES, lambda inner: (
    st.lists(inner, max_size=2) | st.lists(inner, max_size=2).map(tuple) | st.builds(Point, inner, inner)
    | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)), max_leaves=5)


@given(st.lists(NESTED, min_size=1, max_size=2), st.booleans())
def test_collate_of_anything(examples, repeat):
    """Equal forms collate; unequal ones mostly do not, and in torch's words."""
    batch = examples[:1] * 2 if repeat else examples
    alike(lambda t: (t.utils.data.default_convert(batch), t.utils.data.default_collate(batch)))


@pytest.mark.parametrize("examples", EXAMPLES.values(), ids=EXAMPLES)
def test_convert(examples):
    """Without batches an example keeps its form, and only its arrays become tensors."""
    alike(lambda t: [t.utils.data.default_convert(e) for e in examples(t) if e is not object])


@script
def collate_keeps_the_examples(t):
    """The batch is a new collection: the first example is not written to."""
    first = {"a": 1, "b": [1, 2]}
    batch = t.utils.data.default_collate([first, {"a": 2, "b": [3, 4]}])
    return first, batch


@script
def own_collate(t):
    return epochs(t.utils.data.DataLoader(["a", "bc", "def"], 2, collate_fn="+".join), 1)


@script
def own_collate_without_batches(t):
    return epochs(t.utils.data.DataLoader(["a", "bc"], None, collate_fn=str.upper), 1)


@script
def own_kinds_in_collate(t):
    from importlib import import_module
    collate = import_module("torch.utils.data._utils.collate" if t is torch else "minitorch.utils.data.collate")
    kinds = {str: lambda batch, *, collate_fn_map=None: "+".join(batch), **collate.default_collate_fn_map}
    return collate.collate([("a", 1), ("b", 2)], collate_fn_map=kinds)


@script
def arrays_share_their_memory_when_converted(t):
    array = np.zeros(2)
    t.utils.data.default_convert(array).add_(1)
    return array


# ---------------------------------------------------------------- datasets


@script
def tensor_dataset(t):
    data = t.utils.data.TensorDataset(t.arange(4), t.arange(8.0).view(4, 2))
    return len(data), data[1], data[-1], data[1:3], data[[0, 2]]


@script
def tensor_dataset_of_different_sizes(t):
    t.utils.data.TensorDataset(t.ones(2), t.ones(3))


@script
def index_out_of_range(t):
    numbers(t, 3)[3]


@script
def subset(t):
    part = t.utils.data.Subset(list("abcdef"), [4, 2, 0])
    deeper = t.utils.data.Subset(part, [2, 0])
    return len(part), part[0], list(deeper), part.__getitems__([0, 1]), deeper.__getitems__([0, 1])


@script
def subset_out_of_range(t):
    t.utils.data.Subset("abc", [0])[1]


@script
def subset_with_half_of_its_methods(t):
    class Loud(t.utils.data.Subset):
        def __getitem__(self, index):
            return super().__getitem__(index).upper()
    Loud("abc", [0, 1])


@script
def subset_of_a_tensor_dataset_by_list(t):
    return t.utils.data.Subset(numbers(t), [5, 6, 7])[[0, 2]]


@script
def getitems_is_used(t):
    class Whole(t.utils.data.Dataset):
        def __len__(self):
            return 5

        def __getitem__(self, index):
            raise RuntimeError("one by one")

        def __getitems__(self, indices):
            return [10 * i for i in indices]
    return epochs(t.utils.data.DataLoader(Whole(), 2, shuffle=True))


@script
def concatenation(t):
    d = t.utils.data
    data = d.ConcatDataset([numbers(t, 2), numbers(t, 0), numbers(t, 3)])
    longer = numbers(t, 1) + data
    return len(data), data.cumulative_sizes, [data[k] for k in range(-5, 5)], len(longer), longer[3]


@script
def concatenation_beyond_its_start(t):
    t.utils.data.ConcatDataset([numbers(t, 2)])[-3]


@script
def concatenation_beyond_its_end(t):
    t.utils.data.ConcatDataset([numbers(t, 2)])[2]


@script
def concatenation_of_nothing(t):
    t.utils.data.ConcatDataset([])


@script
def stacks(t):
    d = t.utils.data
    pair, named = d.StackDataset(numbers(t, 3), "abc"), d.StackDataset(x=numbers(t, 3), name="abc")
    both = d.StackDataset(d.Subset(range(9), [5, 6, 7]), d.StackDataset(a=range(3)))
    return [[len(s), s[1], s[-1], s.__getitems__([2, 0]), s.__getitems__([])] for s in (pair, named, both)], \
        epochs(d.DataLoader(named, 2, shuffle=True), 1), d.StackDataset([], [])[0:0], type(named.datasets).__name__


@script
def stack_of_nothing(t):
    t.utils.data.StackDataset()


@script
def stack_of_both_kinds(t):
    t.utils.data.StackDataset("ab", x="ab")


@script
def stack_of_different_lengths(t):
    t.utils.data.StackDataset("ab", "abc")


@script
def stack_of_a_dataset_that_gives_too_few(t):
    class Few(list):
        def __getitems__(self, indices):
            return self[:1]
    t.utils.data.StackDataset("abc", Few("abc")).__getitems__([0, 2])


@script
def dataset_without_getitem(t):
    t.utils.data.Dataset()[0]


@script
def sampler_without_iter(t):
    iter(t.utils.data.Sampler())


# ---------------------------------------------------------------- streams


def stream(t, n=7, length=None):
    class Stream(t.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(n))

        def __repr__(self):
            return "Stream()"
    if length is not None:
        Stream.__len__ = lambda self: length
    return Stream()


@script
def stream_in_batches(t):
    d = t.utils.data
    return [epochs(d.DataLoader(stream(t), **options)) for options in
            ({}, dict(batch_size=3), dict(batch_size=3, drop_last=True), dict(batch_size=None), dict(batch_size=7),
             dict(batch_size=8, drop_last=True))]


@script
def lengths_of_streams(t):
    d = t.utils.data
    return [len(d.DataLoader(stream(t, 7, 7), **options)) for options in
            ({}, dict(batch_size=3), dict(batch_size=3, drop_last=True), dict(batch_size=None), dict(batch_size=7))]


@script
def stream_without_length(t):
    len(t.utils.data.DataLoader(stream(t)))


@script
def stream_longer_than_it_says(t):
    loader = t.utils.data.DataLoader(stream(t, 4, 2), batch_size=1)
    return len(loader), list(loader)


@script
def streams_chained(t):
    chained = stream(t, 2, 2) + stream(t, 3, 3)
    return list(chained), len(chained), type(chained), epochs(t.utils.data.DataLoader(chained, 2))


@script
def stream_chained_with_a_list(t):
    list(stream(t) + [1, 2])


@script
def stream_in_a_concatenation(t):
    t.utils.data.ConcatDataset([stream(t)])


@script
def stream_without_iter(t):
    class Nothing(t.utils.data.IterableDataset):
        pass
    Nothing()


# ---------------------------------------------------------------- random_split


@pytest.mark.parametrize("lengths", [
    [3, 7], [10], [0, 10], [5, 5, 0], [0.5, 0.5], [0.25, 0.75], [0.3, 0.3, 0.4], [0.05, 0.95], [1.0], [1, 0],
    [1.5, -0.5], [-0.5, 0.5, 1.0], [3, 3], [11], [0.1, 0.1], [0.33, 0.33, 0.34], [12, -2], [],
])
def test_random_split(lengths):
    def script(t):
        parts = t.utils.data.random_split(range(10), lengths)
        seeded = t.utils.data.random_split(range(10), lengths, generator=t.Generator().manual_seed(42))
        return [[list(part), part.indices, len(part)] for part in [*parts, *seeded]]
    alike(script)


# ---------------------------------------------------------------- errors


REFUSED = {
    "num_workers": lambda t, d: d.DataLoader([1], num_workers=-1),
    "timeout": lambda t, d: d.DataLoader([1], timeout=-1),
    "timeout without workers": lambda t, d: iter(d.DataLoader([1], timeout=1)),
    "prefetch_factor": lambda t, d: d.DataLoader([1], prefetch_factor=2),
    "persistent_workers": lambda t, d: d.DataLoader([1], persistent_workers=True),
    "multiprocessing_context": lambda t, d: d.DataLoader([1], multiprocessing_context="spawn"),
    "sampler and shuffle": lambda t, d: d.DataLoader([1], sampler=[0], shuffle=True),
    "batch_sampler and batch_size": lambda t, d: d.DataLoader([1], 2, batch_sampler=[[0]]),
    "batch_sampler and shuffle": lambda t, d: d.DataLoader([1], batch_sampler=[[0]], shuffle=True),
    "batch_sampler and sampler": lambda t, d: d.DataLoader([1], batch_sampler=[[0]], sampler=[0]),
    "batch_sampler and drop_last": lambda t, d: d.DataLoader([1], batch_sampler=[[0]], drop_last=True),
    "no batches and drop_last": lambda t, d: d.DataLoader([1], None, drop_last=True),
    "batch_size 0": lambda t, d: d.DataLoader([1], 0),
    "batch_size -1": lambda t, d: d.DataLoader([1], -1),
    "batch_size 2.0": lambda t, d: d.DataLoader([1], 2.0),
    "batch_size True": lambda t, d: d.DataLoader([1], True),
    "drop_last 1": lambda t, d: d.DataLoader([1], 1, drop_last=1),
    "stream and shuffle": lambda t, d: d.DataLoader(stream(t), shuffle=True),
    "stream and shuffle=False": lambda t, d: list(d.DataLoader(stream(t), shuffle=False)),
    "stream and sampler": lambda t, d: d.DataLoader(stream(t), sampler=[0]),
    "stream and batch_sampler": lambda t, d: d.DataLoader(stream(t), batch_sampler=[[0]]),
    "shuffle of nothing": lambda t, d: d.DataLoader([], shuffle=True),
    "nothing": lambda t, d: list(d.DataLoader([])),
    "RandomSampler, replacement": lambda t, d: d.RandomSampler([1], replacement=1),
    "RandomSampler, 0": lambda t, d: d.RandomSampler([1], num_samples=0),
    "RandomSampler, -1": lambda t, d: d.RandomSampler([1], num_samples=-1),
    "RandomSampler, 1.5": lambda t, d: d.RandomSampler([1], num_samples=1.5),
    "WeightedRandomSampler, 0": lambda t, d: d.WeightedRandomSampler([1.0], 0),
    "WeightedRandomSampler, True": lambda t, d: d.WeightedRandomSampler([1.0], True),
    "WeightedRandomSampler, replacement": lambda t, d: d.WeightedRandomSampler([1.0], 1, replacement=1),
    "WeightedRandomSampler, matrix": lambda t, d: d.WeightedRandomSampler([[1.0]], 1),
    "WeightedRandomSampler, too many": lambda t, d: list(d.WeightedRandomSampler([1.0], 2, replacement=False)),
    "BatchSampler, 0": lambda t, d: d.BatchSampler([1], 0, False),
    "BatchSampler, drop_last": lambda t, d: d.BatchSampler([1], 1, None),
    "batch_size set later": lambda t, d: setattr(d.DataLoader([1]), "batch_size", 3),
    "dataset set later": lambda t, d: setattr(d.DataLoader([1]), "dataset", [2]),
    "pin_memory": lambda t, d: list(d.DataLoader([1], pin_memory=True)),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(call):
    def script(t):
        result = call(t, t.utils.data)
        return result if isinstance(result, list) else None
    alike(script)


def test_minitorch_data_is_utils_data():
    assert minitorch.data.DataLoader is minitorch.utils.data.DataLoader
    assert set(minitorch.data.__all__) == set(minitorch.utils.data.__all__)
    assert minitorch.utils.data.DataLoader[int]  # generic, as torch's
