"""Rows of ops/shape.py."""

from samples import row

ANY = ("float32", "float64", "int64", "bool")


def shaped(d, least=0, most=4):
    return d.array(d.shape(least, most))


def reshaped(d):
    x = shaped(d, 1)
    target = (x.size,) if d.boolean() else x.shape[::-1]
    return (x, target), {}


row("reshape", reshaped, dtypes=ANY, errors=(lambda t: t.ones(2, 3).reshape(4), lambda t: t.ones(2).reshape(-1, -1),
                                             lambda t: t.ones(2).reshape(-2)))
row("Tensor.view", reshaped, dtypes=ANY, node="ViewBackward0", id="order",
    errors=(lambda t: t.ones(2, 3).t().view(6), lambda t: t.ones(2, 3).view(5)))
row("Tensor.view_as", lambda d: (lambda x: ((x, d.array((x.size,))), {}))(shaped(d, 1)), grad=(0,),
    node="ViewBackward0")
row("Tensor.reshape_as", lambda d: (lambda x: ((x, d.array((x.size,))), {}))(shaped(d, 1)), grad=(0,))
row("flatten", lambda d: ((shaped(d),), {}), dtypes=ANY, method=True)
row("flatten", lambda d: ((shaped(d, 3), 1, -1), {}), id="dims",
    errors=(lambda t: t.ones(2, 3).flatten(1, 0), lambda t: t.ones(2, 3).flatten(2)))
row("unflatten", lambda d: ((d.array((3, 6, 2)), d.choice(1, -2), d.choice((2, 3), (-1, 2), (6,))), {}), method=True,
    node="ViewBackward0", errors=(lambda t: t.ones(2, 3).unflatten(1, (2, 2)),))
row("ravel", lambda d: ((shaped(d),), {}), dtypes=ANY, method=True)
row("Tensor.contiguous", lambda d: ((shaped(d),), {}), dtypes=ANY)
row("transpose", lambda d: (lambda x: ((x, d.dim(x.ndim), d.dim(x.ndim)), {}))(shaped(d)), dtypes=ANY, method=True,
    node="TransposeBackward0", errors=(lambda t: t.ones(2, 3).transpose(0, 2),))
row("permute", lambda d: (lambda x: ((x, tuple(int(k) for k in d.rng.permutation(x.ndim))), {}))(shaped(d)), dtypes=ANY,
    errors=(lambda t: t.ones(2, 3).permute(0), lambda t: t.ones(2, 3).permute(0, 0)))
row("movedim", lambda d: ((shaped(d, 2), d.choice(0, -1), d.choice(0, 1)), {}), method=True, node="PermuteBackward0")
row("movedim", lambda d: ((shaped(d, 3), (0, 2), (1, 0)), {}), id="several")
row("t", lambda d: ((shaped(d, 0, 2),), {}), dtypes=ANY, method=True, node="TBackward0", errors=(lambda t: t.ones(2,
    3, 4).t(),))
row("adjoint", lambda d: ((shaped(d, 2),), {}), method=True, node="TransposeBackward0")
row("unsqueeze", lambda d: (lambda x: ((x, d.dim(x.ndim + 1)), {}))(shaped(d)), dtypes=ANY, method=True,
    node="UnsqueezeBackward0", errors=(lambda t: t.ones(2).unsqueeze(3),))
row("squeeze", lambda d: ((d.array(d.choice((1, 2, 1), (2, 3), (1,), (), (0, 1))),), {}), dtypes=ANY, method=True,
    node="SqueezeBackward0")
row("squeeze", lambda d: ((d.array((1, 2, 1)), d.dim(3)), {}), node="SqueezeBackward1", id="dim",
    errors=(lambda t: t.ones(2).squeeze(2),))
row("squeeze", lambda d: ((d.array((1, 2, 1)), d.choice((0, 2), (0,), (0, 1))), {}), node="SqueezeBackward2", id="dims")


def expanded(d):
    target = d.shape(1)
    x = d.array(d.broadcast(target))
    return (x, target), {}


row("Tensor.expand", expanded, dtypes=ANY, node="ExpandBackward0",
    errors=(lambda t: t.ones(2, 3).expand(3, 3), lambda t: t.ones(2, 3).expand(3), lambda t: t.ones(3).expand(-1, 3)))
row("Tensor.expand_as", lambda d: (lambda x, shape: ((x, d.array(shape)), {}))(*expanded(d)[0]), grad=(0,),
    node="ExpandBackward0")
row("broadcast_to", expanded, node="ExpandBackward0", method=True)
row("broadcast_tensors", lambda d: d.pair(), errors=(lambda t: t.broadcast_tensors(t.ones(2), t.ones(3)),))
row("select", lambda d: (lambda x, k: ((x, k, d.choice(0, -1)), {}))(d.array(d.shape(1, zero=False)), 0), dtypes=ANY,
    method=True, node="SelectBackward0", errors=(lambda t: t.ones(2).select(0, 2), lambda t: t.ones(2).select(1, 0)))
row("narrow", lambda d: ((d.array((4, 3)), d.choice(0, -2), d.integer(0, 2), d.integer(0, 2)), {}), method=True,
    node="SliceBackward0", errors=(lambda t: t.ones(2).narrow(0, 1, 2), lambda t: t.ones(2).narrow(0, 0, -1)))
row("unbind", lambda d: (lambda x: ((x, d.dim(x.ndim)), {}))(d.array(d.shape(1, zero=False))), dtypes=ANY, method=True,
    node="UnbindBackward0")
row("diagonal", lambda d: ((d.array((3, 4)), d.integer(-2, 3)), {}), dtypes=ANY, method=True, node="DiagonalBackward0",
    errors=(lambda t: t.ones(2, 2).diagonal(0, 1, 1),))
row("diagonal", lambda d: ((d.array((3, 2, 4)), d.integer(-1, 2), 0, -1), {}), id="batch")
row("flip", lambda d: (lambda x: ((x, d.dims(x.ndim)), {}))(shaped(d, 1)), dtypes=ANY, method=True,
    node="FlipBackward0")
row("fliplr", lambda d: ((shaped(d, 2),), {}), method=True, node="FlipBackward0",
    errors=(lambda t: t.ones(2).fliplr(),))
row("flipud", lambda d: ((shaped(d, 1),), {}), method=True, node="FlipBackward0")
row("roll", lambda d: (lambda x: ((x, d.integer(-3, 3), d.dim(x.ndim)), {}))(shaped(d, 1)), dtypes=ANY, method=True,
    node="RollBackward0")
row("roll", lambda d: ((d.array((3, 4)), (1, -2), (0, 1)), {}), id="dims", errors=(lambda t: t.ones(2).roll((1, 2),
    0),))
row("roll", lambda d: ((shaped(d, 1), d.integer(-3, 3)), {}), id="flat")
row("Tensor.repeat", lambda d: ((d.array(d.choice((2, 3), (1, 3), (3, 1))), d.choice((2, 1), (2, 3, 1), (1, 2, 2))),
                                {}),
    dtypes=ANY, node="RepeatBackward0", errors=(lambda t: t.ones(2, 3).repeat(2),))
row("tile", lambda d: ((d.array((2, 3)), d.choice((2,), (1, 2), (2, 1, 2))), {}), method=True, node="RepeatBackward0")
row("repeat_interleave", lambda d: (lambda x: ((x, d.integer(0, 3), d.dim(x.ndim)), {}))(shaped(d, 1)), dtypes=ANY,
    method=True)
row("repeat_interleave", lambda d: ((d.array((3, 2)), d.array((3,), 0, 3, dtype="int64"), 0), {}), id="counts")
row("repeat_interleave", lambda d: ((shaped(d, 1), d.integer(0, 2)), {}), id="flat")
for name in ("tril", "triu"):
    row(name, lambda d: ((shaped(d, 2), d.integer(-2, 2)), {}), dtypes=ANY, method=True, in_place=True,
        node=name.capitalize() + "Backward0", errors=(lambda t, name=name: getattr(t.ones(2), name)(),))
