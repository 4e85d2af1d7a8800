"""erf and erfc against math's, in units in the last place."""

import math

import numpy as np
import pytest

import minitorch


def units(y, exact):
    """The largest distance of y from the exact values, in steps of y's type."""
    step = np.spacing(np.abs(exact).astype(y.dtype))
    return (np.abs(y.astype("longdouble") - exact) / step).max()


@pytest.mark.parametrize("name, dtype, most", (("erf", "float64", 2), ("erfc", "float64", 4), ("erf", "float32", 3),
                                               ("erfc", "float32", 1)))
def test_units_in_the_last_place(name, dtype, most):
    """Everywhere, at the seams of the approximations, and far out; math's own last unit included."""
    seams = [0.0, 1e-30, 1e-8, 0.25, 0.84375, 1.25, 1 / 0.35, 3.9, 4.0, 6.0, 9.0]
    x = np.concatenate([np.linspace(-9, 9, 20001), np.geomspace(1e-12, 1, 5001), seams, np.negative(seams)])
    x = np.concatenate([x, np.nextafter(x, 0)]).astype(dtype)
    exact = np.array([getattr(math, name)(v) for v in x.tolist()])
    assert units(getattr(minitorch, name)(minitorch.from_numpy(x)).numpy(), exact) <= most


def test_erf_of_many_is_erf_of_each():
    """Large arrays go block by block."""
    x = np.random.default_rng(0).normal(size=(3, 70_001)).astype("float32")
    whole = minitorch.erf(minitorch.from_numpy(x)).numpy()
    assert (whole[:, ::1000] == minitorch.erf(minitorch.from_numpy(x[:, ::1000])).numpy()).all()
