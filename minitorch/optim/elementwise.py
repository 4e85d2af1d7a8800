"""What the optimizers that treat every number of a parameter alike have in common.

    start      the state of a parameter before its first step
    update     one step of one parameter: plain numbers first, then the method's formula over `self.blocks(...)`

Inside the loop over blocks the letters are arrays, and a formula stands as in its paper. Two things make that fast:
nothing is recorded, so there is no need of Tensors, and a block is so short that its temporaries stay in the
processor's cache. benchmarks/cpu_ops.py sets Adam beside torch's.
https://pytorch.org/docs/stable/optim.html        Read next: sgd.py, adam.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..autograd.view import bump
from ..dtype import float32, float64, get_default_dtype
from ..ops.create import tensor
from ..tensor import Tensor, ndarray
from .optimizer import Optimizer, ParamsT

BLOCK = 65536  # elements

NOT_NEGATIVE = {"lr": "learning rate", "eps": "epsilon value", "momentum": "momentum value",
                "weight_decay": "weight_decay value", "lr_decay": "lr_decay value",
                "momentum_decay": "momentum_decay value",
                "initial_accumulator_value": "initial_accumulator_value value"}


class ElementwiseOptimizer(Optimizer):
    """Base class of the methods whose step of one number needs that number's gradient and state only."""

    added: dict = dict(foreach=None, maximize=False, differentiable=False, capturable=False)
    """Settings that checkpoints of older versions lack, and what they were then."""

    def __init__(self, params: ParamsT, defaults: dict):
        for name in ("capturable", "differentiable"):  # named, never ignored
            if defaults.get(name):
                raise NotImplementedError(f"optim: {name}=True")
        for name, value in defaults.items():
            if name in NOT_NEGATIVE:
                check(NOT_NEGATIVE[name], value)
        for k, beta in enumerate(defaults.get("betas", ())):
            check(f"beta parameter at index {k}", beta, below=1.0)
        # foreach and fused choose among implementations of the same numbers: they are accepted, and change nothing
        if defaults.get("fused") and defaults["foreach"]:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
        super().__init__(params, defaults)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for name, value in self.added.items():
                group.setdefault(name, value)
            for mine in (self.state[p] for p in group["params"] if p in self.state):
                for name, value in mine.items():  # what is a tensor now was once a plain number
                    if isinstance(value, (int, float)):
                        mine[name] = number(value, group.get("fused"))

    def start(self, p: Tensor, group: dict) -> dict:
        """The state of a parameter before its first step."""
        raise NotImplementedError

    def next_step(self, param: Tensor, group: dict) -> tuple[dict, float]:
        """The state of a parameter, and the number of the step that begins: 1, 2, ..."""
        state = self.state[param]
        if not state:
            state.update(self.start(param, group))
        step = state["step"]
        step.array += 1
        bump(step)
        return state, step.item()

    def blocks(self, param: Tensor, group: dict, *state: Tensor | None) -> Iterator[list]:
        """[p, g, *state] as arrays to be changed in place, a block at a time; None stays None.

        g comes as the formulas want it: downhill (maximize: turned round), and with weight decay in it (if decoupled,
        p has been decayed instead).
        """
        tensors = (param, param._grad, *state)
        for t in (param, *state):
            if t is not None:
                bump(t)
        decay, maximize = scalar(group.get("weight_decay", 0)), group["maximize"]
        shrink = float(1 - scalar(group["lr"]) * decay) if group.get("decoupled_weight_decay") else None
        for p, g, *rest in blocks_of([None if t is None else t.array for t in tensors]):
            if maximize:
                g = -g
            if decay != 0 and shrink is not None:
                p *= shrink
            elif decay != 0:
                g = g + decay * p
            yield [p, g, *rest]


def blocks_of(arrays: list) -> Iterator[list]:
    """The same elements of several arrays of one shape, a block at a time; complex numbers as their two parts."""
    p = arrays[0]
    if p.dtype.kind == "c":
        arrays = [a if a is None else parts(a) for a in arrays]
    if p.size <= BLOCK or not isinstance(p, ndarray) or any(a is not None and not a.flags.c_contiguous for a in arrays):
        yield arrays
        return
    flat = [a if a is None else a.reshape(-1) for a in arrays]
    for k in range(0, flat[0].size, BLOCK):
        yield [a if a is None else a[k:k + BLOCK] for a in flat]


def parts(array):
    """A complex array as a real one of the same memory, with a last axis of two."""
    return array[..., None].view(array.real.dtype)


# ---------------------------------------------------------------- settings


def check(name: str, value: float, low: float = 0.0, below: float = float("inf")) -> None:
    """Refuse a setting outside [low, below)."""
    if isinstance(value, Tensor) and value.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    if not low <= value or not (value < below or below == float("inf")):
        raise ValueError(f"Invalid {name}: {value}")


def scalar(value: float | Tensor):
    """A setting to calculate with: a tensor of one element as a number that rounds to the tensor's type."""
    return value.array.dtype.type(value.item()) if isinstance(value, Tensor) else value


def number(value: float, fused: bool | None = None) -> Tensor:
    """A number that is kept in a state: a tensor on the CPU, float64 only where that is the default type."""
    double = get_default_dtype() is float64 and not fused
    return tensor(float(value), dtype=float64 if double else float32)
