"""softmax and its relatives: from any scores to positive numbers that sum to one.

    softmax        y_i = exp(x_i) / sum_j exp(x_j)
    log_softmax    y_i = x_i - log sum_j exp(x_j)
    softmin        softmax of -x

Each is written several times below: the `@op` computes y on a NumPy (or CuPy) array; `.backward` says what the
gradient g of y becomes as the gradient of x, in the language of tensors, so that it can itself be differentiated;
`.fused_backward` says the same in array terms with fewer temporaries, for the backward passes that nobody
differentiates; `.cuda` and `.cuda_backward` launch the kernels of kernels/softmax.cu. Under them stand the functions
that a user calls, which check and choose `dim`.
Read next: loss.py, where log_softmax becomes cross_entropy; autograd/op.py for how `@op` does it.
"""

from __future__ import annotations

import warnings

from ..autograd.op import op
from ..dtype import CAPITAL
from ..kernels import TEAMS, Ladder, as_rows, best_team, by_team, from_rows, kernel
from ..tensor import Tensor, expect_tensor, method, wrap_dim

__all__: list[str] = ["log_softmax", "softmax"]

# ---------------------------------------------------------------- the operations


@op(node="SoftmaxBackward0")
def softmax_along(xp, x, /, dim):
    """Exponentials along `dim`, scaled to sum to one.

    y_i  = exp(x_i - m) / sum_j exp(x_j - m)        m = max_j x_j cancels, and keeps exp from overflowing
    gx_i = y_i * (g_i - sum_j g_j y_j)              since dy_i / dx_j = y_i * ((i == j) - y_j)
    """
    e = shifted(xp, x, dim)
    xp.exp(e, out=e)  # into the memory that is there: on large arrays, making memory costs as much as exp
    e /= e.sum(axis=dim, keepdims=True)
    return e.astype(x.dtype, copy=False)


softmax_along.backward(x=lambda g, y, dim: y * (g - (g * y).sum(dim, keepdim=True)))


@softmax_along.fused_backward
def softmax_fused_backward(xp, g, y, dim):
    gx = xp.empty_like(y)  # one array for all that follows
    xp.multiply(g, y, out=gx)
    total = gx.sum(axis=dim, keepdims=True)
    xp.subtract(g, total, out=gx)
    gx *= y
    return gx,


@op(node="LogSoftmaxBackward0")
def log_softmax_along(xp, x, /, dim):
    """The logarithm of softmax, exact also where softmax itself would round to 0.

    y_i  = x_i - m - log sum_j exp(x_j - m)         m = max_j x_j
    gx_i = g_i - exp(y_i) * sum_j g_j               since dy_i / dx_j = (i == j) - exp(y_j)
    """
    y = shifted(xp, x, dim)
    y -= xp.log(xp.exp(y).sum(axis=dim, keepdims=True))
    return y.astype(x.dtype, copy=False)


log_softmax_along.backward(x=lambda g, y, dim: g - y.exp() * g.sum(dim, keepdim=True))


@log_softmax_along.fused_backward
def log_softmax_fused_backward(xp, g, y, dim):
    gx = xp.empty_like(y)
    xp.exp(y, out=gx)
    gx *= g.sum(axis=dim, keepdims=True)
    xp.subtract(g, gx, out=gx)
    return gx,


# ---------------------------------------------------------------- the same on a GPU

SOFTMAX = Ladder("softmax", *TEAMS)


def launch(name: str, logarithm: bool, xp, arrays: tuple, dim: int):
    """A kernel of softmax.cu on arrays of one shape, along `dim`; gives a new array."""
    (first, shape), *others = (as_rows(xp, a, dim) for a in arrays)
    rows, columns = first.shape
    team, y = SOFTMAX.pick(best_team(columns)), xp.empty_like(first)
    run = kernel("softmax.cu", f"{name}<{team.capitalize()}, {str(logarithm).lower()}>")
    run(*by_team(team, rows, columns), (first, *[a for a, _ in others], y, rows, columns))
    return from_rows(xp, y, shape, dim).reshape(arrays[0].shape)


def served(x) -> bool:
    """Whether there is a kernel for such an array."""
    return SOFTMAX.used and x.dtype == "float32" and x.size > 0


def forward_on_gpu(call, logarithm: bool):
    @call.cuda
    def body(xp, x, dim):
        return launch("softmax", logarithm, xp, (x,), dim) if served(x) else call.op.body(xp, x, dim)

    fused = call.op.fused

    @call.cuda_backward
    def backward(xp, g, y, dim):
        if not served(y) or g.dtype != y.dtype:
            return fused(xp, g, y, dim)
        return launch("softmax_backward", logarithm, xp, (g, y), dim),


forward_on_gpu(softmax_along, False)
forward_on_gpu(log_softmax_along, True)


def shifted(xp, x, dim):
    """x - max x along `dim`, a new array; float16 becomes float32, in which the rest is computed.

    A row of -inf gives NaN, as in torch: no number stands out among them.
    """
    if x.size == 0:  # nothing has no maximum
        return x.copy()
    return xp.subtract(x, x.max(axis=dim, keepdims=True), dtype="float32" if x.dtype == "float16" else x.dtype)


# ---------------------------------------------------------------- what a user calls


@method
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype=None) -> Tensor:
    """exp(input) scaled to sum to one along `dim`; computed in `dtype` if that is given.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html
    """
    return softmax_along(*prepared("softmax", input, dim, _stacklevel, dtype))


@method
def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype=None) -> Tensor:
    """log(softmax(input)) along `dim`; computed in `dtype` if that is given.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
    """
    return log_softmax_along(*prepared("log_softmax", input, dim, _stacklevel, dtype))


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype=None) -> Tensor:
    """softmax(-input).  https://pytorch.org/docs/stable/generated/torch.nn.functional.softmin.html"""
    return softmax_along(*prepared("softmin", -input, dim, _stacklevel, dtype))


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A choice along `dim`, drawn with the probabilities softmax(logits), in a form that has a gradient.

    y = softmax((logits + n) / tau), n Gumbel noise; `hard`: 1 at its maximum and 0 elsewhere, with the gradient of y.
    https://arxiv.org/abs/1611.01144    https://pytorch.org/docs/stable/generated/torch.nn.functional.gumbel_softmax.html
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = -logits.new_empty(logits.shape).exponential_().log()
    y = ((logits + noise) / tau).softmax(dim)
    if not hard:
        return y
    at = y.max(dim, keepdim=True)[1]
    return logits.new_zeros(logits.shape).scatter_(dim, at, 1.0) - y.detach() + y


def prepared(name: str, input: Tensor, dim: int | None, stacklevel, dtype) -> tuple:
    """(input in `dtype`, dim), or torch's refusal."""
    expect_tensor(input, name)
    if not isinstance(stacklevel, int):  # torch.softmax, unlike nn.functional's, has its dtype in this place
        stacklevel, dtype = 3, stacklevel
    if dim is None:
        warnings.warn(f"Implicit dimension choice for {name} has been deprecated. Change the call to include dim=X "
                      "as an argument.", UserWarning, stacklevel=stacklevel)
        dim = 0 if input.ndim in (0, 1, 3) else 1
    if dtype is not None:
        input = input.to(dtype)
    if input.array.dtype.kind not in "fc":
        kernel = name + ("_lastdim" if wrap_dim(dim, input.ndim) >= input.ndim - 1 else "") + "_kernel_impl"
        raise NotImplementedError(f'"{kernel}" not implemented for \'{CAPITAL[input.array.dtype.name]}\'')
    return input, dim
