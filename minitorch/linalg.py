"""torch.linalg: matrices.  https://pytorch.org/docs/stable/linalg.html

A contents page: the functions stand in ops/solve.py, ops/decompose.py and ops/matrix.py.
"""

from .missing import say_what_is_missing as _say_what_is_missing
from .ops.combine import cross_along as cross
from .ops.decompose import (
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lstsq,
    matrix_rank,
    pinv,
    svdvals,
)
from .ops.decompose import (
    linalg_qr as qr,
)
from .ops.decompose import (
    linalg_svd as svd,
)
from .ops.ldl import ldl_factor, ldl_factor_ex, ldl_solve
from .ops.linalg import matmul
from .ops.matrix import (
    cond,
    householder_product,
    matrix_exp,
    matrix_norm,
    matrix_power,
    multi_dot,
    norm,
    tensorinv,
    tensorsolve,
    vander,
    vecdot,
    vector_norm,
)
from .ops.matrix import (
    linalg_diagonal as diagonal,
)
from .ops.out import STRUCTURED as _STRUCTURED
from .ops.out import with_out as _with_out
from .ops.solve import (
    LinAlgError,
    cholesky,
    cholesky_ex,
    det,
    inv,
    inv_ex,
    lu,
    lu_factor,
    lu_factor_ex,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
)
from .ops.solve import (
    lu_solve_factored as lu_solve,
)

__all__ = [name for name in dir() if not name.startswith("_")]
_WITH_OUT = {
    "": """
        cond cross eigvals householder_product ldl_solve lu_solve matrix_power matrix_rank multi_dot pinv tensorinv
        tensorsolve vector_norm""",
    _STRUCTURED: "cholesky det eigvalsh inv matmul matrix_norm norm solve solve_triangular svdvals vecdot",
}
for _exact, _names in _WITH_OUT.items():
    globals().update({_name: _with_out(globals()[_name], _exact) for _name in _names.split()})
__getattr__ = _say_what_is_missing(__name__)
