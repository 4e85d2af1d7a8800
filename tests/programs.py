"""Programs of views, in-place writes and other operations, drawn at random and run under both libraries.

A program is a list of steps on a growing pool of tensors. Each step picks an operation from one of three tables and
two tensors from the pool; refused steps are part of what is compared. At the end the pool is differentiated.

    python tests/programs.py 2000       run so many, and print how often each operation was hit
"""

from __future__ import annotations

import re
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))

import minitorch


class Table(dict):
    """Operations by name; used as a decorator it adds one."""

    def __call__(self, function):
        self[function.__name__] = function
        return function

    def of(self, **functions) -> None:
        self.update(functions)


VIEWS, WRITES, OPS = Table(), Table(), Table()


def rows(x):
    """A one-dimensional index into x's first dimension, with a repetition."""
    if not x.shape[0]:
        raise IndexError("no rows")
    return [0, x.shape[0] - 1, 0]


# ---------------------------------------------------------------- views: f(library, x, y)

VIEWS.of(
    first=lambda t, x, y: x[0],
    last_rows=lambda t, x, y: x[..., 1:],
    every_second=lambda t, x, y: x[::2],
    new_axis=lambda t, x, y: x[:, None],
    ellipsis=lambda t, x, y: x[...],
    several_indices=lambda t, x, y: x[1:, 0],
    transpose=lambda t, x, y: x.transpose(0, -1),
    t=lambda t, x, y: x.t(),
    mT=lambda t, x, y: x.mT,
    permute=lambda t, x, y: x.permute(list(range(x.ndim - 1, -1, -1))),
    movedim=lambda t, x, y: x.movedim(0, -1),
    swapaxes=lambda t, x, y: x.swapaxes(0, 1),
    view=lambda t, x, y: x.view(-1),
    view_as=lambda t, x, y: x.view_as(y),
    reshape=lambda t, x, y: x.reshape(-1, 3),
    flatten=lambda t, x, y: x.flatten(),
    ravel=lambda t, x, y: x.ravel(),
    unflatten=lambda t, x, y: x.unsqueeze(0).unflatten(0, (1, -1)),
    squeeze=lambda t, x, y: x.squeeze(),
    squeeze_dim=lambda t, x, y: x.squeeze(0),
    unsqueeze=lambda t, x, y: x.unsqueeze(-1),
    expand=lambda t, x, y: x.expand(2, *x.shape),
    expand_as=lambda t, x, y: x.expand_as(y),
    narrow=lambda t, x, y: x.narrow(0, 0, 1),
    select=lambda t, x, y: x.select(-1, 1),
    diagonal=lambda t, x, y: x.diagonal(),
    unfold=lambda t, x, y: x.unfold(-1, 2, 1),
    as_strided=lambda t, x, y: x.as_strided((2, 2), (1, 2)),
    as_strided_from=lambda t, x, y: x.as_strided((3,), (1,), 1),
    unbind=lambda t, x, y: x.unbind(0)[-1],
    split=lambda t, x, y: x.split(1)[0],
    chunk=lambda t, x, y: x.chunk(2, -1)[-1],
    tensor_split=lambda t, x, y: x.tensor_split(2)[0],
    detach=lambda t, x, y: x.detach(),
    data=lambda t, x, y: x.data,
    contiguous=lambda t, x, y: x.contiguous(),
)

# ---------------------------------------------------------------- writes: f(library, x, y), into x

WRITES.of(
    add_=lambda t, x, y: x.add_(y),
    add_alpha_=lambda t, x, y: x.add_(y, alpha=0.5),
    sub_=lambda t, x, y: x.sub_(y * 0.5),
    mul_=lambda t, x, y: x.mul_(y),
    div_=lambda t, x, y: x.div_(y * y + 1),
    copy_=lambda t, x, y: x.copy_(y),
    zero_=lambda t, x, y: x.zero_(),
    fill_=lambda t, x, y: x.fill_(0.5),
    fill_tensor_=lambda t, x, y: x.fill_(y.mean()),
    neg_=lambda t, x, y: x.neg_(),
    abs_=lambda t, x, y: x.abs_(),
    tanh_=lambda t, x, y: x.tanh_(),
    sigmoid_=lambda t, x, y: x.sigmoid_(),
    sin_=lambda t, x, y: x.sin_(),
    cos_=lambda t, x, y: x.cos_(),
    atan_=lambda t, x, y: x.atan_(),
    square_=lambda t, x, y: x.square_(),
    relu_=lambda t, x, y: x.relu_(),
    leaky_relu_=lambda t, x, y: t.nn.functional.leaky_relu_(x),
    clamp_=lambda t, x, y: x.clamp_(-0.4, 0.6),
    pow_=lambda t, x, y: x.pow_(2),
    round_=lambda t, x, y: x.round_(),
    lerp_=lambda t, x, y: x.lerp_(y, 0.3),
    addcmul_=lambda t, x, y: x.addcmul_(y, y, value=0.5),
    addcdiv_=lambda t, x, y: x.addcdiv_(y, y * y + 1),
    augmented=lambda t, x, y: x.__iadd__(y),
    masked_fill_=lambda t, x, y: x.masked_fill_(x.detach() > 0.1, 0.25),
    masked_scatter_=lambda t, x, y: x.masked_scatter_(x.detach() > 0.1, y.reshape(-1).repeat(8)),
    index_fill_=lambda t, x, y: x.index_fill_(0, t.tensor(rows(x)), 0.75),
    index_add_=lambda t, x, y: x.index_add_(0, t.tensor(rows(x)), t.stack([y, y * 2, y * 3])),
    index_copy_=lambda t, x, y: x.index_copy_(0, t.tensor(rows(x)[:1]), y[None]),
    index_put_=lambda t, x, y: x.index_put_((t.tensor(rows(x)[:2]),), y.mean()),
    index_put_add_=lambda t, x, y: x.index_put_((t.tensor(rows(x)),), y.sum(), accumulate=True),
    scatter_=lambda t, x, y: x.scatter_(0, t.zeros(y[:1].shape, dtype=t.int64), y[:1]),
    scatter_add_=lambda t, x, y: x.scatter_add_(0, t.zeros(y[:1].shape, dtype=t.int64), y[:1]),
    set_row=lambda t, x, y: x.__setitem__(0, y.sum()),
    set_column=lambda t, x, y: x.__setitem__((Ellipsis, 0), 0.1),
    set_slice=lambda t, x, y: x.__setitem__(slice(1, None), y[1:]),
    set_mask=lambda t, x, y: x.__setitem__(x.detach() > 0.2, 0.2),
    set_all=lambda t, x, y: x.__setitem__(Ellipsis, y),
    tril_=lambda t, x, y: x.tril_(),
    cumsum_=lambda t, x, y: x.cumsum_(0),
    fill_diagonal_=lambda t, x, y: x.fill_diagonal_(0.3),
    t_=lambda t, x, y: x.t_(),
    transpose_=lambda t, x, y: x.transpose_(0, -1),
    squeeze_=lambda t, x, y: x.squeeze_(),
    unsqueeze_=lambda t, x, y: x.unsqueeze_(0),
    requires_grad_=lambda t, x, y: x.requires_grad_(),
    out_of_mul=lambda t, x, y: t.mul(x.clone(), 0.5, out=x),
    through_data=lambda t, x, y: x.data.mul_(0.5),
    through_detach=lambda t, x, y: x.detach().add_(0.25),
)

# ---------------------------------------------------------------- others: f(library, x, y)

OPS.of(
    add=lambda t, x, y: x + y,
    sub=lambda t, x, y: x - y,
    mul=lambda t, x, y: x * y * 0.5,
    div=lambda t, x, y: x / (y * y + 1),
    rsub=lambda t, x, y: 1 - x,
    maximum=lambda t, x, y: t.maximum(x, y),
    where=lambda t, x, y: t.where(x > 0, x, y),
    neg=lambda t, x, y: -x,
    abs=lambda t, x, y: x.abs(),
    tanh=lambda t, x, y: x.tanh(),
    sigmoid=lambda t, x, y: x.sigmoid(),
    exp=lambda t, x, y: x.tanh().exp(),
    log1p=lambda t, x, y: (x * x).log1p(),
    sqrt=lambda t, x, y: (x * x + 1).sqrt(),
    sin=lambda t, x, y: x.sin(),
    cos=lambda t, x, y: x.cos(),
    pow=lambda t, x, y: x.clamp(-2, 2) ** 2,
    relu=lambda t, x, y: x.relu(),
    softplus=lambda t, x, y: t.nn.functional.softplus(x),
    leaky_relu=lambda t, x, y: t.nn.functional.leaky_relu(x),
    gelu=lambda t, x, y: t.nn.functional.gelu(x),
    softmax=lambda t, x, y: x.softmax(-1),
    log_softmax=lambda t, x, y: x.log_softmax(0),
    logsumexp=lambda t, x, y: x.logsumexp(-1),
    sum=lambda t, x, y: x.sum(),
    sum_dim=lambda t, x, y: x.sum(0, keepdim=True),
    mean=lambda t, x, y: x.mean(-1),
    var=lambda t, x, y: x.var(-1, unbiased=False),
    prod=lambda t, x, y: x.tanh().prod(),
    amax=lambda t, x, y: x.amax(0),
    max_dim=lambda t, x, y: x.max(0).values,
    norm=lambda t, x, y: (x * x + 1).norm(),
    cumsum=lambda t, x, y: x.cumsum(-1),
    sort=lambda t, x, y: x.sort(dim=-1, stable=True).values,
    clone=lambda t, x, y: x.clone(),
    lerp=lambda t, x, y: t.lerp(x, y, 0.25),
    addcmul=lambda t, x, y: t.addcmul(x, y, y, value=0.1),
    clamp=lambda t, x, y: x.clamp(-0.5, 0.5),
    masked_fill=lambda t, x, y: x.masked_fill(x > 0.3, 0.1),
    masked_select=lambda t, x, y: x.clone().masked_select(x < 0.3),
    index_select=lambda t, x, y: x.index_select(0, t.tensor(rows(x))),
    gather=lambda t, x, y: x.clone().gather(-1, t.zeros(x.shape, dtype=t.int64)),
    take_rows=lambda t, x, y: x[t.tensor(rows(x))],
    mask=lambda t, x, y: x[x > 0],
    flip=lambda t, x, y: x.flip(0),
    roll=lambda t, x, y: x.roll(1, 0),
    repeat=lambda t, x, y: x.repeat(2, *[1] * (x.ndim - 1)),
    tril=lambda t, x, y: x.tril(),
    pad=lambda t, x, y: t.nn.functional.pad(x, (1, 0)),
    cat=lambda t, x, y: t.cat([x, y], -1),
    stack=lambda t, x, y: t.stack([x, y]),
    matmul=lambda t, x, y: x.flatten(0, -2) @ y.flatten(0, -2).mT * 0.5,
    outer=lambda t, x, y: t.outer(x.reshape(-1)[:3], y.reshape(-1)[:3]),
    einsum=lambda t, x, y: t.einsum("...i,...i->...", x, y).clone(memory_format=t.contiguous_format),
    linear=lambda t, x, y: t.nn.functional.linear(x.flatten(0, -2), y.flatten(0, -2)),
    layer_norm=lambda t, x, y: t.nn.functional.layer_norm(x.clone(), x.shape[-1:], eps=0.1),
    round=lambda t, x, y: x.round(),
    compare=lambda t, x, y: (x > y).double(),
)
TABLES = {"view": VIEWS, "write": WRITES, "op": OPS}
# writes that torch refuses if an element was expanded; and those whose history would not fit if nobody recorded them
REFUSED_IF_EXPANDED = {"add_", "sub_", "mul_", "div_", "tanh_", "sin_", "square_", "clamp_", "lerp_", "addcmul_"}
SHAPE_CHANGES = {"t_", "transpose_", "squeeze_", "unsqueeze_"}
TOO_BIG = 300  # elements: a tensor that has grown so far is left out of further growth

# ---------------------------------------------------------------- a program


def steps(least: int = 5, most: int = 30):
    """Draws a list of (table, name, first operand, second operand, whether nobody records)."""
    names = {kind: st.sampled_from(sorted(table)) for kind, table in TABLES.items()}
    at, quiet = st.integers(0, 11), st.sampled_from([False] * 9 + [True])
    step = st.one_of(*[st.tuples(st.just(kind), name, at, at, quiet) for kind, name in names.items()])
    return st.integers(least, most).flatmap(lambda n: st.lists(step, min_size=n, max_size=n))


def overlaps_itself(x) -> bool:
    """Whether two elements of x share memory: what a write then gives is undefined, unless it is refused."""
    at = np.zeros(1, int)
    for n, step in zip(x.shape, x.stride()):
        at = (at[:, None] + step * np.arange(n)).reshape(-1)
    return len(set(at)) < len(at)


def told(error: Exception) -> str:
    """Its type and sentence, without what a node is called and saves, which is compared elsewhere."""
    sentence = re.sub(r"\[torch\.DoubleTensor \[.*?\]\](, which is output \d+ of [\w:]+,)?", "",
                      str(error).replace("minitorch", "torch"))
    sentence = re.sub(r"is at version .* instead", "", sentence)  # of several changed tensors, any may be told
    return f"{type(error).__name__}: {sentence}"


def facts(x, pool) -> tuple:
    base = x._base
    try:
        node = None if x.grad_fn is None else type(x.grad_fn).__name__
    except RuntimeError as error:  # a view whose history was lost
        return told(error), x._version, x.requires_grad
    steps = [s for s, n in zip(x.stride(), x.shape) if n > 1]  # the others say nothing
    lies = (steps, x.storage_offset()) if x.numel() and x._is_view() else None
    return (tuple(x.shape), lies, x._version,
            x.requires_grad, x.is_leaf, node, x._is_view(), None if base is None else base._version)


def run(t, program, hits: Counter | None = None) -> tuple:
    """(log of refusals, facts of each tensor, values, gradients) under library `t`."""
    x = t.tensor([[-0.83, -0.41, 0.13], [0.22, 0.59, 0.97]], dtype=t.float64, requires_grad=True)  # nothing cancels
    w = t.tensor([0.17, 0.31, 0.62], dtype=t.float64, requires_grad=True)
    pool, log = [x, w, x * 1, w * x, t.full((2, 3), 0.45, dtype=t.float64)], []
    for kind, name, first, second, quiet in program:
        # mostly the newest tensors
        a, b = pool[-1 - first % len(pool)], pool[-1 - second % len(pool)]
        try:
            _ = a.grad_fn, b.grad_fn  # a view whose history was lost is refused before anything else is looked at
            if kind == "write" and overlaps_itself(a) and not (name in REFUSED_IF_EXPANDED and 0 in a.stride()):
                continue
            if kind == "write" and (b is not a or re.search("index|scatter|set", name)):
                b = b.clone() if np.may_share_memory(a.detach().numpy(), b.detach().numpy()) else b
            with t.set_grad_enabled(not quiet or name in SHAPE_CHANGES):
                result = TABLES[kind][name](t, a, b)
                if kind == "op" and not (a.is_contiguous() and b.is_contiguous()):
                    result = result.clone(memory_format=t.contiguous_format)  # how results lie in memory is open
            if kind != "write" and result.numel() <= TOO_BIG:
                pool.append(result)
            if hits is not None:
                hits[kind, name] += 1
        except (RuntimeError, IndexError, ValueError) as error:
            log.append((name, told(error)))
    try:
        total = sum([(p * p).sum() for p in pool if p.requires_grad])
        gradients = t.autograd.grad(total, [x, w], allow_unused=True, create_graph=True)
        values = [None if g is None else g.detach().numpy() for g in gradients]
        again = sum([(g * g).sum() for g in gradients if g is not None and g.requires_grad])
        if isinstance(again, t.Tensor):
            values += [None if g is None else g.numpy() for g in t.autograd.grad(again, [x, w], retain_graph=True,
                                                                                allow_unused=True)]
        total.backward()
        values += [None if p.grad is None else p.grad.numpy() for p in (x, w)]
    except (RuntimeError, AttributeError) as error:
        values = [told(error)]
    return log, [facts(p, pool) for p in pool], [p.detach().numpy() for p in pool], values


def differences(ours: tuple, theirs: tuple) -> None:
    """Raise AssertionError where two runs of a program are not alike."""
    assert ours[0] == theirs[0], f"refusals: {ours[0]}\ntorch:    {theirs[0]}"
    assert len(ours[1]) == len(theirs[1])
    for k, (a, b) in enumerate(zip(ours[1], theirs[1])):
        assert a == b, f"tensor {k}: {a}\ntorch:    {b}"
    for what, mine, torchs in (("value", ours[2], theirs[2]), ("gradient", ours[3], theirs[3])):
        assert len(mine) == len(torchs), f"{what}: {mine}\ntorch: {torchs}"
        for k, (a, b) in enumerate(zip(mine, torchs)):
            if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
                scale = float(np.max(np.abs(b[np.isfinite(b)]), initial=1))
                np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8 * scale, err_msg=f"{what} {k}")
            else:
                assert a is None and b is None or a == b, f"{what} {k}: {a}\ntorch: {b}"


def compare(program, torch, hits: Counter | None = None) -> None:
    """Run a program under both libraries; AssertionError where they differ."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        differences(run(minitorch, program, hits), run(torch, program))


def report(hits: Counter) -> str:
    """How often each operation was carried out, table by table."""
    lines = []
    for kind, table in TABLES.items():
        lines.append(f"{len(table)} kinds of {kind}: " + ", ".join(f"{name} {hits[kind, name]}" for name in table))
    return "\n".join(lines)


if __name__ == "__main__":
    import torch
    from hypothesis import HealthCheck, given, settings

    hits = Counter()
    check = given(steps())(lambda program: compare(program, torch, hits))
    settings(max_examples=int(sys.argv[1]), deadline=None, database=None,
             suppress_health_check=list(HealthCheck))(check)()
    print(report(hits))
