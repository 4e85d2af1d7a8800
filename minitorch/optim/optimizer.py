"""Optimizer: parameters in groups, each with its own settings, and per-parameter state.

A method overrides `update`: one parameter, its gradient, its state, the settings of its group.
https://pytorch.org/docs/stable/optim.html        Read next: sgd.py, adam.py.
"""

from __future__ import annotations

import copy
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from itertools import chain

from ..autograd.graph import RemovableHandle
from ..autograd.grad_mode import enable_grad, no_grad
from ..tensor import Tensor

ParamsT = Iterable[Tensor] | Iterable[dict] | Iterable[tuple[str, Tensor]]


class Optimizer:
    """Base class of the optimizers.

    param_groups    [{"params": [...], "lr": ..., ...}]
    state           {parameter: {...}}
    """

    def __init__(self, params: ParamsT, defaults: dict):
        if isinstance(params, Tensor):
            raise TypeError("params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                            "minitorch.FloatTensor")
        self.defaults, self.state, self.param_groups = defaults, defaultdict(dict), []
        self._step_pre_hooks, self._step_post_hooks = OrderedDict(), OrderedDict()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict) -> None:
        """Optimize more parameters; settings that the group does not name are the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = dict(param_group)
        params = group["params"]
        if isinstance(params, set):
            raise TypeError("optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets "
                            "will change between runs. Please use a list instead.")
        params = [params] if isinstance(params, Tensor) else list(params)
        if params and isinstance(params[0], tuple):
            group["param_names"], params = [n for n, _ in params], [p for _, p in params]
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type(p).__name__}")
            if not (p.is_leaf or p.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        known = {id(p) for g in self.param_groups for p in g["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        group["params"] = params
        for name, value in self.defaults.items():
            group.setdefault(name, value)
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to zero."""
        for p in chain.from_iterable(g["params"] for g in self.param_groups):
            if p.grad is None:
                continue
            if set_to_none:
                p.grad = None
            else:
                p.grad.detach_()
                p.grad.zero_()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Change every parameter that has a gradient. `closure` computes the loss anew, and its value is returned."""
        for hook in list(self._step_pre_hooks.values()):
            hook(self, (closure,) if closure else (), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p._grad is not None:
                        self.update(p, p._grad, self.state[p], group)
        for hook in list(self._step_post_hooks.values()):
            hook(self, (closure,) if closure else (), {})
        return loss

    def update(self, p: Tensor, g: Tensor, state: dict, group: dict) -> None:
        """Change one parameter in place."""
        raise NotImplementedError

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) before each step."""
        return RemovableHandle(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) after each step."""
        return RemovableHandle(self._step_post_hooks, hook)

    # ------------------------------------------------------------ state

    def state_dict(self) -> dict:
        """{"state": {number: {...}}, "param_groups": [...]} with parameters replaced by their numbers."""
        numbers = {id(p): k for k, p in enumerate(p for g in self.param_groups for p in g["params"])}
        groups = [{**{k: v for k, v in g.items() if k != "params"}, "params": [numbers[id(p)] for p in g["params"]]}
                  for g in self.param_groups]
        return {"state": {numbers[id(p)]: s for p, s in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: dict) -> None:
        """Take state and settings from `state_dict()`; state tensors come into the parameters' types and devices."""
        groups, saved = self.param_groups, copy.deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(g["params"]) != len(s["params"]) for g, s in zip(groups, saved)):
            raise ValueError("loaded state dict contains a parameter group that doesn't match the size of optimizer's group")
        by_number = dict(zip(chain.from_iterable(s["params"] for s in saved), chain.from_iterable(g["params"] for g in groups)))
        self.state = defaultdict(dict)
        for number, state in state_dict["state"].items():
            if number in by_number:
                p = by_number[number]
                self.state[p] = {k: restored(k, v, p) for k, v in state.items()}
            else:
                self.state[number] = state
        self.param_groups = [{**s, "params": g["params"]} for g, s in zip(groups, saved)]

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for k, group in enumerate(self.param_groups):
            text += f"\nParameter Group {k}\n"
            text += "".join(f"    {name}: {group[name]}\n" for name in sorted(group) if name != "params")
        return text + ")"


def restored(name: str, value, p: Tensor):
    """A piece of loaded state beside its parameter; the step count keeps its own type."""
    if not isinstance(value, Tensor):
        return copy.deepcopy(value)
    if name == "step":
        return value.detach().clone()
    return value.detach().clone().to(device=p.device, dtype=p.dtype if p.is_floating_point() else value.dtype)


def check(name: str, value: float, low: float = 0.0, high: float | None = None) -> None:
    """Refuse a setting outside [low, high)."""
    if not low <= value or (high is not None and not value < high):
        raise ValueError(f"Invalid {name}: {value}")


def refuse(**flags) -> None:
    """An option that is not supported is named, never ignored."""
    for name, value in flags.items():
        if value:
            raise NotImplementedError(f"optim: {name}=True")
