"""torch's CPU random streams on x86-64, bit for bit, on NumPy arrays.

Defines `Generator`: one engine, one method per distribution, each named and fed as torch's filler is; then
`default_generator` and the functions that act on it. Nothing here knows of Tensor: arrays go in and out.

All randomness is one Mersenne Twister's sequence of 32-bit words w. An element takes one word or two:

    24 bits    u = (w mod 2^24) 2^-24                     float32 and float16 uniforms
    53 bits    u = ((2^32 w + w') mod 2^53) 2^-53         everything computed in double

and elements are filled in the order in which they lie in memory (`memory_axes`): for a contiguous tensor, that of
their indices. Where a method adds a product, torch's AVX2 and AVX-512 builds round once, and so does `_fma` here.

Follows, in torch/include/ATen: core/MT19937RNGEngine.h, core/DistributionsHelper.h, core/TransformationHelper.h,
native/cpu/DistributionTemplates.h (the loops), native/DistributionTemplates.h (the checks), native/cpu/avx_mathfun.h.
Read next: the operations that wrap these methods, in ops/create.py.
"""

from __future__ import annotations

import contextlib
import math
import os
import warnings

import numpy as np

FLOATS = ("float16", "float32", "float64")
NUMBERS = ("uint8", "int8", "int16", "int32", "int64", *FLOATS)
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
STRIP = 2**15  # long vectors are computed by strips of so many elements, which stay in the processor's cache

# What torch's sentences call a type: its ScalarType, its C++ type.
NAMES = {"bool": ("Bool", "bool"), "uint8": ("Byte", "unsigned char"), "int8": ("Char", "signed char"),
         "int16": ("Short", "short int"), "int32": ("Int", "int"), "int64": ("Long", "long int"),
         "uint16": ("UInt16", "short unsigned int"), "uint32": ("UInt32", "unsigned int"),
         "uint64": ("UInt64", "long unsigned int"), "float16": ("Half", "c10::Half"), "float32": ("Float", "float"),
         "float64": ("Double", "double"), "complex64": ("ComplexFloat", "c10::complex<float>"),
         "complex128": ("ComplexDouble", "c10::complex<double>")}

# A generator's state as torch saves it: the 5056 bytes of its C++ struct CPUGeneratorImplState.
STATE = np.dtype([("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8"), ("words", "<u8", 624),
                  ("normal_x", "<f8"), ("normal_y", "<f8"), ("normal_rho", "<f8"), ("has_normal", "<i4"),
                  ("pad", "<i4"), ("float_normal", "<f4"), ("has_float_normal", "?"), ("pad_end", "V3")])


class Generator:
    """A stream of random numbers: the Mersenne Twister MT19937, and the normal it has in hand.

    Box-Muller makes normals in pairs; where they are drawn one by one, the second of a pair waits for the next draw.
    https://pytorch.org/docs/stable/generated/torch.Generator.html
    """

    def __init__(self, device="cpu"):
        self.device = device
        self._engine = np.random.MT19937(0)
        self.manual_seed(67280421310721)

    # ---------------------------------------------------------------- seeds and states

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream that `seed` names, and return self. A negative seed counts back from 2^64."""
        _check(type(seed) is int, f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = seed % 2**64
        self._engine._legacy_seeding(self._seed % 2**32)  # init_genrand: torch's engine looks at 32 bits only
        self._normal = self._float_normal = None  # torch's kernels never use the latter, but its states hold it
        return self

    def seed(self) -> int:
        """Start the stream of a seed from the operating system, and return that seed."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little"))._seed

    def initial_seed(self) -> int:
        """The seed this stream started from."""
        return self._seed

    def get_state(self) -> np.ndarray:
        """The stream's place, as the 5056 bytes (uint8) that torch would save."""
        engine = self._engine.state["state"]
        words, position = engine["key"], engine["pos"]
        if position == 624 and words[0] == self._seed % 2**32:
            position = 0  # seeded, nothing drawn yet: torch counts from the front, NumPy from the end
        state = np.zeros((), STATE)
        state["seed"], state["words"], state["seeded"] = self._seed, words, 1
        state["left"], state["next"] = 625 - position if position else 1, position
        state["normal_y"], state["has_normal"] = self._normal or 0, self._normal is not None
        state["float_normal"], state["has_float_normal"] = self._float_normal or 0, self._float_normal is not None
        return np.frombuffer(state.tobytes(), np.uint8).copy()

    def set_state(self, state) -> None:
        """Continue from the place that `get_state`, here or in torch, returned (an array, or bytes)."""
        state = np.frombuffer(state, np.uint8) if isinstance(state, (bytes, bytearray)) else np.asarray(state)
        if state.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        _check(state.size == STATE.itemsize, f"Expected a CPUGeneratorImplState of size {STATE.itemsize} "
                                             f"but found the input RNG state size to be {state.size}")
        s = np.frombuffer(state.tobytes(), STATE)[0]
        _check(s["seeded"] and 0 < s["left"] <= 624 and s["next"] <= 624, "Invalid mt19937 state")
        position = 624 if s["left"] == 1 else int(s["next"])  # one left: the next draw makes 624 new words
        self._engine.state = {"bit_generator": "MT19937",
                              "state": {"key": s["words"].astype(np.uint32), "pos": position}}
        self._seed = int(s["seed"])
        self._normal = float(s["normal_y"]) if s["has_normal"] else None
        self._float_normal = float(s["float_normal"]) if s["has_float_normal"] else None

    def clone_state(self) -> Generator:
        """A new generator at the same place."""
        twin = type(self)(self.device)
        twin.set_state(self.get_state())
        return twin

    # ---------------------------------------------------------------- words and uniforms

    def _words64(self, n: int) -> np.ndarray:
        """n words of 64 bits, each of two draws, the first one high."""
        w = self._engine.random_raw(2 * n)
        return (w[0::2] << 32) | w[1::2]

    def _unit(self, n: int, dtype: np.dtype = F64) -> np.ndarray:
        """n numbers u of [0, 1): for float64 of 53 bits, else of 24, in float32."""
        if dtype == F64:
            return (self._words64(n) & (2**53 - 1)) * 2.0**-53
        bits = self._engine.random_raw(n).astype(np.uint32) & (2**24 - 1)
        return bits.view(np.int32).astype(np.float32) * np.float32(2**-24)  # signed: processors convert it faster

    def uniform(self, shape, dtype, low: float = 0.0, high: float = 1.0) -> np.ndarray:
        """`uniform_`, `rand`: numbers of [low, high).    x = u (high - low) + low

        Computed in float32 (float16 too) or float64, bounds included; what rounds up to `high` becomes `low`.
        """
        n, dtype = _target(shape, dtype)
        if dtype.kind == "c":  # real and imaginary parts, one after the other
            return self.uniform(2 * n, dtype.char.lower(), low, high).view(dtype).reshape(shape)
        _check_uniform(dtype, low, high)
        wide = _computed_in(dtype).type
        x = _cast(_fma(self._unit(n, wide), wide(high) - wide(low), wide(low)), dtype)
        x[x == _cast(wide(high), dtype)] = _cast(wide(low), dtype)
        return x.reshape(shape)

    # ---------------------------------------------------------------- normals

    def normal(self, shape, dtype, mean: float = 0.0, std: float = 1.0, contiguous: bool = True) -> np.ndarray:
        """`normal_`, `randn`: normal numbers.    x = z std + mean

        A contiguous tensor of 16 elements or more is filled in blocks (`_normal_blocks`), any other one by one
        (`_normal_pairs`): the two take different draws.
        """
        _check(std >= 0, f"normal expects std >= 0.0, but found std {std:g}")
        n, dtype = _target(shape, dtype)
        if dtype.kind == "c":  # half of the variance for each part
            parts = self.normal(2 * n, dtype.char.lower(), mean, std / math.sqrt(2), contiguous)
            return parts.view(dtype).reshape(shape)
        _dispatch("normal_kernel_cpu", n, dtype, FLOATS)
        if n >= 16 and contiguous:
            z = self._normal_blocks(n, dtype)
        else:
            z = self._normal_pairs(n)
        return _cast(_fma(z, z.dtype.type(std), z.dtype.type(mean)), dtype).reshape(shape)

    def _normal_pairs(self, n: int) -> np.ndarray:
        """Box-Muller one by one, in double:    r cos t, then r sin t,    r = sqrt(-2 ln(1 - u'))    t = 2 pi u"""
        waiting = [] if self._normal is None else [self._normal]
        u = self._unit(2 * ((n - len(waiting) + 1) // 2))
        r = np.sqrt(-2 * _exactly(math.log1p, -u[1::2]))
        t = 2 * np.pi * u[0::2]
        pairs = np.stack([r * np.cos(t), r * np.sin(t)], axis=1)
        z = np.concatenate([waiting, pairs.ravel()])
        self._normal = float(z[n]) if z.size > n else None
        return z[:n]

    def _normal_blocks(self, n: int, dtype: np.dtype) -> np.ndarray:
        """Box-Muller on blocks of 16; if 16 does not divide n, the last 16 elements are drawn once more at the end."""
        wide, whole = _computed_in(dtype), n - n % 16
        u = self._unit(whole if dtype == np.float16 else n, wide)  # float16 skips what is overwritten
        z = np.empty(n, wide)
        z[:whole] = _box_muller(u[:whole])
        if whole < n:
            z[-16:] = _box_muller(self._unit(16, wide))
        return z

    def log_normal(self, shape, dtype, mean: float = 1.0, std: float = 2.0) -> np.ndarray:
        """`log_normal_`: numbers whose logarithm is normal.    x = exp(z std + mean)"""
        _check(std > 0, f"log_normal_ expects std > 0.0, but found std={std:g}")
        n, dtype = _target(shape, dtype)
        _dispatch("log_normal_cpu", n, dtype, FLOATS)
        z = _fma(self._normal_pairs(n), float(std), float(mean))
        return _cast(_exactly(_exp, z), dtype).reshape(shape)

    # ---------------------------------------------------------------- other continuous distributions

    def exponential(self, shape, dtype, lambd: float = 1.0) -> np.ndarray:
        """`exponential_`: waiting times at rate lambd.    x = -1 / lambd * ln(1 - u)"""
        _check(lambd > 0, f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        n, dtype = _target(shape, dtype)
        _check(n == 0 or dtype.kind == "f", "Exponential distribution is a continuous probability distribution. "
                                            f"dtype must be a floating point but you specified {NAMES[dtype.name][0]}")
        return _cast(-1.0 / lambd * _function("log1p", dtype)(-self._unit(n)), dtype).reshape(shape)

    def cauchy(self, shape, dtype, median: float = 0.0, sigma: float = 1.0) -> np.ndarray:
        """`cauchy_`: the ratio of two normals, scaled and moved.    x = median + sigma tan(pi (u - 1/2))"""
        _check(sigma > 0, f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        n, dtype = _target(shape, dtype)
        _check(dtype.kind == "f", "Cauchy distribution is a continuous probability distribution. "
                                  f"dtype must be a floating point but you specified {NAMES[dtype.name][1]}")
        ratio = _function("tan", dtype)(np.pi * (self._unit(n) - 0.5))
        return _cast(_fma(ratio, float(sigma), float(median)), dtype).reshape(shape)

    # ---------------------------------------------------------------- integers

    def geometric(self, shape, dtype, p: float) -> np.ndarray:
        """`geometric_`: how many throws until the first success.    x = ceil(ln u / ln(1 - p))"""
        _check(0 < p < 1, f"geometric_ expects p to be in (0, 1), but got p={p:g}")
        n, dtype = _target(shape, dtype)
        _dispatch("geometric_cpu", n, dtype, NUMBERS)
        return _cast(np.ceil(np.log(self._unit(n)) / math.log1p(-p)), dtype).reshape(shape)

    def random_integers(self, shape, low: int | None = None, high: int | None = None, dtype=np.int64) -> np.ndarray:
        """`randint`, `random_`: integers of [low, high), in any type.    x = w mod (high - low) + low

        w has 64 bits when high - low >= 2^28, else 32. Without `high` (`random_(low, None)`) the largest value of
        `dtype` is included; without either (`random_()`) they are [0, largest], w as wide as the type. A float's
        largest is 2^digits, up to which it holds every integer.
        """
        n, dtype = _target(shape, dtype)
        if low is None:
            _dispatch("random_kernel_cpu", n, dtype, (*NUMBERS, "bool"))
            w = self._words64(n) if dtype.itemsize == 8 else self._engine.random_raw(n)
            return _cast(w % np.uint64(_largest(dtype) + 1), dtype).reshape(shape)
        if low == -(2**63) and high is None:
            _dispatch("random_full_64_bits_range_kernel_cpu", n, dtype, ("float32", "float64", *NUMBERS[:5]))
            _check(n == 0 or dtype.name in ("int64", "float32", "float64"),
                   "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
            return _cast(self._words64(n).view(np.int64), dtype).reshape(shape)
        low, high = _integer_bounds(low, high, dtype)
        w = self._words64(n) if high - low >= 2**28 else self._engine.random_raw(n)
        x = w % np.uint64(high - low) + np.uint64(low % 2**64)  # of 64 bits, wrapping, as torch's
        return _cast(x.view(np.int64), dtype).reshape(shape)

    def permutation(self, n: int, dtype=np.int64) -> np.ndarray:
        """`randperm`: 0 ... n - 1 in random order (Fisher and Yates).

        For i = 0 ... n - 2, what is in place i changes places with what is in place i + w mod (n - i). From 2^32 / 20
        elements on, the order grows instead: i comes to place w mod (i + 1), w of 64 bits, what was there to place i.
        """
        dtype = np.dtype(dtype)
        _check_permutation(n, dtype)
        if n >= (2**32 - 1) // 20:
            order = np.empty(n, dtype)
            for i, z in enumerate(self._words64(n) % np.arange(1, n + 1, dtype=np.uint64)):
                order[i], order[z] = order[z], i
            return order
        i = np.arange(max(n - 1, 0), dtype=np.uint64)
        partners = i + self._engine.random_raw(i.size) % (np.uint64(n) - i)
        order = list(range(n))
        for i, j in enumerate(partners.tolist()):
            order[i], order[j] = order[j], order[i]
        return np.array(order, dtype)

    # ---------------------------------------------------------------- coins and choices

    def bernoulli(self, p, shape=None, dtype=np.float32) -> np.ndarray:
        """`bernoulli_`, `bernoulli`, dropout's mask: 1 with probability p.    x = u < p

        A number p, and an array p of float64, are compared with 53 bits; an array of float32 or float16 with 24.
        """
        shape = p.shape if shape is None else shape
        n, dtype = _target(shape, dtype)
        if not isinstance(p, np.ndarray):
            _check(0 <= p <= 1, f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
            _dispatch("bernoulli_scalar_cpu_", n, dtype, (*NUMBERS, "bool"))
            below = (self._words64(n) & (2**53 - 1)) < math.ceil(p * 2.0**53)  # u < p: there is no need to make u
            return below.astype(dtype).reshape(shape)
        _dispatch("bernoulli_tensor_cpu_self_", n, dtype, (*NUMBERS, "bool"))
        _dispatch("bernoulli_tensor_cpu_p_", n, p.dtype, FLOATS)
        _check(((p >= 0) & (p <= 1)).all(), "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this "
               "error message be improved?  If so, please report an enhancement request to PyTorch.)")
        u = self._unit(n, p.dtype)
        return (u.reshape(shape) < p).astype(dtype)

    def multinomial(self, p: np.ndarray, num_samples: int, replacement: bool = False) -> np.ndarray:
        """`multinomial`: indices drawn with the weights p, of shape (categories) or (rows, categories).

        Without replacement, or one only:  the largest num_samples of p / q, q exponential. Of several equal ones the
        first comes first; in torch, as its sort leaves them. With:  the first index whose cumulated, normalised
        weight reaches u.
        """
        race = num_samples == 1 or not replacement
        _check_multinomial(p, num_samples, replacement, race)
        if p.size == 0:
            return np.empty((*p.shape[:-1], num_samples), np.int64)
        if not race:
            reach = np.cumsum(p, axis=-1, dtype=_computed_in(p.dtype))
            reach /= reach[..., -1:].copy()
            reach[..., -1] = 1
            rows = reach.reshape(-1, p.shape[-1]).astype(np.float64)
            u = self._unit(len(rows) * num_samples).reshape(-1, num_samples)
            found = [np.searchsorted(row, draws) for row, draws in zip(rows, u, strict=True)]
            return np.array(found).reshape(*p.shape[:-1], num_samples)
        q = np.empty_like(p)  # laid out in memory as p is, and filled in that order
        view = q.transpose(memory_axes(q))
        view[...] = self.exponential(view.shape, p.dtype)
        with np.errstate(divide="ignore", over="ignore"):
            score = p / q
        if num_samples == 1:
            return score.argmax(axis=-1, keepdims=True)
        return np.argsort(-score, axis=-1, kind="stable")[..., :num_samples]


def memory_axes(array: np.ndarray) -> tuple[int, ...]:
    """The order of axes in which torch fills `array`: the longest stride first, so that memory is walked in order.

    axes = memory_axes(x);  x.transpose(axes)[...] = generator.uniform(x.transpose(axes).shape, x.dtype)
    """
    return tuple(np.argsort([-abs(s) for s in array.strides], kind="stable").tolist())


# ---------------------------------------------------------------- arithmetic as torch's processor does it

def _target(shape, dtype) -> tuple[int, np.dtype]:
    """How many elements to draw, and the NumPy dtype to return."""
    return shape if isinstance(shape, int) else math.prod(shape), np.dtype(dtype)


def _computed_in(dtype: np.dtype) -> np.dtype:
    """float64 is computed in float64, all narrower floats in float32."""
    return F64 if dtype == F64 else F32


def _cast(x, dtype: np.dtype):
    """x as `dtype`; to float16 through float32, as in torch, where Half is made of float only."""
    with np.errstate(over="ignore"):
        return x.astype(np.float32).astype(dtype) if dtype == np.float16 else x.astype(dtype)


def _two_sum(a, b):
    """a + b = s + e exactly, s the rounded sum (Knuth)."""
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _odd_sum(a, b) -> np.ndarray:
    """a + b in double, rounded to odd: if inexact, to that neighbour whose last bit is 1. Rounding this once more, to
    fewer bits, is as good as rounding a + b: no tie was made or lost."""
    s, e = _two_sum(a, b)
    i = np.flatnonzero((e != 0) & (s.view(np.int64) & 1 == 0))
    s[i] = np.nextafter(s[i], np.copysign(np.inf, e[i]))
    return s


def _fma(a: np.ndarray, b, c) -> np.ndarray:
    """a * b + c rounded once, for a vector a and numbers b and c of its type, float32 or float64."""
    if b == 1 or c == 0:
        return a * b + c
    y = np.empty_like(a)
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(0, a.size, STRIP):
            y[i:i + STRIP] = _fma_strip(a[i:i + STRIP], b, c)
    return y


def _fma_strip(a: np.ndarray, b, c) -> np.ndarray:
    """S. Boldo and G. Melquiond, Emulation of a FMA and correctly rounded sums, 2008.

    The product of two float32 is exact in double. That of two doubles is p + e, by Dekker's halves of 26 bits, which
    serve up to 1e300 and down to 1e-290.
    """
    if a.dtype == F32:
        return _odd_sum(a.astype(np.float64) * b, np.float64(c)).astype(np.float32)
    split = 2.0**27 + 1
    a1, b1 = split * a - (split * a - a), split * b - (split * b - b)
    a2, b2 = a - a1, b - b1
    p = a * b
    e = ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2
    t, t_rest = _two_sum(c, e)
    s, s_rest = _two_sum(p, t)
    once = s + _odd_sum(t_rest, s_rest)
    return np.where(np.isfinite(once), once, p + c)


def _exactly(function, x: np.ndarray) -> np.ndarray:
    """The C library's `function` of doubles: NumPy's vectorised ones can differ from it in the last bit."""
    return np.fromiter(map(function, x.ravel().tolist()), np.float64, x.size).reshape(x.shape)


def _function(name: str, dtype: np.dtype):
    """`name` of doubles, exact in the last bit only if a result of `dtype` can show that bit."""
    return (lambda x: _exactly(getattr(math, name), x)) if dtype == F64 else getattr(np, name)


def _exp(x: float) -> float:
    return math.exp(x) if x <= 709.782712893384 else math.inf  # above, math.exp would raise


# ---------------------------------------------------------------- Box-Muller on blocks

def _box_muller(u: np.ndarray) -> np.ndarray:
    """Normals from uniforms, 16 from 16: a block's eight radii r and eight angles t make eight r cos t, eight r sin t.

    r = sqrt(-2 ln(1 - u))    t = 2 pi u'
    """
    z = np.empty_like(u)
    for i in range(0, u.size, STRIP):
        radii, angles = u[i:i + STRIP].reshape(-1, 2, 8).swapaxes(0, 1)
        r = np.sqrt(-2 * _log(1 - radii))
        sine, cosine = _sincos(u.dtype.type(2 * np.pi) * angles)
        z[i:i + STRIP].reshape(-1, 2, 8)[:] = np.stack([r * cosine, r * sine], axis=1)
    return z


# Cephes' polynomials for float32, the highest power first; ln 2 and pi / 4 as sums, whose first parts have few bits.
LOG = np.float32([7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
                  -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1])
COS = np.float32([2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])
SIN = np.float32([-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])
LN_2 = np.float32([0.693359375, -2.12194440e-4])
QUARTER_PI = np.float32([0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8])


def _fma32(a, b, c) -> np.ndarray:
    """a * b + c of float32, rounded to double and then to float32: for these polynomials as good as once."""
    return np.add(np.multiply(a, b, dtype=np.float64), c, dtype=np.float64).astype(np.float32)


def _horner(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    y = coefficients[0]
    for c in coefficients[1:]:
        y = _fma32(y, x, c)
    return y


def _log(x: np.ndarray) -> np.ndarray:
    """ln x for 0 < x <= 1.    x = 2^e (1 + m)    ln x = e ln 2 + m - m^2 / 2 + m^3 LOG(m)

    In float32 every rounding is that of `log256_ps` (avx_mathfun.h), compiled with multiply-adds.
    """
    if x.dtype == F64:
        return _exactly(math.log, x)
    m, e = np.frexp(x)
    low = m < np.float32(math.sqrt(0.5))
    m = np.where(low, m + m, m) - 1
    e = (e - low).astype(np.float32)
    z = m * m
    y = _fma32(_horner(LOG, m) * m, z, e * LN_2[1]) - z / 2
    return (m + y) + e * LN_2[0]


def _sincos(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sin x and cos x for x >= 0, from those of d, within pi / 4.    x = j pi / 4 + d, j even

    cos d = 1 - d^2 / 2 + d^4 COS(d^2)    sin d = d + d^3 SIN(d^2)
    In float32 every rounding is that of `sincos256_ps` (avx_mathfun.h), compiled with multiply-adds.
    """
    if x.dtype == F64:
        return np.sin(x), np.cos(x)
    j = ((x * np.float32(4 / np.pi)).astype(np.int32) + 1) & ~1
    turns = j.astype(np.float32)
    d = x - turns * QUARTER_PI[0] - turns * QUARTER_PI[1]
    d = _fma32(-turns, QUARTER_PI[2], d)
    z = d * d
    cosine = _fma32(_horner(COS, z) * z, z, z / -2) + 1
    sine = _fma32(_horner(SIN, z) * z, d, d)
    odd = (j & 2) != 0  # an odd number of right angles: sine and cosine change roles
    s, c = np.where(odd, cosine, sine), np.where(odd, sine, cosine)
    return np.where(j & 4, -s, s), np.where((j + 2) & 4, -c, c)


# ---------------------------------------------------------------- what torch refuses, in its words

def _check(holds, otherwise: str) -> None:
    if not holds:
        raise RuntimeError(otherwise)


def _dispatch(kernel: str, n: int, dtype: np.dtype, supported) -> None:
    if n and dtype.name not in supported:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{NAMES[dtype.name][0]}'")


def _check_uniform(dtype: np.dtype, low: float, high: float) -> None:
    _dispatch("check_uniform_bounds", 1, dtype, FLOATS)
    name, c_name = NAMES[dtype.name]
    most = float(np.finfo(dtype).max)
    _check(-most <= low <= most, f"from is out of bounds for {c_name}")
    _check(-most <= high <= most, f"to is out of bounds for {c_name}")
    _check(low <= high, f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    _check(high - low <= most, f"uniform_ expects to-from <= std::numeric_limits<{name}>::max(), but found "
                               f"to={high:g} and from={low:g} which result in to-from to exceed the limit")


def _largest(dtype: np.dtype) -> int:
    """The largest value of an integer type; of a float type 2^digits, up to which it holds every integer."""
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1)
    return 1 if dtype == np.bool_ else np.iinfo(dtype).max


def _integer_bounds(low: int, high: int | None, dtype: np.dtype) -> tuple[int, int]:
    """The range [low, high) that torch draws from when asked for this one."""
    _check(high is None or low < high, f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    last = _largest(dtype) if high is None else high - 1
    smallest, largest = (np.iinfo(dtype).min if dtype.kind == "i" else 0), min(_largest(dtype), 2**63 - 1)
    if dtype.kind == "f":
        smallest, largest = -float(np.finfo(dtype).max), float(np.finfo(dtype).max)
        low, last = _inward(low, 1, dtype), last if high is None else _inward(high, -1, dtype) - 1
        end = f"less than or equal to 'to_inc' casted to dtype, but got from={low} > to_inc={last}" if high is None \
            else f"less than 'to' casted to dtype, but got from={low} >= to={last + 1}"
        _check(low < last + (high is not None), "random_ expects 'from' casted to dtype to be " + end)
    for name, bound in (("from", low), ("to - 1", last)):
        _check(smallest <= bound <= largest, f"{name} is out of bounds for {NAMES[dtype.name][1]}")
        if dtype.kind == "f" and abs(bound) > _largest(dtype):
            digits = np.finfo(dtype).nmant + 1
            warnings.warn(f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                          f"{NAMES[dtype.name][1]} can support discrete uniform distribution only within this range. "
                          "This warning will become an error in version 1.7 release, please fix the code in advance",
                          stacklevel=3)
    return low, last + 1


def _inward(bound: int, step: int, dtype: np.dtype) -> int:
    """`bound`, or if rounding to the float `dtype` could pass it, the next value inside that `dtype` holds."""
    with np.errstate(over="ignore"):
        near = float(_cast(np.float64(bound + step), dtype))
    if math.isinf(near) or not (near < bound if step > 0 else near >= bound):
        return bound
    return int(near) + step * (1 << abs(bound + step).bit_length() - np.finfo(dtype).nmant - 1)


def _check_permutation(n: int, dtype: np.dtype) -> None:
    _check(n >= 0, f"Trying to create tensor with negative dimension {n}: [{n}]")
    if dtype.kind == "f":
        most = "2049" if dtype == np.float16 else f"2^{np.finfo(dtype).nmant + 1}+1"
        _check(n <= _largest(dtype) + 1, f"n cannot be greater than {most} for {NAMES[dtype.name][0]} type.")
    elif dtype.name in NUMBERS:
        _check(n <= _largest(dtype) + 1, f"value cannot be converted to type {dtype.name}_t without overflow")
    _dispatch("randperm", 1, dtype, NUMBERS)


def _check_multinomial(p: np.ndarray, num_samples: int, replacement: bool, race: bool) -> None:
    _check(0 < p.ndim <= 2, "prob_dist must be 1 or 2 dim")
    _check(p.dtype.kind == "f",
           f"multinomial only supports floating-point dtypes for input, got: {NAMES[p.dtype.name][0]}")
    _check(num_samples > 0, "cannot sample n_sample <= 0 samples")
    _check(replacement or num_samples <= p.shape[-1],
           "cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    _check(p.shape[-1] <= 2**24, "number of categories cannot exceed 2^24")
    rows, categories = math.prod(p.shape[:-1]), p.shape[-1]
    _check(not race or categories or not rows,
           "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity.")
    wrong = p[~((p >= 0) & (p < np.inf))]
    if wrong.size:
        entry = "= infinity or NaN" if wrong[0] == np.inf else "< 0"
        _check(not race, "probability tensor contains either `inf`, `nan` or element < 0")
        _check(race, f"invalid multinomial distribution (encountering probability entry {entry})")
    _check((p.sum(axis=-1) != 0).all(), "invalid multinomial distribution (sum of probabilities <= 0)")


# ---------------------------------------------------------------- the default generator

default_generator = Generator()
seed = default_generator.seed
initial_seed = default_generator.initial_seed
get_rng_state = default_generator.get_state
set_rng_state = default_generator.set_state
seed()


def manual_seed(seed: int) -> Generator:
    """Start the default stream that `seed` names, and return its generator."""
    return default_generator.manual_seed(int(seed))


@contextlib.contextmanager
def fork_rng(devices=None, enabled: bool = True, device_type=None):
    """Draw freely inside; afterwards the default stream continues from where it was before."""
    state = default_generator.get_state()
    try:
        yield
    finally:
        if enabled:
            default_generator.set_state(state)
