"""torch.special: special functions, under the names SciPy gave them.  https://pytorch.org/docs/stable/special.html

A contents page: the functions stand in ops/special.py, ops/logarithm.py, ops/normal.py, ops/gamma.py, ops/bessel.py and
ops/polynomial.py.
"""

from .missing import say_what_is_missing as _say_what_is_missing
from .ops.activation import sigmoid as expit
from .ops.bessel import (
    airy_ai,
    bessel_j0,
    bessel_j1,
    bessel_y0,
    bessel_y1,
    i0,
    i0e,
    i1,
    i1e,
    modified_bessel_i0,
    modified_bessel_i1,
    modified_bessel_k0,
    modified_bessel_k1,
    scaled_modified_bessel_k0,
    scaled_modified_bessel_k1,
    spherical_bessel_j0,
)
from .ops.gamma import (
    digamma,
    polygamma,
    zeta,
)
from .ops.gamma import (
    digamma as psi,
)
from .ops.gamma import (
    igamma as gammainc,
)
from .ops.gamma import (
    igammac as gammaincc,
)
from .ops.gamma import (
    lgamma as gammaln,
)
from .ops.gamma import (
    mvlgamma as multigammaln,
)
from .ops.logarithm import entr, logit, sinc, xlog1py, xlogy
from .ops.normal import erfcx, erfinv, log_ndtr, ndtr, ndtri
from .ops.out import with_out as _with_out
from .ops.polynomial import (
    chebyshev_polynomial_t,
    chebyshev_polynomial_u,
    chebyshev_polynomial_v,
    chebyshev_polynomial_w,
    hermite_polynomial_h,
    hermite_polynomial_he,
    laguerre_polynomial_l,
    legendre_polynomial_p,
    shifted_chebyshev_polynomial_t,
    shifted_chebyshev_polynomial_u,
    shifted_chebyshev_polynomial_v,
    shifted_chebyshev_polynomial_w,
)
from .ops.reduce import logsumexp
from .ops.softmax import log_softmax, softmax
from .ops.special import erf, erfc, exp2, expm1, log1p, round

__all__ = [name for name in dir() if not name.startswith("_")]
globals().update({_name: _with_out(globals()[_name], "") for _name in __all__ if "softmax" not in _name})
__getattr__ = _say_what_is_missing(__name__)
