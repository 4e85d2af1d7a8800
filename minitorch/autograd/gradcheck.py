"""Formulas against finite differences: `gradcheck` and, of the gradients themselves, `gradgradcheck`.

    numerical   J[i, j] = (f_j(x + eps e_i) - f_j(x - eps e_i)) / (2 eps)
    analytical  J[:, j] = vjp of the j-th unit vector

Inputs should be float64: in float32 the difference quotient has no digits left.
https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
"""

from __future__ import annotations

import warnings

import numpy as np

from ..tensor import Tensor, wrap
from .engine import as_tuple, grad
from .grad_mode import enable_grad, no_grad


class GradcheckError(RuntimeError):
    """A gradient that does not agree with its finite difference."""


def differentiable(values) -> list:
    """The tensors among `values` that require grad."""
    return [v for v in as_tuple(values) if isinstance(v, Tensor) and v.requires_grad]


def numerical_jacobians(func, inputs: tuple, x: Tensor, eps: float) -> list:
    """d outputs / d x by central differences: per output, a matrix (x.numel, output.numel)."""
    with no_grad():
        count = len([y for y in as_tuple(func(*inputs)) if isinstance(y, Tensor)])
        columns = [[] for _ in range(count)]
        array = x.array
        if array.size == 0:
            return [np.zeros((0, 0))] * count
        for index in np.ndindex(array.shape):
            before = array[index].item()
            array[index] = before + eps
            above = [y.array.copy() for y in as_tuple(func(*inputs))]
            array[index] = before - eps
            below = [y.array.copy() for y in as_tuple(func(*inputs))]
            array[index] = before
            for column, a, b in zip(columns, above, below):
                column.append(((a.astype(float) - b.astype(float)) / (2 * eps)).ravel())
    return [np.array(c) for c in columns]


def analytical_jacobian(y: Tensor, x: Tensor) -> np.ndarray:
    """d y / d x by one backward per element of y."""
    if x.array.size == 0:
        return np.zeros((0, 0))
    rows = np.zeros((y.array.size, x.array.size))
    for j in range(y.array.size):
        unit = np.zeros(y.array.size, y.array.dtype)
        unit[j] = 1
        g, = grad(y, x, wrap(unit.reshape(y.array.shape)), retain_graph=True, allow_unused=True)
        if g is not None:
            rows[j] = g.array.ravel()
    return rows.T


def gradcheck(func, inputs, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
              nondet_tol: float = 0.0) -> bool:
    """Whether the gradients of func(*inputs) agree with finite differences, for every input that requires grad.

    |analytical - numerical| <= atol + rtol * |numerical|; two backward passes may differ by `nondet_tol`.
    Raises GradcheckError where they disagree, or returns False without `raise_exception`.
    """
    inputs = as_tuple(inputs)
    try:
        check(func, inputs, eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def check(func, inputs: tuple, eps: float, atol: float, rtol: float, nondet_tol: float) -> None:
    wanted = differentiable(inputs)
    if not wanted:
        raise ValueError("gradcheck expects at least one input tensor to require gradient, but none of the them have "
                         "requires_grad=True.")
    if any(x.array.dtype != np.float64 for x in wanted):
        warnings.warn("Input of gradcheck is not of type float64: finite differences will be too coarse.", stacklevel=3)
    with enable_grad():
        outputs = [y for y in as_tuple(func(*inputs)) if isinstance(y, Tensor)]
    for x in wanted:
        for k, (y, numerical) in enumerate(zip(outputs, numerical_jacobians(func, inputs, x, eps))):
            if not y.requires_grad:
                if np.any(np.abs(numerical) > atol):
                    raise GradcheckError(f"Numerical gradient for output {k} is not zero, but the output does not "
                                         "require grad")
                continue
            analytical, again = analytical_jacobian(y, x), analytical_jacobian(y, x)
            if np.any(np.abs(analytical - again) > nondet_tol):
                raise GradcheckError("Backward is not reentrant, i.e., running backward with same input and "
                                     "grad_output multiple times gives different values, although analytical gradient "
                                     "matches numerical gradient.")
            if not np.allclose(analytical, numerical, rtol=rtol, atol=atol):
                which = [t is x for t in inputs].index(True)
                raise GradcheckError(f"Jacobian mismatch for output {k} with respect to input {which},\n"
                                     f"numerical:{numerical}\nanalytical:{analytical}\n")


def gradgradcheck(func, inputs, grad_outputs=None, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
                  raise_exception: bool = True, nondet_tol: float = 0.0) -> bool:
    """gradcheck of the gradients of func: that its formulas can be differentiated again.

    `grad_outputs` are the cotangents, by default random numbers of a fixed seed.
    """
    inputs = as_tuple(inputs)
    with enable_grad():
        outputs = differentiable(func(*inputs))
    if grad_outputs is None:
        draw = np.random.default_rng(0)
        values = [draw.standard_normal(y.array.shape).astype(y.array.dtype) for y in outputs]
        grad_outputs = tuple([wrap(v).requires_grad_() for v in values])
    else:
        grad_outputs = as_tuple(grad_outputs)

    def gradients(*args):
        given, cotangents = args[: len(inputs)], args[len(inputs):]
        with enable_grad():
            found = grad(differentiable(func(*given)), differentiable(given), cotangents, create_graph=True,
                         allow_unused=True)
        return tuple([g for g in found if g is not None])

    return gradcheck(gradients, (*inputs, *grad_outputs), eps=eps, atol=atol, rtol=rtol,
                     raise_exception=raise_exception, nondet_tol=nondet_tol)
