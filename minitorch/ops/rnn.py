"""Recurrence: a step that reads one input and its own last output, walked along a sequence.

A step is written once, beside its formula, for the cells and for the layers. A layer multiplies all inputs by W_ih in
one matrix product before the walk; only h W_hh^T has to wait for the step before.
Elman, Finding structure in time, 1990; Hochreiter & Schmidhuber, Long short-term memory, 1997; Cho et al., Learning
phrase representations using RNN encoder-decoder, 2014.  Read next: nn/rnn.py, the same as modules.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..autograd.op import op
from ..tensor import Tensor
from .dropout import dropout as drop
from .join import cat, stack
from .linalg import linear

__all__: list[str] = ["gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell"]

# ---------------------------------------------------------------- one step: x is W_ih x + b_ih, state the last one


def rnn_tanh_step(x, state, w_hh, b_hh):
    """h' = tanh(x + W_hh h + b_hh)"""
    h, = state
    return (x + linear(h, w_hh, b_hh)).tanh(),


def rnn_relu_step(x, state, w_hh, b_hh):
    """h' = max(0, x + W_hh h + b_hh)"""
    h, = state
    return (x + linear(h, w_hh, b_hh)).relu(),


def lstm_step(x, state, w_hh, b_hh, w_hr=None):
    """i, f, g, o = x + W_hh h + b_hh    c' = sigmoid(f) c + sigmoid(i) tanh(g)    h' = W_hr (sigmoid(o) tanh(c'))"""
    h, c = state
    i, f, g, o = (x + linear(h, w_hh, b_hh)).chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()
    return h if w_hr is None else linear(h, w_hr), c


def gru_step(x, state, w_hh, b_hh):
    """h' = (1 - z) n + z h    r, z = sigmoid(x_rz + (W_hh h + b_hh)_rz)    n = tanh(x_n + r (W_hh h + b_hh)_n)"""
    h, = state
    x_r, x_z, x_n = x.chunk(3, 1)
    h_r, h_z, h_n = linear(h, w_hh, b_hh).chunk(3, 1)
    n = (x_n + (x_r + h_r).sigmoid() * h_n).tanh()
    return (h - n) * (x_z + h_z).sigmoid() + n,


# ---------------------------------------------------------------- along a sequence, both ways, in layers


def walk(step, inputs, state, weights, reverse: bool):
    """Take `step` from input to input: the outputs, in the order of the inputs, and the last state.

    inputs    one tensor per time, (n, gates * H); n falls where shorter sequences of a packed batch have ended
    state     tensors (N, H), N = the first n

    Forward, a sequence that has ended leaves its state behind; in reverse, it enters late with its first one.
    """
    first, ended, outputs = state, [], []
    if reverse:
        inputs = inputs[::-1]
        state = [s[:len(inputs[0])] for s in first] if len(inputs[0]) < len(first[0]) else first
    for x in inputs:
        n, alive = len(x), len(state[0])
        if n < alive:
            ended.append([s[n:] for s in state])
            state = [s[:n] for s in state]
        elif n > alive:
            state = [cat([s, f[alive:n]]) for s, f in zip(state, first)]
        state = step(x, state, *weights)
        outputs.append(state[0])
    if ended:
        state = [cat(parts) for parts in zip(state, *reversed(ended))]
    return outputs[::-1] if reverse else outputs, state


@op(promotes="same", outputs="y c", node="MkldnnRnnLayerBackward0")
def lstm_walk(xp, x, h0, c0, w_hh, /):
    """`walk` with lstm_step as one operation: outputs y and cells c of all times.    x (T, N, 4H)    y, c (T, N, H)

    Back, only  gh[t] = gy[t] + ggates[t+1] W_hh  and  gc[t] = gh[t] o (1 - tanh(c)^2) + f[t+1] gc[t+1]  wait for one
    another. What holds no gradient is computed for all times at once before (y is known, so the gates are one matrix
    product), the gradient of W_hh for all times at once after.
    """
    times, size, w = len(x), w_hh.shape[1], xp.ascontiguousarray(w_hh.T)
    y, cells, h, c = xp.empty((times, *h0.shape), x.dtype), xp.empty((times, *c0.shape), x.dtype), h0, c0
    sigmoid = lambda v: 1 / (1 + xp.exp(-v))
    for t in range(times):
        gates = h @ w
        gates += x[t]
        i, f, g, o = [gates[:, k * size:(k + 1) * size] for k in range(4)]
        c = cells[t] = sigmoid(f) * c + sigmoid(i) * xp.tanh(g)
        h = y[t] = sigmoid(o) * xp.tanh(c)
    return y, cells


def lstm_walk_back(g_y, g_c, x, h0, c0, w_hh, y, c):
    h_before, c_before = cat([h0.unsqueeze(0), y[:-1]]), cat([c0.unsqueeze(0), c[:-1]])
    i, f, g, o = (x + linear(h_before, w_hh)).chunk(4, 2)
    i, f, g, o, shown = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid(), c.tanh()
    from_c = stack([g * i * (1 - i), c_before * f * (1 - f), i * (1 - g * g)], 2)  # ggates / gc, (T, N, 3, H)
    from_h, h_to_c = shown * o * (1 - o), o * (1 - shown * shown)
    g_y, g_c = [y.new_zeros(y.shape) if g is None else g for g in (g_y, g_c)]
    gh, gc, ggates = 0, 0, []
    at_all_times = [reversed(v.unbind(0)) for v in (g_y, g_c, from_c, from_h, h_to_c, f)]
    for g_y, g_c, from_c, from_h, h_to_c, f in zip(*at_all_times):
        gh = g_y + gh
        gc = g_c + gc + gh * h_to_c
        ggates.append(cat([(from_c * gc.unsqueeze(1)).flatten(1), from_h * gh], 1))
        gh, gc = ggates[-1] @ w_hh, gc * f
    gx = stack(ggates[::-1])
    return gx, gh, gc, gx.flatten(0, 1).T @ h_before.flatten(0, 1)


lstm_walk.backward(lstm_walk_back)


def one_direction(step, input: Tensor, batch_sizes: list | None, state: tuple, weights: Sequence[Tensor],
                  has_biases: bool, reverse: bool) -> tuple:
    """One direction of one layer: all outputs, and the last state."""
    w_ih, w_hh, *others = weights
    b_ih, b_hh, *w_hr = others if has_biases else (None, None, *others)
    if step is lstm_step and not w_hr and batch_sizes is None and input.array.dtype.name == "float32":
        # what torch leaves to oneDNN
        x = linear(input, w_ih, b_ih + b_hh if has_biases else None)
        y, c = lstm_walk(x.flip(0) if reverse else x, *state, w_hh)
        return y.flip(0) if reverse else y, (y[-1], c[-1])
    x = linear(input, w_ih, b_ih)
    steps = x.unbind(0) if batch_sizes is None else x.split(batch_sizes)
    outputs, state = walk(step, steps, state, (w_hh, b_hh, *w_hr), reverse)
    return (stack if batch_sizes is None else cat)(outputs), state


def recurrent(step, input: Tensor, batch_sizes: list | None, hx: tuple, params: Sequence[Tensor], has_biases: bool,
              num_layers: int, dropout: float, train: bool, bidirectional: bool) -> tuple:
    """Layers of one or two directions: the outputs of the last and every direction's last state.

    input    (T, N, F), or packed (sum of batch_sizes, F)    hx    per state of the step, (layers * directions, N, H)
    """
    directions, last_states = 1 + bidirectional, []
    projected = len(hx) == 2 and hx[0].shape[2] != hx[1].shape[2]  # by W_hr
    count = (4 if has_biases else 2) + projected
    if len(params) % count:
        raise RuntimeError("got an incorrect number of RNN parameters")
    weights = [params[k: k + count] for k in range(0, len(params), count)]
    states = list(zip(*[h.unbind(0) for h in hx]))
    for noun, given in (("hidden states", states), ("weights", weights)):
        if len(given) != num_layers * directions:
            raise RuntimeError(f"Expected more {noun} in stacked_rnn")
    for layer in range(num_layers):
        both = []
        for k in range(layer * directions, layer * directions + directions):
            output, state = one_direction(step, input, batch_sizes, states[k], weights[k], has_biases,
                                          reverse=k % directions == 1)
            both.append(output)
            last_states.append(state)
        input = cat(both, -1) if bidirectional else both[0]
        if dropout and train and layer < num_layers - 1:
            input = drop(input, dropout, True)
    return (input, *[stack(parts) for parts in zip(*last_states)])


def overloads(step, as_states):
    """torch's function of a layer, in its two forms; as_states(hx) is the state as a tuple."""

    def whole(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
        input = input.transpose(0, 1) if batch_first else input
        if len(input) == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        output, *last = recurrent(step, input, None, as_states(hx), params, has_biases, num_layers, dropout, train,
                                  bidirectional)
        if batch_first:  # in torch an LSTM does this out of place, the others in place, and the nodes' names say so
            output = output.transpose(0, 1) if step is lstm_step else output.transpose_(0, 1)
        return output, *last

    def packed(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional):
        return recurrent(step, data, batch_sizes.tolist(), as_states(hx), params, has_biases, num_layers, dropout,
                         train, bidirectional)

    def call(*args, **kwargs):
        """call(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)
        call(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)
        """
        integers = len(args) > 1 and isinstance(args[1], Tensor) and args[1].array.dtype.kind == "i"
        return (packed if integers or "batch_sizes" in kwargs else whole)(*args, **kwargs)

    return call


def single(hx) -> tuple:
    return hx,


def pair(hx, name: str = "lstm") -> tuple:
    """An LSTM's state: two tensors."""
    if isinstance(hx, Tensor):
        raise TypeError(f"{name}(): argument 'hx' must be tuple of Tensors, not Tensor")
    if len(hx) != 2:
        raise RuntimeError(f"{name} expects two hidden states")
    return tuple(hx)


rnn_tanh, rnn_relu = overloads(rnn_tanh_step, single), overloads(rnn_relu_step, single)
lstm, gru = overloads(lstm_step, pair), overloads(gru_step, single)


# ---------------------------------------------------------------- one step alone


def one_step(step, gates: int, input: Tensor, state: tuple, w_ih: Tensor, w_hh: Tensor, b_ih, b_hh) -> tuple:
    """The state after one step, its sizes checked.    input (N, F)    state tensors (N, H)"""
    rows, hidden = input.size(0), w_hh.size(1)
    if input.size(1) != w_ih.size(1):
        raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {w_ih.size(1)}")
    for k, h in enumerate(state):
        if h.size(0) != rows:
            raise RuntimeError(f"Input batch size {rows} doesn't match hidden{k} batch size {h.size(0)}")
        if h.size(1) != hidden:
            raise RuntimeError(f"hidden{k} has inconsistent hidden_size: got {h.size(1)}, expected {hidden}")
    for name, weight in (("weight_ih", w_ih), ("weight_hh", w_hh)):
        if weight.size(0) != gates * hidden:
            raise RuntimeError(f"{name} first dim must be {gates} * hidden_size = {gates * hidden}, but got "
                               f"{weight.size(0)}")
    return step(linear(input, w_ih, b_ih), state, w_hh, b_hh)


def rnn_tanh_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
                  b_hh: Tensor | None = None) -> Tensor:
    """h' of one Elman step with tanh."""
    return one_step(rnn_tanh_step, 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_relu_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
                  b_hh: Tensor | None = None) -> Tensor:
    """h' of one Elman step with relu."""
    return one_step(rnn_relu_step, 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def lstm_cell(input: Tensor, hx: tuple, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
              b_hh: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """(h', c') of one LSTM step.    hx (h, c)"""
    return one_step(lstm_step, 4, input, pair(hx, "lstm_cell"), w_ih, w_hh, b_ih, b_hh)


def gru_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None,
             b_hh: Tensor | None = None) -> Tensor:
    """h' of one GRU step."""
    return one_step(gru_step, 3, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


# ---------------------------------------------------------------- packed batches: the rows that exist, time by time


def alive_at(xp, lengths, times: int) -> tuple:
    """Where a batch padded to `times` has data: (times, sequences) of the rows, in packed order."""
    return xp.nonzero(xp.arange(times)[:, None] < xp.asarray(lengths))


@op(node="PackPaddedSequenceBackward0")
def pack(xp, x, /, lengths):
    """The rows x[t, n] with t < lengths[n], those of time 0 first.    x (T, N, *)    y (sum of lengths, *)

    gx = pad(g) with zeros
    """
    return x[alive_at(xp, lengths, len(x))]


pack.backward(x=lambda g, x_shape, lengths: pad(g, lengths, x_shape[0], 0))


@op(node="CopySlices")  # torch copies row by row into a full tensor
def pad(xp, x, /, lengths, times, value):
    """The inverse of `pack`: y[t, n] = value where t >= lengths[n].    gx = pack(g)"""
    y = xp.full((times, len(lengths), *x.shape[1:]), value, x.dtype)
    y[alive_at(xp, lengths, times)] = x
    return y


pad.backward(x=lambda g, lengths: pack(g, lengths))
