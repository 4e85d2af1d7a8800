"""Systems of equations: inv, det, solve, LU and triangular factors, Cholesky's.

The arrays go to LAPACK through numpy.linalg (cuSOLVER through CuPy); LU and substitution, which NumPy lacks, are loops
over columns, each over the whole batch at once. The gradients are in Giles 2008, An extended collection of matrix
derivative results for forward and reverse mode algorithmic differentiation.
Read next: decompose.py, for QR, eigenvalues and singular values.
"""

from __future__ import annotations

import math

import numpy as np

from .. import shown
from ..autograd.op import op, result_class
from ..dtype import CAPITAL
from ..tensor import Tensor, method

__all__: list[str] = ["cholesky_inverse", "cholesky_solve", "det", "inverse", "logdet", "lu_solve", "lu_unpack",
"slogdet"]


class LinAlgError(RuntimeError):
    """A matrix that has no such factor, inverse or solution."""


def check_matrix(name: str, x, square: bool = True, argument: str = "A") -> None:
    """linalg's sentences for what is no matrix, not square, or not of a type it computes in."""
    if x.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(f"{name}: {argument} must be batches of square matrices, but they are {x.shape[-2]} by "
                           f"{x.shape[-1]} matrices")
    if x.dtype.kind not in "fc":
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got "
                           f"{CAPITAL[x.dtype.name]}")
    if x.dtype == "float16":
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got Half")


def batch_of(bad) -> str:
    """(Batch element k): of the first one, where there is a batch."""
    return f"(Batch element {int(np.flatnonzero(bad.reshape(-1))[0])}): " if bad.ndim else ""


def real_only(name: str, x: Tensor) -> None:
    """Refuse a gradient whose formula is for real matrices: a factor of a complex one depends on its conjugate, too."""
    if x.is_complex():
        raise NotImplementedError(f"{name}: the gradient of complex matrices")


# ---------------------------------------------------------------- LU


def lu_arrays(xp, a) -> tuple:
    """(L and U in one matrix, pivots from 1 as LAPACK counts): the largest of what is left of each column comes up."""
    a, (m, n) = a.copy(), a.shape[-2:]
    k = min(m, n)
    pivots = xp.empty((*a.shape[:-2], k), "int32")
    rows = xp.arange(m)
    for j in range(k):
        p = xp.abs(a[..., j:, j]).argmax(-1) + j
        pivots[..., j] = p + 1
        p = p[..., None]
        order = xp.where(rows == j, p, xp.where(rows == p, j, rows))  # rows j and p change places
        a = xp.take_along_axis(a, order[..., None], -2)
        pivot = a[..., j, j][..., None]
        a[..., j + 1:, j] /= xp.where(pivot == 0, 1, pivot)
        a[..., j + 1:, j + 1:] -= a[..., j + 1:, j, None] * a[..., j, None, j + 1:]
    return a, pivots


def zero_pivots(lu):
    """The number, from 1, of the first zero on U's diagonal; 0 if there is none."""
    zero = lu.diagonal(0, -2, -1) == 0
    return (zero.argmax(-1) + 1) * zero.any(-1) if zero.shape[-1] else zero.any(-1) * 0


def permutation(xp, pivots, m: int):
    """For each row of L U, the row of A it is."""
    order = xp.broadcast_to(xp.arange(m), (*pivots.shape[:-1], m)).copy()
    for j in range(pivots.shape[-1]):
        p = (pivots[..., j] - 1)[..., None]
        at_p, at_j = xp.take_along_axis(order, p, -1), order[..., j: j + 1].copy()
        order[..., j: j + 1] = at_p
        xp.put_along_axis(order, p, at_j, -1)
    return order


@op(outputs="LU pivots info", node="LinalgLuFactorExBackward0")
def lu_factored(xp, x, /):
    """L below the diagonal (which is 1 there) and U from it on, in one matrix; the row that came up at each step

    gx = P L^-T (tril(L^T gL, -1) + triu(gU U^T)) U^-T    for square x
    """
    if x.ndim < 2:
        raise RuntimeError("minitorch.lu_factor: Expected tensor with 2 or more dimensions. Got size: "
                           f"{list(x.shape)} instead")
    lu, pivots = lu_arrays(xp, x)
    return lu, pivots, zero_pivots(lu).astype("int32")


def lu_rule(g_LU, LU, pivots):
    if LU.array.shape[-1] != LU.array.shape[-2]:
        raise NotImplementedError("lu: the gradient for matrices that are not square")
    low, up = unit_lower(LU), LU.triu()
    inner = (low.mT @ g_LU.tril(-1)).tril(-1) + (g_LU.triu() @ up.mT).triu()
    inner = substitute(low.mT, inner, True, True)  # L^-T inner
    inner = substitute(up, inner.mT, True, False).mT  # inner U^-T
    return unpivot(inner, pivots)


def unit_lower(lu: Tensor) -> Tensor:
    return lu.tril(-1) + eye_like(lu)


def eye_like(x: Tensor) -> Tensor:
    return x.new_ones(x.array.shape[-1]).diag()


@op
def unpivot(xp, x, pivots, /):
    """Rows back where A had them: P x.    gx = P^T g"""
    order = permutation(xp, pivots, x.shape[-2])
    return xp.take_along_axis(x, order.argsort(-1)[..., None], -2)


@op
def pivoted(xp, x, pivots, /):
    """Rows in the order of L U: P^T x.    gx = P g"""
    order = permutation(xp, pivots, x.shape[-2])
    shape = np.broadcast_shapes(x.shape[:-2], order.shape[:-1])
    return xp.take_along_axis(xp.broadcast_to(x, (*shape, *x.shape[-2:])),
                              xp.broadcast_to(order, (*shape, order.shape[-1]))[..., None], -2)


unpivot.backward(x=lambda g, pivots: pivoted(g, pivots))
pivoted.backward(x=lambda g, pivots: unpivot(g, pivots))
lu_factored.backward(x=lu_rule)

LuFactor = result_class("linalg_lu_factor", "LU pivots")
LuFactorEx = result_class("linalg_lu_factor_ex", "LU pivots info")
Lu = result_class("linalg_lu", "P L U")


def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> tuple:
    """(LU, pivots, info), info the first zero pivot.

    https://pytorch.org/docs/stable/generated/torch.linalg.lu_factor_ex.html
    """
    if not pivot:
        raise NotImplementedError("lu_factor: pivot=False")
    found = lu_factored(A)
    info = found[2].array
    if check_errors and info.any():
        which = int(info.reshape(-1)[np.flatnonzero(info)[0]])
        raise RuntimeError(f"minitorch.linalg.lu_factor_ex: {batch_of(info != 0)}U[{which},{which}] is zero and using "
                           "it on lu_solve would result in a division by zero. If you still want to perform the "
                           "factorization, consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)")
    return LuFactorEx(*found)


def lu_factor(A: Tensor, *, pivot: bool = True) -> tuple:
    """(LU, pivots).  https://pytorch.org/docs/stable/generated/torch.linalg.lu_factor.html"""
    try:
        return LuFactor(*lu_factor_ex(A, pivot=pivot, check_errors=True)[:2])
    except RuntimeError as error:
        raise type(error)(str(error).replace("lu_factor_ex:", "lu_factor:")) from None


def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True) -> tuple:
    """(P, L, U) from lu_factor's answer.  https://pytorch.org/docs/stable/generated/torch.lu_unpack.html"""
    m, n = LU_data.array.shape[-2:]
    k = min(m, n)
    none = LU_data.new_empty(0)
    P = L = U = none
    if unpack_data:
        L = LU_data[..., :k].tril(-1) + LU_data.new_ones(m).diag()[:, :k]
        U = LU_data[..., :k, :].triu()
    if unpack_pivots:
        eye = LU_data.detach().new_ones(m).diag().expand(*LU_data.array.shape[:-2], m, m)
        P = unpivot(eye, LU_pivots)
    return Lu(P, L, U)


def lu(A: Tensor, *, pivot: bool = True) -> tuple:
    """A = P L U.  https://pytorch.org/docs/stable/generated/torch.linalg.lu.html"""
    if A.array.ndim < 2:
        raise RuntimeError("linalg.lu: Expected tensor with 2 or more dimensions. Got size: "
                           f"{list(A.array.shape)} instead")
    LU, pivots, _ = lu_factor_ex(A, pivot=pivot)
    return lu_unpack(LU, pivots)


# ---------------------------------------------------------------- triangular systems


@op(promotes="same", node="LinalgSolveTriangularBackward0")
def substitute(xp, x, b, /, upper, unitriangular):
    """y with x y = b, x triangular: row by row, from the end of it that has one unknown.

    gb = x^-T g    gx = -(gb y^T), its triangle
    """
    n = x.shape[-1]
    batch = np.broadcast_shapes(x.shape[:-2], b.shape[:-2])
    y = xp.broadcast_to(b, (*batch, *b.shape[-2:])).copy()
    for i in reversed(range(n)) if upper else range(n):
        known = slice(i + 1, n) if upper else slice(0, i)
        y[..., i, :] -= (x[..., i, None, known] @ y[..., known, :])[..., 0, :]
        if not unitriangular:
            y[..., i, :] /= x[..., i, i, None]
    return y


def substitute_rule(g, x, y, upper, unitriangular):
    gb = substitute(x.mT, g, not upper, unitriangular)
    gx = -(gb @ y.mT)
    offset = 1 if unitriangular else 0
    return gx.triu(offset) if upper else gx.tril(-offset), gb


substitute.backward(substitute_rule)


def solve_triangular(A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Tensor:
    """X with A X = B (X A = B, if not `left`), A triangular.

    https://pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html
    """
    check_matrix("linalg.solve_triangular", A.array)
    check_matrix("linalg.solve_triangular", B.array, square=False, argument="B")
    if not left:
        return solve_triangular(A.mT, B.mT, upper=not upper, unitriangular=unitriangular).mT
    if A.array.shape[-1] != B.array.shape[-2]:
        raise RuntimeError("linalg.solve_triangular: Incompatible shapes of A and B for the equation AX = B "
                           f"({A.array.shape[-2]}x{A.array.shape[-1]} and {B.array.shape[-2]}x{B.array.shape[-1]})")
    return substitute(A, B, upper, unitriangular)


def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """X with A X = b, given A's lu_factor.  https://pytorch.org/docs/stable/generated/torch.lu_solve.html"""
    return lu_solve_factored(LU_data, LU_pivots, b)


def lu_solve_factored(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Tensor:
    """X with A X = B (X A = B; A^H X = B).  https://pytorch.org/docs/stable/generated/torch.linalg.lu_solve.html"""
    if not left:
        return lu_solve_factored(LU, pivots, B.mT, adjoint=not adjoint).mT
    if adjoint:
        y = substitute(LU.mT, B, False, False)
        return unpivot(substitute(LU.mT, y, True, True), pivots)
    return substitute(LU, substitute(LU, pivoted(B, pivots), False, True), True, False)


Tensor.lu_solve = lu_solve

# ---------------------------------------------------------------- inverse and determinant


def raise_singular(name: str, xp, x, why: str) -> None:
    """Say which pivot of which matrix is 0."""
    info = zero_pivots(lu_arrays(xp, x)[0])
    bad = info != 0
    which = int(info.reshape(-1)[np.flatnonzero(bad)[0]]) if bad.any() else x.shape[-1]
    raise LinAlgError(f"{name}: {batch_of(bad)}" + why.format(which))


NOT_INVERTED = ("The diagonal element {} is zero, the inversion could not be completed because the input matrix is "
                "singular.")


@op(outputs="inverse info", node="LinalgInvExBackward0")
def inverted(xp, x, /, check_errors):
    """y = x^-1    gx = -y^T g y^T"""
    check_matrix("linalg.inv", x)
    info = xp.zeros(x.shape[:-2], "int32")
    try:
        return xp.linalg.inv(x), info
    except np.linalg.LinAlgError:
        if check_errors:
            raise_singular("linalg.inv", xp, x, NOT_INVERTED)
        lu, _ = lu_arrays(xp, x)
        info = zero_pivots(lu).astype("int32")
        safe = xp.where((info != 0)[..., None, None], xp.eye(x.shape[-1], dtype=x.dtype), x)
        return xp.where((info != 0)[..., None, None], xp.asarray(math.nan, x.dtype), xp.linalg.inv(safe)), info


inverted.backward(x=lambda g_inverse, inverse: -(inverse.mT @ g_inverse @ inverse.mT))
InvEx = result_class("linalg_inv_ex", "inverse info")


def inv(A: Tensor) -> Tensor:
    """The inverse.  https://pytorch.org/docs/stable/generated/torch.linalg.inv.html"""
    return inverted(A, True)[0]


def inv_ex(A: Tensor, *, check_errors: bool = False) -> tuple:
    """(inverse, info), info != 0 where there is none.

    https://pytorch.org/docs/stable/generated/torch.linalg.inv_ex.html
    """
    return InvEx(*inverted(A, check_errors))


inverse = inv
Tensor.inverse = inv


@op(node="LinalgDetBackward0")
def determinant(xp, x, /):
    """y = the determinant    gx = g * the matrix of cofactors = g * y * x^-T"""
    check_matrix("linalg.det", x)
    return xp.linalg.det(x).astype(x.dtype, copy=False)


def cofactors(x: Tensor) -> Tensor:
    """For a singular matrix too: x = U S V^H gives det(U V^H) * U (products of all s but one) V^H."""
    U, S, Vh = x._svd_reduced()
    n = S.array.shape[-1]
    others = S.unsqueeze(-2).expand(*S.array.shape[:-1], n, n).masked_fill(eye_like(x).to(dtype=bool), 1).prod(-1)
    return determinant(U @ Vh)[..., None, None] * (U * others.unsqueeze(-2)) @ Vh


determinant.backward(x=lambda g, x, y: g[..., None, None] * (
    cofactors(x) if (y == 0).any() else y[..., None, None] * inverted(x, True)[0].mT))
Tensor.det = det = determinant


@op(outputs="sign logabsdet", node="LinalgSlogdetBackward0")
def sign_and_log(xp, x, /):
    """sign * exp(logabsdet) = the determinant    gx = glogabsdet * x^-T"""
    check_matrix("linalg.slogdet", x)
    sign, log = xp.linalg.slogdet(x)
    return sign.astype(x.dtype, copy=False), log.astype(x.dtype, copy=False)


sign_and_log.backward(x=lambda g_logabsdet, x: None if g_logabsdet is None else (
    g_logabsdet[..., None, None] * inverted(x, True)[0].mT))


@method
def slogdet(input: Tensor) -> tuple:
    """(sign, logabsdet) of the determinant.  https://pytorch.org/docs/stable/generated/torch.linalg.slogdet.html"""
    return sign_and_log(input)


@method
def logdet(input: Tensor) -> Tensor:
    """The determinant's logarithm, NaN below 0.  https://pytorch.org/docs/stable/generated/torch.logdet.html"""
    check_matrix("logdet", input.array)
    sign, log = sign_and_log(input)
    return log.masked_fill(sign == -1, math.nan)


# ---------------------------------------------------------------- solve


def is_vector(A, B) -> bool:
    """Whether B is one right side for each A, not a matrix of them."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


@op(outputs="result info", node="LinalgSolveExBackward0")
def solved(xp, x, b, /, left, check_errors):
    """y with x y = b (y x = b, if not `left`)    gb = x^-T g    gx = -gb y^T"""
    check_matrix("linalg.solve", x)
    if x.dtype != b.dtype:
        raise RuntimeError(f"linalg.solve: Expected A and B to have the same dtype, but found A of type "
                           f"{CAPITAL[x.dtype.name]} and B of type {CAPITAL[b.dtype.name]} instead")
    vector = is_vector(x, b)
    columns = b[..., None] if vector else b
    if left and x.shape[-1] != columns.shape[-2] or not left and x.shape[-1] != columns.shape[-1]:
        equation = "AX" if left else "XA"
        raise RuntimeError(f"linalg.solve: Incompatible shapes of A and B for the equation {equation} = B "
                           f"({x.shape[-2]}x{x.shape[-1]} and {columns.shape[-2]}x{columns.shape[-1]})")
    try:
        y = xp.linalg.solve(x, columns) if left else transposed(xp.linalg.solve(transposed(x), transposed(columns)))
    except np.linalg.LinAlgError:
        raise_singular(f"{shown.package}.linalg.solve", xp, x,
                       "The solver failed because the input matrix is singular.")
    return (y[..., 0] if vector else y), xp.zeros(x.shape[:-2], "int32")


def transposed(a):
    return a.swapaxes(-1, -2)


def solve_rule(g_result, x, b, result, left):
    vector = is_vector(x.array, b.array)
    g, y = [t.unsqueeze(-1) if vector else t for t in (g_result, result)]
    gb = solved(x.mT, g, left, True)[0] if not vector else solved(x.mT, g, True, True)[0]
    gx = -(gb @ y.mT) if left else -(y.mT @ gb)
    return gx, gb.squeeze(-1) if vector else gb


solved.backward(solve_rule)
SolveEx = result_class("linalg_solve_ex", "result info")


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """X with A X = B, or X A = B.  https://pytorch.org/docs/stable/generated/torch.linalg.solve.html"""
    return solved(A, B, left, True)[0]


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> tuple:
    """(result, info).  https://pytorch.org/docs/stable/generated/torch.linalg.solve_ex.html"""
    return SolveEx(*solved(A, B, left, check_errors))


# ---------------------------------------------------------------- Cholesky


@op(outputs="L info", node="LinalgCholeskyExBackward0")
def cholesky_factor(xp, x, /, check_errors):
    """x = L L^H, L lower triangular

    gx = L^-H (tril(L^H gL), its diagonal halved) L^-1, made symmetric
    """
    check_matrix("linalg.cholesky", x)
    info = xp.zeros(x.shape[:-2], "int32")
    x = xp.tril(x) + transposed(xp.tril(x, -1)).conj()
    try:
        return xp.linalg.cholesky(x), info
    except np.linalg.LinAlgError:
        info = leading_minors(xp, x)
        if check_errors:
            which = int(info.reshape(-1)[np.flatnonzero(info)[0]])
            raise LinAlgError(f"linalg.cholesky: {batch_of(info != 0)}The factorization could not be completed because "
                              f"the input is not positive-definite (the leading minor of order {which} is not "
                              "positive-definite).") from None
        good = xp.where((info != 0)[..., None, None], xp.eye(x.shape[-1], dtype=x.dtype), x)
        return xp.linalg.cholesky(good), info


def leading_minors(xp, x):
    """The order of the first leading block whose determinant is not positive; 0 if all are."""
    info = xp.zeros(x.shape[:-2], "int32")
    for k in range(x.shape[-1], 0, -1):
        info = xp.where(xp.linalg.eigvalsh(x[..., :k, :k])[..., 0] <= 0, k, info).astype("int32")
    return info


def cholesky_rule(g_L, L):
    real_only("cholesky", L)
    half = (L.mT @ g_L).tril()
    half = half - half.diagonal(0, -2, -1).diag_embed() * 0.5
    inner = substitute(L.mT, half, True, False)  # L^-T half
    gx = substitute(L.mT, inner.mT, True, False).mT  # inner L^-1
    return (gx + gx.mT) * 0.5


cholesky_factor.backward(x=cholesky_rule)
CholeskyEx = result_class("linalg_cholesky_ex", "L info")


def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """A = L L^H (U^H U).  https://pytorch.org/docs/stable/generated/torch.linalg.cholesky.html"""
    L = cholesky_factor(A.mT if upper else A, True)[0]
    return L.mT if upper else L


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> tuple:
    """(L, info), info the order of the first leading minor that is not positive.

    https://pytorch.org/docs/stable/generated/torch.linalg.cholesky_ex.html
    """
    L, info = cholesky_factor(A.mT if upper else A, check_errors)
    return CholeskyEx(L.mT if upper else L, info)


@op(node="CholeskySolveBackward0")
def cholesky_solved(xp, b, L, /, upper):
    """y with L L^T y = b    gb = the same of g    gL = -(gb y^T + y gb^T) L"""
    if L.dtype.kind == "c":
        raise NotImplementedError("cholesky_solve: complex matrices")
    low = transposed(L) if upper else L
    y = substitute.op.body(xp, low, b, False, False)
    return substitute.op.body(xp, transposed(low), y, True, False)


def cholesky_solve_rule(g, L, y, upper):
    gb = cholesky_solved(g, L, upper)
    both = gb @ y.mT
    both = both + both.mT
    return gb, -(L @ both if upper else both @ L)


cholesky_solved.backward(cholesky_solve_rule)


@method
def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """X with L L^T X = B.  https://pytorch.org/docs/stable/generated/torch.cholesky_solve.html"""
    return cholesky_solved(B, L, upper)


@op(node="CholeskyInverseBackward0")
def cholesky_inverted(xp, L, /, upper):
    """y = (L L^T)^-1    gL = -y (g + g^T) y L"""
    eye = xp.broadcast_to(xp.eye(L.shape[-1], dtype=L.dtype), L.shape)
    return cholesky_solved.op.body(xp, eye, L, upper)


def cholesky_inverse_rule(g, L, y, upper):
    both = y @ (g + g.mT) @ y
    return -(L @ both if upper else both @ L)


cholesky_inverted.backward(L=cholesky_inverse_rule)


@method
def cholesky_inverse(L: Tensor, upper: bool = False) -> Tensor:
    """(L L^T)^-1.  https://pytorch.org/docs/stable/generated/torch.cholesky_inverse.html"""
    return cholesky_inverted(L, upper)
