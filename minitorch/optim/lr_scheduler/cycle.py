"""Rates that swing: along a cosine, with restarts, in triangles, or once up and down."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..optimizer import Optimizer
from .decay import attributes
from .scheduler import LRScheduler, check_optimizer, per_group, set_rate


class CosineAnnealingLR(LRScheduler):
    """lr swings from its first value to `eta_min` in T_max steps, along a cosine, and back.

    lr_t = eta_min + (lr_0 - eta_min) (1 + cos(pi t / T_max)) / 2, in its recursive form:
    lr_t = eta_min + (lr_{t-1} - eta_min) (1 + cos(pi t / T_max)) / (1 + cos(pi (t - 1) / T_max))
    Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        t, half, low = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial:
            return self._rates()
        if self._step_count == 1 and t > 0:
            return self._get_closed_form_lr()
        if (t - 1 - half) % (2 * half) == 0:  # the step out of the minimum, where the recursion divides by zero
            return [lr + (base - low) * (1 - math.cos(math.pi / half)) / 2
                    for base, lr in zip(self.base_lrs, self._rates(), strict=True)]
        factor = (1 + math.cos(math.pi * t / half)) / (1 + math.cos(math.pi * (t - 1) / half))
        return [factor * (lr - low) + low for lr in self._rates()]

    def _get_closed_form_lr(self) -> list[float]:
        return [annealed(base, self.eta_min, self.last_epoch / self.T_max) for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """lr falls to `eta_min` along half a cosine in T_i steps, and starts anew with T_i times T_mult; T_0 the first.

    lr = eta_min + (lr_0 - eta_min) (1 + cos(pi T_cur / T_i)) / 2        T_cur: steps since the restart
    Loshchilov & Hutter 2017, https://arxiv.org/abs/1608.03983
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1):
        if T_0 <= 0 or not isinstance(T_0, int):
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if T_mult < 1 or not isinstance(T_mult, int):
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, (float, int)):
            raise ValueError(f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}")
        self.T_0, self.T_i, self.T_mult, self.eta_min, self.T_cur = T_0, T_0, T_mult, eta_min, last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        return [self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2
                for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go on by one step, or to a given one, which may be a fraction: epoch + batch / batches."""
        if epoch is not None or self.last_epoch < 0:
            epoch = epoch or 0
            self._restart(epoch)
        else:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        self.last_epoch = math.floor(epoch)
        self._set(self.get_lr)

    def _restart(self, epoch: float) -> None:
        """T_cur and T_i after `epoch` steps in all."""
        if epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        first, times = self.T_0, self.T_mult
        if epoch < first:
            self.T_i, self.T_cur = first, epoch
        elif times == 1:
            self.T_cur = epoch % first
        else:  # n restarts took T_0 (1 + times + ... + times^(n - 1)) steps
            n = int(math.log(epoch / first * (times - 1) + 1, times))
            self.T_cur = epoch - first * (times**n - 1) / (times - 1)
            self.T_i = first * times**n


def annealed(start: float, end: float, done: float) -> float:
    """From start to end along half a cosine; done: 0 to 1."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * done) + 1)


# ---------------------------------------------------------------- with momentum


class MomentumCycle(LRScheduler):
    """A schedule that moves the momentum (or beta1) against the rate: large steps, short memory."""

    def _check_momentum(self) -> None:
        if "momentum" not in self.optimizer.defaults and "betas" not in self.optimizer.defaults:
            raise ValueError("optimizer must support momentum or beta1 with `cycle_momentum` option enabled")
        self.use_beta1 = "betas" in self.optimizer.defaults

    def _first_momentum(self, highest: list, lowest: list) -> None:
        for group, high, low in zip(self.optimizer.param_groups, highest, lowest, strict=True):
            self._set_momentum(group, high)
            group["max_momentum"], group["base_momentum"] = high, low

    def _set_momentum(self, group: dict, momentum: float) -> None:
        if self.use_beta1:
            group["betas"] = (momentum, *group["betas"][1:])
        else:
            group["momentum"] = momentum


class CyclicLR(MomentumCycle):
    """lr rises from `base_lr` to `max_lr` in step_size_up steps, and falls again in step_size_down, over and over.

    mode: triangular; triangular2 (each cycle half as high); exp_range (times gamma^step). Or scale_fn gives the height,
    as a function of the cycle's or the step's number (scale_mode).  Smith 2017, https://arxiv.org/abs/1506.01186
    """

    def __init__(self, optimizer: Optimizer, base_lr: float | list[float], max_lr: float | list[float],
                 step_size_up: int = 2000, step_size_down: int | None = None, mode: str = "triangular",
                 gamma: float = 1.0, scale_fn: Callable[[float], float] | None = None, scale_mode: str = "cycle",
                 cycle_momentum: bool = True, base_momentum: float = 0.8, max_momentum: float = 0.9,
                 last_epoch: int = -1):
        check_optimizer(optimizer)
        self.optimizer = optimizer
        base_lrs = per_group("base_lr", optimizer, base_lr)
        if last_epoch == -1:
            for lr, group in zip(base_lrs, optimizer.param_groups, strict=True):
                set_rate(group, lr)
        self.max_lrs = per_group("max_lr", optimizer, max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        if mode not in SCALES and scale_fn is None:
            raise ValueError("mode is invalid and scale_fn is None")
        self.mode, self.gamma, self._scale_fn_custom = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else SCALES[mode][0]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._check_momentum()
            self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
            if last_epoch == -1:
                self._first_momentum(self.max_momentums, self.base_momentums)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """The height of a cycle; x counts cycles or steps."""
        return SCALES[self.mode][1](self.gamma, x) if self._scale_fn_custom is None else self._scale_fn_custom(x)

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        rise = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums,
                                        strict=True):
                self._set_momentum(group, high - (high - low) * rise * height)
        return [low + (high - low) * rise * height for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict:
        """As the base class's, with None for a plain scale function, and the attributes of a callable object."""
        state = super().state_dict()
        state["_scale_fn_custom"] = attributes(state.pop("_scale_fn_custom"))
        return state

    def load_state_dict(self, state_dict: dict) -> None:
        """Go on where a saved schedule stopped; the scale function is kept, an object's attributes restored."""
        saved = state_dict["_scale_fn_custom"]
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_scale_fn_custom"})
        if saved is not None:
            self._scale_fn_custom.__dict__.update(saved)


SCALES: dict[str, tuple[str, Callable]] = {  # mode: what is counted, and the height at (gamma, count)
    "triangular": ("cycle", lambda gamma, x: 1.0),
    "triangular2": ("cycle", lambda gamma, x: 1 / 2.0 ** (x - 1)),
    "exp_range": ("iterations", lambda gamma, x: gamma**x),
}


class OneCycleLR(MomentumCycle):
    """lr rises from max_lr / div_factor to max_lr, and falls to its first value / final_div_factor: one cycle in all.

    pct_start: which part of the steps it rises; three_phase: it falls as fast as it rose, and the rest of the steps
    goes to the smallest rate.  Smith & Topin 2018, https://arxiv.org/abs/1708.07120
    """

    def __init__(self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None,
                 epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
                 anneal_strategy: str = "cos", cycle_momentum: bool = True, base_momentum: float | list[float] = 0.85,
                 max_momentum: float | list[float] = 0.95, div_factor: float = 25.0, final_div_factor: float = 1e4,
                 three_phase: bool = False, last_epoch: int = -1):
        check_optimizer(optimizer)
        self.optimizer = optimizer
        self.total_steps = steps_in_all(total_steps, epochs, steps_per_epoch)
        self._schedule_phases = phases(self.total_steps, pct_start, three_phase)
        if pct_start < 0 or pct_start > 1 or not isinstance(pct_start, float):
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}")
        self._anneal_func_type = anneal_strategy
        max_lrs = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, max_lrs):
                group["initial_lr"], group["max_lr"] = high / div_factor, high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self._check_momentum()
            highest = per_group("max_momentum", optimizer, max_momentum)
            lowest = per_group("base_momentum", optimizer, base_momentum)
            if last_epoch == -1:
                self._first_momentum(highest, lowest)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        self._warn_outside_step()
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(f"Tried to step {t} times. The specified number of total steps is {self.total_steps}")
        before = 0.0
        for phase in self._schedule_phases:
            if t <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            before = phase["end_step"]
        done = (t - before) / (phase["end_step"] - before)
        between = annealed if self._anneal_func_type == "cos" else lambda start, end, done: (end - start) * done + start
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                self._set_momentum(group, between(group[phase["start_momentum"]], group[phase["end_momentum"]], done))
        return [between(group[phase["start_lr"]], group[phase["end_lr"]], done)
                for group in self.optimizer.param_groups]


def steps_in_all(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    """The length of the cycle, said in one of two ways."""
    positive = lambda n: n > 0 and isinstance(n, int)
    if total_steps is not None:
        if not positive(total_steps):
            raise ValueError(f"Expected positive integer total_steps, but got {total_steps}")
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    for name, n in dict(epochs=epochs, steps_per_epoch=steps_per_epoch).items():
        if not positive(n):
            raise ValueError(f"Expected positive integer {name}, but got {n}")
    return epochs * steps_per_epoch


def phases(steps: int, part: float, three: bool) -> list[dict]:
    """Where each phase ends, and the names of the group's settings it goes between."""
    names = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
    up = (float(part * steps) - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum")
    if three:
        rows = [up, (float(2 * part * steps) - 2, "max_lr", "initial_lr", "base_momentum", "max_momentum"),
                (steps - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum")]
    else:
        rows = [up, (steps - 1, "max_lr", "min_lr", "base_momentum", "max_momentum")]
    return [dict(zip(names, row)) for row in rows]
