"""Rows of ops/forms.py, grid.py, embedding_bag.py, and of what was added to ops/distance.py."""

import numpy as np
from samples import row

FLOATS = ("float32", "float64")
OWN = {"same_node": False}  # a composition: the last node is another than torch's

# ---------------------------------------------------------------- distance.py

row("dist", lambda d: ((d.array((3, 4)), d.array(d.choice((3, 4), (4,))), d.choice(2, 1, 3)), {}), dtypes=FLOATS,
    method=True, second=False, **OWN,
    errors=(lambda t: t.dist(t.ones(2), t.ones(3)),))
row("cdist", lambda d: ((d.array((*(b := d.choice((), (2,))), 3, 4)), d.array((*b, 2, 4)), d.choice(2.0, 1.0, 3.0)),
    {}),
    dtypes=FLOATS, second=False, **OWN, rtol={"float32": 1e-4}, atol={"float32": 1e-4}, errors=(
        lambda t: t.cdist(t.ones(2, 3), t.ones(2, 4)), lambda t: t.cdist(t.ones(3), t.ones(2, 3)),
        lambda t: t.cdist(t.ones(2, 3), t.ones(2, 3), p=-1)))
row("nn.functional.pdist", lambda d: ((d.array((d.integer(2, 5), 3)), d.choice(2.0, 1.0, 3.0)), {}), dtypes=FLOATS,
    second=False,
    **OWN, errors=(lambda t: t.pdist(t.ones(3)), lambda t: t.pdist(t.ones(3, 2), -1)))

# ---------------------------------------------------------------- grid.py


def affine(d):
    three = d.boolean()
    n = 3 if three else 2
    size = (2, 1, *(d.integer(1, 3) for _ in range(n)))
    return (d.array((2, n, n + 1)), size), {"align_corners": d.boolean()}


row("nn.functional.affine_grid", affine, dtypes=FLOATS, second=False, **OWN, errors=(
    lambda t: t.nn.functional.affine_grid(t.rand(1, 2, 2), (1, 1, 2, 3)),
    lambda t: t.nn.functional.affine_grid(t.rand(1, 2, 3), (1, 2, 3)),
    lambda t: t.nn.functional.affine_grid(t.ones(1, 2, 3, dtype=t.int64), (1, 1, 2, 3))))


def sampled(modes, three=False):
    def draw(d):
        n = 3 if three else 2
        sides = tuple(d.integer(2, 4) for _ in range(n))
        # places away from the pixels and their middles, where the slope jumps
        place = (d.array((2, *(2,) * n, n), -3, 6).round() + d.array((2, *(2,) * n, n), 0.1, 0.4)) / 4 - 0.6
        return (d.array((2, 2, *sides)), np.asarray(place, d.dtype), d.choice(*modes),
            d.choice("zeros", "border", "reflection")), {
            "align_corners": d.boolean()}

    return draw


_errors = (
    lambda t: t.nn.functional.grid_sample(t.ones(1, 2, 3, 4), t.ones(1, 2, 2, 3), align_corners=False),
    lambda t: t.nn.functional.grid_sample(t.ones(1, 2, 3, 4), t.ones(2, 2, 2, 2), align_corners=False),
    lambda t: t.nn.functional.grid_sample(t.ones(1, 2, 3, 4), t.ones(1, 2, 2, 2), mode="x"),
    lambda t: t.nn.functional.grid_sample(t.ones(1, 2, 3, 4), t.ones(1, 2, 2, 2), padding_mode="x"))
SMOOTH = {"rtol": {"float32": 2e-4}, "atol": {"float32": 2e-4}}
row("nn.functional.grid_sample", sampled(("bilinear", "nearest")), dtypes=FLOATS, grad=(0,), second=False,
    errors=_errors, id="large",
    **OWN, **SMOOTH)
row("nn.functional.grid_sample", sampled(("bilinear",)), dtypes=FLOATS, second=False, id="large, places", **OWN,
    **SMOOTH)
row("nn.functional.grid_sample", sampled(("bicubic",)), dtypes=FLOATS, grad=(0,), second=False, id="large, bicubic",
    **OWN, **SMOOTH)
row("nn.functional.grid_sample", sampled(("bilinear", "nearest"), True), dtypes=FLOATS, grad=(0,), second=False,
    id="large, 3D", **OWN,
    **SMOOTH)

# ---------------------------------------------------------------- embedding_bag.py


def bags(mode):
    def draw(d):
        weight = d.array((5, 3), distinct=True)
        if d.boolean():
            return (d.array((2, d.integer(1, 3)), 0, 4, dtype="int64"), weight), {"mode": mode}
        n = d.integer(1, 6)
        offsets = np.sort(d.array((d.integer(1, 3),), 0, n, dtype="int64"))
        offsets[0] = 0
        return (d.array((n,), 0, 4, dtype="int64"), weight, offsets), {"mode": mode,
            "padding_idx": d.choice(None, 1, -1)}

    return draw


for _mode in ("sum", "mean", "max"):
    row("nn.functional.embedding_bag", bags(_mode), dtypes=FLOATS, grad=(1,), second=False, id=_mode, **OWN, errors=(
        lambda t: t.nn.functional.embedding_bag(t.tensor([1]), t.ones(3, 2)),
        lambda t: t.nn.functional.embedding_bag(t.tensor([1]), t.ones(3, 2), t.tensor([0]), mode="x"),
        lambda t: t.nn.functional.embedding_bag(t.tensor([[1]]), t.ones(3, 2), t.tensor([0]))))
row("nn.functional.embedding_bag", lambda d: ((d.array((6,), 0, 4, dtype="int64"), d.array((5, 3)),
    np.array([0, 2, 6])), {
    "mode": "sum", "per_sample_weights": d.array((6,)), "include_last_offset": d.boolean()}), dtypes=FLOATS,
    grad=(1, "per_sample_weights"), second=False, id="weights", **OWN)

# ---------------------------------------------------------------- forms.py


def numbered(name, draw, **facts):
    row(name, lambda d: (draw(d), {"reduction": d.choice(0, 1, 2)}), dtypes=FLOATS, **OWN, **facts)


def signs(d, n):
    return np.where(d.array((n,)) > 0, 1, -1).astype(d.dtype)


numbered("binary_cross_entropy_with_logits", lambda d: (d.array((3, 2)), d.array((3, 2), 0, 1)))
numbered("kl_div", lambda d: (d.array((3, 2)), d.array((3, 2), 0.1, 1)))
numbered("poisson_nll_loss", lambda d: (d.array((3,)), d.array((3,), 0.1, 3), True, False, 1e-8), grad=(0,))
numbered("cosine_embedding_loss", lambda d: (d.array((3, 4)), d.array((3, 4)), signs(d, 3)), grad=(0, 1), second=False)
numbered("hinge_embedding_loss", lambda d: (d.away_from((1,), (4,)), signs(d, 4)), grad=(0,))
numbered("margin_ranking_loss", lambda d: (d.array((4,), 1, 2), d.array((4,), -1, 0), signs(d, 4)), grad=(0, 1))
numbered("triplet_margin_loss", lambda d: (d.array((3, 4)), d.array((3, 4)), d.array((3, 4))), second=False, id="ties")
row("ctc_loss", lambda d: ((np.log(np.full((5, 1, 4), 0.25)).astype(d.dtype) + d.array((5, 1, 4), -0.1, 0.1),
    np.array([[1, 2]]),
                            np.array([5]), np.array([2]), 0, d.choice(0, 1, 2)), {}), dtypes=FLOATS, grad=(0,),
                                second=False, **OWN)
for _name in ("dropout", "alpha_dropout", "feature_alpha_dropout"):
    row(_name, lambda d: ((d.array((2, 3)), 0.5, False), {}), dtypes=FLOATS, second=False, **OWN)
row("embedding", lambda d: ((d.array((5, 3)), d.array((4,), 0, 4, dtype="int64"), d.choice(-1, 2)), {}),
    dtypes=FLOATS, id="padding",
    grad=(0,), node="EmbeddingBackward0")
row("batch_norm", lambda d: ((d.array((3, 2, 4)), d.array((2,)), d.array((2,)), d.array((2,)), d.array((2,), 0.5, 2),
    False, 0.1, 1e-5,
                              False), {}), dtypes=FLOATS, grad=(0, 1, 2), second=False, **OWN)
row("detach", lambda d: ((d.array(d.shape()),), {}), dtypes=FLOATS, grad=())
row("Tensor.sum_to_size", lambda d: ((d.array((2, 3, 4)), d.choice((3, 4), (1, 3, 1), (2, 3, 4), (4,), ())), {}),
    dtypes=FLOATS, **OWN,
    errors=(lambda t: t.ones(2, 3).sum_to_size(9),))

# ---------------------------------------------------------------- complex.py, of real numbers; others: test_complex.py

row("angle", lambda d: ((d.away_from((0,), d.shape()),), {}), dtypes=(*FLOATS, "int64"), node="AngleBackward0",
    method=True,
    second=False)
for _name in ("real", "conj", "resolve_conj", "resolve_neg"):
    row(_name, lambda d: ((d.array(d.shape()),), {}), dtypes=(*FLOATS, "int64"), **OWN)
row("conj_physical", lambda d: ((d.array(d.shape()),), {}), dtypes=(*FLOATS, "int64"), method=True, in_place=True,
    **OWN)
