"""nn.init and nn.utils against torch: the same numbers from one seed, the same errors."""

import inspect
import warnings

import pytest
from alike import alike

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

# (function, shapes of the tensor it fills, further arguments of each case)
TABLE = [
    ("uniform_", [(3, 5), (4, 40), (7,)], ["", "a=-2.0", "-0.5, 0.25"]),
    ("normal_", [(3, 5), (4, 40), (7,)], ["", "mean=2.0", "-0.5, 0.25", "std=0.0"]),
    ("trunc_normal_", [(3, 5), (4, 40), (30, 50)], ["", "std=0.02", "0.5, 2.0, -1.0, 1.5",  # by normal candidates
                                                    "std=3.0, a=-0.5, b=0.5", "a=1.5, b=2.5",  # by uniform ones
                                                    "mean=3.0, a=-1.0, b=0.0, std=1.0", "mean=1.0, a=2.0, b=4.0"]),
    ("constant_", [(3, 5), ()], ["0.3", "val=-2"]),
    ("ones_", [(3, 5), (2, 0)], [""]),
    ("zeros_", [(3, 5), ()], [""]),
    ("eye_", [(3, 5), (5, 3), (4, 4)], [""]),
    ("dirac_", [(4, 4, 3), (6, 2, 3, 4), (4, 6, 3, 3, 2)], ["", "groups=2", "1"]),
    ("xavier_uniform_", [(3, 5), (4, 2, 3), (4, 2, 3, 3)], ["", "gain=2.5"]),
    ("xavier_normal_", [(3, 5), (4, 2, 3), (4, 2, 3, 3)], ["", "gain=2.5"]),
    ("kaiming_uniform_", [(3, 5), (4, 2, 3), (0, 3)], ["", "a=0.2", "mode='fan_out'", "nonlinearity='relu'",
                                                       "0.1, 'FAN_OUT'"]),
    ("kaiming_normal_", [(3, 5), (4, 2, 3), (0, 3)], ["", "a=0.2", "mode='fan_out'", "nonlinearity='relu'",
                                                      "0.1, 'FAN_OUT'"]),
    ("orthogonal_", [(3, 5), (5, 3), (6, 6), (4, 2, 3), (2, 0)], ["", "gain=2.0"]),
    ("sparse_", [(10, 4), (3, 5)], ["sparsity=0.3", "0.5, std=2.0", "1.0"]),
]
CASES = [(name, shape, arguments) for name, shapes, sets in TABLE for shape in shapes for arguments in sets]


def test_table_has_every_function():
    own = {n for n in vars(minitorch.nn.init) if n.endswith("_") and not n.startswith("_")}
    assert own == {n for n in torch.nn.init.__all__ if n.endswith("_")} == {name for name, _, _ in TABLE}


@pytest.mark.parametrize("name", [name for name, _, _ in TABLE] + ["calculate_gain"])
def test_signature(name):
    ours, theirs = [[(p.name, p.default) for p in inspect.signature(getattr(t.nn.init, name)).parameters.values()]
                    for t in (minitorch, torch)]
    assert ours == theirs


@pytest.mark.parametrize("precision, rtol", [("float32", 1e-6), ("float64", 1e-12)], ids=["float32", "float64"])
@pytest.mark.parametrize("name, shape, arguments", CASES, ids=[f"{n}({s}, {a})" for n, s, a in CASES])
def test_fills_as_torch(name, shape, arguments, precision, rtol):
    def script(t):
        x = t.zeros(shape, dtype=getattr(t, precision)).requires_grad_()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            given = eval(f"f(x, {arguments})", {"f": getattr(t.nn.init, name), "x": x})
        return x, given is x, x.requires_grad, x.grad_fn, t.rand(3)  # the last: as many numbers were drawn

    # QR rounds as its LAPACK does
    alike(script, torch, rtol if name != "orthogonal_" else 20 * rtol)


@pytest.mark.parametrize("name", ["uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_",
                                  "kaiming_uniform_", "kaiming_normal_", "orthogonal_"])
def test_generator(name):
    def script(t):
        x = t.empty(4, 6)
        getattr(t.nn.init, name)(x, generator=t.Generator().manual_seed(7))
        return x, t.rand(3)

    alike(script, torch, 1e-5)


def test_sparse_draws_rows_from_the_default_generator():
    def script(t):
        return t.nn.init.sparse_(t.empty(6, 3), 0.5, generator=t.Generator().manual_seed(7)), t.rand(3)

    alike(script, torch)


def test_half_is_filled():
    def script(t):
        return [getattr(t.nn.init, name)(t.empty(4, 5, dtype=t.float16)) for name in ("uniform_", "normal_",
            "xavier_normal_")]

    alike(script, torch, 1e-3)


def test_a_part_of_a_tensor_is_filled():
    def script(t):
        x = t.zeros(4, 6)
        t.nn.init.orthogonal_(x[:, 1:4])
        t.nn.init.eye_(x[2:, 4:])
        return x

    alike(script, torch, 1e-5)


GAINS = ["'linear'", "'conv1d'", "'conv2d'", "'conv3d'", "'conv_transpose1d'", "'conv_transpose2d'",
         "'conv_transpose3d'",
         "'sigmoid'", "'tanh'", "'relu'", "'leaky_relu'", "'leaky_relu', 0.2", "'leaky_relu', 2", "'selu'",
         "'leaky_relu', True", "'leaky_relu', 'a'", "'gelu'", "None"]


@pytest.mark.parametrize("arguments", GAINS)
def test_gain(arguments):
    alike(lambda t: eval(f"t.nn.init.calculate_gain({arguments})", {"t": t}), torch, 1e-15)


ERRORS = """
eye_(t.empty(3))
dirac_(t.empty(3, 3))
dirac_(t.empty(3, 3, 3), 2)
xavier_uniform_(t.empty(3))
xavier_normal_(t.empty(()))
kaiming_uniform_(t.empty(3))
kaiming_normal_(t.empty(3, 3), mode='fan_both')
kaiming_normal_(t.empty(3, 3), nonlinearity='gelu')
orthogonal_(t.empty(3))
sparse_(t.empty(3), 0.1)
uniform_(t.empty(3), 2.0, 1.0)
normal_(t.empty(3), 0.0, -1.0)
normal_(t.empty(3, dtype=t.int64))
""".strip().splitlines()


@pytest.mark.parametrize("text", ERRORS)
def test_error(text):
    alike(lambda t: eval(f"t.nn.init.{text}", {"t": t}), torch)


WARNINGS = ["trunc_normal_(t.empty(3, 3), mean=5.0)", "kaiming_uniform_(t.empty(0, 3))",
            "kaiming_normal_(t.empty(0, 3))"]


@pytest.mark.parametrize("text", WARNINGS)
def test_warning(text):
    def script(t):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(f"t.nn.init.{text}", {"t": t})
        return [[str(w.message), w.category.__name__] for w in caught]

    alike(script, torch)


# ---------------------------------------------------------------- nn.utils


def with_gradients(t, factor=1.0):
    """A model whose gradients are fixed numbers, but for one parameter that has none."""
    model = t.nn.Sequential(t.nn.Linear(4, 3), t.nn.Linear(3, 2))
    for k, p in enumerate(list(model.parameters())[:3]):
        p.grad = (t.arange(p.numel(), dtype=p.dtype).reshape(p.shape) - 4 * k).mul(factor)
    return model


def gradients(model):
    return [p.grad for p in model.parameters()]


@pytest.mark.parametrize("arguments", ["1.0", "max_norm=1000.0", "2.0, 1", "2.0, 3.0", "0.5, 'inf'",
                                       "1.0, float('inf')",
                                       "1.0, error_if_nonfinite=True", "1.0, foreach=False", "0.0"])
def test_clip_grad_norm(arguments):
    def script(t):
        model = with_gradients(t)
        total = eval(f"clip(model.parameters(), {arguments})", {"clip": t.nn.utils.clip_grad_norm_, "model": model})
        return total, gradients(model)

    alike(script, torch)


def clip_one_tensor(t):
    p = list(with_gradients(t).parameters())[0]
    return t.nn.utils.clip_grad_norm_(p, 1.0), p.grad


def clip_named_parameters_values(t):
    model = with_gradients(t)
    return t.nn.utils.clip_grad_norm_([p for _, p in model.named_parameters()], 3), gradients(model)


def clip_nothing(t):
    return t.nn.utils.clip_grad_norm_([], 1.0), t.nn.utils.clip_grad_norm_(t.nn.Linear(2, 2).parameters(), 1.0)


def clip_infinite(t):
    model = with_gradients(t, float("inf"))
    return t.nn.utils.clip_grad_norm_(model.parameters(), 1.0), gradients(model)


def clip_infinite_raises(t):
    t.nn.utils.clip_grad_norm_(with_gradients(t, float("inf")).parameters(), 1.0, error_if_nonfinite=True)


def clip_infinite_raises_of_order_one(t):
    t.nn.utils.clip_grad_norm_(with_gradients(t, float("nan")).parameters(), 1.0, 1, error_if_nonfinite=True)


def clip_in_double(t):
    model = with_gradients(t).double()
    return t.nn.utils.clip_grad_norm_(model.parameters(), 1.0), gradients(model)


def clip_keeps_the_gradient_tensor(t):
    model = with_gradients(t)
    before = [p.grad for p in model.parameters()]
    t.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return [a is p.grad for a, p in zip(before, model.parameters())]


def total_norms(t):
    grads = [g for g in gradients(with_gradients(t)) if g is not None]
    return [t.nn.utils.get_total_norm(grads), t.nn.utils.get_total_norm(grads, 1.0),
            t.nn.utils.get_total_norm(grads[0]),
            t.nn.utils.get_total_norm([])]


def clip_with_a_total_norm(t):
    model = with_gradients(t)
    t.nn.utils.clip_grads_with_norm_(model.parameters(), 1.0, t.tensor(4.0))
    return gradients(model)


def clip_values(t):
    model = with_gradients(t)
    return t.nn.utils.clip_grad_value_(model.parameters(), 2.5), gradients(model)


def clip_values_of_one(t):
    p = list(with_gradients(t).parameters())[1]
    return t.nn.utils.clip_grad_value_(p, clip_value=1), p.grad


def to_vector_and_back(t):
    model = t.nn.Sequential(t.nn.Linear(4, 3), t.nn.Linear(3, 2, bias=False))
    vector = t.nn.utils.parameters_to_vector(model.parameters())
    t.nn.utils.vector_to_parameters(t.arange(float(vector.numel())), model.parameters())
    return vector, vector.requires_grad, dict(model.state_dict())


def vector_has_a_gradient(t):
    model = t.nn.Linear(2, 3)
    (t.nn.utils.parameters_to_vector(model.parameters()) ** 2).sum().backward()
    return gradients(model)


def parameters_share_the_vector(t):
    model, vector = t.nn.Linear(2, 1), t.zeros(3)
    t.nn.utils.vector_to_parameters(vector, model.parameters())
    vector.fill_(2.0)
    return dict(model.state_dict())


def vector_of_nothing(t):
    t.nn.utils.parameters_to_vector([])


def parameters_of_a_list(t):
    t.nn.utils.vector_to_parameters([1.0], t.nn.Linear(1, 1).parameters())


def vector_too_short(t):
    t.nn.utils.vector_to_parameters(t.zeros(2), t.nn.Linear(2, 1).parameters())


SCRIPTS = [clip_one_tensor, clip_named_parameters_values, clip_nothing, clip_infinite, clip_infinite_raises,
           clip_infinite_raises_of_order_one, clip_in_double, clip_keeps_the_gradient_tensor, total_norms,
           clip_with_a_total_norm, clip_values, clip_values_of_one, to_vector_and_back, vector_has_a_gradient,
           parameters_share_the_vector, vector_of_nothing, parameters_of_a_list, vector_too_short]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda f: f.__name__)
def test_script(script):
    alike(script, torch)


@pytest.mark.parametrize("name", [n for n in minitorch.nn.utils.__all__ if callable(getattr(minitorch.nn.utils, n))])
def test_signature_of_utils(name):
    ours, theirs = [[(p.name, p.default) for p in inspect.signature(getattr(t.nn.utils, name)).parameters.values()]
                    for t in (minitorch, torch)]
    assert ours == theirs
