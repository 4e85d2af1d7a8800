"""MultiheadAttention and the Transformer's layers against torch."""

import itertools
import subprocess
import sys
import warnings

import numpy as np
import pytest
from alike import alike

import minitorch

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::UserWarning")]

LIBRARIES = (minitorch, torch)


def array(x):
    return None if x is None else x.detach().numpy()


def same(ours, theirs, dtype: str, what: str):
    tolerance = {"float64": 1e-9, "float32": 1e-5}[dtype]
    assert len(ours) == len(theirs), what
    for k, (a, b) in enumerate(zip(ours, theirs)):
        assert (a is None) == (b is None), f"{what} {k}"
        if a is not None:
            np.testing.assert_allclose(array(a), array(b), rtol=tolerance, atol=tolerance, err_msg=f"{what} {k}")


def made(t, make, dtype: str):
    t.manual_seed(3)
    return make(t.nn, dtype=getattr(t, dtype))


def check_whole(make, call, dtype: str = "float64", second: bool = False):
    """Text, keys, initial values, results in train (dropout from the same stream) and eval, gradients."""
    outcome = []
    for t in LIBRARIES:
        layer = made(t, make, dtype)
        facts = [repr(layer), [(k, tuple(v.shape)) for k, v in layer.state_dict().items()]]
        numbers = {"initial values": list(layer.parameters())}
        t.manual_seed(4)
        with t.no_grad():  # values that start as 0 or 1 would hide mistakes
            for p in layer.parameters():
                p.add_(0.1 * t.randn(p.shape, dtype=t.float64).to(p.dtype))
        for training in (True, False):
            layer.train(training)
            t.manual_seed(5)
            inputs, results = call(t, layer, getattr(t, dtype))
            results = [r for r in (results if isinstance(results, tuple) else (results,)) if r is not None]
            loss = sum((r * t.linspace(0.5, 1.5, r.numel(), dtype=r.dtype).view(r.shape)).sum() for r in results)
            variables = [*inputs, *layer.parameters()]
            gradients = t.autograd.grad(loss, variables, create_graph=second, allow_unused=True)
            numbers[f"results, training={training}"] = results
            numbers[f"gradients, training={training}"] = gradients
            if second:
                again = sum((g * g).sum() for g in gradients if g is not None)
                numbers[f"second, training={training}"] = t.autograd.grad(again, variables, allow_unused=True)
        with t.no_grad():
            numbers["inference"] = [r for r in (lambda r: r if isinstance(r, tuple) else (r,))(
                call(t, layer, getattr(t, dtype), False)[1])]
        outcome.append((facts, numbers))
    (facts, ours), (their_facts, theirs) = outcome
    assert facts == their_facts
    for what in theirs:
        if dtype == "float32" and what == "initial values":
            for a, b in zip(ours[what], theirs[what]):
                np.testing.assert_array_equal(array(a), array(b))
        same(ours[what], theirs[what], dtype, what)


def drawn(t, shape, dtype, requires_grad=True):
    return t.randn(shape, dtype=t.float64).to(dtype).requires_grad_(requires_grad)


MASKS = {
    "none": lambda t, dtype: {},
    "causal": lambda t, dtype: {"attn_mask": t.nn.Transformer.generate_square_subsequent_mask(5, dtype=dtype)[:3]},
    "bool": lambda t, dtype: {"attn_mask": t.tensor([[0, 1, 0, 0, 1], [0, 0, 0, 1, 0], [1, 0, 0, 0, 0]]).bool()},
    "per head": lambda t, dtype: {"attn_mask": (t.arange(60.0).view(4, 3, 5) / 30).to(dtype)},
    "padding": lambda t, dtype: {"key_padding_mask": t.tensor([[0, 0, 0, 1, 1], [0, 0, 0, 0, 1]]).bool()},
    "float padding": lambda t, dtype: {"key_padding_mask": t.tensor([[0, 0, 0.5, 1, -9], [0, 0, 0, 0, 1]]).to(dtype)},
    "both": lambda t, dtype: {"attn_mask": t.tensor([[0, 1, 0, 0, 1], [0, 0, 0, 1, 0], [1, 0, 0, 0, 0]]).bool(),
                              "key_padding_mask": t.tensor([[0, 0, 0, 1, 1], [0, 0, 0, 0, 1]]).bool()},
}


@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("options", [
    {}, {"bias": False}, {"batch_first": True}, {"dropout": 0.4}, {"kdim": 3, "vdim": 6}, {"add_bias_kv": True},
    {"add_zero_attn": True}, {"add_bias_kv": True, "add_zero_attn": True, "kdim": 3, "batch_first": True},
], ids=str)
def test_attention(options, mask, need_weights):
    def call(t, layer, dtype, grad=True):
        shapes = [(3, 2, 4), (5, 2, options.get("kdim", 4)), (5, 2, options.get("vdim", 4))]
        if options.get("batch_first"):
            shapes = [(b, a, c) for a, b, c in shapes]
        inputs = [drawn(t, shape, dtype, grad) for shape in shapes]
        return inputs, layer(*inputs, need_weights=need_weights, **MASKS[mask](t, dtype))

    check_whole(lambda nn, **kw: nn.MultiheadAttention(4, 2, **options, **kw), call)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", ["self", "memory", "unbatched", "each head", "unbatched mask"])
def test_forms_of_attention(form, dtype):
    def call(t, layer, dtype, grad=True):
        x = drawn(t, (3, 4) if "unbatched" in form else (3, 2, 4), dtype, grad)
        memory = drawn(t, (5, 2, 4), dtype, grad)
        if form == "self":
            return [x], layer(x, x, x)
        if form == "memory":
            return [x, memory], layer(x, memory, memory)
        if form == "each head":
            return [x], layer(x, x, x, average_attn_weights=False)
        mask = t.zeros(2, 3, 3, dtype=dtype) if form == "unbatched mask" else None
        return [x], layer(x, x, x, attn_mask=mask)

    check_whole(lambda nn, **kw: nn.MultiheadAttention(4, 2, **kw), call, dtype, second=dtype == "float64")


LAYERS = [dict(zip(("batch_first", "norm_first", "activation", "bias"), values))
          for values in itertools.product((True, False), (True, False), ("relu", "gelu"), (True, False))]


@pytest.mark.parametrize("options", LAYERS, ids=str)
def test_encoder_layer(options):
    def call(t, layer, dtype, grad=True):
        x = drawn(t, (2, 3, 4), dtype, grad)
        mask = t.nn.Transformer.generate_square_subsequent_mask(3 if options["batch_first"] else 2, dtype=dtype)
        return [x], layer(x, src_mask=mask)

    check_whole(lambda nn, **kw: nn.TransformerEncoderLayer(4, 2, 6, dropout=0.2, **options, **kw), call)


@pytest.mark.parametrize("options", LAYERS[::3], ids=str)
def test_decoder_layer(options):
    def call(t, layer, dtype, grad=True):
        shapes = (2, 3, 4), (2, 5, 4) if options["batch_first"] else (5, 3, 4)
        x, memory = [drawn(t, shape, dtype, grad) for shape in shapes]
        return [x, memory], layer(x, memory)

    check_whole(lambda nn, **kw: nn.TransformerDecoderLayer(4, 2, 6, dropout=0.2, **options, **kw), call)


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("norm", [True, False])
def test_encoder_with_padding(nested, norm):
    """In inference torch leaves padded positions out and puts zeros in their place."""
    def make(nn, dtype):
        layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.1, batch_first=True, dtype=dtype)
        return nn.TransformerEncoder(layer, 2, nn.LayerNorm(4, dtype=dtype) if norm else None, nested)

    def call(t, layer, dtype, grad=True):
        x = drawn(t, (2, 3, 4), dtype, grad)
        return [x], layer(x, src_key_padding_mask=t.tensor([[False, False, True], [False, False, False]]))

    check_whole(make, call)


# Masks of 2 sequences of 3. Those that hide all keys from a query give NaN or zeros, by the algorithm torch takes.
HIDDEN = {
    "none": lambda t: None,
    "bool": lambda t: t.tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]]).bool(),
    "float": lambda t: t.tensor([[0, 0.5, 0], [0, 0, -1.0], [0.1, 0, 0]]),
    "causal": lambda t: t.nn.Transformer.generate_square_subsequent_mask(3),
    "a whole row": lambda t: t.tensor([[0, 1, 0], [1, 1, 1], [1, 0, 0]]).bool(),
    "each head": lambda t: t.tensor([[0, 1, 0], [0, 0, 1], [1, 0, 0]]).bool().expand(4, 3, 3).contiguous(),
}
PADDED = {
    "none": lambda t: None,
    "bool": lambda t: t.tensor([[0, 0, 1], [0, 0, 0]]).bool(),
    "float": lambda t: t.tensor([[0, 0, -0.5], [0, 0, 0]]),
    "not at the end": lambda t: t.tensor([[1, 0, 0], [0, 1, 0]]).bool(),
    "a whole sequence": lambda t: t.tensor([[1, 1, 1], [0, 0, 1]]).bool(),
}


@pytest.mark.parametrize("padding", PADDED)
@pytest.mark.parametrize("mask", HIDDEN)
def test_inference(mask, padding):
    """Where nothing is to be differentiated torch takes other algorithms, with other ideas of what a mask means."""
    def inputs(t):
        return t.randn(2, 3, 4), HIDDEN[mask](t), PADDED[padding](t)

    def attention(t):
        layer, (x, hidden, padded) = t.nn.MultiheadAttention(4, 2, batch_first=True).eval(), inputs(t)
        with t.no_grad():
            return [layer(x, x, x, padded, weights, hidden) for weights in (True, False)]

    def encoder_layer(t):
        layer = t.nn.TransformerEncoderLayer(4, 2, 6, batch_first=True, activation=t.nn.GELU("tanh")).eval()
        recorded, given = layer(*inputs(t)), inputs(t)
        with t.no_grad():
            fast = layer(*given)
            layer.linear1.register_forward_hook(lambda *_: None)
            return recorded, fast, layer(*given)

    def encoders(t):
        results = []
        for options in ({}, {"enable_nested_tensor": False}, {"mask_check": False}):
            layer = t.nn.TransformerEncoderLayer(4, 2, 6, batch_first=True)
            encoder = t.nn.TransformerEncoder(layer, 2, **options).eval()
            with t.no_grad():
                results.append(encoder(*inputs(t)))
        return results

    def merged(t):
        _, hidden, padded = inputs(t)
        return t.nn.MultiheadAttention(4, 2).merge_masks(hidden, padded, t.ones(2, 3, 4))

    for script in (attention, encoder_layer, encoders, merged):
        alike(script, torch, rtol=1e-5)


def ones(*shape):
    return lambda t: t.ones(shape)


def drawn_from(*shape):
    return lambda t: t.randn(shape)


@pytest.mark.parametrize("given", [
    {}, {"training": False, "dropout_p": 0.5}, {"dropout_p": 0.5}, {"in_proj_bias": None, "out_proj_bias": None},
    {"static_k": drawn_from(4, 7, 2), "static_v": drawn_from(4, 7, 2)},
    {"static_k": drawn_from(4, 7, 2), "static_v": drawn_from(4, 7, 2), "need_weights": False},
    {"static_k": drawn_from(4, 5, 2), "add_zero_attn": True, "attn_mask": drawn_from(3, 5)},
    {"static_k": ones(3, 7, 2)}, {"static_k": ones(4, 7, 3)}, {"static_v": ones(2, 7, 2)}, {"static_v": ones(4, 7, 3)},
    {"bias_k": ones(1, 1, 4)}, {"bias_v": ones(1, 1, 4)},
    {"bias_k": ones(1, 1, 4), "bias_v": ones(1, 1, 4), "static_k": ones(4, 7, 2)},
    {"bias_k": ones(1, 1, 4), "bias_v": ones(1, 1, 4), "static_v": ones(4, 7, 2)},
    {"use_separate_proj_weight": True}, {"use_separate_proj_weight": True, "q_proj_weight": ones(4, 4)},
    {"use_separate_proj_weight": True, "q_proj_weight": ones(4, 4), "k_proj_weight": ones(4, 4)},
    {"use_separate_proj_weight": True, "q_proj_weight": drawn_from(4, 4), "k_proj_weight": drawn_from(4, 4),
     "v_proj_weight": drawn_from(4, 4)},
    {"in_proj_weight": None}, {"out_proj_weight": drawn_from(6, 4), "out_proj_bias": drawn_from(6)},
    {"embed_dim_to_check": 5}, {"num_heads": 3}, {"key": ones(6, 2, 4)}, {"query": ones(1, 3, 2, 4)},
    {"use_separate_proj_weight": True, "key": ones(6, 2, 4)}, {"attn_mask": ones(2, 5)}, {"attn_mask": ones(3, 3, 5)},
    {"key_padding_mask": ones(2, 4)}, {"key_padding_mask": ones(3, 5)}, {"is_causal": True},
    {"query": ones(3, 4), "key": ones(5, 4), "value": ones(5, 4), "key_padding_mask": ones(2, 5)},
    {"query": ones(3, 4), "key": ones(5, 4), "value": ones(5, 4), "attn_mask": ones(2, 3, 4)},
    {"query": ones(0, 2, 4)}, {"query": ones(3, 0, 4), "key": ones(5, 0, 4), "value": ones(5, 0, 4)},
    {"key": ones(0, 2, 4), "value": ones(0, 2, 4), "need_weights": False},
], ids=lambda given: ", ".join(given))
def test_multi_head_attention_forward(given):
    def script(t):
        usual = {"query": drawn_from(3, 2, 4), "key": drawn_from(5, 2, 4), "value": drawn_from(5, 2, 4),
                 "embed_dim_to_check": 4, "num_heads": 2, "in_proj_weight": drawn_from(12, 4),
                 "in_proj_bias": drawn_from(12), "bias_k": None, "bias_v": None, "add_zero_attn": False,
                 "dropout_p": 0.0, "out_proj_weight": drawn_from(4, 4), "out_proj_bias": drawn_from(4)}
        given_here = {k: v(t) if callable(v) else v for k, v in {**usual, **given}.items()}
        return t.nn.functional.multi_head_attention_forward(**given_here)

    alike(script, torch, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [{}, {"batch_first": True, "activation": "gelu"}, {"norm_first": True,
                                                                                       "bias": False}], ids=str)
def test_transformer(options, dtype):
    def call(t, layer, dtype, grad=True):
        first = options.get("batch_first")
        src, tgt = [drawn(t, (2, n, 4) if first else (n, 2, 4), dtype, grad) for n in (5, 3)]
        padding = t.tensor([[False] * 5, [False] * 4 + [True]])
        mask = layer.generate_square_subsequent_mask(3, dtype=dtype)
        return [src, tgt], layer(src, tgt, tgt_mask=mask, src_key_padding_mask=padding.to(dtype).mul(-9),
                                 memory_key_padding_mask=padding)

    check_whole(lambda nn, **kw: nn.Transformer(4, 2, 2, 2, 6, dropout=0.1, **options, **kw), call, dtype)


@pytest.mark.parametrize("call", [
    lambda t: t.nn.MultiheadAttention(5, 2), lambda t: t.nn.MultiheadAttention(0, 2),
    lambda t: t.nn.MultiheadAttention(4, 2)(t.ones(3, 2, 6), t.ones(3, 2, 6), t.ones(3, 2, 6)),
    lambda t: t.nn.MultiheadAttention(4, 2)(t.ones(4), t.ones(3, 2, 4), t.ones(3, 2, 4)),
    lambda t: t.nn.MultiheadAttention(4, 2)(t.ones(3, 2, 4), t.ones(3, 4), t.ones(3, 2, 4)),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, attn_mask=t.ones(2, 3)),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, attn_mask=t.ones(2, 3, 3)),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, attn_mask=t.ones(3, 3).long()),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, key_padding_mask=t.ones(3, 3).bool()),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, key_padding_mask=t.ones(3).bool()),
    lambda t: t.nn.MultiheadAttention(4, 2)(*[t.ones(3, 2, 4)] * 3, is_causal=True),
    lambda t: t.nn.TransformerEncoderLayer(4, 2, activation="tanh"),
    lambda t: t.nn.Transformer(4, 2, 1, 1, 6)(t.ones(3, 2, 4), t.ones(3, 3, 4)),
    lambda t: t.nn.Transformer(4, 2, 1, 1, 6)(t.ones(3, 2, 5), t.ones(3, 2, 4)),
])
def test_errors(call):
    raised = []
    for t in LIBRARIES:
        with pytest.raises(Exception) as caught:  # noqa: B017, PT011 (whatever torch raises)
            call(t)
        raised.append((caught.type, str(caught.value).replace("minitorch", "torch")))
    assert raised[0] == raised[1]


@pytest.mark.parametrize("options", [{}, {"batch_first": True}, {"batch_first": True, "norm_first": True},
                                     {"batch_first": True, "bias": False}, {"batch_first": True, "nhead": 1},
                                     {"batch_first": True, "activation": "tanh"}], ids=str)
def test_warnings_of_the_encoder(options):
    told = []
    for t in LIBRARIES:
        given = {"nhead": 2, **options}
        if "activation" in given:
            given["activation"] = t.tanh
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            t.nn.TransformerEncoder(t.nn.TransformerEncoderLayer(4, dim_feedforward=6, **given), 1)
        told.append([str(w.message) for w in caught])
    assert told[0] == told[1]


def test_warning_of_masks_of_two_types():
    told = []
    for t in LIBRARIES:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            x, mask, padding = t.ones(3, 2, 4), t.zeros(3, 3), t.zeros(2, 3).bool()
            t.nn.MultiheadAttention(4, 2)(x, x, x, padding, attn_mask=mask)
            t.nn.TransformerEncoderLayer(4, 2, 6)(x, mask, padding)
        told.append([str(w.message) for w in caught])
    assert told[0] == told[1] and told[0]


def test_warning_of_nested_tensors():
    """Once a process, when padding is first left out: so each library is asked in a process of its own."""
    program = """if True:
        import sys, warnings
        t = __import__(sys.argv[1])
        encoder = t.nn.TransformerEncoder(t.nn.TransformerEncoderLayer(4, 2, 6, batch_first=True), 1).eval()
        x, padding = t.ones(2, 3, 4), t.tensor([[0, 0, 1], [0, 0, 0]]).bool()
        for recorded, mask in ((True, padding), (False, padding.flip(1)), (False, padding), (False, padding)):
            with warnings.catch_warnings(record=True) as caught, t.set_grad_enabled(recorded):
                warnings.simplefilter("always", UserWarning)
                encoder(x, src_key_padding_mask=mask)
            print([str(w.message).split(" (Triggered")[0] for w in caught if w.category is UserWarning])
        """
    told = [subprocess.run([sys.executable, "-c", program, library], capture_output=True, text=True, check=True).stdout
            for library in ("minitorch", "torch")]
    assert told[0] == told[1] and "nested tensors" in told[0]


def test_blocks_may_be_replaced():
    """Subclasses replace _sa_block and its like, to see the weights for example; torch's inference passes them by."""
    def script(t):
        class Shown(t.nn.TransformerEncoderLayer):
            def _sa_block(self, x, attn_mask, key_padding_mask, is_causal=False):
                y, self.weights = self.self_attn(x, x, x, key_padding_mask, True, attn_mask)
                return 2 * self.dropout1(y)

            def _ff_block(self, x):
                return 3 * super()._ff_block(x)

        class Halved(t.nn.TransformerDecoderLayer):
            def _mha_block(self, x, mem, attn_mask, key_padding_mask, is_causal=False):
                return super()._mha_block(x, mem, attn_mask, key_padding_mask, is_causal) / 2

        encoder, decoder = Shown(4, 2, 6, batch_first=True), Halved(4, 2, 6, batch_first=True)
        x = t.randn(2, 3, 4)
        memory = encoder(x)
        recorded = [memory, encoder.weights, decoder(x, memory)]
        with t.no_grad():
            return [*recorded, encoder.eval()(x), decoder.eval()(x, memory)]

    alike(script, torch, rtol=1e-5)
