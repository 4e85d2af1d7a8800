"""minitorch.random against torch, draw for draw: values, stream positions, states, refusals.

Every comparison is of bits. torch itself must run its AVX2 or AVX-512 kernels, as it does on any x86-64 since 2013.
"""

import copy
import pickle
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch.random
from minitorch.random import Generator, memory_axes

pytestmark = pytest.mark.skipif(torch.backends.cpu.get_cpu_capability() == "DEFAULT", reason="torch without AVX2")

seeds = st.integers(-(2**63), 2**64 - 1)
sizes = st.sampled_from([1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 623, 624, 625, 1000])
floats = st.sampled_from(["float16", "float32", "float64"])
numbers = st.sampled_from(["uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
bounds = st.floats(-1000, 1000)
positive = st.floats(1e-3, 1e3)


def pair(seed):
    return Generator().manual_seed(seed), torch.Generator().manual_seed(seed)


def empty(shape, dtype):
    return torch.empty(shape, dtype=getattr(torch, dtype))


def same(ours, theirs):
    theirs = theirs.numpy()
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    np.testing.assert_array_equal(ours, theirs)


def in_step(g, t):
    """Both streams are at the same place, the waiting normal included."""
    np.testing.assert_array_equal(g.get_state(), t.get_state().numpy())


# ---------------------------------------------------------------- one draw at a time

@given(seeds, sizes, floats, bounds, bounds)
def test_uniform(seed, n, dtype, a, b):
    low, high = min(a, b), max(a, b)
    g, t = pair(seed)
    same(g.uniform(n, dtype), torch.rand(n, dtype=getattr(torch, dtype), generator=t))
    same(g.uniform(n, dtype, low, high), empty(n, dtype).uniform_(low, high, generator=t))
    in_step(g, t)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("low, high", [(-0.37, 1.91), (0.9772499, 1.0227501), (-1e-3, 1e3), (0.1, 0.1), (1e-20, 1.5)])
def test_bounds_of_uniform(dtype, low, high):
    """As trunc_normal_ asks: a * b + c rounded once, and never the upper bound, also where it rounds up to it."""
    g, t = pair(7)
    same(g.uniform(30000, dtype, low, high), empty(30000, dtype).uniform_(low, high, generator=t))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("mean", [1e-20, -1e-20, 1e20, 3.0])
def test_scale_and_mean_of_normal(dtype, mean):
    """z * 1.5 lies half way between two numbers as often as not; which one is next is for a tiny mean to say."""
    g, t = pair(7)
    for n in (15, 30000):
        same(g.normal(n, dtype, mean, 1.5), empty(n, dtype).normal_(mean, 1.5, generator=t))


@given(seeds, sizes, floats, bounds, positive)
def test_normal(seed, n, dtype, mean, std):
    g, t = pair(seed)
    same(g.normal(n, dtype), torch.randn(n, dtype=getattr(torch, dtype), generator=t))
    same(g.normal(n, dtype, mean, std), empty(n, dtype).normal_(mean, std, generator=t))
    in_step(g, t)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_normal_bits_of_many(dtype):
    """Every branch of the float32 logarithm, sine and cosine, many times over: not one bit differs."""
    n = 200_003 if dtype != "float64" else 40_003
    g, t = pair(3)
    same(g.normal(n, dtype), torch.randn(n, dtype=getattr(torch, dtype), generator=t))
    same(g.normal(n, dtype, 0.3, 0.7), empty(n, dtype).normal_(0.3, 0.7, generator=t))
    in_step(g, t)


@given(seeds, sizes, floats, bounds, positive)
def test_normal_not_contiguous(seed, n, dtype, mean, std):
    g, t = pair(seed)
    same(g.normal(n, dtype, mean, std, contiguous=False), empty((n, 2), dtype)[:, 0].normal_(mean, std, generator=t))
    in_step(g, t)


@given(seeds, sizes, st.sampled_from(["complex64", "complex128"]))
def test_complex(seed, n, dtype):
    g, t = pair(seed)
    same(g.normal(n, dtype), torch.randn(n, dtype=getattr(torch, dtype), generator=t))
    same(g.uniform((n, 1), dtype), torch.rand(n, 1, dtype=getattr(torch, dtype), generator=t))
    in_step(g, t)


@given(seeds, sizes, floats, st.floats(-5, 5), st.floats(1e-3, 3))
def test_log_normal(seed, n, dtype, mean, std):
    g, t = pair(seed)
    same(g.log_normal(n, dtype, mean, std), empty(n, dtype).log_normal_(mean, std, generator=t))
    in_step(g, t)


@given(seeds, sizes, floats, positive)
def test_exponential(seed, n, dtype, lambd):
    g, t = pair(seed)
    same(g.exponential(n, dtype, lambd), empty(n, dtype).exponential_(lambd, generator=t))
    in_step(g, t)


@given(seeds, sizes, floats, bounds, positive)
def test_cauchy(seed, n, dtype, median, sigma):
    g, t = pair(seed)
    same(g.cauchy(n, dtype, median, sigma), empty(n, dtype).cauchy_(median, sigma, generator=t))
    in_step(g, t)


@given(seeds, sizes, numbers, st.floats(0.3, 0.99))
def test_geometric(seed, n, dtype, p):
    g, t = pair(seed)
    same(g.geometric(n, dtype, p), empty(n, dtype).geometric_(p, generator=t))
    in_step(g, t)


@given(seeds, sizes, st.integers(-(2**63), 2**63 - 2), st.data())
def test_integers(seed, n, low, data):
    high = data.draw(st.one_of(st.integers(low + 1, 2**63 - 1), st.integers(low + 1, min(low + 1000, 2**63 - 1))))
    g, t = pair(seed)
    same(g.random_integers(n, low, high), torch.randint(low, high, (n,), generator=t))
    same(g.random_integers(n, low, None), empty(n, "int64").random_(low, None, generator=t))
    in_step(g, t)


@pytest.mark.parametrize("span", [1, 2**28 - 1, 2**28, 2**32 - 1, 2**32, 2**63])
def test_integers_widen_at_two_to_28(span):
    g, t = pair(11)
    same(g.random_integers(50, -5, span - 5), torch.randint(-5, span - 5, (50,), generator=t))
    in_step(g, t)


@given(seeds, sizes, numbers, st.integers(0, 50), st.integers(51, 127))
def test_integers_of_any_type(seed, n, dtype, low, high):
    g, t = pair(seed)
    same(g.random_integers(n, low, high, dtype), empty(n, dtype).random_(low, high, generator=t))
    same(g.random_integers(n, low, None, dtype), empty(n, dtype).random_(low, None, generator=t))
    same(g.random_integers(n, dtype=dtype), empty(n, dtype).random_(generator=t))
    in_step(g, t)


@pytest.mark.parametrize("dtype", ["bool", "uint16", "uint32", "uint64"])
def test_integers_of_rarer_types(dtype):
    g, t = pair(2)
    same(g.random_integers(40, 0, 2, dtype), torch.randint(0, 2, (40,), dtype=getattr(torch, dtype), generator=t))
    if dtype == "bool":
        same(g.random_integers(40, dtype=dtype), empty(40, dtype).random_(generator=t))
    in_step(g, t)


@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_integers_of_all_64_bits(dtype):
    g, t = pair(2)
    same(g.random_integers(40, -(2**63), None, dtype), empty(40, dtype).random_(-(2**63), None, generator=t))
    in_step(g, t)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("low, high", [(2049, 2060), (-5001, 5001), (0, 65504), (-3001, None), (16777217, 16777300)])
def test_integers_that_a_float_cannot_hold(dtype, low, high):
    """torch warns, and moves the bounds inward to values that the type holds."""
    g, t = pair(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcomes = []
        for draw in (lambda: g.random_integers(40, low, high, dtype),
                     lambda: empty(40, dtype).random_(low, high, generator=t).numpy()):
            try:
                outcomes.append(draw().tolist())
            except RuntimeError as error:
                outcomes.append(str(error).split("\n")[0])
    assert outcomes[0] == outcomes[1]
    in_step(g, t)


@given(seeds, st.sampled_from([0, 1, 2, 15, 16, 17, 127]), numbers)
def test_permutation(seed, n, dtype):
    g, t = pair(seed)
    same(g.permutation(n, dtype), torch.randperm(n, dtype=getattr(torch, dtype), generator=t))
    same(g.permutation(10 * n), torch.randperm(10 * n, generator=t))
    in_step(g, t)


@given(seeds, sizes, numbers, st.one_of(st.floats(0, 1), st.sampled_from([0, 1, 0.5, 0.1, 2.0**-53, 1 - 2.0**-53])))
def test_bernoulli(seed, n, dtype, p):
    g, t = pair(seed)
    same(g.bernoulli(p, n, dtype), empty(n, dtype).bernoulli_(p, generator=t))
    in_step(g, t)


@given(seeds, sizes, floats)
def test_bernoulli_of_an_array(seed, n, dtype):
    p = np.random.default_rng(0).random((n, 3)).astype(dtype)
    g, t = pair(seed)
    same(g.bernoulli(p, dtype=dtype), torch.bernoulli(torch.from_numpy(p), generator=t))
    same(g.bernoulli(p, (2, n, 3), "bool"), empty((2, n, 3), "bool").bernoulli_(torch.from_numpy(p), generator=t))
    in_step(g, t)


@given(seeds, st.integers(1, 40), floats, st.floats(0, 0.95))
def test_dropout_draws_bernoulli(seed, n, dtype, p):
    torch.manual_seed(seed)
    kept = torch.nn.functional.dropout(torch.ones(n, 7, dtype=getattr(torch, dtype)), p).numpy() > 0
    np.testing.assert_array_equal(Generator().manual_seed(seed).bernoulli(1 - p, (n, 7), "bool") if p else True, kept)


@given(seeds, st.integers(1, 3), sizes, floats, st.integers(1, 50))
def test_multinomial_with_replacement(seed, rows, n, dtype, draws):
    p = np.random.default_rng(n).random((rows, n)).astype(dtype) + np.dtype(dtype).type(0.01)
    g, t = pair(seed)
    for weights in (p, p[0]):
        same(g.multinomial(weights, draws, replacement=True),
             torch.multinomial(torch.from_numpy(weights), draws, replacement=True, generator=t))
    in_step(g, t)


@settings(derandomize=True)  # two float32 of a thousand may be equal: torch's sort has no order for them
@given(seeds, st.integers(1, 3), sizes, st.sampled_from(["float32", "float64"]), st.data())
def test_multinomial_without_replacement(seed, rows, n, dtype, data):
    p = np.random.default_rng(n).random((rows, n)).astype(dtype) + np.dtype(dtype).type(0.01)
    p[:, n // 2] = 0 if n > 1 else 1  # one that cannot be drawn but last
    g, t = pair(seed)
    for weights in (p, p[0], np.asfortranarray(p)):
        draws = data.draw(st.integers(1, n))
        same(g.multinomial(weights, draws), torch.multinomial(torch.from_numpy(weights), draws, generator=t))
    in_step(g, t)


# ---------------------------------------------------------------- streams

DRAWS = {
    "uniform": (lambda g, n, d: g.uniform(n, d, -1, 2), lambda t, x: x.uniform_(-1, 2, generator=t)),
    "normal": (lambda g, n, d: g.normal(n, d), lambda t, x: x.normal_(generator=t)),
    "log_normal": (lambda g, n, d: g.log_normal(n, d, 0, 1), lambda t, x: x.log_normal_(0, 1, generator=t)),
    "cauchy": (lambda g, n, d: g.cauchy(n, d), lambda t, x: x.cauchy_(generator=t)),
    "exponential": (lambda g, n, d: g.exponential(n, d), lambda t, x: x.exponential_(generator=t)),
    "geometric": (lambda g, n, d: g.geometric(n, d, 0.4), lambda t, x: x.geometric_(0.4, generator=t)),
    "bernoulli": (lambda g, n, d: g.bernoulli(0.4, n, d), lambda t, x: x.bernoulli_(0.4, generator=t)),
    "random": (lambda g, n, d: g.random_integers(n, dtype=d), lambda t, x: x.random_(generator=t)),
    "randint": (lambda g, n, d: g.random_integers(n, 3, 99), lambda t, x: torch.randint(3, 99, x.shape, generator=t)),
    "randperm": (lambda g, n, d: g.permutation(n), lambda t, x: torch.randperm(len(x), generator=t)),
    "seed": (lambda g, n, d: g.manual_seed(n).uniform(n, d), lambda t, x: x.uniform_(generator=t.manual_seed(len(x)))),
}


@settings(max_examples=200)
@given(seeds, st.lists(st.tuples(st.sampled_from(sorted(DRAWS)), sizes, floats), min_size=1, max_size=12))
def test_mixed_calls_stay_in_step(seed, calls):
    g, t = pair(seed)
    for name, n, dtype in calls:
        ours, theirs = DRAWS[name]
        same(ours(g, n, dtype), theirs(t, empty(n, dtype)))
    in_step(g, t)


@given(seeds, st.integers(0, 1300), st.booleans())
def test_states_travel_both_ways(seed, drawn, normal):
    g, t = pair(seed)
    g.uniform(drawn, "float32"), torch.rand(drawn, generator=t)
    if normal:  # an odd count: one waits
        g.normal(3, "float32"), torch.randn(3, generator=t)
    in_step(g, t)
    other, twin = torch.Generator(), Generator()
    other.set_state(torch.from_numpy(g.get_state()))
    for state in (t.get_state().numpy(), t.get_state(), t.get_state().numpy().tobytes()):
        twin.set_state(state)
    assert twin.initial_seed() == t.initial_seed() == seed % 2**64
    expected = torch.randn(5, generator=t)
    same(g.normal(5, "float32"), expected)
    same(twin.normal(5, "float32"), expected)
    assert torch.equal(torch.randn(5, generator=other), expected)


def test_copies_go_their_own_way():
    g = Generator().manual_seed(5)
    g.normal(3, "float64")
    for twin in (g.clone_state(), copy.deepcopy(g), pickle.loads(pickle.dumps(g))):
        np.testing.assert_array_equal(twin.get_state(), g.get_state())
        twin.uniform(1, "float32")
        assert not np.array_equal(twin.get_state(), g.get_state())


def test_seeds():
    assert Generator().initial_seed() == torch.Generator().initial_seed() == 67280421310721
    assert Generator().device == "cpu"
    for seed in (0, 1, -1, -5, 2**40 + 7, 2**63, 2**64 - 1, -(2**63)):
        g, t = pair(seed)
        assert g.initial_seed() == t.initial_seed()
        in_step(g, t)
    g = Generator()
    assert g.seed() == g.initial_seed() != Generator().seed()


def test_default_generator():
    """The module's functions are the default generator's, and fork_rng gives back its place."""
    state = minitorch.random.get_rng_state()
    try:
        assert minitorch.random.manual_seed(3.0) is minitorch.random.default_generator
        assert minitorch.random.initial_seed() == 3
        with minitorch.random.fork_rng():
            inside = minitorch.random.default_generator.uniform(4, "float32")
        np.testing.assert_array_equal(minitorch.random.default_generator.uniform(4, "float32"), inside)
        with minitorch.random.fork_rng(enabled=False):
            inside = minitorch.random.default_generator.uniform(4, "float32")
        assert not np.array_equal(minitorch.random.default_generator.uniform(4, "float32"), inside)
        assert minitorch.random.seed() == minitorch.random.initial_seed()
    finally:
        minitorch.random.set_rng_state(state)
    np.testing.assert_array_equal(minitorch.random.get_rng_state(), state)


@pytest.mark.parametrize("layout", [lambda x: x, lambda x: x.transpose(0, 2), lambda x: x.permute(1, 2, 0),
                                    lambda x: x[:, ::2], lambda x: x[:, :, 1:4].transpose(0, 1), lambda x: x[:, :1]])
def test_memory_order(layout):
    """torch fills along memory, whatever the order of the axes; `memory_axes` says which order that is."""
    g, t = pair(9)
    theirs, ours = layout(torch.zeros(4, 5, 6)), layout(torch.zeros(4, 5, 6)).numpy()
    view = ours.transpose(memory_axes(ours))
    for fill, draw in ((theirs.uniform_, g.uniform), (theirs.exponential_, g.exponential)):
        view[...] = draw(view.shape, view.dtype)
        same(ours, fill(generator=t))
    view[...] = g.normal(view.shape, view.dtype, contiguous=theirs.is_contiguous())
    same(ours, theirs.normal_(generator=t))
    in_step(g, t)


@pytest.mark.parametrize("generator", [False, True])
def test_how_a_loader_shuffles(generator):
    """DataLoader draws a base seed, then RandomSampler a seed for a stream of its own (unless given a generator)."""
    g = Generator().manual_seed(4)
    torch.manual_seed(4)
    loader = torch.utils.data.DataLoader(range(10), batch_size=5, shuffle=True,
                                         generator=torch.Generator().manual_seed(4) if generator else None)
    for _ in range(2):
        theirs = torch.cat(list(loader)).numpy()
        g.random_integers(())  # the workers' base seed
        stream = g if generator else Generator().manual_seed(int(g.random_integers(())))
        np.testing.assert_array_equal(stream.permutation(10), theirs)
        stream.permutation(10)  # the sampler draws another one, for len(dataset) % 10 elements


# ---------------------------------------------------------------- refusals

def sentence(call):
    with pytest.raises(Exception) as caught:
        call()
    return type(caught.value), str(caught.value).split("\n")[0]


@pytest.mark.parametrize("ours, theirs", [
    (lambda g: g.manual_seed(2**64), lambda t: t.manual_seed(2**64)),
    (lambda g: g.manual_seed(-(2**63) - 1), lambda t: t.manual_seed(-(2**63) - 1)),
    (lambda g: g.manual_seed(1.5), lambda t: t.manual_seed(1.5)),
    (lambda g: g.manual_seed(True), lambda t: t.manual_seed(True)),
    (lambda g: g.set_state(np.zeros(5, "u1")), lambda t: t.set_state(torch.zeros(5, dtype=torch.uint8))),
    (lambda g: g.set_state(np.zeros(5056, "u1")), lambda t: t.set_state(torch.zeros(5056, dtype=torch.uint8))),
    (lambda g: g.set_state(np.zeros(5056)), lambda t: t.set_state(torch.zeros(5056))),
    (lambda g: g.uniform(2, "float32", 3, 1.25), lambda t: empty(2, "float32").uniform_(3, 1.25)),
    (lambda g: g.uniform(2, "float32", -3e38, 3e38), lambda t: empty(2, "float32").uniform_(-3e38, 3e38)),
    (lambda g: g.uniform(2, "float16", -1e5, 1), lambda t: empty(2, "float16").uniform_(-1e5, 1)),
    (lambda g: g.uniform(2, "float64", 0, np.inf), lambda t: empty(2, "float64").uniform_(0, np.inf)),
    (lambda g: g.uniform(2, "int64"), lambda t: empty(2, "int64").uniform_()),
    (lambda g: g.normal(2, "float32", 0, -1.5), lambda t: empty(2, "float32").normal_(0, -1.5)),
    (lambda g: g.normal(2, "uint8"), lambda t: empty(2, "uint8").normal_()),
    (lambda g: g.log_normal(2, "float32", 0, 0), lambda t: empty(2, "float32").log_normal_(0, 0)),
    (lambda g: g.log_normal(2, "bool"), lambda t: empty(2, "bool").log_normal_()),
    (lambda g: g.exponential(2, "float32", 0), lambda t: empty(2, "float32").exponential_(0)),
    (lambda g: g.exponential(2, "int8"), lambda t: empty(2, "int8").exponential_()),
    (lambda g: g.cauchy(2, "float32", 0, -1), lambda t: empty(2, "float32").cauchy_(0, -1)),
    (lambda g: g.cauchy(2, "int8"), lambda t: empty(2, "int8").cauchy_()),
    (lambda g: g.geometric(2, "float32", 1), lambda t: empty(2, "float32").geometric_(1)),
    (lambda g: g.geometric(2, "bool", 0.5), lambda t: empty(2, "bool").geometric_(0.5)),
    (lambda g: g.bernoulli(1.5, 2), lambda t: empty(2, "float32").bernoulli_(1.5)),
    (lambda g: g.bernoulli(0.5, 2, "uint16"), lambda t: empty(2, "uint16").bernoulli_(0.5)),
    (lambda g: g.bernoulli(np.array([0.5, 1.5])), lambda t: torch.bernoulli(torch.tensor([0.5, 1.5]))),
    (lambda g: g.bernoulli(np.array([1])), lambda t: torch.bernoulli(torch.tensor([1]))),
    (lambda g: g.random_integers(2, 5, 3), lambda t: torch.randint(5, 3, (2,))),
    (lambda g: g.random_integers(0, 5, 3), lambda t: torch.randint(5, 3, (0,))),
    (lambda g: g.random_integers(2, -1, 3, "uint8"), lambda t: torch.randint(-1, 3, (2,), dtype=torch.uint8)),
    (lambda g: g.random_integers(2, 0, 300, "uint8"), lambda t: torch.randint(0, 300, (2,), dtype=torch.uint8)),
    (lambda g: g.random_integers(2, 3, None, "bool"), lambda t: empty(2, "bool").random_(3, None)),
    (lambda g: g.random_integers(2, 3, None, "uint64"), lambda t: empty(2, "uint64").random_(3, None)),
    (lambda g: g.random_integers(2, 0, 70000, "float16"), lambda t: empty(2, "float16").random_(0, 70000)),
    (lambda g: g.random_integers(2, 5000, None, "float16"), lambda t: empty(2, "float16").random_(5000, None)),
    (lambda g: g.random_integers(2, dtype="uint16"), lambda t: empty(2, "uint16").random_()),
    (lambda g: g.random_integers(2, -(2**63), None, "int8"), lambda t: empty(2, "int8").random_(-(2**63), None)),
    (lambda g: g.random_integers(2, -(2**63), None, "bool"), lambda t: empty(2, "bool").random_(-(2**63), None)),
    (lambda g: g.permutation(-1), lambda t: torch.randperm(-1)),
    (lambda g: g.permutation(3000, "float16"), lambda t: torch.randperm(3000, dtype=torch.float16)),
    (lambda g: g.permutation(257, "uint8"), lambda t: torch.randperm(257, dtype=torch.uint8)),
    (lambda g: g.permutation(5, "bool"), lambda t: torch.randperm(5, dtype=torch.bool)),
])
def test_refusals(ours, theirs):
    assert sentence(lambda: ours(Generator())) == sentence(lambda: theirs(torch.Generator()))


@pytest.mark.parametrize("draws, replacement", [(1, False), (1, True), (2, False), (2, True)])
@pytest.mark.parametrize("weights", [
    0.5, np.ones((2, 2, 2)), [1, 2], [1.0, -1.0], [1.0, np.inf], [np.nan, 1.0], [np.inf, -1.0], [0.0, 0.0],
    [[1.0, 1.0], [0.0, 0.0]], np.ones(0), np.ones((2, 0)),
])
def test_weights_refused_by_multinomial(weights, draws, replacement):
    weights = np.array(weights)
    assert (sentence(lambda: Generator().multinomial(weights, draws, replacement))
            == sentence(lambda: torch.multinomial(torch.from_numpy(weights), draws, replacement)))


@pytest.mark.parametrize("draws, replacement", [(0, False), (-1, True), (3, False)])
def test_counts_refused_by_multinomial(draws, replacement):
    assert (sentence(lambda: Generator().multinomial(np.ones(2), draws, replacement))
            == sentence(lambda: torch.multinomial(torch.ones(2), draws, replacement)))


@pytest.mark.parametrize("draw, fill", [
    (lambda g: g.uniform(0, "float32"), lambda t: torch.rand(0, generator=t)),
    (lambda g: g.normal((2, 0), "int64"), lambda t: empty((2, 0), "int64").normal_(generator=t)),
    (lambda g: g.exponential(0, "int64"), lambda t: empty(0, "int64").exponential_(generator=t)),
    (lambda g: g.bernoulli(0.5, 0, "uint16"), lambda t: empty(0, "uint16").bernoulli_(0.5, generator=t)),
    (lambda g: g.random_integers((0, 3), 0, 9), lambda t: torch.randint(0, 9, (0, 3), generator=t)),
    (lambda g: g.multinomial(np.ones((0, 3)), 2), lambda t: torch.multinomial(torch.ones(0, 3), 2, generator=t)),
])
def test_nothing_is_drawn_for_no_elements(draw, fill):
    g, t = pair(1)
    g.normal(1, "float32"), torch.randn(1, generator=t)  # a normal waits, and goes on waiting
    same(draw(g), fill(t))
    in_step(g, t)
