"""Every module of nn against torch: how it is constructed and printed, its state, what it computes, its gradients.

One table. A row is a module, the inputs of its forward, and sets of constructor arguments; under both libraries the
module is made from one seed and must agree in everything that can be seen of it.
"""

import inspect
import re
import warnings

import numpy as np
import pytest
from alike import alike, plain, same

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

RANDOM = np.random.default_rng(0)
CONTAINERS = ("Module", "ModuleDict", "ModuleList", "Sequential")  # in test_module.py
TENSORS = ("Buffer", "Parameter")  # in test_module.py


def normal(*shape):
    return RANDOM.standard_normal(shape)


def between(*shape):
    """Probabilities, away from 0 and 1."""
    return RANDOM.uniform(0.05, 0.95, shape)


def below(n, *shape):
    return RANDOM.integers(0, n, shape)


def shares(*shape):
    """Sum to one along the last dimension."""
    x = np.exp(normal(*shape))
    return x / x.sum(-1, keepdims=True)


X = np.array([[-7.5, -3.0, -1.25, -0.5, 0.0, 0.25], [0.75, 1.0, 2.5, 5.5, 6.5, 30.0]])
MATRIX, SIGNAL, IMAGE, VOLUME = normal(4, 6), normal(3, 4, 9), normal(2, 4, 7, 6), normal(2, 4, 5, 4, 4)
LABELS, PIXEL_LABELS = below(6, 4), below(4, 2, 7, 6)
REDUCTIONS = ("", "reduction='sum'", "reduction='none'")

# (module, inputs of forward, constructor arguments of each case)
TABLE = [
    # ---- activations
    ("CELU", [X], ["", "0.5", "2.0, inplace=True"]),
    ("ELU", [X], ["", "0.5", "alpha=2.0, inplace=True"]),
    ("GELU", [X], ["", "'tanh'", "approximate='none'"]),
    ("Hardtanh", [X], ["", "-2, 2.5", "0.0, 1.0, inplace=True"]),
    ("LeakyReLU", [X], ["", "0.2", "negative_slope=0.3, inplace=True"]),
    ("LogSigmoid", [X], [""]),
    ("LogSoftmax", [SIGNAL], ["dim=1", "-1"]),
    ("LogSoftmax", [MATRIX], [""]),
    ("Mish", [X], ["", "inplace=True"]),
    ("ReLU", [X], ["", "True", "inplace=False"]),
    ("ReLU6", [X], ["", "inplace=True"]),
    ("SELU", [X], ["", "inplace=True"]),
    ("SiLU", [X], ["", "inplace=True"]),
    ("Sigmoid", [X], [""]),
    ("Softmax", [SIGNAL], ["dim=1", "-1"]),
    ("Softmax", [MATRIX], [""]),
    ("Softmax2d", [IMAGE], [""]),
    ("Softmin", [SIGNAL], ["dim=1", "-1"]),
    ("Softplus", [X], ["", "2", "0.5, 10.0"]),
    ("Tanh", [X], [""]),
    # ---- linear
    ("Identity", [MATRIX], ["", "54, unused=0.1"]),
    ("Linear", [MATRIX], ["6, 3", "6, 3, bias=False", "6, 1", "6, 40"]),
    ("Linear", [normal(2, 3, 5)], ["in_features=5, out_features=2"]),
    ("Linear", [normal(5)], ["5, 2"]),
    ("Embedding", [below(6, 2, 5)], ["6, 3", "6, 3, padding_idx=2", "6, 3, padding_idx=-1",
                                     "6, 3, scale_grad_by_freq=True", "6, 3, max_norm=1.0",
                                     "6, 3, max_norm=1.0, norm_type=1.0", "6, 3, _freeze=True"]),
    ("Flatten", [IMAGE], ["", "2", "0, -1", "start_dim=1, end_dim=2"]),
    ("Unflatten", [MATRIX], ["1, (2, 3)", "0, [2, 2]", "1, (-1, 2)"]),
    # ---- convolutions
    ("Conv1d", [SIGNAL], ["4, 6, 3", "4, 6, (3,), stride=2, padding=1", "4, 8, 3, dilation=2, groups=2",
                          "4, 2, 3, padding='same'", "4, 2, 2, padding='valid', bias=False",
                          "4, 2, 4, padding='same', padding_mode='reflect'",
                          "4, 2, 3, padding=2, padding_mode='circular'",
                          "4, 2, 3, padding=2, padding_mode='replicate'"]),
    ("Conv2d", [IMAGE], ["4, 6, 3", "4, 6, (3, 2), stride=(2, 1), padding=(1, 0)", "4, 4, 3, groups=4",
                         "4, 2, 3, 1, 1, 2", "4, 2, 3, padding='same', dilation=2", "4, 2, 1, bias=False",
                         "4, 2, 3, padding=1, padding_mode='reflect'",
                         "4, 2, 3, padding=(2, 1), padding_mode='circular'"]),
    ("Conv2d", [normal(4, 7, 6)], ["4, 2, 3"]),
    ("Conv3d", [VOLUME], ["4, 2, 2", "4, 2, (3, 2, 2), stride=(1, 2, 1), padding=(1, 0, 1)", "4, 4, 2, groups=2"]),
    ("ConvTranspose1d", [SIGNAL], ["4, 6, 3", "4, 2, 3, stride=2, padding=1, output_padding=1",
                                   "4, 6, 3, groups=2, bias=False, dilation=2"]),
    ("ConvTranspose2d", [IMAGE], ["4, 6, 3", "4, 2, (3, 2), stride=2, padding=(1, 0), output_padding=1",
                                  "4, 6, 3, groups=2, bias=False"]),
    ("ConvTranspose3d", [VOLUME], ["4, 2, 2", "4, 2, 2, stride=2, output_padding=(1, 0, 1)"]),
    # ---- dropout
    ("AlphaDropout", [MATRIX], ["", "0.3", "0.0"]),
    ("Dropout", [MATRIX], ["", "0.3", "p=0.9, inplace=True", "0.0", "1.0"]),
    ("Dropout1d", [SIGNAL], ["", "0.3", "p=0.9, inplace=True"]),
    ("Dropout2d", [IMAGE], ["", "0.3", "0.0"]),
    # ---- norms
    ("LayerNorm", [SIGNAL], ["9", "(4, 9)", "[9], eps=1e-3", "9, elementwise_affine=False", "9, bias=False"]),
    ("RMSNorm", [SIGNAL], ["9", "(4, 9)", "[9], eps=1e-3", "9, elementwise_affine=False"]),
    ("GroupNorm", [SIGNAL], ["2, 4", "4, 4, eps=1e-3", "1, 4, affine=False", "2, 4, bias=False"]),
    ("GroupNorm", [IMAGE], ["2, 4"]),
    ("BatchNorm1d", [MATRIX], ["6", "6, eps=1e-3, momentum=0.3", "6, momentum=None", "6, affine=False",
                               "6, track_running_stats=False", "6, bias=False"]),
    ("BatchNorm1d", [SIGNAL], ["4"]),
    ("BatchNorm2d", [IMAGE], ["4", "4, affine=False, track_running_stats=False"]),
    ("BatchNorm3d", [VOLUME], ["4", "4, momentum=0.5"]),
    ("InstanceNorm1d", [SIGNAL], ["4", "4, affine=True", "4, track_running_stats=True"]),
    ("InstanceNorm1d", [normal(4, 9)], ["4"]),
    ("InstanceNorm2d", [IMAGE], ["4", "4, affine=True, track_running_stats=True, momentum=0.5"]),
    ("InstanceNorm3d", [VOLUME], ["4", "4, eps=1e-3"]),
    # ---- pooling
    ("MaxPool1d", [SIGNAL], ["3", "3, stride=2, padding=1", "2, ceil_mode=True", "3, dilation=2", "2, return_indices=True"]),
    ("MaxPool2d", [IMAGE], ["2", "(3, 2), stride=(2, 1), padding=1", "2, ceil_mode=True", "2, dilation=2",
                            "2, return_indices=True"]),
    ("AvgPool1d", [SIGNAL], ["3", "3, stride=2, padding=1", "2, ceil_mode=True", "3, padding=1, count_include_pad=False"]),
    ("AvgPool2d", [IMAGE], ["2", "(3, 2), stride=(2, 1), padding=1", "2, ceil_mode=True",
                            "3, padding=1, count_include_pad=False", "2, divisor_override=3"]),
    ("AdaptiveAvgPool1d", [SIGNAL], ["1", "4", "12"]),
    ("AdaptiveAvgPool2d", [IMAGE], ["1", "(3, 2)", "(None, 2)"]),
    ("AdaptiveMaxPool1d", [SIGNAL], ["1", "4", "4, return_indices=True"]),
    ("AdaptiveMaxPool2d", [IMAGE], ["1", "(3, 2)", "(None, 2)", "2, return_indices=True"]),
    # ---- padding
    *[(f"{kind}Pad{n}d", [x], ["1", more])
      for kind in ("Circular", "Reflection", "Replication", "Zero")
      for n, x, more in ((1, SIGNAL, "(2, 1)"), (2, IMAGE, "(2, 1, 0, 3)"), (3, VOLUME, "(2, 1, 0, 3, 1, 2)"))],
    ("ConstantPad1d", [SIGNAL], ["1, 2.5", "(2, 1), 0"]),
    ("ConstantPad2d", [IMAGE], ["1, 2.5", "(2, 1, 0, 3), -1"]),
    ("ConstantPad3d", [VOLUME], ["1, 2.5", "(2, 1, 0, 3, 1, 2), 1.0"]),
    # ---- losses
    ("MSELoss", [MATRIX, normal(4, 6)], [*REDUCTIONS, "size_average=False", "reduce=False"]),
    ("L1Loss", [MATRIX, normal(4, 6)], [*REDUCTIONS]),
    ("SmoothL1Loss", [MATRIX, normal(4, 6)], [*REDUCTIONS, "beta=0.3", "beta=0.0"]),
    ("HuberLoss", [MATRIX, normal(4, 6)], [*REDUCTIONS, "delta=0.3", "'sum', 2.0"]),
    ("KLDivLoss", [MATRIX, shares(4, 6)], [*REDUCTIONS, "reduction='batchmean'"]),
    ("KLDivLoss", [MATRIX, normal(4, 6)], ["log_target=True", "reduction='batchmean', log_target=True"]),
    ("NLLLoss", [MATRIX, LABELS], [*REDUCTIONS, "ignore_index=2", "weight=t.arange(1, 7).to(dtype)"]),
    ("NLLLoss", [IMAGE, PIXEL_LABELS], [*REDUCTIONS]),
    ("CrossEntropyLoss", [MATRIX, LABELS], [*REDUCTIONS, "ignore_index=2", "weight=t.arange(1, 7).to(dtype)",
                                            "label_smoothing=0.1",
                                            "t.arange(1, 7).to(dtype), reduction='sum', label_smoothing=0.2"]),
    ("CrossEntropyLoss", [IMAGE, PIXEL_LABELS], [*REDUCTIONS]),
    ("CrossEntropyLoss", [MATRIX, shares(4, 6)], [*REDUCTIONS, "label_smoothing=0.1"]),
    ("BCELoss", [between(4, 6), between(4, 6)], [*REDUCTIONS, "weight=t.arange(1, 7).to(dtype)"]),
    ("BCEWithLogitsLoss", [MATRIX, between(4, 6)], [*REDUCTIONS, "weight=t.arange(1, 7).to(dtype)",
                                                    "pos_weight=t.arange(1, 7).to(dtype)"]),
]
CASES = [(name, arguments, inputs) for name, inputs, sets in TABLE for arguments in sets]
NAMES = sorted({name for name, _, _ in TABLE})


def is_module(name):
    return inspect.isclass(getattr(minitorch.nn, name)) and issubclass(getattr(minitorch.nn, name), minitorch.nn.Module)


def test_table_has_every_module():
    assert [n for n in sorted(minitorch.nn.__all__) if is_module(n) and n not in CONTAINERS] == NAMES


def test_all_names_are_torchs():
    assert [n for n in minitorch.nn.__all__ if not hasattr(torch.nn, n)] == []


# ---------------------------------------------------------------- what can be seen of a module


def construct(t, name, arguments, dtype=None):
    return eval(f"t.nn.{name}({arguments})", {"t": t, "dtype": dtype or t.float32})


def one_pass(t, module, inputs, dtype):
    """The outputs, and the gradients of a weighted sum of them, of one forward pass."""
    t.manual_seed(1)
    leaves = [t.tensor(x.tolist(), dtype=dtype if x.dtype.kind == "f" else t.int64) for x in inputs]
    leaves = [x.requires_grad_() if x.is_floating_point() else x for x in leaves]
    outputs = module(*[x * 1 for x in leaves])  # * 1: an in-place module may not write into a leaf
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    total = sum((y * t.arange(1, y.numel() + 1, dtype=dtype).cos().reshape(y.shape)).sum() for y in outputs
                if y.is_floating_point())
    if total.requires_grad:
        total.backward()
    gradients = {"input": [x.grad for x in leaves], **{n: p.grad for n, p in module.named_parameters()}}
    module.zero_grad()
    return {"outputs": list(outputs), "gradients": gradients}


def seen(t, name, arguments, inputs, precision):
    """All that is compared, in the order in which it happens."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t.manual_seed(0)
        dtype = getattr(t, precision)
        module = construct(t, name, arguments, dtype)
        facts = {"repr": repr(module), "drawn": dict(module.state_dict())}
        module.to(dtype)
        facts["requires_grad"] = {n: p.requires_grad for n, p in module.named_parameters()}
        facts["train"] = one_pass(t, module, inputs, dtype)
        facts["train again"] = one_pass(t, module, inputs, dtype)
        facts["state"] = dict(module.state_dict())
        facts["eval"] = one_pass(t, module.eval(), inputs, dtype)
        facts["attributes"] = {k: str(v).replace("minitorch", "torch") for k, v in sorted(vars(module).items())
                               if not k.startswith("_") and not isinstance(v, t.Tensor)}
        return plain(facts, t)


@pytest.mark.parametrize("precision, rtol", [("float32", 1e-5), ("float64", 1e-9)], ids=["float32", "float64"])
@pytest.mark.parametrize("name, arguments, inputs", CASES, ids=[f"{n}({a})" for n, a, _ in CASES])
def test_as_torch(name, arguments, inputs, precision, rtol):
    ours, theirs = [seen(t, name, arguments, inputs, precision) for t in (minitorch, torch)]
    if ours["attributes"] != theirs["attributes"]:
        # every public attribute that both have is the same; torch has a few more that only its scripting needs
        shared = ours["attributes"].keys() & theirs["attributes"].keys()
        ours["attributes"], theirs["attributes"] = [{k: s["attributes"][k] for k in sorted(shared)} for s in (ours, theirs)]
    same(ours, theirs, f"{name}({arguments})", rtol)


def parameters_of(function):
    found = inspect.signature(function).parameters.values()
    empty = inspect.Parameter.empty
    return [(p.name, p.kind.name, "" if p.default is empty else repr(p.default)) for p in found if p.name != "self"]


@pytest.mark.parametrize("name", NAMES + ["ModuleDict", "ModuleList", "Sequential"])
def test_signature(name):
    ours, theirs = [parameters_of(getattr(t.nn, name).__init__) for t in (minitorch, torch)]
    assert ours == theirs


@pytest.mark.parametrize("name", NAMES + ["ModuleDict", "ModuleList", "Sequential"])
def test_forward_signature(name):
    ours, theirs = [[p[:2] for p in parameters_of(getattr(t.nn, name).forward)] for t in (minitorch, torch)]
    assert ours == theirs


DRAWN_IN_DOUBLE = ["Linear(5, 3, dtype=t.float64)", "Embedding(5, 3, dtype=t.float64)", "Conv2d(4, 2, 3, dtype=t.float64)",
                   "LayerNorm(5, dtype=t.float64)", "BatchNorm1d(5, dtype=t.float64)", "GroupNorm(2, 4, dtype=t.float64)",
                   "RMSNorm(5, dtype=t.float64)", "Conv1d(4, 2, 3, dtype=t.float64, device='cpu')"]


@pytest.mark.parametrize("text", DRAWN_IN_DOUBLE)
def test_drawn_in_double(text):
    def script(t):
        return dict(eval(f"t.nn.{text}", {"t": t}).state_dict())

    alike(script, torch, 1e-12)


# ---------------------------------------------------------------- errors

ERRORS = """
Dropout(-0.1)
Dropout(1.5)
Dropout2d(2)
AlphaDropout(-1)
Conv2d(4, 6, 3, groups=0)
Conv2d(4, 6, 3, groups=3)
Conv2d(3, 4, 3, groups=3)
Conv2d(4, 4, 3, stride=2, padding='same')
ConvTranspose2d(4, 4, 3, padding_mode='reflect')
GroupNorm(3, 4)
Embedding(5, 3, padding_idx=5)
Embedding(5, 3, padding_idx=-6)
Embedding(5, 3, _weight=t.zeros(4, 3))
Embedding.from_pretrained(t.zeros(4))
Hardtanh(2.0, 1.0)
SmoothL1Loss(beta=-1.0)(t.ones(2), t.zeros(2))
HuberLoss(delta=0.0)(t.ones(2), t.zeros(2))
BatchNorm1d(4)(t.zeros(2))
BatchNorm1d(4)(t.zeros(2, 4, 3, 3))
BatchNorm2d(4)(t.zeros(2, 4, 3))
BatchNorm3d(4)(t.zeros(2, 4, 3))
BatchNorm1d(4)(t.zeros(1, 4))
BatchNorm1d(5)(t.zeros(2, 4))
InstanceNorm1d(4)(t.zeros(2))
InstanceNorm1d(4, affine=True)(t.zeros(2, 5, 3))
Linear(4, 3)(t.zeros(2, 5))
Linear(4, 3)(t.zeros(2, 4, dtype=t.float64))
Conv2d(4, 2, 3)(t.zeros(1, 3, 5, 5))
Conv2d(4, 2, 3)(t.zeros(5, 5))
Conv2d(4, 2, 3)(t.zeros(1, 4, 2, 2))
LayerNorm(4)(t.zeros(2, 5))
GroupNorm(2, 4)(t.zeros(2, 6))
RMSNorm(4)(t.zeros(2, 5))
Embedding(4, 2)(t.tensor([4]))
Embedding(4, 2)(t.tensor([0.5]))
Softmax2d()(t.zeros(2, 3))
CircularPad1d(1)(t.zeros(3))
ReflectionPad1d(4)(t.zeros(1, 3))
Unflatten(1, (2, 4))(t.zeros(2, 6))
Unflatten(1, 3)
Unflatten('a', (2, 4))
Unflatten(1, (2, 'a'))
GELU('other')(t.zeros(2))
MSELoss(reduction='other')(t.zeros(2), t.zeros(2))
NLLLoss()(t.zeros(2, 3), t.zeros(3, dtype=t.int64))
CrossEntropyLoss()(t.zeros(2, 3), t.tensor([0, 3]))
CrossEntropyLoss(label_smoothing=1.5)(t.zeros(2, 3), t.tensor([0, 1]))
BCELoss()(t.zeros(2), t.zeros(3))
BCEWithLogitsLoss()(t.zeros(2), t.zeros(3))
MaxPool2d(2)(t.zeros(2, 3))
MaxPool2d(2, padding=2)(t.zeros(1, 2, 4, 4))
AvgPool2d(2, padding=2)(t.zeros(1, 2, 4, 4))
AdaptiveAvgPool2d((1, 2, 3))(t.zeros(1, 2, 4, 4))
Dropout1d(0.5)(t.zeros(2))
ConvTranspose2d(4, 2, 3, stride=2)(t.zeros(1, 4, 5, 5), output_size=[20, 20])
ConvTranspose2d(4, 2, 3, stride=2)(t.zeros(1, 4, 5, 5), output_size=[20])
""".strip().splitlines()


@pytest.mark.parametrize("text", ERRORS)
def test_error(text):
    def script(t):
        return eval(f"t.nn.{text}", {"t": t})

    if re.match(r"(BatchNorm1d\(5\)|Dropout1d)", text):
        warnings.simplefilter("ignore")
    alike(script, torch)


@pytest.mark.parametrize("padding", ["padding='other'", "padding_mode='other'"])
def test_conv_error_lists_a_set(padding):
    """torch prints a set, whose order is anyone's."""
    for t in (minitorch, torch):
        with pytest.raises(ValueError) as caught:
            construct(t, "Conv2d", f"4, 4, 3, {padding}")
        words = sorted(re.findall(r"'(\w+)'", str(caught.value)))
        assert words == sorted(["other", *(("same", "valid") if padding.startswith("padding=")
                                           else ("zeros", "reflect", "replicate", "circular"))])


# ---------------------------------------------------------------- what the table does not reach


def transposed_to_a_size(t):
    layer = t.nn.ConvTranspose2d(4, 2, 3, stride=2)
    return layer(t.ones(1, 4, 5, 5), output_size=[12, 11]), layer(t.ones(1, 4, 5, 5), output_size=(1, 2, 11, 12))


def embedding_from_a_table(t):
    table = t.arange(12.0).reshape(4, 3)
    frozen, free = t.nn.Embedding.from_pretrained(table), t.nn.Embedding.from_pretrained(table, freeze=False, padding_idx=1)
    free(t.tensor([0, 1, 1, 3])).sum().backward()
    return frozen.weight.requires_grad, frozen(t.tensor([2, 0])), repr(free), free.weight.grad


def batch_norm_counts(t):
    layer = t.nn.BatchNorm1d(3, momentum=None)
    for k in range(3):
        layer(t.arange(12.0).reshape(4, 3) * k)
    state = dict(layer.state_dict())
    layer.reset_running_stats()
    return state, dict(layer.state_dict())


def batch_norm_takes_old_state(t):
    layer = t.nn.BatchNorm1d(2)
    state = {k: v for k, v in layer.state_dict().items() if k != "num_batches_tracked"}
    return str(layer.load_state_dict(state)), layer.num_batches_tracked


def layers_draw_again(t):
    layers = [t.nn.Linear(3, 2), t.nn.Conv1d(2, 3, 2), t.nn.Embedding(3, 2, padding_idx=0), t.nn.BatchNorm1d(3)]
    for layer in layers:
        layer.reset_parameters()
    return [dict(layer.state_dict()) for layer in layers]


def dropout_in_place_writes(t):
    x = t.ones(50)
    y = t.nn.Dropout(0.5, inplace=True)(x)
    return x, y is x


@pytest.mark.parametrize("script", [transposed_to_a_size, embedding_from_a_table, batch_norm_counts,
                                    batch_norm_takes_old_state, layers_draw_again, dropout_in_place_writes],
                         ids=lambda f: f.__name__)
def test_script(script):
    alike(script, torch)
