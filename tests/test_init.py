"""Initial values: nn.init fills what torch fills, from the same stream, and leaves the stream at torch's place."""

import inspect

import pytest
from alike import alike

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def filled(name: str, *args, shape=(6, 5), dtype="float32", **options):
    """A script that fills a leaf, and says what came back and where the stream is."""

    def script(t):
        x = t.empty(shape, dtype=getattr(t, dtype)).fill_(7).requires_grad_()
        same = getattr(t.nn.init, name)(x, *args, **options)
        return same is x, same.requires_grad, same.is_leaf, same, t.rand(1)

    return script


@pytest.mark.parametrize("dtype, rtol", [("float32", 1e-6), ("float64", 1e-12)])
@pytest.mark.parametrize("script", [
    ("uniform_",), ("uniform_", -2.0, 3.0), ("normal_",), ("normal_", 1.0, 0.1), ("constant_", 0.3), ("ones_",),
    ("zeros_",), ("eye_",), ("xavier_uniform_",), ("xavier_uniform_", 2.0), ("xavier_normal_",), ("kaiming_uniform_",),
    ("kaiming_uniform_", 0.2, "fan_out"), ("kaiming_uniform_", 0, "FAN_IN", "relu"), ("kaiming_normal_",),
    ("kaiming_normal_", 0, "fan_out", "tanh"), ("sparse_", 0.35), ("sparse_", 0.9, 2.0),
    ("trunc_normal_",), ("trunc_normal_", 0.5, 2.0, -1.0, 1.0), ("trunc_normal_", 0.0, 1.0, 1.5, 4.0),
    ("trunc_normal_", 0.0, 1.0, -0.05, 0.05), ("trunc_normal_", 0.0, 0.02), ("orthogonal_",), ("orthogonal_", 3.0),
], ids=str)
def test_values(script, dtype, rtol):
    name, *args = script
    rtol = 1e-5 if name == "orthogonal_" and dtype == "float32" else rtol  # two QRs
    alike(filled(name, *args, dtype=dtype), torch, rtol)


@pytest.mark.parametrize("script", [
    filled("xavier_uniform_", shape=(4, 3, 2, 5)), filled("kaiming_normal_", shape=(4, 3, 2)),
    filled("orthogonal_", shape=(3, 8)), filled("orthogonal_", shape=(8, 3)), filled("orthogonal_", shape=(2, 3, 4)),
    filled("orthogonal_", shape=(0, 3)), filled("eye_", shape=(3, 7)), filled("dirac_", shape=(4, 3, 5)),
    filled("dirac_", shape=(4, 3, 3, 2)), filled("dirac_", 2, shape=(4, 2, 3, 3, 3)), filled("uniform_", shape=()),
    filled("trunc_normal_", shape=(40, 30)), filled("normal_", shape=(0,)),
])
def test_shapes(script):
    alike(script, torch, 1e-5)


@pytest.mark.parametrize("name", [n for n in minitorch.nn.init.__all__
                                  if n not in ("calculate_gain", "constant_", "ones_", "zeros_")])
def test_own_generator(name):
    """`generator` is drawn from, and the default stream stays where it was."""
    if "generator" not in inspect.signature(getattr(torch.nn.init, name)).parameters:
        assert name in ("dirac_", "eye_")
        return

    def script(t):
        generator = t.Generator().manual_seed(5)
        args = (0.5,) if name == "sparse_" else ()
        return getattr(t.nn.init, name)(t.empty(6, 5), *args, generator=generator), t.rand(1, generator=generator)

    alike(script, torch, 1e-5)


@pytest.mark.parametrize("name", minitorch.nn.init.__all__)
def test_signature(name):
    ours, theirs = [[(p.name, p.default) for p in inspect.signature(getattr(t.nn.init, name)).parameters.values()]
                    for t in (minitorch, torch)]
    assert ours == theirs


def test_gain():
    names = ["linear", "sigmoid", "conv1d", "conv_transpose3d", "tanh", "relu", "leaky_relu", "selu"]
    alike(lambda t: [t.nn.init.calculate_gain(n) for n in names], torch, 0)
    alike(lambda t: [t.nn.init.calculate_gain("leaky_relu", slope) for slope in (0.2, 1, 3.5)], torch, 0)


@pytest.mark.parametrize("script", [
    lambda t: t.nn.init.calculate_gain("step"),
    lambda t: t.nn.init.calculate_gain("leaky_relu", True),
    lambda t: t.nn.init.calculate_gain("leaky_relu", "0.1"),
    lambda t: t.nn.init.xavier_uniform_(t.empty(3)),
    lambda t: t.nn.init.kaiming_uniform_(t.empty(3, 2), mode="fan_most"),
    lambda t: t.nn.init.eye_(t.empty(3)),
    lambda t: t.nn.init.dirac_(t.empty(3, 2)),
    lambda t: t.nn.init.dirac_(t.empty(3, 2, 1), 2),
    lambda t: t.nn.init.orthogonal_(t.empty(3)),
    lambda t: t.nn.init.sparse_(t.empty(3), 0.5),
    lambda t: t.nn.init.uniform_(t.empty(3), 2.0, 1.0),
    lambda t: t.nn.init.normal_(t.empty(3), 2.0, -1.0),
])
def test_errors(script):
    alike(script, torch)


@pytest.mark.parametrize("script", [
    lambda t: t.nn.init.kaiming_uniform_(t.empty(0, 3)),
    lambda t: t.nn.init.kaiming_normal_(t.empty(3, 0)),
    lambda t: t.nn.init.trunc_normal_(t.empty(3), mean=5.0),
])
def test_warnings(script):
    found = []
    for library in (minitorch, torch):
        with pytest.warns(UserWarning) as record:
            script(library)
        found.append([str(w.message) for w in record])
    assert found[0] == found[1]
