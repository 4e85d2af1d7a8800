"""Schedules against torch's: rates, states, resumption, warnings."""

import copy
import warnings

import pytest
from alike import alike, plain, same

import minitorch

torch = pytest.importorskip("torch")
# a schedule inside a schedule is stepped by code that is not the user's: torch warns all the same
pytestmark = pytest.mark.filterwarnings("ignore:Detected call of")


class Warmup:
    """A schedule as an object: its attributes are saved with the scheduler's state."""

    def __init__(self, steps):
        self.steps = steps

    def __call__(self, epoch):
        return min(1.0, (epoch + 1) / self.steps)


def sequence(s, o, **k):
    return s.SequentialLR(o, [s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9), s.StepLR(o, 4)], [5, 31], **k)


def nested(s, o):
    warmup = s.SequentialLR(o, [s.LinearLR(o, 0.2, total_iters=4), s.PolynomialLR(o, 20)], milestones=[4])
    return s.SequentialLR(o, [warmup, s.CosineAnnealingLR(o, 9)], milestones=[30])


SCHEDULES = {
    "constant lambda": lambda s, o, **k: s.LambdaLR(o, lambda epoch: 0.9 ** epoch, **k),
    "a lambda for each group": lambda s, o, **k: s.LambdaLR(o, [lambda epoch: 1 / (epoch + 1), Warmup(7)], **k),
    "warmup object": lambda s, o, **k: s.LambdaLR(o, Warmup(5), **k),
    "multiplied": lambda s, o, **k: s.MultiplicativeLR(o, lambda epoch: 0.95 + 0.01 * (epoch % 3), **k),
    "multiplied, each group": lambda s, o, **k: s.MultiplicativeLR(o, [Warmup(9), lambda epoch: 0.99], **k),
    "step": lambda s, o, **k: s.StepLR(o, 7, **k),
    "step, gamma": lambda s, o, **k: s.StepLR(o, step_size=10, gamma=0.5, **k),
    "milestones": lambda s, o, **k: s.MultiStepLR(o, [3, 20, 20, 41], gamma=0.3, **k),
    "held back": lambda s, o, **k: s.ConstantLR(o, **k),
    "held back, longer": lambda s, o, **k: s.ConstantLR(o, factor=0.7, total_iters=20, **k),
    "linear": lambda s, o, **k: s.LinearLR(o, **k),
    "linear, falling": lambda s, o, **k: s.LinearLR(o, start_factor=1.0, end_factor=0.1, total_iters=40, **k),
    "exponential": lambda s, o, **k: s.ExponentialLR(o, 0.95, **k),
    "polynomial": lambda s, o, **k: s.PolynomialLR(o, **k),
    "polynomial, power": lambda s, o, **k: s.PolynomialLR(o, total_iters=50, power=2.5, **k),
    "cosine": lambda s, o, **k: s.CosineAnnealingLR(o, 60, **k),
    "cosine, several swings": lambda s, o, **k: s.CosineAnnealingLR(o, T_max=9, eta_min=0.001, **k),
    "cosine of one step": lambda s, o, **k: s.CosineAnnealingLR(o, 1, eta_min=0.01, **k),
    "restarts": lambda s, o, **k: s.CosineAnnealingWarmRestarts(o, 7, **k),
    "restarts, longer each": lambda s, o, **k: s.CosineAnnealingWarmRestarts(o, 3, T_mult=2, eta_min=0.01, **k),
    "triangles": lambda s, o, **k: s.CyclicLR(o, 0.01, [0.5, 0.1], step_size_up=7, step_size_down=3, **k),
    "triangles, halved": lambda s, o, **k: s.CyclicLR(o, [0.1, 0.2], 1.0, 5, mode="triangular2", base_momentum=0.7,
                                                      **k),
    "triangles, decaying": lambda s, o, **k: s.CyclicLR(o, 0.1, 1.0, 6, mode="exp_range", gamma=0.97,
                                                        cycle_momentum=False, **k),
    "triangles, own scale": lambda s, o, **k: s.CyclicLR(o, 0.1, 1.0, 6, scale_fn=lambda x: 1 / (5 ** (x * 0.0001)),
                                                         scale_mode="iterations", **k),
    "triangles, scale object": lambda s, o, **k: s.CyclicLR(o, 0.1, 1.0, 6, mode="own", scale_fn=Warmup(3), **k),
    "one cycle": lambda s, o, **k: s.OneCycleLR(o, 0.5, 70, **k),
    "one cycle, linear": lambda s, o, **k: s.OneCycleLR(o, [0.5, 0.9], epochs=8, steps_per_epoch=10, pct_start=0.4,
                                                        anneal_strategy="linear", div_factor=10, final_div_factor=7,
                                                        base_momentum=[0.7, 0.8], max_momentum=0.9, **k),
    "one cycle of three phases": lambda s, o, **k: s.OneCycleLR(o, 0.5, 61, three_phase=True, cycle_momentum=False,
                                                                **k),
}
ALONE = {"one after another": sequence, "sequence of sequences": nested,
         "several at once": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9),
                                                             s.OneCycleLR(o, 0.3, 100)], optimizer=o)}
whole = pytest.mark.parametrize("make", (SCHEDULES | ALONE).values(), ids=SCHEDULES | ALONE)
schedules = pytest.mark.parametrize("make", SCHEDULES.values(), ids=SCHEDULES)


def optimizer_of(t):
    a, b = t.nn.Parameter(t.ones(2)), t.nn.Parameter(t.ones(3))
    return t.optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1, momentum=0.9)


def rates(optimizer):
    """The rates of the groups, and what a schedule may change beside them."""
    return [[group[k] for k in ("lr", "momentum", "betas") if k in group] for group in optimizer.param_groups]


def state_of(schedule, t):
    state = schedule.state_dict()
    counter = {"milestones": dict(state["milestones"])} if "milestones" in state else {}
    return plain({**state, **counter}, t)


@whole
def test_sixty_steps(make):
    """The rates of the groups, `get_last_lr()` and the state are torch's, to the last bit, at every step."""
    paths = []
    for t in (minitorch, torch):
        optimizer = optimizer_of(t)
        schedule = make(t.optim.lr_scheduler, optimizer)
        path = [(rates(optimizer), schedule.get_last_lr(), state_of(schedule, t))]
        for _ in range(60):
            optimizer.step()
            schedule.step()
            path.append((rates(optimizer), schedule.get_last_lr(), state_of(schedule, t)))
        paths.append(path + [optimizer.param_groups[0]["initial_lr"], plain(optimizer.state_dict(), t)])
    same(*paths, "rates", 0.0)


@whole
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
            group.update(initial_lr=first, lr=now, max_lr=0.8, min_lr=1e-3, max_momentum=0.9, base_momentum=0.7)
        schedule = make(t.optim.lr_scheduler, optimizer, last_epoch=8)
        path = [(rates(optimizer), schedule.last_epoch)]
        for _ in range(30):
            optimizer.step()
            schedule.step()
            path.append((rates(optimizer), schedule.get_last_lr()))
        paths.append(path)
    same(*paths, "rates", 0.0)


@whole
def test_state_of_torch_is_loaded(make):
    """25 steps under one library, the rest under the other: the same as all under one."""
    for here, there in ((torch, minitorch), (minitorch, torch)):
        optimizers = [optimizer_of(here), optimizer_of(there)]
        first, second = (make(t.optim.lr_scheduler, o) for t, o in zip((here, there), optimizers))
        for k in range(60):
            if k == 25:
                optimizers[1].load_state_dict(copy.deepcopy(optimizers[0].state_dict()))
                second.load_state_dict(copy.deepcopy(first.state_dict()))
            for optimizer, schedule in zip(optimizers, (first, second)):
                optimizer.step()
                schedule.step()
        same(rates(optimizers[0]), rates(optimizers[1]), "rates", 0.0)
        assert first.get_last_lr() == second.get_last_lr()


@whole
@pytest.mark.parametrize("method", ["SGD", "Adam"])
def test_rates_that_are_tensors(make, method):
    """They stay the same tensors; momentum or beta1 is cycled."""
    def script(t):
        a, b = t.nn.Parameter(t.ones(2)), t.nn.Parameter(t.ones(3))
        groups = [{"params": [a], "lr": t.tensor(0.5, dtype=t.float64)}, {"params": [b], "lr": t.tensor([0.25])}]
        optimizer = getattr(t.optim, method)(groups)
        lr = optimizer.param_groups[0]["lr"]
        schedule, path = make(t.optim.lr_scheduler, optimizer), []
        for _ in range(30):
            optimizer.step()
            schedule.step()
            path.append((rates(optimizer), schedule.get_last_lr()))
        return path, optimizer.param_groups[0]["lr"] is lr
    alike(script, torch, 1e-6)


# ---------------------------------------------------------------- the one that follows a measurement


LOSSES = [5, 4, 4, 4.1, 3.9999, 4, 4, 4, float("nan"), 4, 3.5, *[3] * 7, 2.999, 3, 3, 3, *[-1] * 6]


@pytest.mark.parametrize("options", [
    {}, dict(patience=2), dict(patience=1, mode="max", factor=0.5), dict(patience=0, cooldown=3, min_lr=[0.3, 0.0]),
    dict(patience=2, threshold=0.3, threshold_mode="abs"), dict(patience=2, threshold=0.1, mode="max"),
    dict(patience=1, threshold=0.5, threshold_mode="abs", mode="max"), dict(patience=1, eps=0.05, min_lr=0.01),
], ids=str)
def test_plateau(options):
    def script(t):
        optimizer = optimizer_of(t)
        schedule = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        path = [schedule.state_dict()]
        for k, loss in enumerate(LOSSES):
            optimizer.step()
            schedule.step(t.tensor(loss) if k % 2 else loss)
            path.append((rates(optimizer), schedule.get_last_lr(), schedule.in_cooldown, schedule.state_dict()))
            if k == 13:
                schedule, saved = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer), schedule.state_dict()
                schedule.load_state_dict(saved)
        return path
    alike(script, torch, 0.0)


def plateau_with_another_group(t):
    optimizer = optimizer_of(t)
    schedule = t.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=0.05)
    optimizer.add_param_group({"params": [t.nn.Parameter(t.ones(1))], "lr": 0.7})
    for epoch in (3, 4):
        schedule.step(1.0, epoch)
    return rates(optimizer), schedule.min_lrs, schedule.last_epoch


def restarts_at_fractions(t):
    """The one schedule whose epochs may be fractions."""
    optimizer = optimizer_of(t)
    schedule = t.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 4, T_mult=2)
    path = []
    for k in range(100):
        optimizer.step()
        schedule.step(k / 3)
        path.append((rates(optimizer), schedule.last_epoch, schedule.T_cur, schedule.T_i))
    return path


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
    same(outcome_and_warnings(script, minitorch), outcome_and_warnings(script, torch), "rates", 0.0)


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
            schedules.CosineAnnealingLR(optimizer_of(t), 5), schedules.OneCycleLR(optimizer_of(t), 1.0, 9),
            schedules.CyclicLR(optimizer_of(t), 0.1, 1.0),
            schedules.MultiplicativeLR(optimizer_of(t), lambda epoch: 1.0),
            schedules.CosineAnnealingWarmRestarts(optimizer_of(t), 5)]
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


@pytest.mark.parametrize("script", [
    stepped_too_early, stepped_in_order, step_replaced, get_lr_outside_step, two_schedules_of_one_optimizer,
    plateau_with_another_group, restarts_at_fractions], ids=lambda f: f.__name__)
def test_warnings(script):
    same(outcome_and_warnings(script, minitorch), outcome_and_warnings(script, torch), script.__name__, 0.0)


def plateau_without_minimum_for_a_group(s, o):
    schedule = s.ReduceLROnPlateau(o, patience=0, min_lr=[0.1, 0.1])
    o.add_param_group({"params": [o.param_groups[0]["params"][0].detach()]})
    schedule.step(1.0)
    schedule.step(1.0)


def too_many_steps(s, o):
    schedule = s.OneCycleLR(o, 1.0, 3)
    for _ in range(4):
        schedule.step()


REFUSED = [
    lambda s, o: s.StepLR("optimizer", 3), lambda s, o: s.StepLR(o, 3, last_epoch=5),
    lambda s, o: s.LambdaLR(o, [lambda epoch: 1.0]), lambda s, o: s.LRScheduler(o),
    lambda s, o: s.MultiplicativeLR(o, [lambda epoch: 1.0]), lambda s, o: s.MultiplicativeLR(o, [1.0, 2.0]),
    lambda s, o: s.ConstantLR(o, 1.5), lambda s, o: s.LinearLR(o, 0.0), lambda s, o: s.LinearLR(o, 0.5, 1.1),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 0), lambda s, o: s.CosineAnnealingWarmRestarts(o, 2.0),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, 0), lambda s, o: s.CosineAnnealingWarmRestarts(o, 2, 1, "0"),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 2).step(-1),
    lambda s, o: s.CyclicLR("o", 0.1, 1.0), lambda s, o: s.CyclicLR(o, [0.1], 1.0),
    lambda s, o: s.CyclicLR(o, 0.1, [1.0, 2.0, 3.0]), lambda s, o: s.CyclicLR(o, 0.1, 1.0, mode="square"),
    lambda s, o: s.CyclicLR(o, 0.1, 1.0, base_momentum=[0.1]),
    lambda s, o: s.OneCycleLR("o", 1.0, 3), lambda s, o: s.OneCycleLR(o, 1.0),
    lambda s, o: s.OneCycleLR(o, 1.0, epochs=3),
    lambda s, o: s.OneCycleLR(o, 1.0, 0), lambda s, o: s.OneCycleLR(o, 1.0, 2.5),
    lambda s, o: s.OneCycleLR(o, 1.0, epochs=-1, steps_per_epoch=1),
    lambda s, o: s.OneCycleLR(o, 1.0, epochs=1, steps_per_epoch=1.5),
    lambda s, o: s.OneCycleLR(o, 1.0, 9, pct_start=2.0),
    lambda s, o: s.OneCycleLR(o, 1.0, 9, pct_start=1), lambda s, o: s.OneCycleLR(o, 1.0, 9, anneal_strategy="sin"),
    lambda s, o: s.OneCycleLR(o, [1.0], 9), too_many_steps,
    lambda s, o: s.ReduceLROnPlateau(o, factor=1.0), lambda s, o: s.ReduceLROnPlateau("o"),
    lambda s, o: s.ReduceLROnPlateau(o, min_lr=[0.1]), lambda s, o: s.ReduceLROnPlateau(o, "least"),
    lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="none"), plateau_without_minimum_for_a_group,
    lambda s, o: s.SequentialLR(o, [], []), lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1)], [1]),
    lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1), "StepLR"], [1]),
    lambda s, o: s.SequentialLR(o, [s.StepLR(o, 1), s.ReduceLROnPlateau(o)], [1]),
    lambda s, o: s.SequentialLR(copy.deepcopy(o), [s.StepLR(o, 1)], []),
    lambda s, o: s.ChainedScheduler([]), lambda s, o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]),
    lambda s, o: s.ChainedScheduler([s.StepLR(o, 1), s.StepLR(copy.deepcopy(o), 1)]),
]


@pytest.mark.parametrize("call", REFUSED)
def test_errors(call):
    alike(lambda t: call(t.optim.lr_scheduler, optimizer_of(t)), torch)


def test_no_momentum_to_cycle():
    for make in (lambda s, o: s.OneCycleLR(o, 1.0, 9), lambda s, o: s.CyclicLR(o, 0.1, 1.0)):
        alike(lambda t: make(t.optim.lr_scheduler, t.optim.Adagrad([t.ones(1, requires_grad=True)])), torch)


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
