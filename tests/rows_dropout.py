"""Rows for ops/dropout.py: what it does without drawing. Its random masks are compared in test_dropout.py."""

from samples import row

F = "nn.functional."


def refuses(name):
    return (lambda t: getattr(t.nn.functional, name)(t.ones(2, 3), 1.5, True),
            lambda t: getattr(t.nn.functional, name)(t.ones(2, 3), -0.5, False))


SHAPES = {"dropout2d": (2, 3, 4, 4), "dropout3d": (2, 3, 2, 2, 2)}
for name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"):
    shape = SHAPES.get(name, (2, 3, 4))
    row(F + name, lambda d, shape=shape: ((d.array(shape),), {"p": d.choice(0.0, 0.5, 1.0), "training": False}),
        errors=refuses(name))
    row(F + name, lambda d, shape=shape: ((d.array(shape),), {"p": d.choice(0.0, 1.0), "training": True}),
        id="p 0 and 1")
row(F + "dropout", lambda d: ((d.array((2, 0)),), {"p": 0.5}), id="nothing", errors=(
    lambda t: t.nn.functional.dropout(t.arange(3)),
    lambda t: t.nn.functional.dropout1d(t.ones(3)),
))
