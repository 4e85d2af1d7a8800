"""Products of matrices: dot, mv, mm, bmm, matmul with every broadcast, linear, addmm and its kin, tensordot.

All come down to one BLAS call wherever the memory allows it, or, on a GPU, to `product` and kernels/matmul.cu.
Derivatives of products are products, so the family is closed: mm's rules call mm.
Read next: einsum.py, which writes all of them as one string; conv.py.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.op import in_place, op
from ..autograd.promotion import same
from ..device import device_of
from ..dtype import C_NAME, CAPITAL
from ..kernels import Ladder, TensorMap, ceil_div, kernel, strided
from ..tensor import Tensor, expect_tensor, method, wrap_dim
from .create import eye
from .elementwise import twin

__all__: list[str] = [
    "addbmm", "addmm", "addmv", "addr", "baddbmm", "bmm", "dot", "ger", "inner", "matmul", "mm", "mv", "outer",
    "tensordot", "trace", "vdot",
]


def sizes_text(*shapes) -> str:
    """As torch writes shapes: 2x3 and 4x5."""
    return " and ".join("x".join(map(str, shape)) for shape in shapes)


def no_bool(x, kernel: str) -> None:
    if x.dtype.kind == "b":
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


# ---------------------------------------------------------------- x @ other, on any device

# The library is cuBLAS, through CuPy: on a real GPU it is taken unless a kernel was chosen; the simulated one has none.
MATMUL = Ladder("matmul", "naive", "tiled", "registers", "pipelined")


MATMUL_HALF = Ladder("matmul_half", "wgmma")  # float16, on Hopper alone: only if it was chosen


def product(xp, x, other):
    """x @ other, of arrays; on a GPU by the kernel that `use("matmul", ...)` chose."""
    return x @ other if xp is np else product_on_gpu(xp, x, other)


def product_on_gpu(xp, x, other):
    if MATMUL_HALF.chosen == "wgmma" and x.dtype == other.dtype == "float16" and x.ndim == other.ndim == 2:
        return half_product(xp, x, other)
    rung = MATMUL.pick("registers" if device_of(x).type == "sim" else "library")
    if rung == "library" or not x.dtype == other.dtype == "float32" or not x.size or not other.size:
        return x @ other
    if x.ndim == 1:
        return product_on_gpu(xp, x[None], other)[..., 0, :]
    if other.ndim == 1:
        return product_on_gpu(xp, x, other[:, None])[..., 0]
    batch = np.broadcast_shapes(x.shape[:-2], other.shape[:-2])
    (m, k), n = x.shape[-2:], other.shape[-1]
    (x, *x_strides), (other, *other_strides) = with_strides(xp, x, batch), with_strides(xp, other, batch)
    y = xp.empty((*batch, m, n), x.dtype)
    name, (width, height), block = geometry(rung, m, n)
    grid = ceil_div(n, width), ceil_div(m, height), math.prod(batch)
    file = "matmul_pipelined.cu" if rung == "pipelined" else "matmul.cu"
    kernel(file, name)(grid, block, (strided(x), strided(other), y, m, n, k, *x_strides, *other_strides))
    return y


def half_product(xp, x, other):
    """float16 matrices by tensor cores, summed in float32; the rows of both operands run along k, 16 bytes apart."""
    (m, k), n = x.shape, other.shape[1]
    if k % 8 or not x.size or not other.size:
        return x @ other
    maps = [TensorMap(xp.ascontiguousarray(a), (128, 64)) for a in (x, other.T)]
    y, stages = xp.empty((m, n), "float32"), 4
    grid, shared = (ceil_div(n, 128), ceil_div(m, 128)), stages * (128 + 128) * 64 * 2
    kernel("matmul_hopper.cu", f"matmul_wgmma<{stages}>")(grid, 384, (*maps, y, m, n, k), shared)
    return y.astype("float16")


def geometry(rung: str, m: int, n: int) -> tuple:
    """(kernel, columns and rows that a block computes, threads): smaller blocks where large ones would be too few."""
    if rung == "naive":
        return "matmul_naive", (32, 8), (32, 8)
    if rung == "tiled":
        return "matmul_tiled<16>", (16, 16), (16, 16)
    if m * n >= 1 << 20:
        return f"matmul_{rung}<128,128,8,8,8>", (128, 128), 256
    return f"matmul_{rung}<64,64,16,4,4>", (64, 64), 256


def with_strides(xp, x, batch: tuple) -> tuple:
    """(array, strides of a row, a column and one of the batch, in numbers); a copy if the batch has no one stride."""
    wide = xp.broadcast_to(x, (*batch, *x.shape[-2:]))
    steps = [(n, stride) for n, stride in zip(batch, wide.strides) if n > 1]
    in_line = all([a == n * b for (_, a), (n, b) in zip(steps, steps[1:])])
    if not in_line or min(wide.strides) < 0:
        wide = xp.ascontiguousarray(wide)
        steps = [(n, stride) for n, stride in zip(batch, wide.strides) if n > 1]
    last = steps[-1][1] if steps else 0
    return wide, wide.strides[-2] // wide.itemsize, wide.strides[-1] // wide.itemsize, last // wide.itemsize


# ---------------------------------------------------------------- one product


@method
@op
def dot(xp, x, tensor, /):
    """Sum of products of two vectors.    y = sum_i x_i tensor_i    gx = g * tensor    gtensor = g * x"""
    check_dot(x, tensor)
    return x @ tensor


def check_dot(x, tensor) -> None:
    """Raise torch's sentence unless both are vectors of one length and type."""
    no_bool(x, "dot")
    if x.ndim != 1 or tensor.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {x.ndim}D and {tensor.ndim}D tensors")
    if x.dtype != tensor.dtype:
        raise RuntimeError("dot : expected both vectors to have same dtype, but found "
                           f"{CAPITAL[x.dtype.name]} and {CAPITAL[tensor.dtype.name]}")
    if x.size != tensor.size:
        raise RuntimeError(f"inconsistent tensor size, expected tensor [{x.size}] and src [{tensor.size}] to have the "
                           f"same number of elements, but got {x.size} and {tensor.size} elements respectively")


dot.backward(x=lambda g, tensor: g * tensor, tensor=lambda g, x: g * x)


@method
@op
def vdot(xp, x, other, /):
    """dot, of the conjugate of x.    y = sum_i conj(x_i) other_i    gx = conj(g) * other    gother = g * x"""
    check_dot(x, other)
    return x.conj() @ other


vdot.backward(x=lambda g, other: (g * other).conj(), other=lambda g, x: g * x.conj())


@method
@op
def mv(xp, x, vec, /):
    """Matrix times vector.    y = x vec    gx = g vec^T    gvec = x^T g"""
    check_mv(x, vec)
    return product(xp, x, vec)


def check_mv(x, vec, out=None) -> None:
    """Raise torch's sentence unless x (m, n) and vec (n) have a product; `out` is what addmv adds it to."""
    no_bool(x, "addmv_impl_cpu")
    out = vec if out is None else out
    if x.ndim != 2 or vec.ndim != 1 or out.ndim > 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {out.ndim}, {x.ndim}, {vec.ndim}")
    rows = x.shape[0] if out is vec else out.size
    if x.shape[1] != vec.size or rows not in (1, x.shape[0]):
        raise RuntimeError(f"size mismatch, got input ({rows}), mat ({sizes_text(x.shape)}), vec ({vec.size})")
    if not out.dtype == x.dtype == vec.dtype:
        raise RuntimeError(f"addmv input tensors must have the same dtype, but got {CAPITAL[out.dtype.name]}, "
                           f"{CAPITAL[x.dtype.name]}, and {CAPITAL[vec.dtype.name]}")


mv.backward(x=lambda g, vec: g[:, None] * vec, vec=lambda g, x: x.mT @ g)


@method
@op(promotes="same")
def mm(xp, x, mat2, /):
    """Matrix product.    y = x mat2    gx = g mat2^T    gmat2 = x^T g"""
    if x.ndim != 2 or mat2.ndim != 2:
        raise RuntimeError(f"{'self' if x.ndim != 2 else 'mat2'} must be a matrix")
    check_mm(x.shape, mat2)
    return product(xp, x, mat2)


def check_mm(shape: tuple, mat2) -> None:
    no_bool(mat2, "addmm_impl_cpu_")
    if shape[1] != mat2.shape[0]:
        raise RuntimeError(f"mat1 and mat2 shapes cannot be multiplied ({sizes_text(shape, mat2.shape)})")


mm.backward(x=lambda g, mat2: g @ mat2.mT, mat2=lambda g, x: x.mT @ g)


@method
@op
def bmm(xp, x, mat2, /):
    """A matrix product for each of a batch.    y_b = x_b mat2_b    gx_b = g_b mat2_b^T    gmat2_b = x_b^T g_b"""
    check_bmm(x, mat2)
    return product(xp, x, mat2)


def check_bmm(x, mat2) -> None:
    for k, t in enumerate((x, mat2)):
        if t.ndim != 3:
            raise RuntimeError(f"batch{k + 1} must be a 3D tensor")
    check_stacks(x, mat2, x.shape[0], mat2.shape[0])


def check_stacks(x, mat2, batch: int, batch2: int) -> None:
    """Raise torch's sentence unless batch times x (m, n) and batch2 times mat2 (n, p) have products."""
    no_bool(x, "bmm")
    if x.dtype != mat2.dtype:
        raise RuntimeError(f"expected scalar type {CAPITAL[x.dtype.name]} but found {CAPITAL[mat2.dtype.name]}")
    if (batch, x.shape[-1]) != (batch2, mat2.shape[-2]):
        raise RuntimeError(f"Expected size for first two dimensions of batch2 tensor to be: {[batch, x.shape[-1]]} but "
                           f"got: {[batch2, mat2.shape[-2]]}.")


bmm.backward(x=lambda g, mat2: g @ mat2.mT, mat2=lambda g, x: x.mT @ g)


# ---------------------------------------------------------------- matmul


@op(promotes="same", node="SqueezeBackward4")
def vector_matrix(xp, x, other, /):
    """Vector times matrix.    y = x other    gx = other g    gother = x^T g"""
    check_mm((1, *x.shape), other)
    return product(xp, x, other)


vector_matrix.backward(x=lambda g, other: other @ g, other=lambda g, x: x[:, None] * g)


def rows(x):
    """x (..., n) as a matrix of rows."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


@op(node="UnsafeViewBackward0")
def matmul_batched(xp, x, other, /):
    """Products of stacks of matrices, whose leading dimensions broadcast; a vector is a row (left) or a column (right).

    y = x other    gx = g other^T    gother = x^T g    each summed over the dimensions it was broadcast along
    """
    if other.ndim > 2:
        check_batches(x, other)
        return product(xp, x, other)
    if other.ndim == 2:
        same(None, (x, other), xp)
        check_mm((x.size // max(x.shape[-1], 1), x.shape[-1]), other)
    else:
        check_mv(rows(x), other)
    y = product(xp, rows(x), other)  # one BLAS call, not one for each matrix
    return y.reshape(*x.shape[:-1], *other.shape[1:])


def check_batches(x, other) -> None:
    """Raise torch's sentence unless the leading dimensions broadcast and the last ones fit."""
    a, b = x.shape[:-2], other.shape[:-2]
    longest = max(len(a), len(b))
    a, b = (1,) * (longest - len(a)) + a, (1,) * (longest - len(b)) + b
    for k in reversed(range(longest)):
        if a[k] != b[k] and 1 not in (a[k], b[k]):
            raise RuntimeError(f"The size of tensor a ({a[k]}) must match the size of tensor b ({b[k]}) at "
                               f"non-singleton dimension {k}")
    batch = math.prod([q if p == 1 else p for p, q in zip(a, b)])
    check_stacks(x, other, batch, batch)


def matmul_rule(g, x, other, needs):
    gx = gother = None
    row, column = x.ndim == 1, other.ndim == 1
    x, g = (x[None], g[..., None, :]) if row else (x, g)
    other, g = (other[:, None], g[..., None]) if column else (other, g)
    if needs[0]:
        if x.ndim == 2:  # one matrix met all of `other`: a long sum of columns, not a stack of products to add
            gx = rows(g.movedim(-2, -1)).mT @ rows(other.movedim(-2, -1))
        else:
            gx = g @ other.mT
        gx = gx[0] if row else gx
    if needs[1]:
        gother = rows(x).mT @ rows(g) if other.ndim == 2 else x.mT @ g
        gother = gother[..., 0] if column else gother
    return gx, gother


matmul_batched.backward(matmul_rule)
matrix_batched = twin(matmul_batched, "CloneBackward0")  # a matrix that needs a gradient on the left


@method
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Product of vectors, matrices, stacks of them.  https://pytorch.org/docs/stable/generated/torch.matmul.html"""
    expect_tensor(other, "matmul", "other", 2)
    ranks = input.array.ndim, other.array.ndim
    if ranks in SMALL:
        return SMALL[ranks](input, other)
    if 0 in ranks:
        raise RuntimeError(f"both arguments to matmul need to be at least 1D, but they are {ranks[0]}D and {ranks[1]}D")
    return (matrix_batched if ranks[0] == 2 and input.requires_grad else matmul_batched)(input, other)


SMALL = {(1, 1): dot, (2, 1): mv, (1, 2): vector_matrix, (2, 2): mm}
Tensor.__matmul__ = lambda self, other: matmul(self, other) if isinstance(other, Tensor) else NotImplemented
Tensor.__rmatmul__ = lambda self, other: matmul(other, self) if isinstance(other, Tensor) else NotImplemented


# ---------------------------------------------------------------- linear


@op(node="AddmmBackward0")
def linear_rows(xp, x, weight, bias=None, /):
    """Every row of x through weight (out, in):    y = x weight^T + bias

    gx = g weight    gweight = g^T x, over all rows at once    gbias = sum of g over rows
    """
    check_linear(x, weight, bias)
    y = product(xp, rows(x), weight.T).reshape(*x.shape[:-1], weight.shape[0])
    if bias is not None:
        y += bias
    return y


linear_rows.backward(x=lambda g, weight: g @ weight, weight=lambda g, x: rows(g).mT @ rows(x), bias=lambda g: g)


def check_linear(x, weight, bias) -> None:
    if weight.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {weight.ndim}D")
    if bias is not None and bias.dtype != weight.dtype:
        raise RuntimeError("self and mat2 must have the same dtype, but got "
                           f"{CAPITAL[bias.dtype.name]} and {CAPITAL[weight.dtype.name]}")
    if x.dtype != weight.dtype:
        if bias is None:
            raise RuntimeError("expected m1 and m2 to have the same dtype, but got: "
                               f"{C_NAME[x.dtype.name]} != {C_NAME[weight.dtype.name]}")
        raise RuntimeError("mat1 and mat2 must have the same dtype, but got "
                           f"{CAPITAL[x.dtype.name]} and {CAPITAL[weight.dtype.name]}")
    count = math.prod(x.shape[:-1])
    check_mm((count, x.shape[-1]), weight.T)
    if bias is not None:
        check_expands(bias, (count, weight.shape[0]))


# torch's composition differs with the rank of the input and the bias; these are the names of its last node.
LINEAR_NODES = {(1, True): "ViewBackward0", (2, True): "AddmmBackward0", (3, True): "ViewBackward0",
                (1, False): "SqueezeBackward4", (2, False): "MmBackward0", (3, False): "UnsafeViewBackward0"}
LINEAR = {key: twin(linear_rows, node) for key, node in LINEAR_NODES.items()}


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y = input weight^T + bias.  https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html"""
    expect_tensor(input, "linear")
    if 0 in (input.ndim, weight.ndim):
        raise RuntimeError(f"both arguments to linear need to be at least 1D, but they are {input.ndim}D and "
                           f"{weight.ndim}D")
    if weight.ndim == 1 and bias is None:
        return matmul(input, weight)
    return LINEAR[min(input.array.ndim, 3), bias is not None](input, weight, bias)


# ---------------------------------------------------------------- a product added to something


def check_expands(x, shape: tuple) -> None:
    """Raise torch's sentence unless x can be expanded to `shape`."""
    if x.ndim > len(shape):
        raise RuntimeError(
            f"expand(minitorch.{CAPITAL[x.dtype.name]}Tensor{{{list(x.shape)}}}, size={list(shape)}): the number of "
            f"sizes provided ({len(shape)}) must be greater or equal to the number of dimensions in the tensor "
            f"({x.ndim})")
    for back in range(1, x.ndim + 1):
        if x.shape[-back] not in (1, shape[-back]):
            raise RuntimeError(
                f"The expanded size of the tensor ({shape[-back]}) must match the existing size ({x.shape[-back]}) at "
                f"non-singleton dimension {len(shape) - back}.  Target sizes: {list(shape)}.  "
                f"Tensor sizes: {list(x.shape)}")


def weighted(x, product, beta, alpha):
    """beta * x + alpha * product; beta = 0 leaves x out, even its NaN."""
    check_expands(x, product.shape)
    if x.dtype.kind in "iu":
        beta, alpha = int(beta), int(alpha)
    y = product if alpha == 1 else product * alpha
    if beta != 0:
        y += x if beta == 1 else x * beta
    return y


@method
@op
def addmm(xp, x, mat1, mat2, /, *, beta=1, alpha=1):
    """Matrix product added to x, which may broadcast.    y = beta x + alpha mat1 mat2

    gx = beta g    gmat1 = alpha g mat2^T    gmat2 = alpha mat1^T g
    """
    for name, t in (("mat1", mat1), ("mat2", mat2)):
        if t.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {t.ndim}-D tensor")
    for name, a, b in (("self", x, mat2), ("mat1", mat1, mat2)):
        if a.dtype != b.dtype:
            raise RuntimeError(f"{name} and mat2 must have the same dtype, but got "
                               f"{CAPITAL[a.dtype.name]} and {CAPITAL[b.dtype.name]}")
    check_mm(mat1.shape, mat2)
    return weighted(x, product(xp, mat1, mat2), beta, alpha)


addmm.backward(x=lambda g, beta: g * beta, mat1=lambda g, mat2, alpha: g @ mat2.mT * alpha,
               mat2=lambda g, mat1, alpha: mat1.mT @ g * alpha)


@method
@op
def addmv(xp, x, mat, vec, /, *, beta=1, alpha=1):
    """Matrix times vector added to x.    y = beta x + alpha mat vec

    gx = beta g    gmat = alpha g vec^T    gvec = alpha mat^T g
    """
    check_mv(mat, vec, x)
    return weighted(x, product(xp, mat, vec), beta, alpha)


addmv.backward(x=lambda g, beta: g * beta, mat=lambda g, vec, alpha: g[:, None] * vec * alpha,
               vec=lambda g, mat, alpha: mat.mT @ g * alpha)


@method
@op
def addr(xp, x, vec1, vec2, /, *, beta=1, alpha=1):
    """Outer product added to x.    y = beta x + alpha vec1 vec2^T

    gx = beta g    gvec1 = alpha g vec2    gvec2 = alpha g^T vec1
    """
    for k, vec in enumerate((vec1, vec2)):
        if vec.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument vec{k + 1}, but got {vec.ndim}-D")
    return weighted(x, vec1[:, None] * vec2, beta, alpha)


addr.backward(x=lambda g, beta: g * beta, vec1=lambda g, vec2, alpha: g @ vec2 * alpha,
              vec2=lambda g, vec1, alpha: g.mT @ vec1 * alpha)


def check_three(x, batch1, batch2) -> None:
    if batch1.dtype == batch2.dtype != x.dtype:
        raise RuntimeError(f"Input dtypes must be the same, got: input {C_NAME[x.dtype.name]}, batch1: "
                           f"{C_NAME[batch1.dtype.name]}, batch2: {C_NAME[batch2.dtype.name]}")


@method
@op
def baddbmm(xp, x, batch1, batch2, /, *, beta=1, alpha=1):
    """A matrix product for each of a batch, added to x.    y_b = beta x_b + alpha batch1_b batch2_b

    gx = beta g    gbatch1_b = alpha g_b batch2_b^T    gbatch2_b = alpha batch1_b^T g_b
    """
    check_three(x, batch1, batch2)
    check_bmm(batch1, batch2)
    return weighted(x, product(xp, batch1, batch2), beta, alpha)


baddbmm.backward(x=lambda g, beta: g * beta, batch1=lambda g, batch2, alpha: g @ batch2.mT * alpha,
                 batch2=lambda g, batch1, alpha: batch1.mT @ g * alpha)


@method
@op
def addbmm(xp, x, batch1, batch2, /, *, beta=1, alpha=1):
    """The sum of a batch of matrix products, added to x.    y = beta x + alpha sum_b batch1_b batch2_b

    gx = beta g    gbatch1_b = alpha g batch2_b^T    gbatch2_b = alpha batch1_b^T g
    """
    if batch1.ndim == batch2.ndim == 3 and batch1.shape[0] != batch2.shape[0]:
        raise RuntimeError("batch1 and batch2 must have same number of batches, got "
                           f"{batch1.shape[0]} and {batch2.shape[0]}")
    check_three(x, batch1, batch2)
    check_bmm(batch1, batch2)
    return weighted(x, product(xp, batch1, batch2).sum(0, dtype=x.dtype), beta, alpha)


addbmm.backward(x=lambda g, beta: g * beta, batch1=lambda g, batch2, alpha: g @ batch2.mT * alpha,
                batch2=lambda g, batch1, alpha: batch1.mT @ g * alpha)

for call in (addmm, addmv, addr, baddbmm, addbmm):
    in_place(call)


# ---------------------------------------------------------------- outer, inner, trace, tensordot


@method
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Every product of two vectors' elements.    y_ij = input_i * vec2_j"""
    for name, t in (("self", input), ("vec2", vec2)):
        if t.ndim != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {t.ndim}-D")
    return input[:, None] * vec2


ger = Tensor.ger = outer


@method
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sum of products over the last dimension of both.    y_{i..., j...} = sum_k input_{i..., k} other_{j..., k}"""
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError("inner() the last dimension must match on both input tensors but got shapes "
                           f"{list(input.shape)} and {list(other.shape)}")
    return tensordot(input, other, ([-1], [-1]))


@method
@op
def trace(xp, x, /):
    """Sum of the diagonal.    y = sum_i x_ii    gx = g I"""
    no_bool(x, "trace")
    if x.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {x.ndim}")
    return x.trace(dtype=None if x.dtype.kind in "fc" else "int64")


trace.backward(x=lambda g, x_shape: g * eye(*x_shape, dtype=g.dtype, device=g.device))


def contracted_dims(a: Tensor, b: Tensor, dims) -> tuple[list, list]:
    """Which dimension of `a` meets which of `b`, from tensordot's `dims`."""
    dims = dims.tolist() if isinstance(dims, Tensor) else dims
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        return list(range(a.ndim - dims, a.ndim)), list(range(dims))
    dims_a, dims_b = ([d] if isinstance(d, int) else list(d) for d in dims)
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    return [wrap_dim(d, a.ndim) for d in dims_a], [wrap_dim(d, b.ndim) for d in dims_b]


def tensordot(a: Tensor, b: Tensor, dims=2) -> Tensor:
    """Sum of products over pairs of dimensions.  https://pytorch.org/docs/stable/generated/torch.tensordot.html

    `dims` is two lists, or how many of a's last dimensions meet b's first. A length of 1 meets any: it is broadcast.
    """
    if a.dtype != b.dtype:
        raise RuntimeError("both inputs should have same dtype")
    dims_a, dims_b = contracted_dims(a, b, dims)
    for i, j in zip(dims_a, dims_b):
        n, m = a.shape[i], b.shape[j]
        if n != m and 1 not in (n, m):
            named = (i - a.ndim if isinstance(dims, int) else i)
            raise RuntimeError(f"contracted dimensions need to match, but first has size {n} in dim {named} and second "
                               f"has size {m} in dim {j}")
        if n != m:
            longer, d = (a, i) if m == 1 else (b, j)
            total = longer.sum(d, keepdim=True, dtype=longer.dtype)
            a, b = (total, b) if m == 1 else (a, total)
    free_a = [k for k in range(a.ndim) if k not in dims_a]
    free_b = [k for k in range(b.ndim) if k not in dims_b]
    rows_a, columns_b = [a.shape[k] for k in free_a], [b.shape[k] for k in free_b]
    summed = math.prod(a.shape[k] for k in dims_a)
    left = a.permute(free_a + dims_a).reshape(math.prod(rows_a), summed)
    right = b.permute(dims_b + free_b).reshape(summed, math.prod(columns_b))
    return mm(left, right).reshape(rows_a + columns_b)
