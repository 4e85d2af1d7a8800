"""Rows of ops/window.py and ops/facts.py."""

from samples import row

SIGNAL = "signal.windows."
FLOATS = ("float32", "float64")


def length(**options):
    return lambda d: ((d.integer(0, 9),), {"sym": d.boolean(), "dtype": d.dtype, **{
        k: d.choice(*v) for k, v in options.items()}})


def refused(name):
    f = lambda t: getattr(t.signal.windows, name)
    more = {"a": [0.5, 0.5]} if name == "general_cosine" else {}
    return (lambda t: f(t)(-1, **more), lambda t: f(t)(3, dtype=t.int64, **more),
            lambda t: f(t)(3, dtype=t.float16, **more))


for _name, _options in {"bartlett": {}, "blackman": {}, "cosine": {}, "exponential": {"tau": (1.0, 2.5)},
                        "gaussian": {"std": (1.0, 0.7)}, "general_cosine": {"a": ([0.5, 0.3, 0.2], (0.6, 0.4))},
                        "general_hamming": {"alpha": (0.54, 0.7)}, "hamming": {}, "hann": {},
                        "kaiser": {"beta": (12.0, 3.0, 0.0)},
                        "nuttall": {}}.items():
    row(SIGNAL + _name, length(**_options), dtypes=FLOATS, grad=(), errors=refused(_name), rtol={"float32": 2e-5})
row(SIGNAL + "exponential", lambda d: ((5,), {"sym": False, "center": d.choice(1.0, 3.5)}), grad=(), id="center",
    errors=(
    lambda t: t.signal.windows.exponential(5, center=1.0), lambda t: t.signal.windows.exponential(5, tau=-1),
    lambda t: t.signal.windows.gaussian(5, std=0), lambda t: t.signal.windows.general_cosine(5, a=[]),
    lambda t: t.signal.windows.general_cosine(5, a=3), lambda t: t.signal.windows.kaiser(5, beta=-1)))
for _name in ("bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"):
    row(_name, lambda d: ((d.integer(0, 9), d.boolean()), {"dtype": d.dtype}), dtypes=FLOATS, grad=(),
        rtol={"float32": 2e-5},
        errors=(lambda t, f=_name: getattr(t, f)(-1),))

row("broadcast_shapes", lambda d: (((2, 1), (3,), 1), {}), grad=(), errors=(lambda t: t.broadcast_shapes((2,), (3,)),))
for _name in ("is_same_size",):
    row(_name, lambda d: ((d.array(d.shape(0, 1)), d.array(d.shape(0, 1))), {}), grad=(), method=False)
for _name in ("is_signed", "is_conj", "is_neg", "is_distributed", "is_inference", "get_device"):
    row(_name, lambda d: ((d.array(d.shape()),), {}), dtypes=(*FLOATS, "uint8", "bool"), grad=())
row("is_nonzero", lambda d: ((d.array((1,) * d.integer(0, 2)),), {}), dtypes=(*FLOATS, "bool"), grad=(),
    errors=(lambda t: t.is_nonzero(t.ones(2)), lambda t: t.is_nonzero(t.ones(0))))
