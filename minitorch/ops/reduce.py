from ..autograd.op import op
from ..tensor import Tensor, method


@op(node="SumBackward1")
def sum_dims(xp, x, /, dim, keepdim):
    return x.sum(axis=dim, keepdims=keepdim, dtype="int64" if x.dtype.kind in "bui" else None)


def keep(g, x_shape, dim):
    """`g` with the reduced dimensions back as length 1."""
    dims = range(len(x_shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    return g.reshape(tuple(1 if i in dims else n for i, n in enumerate(x_shape)))


sum_dims.backward(x=lambda g, x_shape, dim: keep(g, x_shape, dim).expand(x_shape))


@method
def sum(input, dim=None, keepdim=False):
    return sum_dims(input, dim, keepdim)
