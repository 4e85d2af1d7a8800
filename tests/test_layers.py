"""Drawn layers against torch: constructors with drawn options, valid and not, then printing, state, values, gradients.

test_nn.py has chosen cases of every layer; here hypothesis looks at the combinations of those with many options.
"""

import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import Draw
from test_nn import attributes, call, numbers, same

import minitorch

torch = pytest.importorskip("torch")

TOLERANCE = {"float32": 3e-5, "float64": 1e-9}


def convolution(d):
    """Conv1d, Conv2d or Conv3d: mostly one that fits its input."""
    n, groups = d.integer(1, 3), d.choice(1, 1, 2, 3)
    channels, kernel = groups * d.integer(1, 2), number_or_each(d, n, 1, 3)
    options = {"stride": number_or_each(d, n, 1, 2), "dilation": number_or_each(d, n, 1, 2), "groups": groups,
               "padding": d.choice("same", "valid", number_or_each(d, n, 0, 2)), "bias": d.boolean(),
               "padding_mode": d.choice("zeros", "reflect", "replicate", "circular")}
    return f"Conv{n}d", (channels, groups * d.integer(1, 2), kernel), some(d, options), image(d, channels, n)


def transposed(d):
    """ConvTranspose1d, 2d or 3d; no empty results, which some of torch's algorithms give and some refuse."""
    n, groups = d.integer(1, 3), d.choice(1, 1, 2)
    channels, kernel = groups * d.integer(1, 2), number_or_each(d, n, 1, 3)
    smallest = kernel if isinstance(kernel, int) else min(kernel)
    options = {"stride": number_or_each(d, n, 1, 3), "dilation": number_or_each(d, n, 1, 2), "groups": groups,
               "padding": number_or_each(d, n, 0, 1 if smallest > 1 else 0), "bias": d.boolean(),
               "output_padding": number_or_each(d, n, 0, 1)}
    return f"ConvTranspose{n}d", (channels, groups * d.integer(1, 2), kernel), some(d, options), image(d, channels, n)


def running(d):
    """BatchNorm and InstanceNorm, some with running averages."""
    n, channels = d.integer(1, 3), d.integer(1, 3)
    options = {"eps": d.choice(1e-5, 0.1), "momentum": d.choice(0.1, 0.7, None), "affine": d.boolean(),
               "track_running_stats": d.boolean(), "bias": d.boolean()}
    name = d.choice("BatchNorm", "InstanceNorm")
    x = d.array((3, channels)) if n == 1 and d.boolean() else image(d, d.choice(channels, channels, 2), n)
    return f"{name}{n}d", (channels,), some(d, options), x


def normal(d):
    """LayerNorm and RMSNorm over the last dimensions, GroupNorm over groups of channels."""
    name = d.choice("LayerNorm", "RMSNorm", "GroupNorm")
    shape = tuple(d.integer(3, 5) for _ in range(d.integer(3 if name == "GroupNorm" else 2, 4)))
    options = {"eps": d.choice(1e-5, 0.1), "bias": d.boolean(), "elementwise_affine": d.boolean()}
    if name == "GroupNorm":
        options["affine"] = options.pop("elementwise_affine")
        return name, (d.integer(1, 3), shape[1]), some(d, options), d.array(shape)
    if name == "RMSNorm":
        options["eps"] = d.choice(None, 0.1)
        del options["bias"]
    last = shape[d.integer(0, len(shape) - 1):]
    return name, (d.choice(last, list(last), last[-1]),), some(d, options), d.array(shape)


def embedding(d):
    rows = d.integer(1, 5)
    options = {"padding_idx": d.integer(-rows - 1, rows), "max_norm": d.choice(0.5, 2.0),
               "norm_type": d.choice(1.0, 3.0), "scale_grad_by_freq": d.boolean()}
    return "Embedding", (rows, d.integer(1, 3)), some(d, options), d.array(d.shape(0, 2), 0, rows - 1, "int64")


def number_or_each(d, n: int, low: int, high: int):
    return d.integer(low, high) if d.boolean() else tuple(d.integer(low, high) for _ in range(n))


def image(d, channels: int, n: int):
    """A batch or one example; never one number a channel, of which a norm leaves nothing but rounding."""
    return d.array((*([d.integer(1, 3)] if d.integer(0, 3) else []), channels, *[d.integer(3, 6) for _ in range(n)]))


def some(d, options: dict) -> dict:
    return {k: v for k, v in options.items() if d.boolean()}


@st.composite
def layers(draw, family):
    return family(Draw(draw))


def outcome(library, name: str, args: tuple, options: dict, x, dtype: str) -> dict:
    """All that can be seen of a layer from one seed, or what it raises."""
    library.manual_seed(0)
    try:
        layer = getattr(library.nn, name)(*args, **options, dtype=getattr(library, dtype))
        like = getattr(torch.nn, name)(*args, **options)
        seen = {"repr": repr(layer), "attributes": attributes(layer, like),
                "state": {k: numbers(v) for k, v in layer.state_dict().items()}}
        for mode in ("training", "again", "eval"):
            seen[mode] = call(library, layer.train(mode != "eval"), [lambda rng: x], dtype)
        return seen
    except Exception as error:  # whatever torch raises is what is wanted
        return {"raises": type(error).__name__, "says": str(error).replace("minitorch", "torch")}


@pytest.mark.parametrize("family, dtype", [
    (convolution, "float32"), (transposed, "float32"), (embedding, "float32"),
    (running, "float64"), (normal, "float64"),  # a norm of numbers that are close magnifies their rounding
])
def test_drawn_layers(family, dtype):
    @given(layers(family))
    def check(layer):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            ours, theirs = [outcome(library, *layer, dtype) for library in (minitorch, torch)]
        same(ours, theirs, TOLERANCE[dtype], str(layer[:3]))

    check()
