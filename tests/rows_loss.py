"""Rows for ops/loss.py."""

import numpy as np
from samples import row

F = "nn.functional."


def reduction(d):
    return {"reduction": d.choice("none", "mean", "sum")}


def sides(d):
    """(input, target) at least 0.05 apart, and from a distance of 0.7: away from kinks."""
    shape = d.shape(zero=False)
    x = d.array(shape)
    return x, np.asarray(x + d.away_from((-0.7, 0, 0.7), shape), d.dtype)


# ---------------------------------------------------------------- differences


def refuses(name):
    return (lambda t: getattr(t.nn.functional, name)(t.ones(2, 3), t.ones(2, 3), reduction="average"),
            lambda t: getattr(t.nn.functional, name)(t.ones(2, 3), t.ones(4)))


row(F + "mse_loss", lambda d: (sides(d), reduction(d)), dtypes=("float32", "float64", "float16"),
    node="MseLossBackward0", errors=(
        *refuses("mse_loss"),
        lambda t: t.nn.functional.mse_loss(t.arange(3), t.arange(3)),
    ))
row(F + "mse_loss", lambda d: (d.pair()[0], reduction(d)), node="MseLossBackward0", id="broadcast")
row(F + "mse_loss", lambda d: ((d.array((2, 3)), d.array((2, 3), dtype="float64")), reduction(d)), id="two types")
row(F + "mse_loss", lambda d: ((d.array((2, 3)), d.array((2, 3))), {**reduction(d), "weight": d.array((2, 3), 0.5, 1)}),
    grad=(0, 1), id="weight")
row(F + "mse_loss", lambda d: ((*sides(d), d.choice(True, False), d.choice(True, False)), {}), id="older flags")
row(F + "l1_loss", lambda d: (sides(d), {}), node="MeanBackward0", second=False, errors=refuses("l1_loss"))
row(F + "l1_loss", lambda d: (sides(d), reduction(d)), second=False, id="reductions")
row(F + "l1_loss", lambda d: ((d.array((2, 3)), d.array((2, 3))), {**reduction(d), "weight": d.array((2, 3), 0.5, 1)}),
    grad=(0, 1), second=False, id="weight")
row(F + "smooth_l1_loss", lambda d: (sides(d), {**reduction(d), "beta": d.choice(0.7, 10)}),
    node="SmoothL1LossBackward0", errors=(
        *refuses("smooth_l1_loss"),
        lambda t: t.nn.functional.smooth_l1_loss(t.ones(2), t.ones(2), beta=-1),
    ))
row(F + "smooth_l1_loss", lambda d: (sides(d), {"beta": 0}), second=False, id="no parabola")
row(F + "huber_loss", lambda d: (sides(d), {**reduction(d), "delta": d.choice(0.7, 10)}), node="HuberLossBackward0",
    errors=(*refuses("huber_loss"), lambda t: t.nn.functional.huber_loss(t.ones(2), t.ones(2), delta=0)))
row(F + "huber_loss", lambda d: ((d.array((2, 3)), d.array((2, 3))),
                                 {**reduction(d), "weight": d.array((2, 3), 0.5, 1)}), grad=(0, 1), id="weight")
row(F + "huber_loss", lambda d: ((d.array((2, 3)), d.array((2, 3), dtype="float64")), reduction(d)), grad=(),
    id="two types")

# ---------------------------------------------------------------- classes


def classes(d, weight=True, smooth=False):
    """(scores, classes), with some of them ignored, and some or no weights."""
    count = d.integer(2, 4)
    lengths = d.choice((), (3,), (2, 3), (2, 1, 2))
    n = d.integer(1, 3)
    target = d.rng.integers(0, count, (n, *lengths))
    options = reduction(d)
    if d.boolean():
        options["ignore_index"] = d.choice(-100, 1)
        target[d.rng.random(target.shape) < 0.2] = options["ignore_index"]
        target.flat[0] = 0
    if weight and d.boolean():
        options["weight"] = d.array((count,), 0.5, 1.5)
    if smooth:
        options["label_smoothing"] = d.choice(0.1, 0.5, 1.0)
    return (d.array((n, count, *lengths)), target), options


def one_example(d):
    return (d.array((4,)), np.asarray(d.integer(0, 3))), reduction(d)


def probabilities(d):
    shape = d.choice((3, 4), (4,), (2, 3, 2), (2, 3, 2, 2))
    options = {**reduction(d), "label_smoothing": d.choice(0.0, 0.2)}
    if d.boolean():
        options["weight"] = d.array((shape[0] if len(shape) == 1 else shape[1],), 0.5, 1.5)
    return (d.array(shape), d.array(shape, 0, 1)), options


def refused_classes(name):
    def call(t, *args, **options):
        return getattr(t.nn.functional, name)(*args, **options)

    return (
        lambda t: call(t, t.ones(2, 3), t.tensor([0, 5])),
        lambda t: call(t, t.ones(2, 3), t.tensor([0, -1])),
        lambda t: call(t, t.ones(2, 3), t.tensor([0])),
        lambda t: call(t, t.ones(2, 3), t.tensor([[0, 1], [0, 1]])),
        lambda t: call(t, t.ones(2, 3), t.tensor([0.0, 1.0])),
        lambda t: call(t, t.ones(2, 3), t.tensor([0, 1], dtype=t.int32)),
        lambda t: call(t, t.ones(2, 3), t.tensor([0, 1]), t.ones(4)),
        lambda t: call(t, t.ones(2, 3), t.tensor([0, 1]), t.ones(3).double()),
        lambda t: call(t, t.ones(2, 3), t.tensor([0, 1]), t.ones(3, requires_grad=True)),
        lambda t: call(t, t.ones(2, 3, 4), t.zeros(2, 5).long()),
        lambda t: call(t, t.ones(2, 3, 4, 5), t.zeros(2, 5, 5).long()),
        lambda t: call(t, t.ones(2, 3, 4, 5), t.zeros(2, 4).long()),
        lambda t: call(t, t.ones(2, 3, 4, 5), t.zeros(2, 4, 5).long() + 7),
        lambda t: call(t, t.ones(2, 3), t.tensor([0, 1]), reduction="average"),
        lambda t: call(t, t.ones(2, 3).long(), t.tensor([0, 1])),
    )


# The gradient of nll_loss alone is compared in test_loss.py: torch refuses inputs there that are not contiguous.
# atol: torch adds float16 losses in float16, where the sum of a batch loses digits to cancellation.
row(F + "nll_loss", classes, grad=(), dtypes=("float32", "float64", "float16"), atol={"float16": 1e-2}, errors=(
    *refused_classes("nll_loss"),
    lambda t: t.nn.functional.nll_loss(t.ones(()), t.tensor(0)),
    lambda t: t.nn.functional.nll_loss(t.ones(3), t.tensor([0, 1])),
))
row(F + "nll_loss", one_example, grad=(), id="one example")
row(F + "cross_entropy", classes, grad=(0,), dtypes=("float32", "float64", "float16"), errors=(
    *refused_classes("cross_entropy"),
    lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.ones(2, 3).long()),
    lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.ones(2, 3), ignore_index=1),
    lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.ones(2, 3), t.ones(4)),
    lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.tensor([0, 1]), label_smoothing=1.5),
))
row(F + "cross_entropy", one_example, node="NllLossBackward0", id="one example")
row(F + "cross_entropy", lambda d: classes(d, smooth=True), grad=(0,), node="AddBackward0", id="label smoothing")
row(F + "cross_entropy", probabilities, grad=(0, 1), id="probabilities")
row(F + "cross_entropy", lambda d: ((d.array((2, 3)), np.full(2, -100)), reduction(d)), second=False,
    id="all ignored")
row(F + "cross_entropy", lambda d: ((d.array((0, 3)), np.zeros(0, np.int64)), reduction(d)), second=False,
    id="no example")
row(F + "cross_entropy", lambda d: ((d.array((2, 300), -500, 500), d.rng.integers(0, 300, 2)), {}), id="large")

# ---------------------------------------------------------------- probabilities


def pairs(d, low, high, *, broadcast=False):
    shape = d.shape(zero=False)
    options = reduction(d)
    if d.boolean():
        options["weight"] = d.array(d.broadcast(shape), 0.5, 1.5)
    return (d.array(shape, low, high), d.array(shape, 0.1, 0.9)), options


def logits(d):
    args, options = pairs(d, -4, 4)
    if d.boolean():
        options["pos_weight"] = d.array(d.broadcast(args[0].shape), 0.5, 1.5)
    return args, options


row(F + "binary_cross_entropy", lambda d: pairs(d, 0.1, 0.9), grad=(0, 1), node="BinaryCrossEntropyBackward0", errors=(
    lambda t: t.nn.functional.binary_cross_entropy(t.ones(2, 3), t.ones(3)),
    lambda t: t.nn.functional.binary_cross_entropy(t.ones(2, 3) + 1, t.ones(2, 3)),
    lambda t: t.nn.functional.binary_cross_entropy(t.ones(2, 3), t.ones(2, 3) - 2),
    lambda t: t.nn.functional.binary_cross_entropy(t.ones(2, 3), t.ones(2, 3).long()),
    lambda t: t.nn.functional.binary_cross_entropy(t.ones(3), t.ones(3), t.ones(3, requires_grad=True)),
))
row(F + "binary_cross_entropy", lambda d: ((np.asarray([0, 0, 1, 1], d.dtype), np.asarray([0, 1, 0, 1], d.dtype)),
                                           reduction(d)), grad=(0,), second=False, id="certain",
    rtol={"float64": 1e-8})  # torch bounds the gradient by a float32 1e-12
row(F + "binary_cross_entropy_with_logits", logits, grad=(0, 1), node="BinaryCrossEntropyWithLogitsBackward0", errors=(
    lambda t: t.nn.functional.binary_cross_entropy_with_logits(t.ones(2, 3), t.ones(3)),
    lambda t: t.nn.functional.binary_cross_entropy_with_logits(t.ones(3), t.ones(3).long()),
    lambda t: t.nn.functional.binary_cross_entropy_with_logits(t.ones(3), t.ones(3), t.ones(3, requires_grad=True)),
    lambda t: t.nn.functional.binary_cross_entropy_with_logits(t.ones(3), t.ones(3),
                                                               pos_weight=t.ones(3, requires_grad=True)),
))
row(F + "binary_cross_entropy_with_logits", lambda d: ((d.array((9,), -200, 200), d.array((9,), 0, 1)), reduction(d)),
    id="large")
row(F + "kl_div", lambda d: ((d.array((3, 4), -3, 0), d.array((3, 4), 0.1, 1)), reduction(d)), id="reductions")
row(F + "kl_div", lambda d: ((d.array((3, 4), -3, 0), d.array((3, 4), -3, 0)), {**reduction(d), "log_target": True}),
    id="log target")
row(F + "kl_div", lambda d: ((d.array((3, 4), -3, 0), d.array((3, 4), 0.1, 1)), {"reduction": "batchmean"}),
    node="DivBackward0", errors=refuses("kl_div"))

# ---------------------------------------------------------------- likelihoods

row(F + "poisson_nll_loss", lambda d: ((d.array((3, 4)), d.array((3, 4), 0.1, 5)), {**reduction(d)}),
    node=None, errors=refuses("poisson_nll_loss"))
row(F + "poisson_nll_loss", lambda d: ((d.array((3, 4), 0.1, 2), d.array((3, 4), 1.1, 5)),
                                       {**reduction(d), "log_input": False, "full": d.boolean(), "eps": 1e-3}),
    id="no logarithm")
row(F + "poisson_nll_loss", lambda d: ((d.array((3, 4)), np.asarray([0, 1, 2, 5], d.dtype)), {"full": True}),
    grad=(0,), node="MeanBackward0", id="Stirling")


def variances(d):
    shape = d.choice((3, 4), (2, 3, 4))
    var = d.choice(shape, (*shape[:-1], 1), shape[:-1])
    return (d.array(shape), d.array(shape), d.array(var, 0.2, 2)), {**reduction(d), "full": d.boolean()}


row(F + "gaussian_nll_loss", variances, grad=(0, 1, 2), errors=(
    lambda t: t.nn.functional.gaussian_nll_loss(t.ones(2, 3), t.ones(2, 3), t.ones(3)),
    lambda t: t.nn.functional.gaussian_nll_loss(t.ones(2, 3), t.ones(2, 3), -1.0),
    lambda t: t.nn.functional.gaussian_nll_loss(t.ones(2, 3), t.ones(2, 3), -t.ones(2, 3)),
    lambda t: t.nn.functional.gaussian_nll_loss(t.ones(3), t.ones(3), t.ones(3), reduction="average")))
row(F + "gaussian_nll_loss", lambda d: ((d.array((2, 3)), d.array((2, 3)), 0.3), {}), grad=(0, 1),
    node="MeanBackward0", id="one variance")
row(F + "gaussian_nll_loss", lambda d: ((d.array((2, 3)), d.array((2, 3)), np.zeros((2, 3), d.dtype)), {"eps": 0.1}),
    grad=(0, 1, 2), node="MeanBackward0", id="bounded")


def aligned(how: str):
    """Log-probabilities (T, N, C) of sequences, targets without the blank 0, and lengths that leave room for them."""
    def draw(d):
        T, N, C, S = d.integer(5, 7), d.integer(1, 2), d.integer(2, 4), d.integer(1, 2)
        logits = d.array((T, N, C))
        log_probs = (logits - np.log(np.exp(logits).sum(-1, keepdims=True))).astype(logits.dtype)
        targets = d.rng.integers(1, C, (N, S))
        return (log_probs, targets, d.rng.integers(2 * S + 1, T + 1, N), d.rng.integers(1, S + 1, N)), {
            "reduction": how}
    return draw


for how, name in (("sum", "SumBackward0"), ("mean", "MeanBackward0"), ("none", "CtcLossBackward0")):
    row("nn.functional.ctc_loss", aligned(how), grad=(0,), second=False, node=name, id=how)
