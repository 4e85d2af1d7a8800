"""Random tensors: the public functions draw what torch draws, and leave the stream at torch's place."""

import copy
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from twin import outcome, same

import minitorch

pytestmark = [pytest.mark.torch, pytest.mark.skipif(torch.backends.cpu.get_cpu_capability() == "DEFAULT",
                                                    reason="torch without AVX2")]
FLOATS = ("float16", "float32", "float64")


def calls(*functions):
    return pytest.mark.parametrize("call", functions)


def seeded(call, seed: int = 7):
    """`call` on the default stream of a seed; then a number, which shows where the stream is."""

    def run(t):
        t.manual_seed(seed)
        return call(t), t.rand(1, dtype=t.float64)

    return run


def probabilities(t):
    return t.linspace(0, 1, 12).reshape(3, 4)


@calls(
    lambda t: t.rand(3, 5), lambda t: t.rand((2, 3)), lambda t: t.rand(()), lambda t: t.rand(0, 3),
    lambda t: t.rand(size=(2,)), lambda t: t.rand(40, dtype=t.float64), lambda t: t.rand(5, dtype=t.float16),
    lambda t: t.rand(2, requires_grad=True), lambda t: t.randn(5), lambda t: t.randn(17), lambda t: t.randn(3, 40),
    lambda t: t.randn(20, dtype=t.float64), lambda t: t.randn(4, dtype=t.complex64),
    lambda t: t.randn(2, 3, requires_grad=True), lambda t: t.randint(10, (5,)), lambda t: t.randint(-5, 10, (2, 3)),
    lambda t: t.randint(high=3, size=(4,)), lambda t: t.randint(low=1, high=3, size=[2]),
    lambda t: t.randint(3, size=(4,), dtype=t.float32), lambda t: t.randint(2**40, (5,)),
    lambda t: t.randint(t.tensor(3), (2,)), lambda t: t.randint(3, (2,), dtype=t.uint8), lambda t: t.randperm(9),
    lambda t: t.randperm(5, dtype=t.int32), lambda t: t.randperm(0),
    lambda t: t.randperm(3, dtype=t.float32, requires_grad=True),
)
def test_new_tensors(call):
    same(seeded(call))


@calls(
    lambda t: t.rand_like(t.ones(3, 4)), lambda t: t.rand_like(t.ones(3, 4).T), lambda t: t.randn_like(t.ones(4, 5).T),
    lambda t: t.randn_like(t.ones(2, 3, 4).permute(2, 0, 1)), lambda t: t.rand_like(t.arange(3), dtype=t.float64),
    lambda t: t.randn_like(t.ones(2), requires_grad=True), lambda t: t.randint_like(t.ones(3), 9),
    lambda t: t.randint_like(t.ones(2, 3).T, 2, 9), lambda t: t.randint_like(t.ones(3), low=2, high=9),
    lambda t: t.randint_like(t.arange(3), 5, dtype=t.float64), lambda t: t.rand_like(t.ones(2, requires_grad=True)),
)
def test_shaped_as_another(call):
    same(seeded(call))


@calls(
    lambda t: t.normal(0.0, 1.0, (3,)), lambda t: t.normal(2, 3, (20,)),
    lambda t: t.normal(mean=1.0, std=0.5, size=(4, 5)), lambda t: t.normal(0.0, 1.0, (3,), dtype=t.float64),
    lambda t: t.normal(t.arange(20.0), 0.7), lambda t: t.normal(t.arange(6.0).reshape(2, 3).T),
    lambda t: t.normal(t.arange(20.0), t.arange(1.0, 21.0)), lambda t: t.normal(t.zeros(4, 1), t.ones(5)),
    lambda t: t.normal(0.3, t.arange(1.0, 21.0)), lambda t: t.normal(std=t.ones(3), mean=2.0),
    lambda t: t.normal(t.zeros(3, dtype=t.float64), t.ones(3)),
    lambda t: t.normal(t.zeros(3), t.ones(3, dtype=t.float64)), lambda t: t.normal(t.zeros(0), 1.0),
    lambda t: t.normal(t.zeros(3, requires_grad=True), 1.0), lambda t: t.normal(0.0, t.ones(3, requires_grad=True)),
    lambda t: t.normal(t.zeros(3, requires_grad=True), t.ones(3, requires_grad=True)),
)
def test_normal(call):
    same(seeded(call))


@calls(
    lambda t: t.bernoulli(probabilities(t)), lambda t: t.bernoulli(probabilities(t).T),
    lambda t: t.bernoulli(t.arange(9), 0.4), lambda t: t.bernoulli(probabilities(t).double()),
    lambda t: t.bernoulli(probabilities(t).T, p=0.4), lambda t: probabilities(t).bernoulli(),
    lambda t: probabilities(t).bernoulli(0.3), lambda t: t.bernoulli(probabilities(t).requires_grad_()),
    lambda t: t.multinomial(probabilities(t), 2), lambda t: t.multinomial(t.ones(5), 3),
    lambda t: t.multinomial(t.ones(5), 9, replacement=True), lambda t: t.multinomial(probabilities(t).T, 2, True),
    lambda t: probabilities(t)[2].multinomial(num_samples=1),
)
def test_choices(call):
    same(seeded(call))


FILLERS = {
    "uniform": lambda x, g: x.uniform_(generator=g),
    "uniform bounds": lambda x, g: x.uniform_(-1, 3, generator=g),
    "uniform named": lambda x, g: x.uniform_(to=2, generator=g),
    "normal": lambda x, g: x.normal_(generator=g),
    "normal mean": lambda x, g: x.normal_(mean=2, std=3, generator=g),
    "bernoulli": lambda x, g: x.bernoulli_(generator=g),
    "bernoulli p": lambda x, g: x.bernoulli_(0.2, generator=g),
    "random": lambda x, g: x.random_(generator=g),
    "random to": lambda x, g: x.random_(9, generator=g),
    "random named": lambda x, g: x.random_(to=9, generator=g),
    "random from": lambda x, g: x.random_(3, 9, generator=g),
    "random open": lambda x, g: x.random_(3, None, generator=g),
    "exponential": lambda x, g: x.exponential_(lambd=2, generator=g),
    "cauchy": lambda x, g: x.cauchy_(1, 2, generator=g),
    "log normal": lambda x, g: x.log_normal_(mean=0.5, std=0.3, generator=g),
    "geometric": lambda x, g: x.geometric_(0.4, generator=g),
}


@pytest.mark.parametrize("name", sorted(FILLERS))
@pytest.mark.parametrize("layout", [
    lambda x: x, lambda x: x.T, lambda x: x[:, ::2], lambda x: x[1], lambda x: x[:, :0], lambda x: x[0, 0]],
    ids=["whole", "transposed", "steps", "row", "nothing", "one"])
def test_fillers(name, layout):
    """Into memory of any order, from a generator of their own, for every float type."""
    for dtype in FLOATS:
        def call(t, dtype=dtype):
            x, g = t.zeros(5, 8, dtype=getattr(t, dtype)), t.Generator().manual_seed(3)
            y = FILLERS[name](layout(x), g)
            return y, x, x._version, t.rand(1, generator=g)
        same(call)


@pytest.mark.parametrize("name", sorted(FILLERS))
def test_the_graph_of_fillers(name):
    """What is overwritten gets a zero gradient; a leaf that requires grad is refused."""

    def call(t):
        leaf = t.ones(3, requires_grad=True)
        x = FILLERS[name](leaf * 1, t.Generator().manual_seed(3))
        return x, t.autograd.grad(x.sum(), leaf)

    same(call)
    same(lambda t: FILLERS[name](t.ones(2, requires_grad=True), None))
    same(lambda t: FILLERS[name](t.ones(1).expand(3), None))


@calls(
    lambda t: t.zeros(3, 4).bernoulli_(probabilities(t)), lambda t: t.zeros(4, 3).T.bernoulli_(probabilities(t)),
    lambda t: t.zeros(3, 4).bernoulli_(probabilities(t)[0]),
    lambda t: t.zeros(3, 4, dtype=t.int64).bernoulli_(t.tensor(0.5)), lambda t: t.zeros(9, dtype=t.int64).random_(),
    lambda t: t.zeros(9, dtype=t.uint8).random_(), lambda t: t.zeros(9, dtype=t.bool).bernoulli_(0.3),
    lambda t: t.zeros(9, dtype=t.bool).random_(), lambda t: t.zeros(9, dtype=t.int32).geometric_(0.3),
    lambda t: t.zeros(9).uniform_(**{"from": 2, "to": 3}),
)
def test_fillers_of_other_types(call):
    same(seeded(call))


@calls(
    lambda t: t.rand(2, dtype=t.int64), lambda t: t.rand(-1), lambda t: t.rand(), lambda t: t.randn(2, dtype=t.int64),
    lambda t: t.randint(3, 2), lambda t: t.randint(0, 3.5, (2,)), lambda t: t.randint(3),
    lambda t: t.randint(3, 3, (2,)), lambda t: t.randint(0, (2,)), lambda t: t.randint(3, (2,), requires_grad=True),
    lambda t: t.randint(3, (-1,)), lambda t: t.randperm(-5), lambda t: t.randperm(3.0), lambda t: t.normal(0.0, 1.0),
    lambda t: t.normal(t.zeros(2), -1.0), lambda t: t.normal(t.zeros(2), -t.ones(2)),
    lambda t: t.normal(t.zeros(2, dtype=t.int64), 1.0), lambda t: t.normal(t.zeros(2), t.ones(3)),
    lambda t: t.normal(0.0, -1.0, (2,)), lambda t: t.normal(t.zeros(2), 1.0, (2,)),
    lambda t: t.bernoulli(t.ones(2) * 2), lambda t: t.bernoulli(t.arange(2)), lambda t: t.bernoulli(t.ones(2), 1.5),
    lambda t: t.bernoulli(t.ones(2), t.ones(2)), lambda t: t.multinomial(t.ones(2), 3),
    lambda t: t.rand_like(t.arange(2)), lambda t: t.ones(2).uniform_(2, 1), lambda t: t.ones(2).uniform_(a=2),
    lambda t: t.ones(2).normal_(1, -2), lambda t: t.ones(2).random_(3, 3), lambda t: t.ones(2).random_(0),
    lambda t: t.ones(2).exponential_(0), lambda t: t.ones(2).geometric_(), lambda t: t.ones(2).bernoulli_(t.ones(3)),
    lambda t: t.arange(2).uniform_(), lambda t: t.arange(2).normal_(), lambda t: t.manual_seed("a"),
)
def test_refusals(call):
    same(call)


# ---------------------------------------------------------------- streams


@calls(
    lambda t: t.manual_seed(3) is t.default_generator, lambda t: (t.manual_seed(3), t.initial_seed())[1],
    lambda t: t.Generator().device, lambda t: t.Generator().initial_seed(), lambda t: t.Generator().get_state().dtype,
    lambda t: (t.manual_seed(5), t.get_rng_state())[1], lambda t: t.Generator().manual_seed(2).get_state(),
    lambda t: (t.manual_seed("3"), t.rand(2))[1], lambda t: (t.manual_seed(-1), t.rand(2))[1],
    lambda t: t.rand(4, generator=t.Generator().manual_seed(2)),
    lambda t: t.randperm(4, generator=t.Generator().manual_seed(2)),
)
def test_seeds(call):
    same(call)


def test_states():
    """A state taken is a place to return to, in either library."""
    for t in (minitorch, torch):
        t.manual_seed(4)
        t.randn(3)
        state = t.get_rng_state()
        first = t.randn(5)
        t.set_rng_state(state)
        assert t.equal(t.randn(5), first)
        g = t.Generator().manual_seed(1)
        other = t.Generator()
        other.set_state(g.get_state())
        assert t.equal(t.rand(3, generator=g), t.rand(3, generator=other))
    torch.set_rng_state(torch.from_numpy(minitorch.get_rng_state().numpy()))
    assert torch.rand(1).item() == minitorch.rand(1).item()
    assert outcome(minitorch, lambda t: t.set_rng_state([1]))[:2] == outcome(torch, lambda t: t.set_rng_state([1]))[:2]


def test_copies_of_generators():
    g = minitorch.Generator().manual_seed(5)
    minitorch.randn(3, generator=g)
    for twin in (copy.deepcopy(g), pickle.loads(pickle.dumps(g)), g.clone_state()):
        assert twin.device == minitorch.device("cpu")
        assert np.array_equal(twin.get_state().numpy(), g.get_state().numpy())


def test_a_new_seed():
    assert minitorch.seed() == minitorch.initial_seed()
    a = minitorch.rand(3).tolist()
    minitorch.seed()
    assert minitorch.rand(3).tolist() != a


RATES = [lambda t: t.tensor([0.0, 0.3, 3, 9.99, 10, 55, 1e4]), lambda t: t.arange(60.0).reshape(6, 10).t(),
         lambda t: t.rand(0, 3), lambda t: t.linspace(0, 30, 50).double()]


@pytest.mark.parametrize("rates", RATES)
def test_poisson(rates):
    def call(t):
        t.manual_seed(5)
        x = rates(t).requires_grad_()
        y = t.poisson(x)
        return y.detach(), type(y.grad_fn).__name__, *t.autograd.grad(y.sum(), x), t.rand(2)
    same(call)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binomial(dtype):
    def call(t):
        counts = t.arange(80, dtype=getattr(t, dtype))[:, None] * t.tensor([1, 5], dtype=getattr(t, dtype))
        p = t.linspace(-0.1, 1.1, 160, dtype=getattr(t, dtype)).reshape(80, 2)
        return t.binomial(counts, p, t.Generator().manual_seed(6)), t.binomial(counts[:3], p[0] / 0)
    same(call)


@pytest.mark.parametrize("call", [
    lambda t: t.poisson(t.tensor([1, 2])), lambda t: t.poisson(-t.ones(2)), lambda t: t.binomial(t.ones(2).double(),
    t.ones(2)), lambda t: t.binomial(t.ones(2).long(), t.ones(2)), lambda t: t.binomial(t.ones(2).half(), t.ones(2))])
def test_counts_refused(call):
    same(call)
