"""Rows of ops/solve.py, ops/decompose.py and ops/matrix.py; test_linalg.py has what is unique only up to signs."""

import math

import numpy as np
from samples import row

FLOATS = ("float32", "float64")
OWN = {"same_node": False}  # a composition: the last node is another than torch's
NEAR = {"rtol": {"float32": 2e-4, "float64": 1e-8}, "atol": {"float32": 2e-4, "float64": 1e-8}}


def batch(d):
    return d.shape(0, 2, 3)


def square(d, n=None):
    """Well-conditioned matrices."""
    n = n or d.integer(1, 4)
    return np.asarray(d.array((*batch(d), n, n), -0.5, 0.5) + 2 * np.eye(n), d.dtype)


def one(d, n):
    """A well-conditioned matrix."""
    return np.asarray(d.array((n, n), -0.5, 0.5) + 2 * np.eye(n), d.dtype)


def positive(d):
    a = square(d)
    return np.asarray(a @ a.swapaxes(-1, -2), d.dtype)


def wide(d, least=1):
    return d.array((*batch(d), d.integer(least, 4), d.integer(least, 4)))


def no_matrix(name):
    f = lambda t: getattr(t.linalg, name)
    return lambda t: f(t)(t.ones(2)), lambda t: f(t)(t.ones(2, 2, dtype=t.int64))


def no_square(name):
    return (*no_matrix(name), lambda t: getattr(t.linalg, name)(t.ones(2, 3)))


row("linalg.inv", lambda d: ((square(d),), {}), dtypes=FLOATS, node="LinalgInvExBackward0", **NEAR, errors=(
    *no_square("inv"), lambda t: t.linalg.inv(t.ones(2, 2).half())))
row("inverse", lambda d: ((square(d),), {}), dtypes=FLOATS, node="LinalgInvExBackward0", method=True, **NEAR)
row("linalg.inv_ex", lambda d: ((square(d),), {}), dtypes=FLOATS, node="LinalgInvExBackward0", **NEAR)
row("linalg.det", lambda d: ((square(d, d.integer(2, 4)),), {}), dtypes=FLOATS, node="LinalgDetBackward0", **NEAR,
    errors=no_square("det"))
row("det", lambda d: ((square(d, d.integer(2, 4)),), {}), node="LinalgDetBackward0", method=True, **NEAR)
row("slogdet", lambda d: ((square(d),), {}), dtypes=FLOATS, node="LinalgSlogdetBackward0", method=True, **NEAR,
    errors=no_square("slogdet"))
row("logdet", lambda d: ((positive(d),), {}), dtypes=FLOATS, method=True, **OWN, **NEAR,
    errors=(lambda t: t.logdet(t.ones(2, 3)),))


def system(d):
    a = square(d, d.integer(1, 4))
    n = a.shape[-1]
    return a, d.array(d.choice((n,), (*a.shape[:-2], n, 2), (n, 3)))


row("linalg.solve", lambda d: (system(d), {}), dtypes=FLOATS, node="LinalgSolveExBackward0", **NEAR, errors=(
    lambda t: t.linalg.solve(t.eye(2), t.ones(3)),
    lambda t: t.linalg.solve(t.eye(2), t.eye(2).double())))
row("linalg.solve", lambda d: ((one(d, 3), d.array((2, 3))), {"left": False}), node="LinalgSolveExBackward0",
    id="right",
    **NEAR)
row("linalg.solve_ex", lambda d: (system(d), {}), node="LinalgSolveExBackward0", **NEAR)
row("linalg.solve_triangular", lambda d: ((one(d, 3), d.array(d.choice((3, 2), (2, 3, 1)))), {
    "upper": d.boolean(), "unitriangular": d.boolean()}) if d.boolean() else ((one(d, 3), d.array((2, 3))), {
        "upper": d.boolean(), "left": False}), dtypes=FLOATS, node=None, **OWN, **NEAR, errors=(
    lambda t: t.linalg.solve_triangular(t.eye(2), t.ones(2), upper=True),
    lambda t: t.linalg.solve_triangular(t.eye(2), t.ones(3, 1), upper=True)))
row("linalg.cholesky", lambda d: ((positive(d),), {"upper": d.boolean()}), dtypes=FLOATS, **OWN, **NEAR, errors=(
    *no_square("cholesky"),))
row("linalg.cholesky_ex", lambda d: ((positive(d),), {}), node="LinalgCholeskyExBackward0", **NEAR)
row("cholesky_solve", lambda d: ((d.array((3, 2)), np.tril(square(d, 3)), False), {}), dtypes=FLOATS, method=True,
    **OWN, **NEAR)
row("cholesky_inverse", lambda d: ((np.tril(square(d, 3)),), {}), dtypes=FLOATS, method=True, second=False, **OWN,
    **NEAR)
row("linalg.lu_factor", lambda d: ((square(d),), {}), dtypes=FLOATS, node="LinalgLuFactorExBackward0", **NEAR)
row("linalg.lu_factor_ex", lambda d: ((square(d),), {}), dtypes=FLOATS, node="LinalgLuFactorExBackward0", **NEAR)
row("linalg.lu", lambda d: ((square(d),), {}), dtypes=FLOATS, **OWN, **NEAR, errors=(lambda t: t.linalg.lu(t.ones(2)),))
row("linalg.lu", lambda d: ((wide(d),), {}), grad=(), id="not square", **NEAR)


def factored(d):
    from minitorch.ops.solve import lu_arrays

    a = square(d, 3)
    return lu_arrays(np, a)


row("lu_unpack", lambda d: (factored(d), {}), dtypes=FLOATS, **OWN, **NEAR)
row("lu_solve", lambda d: ((lambda lu, p: ((d.array((*lu.shape[:-2], 3, 2)), lu, p), {}))(*factored(d))),
    dtypes=FLOATS, method=True,
    **OWN, **NEAR)
row("linalg.lu_solve", lambda d: ((lambda lu, p: ((lu, p, d.array((*lu.shape[:-2], 3, 3))), {
    "left": d.boolean(), "adjoint": d.boolean()}))(*factored(d))), dtypes=FLOATS, **OWN, **NEAR)

row("linalg.svdvals", lambda d: ((wide(d),), {}), dtypes=FLOATS, node="LinalgSvdBackward0", second=False, **NEAR)
row("linalg.eigvalsh", lambda d: ((positive(d),), {"UPLO": d.choice("L", "U")}), dtypes=FLOATS, second=False,
    node="LinalgEighBackward0", **NEAR, errors=(*no_square("eigh"), lambda t: t.linalg.eigvalsh(t.eye(2), UPLO="x")))
row("linalg.pinv", lambda d: ((wide(d),), {}), dtypes=FLOATS, node="LinalgPinvBackward0", second=False,
    rtol={"float32": 1e-2, "float64": 1e-6}, atol={"float32": 1e-2, "float64": 1e-6})
row("linalg.pinv", lambda d: ((positive(d),), {"hermitian": True}), dtypes=FLOATS, grad=(), id="hermitian", **NEAR)
row("pinverse", lambda d: ((square(d),), {}), dtypes=FLOATS, node="LinalgPinvBackward0", second=False, method=True,
    **NEAR)
row("linalg.matrix_rank", lambda d: ((np.asarray(wide(d).round()),), {}), dtypes=FLOATS, grad=(),
    errors=(lambda t: t.linalg.matrix_rank(t.ones(2)),))
row("linalg.lstsq", lambda d: ((d.array((5, 3)), d.array((5, 2))), {}), dtypes=FLOATS, grad=(), **NEAR,
    errors=(lambda t: t.linalg.lstsq(t.ones(3), t.ones(3)),))
row("geqrf", lambda d: ((wide(d),), {}), dtypes=FLOATS, grad=(), method=True, **NEAR)

row("matrix_power", lambda d: ((square(d), 0), {}), grad=(), id="0")
row("matrix_power", lambda d: ((square(d), d.choice(-3, -2, -1, 1, 2, 3, 5)), {}), dtypes=FLOATS, method=True, **OWN,
    **NEAR,
    errors=(lambda t: t.matrix_power(t.ones(2, 3), 2),))
row("matrix_exp", lambda d: ((d.array((*batch(d), s := d.integer(1, 4), s)),), {}), dtypes=FLOATS, method=True,
    second=False, strided=False,  # torch fails on some strides
    node="LinalgMatrixExpBackward0", **NEAR, errors=(lambda t: t.linalg.matrix_exp(t.ones(2, 3)),))
row("linalg.vector_norm", lambda d: ((d.away_from((0,), d.shape(1, 3, zero=False)), d.choice(2, 1, 3, math.inf, 0.5)), {
    "dim": d.choice(None, -1), "keepdim": d.boolean()}), dtypes=FLOATS, node="LinalgVectorNormBackward0",
    second=False, **NEAR,
    errors=(lambda t: t.linalg.vector_norm(t.ones(2), "fro"),))
row("linalg.matrix_norm", lambda d: ((d.array((2, 3, 4), distinct=True),
    d.choice("fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf)), {
    "dim": d.choice((-2, -1), (0, 2), (1, 0)), "keepdim": d.boolean()}), dtypes=FLOATS, second=False, **OWN, **NEAR,
    errors=(
    lambda t: t.linalg.matrix_norm(t.ones(2, 2), 3), lambda t: t.linalg.matrix_norm(t.ones(2))))
row("linalg.norm", lambda d: ((d.array(d.choice((4,), (3, 4)), distinct=True), d.choice(None, 2, 1, math.inf)), {
    "keepdim": d.boolean()}), dtypes=FLOATS, second=False, **OWN, **NEAR,
    errors=(lambda t: t.linalg.norm(t.ones(2, 2, 2), "fro"),))
row("linalg.cond", lambda d: ((square(d), d.choice(None, 2, -2)), {}), dtypes=FLOATS, second=False, **OWN, **NEAR)
# torch's own gradient raises: it writes into the inverse that it saved
row("linalg.cond", lambda d: ((square(d), d.choice("fro", "nuc", 1, -1, math.inf)), {}), dtypes=FLOATS, grad=(),
    id="inverse",
    **NEAR, errors=(lambda t: t.linalg.cond(t.ones(2, 3), 1), lambda t: t.linalg.cond(t.eye(2), 3)))
row("linalg.multi_dot", lambda d: (([d.array(s) for s in d.choice([(2, 3), (3, 4)], [(3,), (3, 2), (2, 5)], [
    (2, 3), (3, 1), (1, 4), (4,)], [(2, 3), (3, 5), (5, 2), (2, 2)])],), {}), dtypes=FLOATS, **OWN, **NEAR,
    errors=(lambda t: t.linalg.multi_dot([t.eye(2)]),))
row("chain_matmul", lambda d: ((d.array((2, 3)), d.array((3, 4)), d.array((4, 2))), {}), dtypes=FLOATS, **OWN, **NEAR)
row("linalg.tensorinv", lambda d: ((np.asarray((
    d.array((6, 6), -0.3, 0.3) + 2 * np.eye(6)), d.dtype).reshape(2, 3, 6), 2), {}), dtypes=FLOATS, **OWN, **NEAR,
    errors=(lambda t: t.linalg.tensorinv(t.ones(2, 3)),))
row("linalg.tensorsolve", lambda d: ((np.asarray(d.array((6, 6), -0.3, 0.3) + 2 * np.eye(6), d.dtype).reshape(2, 3, 6),
                                      d.array((2, 3))), {}), dtypes=FLOATS, id="large", **OWN, **NEAR)
row("linalg.vecdot", lambda d: ((d.array((2, 3)), d.array(d.choice((2, 3), (3,)))), {"dim": -1}), dtypes=FLOATS, **OWN)
row("linalg.vander", lambda d: ((d.array((2, 3)),), {"N": d.choice(None, 4)}), dtypes=FLOATS, grad=())
row("linalg.diagonal", lambda d: ((d.array((2, 3, 4)),), {"offset": d.integer(-1, 1)}), dtypes=FLOATS,
    node="DiagonalBackward0")
row("linalg.cross", lambda d: ((d.array((2, 3)), d.array((2, 3))), {}), dtypes=FLOATS, node="LinalgCrossBackward0")
row("linalg.matmul", lambda d: ((d.array((2, 3)), d.array((3, 2))), {}), dtypes=FLOATS, node="MmBackward0")


def reflections(d):
    return d.array((4, 3)), d.array((3,), 0.2, 1.5)


row("linalg.householder_product", lambda d: (reflections(d), {}), dtypes=FLOATS, second=False, **OWN, **NEAR)
row("orgqr", lambda d: (reflections(d), {}), dtypes=FLOATS, method=True, second=False, **OWN, **NEAR)
row("ormqr", lambda d: ((*reflections(d), d.array((4, 4)), d.boolean(), d.boolean()), {}), dtypes=FLOATS, grad=(),
    method=True,
    **NEAR)
