"""Poisson and binomial numbers: torch's CPU streams, bit for bit, by rejection.

How many uniform numbers one result takes is not known before it is done, so they are drawn one at a time.
Read next: random.py, for the stream and everything else drawn from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .random import Generator


def drawn_one_by_one(generator: Generator) -> Callable[[], float]:
    """A function that draws the stream's next uniform number, of 53 bits."""
    raw = generator._engine.random_raw
    return lambda: ((int(raw()) << 32 | int(raw())) & (2**53 - 1)) * 2.0**-53


def poisson(generator: Generator, rates: np.ndarray) -> np.ndarray:
    """One Poisson number for each rate, in the rates' type."""
    if rates.size and not (rates >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    u = drawn_one_by_one(generator)
    drawn = [poisson_number(rate, u) for rate in rates.reshape(-1).tolist()]
    return np.array(drawn, rates.dtype).reshape(rates.shape)


def poisson_number(rate: float, u: Callable[[], float]) -> int:
    """Below 10: how many uniform numbers can be multiplied before the product falls to exp(-rate). From 10 on: PTRS.

    W. Hormann, The transformed rejection method for generating Poisson random variables, 1993.
    """
    if rate == 0:
        return 0
    if rate < 10:
        least, product, k = math.exp(-rate), u(), 0
        while product > least:
            k += 1
            product *= u()
        return k
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha, v_r = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2)
    while True:
        x, v = u() - 0.5, u()
        s = 0.5 - abs(x)
        k = math.floor((2 * a / s + b) * x + rate + 0.43)
        if s >= 0.07 and v <= v_r:
            return k
        if k < 0 or (s < 0.013 and v > s):
            continue
        if math.log(v) + math.log(inverse_alpha) - math.log(a / (s * s) + b) <= (
                -rate + k * log_rate - math.lgamma(k + 1)):
            return k


def binomial(generator: Generator, counts: np.ndarray, p: np.ndarray) -> np.ndarray:
    """How many of each count of throws succeed, each with its probability p, in the counts' type."""
    u = drawn_one_by_one(generator)
    drawn = [binomial_number(n, q, u) for n, q in zip(counts.reshape(-1), p.reshape(-1))]
    return np.array(drawn, counts.dtype).reshape(counts.shape)


def binomial_number(count, p, u: Callable[[], float]) -> float:
    """count and p of one float type. Of p and 1 - p the smaller is drawn with."""
    if count <= 0 or p <= 0:
        return 0
    if p >= 1:
        return count
    if not 0 < p < 1:
        return math.nan
    if p > 0.5:
        return count - binomial_number(count, type(p)(1) - p, u)
    return successes_btrs(count, p, u) if count * p >= 10 else successes_counted(count, p, u)


def successes_counted(count: float, p: float, u: Callable[[], float]) -> int:
    """Few successes are expected: add up the throws until each next one."""
    log_failure = math.log1p(-float(p))
    throws, successes = 0.0, 0
    while True:
        x = u()
        throws += math.ceil(math.log(x) / log_failure) if x > 0 else math.inf
        if throws > count:
            return successes
        successes += 1


def successes_btrs(count, p, u: Callable[[], float]) -> float:
    """W. Hormann, The generation of binomial random variates, 1993, algorithm BTRS."""
    n, q = float(count), float(p)
    spread = math.sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * spread
    a, c = -0.0873 + 0.0248 * b + 0.01 * q, float(count * p) + 0.5
    v_r, odds = 0.92 - 4.2 / b, float(p / (1 - p))
    alpha, mode = (2.83 + 5.1 / b) * spread, math.floor((count + 1) * p)
    while True:
        x, v = u() - 0.5, u()
        s = 0.5 - abs(x)
        k = math.floor((2 * a / s + b) * x + c)
        if s >= 0.07 and v <= v_r:
            return k
        if k < 0 or k > n:
            continue
        log_v = math.log(v * alpha / (a / (s * s) + b))
        bound = ((mode + 0.5) * math.log((mode + 1) / (odds * (n - mode + 1)))
                 + (n + 1) * math.log((n - mode + 1) / (n - k + 1))
                 + (k + 0.5) * math.log(odds * (n - k + 1) / (k + 1))
                 + stirling_tail(mode) + stirling_tail(n - mode) - stirling_tail(k) - stirling_tail(n - k))
        if log_v <= bound:
            return k


def stirling_tail(k: float) -> float:
    """ln k! less its Stirling approximation:    1 / (12 (k+1)) - 1 / (360 (k+1)^3) + 1 / (1260 (k+1)^5)"""
    if k <= 9:
        return math.lgamma(k + 1) - ((k + 0.5) * math.log(k + 1) - (k + 1) + 0.5 * math.log(2 * math.pi))
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)
