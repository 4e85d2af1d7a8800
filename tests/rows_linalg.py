"""Rows of ops/linalg.py and ops/einsum.py."""

from samples import row

FLOATS_AND_INTS = ("float32", "float64", "int64", "int32")


def sizes(d, count: int, low: int = 0) -> list:
    """Lengths, now and then 0."""
    return [d.integer(low, 4) if d.integer(0, 3) == 0 else d.integer(max(low, 1), 4) for _ in range(count)]


def of_shapes(rule, count: int, low: int = 0):
    """A draw of arrays whose shapes `rule` makes of `count` lengths: lambda m, n, p: ((m, n), (n, p))"""
    return lambda d: (tuple(d.array(shape) for shape in rule(*sizes(d, count, low))), {})


def weighted(rule, count: int, low: int = 0):
    """The same with beta and alpha; whole numbers for integers. The first shape may be broadcast."""
    def draw(d):
        first, *others = rule(*sizes(d, count, low))
        whole = d.dtype.startswith("int")
        kwargs = {"beta": d.choice(1, 0, 2 if whole else 0.5), "alpha": 3 if whole else 1.5}
        kwargs = {k: v for k, v in kwargs.items() if d.boolean()}
        return (d.array(d.broadcast(first)), *[d.array(s) for s in others]), kwargs

    return draw


# ---------------------------------------------------------------- one product

row("dot", of_shapes(lambda n: ((n,), (n,)), 1), dtypes=FLOATS_AND_INTS, node="DotBackward0", method=True, errors=(
    lambda t: t.ones(3).dot(t.ones(4)), lambda t: t.ones(3, 1).dot(t.ones(3)),
    lambda t: t.ones(3).dot(t.ones(3).double()),
    lambda t: t.ones(3).bool().dot(t.ones(3).bool())))
row("vdot", of_shapes(lambda n: ((n,), (n,)), 1), node="VdotBackward0", method=True)
row("mv", of_shapes(lambda m, n: ((m, n), (n,)), 2), dtypes=FLOATS_AND_INTS, node="MvBackward0", method=True, errors=(
    lambda t: t.ones(2, 3).mv(t.ones(4)), lambda t: t.ones(3).mv(t.ones(3)),
    lambda t: t.ones(2, 3).mv(t.ones(3).double()), lambda t: t.ones(2, 3).bool().mv(t.ones(3).bool())))
row("mm", of_shapes(lambda m, n, p: ((m, n), (n, p)), 3), dtypes=FLOATS_AND_INTS, node="MmBackward0", method=True,
    errors=(
    lambda t: t.ones(2, 3).mm(t.ones(2, 3)), lambda t: t.ones(2, 2, 3).mm(t.ones(3, 3)),
    lambda t: t.ones(2, 3).mm(t.ones(3)), lambda t: t.ones(2, 3).mm(t.ones(3, 2).double()),
    lambda t: t.ones(2, 3).bool().mm(t.ones(3, 2).bool())))
row("bmm", of_shapes(lambda b, m, n, p: ((b, m, n), (b, n, p)), 4), dtypes=FLOATS_AND_INTS, node="BmmBackward0",
    method=True, errors=(
        lambda t: t.ones(2, 2, 3).bmm(t.ones(3, 3, 4)), lambda t: t.ones(2, 2, 3).bmm(t.ones(2, 2, 4)),
        lambda t: t.ones(2, 3).bmm(t.ones(2, 3, 4)), lambda t: t.ones(2, 2, 3).bmm(t.ones(2, 3)),
        lambda t: t.ones(2, 2, 3).bmm(t.ones(2, 3, 4).double()),
        lambda t: t.ones(1, 1, 1).bool().bmm(t.ones(1, 1, 1).bool())))

# ---------------------------------------------------------------- matmul: one row for each name that torch shows

row("matmul", of_shapes(lambda n: ((n,), (n,)), 1), node="DotBackward0", method=True, id="dot", errors=(
    lambda t: t.matmul(t.ones(3), t.ones(4)), lambda t: t.matmul(t.ones(()), t.ones(4)),
    lambda t: t.matmul(t.ones(3), t.ones(())), lambda t: t.ones(3) @ 2, lambda t: 2 @ t.ones(3),
    lambda t: [[1.0]] @ t.ones(3), lambda t: t.matmul(t.ones(3), 2)))
row("matmul", of_shapes(lambda m, n: ((m, n), (n,)), 2), node="MvBackward0", method=True, id="mv",
    errors=(lambda t: t.ones(2, 3) @ t.ones(4),))
row("matmul", of_shapes(lambda n, p: ((n,), (n, p)), 2), dtypes=FLOATS_AND_INTS, node="SqueezeBackward4", method=True,
    id="vector-matrix", errors=(lambda t: t.ones(4) @ t.ones(3, 2), lambda t: t.ones(3) @ t.ones(3, 2).double()))
row("matmul", of_shapes(lambda m, n, p: ((m, n), (n, p)), 3), node="MmBackward0", method=True, id="mm", errors=(
    lambda t: t.ones(2, 3) @ t.ones(2, 3), lambda t: t.ones(2, 3) @ t.ones(3, 3).double(),
    lambda t: t.ones(2, 3) @ t.ones(3, 3).long(), lambda t: t.ones(2, 3).bool() @ t.ones(3, 2).bool()))


def stacks(d):
    """Stacks whose leading dimensions broadcast either way; or one side a matrix or a vector."""
    m, n, p = sizes(d, 3)
    batch = d.shape(1, 3, 3)
    batches = [batch, d.broadcast(batch)]
    batches = batches[::-1] if d.boolean() else batches
    left, right = (*batches[0], m, n), (*batches[1], n, p)
    if len(left) == 2:  # a matrix on the left has a row of its own
        left = (1, m, n)
    kind = d.integer(0, 5)
    left = (n,) if kind == 0 and len(right) > 2 else left
    right = (n,) if kind == 1 and len(left) > 2 else (n, p) if kind == 2 and len(left) > 2 else right
    return (d.array(left), d.array(right)), {}


row("matmul", stacks, dtypes=FLOATS_AND_INTS, node="UnsafeViewBackward0", method=True, id="batched", errors=(
    lambda t: t.ones(2, 3, 4) @ t.ones(3, 5), lambda t: t.ones(2, 3, 4) @ t.ones(3),
    lambda t: t.ones(2, 3, 4) @ t.ones(3, 4, 5), lambda t: t.ones(2, 3, 4) @ t.ones(2, 3, 5),
    lambda t: t.ones(5, 2, 3, 4) @ t.ones(3, 2, 4, 3), lambda t: t.ones(2, 3, 4) @ t.ones(2, 4, 4).double(),
    lambda t: t.ones(2, 3, 4) @ t.ones(4, 4).double(), lambda t: t.ones(2, 3, 4) @ t.ones(4).double()))
row("matmul", of_shapes(lambda m, n, p, b: ((m + 1, n), (b, n, p + 1)), 4, low=1), node="CloneBackward0", method=True,
    id="matrix-batched")

# ---------------------------------------------------------------- linear: the name follows rank and bias


def through(rank: int, bias: bool):
    def draw(d):
        out, n = sizes(d, 2, low=1)
        x = d.array((*sizes(d, rank - 1), n))
        bias_shape = (1,) if d.integer(0, 3) == 0 else (out,)
        return (x, d.array((out, n)), *([d.array(bias_shape)] if bias else [])), {}

    return draw


row("nn.functional.linear", through(2, True), dtypes=FLOATS_AND_INTS, node="AddmmBackward0", errors=(
    lambda t: t.nn.functional.linear(t.ones(2, 3), t.ones(4, 2), t.ones(4)),
    lambda t: t.nn.functional.linear(t.ones(2, 5, 3), t.ones(4, 2)),
    lambda t: t.nn.functional.linear(t.ones(2, 3), t.ones(4, 3), t.ones(3)),
    lambda t: t.nn.functional.linear(t.ones(2, 3), t.ones(4, 3).double()),
    lambda t: t.nn.functional.linear(t.ones(2, 3), t.ones(4, 3).double(), t.ones(4)),
    lambda t: t.nn.functional.linear(t.ones(2, 3), t.ones(4, 3), t.ones(4).double()),
    lambda t: t.nn.functional.linear(t.ones(2, 3).long(), t.ones(4, 3), t.ones(4)),
    lambda t: t.nn.functional.linear(t.ones(2, 3), t.ones(2, 4, 3))), id="2-D")
row("nn.functional.linear", through(2, False), node="MmBackward0", id="2-D without bias")
row("nn.functional.linear", through(3, True), node="ViewBackward0", id="3-D")
row("nn.functional.linear", through(4, True), node="ViewBackward0", id="4-D")
row("nn.functional.linear", through(3, False), node="UnsafeViewBackward0", id="3-D without bias")
row("nn.functional.linear", through(1, True), node="ViewBackward0", id="1-D")
row("nn.functional.linear", through(1, False), node="SqueezeBackward4", id="1-D without bias")
row("nn.functional.linear", of_shapes(lambda m, n: ((m, n), (n,)), 2), node="MvBackward0", id="one output")

# ---------------------------------------------------------------- a product added to something

row("addmm", weighted(lambda m, n, p: ((m, p), (m, n), (n, p)), 3), dtypes=FLOATS_AND_INTS, node="AddmmBackward0",
    method=True, errors=(
        lambda t: t.addmm(t.ones(3), t.ones(2, 3), t.ones(3, 4)),
        lambda t: t.addmm(t.ones(4), t.ones(2, 3), t.ones(2, 4)),
        lambda t: t.addmm(t.ones(4), t.ones(2, 2, 3), t.ones(2, 4)),
        lambda t: t.addmm(t.ones(4), t.ones(2, 3), t.ones(4)),
        lambda t: t.addmm(t.ones(1, 1, 4), t.ones(2, 3), t.ones(3, 4)),
        lambda t: t.addmm(t.ones(4).double(), t.ones(2, 3), t.ones(3, 4)),
        lambda t: t.addmm(t.ones(4), t.ones(2, 3), t.ones(3, 4).double())))
row("addmm", of_shapes(lambda m, n, p: ((m, p), (m, n), (n, p)), 3), node="AddmmBackward0", in_place=True,
    id="in place")
# Nothing empty: torch leaves the first input unbroadcast then, and warns of an output of the wrong shape.
row("addmv", weighted(lambda m, n: ((m,), (m, n), (n,)), 2, low=1), dtypes=FLOATS_AND_INTS, node="AddmvBackward0",
    method=True,
    errors=(lambda t: t.addmv(t.ones(3), t.ones(2, 3), t.ones(3)),
    lambda t: t.addmv(t.ones(2), t.ones(2, 3), t.ones(4))))
row("addmv", of_shapes(lambda m, n: ((m,), (m, n), (n,)), 2), node="AddmvBackward0", in_place=True, id="in place")
row("addr", weighted(lambda m, n: ((m, n), (m,), (n,)), 2), dtypes=FLOATS_AND_INTS, node="AddrBackward0", method=True,
    errors=(lambda t: t.addr(t.ones(4), t.ones(2), t.ones(3)), lambda t: t.addr(t.ones(3), t.ones(2, 1), t.ones(3)),
            lambda t: t.addr(t.ones(3), t.ones(2), t.ones(3, 1))))
row("addr", of_shapes(lambda m, n: ((m, n), (m,), (n,)), 2), node="AddrBackward0", in_place=True, id="in place")
row("baddbmm", weighted(lambda b, m, n, p: ((b, m, p), (b, m, n), (b, n, p)), 4), dtypes=FLOATS_AND_INTS,
    node="BaddbmmBackward0", method=True, errors=(
        lambda t: t.baddbmm(t.ones(4), t.ones(2, 3), t.ones(2, 3, 4)),
        lambda t: t.baddbmm(t.ones(4), t.ones(2, 2, 3), t.ones(2, 2, 4)),
        lambda t: t.baddbmm(t.ones(5), t.ones(2, 2, 3), t.ones(2, 3, 4)),
        lambda t: t.baddbmm(t.ones(4).double(), t.ones(2, 2, 3), t.ones(2, 3, 4)),
        lambda t: t.baddbmm(t.ones(4), t.ones(2, 2, 3), t.ones(2, 3, 4).double())))
row("baddbmm", of_shapes(lambda b, m, n, p: ((b, m, p), (b, m, n), (b, n, p)), 4), node="BaddbmmBackward0",
    in_place=True,
    id="in place")
row("addbmm", weighted(lambda m, n, p, b: ((m, p), (b, m, n), (b, n, p)), 4), dtypes=FLOATS_AND_INTS,
    node="AddbmmBackward0", method=True, errors=(
        lambda t: t.addbmm(t.ones(5), t.ones(2, 2, 3), t.ones(2, 3, 4)),
        lambda t: t.addbmm(t.ones(2, 1), t.ones(3, 2, 3), t.ones(2, 3, 4))))
row("addbmm", of_shapes(lambda m, n, p, b: ((m, p), (b, m, n), (b, n, p)), 4), node="AddbmmBackward0", in_place=True,
    id="in place")

# ---------------------------------------------------------------- outer, inner, trace, tensordot

row("outer", of_shapes(lambda m, n: ((m,), (n,)), 2), dtypes=FLOATS_AND_INTS, node="MulBackward0", method=True, errors=(
    lambda t: t.outer(t.ones(2, 2), t.ones(3)), lambda t: t.outer(t.ones(2), t.ones(3, 1))))
row("ger", of_shapes(lambda m, n: ((m,), (n,)), 2), node="MulBackward0", method=True)
row("inner", of_shapes(lambda m, n, b, k: ((b, m, n), (k, n)), 4), dtypes=FLOATS_AND_INTS, node="ViewBackward0",
    method=True, errors=(
        lambda t: t.inner(t.ones(2, 3), t.ones(4, 5)), lambda t: t.inner(t.ones(3), t.ones(4)),
        lambda t: t.inner(t.ones(3), t.ones(3).double())))
row("inner", of_shapes(lambda m, n: ((m, n), ()), 2), node="MulBackward0", method=True, id="number")
row("inner", of_shapes(lambda n: ((n,), (n,)), 1), node="ViewBackward0", method=True, id="vectors")
row("trace", of_shapes(lambda m, n: ((m, n),), 2), dtypes=FLOATS_AND_INTS, node="TraceBackward0", method=True, errors=(
    lambda t: t.trace(t.ones(2, 3, 3)), lambda t: t.trace(t.ones(2, 3).bool())))


def pairs_of_dims(d):
    a, b, c, e = sizes(d, 4)
    shapes, dims = d.choice(
        (((a, b, c), (b, c, e)), 2), (((a, b), (b, c)), 1), (((a, b), (c, e)), 0), (((a, b), (a, b)), 2),
        (((a, b, c), (c, e, b)), ([1, 2], [2, 0])), (((a, b, c), (c, e, b)), ([-1], [0])), (((a, 1, c), (b, c, e)), 2))
    return tuple(d.array(s) for s in shapes), {"dims": dims}


row("tensordot", pairs_of_dims, dtypes=FLOATS_AND_INTS, node="ViewBackward0", errors=(
    lambda t: t.tensordot(t.ones(2, 3, 4), t.ones(4, 3, 5)),
    lambda t: t.tensordot(t.ones(2, 3, 4), t.ones(4, 3, 5), dims=([0], [1, 2])),
    lambda t: t.tensordot(t.ones(2, 3, 4), t.ones(4, 3, 5), dims=([0], [1])),
    lambda t: t.tensordot(t.ones(2, 3), t.ones(4, 3, 5), dims=4), lambda t: t.tensordot(t.ones(2), t.ones(4), dims=-1),
    lambda t: t.tensordot(t.ones(2, 3), t.ones(3).double(), dims=1)))

# ---------------------------------------------------------------- einsum

TWO = (
    "ij,jk->ik", "ij,jk", "ij,jk->ki", "...ij,...jk->...ik", "...ij,jk", "i...,i...->...", "bhqd,bhkd->bhqk",
    "bij,bjk->ik",
    "ij,kj->ik", " i j , j k -> i k ", "i,i", "ij,j->", "aB,Bc", "bn,anm,bm->ba", "ij,jk,kl->il", "ij,ik,il->jkl",
    "ii,ij->j")


def subscripts(*equations):
    """One of the equations, with lengths drawn for its letters (some of 1 are broadcast) and for the ellipsis."""
    def draw(d):
        equation = d.choice(*equations)
        length = {c: n for c, n in zip("abcdhijklmnqB", sizes(d, 13))}
        dots = d.shape(0, 2, 3, zero=False)
        shapes = []
        for term in equation.replace(" ", "").partition("->")[0].split(","):
            letters = tuple(length[c] for c in term.replace("...", ""))
            own = dots if d.boolean() else d.broadcast(dots)
            before = term.index("...") if "..." in term else 0
            shapes.append((*letters[:before], *(own if "..." in term else ()), *letters[before:]))
        return (equation, *[d.array(s) for s in shapes]), {}

    return draw


# int64 alone of the integers: torch sums int32 into int64 on some ways through einsum, and then refuses the mixture.
row("einsum", subscripts(*TWO), dtypes=("float32", "float64", "int64"), node="ViewBackward0", rtol={"float32": 2e-5},
    id="contraction",
    errors=(
        lambda t: t.einsum("ij,jk->ik", t.ones(2, 3), t.ones(4, 4)), lambda t: t.einsum("ij->ijk", t.ones(2, 3)),
        lambda t: t.einsum("ij->ii", t.ones(2, 3)), lambda t: t.einsum("ijk", t.ones(2, 3)),
        lambda t: t.einsum("i", t.ones(2, 3)), lambda t: t.einsum("ij,jk", t.ones(2, 3)),
        lambda t: t.einsum("ij", t.ones(2, 3), t.ones(2, 3)), lambda t: t.einsum("i1", t.ones(2, 3)),
        lambda t: t.einsum("ii", t.ones(2, 3)), lambda t: t.einsum("ij..", t.ones(2, 3)),
        lambda t: t.einsum("...i...", t.ones(2, 3)), lambda t: t.einsum("ij->......", t.ones(2, 3)),
        lambda t: t.einsum("i->->", t.ones(2)), lambda t: t.einsum("i-j", t.ones(2)), lambda t: t.einsum("ij,jk"),
        lambda t: t.einsum("ij...", t.ones(2)), lambda t: t.einsum("ij,jk", t.ones(2, 3), t.ones(3, 4).long()),
        lambda t: t.einsum(t.ones(2, 3), [0, 60], t.ones(3, 4), [1, 2])))
row("einsum", subscripts("i,j->ij", "i,i->i", "ij,ij->ij", "i...,...j->i...j", ",", "ij,i->ji"), dtypes=FLOATS_AND_INTS,
    node="MulBackward0", id="product")
row("einsum", subscripts("ij->ji", "ij", "ji", "ii->i", "i...->...i", "iij->ij", "...ii->...i", "->"),
    dtypes=FLOATS_AND_INTS, node="PermuteBackward0", id="permutation")
row("einsum", subscripts("ij->", "ij->i", "ii", "b...i->b", "iij->j", "...i->...", "ij...->j", "ij->..."),
    dtypes=FLOATS_AND_INTS, node="SumBackward1", id="sum")
row("einsum", lambda d: ((d.array((2, 3, 4)), [..., 0, 1], d.array((4, 2)), [1, 2], *d.choice(([..., 0, 2],), ())), {}),
    node="ViewBackward0", id="sublists")


# ---------------------------------------------------------------- bilinear


def pairs(d, bias: bool):
    batch, (i, j, o) = d.shape(0, 2), [d.integer(1, 4) for _ in range(3)]
    given = d.array((*batch, i)), d.array((*batch, j)), d.array((o, i, j))
    return (*given, d.array((o,))) if bias else given, {}


LOOSE = {"rtol": {"float32": 2e-5}, "atol": {"float32": 2e-5}}
row("bilinear", lambda d: pairs(d, True), node="AddBackward0", **LOOSE, errors=tuple(
    (lambda t, shapes=shapes: t.bilinear(*[t.ones(s) for s in shapes])) for shapes in (
        ((2, 3), (3, 4), (5, 3, 4)), ((2, 3), (2, 2, 4), (5, 3, 4)), ((2, 6), (2, 4), (5, 3, 4)),
        ((2, 3), (2, 6), (5, 3, 4)), ((2, 3), (2, 4), (5, 3, 4), (6,)), ((2, 3), (1, 4), (5, 3, 4)))))
row("nn.functional.bilinear", lambda d: pairs(d, False), node="ViewBackward0", **LOOSE)
