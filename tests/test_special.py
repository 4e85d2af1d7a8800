"""Special functions against SciPy in float64, over wide ranges: torch's own errors are larger than ours."""

import numpy as np
import pytest

import minitorch

scipy = pytest.importorskip("scipy.special")

WIDE, POSITIVE = np.linspace(-40, 40, 4001), np.concatenate([np.logspace(-8, 0, 400), np.linspace(1, 90, 2000)])
# name: (SciPy's, where, error allowed beside max(1, |y|))
OF_ONE = {
    "bessel_j0": (scipy.j0, WIDE, 1e-14), "bessel_j1": (scipy.j1, WIDE, 1e-14),
    "bessel_y0": (scipy.y0, POSITIVE, 1e-14), "bessel_y1": (scipy.y1, POSITIVE, 1e-14),
    "i0e": (scipy.i0e, WIDE, 1e-15), "i1e": (scipy.i1e, WIDE, 1e-15), "i0": (scipy.i0, WIDE, 1e-13),
    "i1": (scipy.i1, WIDE, 1e-13), "modified_bessel_k0": (scipy.k0, POSITIVE, 2e-15),
    "modified_bessel_k1": (scipy.k1, POSITIVE, 2e-15), "scaled_modified_bessel_k0": (scipy.k0e, POSITIVE, 5e-15),
    "scaled_modified_bessel_k1": (scipy.k1e, POSITIVE, 5e-15),
    "airy_ai": (lambda x: scipy.airy(x)[0], np.linspace(-40, 20, 4001), 5e-14),
    "gammaln": (scipy.gammaln, np.concatenate([POSITIVE, 10 ** POSITIVE[:800] * 50]), 2e-15),
    "digamma": (scipy.digamma, POSITIVE, 1e-14), "erfinv": (scipy.erfinv, np.linspace(-1, 1, 4001)[1:-1], 2e-15),
    "ndtri": (scipy.ndtri, np.concatenate([np.logspace(-300, -1, 500), np.linspace(0.1, 0.999, 500)]), 2e-15),
    "log_ndtr": (scipy.log_ndtr, WIDE, 2e-15), "erfcx": (scipy.erfcx, np.linspace(-5, 60, 4001), 5e-15),
    "ndtr": (scipy.ndtr, WIDE, 1e-15),
}


@pytest.mark.parametrize("name", OF_ONE)
def test_of_one_number(name):
    reference, x, allowed = OF_ONE[name]
    y, expected = getattr(minitorch.special, name)(minitorch.from_numpy(x)).numpy(), reference(x)
    error = np.abs(y - expected) / np.maximum(1, np.abs(expected))
    assert error.max() < allowed, f"{error.max():.1e} at {x[error.argmax()]}"


def test_falling_functions_keep_their_digits():
    """Relative error where the value is tiny."""
    x = np.linspace(1, 80, 1000)
    for name, reference in (("modified_bessel_k0", scipy.k0), ("modified_bessel_k1", scipy.k1)):
        np.testing.assert_allclose(getattr(minitorch.special, name)(minitorch.from_numpy(x)).numpy(), reference(x),
            1e-13)
    np.testing.assert_allclose(minitorch.special.airy_ai(minitorch.from_numpy(x[:200])).numpy(), scipy.airy(x[:200])[0],
                               1e-12)


@pytest.mark.parametrize("name", ("gammainc", "gammaincc"))
def test_incomplete_gamma(name):
    a, x = np.meshgrid(np.concatenate([np.logspace(-4, 0, 40), np.linspace(1, 300, 60)]),
                       np.concatenate([np.logspace(-6, 0, 40), np.linspace(1, 400, 60)]))
    y = getattr(minitorch.special, name)(minitorch.from_numpy(a), minitorch.from_numpy(x)).numpy()
    expected = getattr(scipy, name)(a, x)
    assert np.abs(y - expected).max() < 2e-13
    tall = (expected > 1e-200) & ((name == "gammainc") | (x > a + 1))  # elsewhere Q is 1 - P
    np.testing.assert_allclose(y[tall], expected[tall], 1e-11)


def test_zeta():
    s, q = np.meshgrid(np.linspace(1.05, 60, 100), np.linspace(0.05, 50, 100))
    np.testing.assert_allclose(minitorch.special.zeta(minitorch.from_numpy(s), minitorch.from_numpy(q)).numpy(),
                               scipy.zeta(s, q), 1e-13)
