"""Rows of ops/join.py."""

from samples import row

ANY = ("float32", "float64", "int64", "bool")


def alike_but_one(d):
    """Arrays that agree in all lengths but the one along `dim`."""
    shape = d.shape(1)
    dim = d.dim(len(shape))
    arrays = []
    for _ in range(d.integer(1, 3)):
        own = list(shape)
        own[dim] = d.integer(0, 3)
        arrays.append(d.array(tuple(own)))
    return (arrays, dim), {}


def alike(least=0, count=3):
    def draw(d):
        shape = d.shape(least)
        return ([d.array(shape) for _ in range(d.integer(1, count))],), {}

    return draw


row("cat", alike_but_one, dtypes=ANY, node="CatBackward0",
    errors=(lambda t: t.cat([]), lambda t: t.cat([t.ones(2), t.tensor(1.0)]), lambda t: t.cat([t.ones(2, 3),
    t.ones(2)]),
            lambda t: t.cat([t.ones(2, 3), t.ones(2, 4)])))
row("stack", lambda d: (lambda a: ((a[0][0], d.dim(a[0][0][0].ndim + 1)), {}))(alike()(d)), dtypes=ANY,
    node="StackBackward0", errors=(lambda t: t.stack([]), lambda t: t.stack([t.ones(2), t.ones(3)])))
for name in ("hstack", "vstack", "dstack", "column_stack"):
    row(name, alike(), dtypes=ANY)
row("split", lambda d: (lambda x: ((x, d.integer(1, 3), d.dim(x.ndim)), {}))(d.array(d.shape(1))), dtypes=ANY,
    method=True,
    node="SplitBackward0", errors=(lambda t: t.ones(2).split(0), lambda t: t.ones(2).split(-1)))
row("split", lambda d: ((d.array((5, 2)), d.choice([1, 4], [2, 0, 3], [5])), {}), node="SplitWithSizesBackward0",
    id="sizes",
    errors=(lambda t: t.ones(2).split([1, 2]), lambda t: t.ones(2).split([3, -1])))
row("chunk", lambda d: (lambda x: ((x, d.integer(1, 4), d.dim(x.ndim)), {}))(d.array(d.shape(1, zero=False))),
    dtypes=ANY,
    method=True, errors=(lambda t: t.ones(2).chunk(0), lambda t: t.tensor(1.0).chunk(2)))
row("tensor_split", lambda d: ((d.array((5, 2)), d.choice(2, 3, 7, [1, 3], [-2])), {}), method=True,
    node="SliceBackward0")
row("meshgrid", lambda d: (tuple(d.array((d.integer(1, 3),)) for _ in range(d.integer(1, 3))),
                           {"indexing": d.choice("ij", "xy")}))


def padded(mode, most):
    def draw(d):
        padded_dims = d.integer(1, 2)  # torch pads the last dimension of 2 or 3, the last two of 3 or 4
        x = d.array((2, 3, 4, 5)[3 - padded_dims - d.integer(0, 1):])
        return (x, [d.integer(0, most) for _ in range(2 * padded_dims)]), {"mode": mode}

    return draw


row("nn.functional.pad", lambda d: ((d.array((2, 3, 4)), [d.integer(-1, 2) for _ in range(2 * d.integer(1, 3))]),
                                    {"value": d.choice(None, 1.5)}), node="ConstantPadNdBackward0", dtypes=("float32",
                                    "float64"),
    errors=(lambda t: t.nn.functional.pad(t.ones(2, 2), (1,)),))
row("nn.functional.pad", lambda d: ((d.array((2, 3, 4), dtype="int64"), [1, 2]), {}), grad=(), id="integers")
for mode, most in (("reflect", 2), ("replicate", 3), ("circular", 3)):
    row("nn.functional.pad", padded(mode, most), id=mode, same_node=False)
