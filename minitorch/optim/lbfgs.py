"""L-BFGS (Liu & Nocedal 1989, https://doi.org/10.1007/BF01589116), with a line search for the strong Wolfe conditions.

Nocedal & Wright, Numerical Optimization (2006): algorithms 7.4 (two loops), 3.5 and 3.6 (line search).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..autograd.grad_mode import enable_grad, no_grad
from ..ops.create import zeros_like
from ..ops.join import cat
from ..tensor import Tensor, wrap
from .elementwise import check, parts, scalar
from .optimizer import Optimizer, ParamsT

KEPT = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class LBFGS(Optimizer):
    """Newton's method for all parameters as one vector x, with an inverse Hessian guessed from the last steps.

    s_i, y_i = the last differences of x, and of its gradient g        rho_i = 1 / (y_i . s_i)
    d = -H g        by two loops over the s_i, y_i (`direction`); H is at first (y . s) / (y . y)
    x = x + t d     t = lr, or what the line search finds

    One `step` makes up to max_iter such iterations and calls the closure up to max_eval times.
    https://pytorch.org/docs/stable/generated/torch.optim.LBFGS.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 1, max_iter: int = 20, max_eval: int | None = None,
                 tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
                 line_search_fn: str | None = None):
        check("learning rate", lr)
        max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        super().__init__(params, dict(lr=lr, max_iter=max_iter, max_eval=max_eval, tolerance_grad=tolerance_grad,
                                      tolerance_change=tolerance_change, history_size=history_size,
                                      line_search_fn=line_search_fn))
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]

    @no_grad()
    def step(self, closure: Callable[[], float]) -> float:
        """Change the parameters; `closure` computes the loss and its gradients anew. The first loss is returned."""
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        with enable_grad():
            first = closure()
        state["func_evals"] += 1
        g = self._gradient()
        if g.abs().max() <= self.param_groups[0]["tolerance_grad"]:
            return first
        kept = {name: state.get(name) for name in KEPT}
        self._iterate(closure, state, kept, float(first), g)
        state.update(kept)
        return first

    def _iterate(self, closure: Callable, state: dict, kept: dict, loss: float, g: Tensor) -> None:
        group = self.param_groups[0]
        lr, enough, evaluations = scalar(group["lr"]), group["tolerance_change"], 1
        for n in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            d = direction(state, kept, g, group["history_size"])
            t = min(1.0, 1.0 / g.abs().sum()) * lr if state["n_iter"] == 1 else lr
            kept.update(d=d, t=t, prev_flat_grad=g, prev_loss=loss)
            slope = g.dot(d)
            if slope > -enough:
                break
            calls = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                found, calls = strong_wolfe(self._along(d, closure), Point(0, loss, g, slope), t, d.abs().max(),
                                            group["max_eval"] - evaluations)
                loss, g, t = found.f, found.g, found.t
                kept["t"] = t
            self._move(t, d)
            if group["line_search_fn"] is None and n < group["max_iter"]:
                loss, g, calls = self._loss(closure), self._gradient(), 1
            evaluations += calls
            state["func_evals"] += calls
            if (evaluations >= group["max_eval"] or g.abs().max() <= group["tolerance_grad"]
                    or (d * t).abs().max() <= enough or abs(loss - kept["prev_loss"]) < enough):
                break

    def _along(self, d: Tensor, closure: Callable) -> Callable[[float], Point]:
        """The loss, its gradient and its slope along d, as a function of how far to go."""
        x = [p.clone() for p in self._params]

        def at(t) -> Point:
            self._move(t, d)
            loss, g = self._loss(closure), self._gradient()
            for p, value in zip(self._params, x):
                p.copy_(value)
            return Point(t, loss, g, g.dot(d))
        return at

    def _loss(self, closure: Callable) -> float:
        with enable_grad():
            return float(closure())

    def _gradient(self) -> Tensor:
        """The gradients of all parameters as one vector; a complex number counts as two."""
        return cat([real(zeros_like(p) if p.grad is None else p.grad).reshape(-1) for p in self._params])

    def _move(self, t, d: Tensor) -> None:
        """x = x + t d"""
        offset = 0
        for p in self._params:
            x = real(p)
            x.add_(d[offset:offset + x.numel()].reshape(x.shape), alpha=float(t))
            offset += x.numel()


def real(t: Tensor) -> Tensor:
    """A complex tensor as its real and imaginary parts, in the same memory."""
    if not t.is_complex():
        return t
    x = wrap(parts(t.array))
    x.version = t.version
    return x


def direction(state: dict, kept: dict, g: Tensor, history: int) -> Tensor:
    """-H g; the last step and the change of the gradient it made are added to the history first."""
    if state["n_iter"] == 1:
        kept.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
        return -g
    y, s = g - kept["prev_flat_grad"], kept["d"] * kept["t"]
    ys = y.dot(s)
    if ys > 1e-10:  # else H would not stay positive
        for name, value in dict(old_dirs=y, old_stps=s, ro=1.0 / ys).items():
            kept[name][:] = [*kept[name], value][-history:]
        kept["H_diag"] = ys / y.dot(y)
    al = state.setdefault("al", [None] * history)
    pairs, q = list(enumerate(zip(kept["old_dirs"], kept["old_stps"], kept["ro"]))), -g
    for i, (y, s, ro) in reversed(pairs):
        al[i] = s.dot(q) * ro
        q = q - al[i] * y
    q = q * kept["H_diag"]
    for i, (y, s, ro) in pairs:
        q = q + (al[i] - y.dot(q) * ro) * s
    return q


# ---------------------------------------------------------------- line search


class Point(NamedTuple):
    """A place on the line x + t d: how far, the loss, its gradient, and its slope along d."""

    t: float
    f: float
    g: Tensor
    slope: Tensor


FALL, FLATTEN = 1e-4, 0.9  # c1 and c2: a step must bring so much of the fall hoped for, and leave so much less slope
NEAR = 1e-9                # a bracket is not made smaller than that


def strong_wolfe(at: Callable, start: Point, t, longest: Tensor, most: int) -> tuple[Point, int]:
    """A point with  f <= f_0 + c1 t slope_0  and  |slope| <= c2 |slope_0|, and how many points were looked at.

    longest: the largest step of one parameter for t = 1; most: how many points to look at.
    """
    too_high = lambda x: x.f > start.f + FALL * x.t * start.slope
    flat = lambda x: abs(x.slope) <= -FLATTEN * start.slope
    before, x, n = start, at(t), 0
    while n < most:  # go on until a minimum lies between the last two points
        if too_high(x) or (n > 1 and x.f >= before.f):
            break
        if flat(x):
            return x, n + 1
        if x.slope >= 0:
            break
        before, x = x, at(cubic_minimum(before, x, x.t + 0.01 * (x.t - before.t), x.t * 10))
        n += 1
    else:
        before = start
    return zoom(at, [before, x], too_high, flat, longest, n, most)


def zoom(at: Callable, bracket: list[Point], too_high: Callable, flat: Callable, longest: Tensor, n: int,
         most: int) -> tuple[Point, int]:
    """Narrow a bracket around a minimum, until a point in it is low and flat enough."""
    low = int(bracket[0].f > bracket[1].f)
    stuck, done = False, False
    while not done and n < most:
        left, right = sorted((bracket[0].t, bracket[1].t))
        if (right - left) * longest < NEAR:
            break
        t = cubic_minimum(*bracket, left, right)
        margin = 0.1 * (right - left)
        near_end = min(right - t, t - left) < margin
        if near_end and (stuck or t >= right or t <= left):  # twice near an end: away from it
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            near_end = False
        stuck = near_end
        x = at(t)
        n += 1
        if too_high(x) or x.f >= bracket[low].f:
            bracket[1 - low] = x
            low = int(bracket[0].f > bracket[1].f)
        else:
            done = bool(flat(x))
            if not done and x.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
                bracket[1 - low] = bracket[low]
            bracket[low] = x
    return bracket[low], n + 1


def cubic_minimum(a: Point, b: Point, lowest, highest):
    """Where the cubic through two points, with their slopes, is smallest; the middle if nowhere."""
    a, b = sorted((a, b), key=lambda x: x.t)
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (lowest + highest) / 2.0
    d2 = square.sqrt()
    return min(max(b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)), lowest), highest)
