"""ctc_loss: how likely a sequence of class probabilities spells a shorter sequence of labels.

An alignment gives every time step a label or a blank; dropping repeats, then blanks, leaves what it spells. The chance
of the target is the sum over all alignments that spell it: a recursion over time, in logarithms.
Graves et al., Connectionist temporal classification, 2006.  Read next: loss.py.
"""

from __future__ import annotations

from ..autograd.op import op
from ..dtype import CAPITAL
from ..dtype import int64 as INT64
from ..tensor import Tensor
from .join import pad, stack
from .loss import chosen

__all__: list[str] = ["ctc_loss"]

# ---------------------------------------------------------------- the recursion


def states_of(xp, target, blank: int):
    """The target (N, S) with blanks around each label: (states (N, 2 S + 1), which may be reached from two before)."""
    n, s = target.shape
    states = xp.full((n, 2 * s + 1), blank)
    states[:, 1::2] = target
    skips = xp.zeros(states.shape, bool)  # over a blank, unless that would merge two equal labels
    skips[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    return states, skips


def log_add(xp, *terms):
    """log(sum of exp(terms)), -inf for nothing but -inf."""
    top = terms[0]
    for term in terms[1:]:
        top = xp.maximum(top, term)
    top = xp.where(top == -xp.inf, 0, top)
    return xp.log(sum(xp.exp(term - top) for term in terms)) + top


def shifted(xp, a, by: int):
    """The columns of `a` moved to the right, -inf entering."""
    return xp.concatenate([xp.full((len(a), by), -xp.inf, a.dtype), a[:, :-by]], 1) if by < a.shape[1] else (
        xp.full_like(a, -xp.inf))


def emissions(xp, x, states, input_lengths):
    """log probability of each state at each time (T, N, states); -inf after the end."""
    emitted = xp.take_along_axis(x, xp.broadcast_to(states, (len(x), *states.shape)), 2)
    return xp.where((xp.arange(len(x))[:, None] < input_lengths)[:, :, None], emitted, -xp.inf)


def beginnings(xp, emitted, skips):
    """log alpha (T, N, states): the chance to have begun as the target does and to be in a state at time t.

    alpha_t[s] = emitted_t[s] * (alpha_t-1[s] + alpha_t-1[s - 1] + alpha_t-1[s - 2], this one if s may skip)
    """
    alpha = xp.full_like(emitted, -xp.inf)
    alpha[0, :, :2] = emitted[0, :, :2]
    for t in range(1, len(alpha)):
        before = alpha[t - 1]
        skipped = xp.where(skips, shifted(xp, before, 2), -xp.inf)
        alpha[t] = emitted[t] + log_add(xp, before, shifted(xp, before, 1), skipped)
    return alpha


def endings(xp, emitted, skips, last, input_lengths):
    """log beta (T, N, states): the chance to end as the target does, after being in a state at time t.

    beta_t[s] = sum over s' = s, s + 1, s + 2 (if s' may skip) of emitted_t+1[s'] * beta_t+1[s'], `last` at the end
    """
    beta = xp.full_like(emitted, -xp.inf)
    for t in reversed(range(len(beta))):
        if t + 1 < len(beta):
            after = (emitted[t + 1] + beta[t + 1])[:, ::-1]  # mirrored, states come from the left here, too
            skipped = shifted(xp, xp.where(skips[:, ::-1], after, -xp.inf), 2)
            beta[t] = log_add(xp, after, shifted(xp, after, 1), skipped)[:, ::-1]
        beta[t] = xp.where((input_lengths == t + 1)[:, None], last, beta[t])
    return beta


# ---------------------------------------------------------------- the loss


def ends(xp, states, target_lengths):
    """0 for the states in which the target is complete, -inf for others: its last label, and the blank after it."""
    at, end = xp.arange(states.shape[1]), 2 * target_lengths[:, None]
    return xp.where((at == end) | (at == end - 1), 0.0, -xp.inf)


def total(xp, alpha, last, input_lengths, target_lengths):
    """log of the chance of each target."""
    end = alpha[xp.maximum(input_lengths, 1) - 1, xp.arange(alpha.shape[1])] + last  # (N, states)
    found = log_add(xp, *end.T)
    nothing = xp.where(target_lengths == 0, 0.0, -xp.inf)  # no time spells nothing
    return xp.where(input_lengths == 0, nothing, found).astype(alpha.dtype)


@op(node="CtcLossBackward0")
def ctc(xp, x, target, input_lengths, target_lengths, /, blank, zero_infinity):
    """-log of the chance of each target.    x (T, N, C)    target (N, S)    loss (N)

    loss = -log(sum of alpha at the end of the target)    gx = g * ctc_slope(x)
    """
    states, skips = states_of(xp, target, blank)
    alpha = beginnings(xp, emissions(xp, x, states, input_lengths), skips)
    return -total(xp, alpha, ends(xp, states, target_lengths), input_lengths, target_lengths)


@op
def ctc_slope(xp, x, target, input_lengths, target_lengths, /, blank, zero_infinity):
    """exp x - posterior, 0 after the end; posterior_t[c]: the chance to be in a state of label c at t, given target.

    As in torch this is the gradient for scores of which x is the log_softmax; for x itself it would lack the first
    term, which log_softmax takes out again.
    """
    states, skips = states_of(xp, target, blank)
    emitted, last = emissions(xp, x, states, input_lengths), ends(xp, states, target_lengths)
    alpha, beta = beginnings(xp, emitted, skips), endings(xp, emitted, skips, last, input_lengths)
    whole = total(xp, alpha, last, input_lengths, target_lengths)
    posterior, slope = xp.exp(alpha + beta - whole[:, None]), xp.exp(x)
    n = xp.arange(len(states))
    for s in range(states.shape[1]):
        slope[:, n, states[:, s]] -= posterior[:, :, s]  # one label for each sequence: no index twice
    keep = xp.arange(len(x))[:, None] < input_lengths
    if zero_infinity:
        keep = keep & (whole > -xp.inf)
    return xp.where(keep[:, :, None], slope, 0).astype(x.dtype)


def no_second_derivative(g):
    raise RuntimeError("derivative for aten::_ctc_loss_backward is not implemented")


ctc.backward(x=lambda g, x, target, input_lengths, target_lengths, blank, zero_infinity: (
    g.reshape(1, -1, 1) * ctc_slope(x, target, input_lengths, target_lengths, blank, zero_infinity)))
ctc_slope.backward(x=no_second_derivative)


# ---------------------------------------------------------------- arguments


def lengths(name: str, value, like: Tensor, count: int, longest: int | None) -> Tensor:
    """(N) of a sequence or a tensor, checked in torch's words."""
    if isinstance(value, Tensor):
        if value.array.dtype.kind not in "iu":
            raise RuntimeError(f"{name} must be integral")
        value = value.reshape(-1).tolist()
    if len(value) != count:
        raise RuntimeError(f"{name} must be of size batch_size")
    for n in value:
        for wrong, bound in ((n < 0, "at least 0"), (longest is not None and n > longest, f"at most {longest}")):
            if wrong:
                raise RuntimeError(f"Expected {name} to have value {bound}, but got value {n} (while checking "
                                   "arguments for ctc_loss_allocate_outputs)")
    return like.new_tensor(value, dtype=INT64)


def rows_of(targets: Tensor, target_lengths: Tensor, count: int) -> Tensor:
    """Targets (N, S), of one row for each sequence, or of all in a row."""
    found, needed = target_lengths.tolist(), lambda size, dim, got, least="": RuntimeError(
        f"Expected tensor to have size {least}{size} at dimension {dim}, but got size {got} for argument #2 'targets' "
        "(while checking arguments for ctc_loss_allocate_outputs)")
    longest, targets = max(found, default=0), targets.long()
    if targets.ndim == 1:
        if targets.shape[0] != sum(found):
            raise needed(sum(found), 0, targets.shape[0])
        parts = targets.split(found)
        return stack([pad(part, (0, longest - len(part))) for part in parts])
    if targets.shape[0] != count:
        raise needed(count, 0, targets.shape[0])
    if targets.shape[1] < longest:
        raise needed(longest, 1, targets.shape[1], "at least ")
    inside = (targets.new_tensor(range(longest)) < target_lengths.unsqueeze(1))
    return targets[:, :longest].masked_fill(~inside, 0)


def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths, target_lengths, blank: int = 0,
             reduction: str = "mean", zero_infinity: bool = False) -> Tensor:
    """-log of the chance that `log_probs` (T, N, C) or (T, C) spells `targets` (N, S), or all targets in one row.

    "mean" divides each loss by its target's length first; `zero_infinity`: targets too long to be spelt count nothing.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.ctc_loss.html
    """
    reduction, single = chosen(reduction), log_probs.ndim == 2
    if single:
        log_probs = log_probs.unsqueeze(1)
        targets = targets if targets.ndim == 2 else targets.unsqueeze(0)
    if not log_probs.array.size:
        raise RuntimeError("log_probs tensor must not be empty")
    if not 0 <= blank < log_probs.shape[2]:
        raise RuntimeError("blank must be in label range")
    if log_probs.array.dtype.name not in ("float32", "float64"):
        raise NotImplementedError(f"\"ctc_loss_cpu\" not implemented for '{CAPITAL[log_probs.array.dtype.name]}'")
    steps, count = log_probs.shape[:2]
    input_lengths = lengths("input_lengths", input_lengths, log_probs, count, steps)
    target_lengths = lengths("target_lengths", target_lengths, log_probs, count, None)
    targets = rows_of(targets, target_lengths, count)
    if ((targets < 0) | (targets >= log_probs.shape[2])).any():
        raise IndexError("ctc_loss: a target is no class")  # torch reads beyond its memory here
    loss = ctc(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity)
    if zero_infinity:
        loss = loss.where(loss != float("inf"), 0)
    if reduction == "mean":
        return (loss / target_lengths.clamp_min(1)).mean()
    return loss.sum() if reduction == "sum" else loss.squeeze(0) if single else loss
