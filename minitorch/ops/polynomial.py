"""Orthogonal polynomials p_n(x), by their three-term recurrences:  p_(k+1) = (a_k x + b_k) p_k - c_k p_(k-1).

n may be a tensor; it is cut off to a whole number, and below 0 the polynomial is 0. torch gives them no derivative.
https://dlmf.nist.gov/18.9
"""

from __future__ import annotations

from ..autograd.op import op
from .elementwise import refuse

__all__: list[str] = []


def evaluate(xp, x, n, first, following):
    """p_n(x) for every element: first(x) is p_1, following(k, x, p_k, p_(k-1)) is p_(k+1)."""
    x, n = xp.broadcast_arrays(x, n)
    n = xp.trunc(n)
    before, p = xp.ones_like(x), first(x)
    y = xp.where(n == 0, before, xp.where(n == 1, p, xp.zeros((), x.dtype)))
    for k in range(1, int(n.max()) if n.size else 0):
        before, p = p, following(k, x, p, before)
        y = xp.where(n == k + 1, p, y)
    return y


def family(name: str, title: str, first, following, shifted: bool = False):
    """The operation of one family, by its first polynomial and its recurrence."""
    def body(xp, x, n, /):
        both = [xp.asarray(v) for v in (x, n)]
        for a in both:
            refuse(a, "e", name + "_cpu")
        dtype = both[0].dtype if hasattr(x, "dtype") else both[1].dtype
        x, n = [a.astype(dtype) for a in both]
        return evaluate(xp, 2 * x - 1 if shifted else x, n, first, following)

    body.__name__ = name
    body.__doc__ = f"{title}{' of 2 x - 1' if shifted else ''}, p_n(x)."
    return op(body, promotes="float")


def chebyshev(k, x, p, before):
    return 2 * x * p - before


CHEBYSHEV = {"t": ("first", lambda x: x), "u": ("second", lambda x: 2 * x), "v": ("third", lambda x: 2 * x - 1),
             "w": ("fourth", lambda x: 2 * x + 1)}
for _letter, (_kind, _first) in CHEBYSHEV.items():
    for _prefix in ("", "shifted_"):
        _name = f"{_prefix}chebyshev_polynomial_{_letter}"
        globals()[_name] = family(_name, f"Chebyshev's polynomial of the {_kind} kind", _first, chebyshev,
            bool(_prefix))

hermite_polynomial_h = family("hermite_polynomial_h", "Hermite's polynomial, as physicists write it",
                              lambda x: 2 * x, lambda k, x, p, before: 2 * x * p - 2 * k * before)
hermite_polynomial_he = family("hermite_polynomial_he", "Hermite's polynomial, as probability theory writes it",
                               lambda x: x, lambda k, x, p, before: x * p - k * before)
laguerre_polynomial_l = family("laguerre_polynomial_l", "Laguerre's polynomial", lambda x: 1 - x,
                               lambda k, x, p, before: ((2 * k + 1 - x) * p - k * before) / (k + 1))
legendre_polynomial_p = family("legendre_polynomial_p", "Legendre's polynomial", lambda x: x,
                               lambda k, x, p, before: ((2 * k + 1) * x * p - k * before) / (k + 1))
