"""Random tensors: torch's streams (random.py), in the shape, type and place of a tensor.

    rand randn randint randperm normal *_like          new tensors
    bernoulli multinomial                              drawn with the probabilities in a tensor
    uniform_ normal_ random_ bernoulli_ ...            fillers: methods that write into a tensor
    manual_seed Generator get_rng_state ...            the streams themselves

The numbers are drawn on the CPU on every device, then moved: one seed gives the same numbers everywhere.
Read next: random.py, for where they come from; dropout.py, for a use of them.
"""

from __future__ import annotations

import operator

import numpy as np

from .. import random as streams
from .. import rejection
from ..autograd.op import in_place, op
from ..device import CPU, device_of, move
from ..device import device as device_class
from ..dtype import CAPITAL, default
from ..tensor import Tensor, memory_format, method, preserve_format, wrap
from .create import blank_like, made, place, sizes

__all__: list[str] = [
    "Generator", "bernoulli", "binomial", "default_generator", "get_rng_state", "initial_seed", "manual_seed",
    "multinomial", "normal", "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "randperm", "seed", "set_rng_state"]


# ---------------------------------------------------------------- streams


class Generator(streams.Generator):
    """A stream of random numbers; its state is a tensor of bytes.

    https://pytorch.org/docs/stable/generated/torch.Generator.html
    """

    def __init__(self, device="cpu"):
        super().__init__(device_class(device))

    def get_state(self) -> Tensor:
        """The stream's place, as torch would save it: 5056 bytes."""
        return wrap(super().get_state())

    def set_state(self, new_state: Tensor) -> None:
        """Continue from the place that `get_state`, here or in torch, returned."""
        if not isinstance(new_state, Tensor):
            raise TypeError(f"expected a minitorch.ByteTensor, but got {type(new_state).__name__}")
        super().set_state(new_state.numpy(force=True))

    def __reduce__(self):
        return Generator, (self.device,), (self.initial_seed(), None, self.get_state())  # None: a GPU's offset

    def __setstate__(self, state: tuple) -> None:
        self.set_state(state[2])


default_generator = Generator.__new__(Generator)
default_generator.__dict__ = streams.default_generator.__dict__  # one stream, whichever module draws from it
default_generator.device = CPU
seed, initial_seed = default_generator.seed, default_generator.initial_seed
get_rng_state, set_rng_state = default_generator.get_state, default_generator.set_state


def manual_seed(seed: int) -> Generator:
    """Start the default stream that `seed` names, and return its generator."""
    return default_generator.manual_seed(int(seed))


def stream(generator: Generator | None) -> Generator:
    return default_generator if generator is None else generator


def in_memory_order(x, draw):
    """draw(shape) for an array of x's shape, such that the numbers lie in memory in the order they were drawn."""
    axes = streams.memory_axes(x)
    drawn = draw(tuple([x.shape[k] for k in axes]))
    return move(drawn.transpose(np.argsort(axes)), device_of(x))


# ---------------------------------------------------------------- fillers

# What was overwritten has no influence, and a random choice has no slope: the gradient is zero.
no_gradient = {"x": lambda g, x_shape: g.new_zeros(x_shape)}


@op(node="UniformBackward0")
def uniform(xp, x, /, low, high, generator):
    """Uniform numbers of [low, high).    gx = 0"""
    return in_memory_order(x, lambda shape: stream(generator).uniform(shape, x.dtype, low, high))


@op(node="NormalBackward0")
def gaussian(xp, x, /, mean=0.0, std=1.0, *, generator=None):
    """Normal numbers.    gx = 0"""
    whole = x.flags.c_contiguous
    return in_memory_order(x, lambda shape: stream(generator).normal(shape, x.dtype, mean, std, contiguous=whole))


@op(node="LogNormalBackward0")
def log_normal(xp, x, /, mean=1.0, std=2.0, *, generator=None):
    """Numbers whose logarithm is normal.    gx = 0"""
    return in_memory_order(x, lambda shape: stream(generator).log_normal(shape, x.dtype, mean, std))


@op(node="ExponentialBackward0")
def exponential(xp, x, /, lambd=1.0, *, generator=None):
    """Waiting times at rate lambd.    gx = 0"""
    return in_memory_order(x, lambda shape: stream(generator).exponential(shape, x.dtype, lambd))


@op(node="CauchyBackward0")
def cauchy(xp, x, /, median=0.0, sigma=1.0, *, generator=None):
    """Numbers of Cauchy's distribution.    gx = 0"""
    return in_memory_order(x, lambda shape: stream(generator).cauchy(shape, x.dtype, median, sigma))


@op(node="GeometricBackward0")
def geometric(xp, x, /, p, *, generator=None):
    """How many throws until the first success, of probability p.    gx = 0"""
    return in_memory_order(x, lambda shape: stream(generator).geometric(shape, x.dtype, p))


def integers(xp, x, /, low, high, generator):
    """Integers of [low, high).    gx = 0"""
    return in_memory_order(x, lambda shape: stream(generator).random_integers(shape, low, high, x.dtype))


random_from_to, random_to = op(integers, node="RandomBackward0"), op(integers, node="RandomBackward1")
random_any = op(integers, node="RandomBackward2")


@op(node="BernoulliBackward2")
def coins(xp, x, /, p, generator):
    """1 with probability p, else 0.    gx = 0"""
    return in_memory_order(x, lambda shape: stream(generator).bernoulli(p, shape, x.dtype))


@op(node="BernoulliBackward1")
def coins_of(xp, x, p, /, generator):
    """1 with the probability that a tensor p, of x's shape, gives, else 0.    gx = gp = 0"""
    p = move(p, CPU).transpose(streams.memory_axes(x))
    return in_memory_order(x, lambda shape: stream(generator).bernoulli(np.ascontiguousarray(p), shape, x.dtype))


for _op in (uniform, gaussian, log_normal, exponential, cauchy, geometric, random_from_to, random_to, random_any,
            coins):
    _op.backward(**no_gradient)
coins_of.backward(**no_gradient, p=lambda g, p_shape: g.new_zeros(p_shape))

fill_uniform, fill_coins, fill_coins_of = in_place(uniform), in_place(coins), in_place(coins_of)
fill_from_to, fill_to, fill_any = in_place(random_from_to), in_place(random_to), in_place(random_any)
in_place(gaussian, "normal_")
for _op in (log_normal, exponential, cauchy, geometric):
    in_place(_op)


@method
def uniform_(self: Tensor, *bounds: float, generator: Generator | None = None, **named: float) -> Tensor:
    """uniform_(from=0, to=1): fill with uniform numbers of [from, to)."""
    low, high = named_bounds("uniform_", bounds, named, (0.0, 1.0))
    return fill_uniform(self, low, high, generator)


@method
def random_(self: Tensor, *bounds: int | None, generator: Generator | None = None, **named: int) -> Tensor:
    """random_(to), random_(from, to): fill with integers of [from, to); random_(): of all that the type holds."""
    if not bounds and not named:
        return fill_any(self, None, None, generator)
    if len(bounds) == 1 and not named or set(named) == {"to"} and not bounds:
        return fill_to(self, 0, operator.index(bounds[0] if bounds else named["to"]), generator)
    low, high = named_bounds("random_", bounds, named, (0, None))
    return fill_from_to(self, operator.index(low), None if high is None else operator.index(high), generator)


def named_bounds(name: str, given: tuple, named: dict, defaults: tuple) -> tuple:
    """(from, to) given by position or by name: no parameter can be named `from`, a word of Python's."""
    unknown = set(named) - set(("from", "to")[len(given):])
    if unknown or len(given) > 2:
        raise TypeError(f"{name}() got an unexpected keyword argument '{next(iter(unknown), 2)}'")
    low, high = (*given, *defaults[len(given):])
    return named.get("from", low), named.get("to", high)


@method
def bernoulli_(self: Tensor, p: float | Tensor = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1, with probability p (a number, or a tensor that broadcasts), and 0."""
    if not isinstance(p, Tensor):
        return fill_coins(self, p, generator)
    return fill_coins_of(self, p.expand(self.array.shape), generator)


# ---------------------------------------------------------------- new tensors


def rand(*shape, size=None, generator: Generator | None = None, dtype=None, layout=None, device=None,
         pin_memory: bool = False, requires_grad: bool = False) -> Tensor:
    """Uniform numbers of [0, 1).  https://pytorch.org/docs/stable/generated/torch.rand.html"""
    _, where, dtype = place("rand", device, dtype, layout)
    drawn = stream(generator).uniform(sizes(shape, size, "rand"), default() if dtype is None else dtype)
    return made(move(drawn, where), requires_grad)


def randn(*shape, size=None, generator: Generator | None = None, dtype=None, layout=None, device=None,
          pin_memory: bool = False, requires_grad: bool = False) -> Tensor:
    """Normal numbers of mean 0 and variance 1.  https://pytorch.org/docs/stable/generated/torch.randn.html"""
    _, where, dtype = place("randn", device, dtype, layout)
    drawn = stream(generator).normal(sizes(shape, size, "randn"), default() if dtype is None else dtype)
    return made(move(drawn, where), requires_grad)


def randint(*args, low: int | None = None, high: int | None = None, size=None, generator: Generator | None = None,
            dtype=None, layout=None, device=None, pin_memory: bool = False,
            requires_grad: bool = False) -> Tensor:
    """randint(high, size), randint(low, high, size): integers of [low, high); low is 0 where it is not given.

    https://pytorch.org/docs/stable/generated/torch.randint.html
    """
    _, where, dtype = place("randint", device, dtype, layout)
    args = list(args)
    if size is None:
        if not args or not isinstance(args[-1], (tuple, list)):
            raise TypeError("randint(): argument 'size' must be tuple of ints")
        size = args.pop()
    bounds = [b for b in (low, *args, high) if b is not None]
    low, high = (0, *bounds) if len(bounds) == 1 else bounds
    dtype = np.dtype(np.int64) if dtype is None else dtype
    drawn = stream(generator).random_integers(sizes((), size), operator.index(low), operator.index(high), dtype)
    return made(move(drawn, where), requires_grad)


def randperm(n: int, *, generator: Generator | None = None, dtype=None, layout=None, device=None,
             pin_memory: bool = False, requires_grad: bool = False) -> Tensor:
    """The integers 0 ... n - 1 in random order.  https://pytorch.org/docs/stable/generated/torch.randperm.html"""
    _, where, dtype = place("randperm", device, dtype, layout)
    drawn = stream(generator).permutation(operator.index(n), np.dtype(np.int64) if dtype is None else dtype)
    return made(move(drawn, where), requires_grad)


def rand_like(input: Tensor, *, generator: Generator | None = None, dtype=None, layout=None, device=None,
              pin_memory: bool = False, requires_grad: bool = False,
              memory_format: memory_format = preserve_format) -> Tensor:
    """Uniform numbers of [0, 1) in input's shape, type and place."""
    x = blank_like("rand_like", input, dtype, layout, device, memory_format)
    return made(uniform.op.body(np, x, 0.0, 1.0, generator), requires_grad)


def randn_like(input: Tensor, *, generator: Generator | None = None, dtype=None, layout=None, device=None,
               pin_memory: bool = False, requires_grad: bool = False,
               memory_format: memory_format = preserve_format) -> Tensor:
    """Normal numbers of mean 0 and variance 1 in input's shape, type and place."""
    x = blank_like("randn_like", input, dtype, layout, device, memory_format)
    return made(gaussian.op.body(np, x, 0.0, 1.0, generator), requires_grad)


def randint_like(input: Tensor, *bounds: int, low: int = 0, high: int | None = None,
                 generator: Generator | None = None, dtype=None, layout=None, device=None, pin_memory: bool = False,
                 requires_grad: bool = False, memory_format: memory_format = preserve_format) -> Tensor:
    """randint_like(input, high), randint_like(input, low, high): integers of [low, high), in input's type."""
    x = blank_like("randint_like", input, dtype, layout, device, memory_format)
    low, high = (low, *bounds, high)[:2] if len(bounds) < 2 else bounds
    return made(integers(np, x, operator.index(low), operator.index(high), generator), requires_grad)


# ---------------------------------------------------------------- drawn with what a tensor says


def scaled_normal(mean, std, like, generator):
    """y = z std + mean    z normal; in the type and on the device of `like`"""
    if isinstance(std, np.ndarray):
        if not (std >= 0).all():
            raise RuntimeError("normal expects all elements of std >= 0.0")
    elif std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std))
    z = move(stream(generator).normal(shape, like.dtype), device_of(like))
    return (z * std).astype(like.dtype) + (mean if isinstance(mean, float) else mean.astype(like.dtype))


@op(node="NormalBackward1")
def normal_tensor_float(xp, x, /, std, generator):
    """y = z std + x    gx = 0"""
    return scaled_normal(x, std, x, generator)


@op(node="NormalBackward2")
def normal_float_tensor(xp, x, /, mean, generator):
    """y = z x + mean    gx = 0"""
    return scaled_normal(mean, x, x, generator)


@op(promotes="first", node="NormalBackward3")
def normal_tensor_tensor(xp, x, std, /, generator):
    """y = z std + x    gx = gstd = 0"""
    return scaled_normal(x, std, x, generator)


def normal(mean: float | Tensor = 0.0, std: float | Tensor = 1.0, size=None, *, generator: Generator | None = None,
           dtype=None, layout=None, device=None, pin_memory: bool = False,
           requires_grad: bool = False) -> Tensor:
    """Normal numbers; mean, std or both may be tensors, whose elements have each their own. Two numbers need a size.

    https://pytorch.org/docs/stable/generated/torch.normal.html
    """
    _, where, dtype = place("normal", device, dtype, layout)
    if size is not None and not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        drawn = stream(generator).normal(sizes((), size), default() if dtype is None else dtype, mean, std)
        return made(move(drawn, where), requires_grad)
    if size is not None or not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        raise TypeError("normal(): takes a size where mean and std are numbers, and none where one is a tensor")
    if not isinstance(std, Tensor):
        return normal_tensor_float(mean, std, generator)
    if not isinstance(mean, Tensor):
        return normal_float_tensor(std, float(mean), generator)
    return normal_tensor_tensor(mean, std, generator)


@op(node="BernoulliBackward0")
def bernoulli_of(xp, x, /, generator):
    """1 with the probability that x gives, else 0.    gx = 0"""
    return move(stream(generator).bernoulli(np.ascontiguousarray(move(x, CPU)), dtype=x.dtype), device_of(x))


def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that `input` gives, or p if that is given, and 0 else; in input's type.

    https://pytorch.org/docs/stable/generated/torch.bernoulli.html
    """
    if isinstance(p, Tensor):
        raise TypeError("bernoulli(): argument 'p' (position 2) must be float, not Tensor")
    if p is None:
        return bernoulli_of(input, generator)
    drawn = stream(generator).bernoulli(p, input.array.shape, input.array.dtype)
    return made(move(drawn, device_of(input.array)))


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *,
                generator: Generator | None = None) -> Tensor:
    """Indices drawn with the weights in each row of `input`, (categories) or (rows, categories).

    https://pytorch.org/docs/stable/generated/torch.multinomial.html
    """
    drawn = stream(generator).multinomial(move(input.array, CPU), num_samples, replacement)
    return made(move(np.ascontiguousarray(drawn), device_of(input.array)))


@op(node="PoissonBackward0")
def poisson_of(xp, x, /, generator):
    """How many of the rate x.    gx = 0"""
    if x.dtype.kind != "f":
        raise NotImplementedError(f"\"poisson_cpu\" not implemented for '{CAPITAL[x.dtype.name]}'")
    return move(rejection.poisson(stream(generator), np.ascontiguousarray(move(x, CPU))), device_of(x))


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Poisson numbers of the rates in `input`, in its type.

    https://pytorch.org/docs/stable/generated/torch.poisson.html
    """
    return poisson_of(input, generator)


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of `count` throws succeed, each with probability `prob`; in count's type.

    https://github.com/pytorch/pytorch/blob/main/aten/src/ATen/native/Distributions.cpp
    """
    n, p = np.broadcast_arrays(*[move(t.array, CPU) for t in (count, prob)])
    if n.dtype.kind != "f":
        raise ValueError(f"binomial only supports floating-point dtypes for count, got: {CAPITAL[n.dtype.name]}")
    if p.dtype != n.dtype:
        raise RuntimeError(f"Found dtype {CAPITAL[p.dtype.name]} but expected {CAPITAL[n.dtype.name]}")
    if n.dtype == np.float16:
        raise NotImplementedError("\"binomial_cpu\" not implemented for 'Half'")
    return made(move(rejection.binomial(stream(generator), n, p), device_of(count.array)))


for _op in (normal_tensor_float, normal_float_tensor, bernoulli_of, poisson_of):
    _op.backward(**no_gradient)
normal_tensor_tensor.backward(**no_gradient, std=lambda g, std_shape: g.new_zeros(std_shape))
Tensor.bernoulli, Tensor.multinomial = bernoulli, multinomial
