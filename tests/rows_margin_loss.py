"""Rows for ops/margin_loss.py and ops/distance.py."""

import numpy as np
from samples import row

F = "nn.functional."


def reduction(d):
    return {"reduction": d.choice("none", "mean", "sum")}


def signs(d, shape):
    return d.rng.choice([-1.0, 1.0], shape).astype(d.dtype)


def called(name, *shapes, **options):
    return lambda t: getattr(t.nn.functional, name)(*[t.ones(shape) for shape in shapes], **options)


# ---------------------------------------------------------------- distances


def vectors(d, least=1):
    shape = d.shape(least, 3, zero=False)
    return d.array(shape, 0.2, 2), d.array(shape[d.integer(0, len(shape) - 1):], -2, -0.2)


row("cosine_similarity", lambda d: (vectors(d), {"dim": d.choice(0, -1)}), node="SumBackward1", errors=(
    called("cosine_similarity", (2, 3), (2,)), called("cosine_similarity", (3,), (3,)),
    lambda t: t.nn.functional.cosine_similarity(t.arange(3), t.arange(3), 0)))
row("cosine_similarity", lambda d: ((d.array((2, 3)), d.array((2, 3))), {"eps": 2.5}), node="SumBackward1",
    id="bounded")
row("pairwise_distance", lambda d: (vectors(d), {"keepdim": d.boolean()}), node="NormBackward1",
    errors=(called("pairwise_distance", (2, 3), (2,)),))
row("pairwise_distance", lambda d: ((d.array((2, 3), 0, 2), d.array((2, 3), -2, -0.1)),
                                    {"p": d.choice(1, 3, 1.5, float("inf")), "eps": 1e-3}), second=False, id="p")

# ---------------------------------------------------------------- pairs


def ranked(d):
    shape = d.shape(zero=False)
    x = d.array(shape)
    return (x, np.asarray(x + d.away_from((-0.3, 0.3), shape), d.dtype), signs(d, shape)), {
        **reduction(d), "margin": 0.3}


row("nn.functional.margin_ranking_loss", ranked, grad=(0, 1), errors=(
    called("margin_ranking_loss", (2,), (2,), (2, 1)), called("margin_ranking_loss", (2,), (2,), (2,),
        reduction="all")))
row("nn.functional.hinge_embedding_loss", lambda d: ((d.away_from((1,), (3, 4)), d.rng.choice([-1.0, 0.0, 1.0], (3, 4))
                                                      .astype(d.dtype)), reduction(d)), grad=(0,),
    errors=(called("hinge_embedding_loss", (2, 3), (2, 3), reduction="all"),))
row(F + "hinge_embedding_loss", lambda d: ((d.array((3, 4), 0, 1.9), signs(d, (4,))), {"margin": 2.0}), grad=(0,),
    node="MeanBackward0", id="margin")


def alike(d):
    lead = d.choice((), (3,))
    return (d.array((*lead, 4), 0.2, 2), d.array((*lead, 4), 0.2, 2), signs(d, lead)), {**reduction(d), "margin": -0.5}


row(F + "cosine_embedding_loss", alike, grad=(0, 1), errors=(
    called("cosine_embedding_loss", (2,), (2,), (2,)), called("cosine_embedding_loss", (2, 3), (2, 3), ()),
    called("cosine_embedding_loss", (2, 3), (2, 3), (2, 3)), called("cosine_embedding_loss", (2, 3), (2, 4), (2,))))


def triplets(d):
    lead = d.choice((), (3,), (2, 3))
    return tuple(d.array((*lead, 4)) for _ in range(3)), {**reduction(d), "margin": 9.0, "swap": d.boolean()}


row(F + "triplet_margin_loss", triplets, errors=(
    called("triplet_margin_loss", (2, 3), (2, 3), (3,)), called("triplet_margin_loss", (2, 3), (2, 3), (2, 3),
        margin=0),
    called("triplet_margin_loss", (2, 3), (2, 3), (2, 3), reduction="all")))
row(F + "triplet_margin_loss", lambda d: (triplets(d)[0], {"p": d.choice(1, 3), "eps": 0.01, "margin": 20.0}),
    second=False, id="p")
row(F + "triplet_margin_with_distance_loss", triplets, errors=(
    called("triplet_margin_with_distance_loss", (2, 3), (2, 3), (3,)),
    called("triplet_margin_with_distance_loss", (2, 3), (2, 3), (2, 3), margin=-1),
    called("triplet_margin_with_distance_loss", (2, 3), (2, 3), (2, 3), reduction="all")))
row(F + "triplet_margin_with_distance_loss", lambda d: (triplets(d)[0], {
    "distance_function": lambda a, b: (a - b).abs().sum(-1), "margin": 20.0}), second=False, id="distance")

# ---------------------------------------------------------------- logistic margins

row(F + "soft_margin_loss", lambda d: ((d.array((2, 3), -4, 4), signs(d, (2, 3))), reduction(d)), grad=(0,),
    node="SoftMarginLossBackward0", errors=(
        called("soft_margin_loss", (2, 3), (4,)), called("soft_margin_loss", (2, 3), (2, 3), reduction="all"),
        lambda t: t.nn.functional.soft_margin_loss(t.arange(3), t.arange(3)),
        lambda t: t.nn.functional.soft_margin_loss(t.ones(3), t.ones(3, requires_grad=True))))
row(F + "soft_margin_loss", lambda d: ((d.array((2, 3)), d.array((3,))), {}), grad=(0,),
    node="SoftMarginLossBackward0", id="broadcast")


def labels(d):
    shape = d.choice((4,), (3, 4), (2, 3, 4))
    options = {"weight": d.array((4,), 0.5, 1.5)} if d.boolean() else {}
    return (d.array(shape), (d.array(shape, 0, 1) > 0.5).astype(d.dtype)), {**reduction(d), **options}


row(F + "multilabel_soft_margin_loss", labels, grad=(0,), errors=(
    called("multilabel_soft_margin_loss", (2, 3), (2, 3), reduction="all"),
    called("multilabel_soft_margin_loss", (), ())))

# ---------------------------------------------------------------- a class against all others


def one_class(d):
    shape = d.choice((4,), (3, 4), (), (1, 1))
    count, classes = shape[0] if len(shape) > 1 else 1, (*shape, 1)[min(len(shape), 2) - 1] if shape else 1
    options = {"weight": d.array((classes,), 0.5, 1.5)} if d.boolean() else {}
    target = d.rng.integers(0, classes, (count,) if len(shape) > 1 or d.boolean() else ())
    return (d.array(shape, -2, 2, distinct=True), np.asarray(target)), {
        **reduction(d), **options, "p": d.choice(1, 2), "margin": d.choice(1.0, 0.503)}


def classed(target, shape=(2, 3), name="multi_margin_loss", **options):
    return lambda t: getattr(t.nn.functional, name)(t.ones(shape), t.tensor(target), **options)


row(F + "multi_margin_loss", one_class, grad=(0,), second=False, node="MultiMarginLossBackward0", errors=(
    classed([0, 3]), classed([0, -1]), classed([0]), classed([0, 1], (3,)), classed([0, 1], p=3), classed([0.0, 1.0]),
    classed([0, 1], (2, 3, 3)), classed([[0], [1]]),
    lambda t: t.nn.functional.multi_margin_loss(t.ones(2, 3).long(), t.tensor([0, 1])),
    lambda t: t.nn.functional.multi_margin_loss(t.ones(2, 3), t.tensor([0, 1]), weight=t.ones(2)),
    lambda t: t.nn.functional.multi_margin_loss(t.ones(2, 3), t.tensor([0, 1]), weight=t.ones(2, 3)),
    lambda t: t.nn.functional.multi_margin_loss(t.ones(2, 3), t.tensor([0, 1]), weight=t.ones(3, requires_grad=True))))


def several_classes(d):
    lead, classes = d.choice((), (3,)), d.integer(1, 5)
    target = d.rng.permuted(np.tile(np.arange(classes), (*lead, 1)), axis=-1)
    target[d.rng.random(target.shape) < 0.3] = -1
    return (d.array((*lead, classes), -2, 2, distinct=True), target), reduction(d)


row(F + "multilabel_margin_loss", several_classes, grad=(0,), second=False, node="MultilabelMarginLossBackward0",
    errors=(classed([[1, -1]] * 2, name="multilabel_margin_loss"), classed([[1.0, 0, 2]] * 2,
        name="multilabel_margin_loss"),
            classed([[1, 3, -1]] * 2, name="multilabel_margin_loss"),
            classed([[1, -2, -1]] * 2, name="multilabel_margin_loss"),
            lambda t: t.nn.functional.multilabel_margin_loss(t.ones(2, 3, 3), t.ones(2, 3, 3).long()),
            lambda t: t.nn.functional.multilabel_margin_loss(t.ones(2, 3).long(), t.ones(2, 3).long())))
