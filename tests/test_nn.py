"""Every layer against torch: signature, printing, state, initial values, output, gradients, in training and in eval."""

import inspect

import numpy as np
import pytest
from alike import alike

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

TOLERANCE = {"float32": 1e-5, "float64": 1e-9}


# ---------------------------------------------------------------- what a layer takes


def floats(*shape):
    return lambda rng: rng.uniform(-2, 2, shape)


def between(low, high, *shape):
    return lambda rng: rng.uniform(low, high, shape)


def ints(high, *shape):
    return lambda rng: rng.integers(0, high, shape)


def shares(*shape):
    return lambda rng: rng.dirichlet(np.ones(shape[-1]), shape[:-1])


# (name, arguments, options, one array maker for each input)
CASES = [
    ("Identity", (54, "anything"), {"key": 1}, [floats(3, 4)]),
    ("Linear", (4, 3), {}, [floats(5, 4)]),
    ("Linear", (4, 3), {}, [floats(2, 3, 4)]),
    ("Linear", (4, 3), {}, [floats(4)]),
    ("Linear", (40, 30), {"bias": False}, [floats(5, 40)]),
    ("Bilinear", (2, 3, 4), {}, [floats(5, 2), floats(5, 3)]),
    ("Bilinear", (2, 3, 4), {"bias": False}, [floats(2, 5, 2), floats(2, 5, 3)]),
    ("Embedding", (7, 5), {}, [ints(7, 3, 4)]),
    ("Embedding", (7, 5, 2), {"scale_grad_by_freq": True}, [ints(7, 3, 4)]),
    ("Embedding", (7, 5, -1), {"max_norm": 1.5, "norm_type": 1.0}, [ints(7, 3, 4)]),
    ("Flatten", (), {}, [floats(2, 3, 4)]),
    ("Flatten", (0, 1), {}, [floats(2, 3, 4)]),
    ("Unflatten", (1, (2, 3)), {}, [floats(2, 6)]),

    ("Conv1d", (2, 3, 3), {}, [floats(2, 2, 8)]),
    ("Conv1d", (2, 4, 3), {"padding": "same", "dilation": 2, "groups": 2, "bias": False}, [floats(2, 2, 9)]),
    ("Conv2d", (2, 3, 3), {}, [floats(2, 2, 6, 7)]),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 2), "groups": 2}, [floats(2, 4, 6, 7)]),
    ("Conv2d", (2, 3, 3), {"padding": 1, "padding_mode": "reflect"}, [floats(2, 2, 6, 7)]),
    ("Conv2d", (2, 3, 3), {"padding": "same", "padding_mode": "circular", "dilation": 2}, [floats(2, 2, 6, 7)]),
    ("Conv2d", (2, 3, 3), {"padding": (1, 2), "padding_mode": "replicate", "bias": False}, [floats(2, 2, 6, 7)]),
    ("Conv2d", (2, 3, 2), {"padding": "valid"}, [floats(2, 6, 7)]),
    ("Conv3d", (2, 3, 2), {"padding": 1}, [floats(2, 2, 4, 3, 4)]),
    ("ConvTranspose1d", (2, 3, 3), {"stride": 2}, [floats(2, 2, 5)]),
    ("ConvTranspose2d", (4, 6, 3), {"stride": 2, "output_padding": 1, "groups": 2, "dilation": 2},
     [floats(2, 4, 4, 3)]),
    ("ConvTranspose3d", (2, 3, 2), {"padding": 1, "bias": False}, [floats(1, 2, 3, 4, 3)]),

    ("MaxPool1d", (3,), {}, [floats(2, 3, 9)]),
    ("MaxPool2d", (3,), {"stride": 2, "padding": 1, "return_indices": True}, [floats(2, 3, 7, 8)]),
    ("MaxPool2d", ((2, 3),), {"dilation": 2, "ceil_mode": True}, [floats(2, 3, 9, 9)]),
    ("AvgPool1d", (3,), {"stride": 2}, [floats(2, 3, 9)]),
    ("AvgPool2d", (3,), {"padding": 1, "count_include_pad": False}, [floats(2, 3, 7, 8)]),
    ("AvgPool2d", ((2, 3),), {"divisor_override": 5, "ceil_mode": True}, [floats(2, 3, 7, 8)]),
    ("AdaptiveAvgPool1d", (3,), {}, [floats(2, 3, 8)]),
    ("AdaptiveAvgPool2d", ((2, None),), {}, [floats(2, 3, 7, 5)]),
    ("AdaptiveMaxPool1d", (3,), {"return_indices": True}, [floats(2, 3, 8)]),
    ("AdaptiveMaxPool2d", (2,), {}, [floats(2, 3, 7, 5)]),

    ("MaxPool3d", (2,), {"stride": 1, "return_indices": True}, [floats(2, 2, 3, 4, 3)]),
    ("AvgPool3d", (2,), {"padding": 1, "ceil_mode": True}, [floats(2, 2, 4, 5, 4)]),
    ("AdaptiveAvgPool3d", ((2, None, 1),), {}, [floats(2, 2, 4, 3, 5)]),
    ("AdaptiveMaxPool3d", (2,), {}, [floats(1, 2, 4, 3, 5)]),
    ("LPPool1d", (2, 3), {"stride": 2}, [floats(2, 3, 9)]),
    ("LPPool2d", (3, (2, 3)), {"ceil_mode": True}, [between(0.1, 2, 2, 3, 6, 7)]),
    ("LPPool3d", (2, 2), {}, [floats(1, 2, 4, 4, 4)]),
    ("MaxUnpool1d", (2,), {}, [floats(1, 1, 3), lambda rng: np.array([[[1, 2, 5]]])]),
    ("MaxUnpool2d", (2,), {"stride": 2}, [floats(1, 1, 1, 2), lambda rng: np.array([[[[1, 6]]]])]),
    ("MaxUnpool3d", (2,), {}, [floats(1, 1, 1, 1, 2), lambda rng: np.array([[[[[3, 14]]]]])]),

    ("PixelShuffle", (2,), {}, [floats(2, 8, 3, 2)]),
    ("PixelUnshuffle", (2,), {}, [floats(2, 2, 4, 6)]),
    ("ChannelShuffle", (2,), {}, [floats(1, 6, 2, 2)]),
    ("Fold", ((4, 5), 2), {"stride": 2, "padding": 1}, [floats(2, 8, 9)]),
    ("Unfold", ((2, 3),), {"dilation": 2, "padding": 1, "stride": (1, 2)}, [floats(2, 3, 5, 6)]),
    ("Upsample", (), {"scale_factor": 2}, [floats(1, 2, 3, 4)]),
    ("Upsample", ((5, 7),), {"mode": "bilinear", "align_corners": True}, [floats(1, 2, 3, 4)]),
    ("Upsample", (), {"scale_factor": (1.5, 2.5), "mode": "bicubic"}, [floats(1, 2, 4, 4)]),
    ("Upsample", (7,), {"mode": "linear"}, [floats(1, 2, 4)]),
    ("UpsamplingNearest2d", ((6, 5),), {}, [floats(1, 2, 3, 4)]),
    ("UpsamplingBilinear2d", (), {"scale_factor": 2}, [floats(1, 2, 3, 4)]),

    ("GLU", (1,), {}, [floats(3, 4, 2)]),
    ("Hardshrink", (0.7,), {}, [floats(3, 5)]),
    ("Hardsigmoid", (), {"inplace": True}, [floats(3, 5)]),
    ("Hardswish", (), {}, [floats(3, 5)]),
    ("PReLU", (), {}, [floats(3, 5)]),
    ("PReLU", (4, 0.1), {}, [floats(3, 4, 2)]),
    ("RReLU", (0.1, 0.4), {}, [floats(3, 5)]),
    ("Softshrink", (0.7,), {}, [floats(3, 5)]),
    ("Softsign", (), {}, [floats(3, 5)]),
    ("Tanhshrink", (), {}, [floats(3, 5)]),
    ("Threshold", (0.3, -1.5), {"inplace": True}, [floats(3, 5)]),
    ("Dropout3d", (0.4,), {}, [floats(3, 4, 2, 2, 2)]),
    ("FeatureAlphaDropout", (0.4,), {}, [floats(3, 4, 5)]),

    ("CosineSimilarity", (), {"dim": -1}, [floats(3, 5), floats(3, 5)]),
    ("PairwiseDistance", (3.0,), {"keepdim": True}, [floats(3, 5), floats(3, 5)]),
    ("CosineEmbeddingLoss", (0.2,), {}, [floats(4, 5), floats(4, 5), lambda rng: rng.choice([-1, 1], 4)]),
    ("GaussianNLLLoss", (), {"full": True}, [floats(4, 5), floats(4, 5), between(0.1, 2, 4, 5)]),
    ("HingeEmbeddingLoss", (1.5,), {"reduction": "sum"}, [floats(4, 5), lambda rng: rng.choice([-1, 1], (4, 5))]),
    ("MarginRankingLoss", (0.3,), {}, [floats(5), floats(5), lambda rng: rng.choice([-1, 1], 5)]),
    ("MultiLabelMarginLoss", (), {}, [floats(2, 4), lambda rng: np.array([[3, 0, -1, 1], [2, -1, 0, 0]])]),
    ("MultiLabelSoftMarginLoss", (), {}, [floats(4, 5), ints(2, 4, 5)]),
    ("MultiMarginLoss", (2, 0.8), {}, [floats(4, 5), ints(5, 4)]),
    ("PoissonNLLLoss", (), {"full": True}, [floats(4, 5), between(0, 5, 4, 5)]),
    ("SoftMarginLoss", (), {"reduction": "none"}, [floats(4, 5), lambda rng: rng.choice([-1, 1], (4, 5))]),
    ("TripletMarginLoss", (0.7,), {"swap": True}, [floats(4, 5), floats(4, 5), floats(4, 5)]),
    ("TripletMarginWithDistanceLoss", (), {"margin": 0.7}, [floats(4, 5), floats(4, 5), floats(4, 5)]),
    ("CTCLoss", (), {"zero_infinity": True}, [
        lambda rng: np.log(rng.dirichlet(np.ones(4), (6, 2))), lambda rng: rng.integers(1, 4, (2, 3)),
        lambda rng: np.array([6, 5]), lambda rng: np.array([3, 2])]),

    ("CircularPad1d", (2,), {}, [floats(2, 3, 5)]),
    ("CircularPad2d", ((1, 0, 2, 1),), {}, [floats(2, 3, 5, 4)]),
    ("CircularPad3d", (1,), {}, [floats(2, 3, 3, 4, 3)]),
    ("ConstantPad1d", ((1, 2), 3.5), {}, [floats(2, 3, 5)]),
    ("ConstantPad2d", (2, -1), {}, [floats(2, 3, 5, 4)]),
    ("ConstantPad3d", (1, 0.5), {}, [floats(2, 3, 3, 4, 3)]),
    ("ReflectionPad1d", (2,), {}, [floats(2, 3, 5)]),
    ("ReflectionPad2d", ((1, 2, 0, 1),), {}, [floats(2, 3, 5, 4)]),
    ("ReflectionPad3d", (1,), {}, [floats(2, 3, 3, 4, 3)]),
    ("ReplicationPad1d", (2,), {}, [floats(2, 3, 5)]),
    ("ReplicationPad2d", ([1, 2, 0, 1],), {}, [floats(2, 3, 5, 4)]),
    ("ReplicationPad3d", (1,), {}, [floats(2, 3, 3, 4, 3)]),
    ("ZeroPad1d", (2,), {}, [floats(2, 3, 5)]),
    ("ZeroPad2d", ((1, 2, -1, 1),), {}, [floats(2, 3, 5, 4)]),
    ("ZeroPad3d", (1,), {}, [floats(2, 3, 3, 4, 3)]),

    ("BatchNorm1d", (3,), {}, [floats(5, 3)]),
    ("BatchNorm1d", (3,), {"momentum": None, "eps": 1e-3}, [floats(5, 3, 2)]),
    ("BatchNorm2d", (3,), {}, [floats(4, 3, 2, 3)]),
    ("BatchNorm2d", (3,), {"affine": False}, [floats(4, 3, 2, 3)]),
    ("BatchNorm2d", (3,), {"track_running_stats": False, "bias": False}, [floats(4, 3, 2, 3)]),
    ("BatchNorm3d", (3,), {"momentum": 0.3}, [floats(4, 3, 2, 3, 2)]),
    ("InstanceNorm1d", (3,), {}, [floats(4, 3, 6)]),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, [floats(4, 3, 5, 4)]),
    ("InstanceNorm2d", (3,), {"affine": True, "bias": False}, [floats(3, 5, 4)]),
    ("InstanceNorm3d", (3,), {"eps": 1e-3}, [floats(2, 3, 2, 3, 4)]),
    ("LayerNorm", (4,), {}, [floats(2, 3, 4)]),
    ("LayerNorm", ([3, 4],), {"bias": False, "eps": 1e-3}, [floats(2, 3, 4)]),
    ("LayerNorm", (4,), {"elementwise_affine": False}, [floats(2, 3, 4)]),
    ("LocalResponseNorm", (2,), {}, [floats(2, 5, 4)]),
    ("LocalResponseNorm", (3, 0.5, 1.5, 2.0), {}, [floats(2, 5, 4, 3)]),
    ("RMSNorm", (4,), {}, [floats(2, 3, 4)]),
    ("RMSNorm", ((3, 4),), {"eps": 1e-2, "elementwise_affine": False}, [floats(2, 3, 4)]),
    ("GroupNorm", (2, 4), {}, [floats(3, 4, 5)]),
    ("GroupNorm", (1, 4), {"bias": False}, [floats(3, 4, 2, 3)]),
    ("GroupNorm", (4, 4), {"affine": False}, [floats(3, 4, 2, 3)]),

    ("ReLU", (), {}, [floats(3, 4)]),
    ("ReLU", (True,), {}, [floats(3, 4)]),
    ("ReLU6", (), {}, [between(-3, 9, 3, 4)]),
    ("ReLU6", (), {"inplace": True}, [between(-3, 9, 3, 4)]),
    ("Hardtanh", (-0.5, 1.5), {}, [floats(3, 4)]),
    ("Hardtanh", (), {"inplace": True}, [floats(3, 4)]),
    ("LeakyReLU", (0.2,), {}, [floats(3, 4)]),
    ("LeakyReLU", (), {"inplace": True}, [floats(3, 4)]),
    ("ELU", (1.5,), {}, [floats(3, 4)]),
    ("ELU", (), {"inplace": True}, [floats(3, 4)]),
    ("CELU", (1.5,), {}, [floats(3, 4)]),
    ("CELU", (), {"inplace": True}, [floats(3, 4)]),
    ("SELU", (), {}, [floats(3, 4)]),
    ("SELU", (True,), {}, [floats(3, 4)]),
    ("GELU", (), {}, [floats(3, 4)]),
    ("GELU", ("tanh",), {}, [floats(3, 4)]),
    ("SiLU", (), {}, [floats(3, 4)]),
    ("SiLU", (), {"inplace": True}, [floats(3, 4)]),
    ("Mish", (), {}, [floats(3, 4)]),
    ("Mish", (), {"inplace": True}, [floats(3, 4)]),
    ("Softplus", (), {}, [floats(3, 4)]),
    ("Softplus", (2.0, 1.5), {}, [floats(3, 4)]),
    ("Sigmoid", (), {}, [floats(3, 4)]),
    ("LogSigmoid", (), {}, [floats(3, 4)]),
    ("Tanh", (), {}, [floats(3, 4)]),
    ("Softmax", (-1,), {}, [floats(3, 4)]),
    ("Softmin", (0,), {}, [floats(3, 4)]),
    ("LogSoftmax", (1,), {}, [floats(2, 3, 4)]),
    ("Softmax2d", (), {}, [floats(2, 3, 4, 2)]),

    ("Dropout", (), {}, [floats(5, 6)]),
    ("Dropout", (0.2, True), {}, [floats(5, 6)]),
    ("Dropout1d", (0.4,), {}, [floats(5, 6, 3)]),
    ("Dropout2d", (0.4,), {}, [floats(5, 6, 3, 2)]),
    ("AlphaDropout", (0.4,), {}, [floats(5, 6)]),

    ("MSELoss", (), {}, [floats(3, 4), floats(3, 4)]),
    ("MSELoss", (), {"reduction": "none"}, [floats(3, 4), floats(3, 4)]),
    ("L1Loss", (), {"reduction": "sum"}, [floats(3, 4), floats(3, 4)]),
    ("SmoothL1Loss", (), {"beta": 0.5}, [floats(3, 4), floats(3, 4)]),
    ("HuberLoss", (), {"delta": 0.5}, [floats(3, 4), floats(3, 4)]),
    ("KLDivLoss", (), {"reduction": "batchmean"}, [floats(3, 4), shares(3, 4)]),
    ("KLDivLoss", (), {"log_target": True, "reduction": "sum"}, [floats(3, 4), floats(3, 4)]),
    ("NLLLoss", (), {}, [floats(5, 4), ints(4, 5)]),
    ("NLLLoss", (), {"ignore_index": 1, "reduction": "sum"}, [floats(5, 4, 2), ints(4, 5, 2)]),
    ("CrossEntropyLoss", (), {}, [floats(5, 4), ints(4, 5)]),
    ("CrossEntropyLoss", (), {"label_smoothing": 0.2, "ignore_index": 2}, [floats(5, 4, 3), ints(4, 5, 3)]),
    ("CrossEntropyLoss", (), {"reduction": "none"}, [floats(5, 4), shares(5, 4)]),
    ("BCELoss", (), {}, [between(0.1, 0.9, 3, 4), between(0, 1, 3, 4)]),
    ("BCEWithLogitsLoss", (), {"reduction": "sum"}, [floats(3, 4), between(0, 1, 3, 4)]),
]


def case_name(case) -> str:
    name, args, options, _ = case
    return f"{name}({', '.join([*map(str, args), *[f'{k}={v}' for k, v in options.items()]])})"


# ---------------------------------------------------------------- one layer in one library


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    """The default type of both libraries."""
    for library in (minitorch, torch):
        library.set_default_dtype(getattr(library, request.param))
    yield request.param
    for library in (minitorch, torch):
        library.set_default_dtype(library.float32)


def numbers(t):
    """A tensor, or a tuple of them, as arrays."""
    return [numbers(v) for v in t] if isinstance(t, tuple) else t.detach().numpy().copy()


def attributes(layer, like) -> dict:
    """Those public attributes that torch's layer `like` has beside its tensors."""
    return {k: getattr(layer, k, "missing") for k in vars(like) if not k.startswith("_")}


def inputs_of(library, makers, dtype: str):
    rng = np.random.default_rng(0)
    arrays = [make(rng) for make in makers]
    return [library.from_numpy(a if a.dtype.kind == "i" else a.astype(dtype)) for a in arrays]


def call(library, layer, makers, dtype: str) -> dict:
    """The output, and the gradients of the first input and of the parameters, for a random cotangent."""
    library.manual_seed(1)
    layer.zero_grad()
    x, *others = inputs_of(library, makers, dtype)
    if x.is_floating_point():
        x.requires_grad_()
    y = layer(x * 1 if getattr(layer, "inplace", False) else x, *others)
    first = y[0] if isinstance(y, tuple) else y
    if first.requires_grad and first.grad_fn is not None:
        g = np.random.default_rng(2).uniform(0.5, 1.5, tuple(first.shape)).astype(dtype)
        first.backward(library.from_numpy(g))
    return {
        "output": numbers(y),
        "input's gradient": None if x.grad is None else numbers(x.grad),
        "gradients": {n: None if p.grad is None else numbers(p.grad) for n, p in layer.named_parameters()},
        "buffers": {n: numbers(b) for n, b in layer.named_buffers()},
        "next draw": numbers(library.rand(1)),
    }


def same(ours, theirs, rtol: float, what: str) -> None:
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), what
        for k in theirs:
            same(ours[k], theirs[k], rtol, f"{what} {k}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), what
        for a, b in zip(ours, theirs):
            same(a, b, rtol, what)
    elif isinstance(theirs, np.ndarray):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape, what
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=rtol, err_msg=what)
    else:
        assert ours == theirs, f"{what}: {ours!r}, torch {theirs!r}"


# ---------------------------------------------------------------- the checks


def layers():
    return [n for n in minitorch.nn.__all__ if inspect.isclass(getattr(minitorch.nn, n))]


@pytest.mark.parametrize("name", layers())
def test_signature(name):
    """The constructor takes torch's arguments, with torch's defaults."""
    ours, theirs = [[(p.name, p.default) for p in inspect.signature(getattr(t.nn, name)).parameters.values()]
                    for t in (minitorch, torch)]
    named = [[(n, getattr(default, "__name__", default)) for n, default in side] for side in (ours, theirs)]
    assert named[0] == named[1] or [p for p, _ in theirs] == ["args", "kwargs"]


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_layer(case, dtype):
    """Built from one seed, a layer has torch's attributes, text and values, and computes what torch's computes."""
    name, args, options, makers = case
    found = []
    for library in (minitorch, torch):
        library.manual_seed(0)
        layer = getattr(library.nn, name)(*args, **options)
        like = getattr(torch.nn, name)(*args, **options)
        facts = {"repr": repr(layer), "attributes": attributes(layer, like),
                 "state": {k: numbers(v) for k, v in layer.state_dict().items()}}
        facts["training"] = [call(library, layer, makers, dtype) for _ in range(2)]
        facts["eval"] = call(library, layer.eval(), makers, dtype)
        found.append(facts)
    rounded = 1e-7 if name == "Hardsigmoid" else 0  # torch has its slope 1/6 in float32 only
    same(*found, max(TOLERANCE[dtype], rounded), name)


def test_every_layer_has_a_case():
    abstract = {"Module", "ModuleDict", "ModuleList", "Sequential", "Parameter", "Buffer", "DataParallel"}
    elsewhere = {n for n in layers() if n.startswith(("RNN", "LSTM", "GRU", "Transformer", "Multihead"))}
    assert set(layers()) - abstract - elsewhere == {name for name, *_ in CASES}  # test_rnn.py, test_transformer.py


@pytest.mark.parametrize("name, makers", [
    ("NLLLoss", [floats(5, 4), ints(4, 5)]), ("CrossEntropyLoss", [floats(5, 4), ints(4, 5)]),
    ("BCELoss", [between(0.1, 0.9, 5, 4), between(0, 1, 5, 4)]),
    ("BCEWithLogitsLoss", [floats(5, 4), between(0, 1, 5, 4)]),
])
def test_weighted_losses(name, makers, dtype):
    """The weight is a buffer: it is in the state, and moves with the loss."""
    found = []
    for library in (minitorch, torch):
        weight = library.linspace(0.5, 2, 4)
        loss = getattr(library.nn, name)(weight)
        found.append({"state": {k: numbers(v) for k, v in loss.state_dict().items()}, "repr": repr(loss),
                      **call(library, loss, makers, dtype)})
    same(*found, TOLERANCE[dtype], name)


def test_positive_weight():
    alike(lambda t: t.nn.BCEWithLogitsLoss(pos_weight=t.tensor([1.0, 2.0, 0.5]))(t.randn(4, 3), t.rand(4, 3)), torch)


def test_pretrained_embedding():
    def script(t):
        table = t.arange(12.0).reshape(4, 3)
        frozen = t.nn.Embedding.from_pretrained(table, padding_idx=1)
        table[0, 0] = 7.0  # the table's memory is shared
        return frozen(t.tensor([0, 3])), frozen.weight.requires_grad, repr(frozen), t.nn.Embedding.from_pretrained(
            table, freeze=False).weight.requires_grad

    alike(script, torch)


def test_transposed_convolution_of_a_given_size():
    def script(t):
        layer = t.nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1)
        x = t.randn(1, 2, 4, 4)
        return layer(x, output_size=(8, 7)), layer(x, output_size=[1, 3, 7, 8])

    alike(script, torch, 1e-5)


def test_batch_norm_accepts_a_state_without_a_count():
    def script(t):
        layer = t.nn.BatchNorm1d(3)
        layer(t.randn(5, 3))
        old = {k: v for k, v in t.nn.BatchNorm1d(3).state_dict().items() if k != "num_batches_tracked"}
        return str(layer.load_state_dict(old)), layer.num_batches_tracked

    alike(script, torch)


@pytest.mark.parametrize("script", [
    lambda t: t.nn.Linear(3, 2)(t.ones(4)),
    lambda t: t.nn.Conv2d(3, 4, 3, groups=2),
    lambda t: t.nn.Conv2d(4, 3, 3, groups=2),
    lambda t: t.nn.Conv2d(4, 4, 3, groups=0),
    lambda t: t.nn.Conv2d(4, 4, 3, stride=2, padding="same"),
    lambda t: t.nn.Conv2d(2, 3, 3)(t.ones(1, 3, 5, 5)),
    lambda t: t.nn.ConvTranspose1d(2, 3, 3, padding_mode="reflect"),
    lambda t: t.nn.ConvTranspose1d(2, 3, 3, stride=2)(t.ones(1, 2, 4), output_size=[20]),
    lambda t: t.nn.ConvTranspose1d(2, 3, 3)(t.ones(1, 2, 4), output_size=[1, 2, 3, 4]),
    lambda t: t.nn.BatchNorm1d(3)(t.ones(3)),
    lambda t: t.nn.BatchNorm1d(3)(t.ones(1, 3)),
    lambda t: t.nn.BatchNorm2d(3)(t.ones(2, 3)),
    lambda t: t.nn.BatchNorm3d(3)(t.ones(2, 3)),
    lambda t: t.nn.BatchNorm2d(3)(t.ones(2, 4, 2, 2)),
    lambda t: t.nn.InstanceNorm1d(3)(t.ones(4)),
    lambda t: t.nn.InstanceNorm2d(3, affine=True)(t.ones(2, 4, 2, 2)),
    lambda t: t.nn.GroupNorm(3, 4),
    lambda t: t.nn.LayerNorm(3)(t.ones(2, 4)),
    lambda t: t.nn.LocalResponseNorm(3)(t.ones(2, 4)),
    lambda t: t.nn.Bilinear(0, 2, 3),
    lambda t: t.nn.Embedding(3, 2, padding_idx=3),
    lambda t: t.nn.Embedding(3, 2, padding_idx=-4),
    lambda t: t.nn.Embedding(3, 2)(t.tensor([3])),
    lambda t: t.nn.Embedding(3, 2, _weight=t.ones(2, 3)),
    lambda t: t.nn.Embedding.from_pretrained(t.ones(3)),
    lambda t: t.nn.Unflatten(1, 3),
    lambda t: t.nn.Unflatten(1, (2, 1.5)),
    lambda t: t.nn.Dropout(1.5),
    lambda t: t.nn.Dropout1d()(t.ones(2)),
    lambda t: t.nn.Softmax2d()(t.ones(2)),
    lambda t: t.nn.Hardtanh(1, 1),
    lambda t: t.nn.HuberLoss(delta="1"),
    lambda t: t.nn.MSELoss(reduction="most")(t.ones(2), t.ones(2)),
    lambda t: t.nn.CrossEntropyLoss()(t.ones(2, 3), t.tensor([0, 3])),
    lambda t: t.nn.CircularPad2d(1)(t.ones(2)),
    lambda t: t.nn.GELU("most")(t.ones(2)),
    lambda t: t.nn.ReLU(nothing=1),
    lambda t: t.nn.Tanh(nothing=1),
    lambda t: t.nn.Tanh(1),
])
def test_errors(script):
    alike(script, torch)


@pytest.mark.parametrize("script", [
    lambda t: t.nn.MSELoss(size_average=False),
    lambda t: t.nn.NLLLoss(reduce=False),
    lambda t: t.nn.Hardtanh(min_value=-2.0, max_value=2.0),
    lambda t: t.nn.Softmax()(t.ones(2, 3)),
    lambda t: t.nn.InstanceNorm1d(3)(t.ones(2, 4, 5)),
    lambda t: t.nn.Linear(0, 2),
])
def test_warnings(script):
    """Odd use is warned of in torch's words."""
    found = []
    for library in (minitorch, torch):
        with pytest.warns() as record:
            script(library)
        found.append([(w.category.__name__, str(w.message)) for w in record])
    assert found[0] == found[1]


# ---------------------------------------------------------------- nn.functional


def test_functional_signatures():
    """The functions that torch writes in Python have torch's arguments and defaults."""
    for name in minitorch.nn.functional.__all__:
        try:
            theirs = inspect.signature(getattr(torch.nn.functional, name))
        except ValueError:  # built in
            continue
        if list(theirs.parameters) == ["args", "kwargs"]:
            continue
        ours = inspect.signature(getattr(minitorch.nn.functional, name))
        assert [(p.name, p.default) for p in ours.parameters.values()] == [
            (p.name, p.default) for p in theirs.parameters.values()], name
