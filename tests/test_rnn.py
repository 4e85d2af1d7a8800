"""Recurrent layers, cells and packed sequences against torch: names, initial values, results, gradients, errors."""

import copy
import itertools
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch

torch = pytest.importorskip("torch")
from twin import same  # noqa: E402 (it needs torch)

pytestmark = pytest.mark.torch

TOLERANCE = {"float32": 1e-5, "float64": 1e-9}
TIMES, BATCH, INPUT, HIDDEN = 5, 3, 4, 6

KINDS = {
    "RNN": ("RNN", {}),
    "relu": ("RNN", {"nonlinearity": "relu"}),
    "GRU": ("GRU", {}),
    "LSTM": ("LSTM", {}),
    "projected": ("LSTM", {"proj_size": 2}),
}
FORMS = ("padded", "batch_first", "unbatched", "sorted", "unsorted")
LENGTHS = {"sorted": [5, 3, 2], "unsorted": [2, 5, 3]}


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).uniform(-1, 1, shape)


def tensor(library, array, dtype, requires_grad=True):
    return library.tensor(array.tolist(), dtype=getattr(library, dtype), requires_grad=requires_grad)


def make(library, kind, dtype="float32", **options):
    """A layer and its settings; `form` says how it is fed."""
    name, own = KINDS[kind]
    form = options.pop("form", "padded")
    library.manual_seed(0)
    return getattr(library.nn, name)(INPUT, HIDDEN, **own, **options, batch_first=form == "batch_first",
                                     dtype=getattr(library, dtype))


def feed(library, layer, form, dtype, with_state):
    """(arguments of the layer, leaves to differentiate)"""
    shape = {"batch_first": (BATCH, TIMES, INPUT), "unbatched": (TIMES, INPUT)}.get(form, (TIMES, BATCH, INPUT))
    x = tensor(library, numbers(*shape), dtype)
    first = x
    if form in LENGTHS:
        first = library.nn.utils.rnn.pack_padded_sequence(x, LENGTHS[form], enforce_sorted=form == "sorted")
    if not with_state:
        return (first,), [x]
    count = layer.num_layers * (1 + layer.bidirectional)
    rows = () if form == "unbatched" else (BATCH,)
    sizes = [layer.proj_size or layer.hidden_size, layer.hidden_size][:1 + (layer.mode == "LSTM")]
    state = [tensor(library, numbers(count, *rows, size, seed=k), dtype) for k, size in enumerate(sizes)]
    return (first, tuple(state) if len(state) == 2 else state[0]), [x, *state]


def results(layer, arguments) -> list:
    """The layer's outputs as a flat list: output, states."""
    output, state = layer(*arguments)
    state = list(state) if isinstance(state, tuple) else [state]
    return [output.data if hasattr(output, "batch_sizes") else output, *state]


def weighted_sum(tensors, library, seed):
    return sum((t * tensor(library, numbers(*t.shape, seed=seed + k), str(t.dtype).split(".")[1], False)).sum()
               for k, t in enumerate(tensors))


def outcome(library, kind, dtype, form, with_state, second=False, seed=None, **options):
    """Everything that two libraries should agree on: (facts, arrays)"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = make(library, kind, dtype, form=form, **options)
        arguments, leaves = feed(library, layer, form, dtype, with_state)
        if seed is not None:
            library.manual_seed(seed)
        values = results(layer, arguments)
        leaves += list(layer.parameters())
        gradients = library.autograd.grad(weighted_sum(values, library, 10), leaves, create_graph=second)
        if second:
            values += library.autograd.grad(weighted_sum(gradients, library, 20), leaves)
    facts = [repr(layer), list(layer.state_dict()), layer._all_weights, [tuple(v.shape) for v in values]]
    return facts, [v.detach().numpy() for v in (*values, *gradients)]


def compare(*arguments, **options):
    facts, arrays = outcome(minitorch, *arguments, **options)
    expected_facts, expected = outcome(torch, *arguments, **options)
    assert facts == expected_facts
    for ours, theirs in zip(arrays, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE[arguments[1]], atol=TOLERANCE[arguments[1]])
        assert ours.dtype == theirs.dtype


# ---------------------------------------------------------------- layers


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_layers(kind, form):
    """Shapes, outputs, last states and all gradients, of every combination of settings."""
    for layers, both, bias, with_state, dtype in itertools.product(
            (1, 2), (False, True), (True, False), (True, False), TOLERANCE):
        compare(kind, dtype, form, with_state, num_layers=layers, bidirectional=both, bias=bias)


@pytest.mark.parametrize("kind, form", [*[(kind, "padded") for kind in KINDS], ("GRU", "unsorted"),
                                        ("projected", "sorted")])
def test_second_gradients(kind, form):
    compare(kind, "float64", form, True, second=True, num_layers=2, bidirectional=True)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_dropout_between_layers_drops_the_same_elements(kind, form):
    for both, dtype in itertools.product((False, True), TOLERANCE):
        compare(kind, dtype, form, True, num_layers=3, bidirectional=both, dropout=0.4, seed=7)
    compare(kind, "float32", form, True, num_layers=2, dropout=1, seed=7)


def test_no_dropout_in_eval():
    def script(t):
        layer = make(t, "GRU", num_layers=2, dropout=0.9).eval()
        return results(layer, feed(t, layer, "padded", "float32", True)[0])
    for ours, theirs in zip(script(minitorch), script(torch), strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_initial_values_and_settings(kind):
    """Bit for bit from the same seed; torch's state_dict loads; copies, pickles and casts keep working."""
    same(lambda t: [[name, value] for name, value in make(
        t, kind, num_layers=2, bidirectional=True).state_dict().items()])
    same(lambda t: make(t, kind, num_layers=2, bias=False).all_weights)
    same(lambda t: make(t, kind).double().all_weights)
    same(lambda t: [make(t, kind).flatten_parameters(), make(t, kind)._flat_weights_names])
    same(lambda t: repr(make(t, kind, num_layers=2, bias=False, dropout=0.5, bidirectional=True, form="batch_first")))
    layer = make(minitorch, kind)
    arguments, _ = feed(minitorch, layer, "padded", "float32", True)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert [id(w) for w in other._flat_weights] == [id(w) for w in other.parameters()]
        for a, b in zip(results(layer, arguments), results(other, arguments), strict=True):
            assert a.equal(b)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", FORMS)
def test_node_names(kind, form):
    """grad_fn of the output and of the states; an LSTM in float32 is one node of oneDNN's in torch."""
    def names(t, both, dtype):
        layer = make(t, kind, dtype, form=form, bidirectional=both)
        return [type(v.grad_fn).__name__ for v in results(layer, feed(t, layer, form, dtype, False)[0])]
    for both, dtype in itertools.product((False, True), TOLERANCE):
        assert names(minitorch, both, dtype) == names(torch, both, dtype)


def test_one_step_and_one_row():
    for kind in KINDS:
        same(lambda t: [tuple(v.shape) for v in results(make(t, kind), (t.zeros(1, 1, INPUT),))])  # noqa: B023
        same(lambda t: [tuple(v.shape) for v in results(make(t, kind), (t.zeros(2, 0, INPUT),))])  # noqa: B023


@pytest.mark.parametrize("unused", [None, "y", "c"])
def test_an_lstm_in_one_operation_is_the_walk(unused):
    """What float32 takes, in float64: outputs and cells, their first and second gradients, against step by step."""
    from minitorch.ops import rnn
    x, h, c, w = leaves = [tensor(minitorch, numbers(*shape), "float64") for shape in (
        (TIMES, BATCH, 4 * HIDDEN), (BATCH, HIDDEN), (BATCH, HIDDEN), (4 * HIDDEN, HIDDEN))]
    y, cells = rnn.lstm_walk(x, h, c, w)
    steps, (_, last) = rnn.walk(rnn.lstm_step, x.unbind(0), (h, c), (w, None), reverse=False)
    found = []
    for values in ((y, cells[-1]), (minitorch.stack(steps), last)):
        used = [v for name, v in zip("yc", values) if name != unused]
        first = minitorch.autograd.grad(weighted_sum(used, minitorch, 1), leaves, create_graph=True)
        second = minitorch.autograd.grad(weighted_sum(first, minitorch, 5), leaves)
        found.append([v.detach().numpy() for v in (*values, *first, *second)])
    for ours, composed in zip(*found, strict=True):
        np.testing.assert_allclose(ours, composed, rtol=1e-9, atol=1e-9)


# ---------------------------------------------------------------- cells

CELLS = {"RNNCell": {}, "relu": {"nonlinearity": "relu"}, "GRUCell": {}, "LSTMCell": {}}


@pytest.mark.parametrize("kind", CELLS)
def test_cells(kind):
    """Names, initial values, outputs, nodes, first and second gradients; batched or not, with a state or without."""
    def script(t, bias, batched, with_state, dtype):
        t.manual_seed(0)
        cell = getattr(t.nn, kind if kind.endswith("Cell") else "RNNCell")(
            INPUT, HIDDEN, bias=bias, dtype=getattr(t, dtype), **CELLS[kind])
        rows = (BATCH,) if batched else ()
        leaves = [tensor(t, numbers(*rows, INPUT), dtype)]
        if with_state:
            leaves += [tensor(t, numbers(*rows, HIDDEN, seed=k), dtype) for k in range(1 + (kind == "LSTMCell"))]
        state = leaves[1:] if kind == "LSTMCell" else leaves[1] if with_state else None
        values = cell(leaves[0], tuple(state) if kind == "LSTMCell" and with_state else state or None
                      if kind == "LSTMCell" else state)
        values = list(values) if isinstance(values, tuple) else [values]
        leaves += list(cell.parameters())
        gradients = t.autograd.grad(weighted_sum(values, t, 10), leaves, create_graph=True)
        second = t.autograd.grad(weighted_sum(gradients, t, 20), leaves, allow_unused=True)
        facts = [repr(cell), [(n, v.tolist()) for n, v in cell.state_dict().items()],
                 [type(v.grad_fn).__name__ for v in values]]
        return facts, [np.zeros(0) if v is None else v.detach().numpy() for v in (*values, *gradients, *second)]

    for bias, batched, with_state, dtype in itertools.product((True, False), (True, False), (True, False), TOLERANCE):
        (facts, arrays), (expected_facts, expected) = [
            script(t, bias, batched, with_state, dtype) for t in (minitorch, torch)]
        assert facts == expected_facts
        for ours, theirs in zip(arrays, expected, strict=True):
            if ours.size or theirs.size:  # torch gives None or zeros where a second gradient vanishes
                theirs = np.zeros_like(ours) if theirs.size == 0 else theirs
                ours = np.zeros_like(theirs) if ours.size == 0 else ours
            np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


# ---------------------------------------------------------------- packed and padded

lengths_of = st.lists(st.integers(1, 6), min_size=1, max_size=5)
quick = settings(max_examples=60, deadline=None)


@quick
@given(lengths_of, st.lists(st.integers(1, 3), max_size=2), st.booleans(), st.booleans(), st.integers(0, 2))
def test_pack_and_pad(lengths, trailing, batch_first, as_tensor, more):
    """Packing, padding again and their gradients; any order of lengths."""
    times = max(lengths)
    shape = (len(lengths), times) if batch_first else (times, len(lengths))
    array = numbers(*shape, *trailing)

    def script(t, enforce_sorted, given=lengths):
        x = tensor(t, array, "float64")
        given = t.tensor(given) if as_tensor else given
        packed = t.nn.utils.rnn.pack_padded_sequence(x, given, batch_first, enforce_sorted)
        padded = t.nn.utils.rnn.pad_packed_sequence(packed, batch_first, -1.5, times + more)
        gradients = t.autograd.grad(weighted_sum([packed.data, padded[0]], t, 1), x)
        again = t.nn.utils.rnn.pack_padded_sequence(padded[0], given, batch_first, enforce_sorted)
        return packed, padded, gradients, again.data

    same(lambda t: script(t, False))
    same(lambda t: script(t, True))  # an error, mostly
    same(lambda t: script(t, True, sorted(lengths, reverse=True)))


@quick
@given(lengths_of, st.lists(st.integers(1, 3), max_size=2), st.booleans(), st.sampled_from(["left", "right"]))
def test_lists_of_sequences(lengths, trailing, batch_first, side):
    """pad_sequence and unpad_sequence, pack_sequence and unpack_sequence, and their gradients."""
    def script(t):
        u = t.nn.utils.rnn
        sequences = [tensor(t, numbers(n, *trailing, seed=k), "float64") for k, n in enumerate(lengths)]
        padded = u.pad_sequence(sequences, batch_first, 2.0, side)
        packed = u.pack_sequence(sequences, enforce_sorted=False)
        gradients = t.autograd.grad(weighted_sum([padded, packed.data], t, 1), sequences)
        return padded, packed, gradients, u.unpack_sequence(packed)

    same(script)
    same(lambda t: [t.nn.utils.rnn.unpad_sequence(x, t.tensor(lengths), batch_first) + [x.shape] for x in [
        t.nn.utils.rnn.pad_sequence([t.arange(n) + 1.0 for n in lengths], batch_first)]])
    same(lambda t: t.nn.utils.rnn.pack_sequence([t.arange(n) for n in lengths]))  # an error, mostly


def some_packed(t):
    return t.nn.utils.rnn.pack_padded_sequence(t.arange(8.0).reshape(4, 2), [2, 4], enforce_sorted=False)


@pytest.mark.parametrize("call", [
    lambda p: p._fields, lambda p: p, lambda p: (p.is_cuda, p.is_pinned(), len(p)),
    lambda p: p.double(), lambda p: p.half(), lambda p: p.float() is p, lambda p: p.long(), lambda p: p.int(),
    lambda p: p.short(), lambda p: p.char(), lambda p: p.byte(), lambda p: p.cpu() is p,
    lambda p: p.to("cpu") is p, lambda p: p.double().batch_sizes is p.batch_sizes,
    lambda p: p.to(p.data.double()), lambda p: type(p)((p.data, p.batch_sizes)),
    lambda p: type(p)(p.data, p.batch_sizes, p.sorted_indices), lambda p: type(p)(p.data),
    lambda p: p._replace(data=p.data + 1), copy.deepcopy,
])
def test_packed_sequence(call):
    same(lambda t: call(some_packed(t)))


def test_packed_sequence_prints_and_pickles():
    same(lambda t: repr(some_packed(t)))
    packed = some_packed(minitorch)
    again = pickle.loads(pickle.dumps(packed))
    assert type(again) is type(packed) and all(a.equal(b) for a, b in zip(packed, again, strict=True))
    same(lambda t: t.nn.utils.rnn.invert_permutation(t.tensor([2, 0, 1])))
    same(lambda t: t.nn.utils.rnn.invert_permutation(None))
    same(lambda t: t.nn.utils.rnn.pad_sequence([t.zeros(2, dtype=t.int64), t.ones(3)], True, 1.5))


# ---------------------------------------------------------------- errors

ERRORS = [
    # constructors
    *[lambda t, options=options: t.nn.LSTM(**{"input_size": 4, "hidden_size": 6, **options}) for options in (
        {"dropout": -0.1}, {"dropout": 1.5}, {"dropout": True}, {"dropout": "a"}, {"bias": 1}, {"batch_first": None},
        {"input_size": 4.0}, {"input_size": 0}, {"hidden_size": 2.5}, {"hidden_size": -1}, {"num_layers": 0},
        {"proj_size": -1}, {"proj_size": 6}, {"nonlinearity": "tanh"})],
    lambda t: t.nn.RNN(4, 6, nonlinearity="sigmoid"), lambda t: t.nn.RNN(4, 6, 1, "x"),
    lambda t: t.nn.RNN(4, 6, proj_size=2), lambda t: t.nn.GRU(4, 6, proj_size=2),
    lambda t: t.nn.RNNBase("TANH", 4, 6),
    # layers: input
    *[lambda t, kind=kind, call=call: call(t, make(t, kind)) for kind in KINDS for call in (
        lambda t, m: m(t.zeros(4)), lambda t, m: m(t.zeros(1, 2, 3, 4)), lambda t, m: m(t.zeros(5, 3, 3)),
        lambda t, m: m(t.zeros(5, 3)), lambda t, m: m(t.zeros(5, 3, 4, dtype=t.float64)),
        lambda t, m: m(t.zeros(5, 3, 4, dtype=t.int64)), lambda t, m: m(t.zeros(0, 3, 4)))],
    # layers: state
    *[lambda t, kind=kind, shape=shape, x=x: make(t, kind)(t.zeros(x), t.zeros(shape))
      for kind in ("RNN", "relu", "GRU") for x, shape in (
          ((5, 3, 4), (3, 6)), ((5, 3, 4), (1, 2, 6)), ((5, 3, 4), (2, 3, 6)), ((5, 3, 4), (1, 3, 5)),
          ((5, 4), (1, 1, 6)), ((5, 4), (1, 5)))],
    *[lambda t, x=x, h=h, c=c: make(t, "LSTM")(t.zeros(x), (t.zeros(h), t.zeros(c))) for x, h, c in (
        ((5, 3, 4), (3, 6), (1, 3, 6)), ((5, 3, 4), (1, 2, 6), (1, 3, 6)), ((5, 3, 4), (1, 3, 6), (2, 3, 6)),
        ((5, 4), (1, 1, 6), (1, 6)), ((5, 4), (1, 6), (1, 5)))],
    lambda t: make(t, "LSTM")(t.zeros(5, 3, 4), (t.zeros(1, 3, 6),)),
    lambda t: make(t, "LSTM")(t.zeros(5, 3, 4), t.zeros(1, 3, 6)),
    lambda t: make(t, "LSTM")(t.zeros(5, 3, 4), t.zeros(2, 1, 3, 6)),
    lambda t: make(t, "projected")(t.zeros(5, 3, 4), (t.zeros(1, 3, 6), t.zeros(1, 3, 6))),
    lambda t: make(t, "GRU")(some_packed(t)),
    lambda t: make(t, "RNN")(t.nn.utils.rnn.pack_padded_sequence(t.zeros(5, 3, 4), [5, 3, 2]), t.zeros(3, 6)),
    # layers as functions
    lambda t: t.lstm(t.zeros(5, 3, 4), (t.zeros(1, 3, 6),), make(t, "LSTM")._flat_weights, True, 1, 0., True, False,
                     False),
    lambda t: t.gru(t.zeros(5, 3, 4), t.zeros(2, 3, 6), make(t, "GRU")._flat_weights, True, 1, 0., True, False, False),
    lambda t: t.gru(t.zeros(5, 3, 4), t.zeros(1, 3, 6), make(t, "GRU")._flat_weights[:3], True, 1, 0., True, False,
                    False),
    # cells
    lambda t: t.nn.RNNCell(4, 6, nonlinearity="x")(t.zeros(3, 4)),
    *[lambda t, kind=kind, x=x: getattr(t.nn, kind)(4, 6)(t.zeros(x)) for kind in ("RNNCell", "GRUCell", "LSTMCell")
      for x in ((1, 3, 4), (3, 5), (5,), ())],
    *[lambda t, kind=kind, x=x, h=h: getattr(t.nn, kind)(4, 6)(t.zeros(x), t.zeros(h))
      for kind in ("RNNCell", "GRUCell") for x, h in (
          ((3, 4), (2, 6)), ((3, 4), (3, 5)), ((3, 4), (6,)), ((3, 4), (1, 3, 6)), ((4,), (3, 6)), ((4,), (5,)))],
    *[lambda t, h=h, c=c: t.nn.LSTMCell(4, 6)(t.zeros(3, 4), (t.zeros(h), t.zeros(c))) for h, c in (
        ((2, 6), (3, 6)), ((3, 6), (2, 6)), ((3, 5), (3, 6)), ((3, 6), (3, 5)), ((3, 6), (1, 3, 6)))],
    lambda t: t.nn.LSTMCell(4, 6)(t.zeros(3, 4), t.zeros(3, 6)),
    lambda t: t.nn.LSTMCell(4, 6)(t.zeros(3, 4), (t.zeros(3, 6),)),
    lambda t: t.gru_cell(t.zeros(3, 4), t.zeros(3, 6), t.zeros(17, 4), t.zeros(18, 6)),
    lambda t: t.rnn_tanh_cell(t.zeros(3, 4), t.zeros(3, 6), t.zeros(6, 4), t.zeros(7, 6)),
    # packing
    *[lambda t, shape=shape, lengths=lengths, options=options: t.nn.utils.rnn.pack_padded_sequence(
        t.zeros(shape), lengths, **options) for shape, lengths, options in (
        ((5, 3), [2, 5, 3], {}), ((5, 3), [5, 3], {}), ((5, 3), [5, 3, 0], {}), ((5, 3), [5, 3, -1], {}),
        ((5, 3), [[5, 3, 2]], {}), ((5, 3), 5, {}), ((5,), [3], {}), ((0, 3), [0, 0, 0], {}), ((5, 0), [], {}),
        ((5, 3), [5, 3, 2], {"batch_first": True}), ((5, 3), [0, 3, 2], {"enforce_sorted": False}))],
    lambda t: t.nn.utils.rnn.pad_packed_sequence(some_packed(t), total_length=3),
    lambda t: t.nn.utils.rnn.pad_packed_sequence(t.zeros(3)),
    lambda t: t.nn.utils.rnn.pad_packed_sequence(
        t.nn.utils.rnn.PackedSequence(t.zeros(4), t.zeros(0, dtype=t.int64))),
    lambda t: t.nn.utils.rnn.pad_sequence(3), lambda t: t.nn.utils.rnn.pad_sequence([]),
    lambda t: t.nn.utils.rnn.pad_sequence([t.zeros(2)], padding_side="up"),
    lambda t: t.nn.utils.rnn.pad_sequence([t.zeros(5, 3), t.zeros(2, 4)]),
    lambda t: t.nn.utils.rnn.pad_sequence([t.zeros(3), t.zeros(2, 4)]),
    lambda t: t.nn.utils.rnn.pack_sequence([]),
    lambda t: t.nn.utils.rnn.pack_sequence([t.zeros(2), t.zeros(3)]),
    lambda t: t.nn.utils.rnn.unpad_sequence(t.zeros(5, 3), t.tensor([5, 3])),
]


@pytest.mark.parametrize("call", ERRORS)
def test_errors(call):
    with pytest.raises(Exception):  # noqa: B017 (which one is compared below)
        call(minitorch)
    same(call)


def test_dropout_of_one_layer_warns():
    def warned(t):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            t.nn.GRU(4, 6, dropout=0.5)
        return [(w.category.__name__, str(w.message)) for w in caught]
    same(warned)


def test_refused_batch_sizes():
    """torch reads past the data here, or complains of something inside; minitorch says what is wrong."""
    for data, sizes in ((3, [2, 2]), (5, [2, 2]), (4, [1, 3])):
        packed = minitorch.nn.utils.rnn.PackedSequence(minitorch.zeros(data), minitorch.tensor(sizes))
        with pytest.raises(RuntimeError, match="do not fit"):
            minitorch.nn.utils.rnn.pad_packed_sequence(packed)
