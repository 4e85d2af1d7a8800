"""Rows of ops/rnn.py: layers and cells as functions; layers with a state of their own are in test_rnn.py."""

import numpy as np
from samples import row

GATES = {"rnn_tanh": 1, "rnn_relu": 1, "lstm": 4, "gru": 3}


def weights(d, gates: int, inputs: int, hidden: int, bias: bool) -> list:
    """W_ih, W_hh and perhaps b_ih, b_hh"""
    shapes = [(gates * hidden, inputs), (gates * hidden, hidden), *[(gates * hidden,)] * (2 * bias)]
    return [d.array(shape, -1, 1) for shape in shapes]


def state(d, name: str, shape: tuple):
    return (d.array(shape), d.array(shape)) if name.startswith("lstm") else d.array(shape)


def layers(d, name: str, packed: bool):
    """Arguments of a layer of up to two layers and directions."""
    inputs, hidden, count, both, bias = d.integer(1, 3), d.integer(1, 3), d.integer(1, 2), d.boolean(), d.boolean()
    times, batch = d.integer(1, 4), d.integer(1, 3)
    hx = state(d, name, (count * (1 + both), batch, hidden))
    params = []
    for k in range(count * (1 + both)):
        params += weights(d, GATES[name], hidden * (1 + both) if k > both else inputs, hidden, bias)
    shared = {"hx": hx, "params": params, "has_biases": bias, "num_layers": count, "dropout": 0.0, "train": d.boolean(),
              "bidirectional": both}
    if packed:
        sizes = np.sort(d.rng.integers(1, batch + 1, times))[::-1].copy()
        sizes[0] = batch
        given = {"data": d.array((int(sizes.sum()), inputs)), "batch_sizes": sizes, **shared}
    else:
        first = d.boolean()
        given = {"input": d.array((batch, times, inputs) if first else (times, batch, inputs)), **shared,
                 "batch_first": first}
    return ((), given) if d.boolean() else (tuple(given.values()), {})


def cell(d, name: str):
    inputs, hidden, batch = d.integer(1, 4), d.integer(1, 4), d.integer(0, 3)
    gates = GATES[name.removesuffix("_cell")]
    return (d.array((batch, inputs)), state(d, name, (batch, hidden)),
            *weights(d, gates, inputs, hidden, d.boolean())), {}


for name in GATES:
    row(name, lambda d, name=name: layers(d, name, packed=False))
    # of sequences of one length torch's LSTM makes a padded batch first
    row(name, lambda d, name=name: layers(d, name, packed=True), id="packed", same_node=name != "lstm")
    row(name + "_cell", lambda d, name=name: cell(d, name + "_cell"))
