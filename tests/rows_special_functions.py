"""Rows of ops/logarithm.py, normal.py, gamma.py, bessel.py, polynomial.py; test_special.py compares with SciPy."""

import numpy as np
from rows_floating import apart, edges
from samples import row

FLOATS = ("float32", "float64")
NUMBERS = (*FLOATS, "int64", "bool")
LOOSE = {"int64": 1e-5, "bool": 1e-5}  # an integer gives a float32


def positive(low=0.05, high=4.0):
    return lambda d: ((d.array(d.shape(), low, high),), {})


def two(low, high, low2, high2):
    def draw(d):
        shape = d.shape()
        return (d.array(shape, low, high), d.array(d.broadcast(shape), low2, high2)), {}

    return draw


def of_range(low, high):
    return lambda d: ((d.array(d.shape(), low, high),), {})


def integers(t, name):
    return getattr(t, name)(t.ones(2, dtype=t.int64), t.ones(2, dtype=t.int64))


# ---------------------------------------------------------------- logarithm.py

for _name, _node in (("xlogy", "XlogyBackward"), ("special.xlog1py", "SpecialXlog1PyBackward")):
    _plain = _name == "xlogy"
    row(_name, two(-2, 2, 0.2, 3), dtypes=NUMBERS, node=_node + "0", method=_plain, in_place=_plain, rtol=LOOSE)
    row(_name, lambda d: ((d.choice(0, 2, 1.5), d.array(d.shape(), 0.2, 3)), {}), node=_node + "1", id="of a number")
    row(_name, lambda d: ((d.array(d.shape()), d.choice(2, 1.5)), {}), node=_node + "2", method=_plain, in_place=_plain,
        id="number")
    row(_name, lambda d: ((np.array([0, 0, 0, 0, 0, 1, -1, np.nan], d.dtype),
                           np.array([0, -1, np.nan, np.inf, 2, 0, -1, 3], d.dtype)), {}), second=False, id="edges",
        node=_node + "0")
row("special.entr", positive(), dtypes=NUMBERS, node="SpecialEntrBackward0", rtol=LOOSE)
row("special.entr", edges(), grad=(), id="edges")
for _name in ("logaddexp", "logaddexp2"):
    row(_name, apart, dtypes=FLOATS, node=_name.capitalize() + "Backward0", method=True,
        errors=(lambda t, name=_name: integers(t, name),))
    row(_name, lambda d: (edges()(d)[0] + (d.array(),), {}), grad=(), id="edges")
row("logit", of_range(0.05, 0.95), dtypes=FLOATS, node="LogitBackward0", method=True, in_place=True)
row("logit", lambda d: ((d.array(d.shape(), -0.5, 1.5), d.choice(None, 0.1, 1e-3)), {}), node="LogitBackward0",
    second=False, method=True, in_place=True, id="eps")
row("sinc", edges(), id="edges", dtypes=NUMBERS, node="SincBackward0", method=True, in_place=True, second=False,
    rtol=LOOSE)
row("sinc", lambda d: ((d.away_from((0,), d.shape()),), {}), node="SincBackward0", id="smooth", rtol={"float32": 1e-4},
    atol={"float32": 1e-4})

# ---------------------------------------------------------------- normal.py

row("erfinv", of_range(-0.95, 0.95), dtypes=FLOATS, node="ErfinvBackward0", method=True, in_place=True,
    rtol={"float32": 3e-5})
row("erfinv", edges(1.0, -1.0, 2.0), grad=(), dtypes=FLOATS, id="edges")
row("special.ndtr", of_range(-4, 4), node="MulBackward1", rtol={"float32": 2e-5}, id="smooth")
row("special.ndtr", edges(-9.0, 9.0), id="edges", dtypes=NUMBERS, node="MulBackward1", rtol={**LOOSE, "float32": 2e-5})
row("special.ndtri", of_range(0.01, 0.99), dtypes=FLOATS, node="SpecialNdtriBackward0", rtol={"float32": 3e-5})
row("special.ndtri", edges(1.0, 0.3, 2.0), grad=(), id="edges")
row("special.log_ndtr", edges(-30.0, 9.0), dtypes=NUMBERS, grad=(),
    rtol={**LOOSE, "float32": 2e-5})
row("special.log_ndtr", of_range(-5, 5), node="SpecialLogNdtrBackward0", id="smooth", rtol={"float32": 2e-5})
row("special.erfcx", edges(-4.0, 40.0), id="edges", dtypes=NUMBERS, node="SpecialErfcxBackward0", second=False,
    rtol={**LOOSE, "float32": 2e-5})
row("special.erfcx", of_range(-2, 9), node="SpecialErfcxBackward0", id="smooth", rtol={"float32": 1e-4},
    atol={"float32": 1e-4})

# ---------------------------------------------------------------- gamma.py

GAMMA = {"rtol": {**LOOSE, "float32": 3e-5}, "atol": {"float32": 3e-5}}
row("lgamma", edges(-1.0, -0.3, 40.0), id="edges", dtypes=NUMBERS, node="LgammaBackward0", method=True,
    in_place=True, **GAMMA,
    second=False)
row("lgamma", positive(), node="LgammaBackward0", **GAMMA, id="smooth")
row("digamma", edges(-1.0, -0.3, 40.0), dtypes=NUMBERS, grad=(), id="edges",
    rtol={**LOOSE, "float32": 2e-4}, atol={"float32": 2e-4})
row("digamma", positive(0.2), method=True, in_place=True, node="DigammaBackward0", rtol={"float32": 2e-4},
    atol={"float32": 2e-4}, id="smooth")
row("polygamma", lambda d: ((d.integer(0, 3), d.array(d.shape(), 0.3, 4)), {}), dtypes=NUMBERS[:3],
    node="PolygammaBackward0", rtol={**LOOSE, "float32": 2e-4}, atol={"float32": 2e-4},
    errors=(lambda t: t.polygamma(-1, t.ones(2)),))
row("mvlgamma", lambda d: ((d.array(d.shape(), 2.1, 5), d.integer(1, 4)), {}), dtypes=FLOATS, node="MvlgammaBackward0",
    method=True, in_place=True, rtol={"float32": 3e-4}, atol={"float32": 3e-4},
    errors=(lambda t: t.mvlgamma(t.ones(2), 0),))
row("special.zeta", two(1.5, 5, 0.3, 4), dtypes=FLOATS, grad=(1,), node="SpecialZetaBackward0", rtol={"float32": 5e-5},
    atol={"float32": 5e-5}, errors=(
        lambda t: t.special.zeta(t.ones(2, requires_grad=True) + 1, t.ones(2)).sum().backward(),))
row("special.zeta", lambda d: ((np.array([1, 0.5, 2, 2, 2.5, np.nan, 3, 2], d.dtype),
                                np.array([2, 2, -1, -1.5, -1.5, 1, np.nan, 0], d.dtype)), {}), grad=(), id="edges")
row("special.zeta", lambda d: ((d.choice(2, 3.5), d.array(d.shape(), 0.3, 4)), {}), node="SpecialZetaBackward1",
    rtol={"float32": 5e-5}, atol={"float32": 5e-5}, id="of a number")
row("special.zeta", lambda d: ((d.array(d.shape(), 1.5, 4), d.choice(2, 3.5)), {}), grad=(), id="number",
    rtol={"float32": 5e-5})
for _name in ("igamma", "igammac"):
    row(_name, two(0.2, 30, 0.2, 30), dtypes=FLOATS, grad=(1,), node=_name.capitalize() + "Backward0", method=True,
        in_place=True, rtol={"float32": 2e-4}, atol={"float32": 2e-5}, errors=(
            lambda t, name=_name: integers(t, name),
            lambda t, name=_name: getattr(t, name)(t.ones(2, requires_grad=True), t.ones(2)).sum().backward()))
    row(_name, lambda d: ((np.array([0, 0, 1, -1, 1, np.inf, 2, np.inf, np.nan], d.dtype),
                           np.array([0, 1, 0, 1, -1, 2, np.inf, np.inf, 1], d.dtype)), {}), grad=(), id="edges")

# ---------------------------------------------------------------- bessel.py

row("i0", of_range(-9, 9), node="I0Backward0", rtol={"float32": 3e-5}, id="smooth")
row("i0", edges(9.0, 40.0), id="edges", second=False, dtypes=NUMBERS, node="I0Backward0", method=True, in_place=True,
    rtol={**LOOSE, "float32": 3e-5})
for _name, _node in (("i1", "SpecialI1Backward0"), ("i0e", "SpecialI0EBackward0"), ("i1e", "SpecialI1EBackward0")):
    row("special." + _name, of_range(-9, 9), dtypes=NUMBERS, node=_node, rtol={**LOOSE, "float32": 2e-4},
        atol={"float32": 2e-5})
    row("special." + _name, edges(30.0), grad=(), id="edges", rtol={"float32": 2e-5})
# torch's own error about x = 5 (J, Y) and x = -2 (Airy) is up to 3e-6; test_special.py holds ours to 1e-13 of SciPy
NEAR_TORCH = {"float32": 1e-5, "float64": 5e-6, "int64": 1e-5, "bool": 1e-5}
for _name in ("modified_bessel_i0", "modified_bessel_i1", "modified_bessel_k0", "modified_bessel_k1",
              "scaled_modified_bessel_k0", "scaled_modified_bessel_k1", "bessel_j0", "bessel_j1", "bessel_y0",
              "bessel_y1",
              "spherical_bessel_j0", "airy_ai"):
    row("special." + _name, edges(0.5, 5.5, 12.0, 30.0), dtypes=NUMBERS, grad=(), rtol={**LOOSE, "float32": 1e-4},
        atol=NEAR_TORCH)
    row("special." + _name, of_range(0.01, 25), dtypes=FLOATS, grad=(), rtol={"float32": 1e-4}, atol=NEAR_TORCH,
        id="wide")

# ---------------------------------------------------------------- polynomial.py

for _name in ("chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w",
              "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
              "shifted_chebyshev_polynomial_w", "hermite_polynomial_h", "hermite_polynomial_he",
              "laguerre_polynomial_l",
              "legendre_polynomial_p"):
    row("special." + _name, lambda d: ((d.array(s := d.shape(), -1.5, 1.5), d.array(s, -1, 9, dtype="int64")), {}),
        dtypes=(*FLOATS, "int64"), grad=(), rtol={"float32": 1e-3, "int64": 1e-3},
            atol={"float32": 1e-3, "int64": 1e-3, "float64": 1e-8})
    row("special." + _name, lambda d: ((d.array(d.shape(), -1.5, 1.5), d.choice(3, 0, 1, 2.7)), {}), grad=(),
        id="number",
        rtol={"float32": 1e-4}, atol={"float32": 1e-4})
    row("special." + _name, lambda d: ((d.choice(0.5, 2), d.array(d.shape(), 0, 5, dtype="int64").astype(d.dtype)), {}),
        grad=(), id="of a number", rtol={"float32": 1e-4}, atol={"float32": 1e-4})
