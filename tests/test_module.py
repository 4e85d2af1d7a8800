"""Module and its containers against torch: registration, walks, state, hooks, types, copies, printing."""

import copy
import pickle
from collections import OrderedDict

import pytest
from alike import alike

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def scripts(*functions):
    return pytest.mark.parametrize("script", functions, ids=[f.__name__ for f in functions])


def lambdas(*functions):
    return pytest.mark.parametrize("script", functions)


def net(t):
    """A module with everything: parameters, buffers, nested and shared children, empty places."""

    class Block(t.nn.Module):
        def __init__(self, width: int):
            super().__init__()
            self.norm = t.nn.BatchNorm1d(width)
            self.linear = t.nn.Linear(width, width)
            self.scale = t.nn.Parameter(t.ones(1))
            self.register_buffer("kept", t.arange(3.0))
            self.register_buffer("scratch", t.zeros(2), persistent=False)
            self.register_buffer("empty", None)
            self.register_parameter("nothing", None)

        def forward(self, x, shift=0.0):
            return self.linear(self.norm(x)) * self.scale + shift

    class Net(t.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block(4)
            self.layers = t.nn.ModuleList([t.nn.Linear(4, 4), t.nn.Linear(4, 4), t.nn.ReLU()])
            self.by_name = t.nn.ModuleDict({"drop": t.nn.Dropout(0.1), "again": self.first})
            self.tail = t.nn.Sequential(OrderedDict(a=t.nn.Linear(4, 2), b=t.nn.Tanh()))
            self.missing = None

        def forward(self, x):
            x = self.first(x)
            for layer in self.layers:
                x = layer(x)
            return self.tail(self.by_name["drop"](x))

    return Net()


# ---------------------------------------------------------------- registration


@lambdas(
    lambda t: t.nn.Module().register_parameter("a.b", None),
    lambda t: t.nn.Module().register_parameter("", None),
    lambda t: t.nn.Module().register_parameter(3, None),
    lambda t: t.nn.Module().register_parameter("training", None),
    lambda t: t.nn.Module().register_parameter("w", 3),
    lambda t: t.nn.Module().register_parameter("w", t.ones(2)),
    lambda t: t.nn.Module().register_buffer("a.b", None),
    lambda t: t.nn.Module().register_buffer("", None),
    lambda t: t.nn.Module().register_buffer(3.5, None),
    lambda t: t.nn.Module().register_buffer("forward", None),
    lambda t: t.nn.Module().register_buffer("w", [1]),
    lambda t: t.nn.Module().add_module("a.b", t.nn.ReLU()),
    lambda t: t.nn.Module().add_module("", t.nn.ReLU()),
    lambda t: t.nn.Module().add_module(None, t.nn.ReLU()),
    lambda t: t.nn.Module().add_module("eval", t.nn.ReLU()),
    lambda t: t.nn.Module().add_module("a", 3),
    lambda t: t.nn.Module().add_module("a", t.ones(2)),
    lambda t: setattr(t.nn.Linear(2, 2), "weight", t.ones(2, 2)),
    lambda t: setattr(t.nn.Linear(2, 2), "weight", 3),
    lambda t: setattr(t.nn.BatchNorm1d(2), "running_mean", 3),
    lambda t: setattr(t.nn.Sequential(t.nn.ReLU()), "0", "relu"),
    lambda t: delattr(t.nn.Linear(2, 2), "nothing"),
    lambda t: t.nn.Linear(2, 2).nothing,
    lambda t: t.nn.Module()(1),
    lambda t: t.nn.Parameter(t.arange(3)),
    lambda t: t.nn.Parameter(3.0),
    lambda t: t.nn.Linear(2, 2).train("yes"),
    lambda t: t.nn.Linear(2, 2).to(t.int64),
)
def test_refusals(script):
    alike(script, torch)


def before_init(value):
    def script(t):
        class Early(t.nn.Module):
            def __init__(self):
                self.part = value(t)

        return Early()

    return script


@lambdas(before_init(lambda t: t.nn.Parameter(t.ones(1))), before_init(lambda t: t.nn.ReLU()),
         before_init(lambda t: t.nn.Buffer(t.ones(1))))
def test_parts_before_init(script):
    alike(script, torch)


def of_another_tensor(t):
    t.nn.Module().register_parameter("w", t.nn.Parameter(t.ones(2)) * 2)


def not_a_leaf(t):
    w = t.nn.Parameter(t.ones(2))
    w.mul_(t.nn.Parameter(t.ones(2)))


def reassigned(t):
    """A part that is replaced by one of another kind moves to another home."""
    m = t.nn.Module()
    m.part = 3
    m.part = t.nn.Parameter(t.ones(1))
    first = [list(m._parameters), list(m._buffers), list(m._modules), "part" in vars(m)]
    m.part = None
    second = [list(m._parameters), m.part]
    del m.part
    m.part = t.nn.Buffer(t.ones(2), persistent=False)
    third = [list(m._buffers), sorted(m._non_persistent_buffers_set), m.part]
    m.part = t.ones(3)  # a plain tensor may replace a buffer
    fourth = [list(m._buffers), sorted(m._non_persistent_buffers_set), list(m.state_dict())]
    m.part = t.nn.ReLU()
    fifth = [list(m._buffers), sorted(m._non_persistent_buffers_set), list(m._modules)]
    m.part = t.nn.Parameter(t.ones(1))
    return first, second, third, fourth, fifth, list(m._modules), [n for n, _ in m.named_parameters()]


def buffers(t):
    m = t.nn.Module()
    m.kept = t.nn.Buffer(t.arange(2.0))
    m.scratch = t.nn.Buffer(t.arange(3.0), persistent=False)
    m.register_buffer("late", None)
    m.late = t.ones(1)
    m.plain = t.ones(4)  # no buffer
    return list(m.state_dict()), [n for n, _ in m.named_buffers()], isinstance(m.kept, t.nn.Buffer), repr(m.kept)


def parameters(t):
    data = t.arange(3.0)
    p, frozen = t.nn.Parameter(data), t.nn.Parameter(data, requires_grad=False)
    data[0] = 5
    same_type = type(p * 1) is t.Tensor and type(p.detach()) is t.Tensor and type(p.data) is t.Tensor
    empty = tuple(t.nn.Parameter().shape)
    return p, repr(p), repr(frozen), frozen.requires_grad, p.is_leaf, same_type, empty, p.sum()


@scripts(of_another_tensor, not_a_leaf, reassigned, buffers, parameters)
def test_parts(script):
    alike(script, torch)


# ---------------------------------------------------------------- walks


def names(t):
    m = net(t)
    return ([n for n, _ in m.named_parameters()], [n for n, _ in m.named_buffers()], [n for n, _ in m.named_modules()],
            [n for n, _ in m.named_children()], [type(c).__name__ for c in m.children()], len(list(m.modules())),
            len(list(m.modules(remove_duplicate=False))), list(m.state_dict()), sorted(m._modules))


def names_in_part(t):
    m = net(t)
    return ([n for n, _ in m.named_parameters("pre")], [n for n, _ in m.named_parameters(recurse=False)],
            [n for n, _ in m.first.named_parameters(recurse=False)], [n for n, _ in m.named_modules(prefix="pre")],
            [n for n, _ in m.named_parameters(remove_duplicate=False)], len(list(m.first.buffers(recurse=False))),
            [n for n, _ in m.named_modules(remove_duplicate=False)])


def shared(t):
    m = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.Linear(2, 2))
    m[1].weight = m[0].weight
    return ([n for n, _ in m.named_parameters()], [n for n, _ in m.named_parameters(remove_duplicate=False)],
            list(m.state_dict()))


def applied(t):
    seen = []
    m = net(t)
    return m.apply(lambda part: seen.append(type(part).__name__)) is m, seen


def directory(t):
    found = dir(net(t).first)
    numbered = dir(t.nn.Sequential(t.nn.ReLU()))
    return [n in found for n in ("scale", "kept", "norm", "forward", "zero_grad")], "0" in numbered


@scripts(names, names_in_part, shared, applied, directory)
def test_walks(script):
    alike(script, torch)


@lambdas(
    lambda t: type(net(t).get_submodule("first.norm")).__name__,
    lambda t: type(net(t).get_submodule("layers.1")).__name__,
    lambda t: type(net(t).get_submodule("")).__name__,
    lambda t: net(t).get_submodule("first.other"),
    lambda t: net(t).get_submodule("first.scale"),
    lambda t: net(t).get_parameter("first.scale"),
    lambda t: net(t).get_parameter("first.kept"),
    lambda t: net(t).get_parameter("first.nowhere"),
    lambda t: net(t).get_buffer("first.kept"),
    lambda t: net(t).get_buffer("first.scale"),
    lambda t: net(t).get_buffer("first.nowhere"),
    lambda t: net(t).set_submodule("", t.nn.ReLU()),
    lambda t: net(t).set_submodule("first.scale", t.nn.ReLU()),
    lambda t: net(t).set_submodule("first.fresh", t.nn.ReLU(), strict=True),
    lambda t: net(t).set_submodule("elsewhere.fresh", t.nn.ReLU()),
)
def test_parts_by_name(script):
    alike(script, torch)


def test_set_submodule():
    def script(t):
        m = net(t)
        m.set_submodule("first.norm", t.nn.Identity())
        m.set_submodule("first.fresh", t.nn.ReLU())
        m.set_submodule("layers.0", t.nn.Identity(), strict=True)
        return repr(m)

    alike(script, torch)


# ---------------------------------------------------------------- modes, gradients, types


def modes(t):
    m = net(t)
    m.eval()
    first = [part.training for part in m.modules()]
    m.first.train()
    return first, [part.training for part in m.modules()], m.train() is m, m.requires_grad_(False) is m, [
        p.requires_grad for p in m.parameters()]


def zeroed(t):
    m = net(t)
    m(t.ones(3, 4)).sum().backward()
    m.zero_grad(set_to_none=False)
    first = [p.grad for p in m.parameters()]
    m.zero_grad()
    return first, [p.grad for p in m.parameters()]


def converted(t):
    m = net(t)
    parts = list(m.parameters())
    m(t.ones(3, 4)).sum().backward()
    m.double()
    kept = all(a is b for a, b in zip(parts, m.parameters()))
    facts = [str(v.dtype).split(".")[1] for v in m.state_dict().values()]
    grads = [str(p.grad.dtype).split(".")[1] for p in m.parameters()]
    m.zero_grad()
    y = m(t.ones(3, 4, dtype=t.float64))
    y.sum().backward()
    return kept, facts, grads, y, [p.grad for p in m.parameters()]


def to(t):
    m, found = t.nn.BatchNorm1d(3), []
    for args, options in (((t.float64,), {}), (("cpu",), {}), (("cpu", t.float16), {}), ((), {"dtype": t.float32}),
                          ((t.ones(1, dtype=t.float64),), {}), ((t.device("cpu"), t.float32, True), {})):
        assert m.to(*args, **options) is m
        found.append([str(v.dtype).split(".")[1] for v in m.state_dict().values()])
    found.append([str(v.dtype).split(".")[1] for v in m.half().state_dict().values()])
    found.append([str(v.dtype).split(".")[1] for v in m.type(t.float64).state_dict().values()])
    return found, m.cpu() is m, m.float() is m


@scripts(modes, zeroed, converted, to)
def test_modes_and_types(script):
    alike(script, torch)


# ---------------------------------------------------------------- state


def round_trip(t):
    t.manual_seed(1)
    first, second = net(t), net(t)
    result = second.load_state_dict(first.state_dict())
    same = all(t.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values()))
    return str(result), same, list(result.missing_keys), result[1]


def shares_memory(t):
    m = t.nn.Linear(2, 2)
    state = m.state_dict()
    state["weight"][0, 0] = 7
    kept = m.state_dict(keep_vars=True)
    return m.weight[0, 0], state["weight"].requires_grad, kept["weight"] is m.weight, type(state).__name__, dict(
        net(t).state_dict()._metadata)


def loose(t):
    m = net(t)
    state = m.state_dict()
    del state["first.scale"]
    state["first.extra"] = t.ones(1)
    state["unknown"] = t.ones(1)
    return str(m.load_state_dict(state, strict=False))


def mismatched(t):
    m = net(t)
    state = m.state_dict()
    del state["first.scale"], state["tail.a.bias"]
    state["first.kept"] = t.ones(4)
    state["first.linear.weight"] = "no tensor"
    state["elsewhere"] = t.ones(1)
    state["first.norm.deeper.still"] = t.ones(1)
    state["layers.7.weight"] = t.ones(1)
    m.load_state_dict(state)


def half_loaded(t):
    """What does match has been copied when the error comes."""
    m = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.Linear(2, 3))
    other = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.Linear(3, 3))
    try:
        m.load_state_dict(other.state_dict())
    except RuntimeError:
        return t.equal(m[0].weight, other[0].weight), t.equal(m[1].bias, other[1].bias)


def assigned(t):
    m, state = t.nn.BatchNorm1d(2), t.nn.BatchNorm1d(2).double().state_dict()
    m.weight.requires_grad_(False)
    m.load_state_dict(state, assign=True)
    return ([str(v.dtype).split(".")[1] for v in m.state_dict().values()], m.weight.requires_grad, m.bias.requires_grad,
            isinstance(m.weight, t.nn.Parameter), m.running_mean is state["running_mean"])


def cast_when_loaded(t):
    m = t.nn.Linear(2, 2)
    m.load_state_dict({"weight": t.ones(2, 2, dtype=t.float64), "bias": t.zeros(2, dtype=t.int64)})
    return m.weight, m.bias, m.weight._version


def number_from_one_element(t):
    m = t.nn.BatchNorm1d(2)
    m.load_state_dict({**m.state_dict(), "num_batches_tracked": t.tensor([4])})
    return m.num_batches_tracked


def extra_state(t):
    class Counter(t.nn.Module):
        count = 3

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    m = t.nn.Sequential(Counter(), t.nn.ReLU())
    state = m.state_dict()
    m[0].count = 5
    m.load_state_dict(state)
    missing = m.load_state_dict({}, strict=False)
    return state, m[0].count, str(missing), t.nn.Sequential(t.nn.ReLU(), t.nn.ReLU()).load_state_dict(state)


def hooks_on_state(t):
    seen = []
    m = t.nn.Sequential(t.nn.Linear(2, 2), t.nn.ReLU())
    m[0].register_state_dict_pre_hook(lambda part, prefix, keep: seen.append(["saving", prefix, keep]))
    m.register_state_dict_post_hook(lambda part, state, prefix, metadata: state.pop("0.bias", None) and None)
    m[0].register_load_state_dict_pre_hook(
        lambda part, state, prefix, metadata, strict, missing, unexpected, errors: state.setdefault(
            prefix + "bias", t.zeros(2)) is None or None)
    handle = m.register_load_state_dict_post_hook(lambda part, keys: seen.append(["loaded", str(keys)]))
    state = m.state_dict()
    m.load_state_dict(state)
    handle.remove()
    m.load_state_dict(state)
    return list(state), seen, m[0].bias


def not_a_dictionary(t):
    t.nn.ReLU().load_state_dict([1])


@scripts(round_trip, shares_memory, loose, mismatched, half_loaded, assigned, cast_when_loaded, number_from_one_element,
         extra_state, hooks_on_state, not_a_dictionary)
def test_state(script):
    alike(script, torch)


# ---------------------------------------------------------------- hooks


def forward_hooks(t):
    seen = []
    m = t.nn.Linear(2, 2)
    first = m.register_forward_pre_hook(lambda part, args: (args[0] * 2,))
    m.register_forward_pre_hook(lambda part, args: args[0] + 1, prepend=True)
    m.register_forward_hook(lambda part, args, y: seen.append((type(part).__name__, len(args), tuple(y.shape))))
    m.register_forward_hook(lambda part, args, y: y * 10)
    y = m(t.ones(1, 2))
    first.remove()
    with m.register_forward_hook(lambda part, args, y: y * 0):
        zero = m(t.ones(1, 2))
    return y, zero, m(t.ones(1, 2)), seen


def hooks_with_kwargs(t):
    seen = []
    m = net(t).first
    m.register_forward_pre_hook(lambda part, args, kwargs: (args, {**kwargs, "shift": 3.0}), with_kwargs=True)
    m.register_forward_hook(lambda part, args, kwargs, y: seen.append(kwargs), with_kwargs=True)
    return m(t.ones(3, 4)), m(t.ones(3, 4), shift=1.0), seen


def bad_pre_hook(t):
    m = t.nn.ReLU()
    m.register_forward_pre_hook(lambda part, args, kwargs: args, with_kwargs=True)
    return m(t.ones(1))


def numbers(gradients):
    return [None if g is None else g.clone() for g in gradients]


def backward_hooks(t):
    seen = []
    m = t.nn.Linear(3, 2)
    m.register_full_backward_hook(lambda part, gi, go: seen.append((type(part).__name__, numbers(gi), numbers(go))))
    m.register_full_backward_hook(lambda part, gi, go: (gi[0] * 2,))
    handle = m.register_full_backward_pre_hook(lambda part, go: (go[0] + 1,))
    x = t.ones(2, 3, requires_grad=True)
    y = m(x)
    y.sum().backward()
    handle.remove()
    m(x).sum().backward()
    with t.no_grad():
        m(x)
    return x.grad, m.weight.grad, seen, type(y.grad_fn).__name__


def backward_hooks_on_several(t):
    seen = []

    class Two(t.nn.Module):
        def forward(self, a, b, n):
            return a * b, "text", b * n

    m = Two()
    m.register_full_backward_hook(lambda part, gi, go: seen.append((numbers(gi), numbers(go))))
    a, b = t.ones(2, requires_grad=True), t.full((2,), 3.0)
    first, text, second = m(a, b, 2)
    (first.sum() + second.sum()).backward()
    return a.grad, seen, text, second.requires_grad


def backward_hooks_where_a_gradient_is_missing(t):
    """An unused output has None; an unused input has zeros."""
    seen = []

    class Two(t.nn.Module):
        def forward(self, a, b, c):
            return a * 2, c * 3

    m = Two()
    m.register_full_backward_hook(lambda part, gi, go: seen.append((numbers(gi), numbers(go))))
    a, b, c = [t.ones(2, requires_grad=True) for _ in range(3)]
    m(a, b, c)[0].sum().backward()
    return seen, a.grad, b.grad, c.grad


def backward_hook_without_gradient_of_inputs(t):
    seen = []
    m = t.nn.Linear(2, 2)
    m.register_full_backward_hook(lambda part, gi, go: seen.append((numbers(gi), numbers(go))))
    with pytest.warns(UserWarning, match="no inputs require gradients"):
        m(t.ones(1, 2)).sum().backward()
    return seen, m.weight.grad


def backward_hook_that_returns_too_much(t):
    m = t.nn.Linear(2, 2)
    m.register_full_backward_hook(lambda part, gi, go: (gi[0], gi[0]))
    m(t.ones(1, 2, requires_grad=True)).sum().backward()


@scripts(forward_hooks, hooks_with_kwargs, bad_pre_hook, backward_hooks, backward_hooks_on_several,
         backward_hooks_where_a_gradient_is_missing, backward_hook_without_gradient_of_inputs,
         backward_hook_that_returns_too_much)
def test_hooks(script):
    alike(script, torch)


# ---------------------------------------------------------------- copies


def deep_copies(t):
    m = net(t)
    m(t.ones(3, 4)).sum().backward()
    other = copy.deepcopy(m)
    with t.no_grad():
        m.first.scale.add_(1)
    return (other.first.scale, [p.grad for p in other.parameters()], type(other.first.scale) is t.nn.Parameter,
            other.by_name["again"] is other.first, list(other.state_dict()), other(t.ones(3, 4)))


def shallow_copies(t):
    m = t.nn.Linear(2, 2)
    other = copy.copy(m)
    return other.weight is m.weight, other._parameters is m._parameters


def pickled(t):
    m = t.nn.Sequential(t.nn.Linear(3, 2), t.nn.BatchNorm1d(2), t.nn.ReLU())
    m[0].bias.requires_grad_(False)
    m.eval()
    other = pickle.loads(pickle.dumps(m))
    return (repr(other), list(other.state_dict().values()), [p.requires_grad for p in other.parameters()],
            other.training, type(other[0].weight) is t.nn.Parameter, other(t.ones(2, 3)))


def pickled_parts(t):
    p = pickle.loads(pickle.dumps(t.nn.Parameter(t.arange(3.0))))
    b = pickle.loads(pickle.dumps(t.nn.Buffer(t.arange(3.0))))
    return p, type(p) is t.nn.Parameter, p.requires_grad, b


@scripts(deep_copies, shallow_copies, pickled, pickled_parts)
def test_copies(script):
    alike(script, torch)


# ---------------------------------------------------------------- containers


def layers(t, n=3):
    return [t.nn.Linear(k + 1, k + 2) for k in range(n)]


def sequential(t):
    s = t.nn.Sequential(*layers(t))
    found = [repr(s), repr(s[1]), repr(s[-1]), repr(s[1:]), repr(s[::-1]), len(s), s(t.ones(1, 1))]
    s[1] = t.nn.Identity()
    del s[0]
    s.append(t.nn.Tanh()).insert(0, t.nn.ReLU()).insert(-1, t.nn.GELU()).extend([t.nn.ELU(), t.nn.SiLU()])
    found += [repr(s), repr(s.pop(0)), repr(s.pop(-1)), repr(s), [type(m).__name__ for m in s], list(s.state_dict())]
    del s[1:3]
    found += [repr(s), repr(s + t.nn.Sequential(t.nn.ReLU())), repr(s * 2), repr(2 * s)]
    s += t.nn.Sequential(t.nn.Mish())
    s *= 2
    return [*found, repr(s)]


def named_sequential(t):
    s = t.nn.Sequential(OrderedDict([("a", t.nn.ReLU()), ("b", t.nn.Tanh()), ("c", t.nn.ELU())]))
    found = [repr(s), repr(s[0:2]), repr(s.b)]
    s[0] = t.nn.GELU()
    found.append(repr(s))
    del s[1]
    return [*found, repr(s), repr(t.nn.Sequential()), t.nn.Sequential()(t.ones(1))]


def module_list(t):
    m = t.nn.ModuleList(layers(t))
    found = [repr(m), repr(m[1]), repr(m[-1]), repr(m[1:]), len(m), list(m.state_dict())]
    m.append(t.nn.ReLU()).extend([t.nn.ReLU(), t.nn.ReLU()])
    m.insert(1, t.nn.Tanh())
    m[0] = t.nn.Identity()
    found += [repr(m), repr(m.pop(1)), repr(m.pop(-1))]
    del m[-1], m[0:2]
    m += [t.nn.ReLU(), t.nn.ReLU()]
    return [*found, repr(m), repr(m + [t.nn.ELU()]), repr(t.nn.ModuleList()), repr(t.nn.ModuleList(
        t.nn.Sequential(t.nn.ReLU(), t.nn.Linear(2, 2)) for _ in range(3)))]


def module_dict(t):
    m = t.nn.ModuleDict({"a": t.nn.ReLU(), "b": t.nn.Linear(2, 2)})
    m["c"] = t.nn.Tanh()
    m.update([("d", t.nn.ELU()), ["a", t.nn.GELU()]])
    m.update(t.nn.ModuleDict({"e": t.nn.SiLU()}))
    found = [repr(m), len(m), list(m), "a" in m, "z" in m, list(m.keys()), [repr(v) for v in m.values()],
             [k for k, _ in m.items()], repr(m.pop("b")), list(m.state_dict())]
    del m["c"]
    found.append(repr(m))
    m.clear()
    return [*found, repr(m), repr(t.nn.ModuleDict())]


@scripts(sequential, named_sequential, module_list, module_dict)
def test_containers(script):
    alike(script, torch)


@lambdas(
    lambda t: t.nn.Sequential(t.nn.ReLU())[1],
    lambda t: t.nn.Sequential(t.nn.ReLU())["a"],
    lambda t: t.nn.Sequential(3),
    lambda t: t.nn.Sequential(t.nn.ReLU()).insert(5, t.nn.ReLU()),
    lambda t: t.nn.ModuleList([t.nn.ReLU()])[-2],
    lambda t: t.nn.ModuleList([3]),
    lambda t: t.nn.ModuleList().extend(3),
    lambda t: t.nn.ModuleList()(t.ones(1)),
    lambda t: t.nn.ModuleDict({"a.b": t.nn.ReLU()}),
    lambda t: t.nn.ModuleDict({"a": 3}),
    lambda t: t.nn.ModuleDict({"keys": t.nn.ReLU()}),
    lambda t: t.nn.ModuleDict()["a"],
    lambda t: t.nn.ModuleDict(3),
    lambda t: t.nn.ModuleDict([3]),
    lambda t: t.nn.ModuleDict([[3]]),
)
def test_container_errors(script):
    alike(script, torch)


# ---------------------------------------------------------------- printing


def odd_reprs(t):
    class Two(t.nn.Module):
        def extra_repr(self):
            return "first line\nsecond line"

    class Both(t.nn.Linear):
        def __init__(self):
            super().__init__(1, 1)
            self.inner = Two()
            self.empty = t.nn.Sequential()
            self.register_module("none", None)

    return repr(Two()), repr(Both()), str(net(t))


@pytest.mark.parametrize("factor, error", [(0, ValueError), (1.5, TypeError)])
def test_sequential_times_what_cannot_be(factor, error):
    found = []
    for library in (minitorch, torch):
        with pytest.raises(error) as raised:
            library.nn.Sequential(library.nn.ReLU()) * factor
        found.append(str(raised.value).partition("<class")[0])
    assert found[0] == found[1]


def test_printing():
    alike(odd_reprs, torch)

