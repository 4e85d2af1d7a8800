"""The optimizers against torch's: numbers, states, hooks, errors."""

import copy
import warnings

import numpy as np
import pytest
from alike import Scripts, alike, plain, same

import minitorch

torch = pytest.importorskip("torch")

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}

SETTINGS = [
    ("SGD", {}),
    ("SGD", dict(lr=0.1)),
    ("SGD", dict(lr=0.1, weight_decay=0.05)),
    ("SGD", dict(lr=0.1, momentum=0.9)),
    ("SGD", dict(lr=0.1, momentum=0.9, dampening=0.3)),
    ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.01, nesterov=True)),
    ("SGD", dict(lr=0.1, momentum=0.5, maximize=True, weight_decay=0.1)),
    ("SGD", dict(lr=0.1, momentum=0.9, foreach=True)),
    ("SGD", dict(lr=0.1, momentum=0.9, fused=True)),
    ("Adam", {}),
    ("Adam", dict(lr=0.03, betas=(0.8, 0.95), eps=1e-6)),
    ("Adam", dict(lr=0.03, weight_decay=0.1)),
    ("Adam", dict(lr=0.03, amsgrad=True)),
    ("Adam", dict(lr=0.03, amsgrad=True, weight_decay=0.1, maximize=True)),
    ("Adam", dict(lr=0.03, weight_decay=0.1, decoupled_weight_decay=True)),
    ("Adam", dict(lr=0.03, betas=(0.0, 0.0))),
    ("Adam", dict(lr=0.03, foreach=True)),
    ("Adam", dict(lr=0.03, fused=True)),
    ("AdamW", {}),
    ("AdamW", dict(lr=0.03, weight_decay=0.2)),
    ("AdamW", dict(lr=0.03, amsgrad=True, betas=(0.7, 0.9))),
    ("AdamW", dict(lr=0.03, maximize=True)),
    ("AdamW", dict(lr=0.03, weight_decay=0)),
    ("RMSprop", {}),
    ("RMSprop", dict(lr=0.03, alpha=0.8, eps=1e-4, weight_decay=0.1)),
    ("RMSprop", dict(lr=0.03, momentum=0.7, maximize=True)),
    ("RMSprop", dict(lr=0.03, centered=True)),
    ("RMSprop", dict(lr=0.03, centered=True, momentum=0.9, weight_decay=0.1, foreach=True)),
    ("Adagrad", {}),
    ("Adagrad", dict(lr=0.3, lr_decay=0.1, weight_decay=0.1, eps=1e-5)),
    ("Adagrad", dict(lr=0.3, initial_accumulator_value=0.5, maximize=True, foreach=True)),
    ("Adagrad", dict(lr=0.3, fused=True)),
    ("Adadelta", {}),
    ("Adadelta", dict(lr=0.5, rho=0.7, eps=1e-3)),
    ("Adadelta", dict(lr=0.5, weight_decay=0.1, maximize=True, foreach=True)),
    ("Adamax", {}),
    ("Adamax", dict(lr=0.03, betas=(0.8, 0.7), eps=1e-3)),
    ("Adamax", dict(lr=0.03, weight_decay=0.1, maximize=True, foreach=True)),
    ("NAdam", {}),
    ("NAdam", dict(lr=0.03, betas=(0.8, 0.95), eps=1e-6, momentum_decay=0.1)),
    ("NAdam", dict(lr=0.03, weight_decay=0.1, maximize=True, foreach=True)),
    ("NAdam", dict(lr=0.03, weight_decay=0.1, decoupled_weight_decay=True)),
    ("RAdam", {}),
    ("RAdam", dict(lr=0.03, betas=(0.8, 0.7), eps=1e-4)),
    ("RAdam", dict(lr=0.03, weight_decay=0.1, maximize=True, foreach=True)),
    ("RAdam", dict(lr=0.03, weight_decay=0.1, decoupled_weight_decay=True)),
    ("ASGD", {}),
    ("ASGD", dict(lr=0.03, lambd=0.1, alpha=0.5, t0=4)),
    ("ASGD", dict(lr=0.03, weight_decay=0.1, maximize=True, t0=0)),  # torch's foreach form rounds eta otherwise
    ("Rprop", {}),
    ("Rprop", dict(lr=0.1, etas=(0.3, 1.5), step_sizes=(0.01, 0.3))),
    ("Rprop", dict(lr=0.03, maximize=True, foreach=True)),
]
METHODS = list(dict.fromkeys(name for name, _ in SETTINGS))
IDS = [f"{name}-{'-'.join(f'{k}={v}' for k, v in options.items())}" for name, options in SETTINGS]


def parameters(t, dtype="float64"):
    """A matrix, a vector, and one parameter that the loss does not use."""
    values = np.random.default_rng(0).normal(size=(4, 3))
    return [t.nn.Parameter(t.tensor(v, dtype=getattr(t, dtype))) for v in (values, values[0], [1.0, 2.0])]


def loss_of(params):
    w, b, _ = params
    return (w @ b).sin().sum() + b.cos().sum()  # bounded, so that no setting runs away


def fixed_gradients(t, params, step):
    """Gradients that do not depend on the parameters, so that a rounding cannot grow from step to step."""
    rng = np.random.default_rng(step + 1)
    for p in params[:2]:
        p.grad = t.tensor(rng.normal(size=tuple(p.shape)) + 0.5, dtype=p.dtype)


def steps(optimizer, params, number):
    for _ in range(number):
        optimizer.zero_grad()
        loss_of(params).backward()
        optimizer.step()


def as_plain(state, library):
    """A state_dict for comparison: tensors as (dtype, shape, values), keys in order."""
    return plain(state, library)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name, options", SETTINGS, ids=IDS)
def test_twenty_steps(name, options, dtype):
    """Parameters, state and state_dict (keys, order, types, values) are torch's after 20 steps."""
    results = []
    for t in (minitorch, torch):
        params = parameters(t, dtype)
        optimizer = getattr(t.optim, name)(params, **options)
        path = []
        for k in range(20):
            fixed_gradients(t, params, k)
            optimizer.step()
            path.append([p.detach().numpy().copy() for p in params])
        assert all(p.dtype == getattr(t, dtype) for p in params)
        results.append((path, as_plain(optimizer.state_dict(), t), repr(optimizer)))
    ours, theirs = results
    same(ours[0], theirs[0], "parameters", TOLERANCE[dtype])
    same(ours[1], theirs[1], "state_dict", TOLERANCE[dtype])
    assert ours[2] == theirs[2]


@pytest.mark.parametrize("name, options", SETTINGS[3::5], ids=IDS[3::5])
def test_state_dict_round_trip(name, options):
    """Ten steps, saved, loaded into a new optimizer, ten more: the same as loaded into the one that saved it."""
    params, others = parameters(minitorch), parameters(minitorch)
    first = getattr(minitorch.optim, name)(params, **options)
    steps(first, params, 10)
    for p, q in zip(others, params):
        p.data.copy_(q)
    second = getattr(minitorch.optim, name)(others, lr=123.0)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    first.load_state_dict(first.state_dict())  # loading gives all but `step` the parameter's type
    for optimizer, mine in ((first, params), (second, others)):
        steps(optimizer, mine, 10)
    for p, q in zip(params, others):
        assert p.tolist() == q.tolist()


def carried(value, source, target):
    """A state_dict with its tensors made anew in another library."""
    if isinstance(value, source.Tensor):
        return target.tensor(value.detach().numpy())
    if isinstance(value, list):
        return [carried(v, source, target) for v in value]
    return {k: carried(v, source, target) for k, v in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("name, options", SETTINGS[3::5], ids=IDS[3::5])
@pytest.mark.parametrize("here, there", [(torch, minitorch), (minitorch, torch)], ids=["from torch", "to torch"])
def test_state_of_the_other_library_is_loaded(name, options, here, there):
    theirs = parameters(here)
    source = getattr(here.optim, name)(theirs, **options)
    steps(source, theirs, 10)
    params = [there.nn.Parameter(carried(p, here, there)) for p in theirs]
    optimizer = getattr(there.optim, name)(params)
    optimizer.load_state_dict(carried(source.state_dict(), here, there))
    source.load_state_dict(source.state_dict())  # loading gives all but `step` the parameter's type
    steps(source, theirs, 10)
    steps(optimizer, params, 10)
    same(as_plain(optimizer.state_dict(), there), as_plain(source.state_dict(), here), "state_dict", 1e-12)
    same([p.detach().numpy() for p in params], [p.detach().numpy() for p in theirs], "parameters", 1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_any_array(name):
    """Longer than a block, in columns, with gradients in other strides, of no dimension, empty, complex."""
    def script(t):
        rng = np.random.default_rng(3)
        arrays = [rng.normal(size=(300, 400)), rng.normal(size=(5, 3)).T, rng.normal(size=(4, 6)), np.array(0.5),
                  np.ones((0, 3)), rng.normal(size=(4, 3)) + 1j * rng.normal(size=(4, 3)),
                  np.ones((200, 400), np.complex128) * (0.5 - 1j)]
        params = [t.from_numpy(a.copy(order="K")) for a in arrays]
        for p, a in zip(params, arrays):
            p.grad = t.from_numpy(np.flip(np.asarray(np.cos(a) + 0.1), 0 if a.ndim else None).copy(order="F"))
        optimizer = getattr(t.optim, name)(params)
        for _ in range(3):
            optimizer.step()
        return params, [p._version for p in params], [p.stride() for p in params], optimizer.state_dict()
    alike(script, torch, 1e-12)


@pytest.mark.parametrize("name", METHODS)
def test_rate_as_a_float32_tensor(name):
    """What is calculated from the rate is rounded as tensors of its type are."""
    def script(t):
        params = parameters(t)
        optimizer = getattr(t.optim, name)(params, lr=t.tensor([0.1]))
        for k in range(5):
            fixed_gradients(t, params, k)
            optimizer.step()
        return params, optimizer.state_dict()
    alike(script, torch, 1e-7 if name == "ASGD" else 1e-12)  # ASGD keeps a power of it, in float32


@pytest.mark.parametrize("name", METHODS)
def test_older_checkpoint(name):
    """Settings that older versions did not have are filled in; a step that is a plain number becomes a tensor."""
    def script(t):
        params = parameters(t)
        source = getattr(t.optim, name)(params)
        steps(source, params, 2)
        state = source.state_dict()
        for setting in ("nesterov", "centered", "amsgrad", "maximize", "foreach", "capturable", "differentiable",
                        "fused", "decoupled_weight_decay"):
            state["param_groups"][0].pop(setting, None)
        for mine in state["state"].values():
            mine.update({k: mine[k].item() for k in ("step", "mu_product", "eta", "mu") if k in mine})
        optimizer = getattr(t.optim, name)(params)
        optimizer.load_state_dict(state)
        steps(optimizer, params, 2)
        return params, optimizer.state_dict()
    alike(script, torch, 1e-12)


script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alike(function, torch, 1e-12)


# ---------------------------------------------------------------- groups


@script
def groups_with_their_own_settings(t):
    a, b, c = parameters(t)
    optimizer = t.optim.SGD([{"params": [a], "lr": 0.3}, {"params": b, "momentum": 0.5, "mine": "kept"}], lr=0.1)
    optimizer.add_param_group({"params": [c], "weight_decay": 0.2})
    steps(optimizer, [a, b, c], 5)
    return a, b, c, optimizer.state_dict(), optimizer.defaults, repr(optimizer)


@script
def group_given_is_the_group_kept(t):
    group = {"params": iter(parameters(t))}
    optimizer = t.optim.Adam([group])
    return optimizer.param_groups[0] is group, list(group)


@script
def named_parameters(t):
    model = t.nn.Linear(2, 3, dtype=t.float64)
    optimizer = t.optim.AdamW(model.named_parameters(), lr=0.1)
    model(t.ones(1, 2, dtype=t.float64)).sum().backward()
    optimizer.step()
    other = t.optim.AdamW([("w", model.weight), ("b", model.bias)])
    state = optimizer.state_dict()
    other.load_state_dict(state)
    del state["param_groups"][0]["param_names"]
    third = t.optim.AdamW([("w", model.weight), ("b", model.bias)])
    third.load_state_dict(state)
    return optimizer.state_dict(), other.param_groups[0]["param_names"], third.param_groups[0]["param_names"]


@script
def rate_changed_by_hand(t):
    params = parameters(t)
    optimizer = t.optim.Adam(params)
    steps(optimizer, params, 2)
    optimizer.param_groups[0]["lr"] = 0.5
    optimizer.param_groups[0]["betas"] = (0.5, 0.5)
    steps(optimizer, params, 2)
    return params


@script
def parameters_without_gradients_have_no_state(t):
    params = parameters(t)
    optimizer = t.optim.AdamW(params)
    optimizer.step()
    empty = optimizer.state_dict()["state"]
    steps(optimizer, params, 1)
    return empty, list(optimizer.state_dict()["state"]), params[2]


@script
def momentum_set_later(t):
    params = parameters(t)
    optimizer = t.optim.SGD(params, lr=0.1)
    steps(optimizer, params, 2)
    before = optimizer.state_dict()["state"]
    optimizer.param_groups[0]["momentum"] = 0.9
    steps(optimizer, params, 3)
    return before, params, optimizer.state_dict()["state"]


@script
def rate_as_a_tensor(t):
    results = []
    for name in ("SGD", "Adam"):
        params = parameters(t)
        optimizer = getattr(t.optim, name)(params, lr=t.tensor(0.125, dtype=t.float64))
        schedule = t.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        for _ in range(4):
            steps(optimizer, params, 1)
            schedule.step()
        results += [params, optimizer.param_groups[0]["lr"], schedule.get_last_lr(), schedule.base_lrs]
    return results


# ---------------------------------------------------------------- zero_grad, closures, hooks


@script
def zero_grad_sets_none(t):
    params = parameters(t)
    optimizer = t.optim.SGD(params)
    loss_of(params).backward()
    optimizer.zero_grad()
    return [p.grad for p in params]


@script
def zero_grad_sets_zeros(t):
    params = parameters(t)
    optimizer = t.optim.SGD(params)
    loss_of(params).backward(create_graph=True)
    kept = params[0].grad
    optimizer.zero_grad(set_to_none=False)
    return [p.grad for p in params], kept is params[0].grad, kept.requires_grad


@script
def state_has_the_parameters_strides(t):
    p = t.nn.Parameter(t.arange(6.0, dtype=t.float64).reshape(2, 3).mT)
    p.grad = t.ones(3, 2, dtype=t.float64)
    optimizer = t.optim.Adam([p], amsgrad=True)
    optimizer.step()
    return p, p.stride(), [optimizer.state[p][k].stride() for k in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")]


@script
def closure(t):
    params = parameters(t)
    optimizer = t.optim.SGD(params, lr=0.1)
    seen = []

    def again():
        seen.append(t.is_grad_enabled())
        optimizer.zero_grad()
        loss = loss_of(params)
        loss.backward()
        return loss
    with t.no_grad():
        losses = [optimizer.step(again), optimizer.step(closure=again)]
    return losses, seen, params, optimizer.step()


@script
def step_hooks(t):
    params = parameters(t)
    optimizer = t.optim.SGD(params, lr=0.1)
    calls = []
    first = optimizer.register_step_pre_hook(lambda o, args, kwargs: calls.append(("pre", o is optimizer, len(args),
                                                                                  list(kwargs))))
    optimizer.register_step_post_hook(lambda o, args, kwargs: calls.append(("post", len(args), list(kwargs))))
    optimizer.step()
    optimizer.step(closure=lambda: 1.0)
    first.remove()
    optimizer.step(lambda: 1.0)
    return calls


@script
def step_hook_that_changes_arguments(t):
    optimizer = t.optim.SGD(parameters(t), lr=0.1)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": lambda: 7.0}))
    return optimizer.step()


@script
def state_dict_hooks(t):
    params = parameters(t)
    optimizer = t.optim.SGD(params, lr=0.1, momentum=0.9)
    calls = []
    optimizer.register_state_dict_pre_hook(lambda o: calls.append("pre"))
    optimizer.register_state_dict_pre_hook(lambda o: calls.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "mine": 1})
    optimizer.register_load_state_dict_pre_hook(lambda o, state: calls.append(list(state)))
    optimizer.register_load_state_dict_post_hook(lambda o: calls.append("loaded"))
    steps(optimizer, params, 1)
    state = optimizer.state_dict()
    optimizer.load_state_dict(state)
    return calls, state


@script
def own_optimizer(t):
    """A class written for torch, with a `step` of its own, has hooks and groups like any other."""
    class Sign(t.optim.Optimizer):
        def __init__(self, params, lr=0.1):
            super().__init__(params, dict(lr=lr))

        @t.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        p.add_(p.grad.sign(), alpha=-group["lr"])
    params = parameters(t)
    optimizer, calls = Sign(params), []
    schedule = t.optim.lr_scheduler.StepLR(optimizer, 2)
    optimizer.register_step_post_hook(lambda *_: calls.append("post"))
    for _ in range(3):
        steps(optimizer, params, 1)
        schedule.step()
    return params, calls, optimizer.state_dict()


@script
def deep_copy(t):
    params = parameters(t)
    optimizer = t.optim.Adam(params)
    steps(optimizer, params, 2)
    twin = copy.deepcopy(optimizer)
    steps(optimizer, params, 1)
    return twin.state_dict()["state"][0]["step"], optimizer.state_dict()["state"][0]["step"], list(twin.param_groups[0])


# ---------------------------------------------------------------- loading


@script
def loaded_state_takes_the_parameters_type(t):
    params = parameters(t)
    source = t.optim.Adam(params)
    steps(source, params, 2)
    optimizer = t.optim.Adam(parameters(t, "float32"))
    optimizer.load_state_dict(source.state_dict())
    return [{k: v.dtype for k, v in s.items()} for s in optimizer.state_dict()["state"].values()]


@script
def state_that_belongs_to_nobody(t):
    optimizer = t.optim.SGD(parameters(t))
    state = optimizer.state_dict()
    state["state"]["global"] = {"round": 3}
    optimizer.load_state_dict(state)
    return optimizer.state_dict()["state"]


@script
def load_another_number_of_groups(t):
    a, b, _ = parameters(t)
    t.optim.SGD([a]).load_state_dict(t.optim.SGD([{"params": [a]}, {"params": [b]}]).state_dict())


@script
def load_a_group_of_another_size(t):
    a, b, _ = parameters(t)
    t.optim.SGD([a]).load_state_dict(t.optim.SGD([a, b]).state_dict())


@script
def adagrad_in_shared_memory(t):
    params = parameters(t)
    optimizer = t.optim.Adagrad(params, initial_accumulator_value=0.5)
    optimizer.share_memory()
    steps(optimizer, params, 1)
    return params, optimizer.state_dict()


# ---------------------------------------------------------------- L-BFGS


def rosenbrock(t, x):
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def waves(t, x):
    return (x.abs() + 1).log().sum() + (x * 3).cos().sum()


def ill_conditioned(t, x):
    return (t.tensor([1.0, 30.0, 900.0, 0.1, 7.0], dtype=t.float64) * x ** 2).sum() + x.sin().sum()


@pytest.mark.parametrize("function", [rosenbrock, waves, ill_conditioned])
@pytest.mark.parametrize("options", [
    dict(lr=0.001), dict(lr=0.1, max_iter=4), dict(lr=0.01, history_size=2, tolerance_change=1e-4),
    dict(lr=0.01, max_iter=7, max_eval=3, tolerance_grad=1.0), dict(line_search_fn="strong_wolfe"),
    dict(line_search_fn="strong_wolfe", history_size=2, max_iter=3),
    dict(line_search_fn="strong_wolfe", max_iter=30, max_eval=5),
    dict(line_search_fn="strong_wolfe", lr=5.0, max_iter=4)], ids=str)
def test_lbfgs(function, options):
    """Losses, parameters, state and number of evaluations, where the state was carried to a new optimizer midway."""
    def script(t):
        x = t.nn.Parameter(t.tensor([-1.2, 1.0, 0.5, 0.3, 2.0], dtype=t.float64))
        shift = t.nn.Parameter(t.ones(2, 1, dtype=t.float64))
        unused = t.nn.Parameter(t.ones(3, dtype=t.float64))
        optimizer, calls, path = t.optim.LBFGS([x, shift, unused], **options), [], []

        def closure():
            optimizer.zero_grad()
            loss = function(t, x + 0.1 * shift.sum())
            loss.backward()
            calls.append(loss.item())
            return loss
        for k in range(5):
            if k == 3:
                state = optimizer.state_dict()
                optimizer = t.optim.LBFGS([x, shift, unused])
                optimizer.load_state_dict(copy.deepcopy(state))
            path.append((optimizer.step(closure).item(), x.detach().clone(), len(calls)))
        return path, calls, shift, unused, optimizer.state_dict(), repr(optimizer)
    alike(script, torch, 1e-6)


@script
def lbfgs_where_the_gradient_is_zero(t):
    x = t.nn.Parameter(t.zeros(2))
    x.grad = t.zeros(2)
    optimizer = t.optim.LBFGS([x])
    return optimizer.step(lambda: 3.0), optimizer.state_dict()


@script
def lbfgs_in_two_groups(t):
    a, b, _ = parameters(t)
    t.optim.LBFGS([{"params": [a]}, {"params": [b]}])


@script
def lbfgs_with_another_line_search(t):
    params = parameters(t)
    optimizer = t.optim.LBFGS(params, line_search_fn="armijo")

    def closure():
        loss = loss_of(params)
        loss.backward()
        return loss
    optimizer.step(closure)


@script
def lbfgs_of_complex_numbers(t):
    z = t.tensor([1 + 2j, 3 - 1j], dtype=t.complex128)
    optimizer = t.optim.LBFGS([z], lr=0.2, max_iter=5)

    def closure():
        z.grad = 2 * z
        return z.abs().pow(2).sum()
    return [optimizer.step(closure) for _ in range(3)], z


# ---------------------------------------------------------------- errors


def constructor(name, *args, **kwargs):
    return lambda t: getattr(t.optim, name)([t.ones(1, requires_grad=True)], *args, **kwargs)


REFUSED = [
    *[(name, options) for name in METHODS[1:] for options in (dict(lr=-1.0), dict(lr=float("nan")))],
    *[(name, dict(weight_decay=-0.1)) for name in METHODS if name != "Rprop"],
    *[(name, dict(eps=-1e-3)) for name in METHODS if name not in ("SGD", "ASGD", "Rprop")],
    *[(name, dict(betas=betas)) for name in ("Adamax", "NAdam", "RAdam") for betas in ((1.0, 0.9), (0.9, -0.1))],
    ("RMSprop", dict(alpha=-0.1)), ("RMSprop", dict(momentum=-0.1)), ("Adagrad", dict(lr_decay=-1)),
    ("Adagrad", dict(initial_accumulator_value=-1)), ("Adagrad", dict(foreach=True, fused=True)),
    ("Adadelta", dict(rho=1.1)), ("Adadelta", dict(rho=-0.1)), ("NAdam", dict(momentum_decay=-1)),
    ("Rprop", dict(etas=(0.5, 0.9))), ("Rprop", dict(etas=(0.0, 1.2))), ("LBFGS", dict(lr=-1)),
    ("SGD", dict(lr=-1)), ("SGD", dict(momentum=-0.1)), ("SGD", dict(weight_decay=-1)), ("SGD", dict(nesterov=True)),
    ("SGD", dict(nesterov=True, momentum=0.9, dampening=0.1)), ("SGD", dict(foreach=True, fused=True)),
    ("Adam", dict(lr=-0.1)), ("Adam", dict(eps=-1)), ("Adam", dict(betas=(1.0, 0.9))),
    ("Adam", dict(betas=(0.9, -0.1))),
    ("Adam", dict(betas=(0, 0.9))), ("Adam", dict(weight_decay=-1)), ("Adam", dict(foreach=True, fused=True)),
    ("AdamW", dict(lr=float("nan"))), ("AdamW", dict(betas=(0.9, 1))), ("AdamW", dict(weight_decay=-0.5)),
]


@pytest.mark.parametrize("name, options", REFUSED)
def test_settings_out_of_range(name, options):
    alike(constructor(name, **options), torch)


GROUPS = [
    lambda t: t.optim.SGD(t.ones(2)), lambda t: t.optim.SGD([]), lambda t: t.optim.SGD([1.0]),
    lambda t: t.optim.SGD(["w"]),
    lambda t: t.optim.SGD(t.nn.Parameter(t.ones(2))), lambda t: t.optim.SGD([t.ones(2, requires_grad=True) * 2]),
    lambda t: t.optim.SGD([np.ones(2)]), lambda t: t.optim.SGD([{"params": {t.ones(2)}}]),
    lambda t: t.optim.SGD([("w", t.ones(1)), t.ones(1)]), lambda t: t.optim.SGD([{"lr": 1.0}]),
    lambda t: t.optim.SGD([t.ones(1)]).add_param_group([t.ones(1)]),
    lambda t: t.optim.SGD([t.ones(1)]).add_param_group({"params": [("w", t.ones(1))]}),
    lambda t: t.optim.SGD([("w", t.ones(1))]).add_param_group({"params": [t.ones(1)]}),
    lambda t: (lambda p: t.optim.SGD([{"params": [p]}, {"params": [p]}]))(t.ones(1)),
    lambda t: t.optim.Adam([t.ones(1)], lr=t.ones(2)), lambda t: t.optim.Adam([t.ones(1)], lr=t.ones(1), foreach=True),
    lambda t: t.optim.SGD([t.ones(1)], lr=t.ones(2)),
    lambda t: t.optim.Adam([t.ones(1)], betas=(0.9, t.tensor(0.9))),
]


@pytest.mark.parametrize("call", GROUPS)
def test_parameters_that_cannot_be_optimized(call):
    alike(call, torch)


def test_duplicate_parameters_warn():
    sentences = []
    for t in (minitorch, torch):
        p = t.ones(1, requires_grad=True)
        with pytest.warns(UserWarning) as caught:
            t.optim.SGD([p, p])
        sentences.append(str(caught[0].message))
    assert sentences[0] == sentences[1]


@pytest.mark.parametrize("name", METHODS)
def test_what_is_not_supported_is_named(name):
    for option in ("capturable", "differentiable"):
        if option in getattr(minitorch.optim, name)([minitorch.ones(1)]).defaults:
            with pytest.raises(NotImplementedError, match=option):
                constructor(name, **{option: True})(minitorch)
