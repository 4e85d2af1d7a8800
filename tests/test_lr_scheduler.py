"""Schedules against torch's: rates, states, resumption, warnings."""

import copy
import warnings

import pytest
from alike import alike, plain, same

import minitorch

torch = pytest.importorskip("torch")


class Warmup:
    """A schedule as an object: its attributes are saved with the scheduler's state."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, epoch):
        return min(1.0, (epoch + 1) / self.steps)


SCHEDULES = {
    "constant lambda": lambda s, o, **k: s.LambdaLR(o, lambda epoch: 0.9 ** epoch, **k),
    "a lambda for each group": lambda s, o, **k: s.LambdaLR(o, [lambda epoch: 1 / (epoch + 1), Warmup(7)], **k),
    "warmup object": lambda s, o, **k: s.LambdaLR(o, Warmup(5), **k),
    "step": lambda s, o, **k: s.StepLR(o, 7, **k),
    "step, gamma": lambda s, o, **k: s.StepLR(o, step_size=10, gamma=0.5, **k),
    "milestones": lambda s, o, **k: s.MultiStepLR(o, [3, 20, 20, 41], gamma=0.3, **k),
    "exponential": lambda s, o, **k: s.ExponentialLR(o, 0.95, **k),
    "cosine": lambda s, o, **k: s.CosineAnnealingLR(o, 60, **k),
    "cosine, several swings": lambda s, o, **k: s.CosineAnnealingLR(o, T_max=9, eta_min=0.001, **k),
    "cosine of one step": lambda s, o, **k: s.CosineAnnealingLR(o, 1, eta_min=0.01, **k),
}
schedules = pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)


def optimizer_of(t):
    a, b = t.nn.Parameter(t.ones(2)), t.nn.Parameter(t.ones(3))
    return t.optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1, momentum=0.9)


def rates(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def state_of(schedule, t):
    state = schedule.state_dict()
    counter = {"milestones": dict(state["milestones"])} if "milestones" in state else {}
    return plain({**state, **counter}, t)


@schedules
def test_sixty_steps(make):
    """The rates of the groups, `get_last_lr()` and the state are torch's at every step."""
    paths = []
    for t in (minitorch, torch):
        optimizer = optimizer_of(t)
        schedule = make(t.optim.lr_scheduler, optimizer)
        path = [(rates(optimizer), schedule.get_last_lr(), state_of(schedule, t))]
        for _ in range(60):
            optimizer.step()
            schedule.step()
            path.append((rates(optimizer), schedule.get_last_lr(), schedule.last_epoch, state_of(schedule, t)))
        paths.append(path + [optimizer.param_groups[0]["initial_lr"], plain(optimizer.state_dict(), t)])
    same(*paths, "rates", 1e-13)


@schedules
def test_state_dict_round_trip(make):
    """25 steps, saved, loaded into new objects, 35 more: the same as 60."""
    for t in (minitorch, torch):
        straight, optimizer = optimizer_of(t), optimizer_of(t)
        schedule, first = make(t.optim.lr_scheduler, straight), make(t.optim.lr_scheduler, optimizer)
        for k in range(60):
            if k == 25:
                saved = copy.deepcopy((optimizer.state_dict(), first.state_dict()))
                optimizer = optimizer_of(t)
                first = make(t.optim.lr_scheduler, optimizer)
                optimizer.load_state_dict(saved[0])
                first.load_state_dict(saved[1])
                assert "lr_lambdas" not in saved[1] or len(saved[1]["lr_lambdas"]) == 2  # loading takes nothing away
            for o, s in ((straight, schedule), (optimizer, first)):
                o.step()
                s.step()
            assert rates(straight) == rates(optimizer)
            assert schedule.get_last_lr() == first.get_last_lr()


@schedules
def test_resumed_with_last_epoch(make):
    paths = []
    for t in (minitorch, torch):
        optimizer = optimizer_of(t)
        for group, first, now in zip(optimizer.param_groups, (0.5, 0.1), (0.25, 0.05)):
            group["initial_lr"], group["lr"] = first, now
        schedule = make(t.optim.lr_scheduler, optimizer, last_epoch=8)
        path = [(rates(optimizer), schedule.last_epoch)]
        for _ in range(30):
            optimizer.step()
            schedule.step()
            path.append((rates(optimizer), schedule.get_last_lr()))
        paths.append(path)
    same(*paths, "rates", 1e-13)


def outcome_and_warnings(script, t):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = script(t)
    return result, [(w.category.__name__, str(w.message), w.filename == __file__) for w in caught]


@schedules
def test_step_to_an_epoch(make):
    """step(epoch), deprecated, takes the closed form where there is one."""
    def script(t):
        optimizer = optimizer_of(t)
        schedule = make(t.optim.lr_scheduler, optimizer)
        path = []
        for epoch in (3, 10, 4, 40):
            optimizer.step()
            schedule.step(epoch)
            path.append((rates(optimizer), schedule.get_last_lr()))
        schedule.step()
        return path, rates(optimizer)
    same(outcome_and_warnings(script, minitorch), outcome_and_warnings(script, torch), "rates", 1e-13)


def stepped_too_early(t):
    optimizer = optimizer_of(t)
    schedule = t.optim.lr_scheduler.StepLR(optimizer, 1)
    schedule.step()
    schedule.step()
    return rates(optimizer)


def stepped_in_order(t):
    optimizer = optimizer_of(t)
    schedule = t.optim.lr_scheduler.StepLR(optimizer, 1)
    optimizer.step()
    schedule.step()
    return rates(optimizer)


def step_replaced(t):
    optimizer = optimizer_of(t)
    schedule = t.optim.lr_scheduler.StepLR(optimizer, 1)
    optimizer.step = lambda: None
    optimizer.step()
    schedule.step()
    return rates(optimizer)


def get_lr_outside_step(t):
    schedules = t.optim.lr_scheduler
    made = [schedules.StepLR(optimizer_of(t), 2), schedules.ExponentialLR(optimizer_of(t), 0.5),
            schedules.LambdaLR(optimizer_of(t), lambda epoch: 2.0), schedules.MultiStepLR(optimizer_of(t), [1]),
            schedules.CosineAnnealingLR(optimizer_of(t), 5)]
    return [s.get_lr() for s in made]


def two_schedules_of_one_optimizer(t):
    optimizer = optimizer_of(t)
    first = t.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    second = t.optim.lr_scheduler.MultiStepLR(optimizer, [2, 4], gamma=0.1)
    path = []
    for _ in range(6):
        optimizer.step()
        first.step()
        second.step()
        path.append((rates(optimizer), first.get_last_lr(), second.get_last_lr()))
    return path


@pytest.mark.parametrize("script", [stepped_too_early, stepped_in_order, step_replaced, get_lr_outside_step,
                                    two_schedules_of_one_optimizer], ids=lambda f: f.__name__)
def test_warnings(script):
    same(outcome_and_warnings(script, minitorch), outcome_and_warnings(script, torch), script.__name__, 1e-13)


@pytest.mark.parametrize("call", [
    lambda t: t.optim.lr_scheduler.StepLR("optimizer", 3),
    lambda t: t.optim.lr_scheduler.StepLR(optimizer_of(t), 3, last_epoch=5),
    lambda t: t.optim.lr_scheduler.LambdaLR(optimizer_of(t), [lambda epoch: 1.0]),
    lambda t: t.optim.lr_scheduler.LRScheduler(optimizer_of(t)),
])
def test_errors(call):
    alike(call, torch)


def test_own_schedule():
    def script(t):
        class Halving(t.optim.lr_scheduler.LRScheduler):
            def get_lr(self):
                return [base / 2 ** self.last_epoch for base in self.base_lrs]
        optimizer = optimizer_of(t)
        schedule = Halving(optimizer)
        optimizer.step()
        schedule.step()
        return rates(optimizer), schedule.get_last_lr(), schedule.state_dict()
    alike(script, torch)
