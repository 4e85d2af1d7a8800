"""Rows for ops/resize.py."""

import numpy as np
from samples import row

F = "nn.functional."
FLOATS = ("float32", "float64", "float16")


def image(d, sides: int, least: int = 1, most: int = 6):
    return (d.integer(0, 2), d.integer(1, 2), *(d.integer(least, most) for _ in range(sides)))


def resized(sides: int, mode: str, corners: bool = False):
    """An image and its new size, larger or smaller; or a factor."""
    def draw(d):
        x, options = d.array(image(d, sides)), {"mode": mode}
        if d.boolean():
            options["size"] = d.integer(1, 9) if d.boolean() else [d.integer(1, 9) for _ in range(sides)]
        else:
            side = lambda: d.choice(1, 2, 1.5, 3.7)
            options["scale_factor"] = side() if d.boolean() else [side() for _ in range(sides)]
            options["recompute_scale_factor"] = d.choice(None, True, False)
        if corners:
            options["align_corners"] = d.choice(None, True, False)
        return (x,), options

    return draw


def refused(name: str, shape: tuple, *args, dtype: str = "float32", **options):
    return lambda t: getattr(t.nn.functional, name)(t.ones(shape, dtype=getattr(t, dtype)), *args, **options)


LINE, PLANE, VOLUME = (1, 2, 4), (1, 2, 4, 4), (1, 2, 4, 4, 4)
SHAPES = {1: LINE, 2: PLANE, 3: VOLUME}


def interpolation(sides: int, mode: str, node: str, corners: bool = False, **facts):
    shape = SHAPES[sides]
    errors = [refused("interpolate", shape, 0, mode=mode), refused("interpolate", (1, 2, *[0] * sides), 3, mode=mode),
              refused("interpolate", shape, 3, dtype="int32", mode=mode),
              refused("interpolate", shape, 3, dtype="bool", mode=mode)]
    if sides > 1:
        errors.append(refused("interpolate", (1, 0, *shape[2:]), 3, mode=mode))
    row(F + "interpolate", resized(sides, mode, corners), dtypes=FLOATS, node=node, id=f"{mode} {sides}d",
        errors=tuple(errors), **facts)


for n in (1, 2, 3):
    interpolation(n, "nearest", f"UpsampleNearest{n}DBackward0")
    interpolation(n, "nearest-exact", f"UpsampleNearestExact{n}DBackward0")
interpolation(1, "linear", "UpsampleLinear1DBackward0", corners=True)
interpolation(2, "bilinear", "UpsampleBilinear2DBackward0", corners=True)
interpolation(3, "trilinear", "UpsampleTrilinear3DBackward0", corners=True)
interpolation(2, "bicubic", "UpsampleBicubic2DBackward0", corners=True)
row(F + "interpolate", lambda d: ((d.array(PLANE, 0, 200), d.integer(1, 9)), {"mode": d.choice("nearest",
    "nearest-exact")}), dtypes=("uint8",), grad=(), id="bytes")
row(F + "interpolate", lambda d: ((d.array(PLANE), d.choice(3, (3, 5))), {"mode": "area"}),
    node="AdaptiveAvgPool2DBackward0", id="area")
row(F + "interpolate", lambda d: ((d.array(LINE),), {"mode": "area", "scale_factor": d.choice(2, 0.5, 1.3)}),
    node="SqueezeBackward1", id="area factor")
row(F + "interpolate", lambda d: ((d.array(VOLUME), (3, 5, 1)), {"mode": "area"}), node="AdaptiveAvgPool3DBackward0",
    id="area volume", errors=(
        refused("interpolate", PLANE, (2.0, 3)), refused("interpolate", PLANE, (2, 3, 4)),
        refused("interpolate", PLANE, scale_factor=(2, 3, 4)), refused("interpolate", PLANE, 2, 3),
        refused("interpolate", PLANE), refused("interpolate", PLANE, 2, mode="cubic"),
        refused("interpolate", PLANE, 2, mode="linear"), refused("interpolate", PLANE, 2, mode="trilinear"),
        refused("interpolate", LINE, 2, mode="bilinear"), refused("interpolate", LINE, 2, mode="bicubic"),
        refused("interpolate", VOLUME, 2, mode="bilinear"), refused("interpolate", (4, 4), 2),
        refused("interpolate", PLANE, 2, align_corners=True), refused("interpolate", PLANE, scale_factor=0.1),
        refused("interpolate", PLANE, 2, recompute_scale_factor=True), refused("interpolate", PLANE, 2, antialias=True),
        refused("interpolate", PLANE, 2, mode="lanczos"), refused("interpolate", PLANE, scale_factor=-1)))
row(F + "upsample", lambda d: ((d.array(PLANE), d.integer(1, 9)), {"mode": d.choice("nearest", "bilinear")}))

# ---------------------------------------------------------------- channels and pixels


def shuffled(d):  # of empty images torch refuses its own gradient
    r = d.integer(1, 3)
    return (d.array((*d.shape(0, 2, zero=False), d.integer(1, 2) * r * r, d.integer(1, 3), d.integer(1, 3))), r), {}


def unshuffled(d):  # empty images torch leaves as they are
    r = d.integer(1, 3)
    return (d.array((*d.shape(0, 2, zero=False), d.integer(1, 2), d.integer(1, 3) * r, d.integer(1, 3) * r)), r), {}


row("pixel_shuffle", shuffled, node="PixelShuffleBackward0", errors=(
    refused("pixel_shuffle", (3, 2, 2), 2), refused("pixel_shuffle", (2, 2), 2), refused("pixel_shuffle", (4, 2, 2),
        0)))
row("pixel_unshuffle", unshuffled, node="PixelUnshuffleBackward0", errors=(
    refused("pixel_unshuffle", (4, 3, 2), 2), refused("pixel_unshuffle", (4, 2, 3), 2),
    refused("pixel_unshuffle", (2, 2), 2), refused("pixel_unshuffle", (4, 2, 2), -1)))
row("channel_shuffle", lambda d: ((d.array((2, d.choice(6, 12), *d.shape(1, 3))), d.choice(1, 2, 3, 6)), {}),
    node="ChannelShuffleBackward0", errors=(
        refused("channel_shuffle", (1, 4, 2, 2), 3), refused("channel_shuffle", (1, 4, 2, 2), 0),
        refused("channel_shuffle", (4, 2), 2)))

# ---------------------------------------------------------------- windows as columns


def one_or_two(d, low: int, high: int):
    return d.integer(low, high) if d.boolean() else (d.integer(low, high), d.integer(low, high))


def columns(d):
    options = {"dilation": one_or_two(d, 1, 2), "padding": one_or_two(d, 0, 2), "stride": one_or_two(d, 1, 3)}
    return one_or_two(d, 1, 3), options


def unfolded(d):
    kernel, options = columns(d)
    lead = (d.integer(0, 2),) if d.boolean() else ()
    return (d.array((*lead, d.integer(1, 2), d.integer(5, 7), d.integer(5, 7))), kernel), options


def folded(d):
    kernel, options = columns(d)
    pair = lambda value: np.broadcast_to(value, 2)
    size = d.integer(5, 7), d.integer(5, 7)
    k, e, p, s = pair(kernel), *map(pair, options.values())
    windows = (np.array(size) + 2 * p - e * (k - 1) - 1) // s + 1
    lead = (d.integer(0, 2),) if d.boolean() else ()
    return (d.array((*lead, d.integer(1, 2) * int(k.prod()), int(windows.prod()))), size, kernel), options


row(F + "unfold", unfolded, dtypes=FLOATS, node="Im2ColBackward0", errors=(
    refused("unfold", PLANE, (5, 5)), refused("unfold", PLANE, 0), refused("unfold", PLANE, 2, dilation=0),
    refused("unfold", PLANE, 2, stride=0), refused("unfold", PLANE, 2, padding=-1),
    refused("unfold", PLANE, (2, 2, 2)), refused("unfold", PLANE, 2, (1, 1, 1)),
    refused("unfold", PLANE, 2, padding=(1, 1, 1)), refused("unfold", PLANE, 2, stride=(1, 1, 1)),
    refused("unfold", (1, 0, 4, 4), 2), refused("unfold", VOLUME, 2), refused("unfold", PLANE, 2, dtype="int32")))
row(F + "fold", folded, dtypes=FLOATS, node="Col2ImBackward0", errors=(
    refused("fold", (9,), 4, 2), refused("fold", (1, 7, 9), 4, 2), refused("fold", (7, 9), 4, 2),
    refused("fold", (1, 8, 8), 4, 2), refused("fold", (1, 8, 9), (4, 4, 4), 2), refused("fold", (1, 8, 9), 4, (2, 2,
        2)),
    refused("fold", (1, 8, 9), 1, 2), refused("fold", (1, 8, 9), 4, 0), refused("fold", (1, 8, 9), 4, 2, stride=0),
    refused("fold", (1, 0, 9), 4, 2), refused("fold", (1, 8, 9), 4, 2, dtype="int32")))
