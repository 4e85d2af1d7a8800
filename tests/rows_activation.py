"""Rows of ops/activation.py and ops/piecewise.py."""

import numpy as np
from samples import row

FLOATS = ("float32", "float64", "float16")
EDGES = np.array([np.inf, -np.inf, 0.0, -0.0, 100.0, -100.0, 30.0, -30.0, 1e-20, -1e4])


def away(*kinks):
    return lambda d: ((d.away_from(kinks, d.shape(), -4, 4),), {})


def activation(name, draw, node, rtol=None, **facts):
    row(name, draw, dtypes=FLOATS, node=node, rtol={"float16": 5e-3, **(rtol or {})}, **facts)
    edges = EDGES[2:] if name.endswith("gelu") else EDGES  # torch's gelu of inf is NaN by one kernel, inf by another
    row(name, lambda d: ((edges.astype(d.dtype),), {}), grad=(), id="edges")


def of_integers(name):
    return lambda t: getattr(t.nn.functional, name)(t.tensor([1])), lambda t: getattr(t.nn.functional, name)(
        t.tensor([True]))


activation("sigmoid", lambda d: d.one(-4, 4), "SigmoidBackward0", method=True, in_place=True)
row("sigmoid", lambda d: d.one(-4, 4), dtypes=("int64", "uint8", "bool"), grad=(), id="integers",
    rtol=dict.fromkeys(("int64", "uint8", "bool"), 1e-6),
    errors=(lambda t: t.sigmoid("a"), lambda t: t.tensor([1]).sigmoid_()))
activation("relu", away(0), "ReluBackward0", method=True, in_place=True,
           errors=(lambda t: t.relu(t.tensor([True])), lambda t: t.relu("a")))
row("relu", lambda d: ((np.zeros(d.shape(), d.dtype),), {}), node="ReluBackward0", id="zero")
row("relu", lambda d: d.one(), dtypes=("int64", "uint8"), grad=(), id="integers")
row("relu_", away(0), dtypes=FLOATS, grad=(), errors=(lambda t: t.relu_(t.ones(2, requires_grad=True)),))

F = "nn.functional."
activation(F + "leaky_relu", away(0), "LeakyReluBackward0", errors=of_integers("leaky_relu"))
row(F + "leaky_relu", lambda d: (away(0)(d)[0], {"negative_slope": d.choice(0.2, 0.0, 1.5, -0.5)}),
    node="LeakyReluBackward0", id="slope")
activation(F + "hardtanh", away(-1, 1), "HardtanhBackward0", errors=(
    lambda t: t.nn.functional.hardtanh(t.ones(2), 1, -1), lambda t: t.nn.functional.hardtanh(t.tensor([True])),
    lambda t: t.nn.functional.hardtanh(t.ones(2, dtype=t.uint8))))
row(F + "hardtanh", lambda d: (d.one()[0], {"min_val": -1.5, "max_val": 0.5}), dtypes=("float32", "float64", "int64"),
    node="HardtanhBackward0", id="bounds")
activation(F + "relu6", away(0), "HardtanhBackward0")
activation(F + "silu", lambda d: d.one(-4, 4), "SiluBackward0", errors=of_integers("silu"))
activation(F + "gelu", lambda d: d.one(-4, 4), "GeluBackward0", errors=(
    *of_integers("gelu"), lambda t: t.nn.functional.gelu(t.ones(2), approximate="erf")))
row(F + "gelu", lambda d: (d.one(-4, 4)[0], {"approximate": "tanh"}), dtypes=FLOATS, node="GeluBackward0", id="tanh",
    rtol={"float16": 5e-3})
activation(F + "logsigmoid", lambda d: d.one(-4, 4), "LogSigmoidBackward0", errors=of_integers("logsigmoid"))
activation(F + "softplus", lambda d: d.one(-4, 4), "SoftplusBackward0", errors=of_integers("softplus"))
row(F + "softplus", lambda d: ((d.away_from((2.5,), d.shape(), -4, 4),), {"beta": 2, "threshold": 5}),
    node="SoftplusBackward0", id="threshold")
activation(F + "mish", lambda d: d.one(-4, 4), "MishBackward0", errors=of_integers("mish"))
activation(F + "elu", away(0), "EluBackward0", errors=of_integers("elu"))
row(F + "elu", lambda d: (away(0)(d)[0], {"alpha": d.choice(0.5, 2.0)}), node="EluBackward0", id="alpha")
activation("selu", away(0), "EluBackward0")
activation("celu", away(0), "CeluBackward0", errors=(lambda t: t.celu(t.ones(2), 0),))
row("celu", lambda d: (away(0)(d)[0], {"alpha": d.choice(0.5, 2.0)}), node="CeluBackward0", id="alpha")
activation(F + "glu", lambda d: ((d.array((*d.shape(0, 2), d.choice(2, 4, 6)), -4, 4),), {}), "GluBackward0", errors=(
    lambda t: t.nn.functional.glu(t.ones(4, dtype=t.int64)), lambda t: t.nn.functional.glu(t.ones(3)),
    lambda t: t.nn.functional.glu(t.ones(())), lambda t: t.nn.functional.glu(t.ones(4), 2)))
row(F + "glu", lambda d: ((d.array((2, 4, 3)), d.choice(0, 1, -2)), {}), node="GluBackward0", id="dim")
activation(F + "softsign", away(0), "DivBackward0")
activation(F + "tanhshrink", lambda d: d.one(-4, 4), "SubBackward0", atol={"float16": 4e-3, "float32": 1e-6})

# ---------------------------------------------------------------- straight pieces

activation(F + "hardsigmoid", away(-3, 3), "HardsigmoidBackward0", second=False,
           rtol={"float64": 1e-7}, errors=of_integers("hardsigmoid"))  # torch rounds 1/6 to float32
activation(F + "hardswish", away(-3, 3), "HardswishBackward0", errors=of_integers("hardswish"))
activation("hardshrink", away(-0.5, 0.5), "HardshrinkBackward0", method=True, errors=of_integers("hardshrink"))
row("hardshrink", lambda d: (away(-1.5, 1.5)(d)[0], {"lambd": 1.5}), node="HardshrinkBackward0", id="lambd")
activation(F + "softshrink", away(-0.5, 0.5), "SoftshrinkBackward0", errors=(
    *of_integers("softshrink"), lambda t: t.nn.functional.softshrink(t.ones(2), -1.5),
    lambda t: t.nn.functional.softshrink(t.ones(2, dtype=t.float64), -1)))
row(F + "softshrink", lambda d: (away(-1.5, 1.5)(d)[0], {"lambd": 1.5}), node="SoftshrinkBackward0", id="lambd")
row("threshold", lambda d: ((d.away_from((0.5,), d.shape()), 0.5, -2.5), {}), node="ThresholdBackward0",
    errors=(lambda t: t.threshold(t.tensor([True]), 0, 1),))
row("threshold", lambda d: ((d.array(d.shape()), 0.5, 1.5), {}), dtypes=("int64", "uint8"), grad=(), id="integers")
row("threshold", lambda d: ((EDGES.astype(d.dtype), 0.0, 20), {}), grad=(), id="edges")
row("threshold_", lambda d: ((d.array(d.shape()), 0.5, -2.5), {}), grad=())


def channels(d):
    """(x, one weight or one for each channel)"""
    shape = d.choice((), (3,), (2, 3), (2, 3, 4), (0, 3), (2, 3, 1, 2))
    count = d.choice(1, shape[1] if len(shape) > 1 else 1)
    return (d.away_from((0,), shape), d.array(d.choice((), (1,)) if count == 1 else (count,))), {}


row("prelu", channels, dtypes=FLOATS, node="PreluKernelBackward0", method=True, rtol={"float16": 5e-3}, errors=(
    lambda t: t.prelu(t.ones(2), t.ones(3)), lambda t: t.prelu(t.ones(2, 3), t.ones(2)),
    lambda t: t.prelu(t.ones(2, 3), t.ones(3, 1)), lambda t: t.prelu(t.ones(()), t.ones(3)),
    lambda t: t.prelu(t.ones(2, 1), t.ones(0)), lambda t: t.prelu(t.ones(2, 3), t.ones(3, dtype=t.float64)),
    lambda t: t.prelu(t.arange(3), t.ones(1)), lambda t: t.prelu(t.arange(3), t.ones(1, dtype=t.int64))))
row("rrelu", lambda d: (away(0)(d)[0], {"lower": 0.1, "upper": d.choice(0.1, 0.4)}), node="RreluWithNoiseBackward0",
    errors=(lambda t: t.rrelu(t.arange(3)), lambda t: t.rrelu(t.arange(3), training=True),
            lambda t: t.rrelu(t.ones(3), 1.0, 0.5)))
for name in ("rrelu", "rrelu_"):  # what is drawn is compared in test_dropout.py; nothing is for positive numbers
    row(name, lambda d: (d.one(0.1, 2)[0], {"training": True}), grad=(), id="training")


def clear(d):
    """Scores so far apart that no noise changes the order."""
    return d.array((3, 4), 0, 1e5, distinct=True)


row(F + "gumbel_softmax", lambda d: ((clear(d),), {"hard": d.boolean(), "dim": d.choice(0, -1)}), second=False, errors=(
    lambda t: t.nn.functional.gumbel_softmax(t.arange(3)),
    lambda t: t.nn.functional.gumbel_softmax(t.ones(2, 3), dim=3)))

# ---------------------------------------------------------------- in place

for name in ("relu", "relu6", "leaky_relu", "hardtanh", "silu", "mish", "elu", "selu", "celu", "hardsigmoid",
             "hardswish"):
    row(F + name, lambda d: (away(0)(d)[0], {"inplace": True}), grad=(), id="inplace")
row(F + "threshold", lambda d: ((d.one()[0][0], 0.5, 3), {"inplace": True}), grad=(), id="inplace")
row(F + "rrelu", lambda d: (d.one()[0], {"inplace": True}), grad=(), id="inplace")
for name in ("elu_", "leaky_relu_", "hardtanh_"):
    row(F + name, lambda d: d.one(), grad=())
for name in ("selu_", "celu_"):
    row(name, lambda d: d.one(), grad=())
