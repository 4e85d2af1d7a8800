"""Every check on every row of the table in samples.py: minitorch against torch."""

import inspect
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from samples import ROWS, Draw, Row

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

table = pytest.mark.parametrize("row", ROWS, ids=str)
quiet = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}


# ---------------------------------------------------------------- from a row to a call in either library


def resolve(library, name: str):
    for part in name.split("."):
        library = getattr(library, part)
    return library


def convert(value, make):
    """`value` with every NumPy array in it turned into a tensor."""
    if isinstance(value, np.ndarray):
        return make(value)
    if isinstance(value, (list, tuple)):
        return type(value)(convert(v, make) for v in value)
    if isinstance(value, dict):
        return {k: convert(v, make) for k, v in value.items()}
    return value


def arrays_of(value) -> list:
    """The tensors inside `value`, in order."""
    if isinstance(value, (minitorch.Tensor, torch.Tensor)):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [t for v in value for t in arrays_of(v)] if isinstance(value, (list, tuple)) else []


def library_dtypes(value, library):
    """Names like "float64" in a keyword argument `dtype` become the library's own types."""
    return {k: getattr(library, v) if k == "dtype" and isinstance(v, str) else v for k, v in value.items()}


def differentiable(row: Row, args: tuple, kwargs: dict) -> list:
    """The float tensors that the row differentiates."""
    if row.grad == "all":
        return [t for t in arrays_of((args, kwargs)) if "float" in str(t.dtype)]
    picked = [args[k] if isinstance(k, int) else kwargs[k] for k in row.grad]
    return [t for t in arrays_of(picked) if "float" in str(t.dtype)]


class Side:
    """One library's call of one example, with its differentiable inputs and float outputs."""

    def __init__(self, library, row: Row, args, kwargs, gradient: bool, layout=lambda a: a):
        def make(a):  # a copy: an operation may write to what it is given, as embedding's max_norm does
            return library.from_numpy(layout(a.copy(order="K")))

        self.library = library
        self.args, self.kwargs = convert(args, make), convert(library_dtypes(kwargs, library), make)
        self.inputs = differentiable(row, self.args, self.kwargs) if gradient else []
        for t in self.inputs:
            t.requires_grad_()
        self.result = resolve(library, row.name)(*self.args, **self.kwargs)
        self.outputs = arrays_of(self.result) if not isinstance(self.result, (bool, int, float)) else []

    def grad(self, outputs, cotangents, create_graph=False):
        autograd = self.library.autograd
        return autograd.grad(outputs, self.inputs, cotangents, create_graph=create_graph, allow_unused=True)


def both(row: Row, example, gradient: bool, layout=lambda a: a) -> tuple[Side, Side]:
    args, kwargs = example
    return (Side(minitorch, row, args, kwargs, gradient, layout), Side(torch, row, args, kwargs, gradient, layout))


def same(ours, theirs, tolerance: dict, what: str) -> None:
    """Equal shape, dtype and values."""
    assert len(ours) == len(theirs), f"{what}: {len(ours)} tensors, torch has {len(theirs)}"
    for a, b in zip(ours, theirs):
        if a is None or b is None:  # a gradient that one side leaves out must be zero on the other
            left = a if b is None else b
            assert left is None or not np.any(left.detach().numpy()), f"{what}: one side has no gradient"
            continue
        assert tuple(a.shape) == tuple(b.shape), f"{what}: shape {tuple(a.shape)}, torch {tuple(b.shape)}"
        assert str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1], f"{what}: {a.dtype}, torch {b.dtype}"
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), **tolerance, err_msg=what)


def cotangents(outputs, example_seed: int):
    rng = np.random.default_rng(example_seed)
    return [rng.uniform(0.5, 1.5, tuple(y.shape)).astype(str(y.dtype).split(".")[1]) for y in outputs]


def float_outputs(side: Side) -> list:
    return [y for y in side.outputs if y.requires_grad]


def examples(row: Row, dtype: str, count: int):
    """A decorator that runs a check on `count` examples of the row, the same ones each time."""

    def decorate(check):
        @seed(zlib.crc32(f"{row}{dtype}{check.__name__}".encode()))
        @settings(max_examples=count * settings().max_examples // 50, **quiet)  # ten times as many in make test-all
        @given(st.data())
        def run(data):
            check(row.draw(Draw(data.draw, dtype)))

        run()

    return decorate


# ---------------------------------------------------------------- the checks


@table
def test_forward(row):
    """Values, shapes and dtypes, for every dtype of the row."""
    for dtype in row.dtypes:
        @examples(row, dtype, 12)
        def check(example):
            ours, theirs = both(row, example, gradient=False)
            same(ours.outputs, theirs.outputs, row.tolerance(dtype), str(row))
            if isinstance(theirs.result, (bool, int, float)):
                assert ours.result == theirs.result


gradient_dtypes = [d for d in ("float32", "float64")]
rows_with_gradient = pytest.mark.parametrize("row", [r for r in ROWS if r.grad != ()], ids=str)


@rows_with_gradient
def test_gradient(row):
    """The gradient of every input for a random cotangent."""
    for dtype in gradient_dtypes:
        if dtype not in row.dtypes:
            continue

        @examples(row, dtype, 10)
        def check(example):
            ours, theirs = both(row, example, gradient=True)
            outs, touts = float_outputs(ours), float_outputs(theirs)
            assert len(outs) == len(touts), "which outputs require grad"
            if not touts or not theirs.inputs:
                return
            gs = cotangents(touts, 1)
            mine = ours.grad(outs, [minitorch.from_numpy(g) for g in gs])
            same(mine, theirs.grad(touts, [torch.from_numpy(g) for g in gs]), row.tolerance(dtype), f"{row} gradient")


@rows_with_gradient
def test_second_gradient(row):
    """The gradient of the gradient, in float64: also with respect to the cotangent."""
    if not row.second or "float64" not in row.dtypes:
        assert row.grad != (), "a row without a second gradient says so"
        return

    @examples(row, "float64", 6)
    def check(example):
        found = []
        for side, make in zip(both(row, example, gradient=True), (minitorch.from_numpy, torch.from_numpy)):
            outs = float_outputs(side)
            if not outs or not side.inputs:
                return
            gs = [make(g).requires_grad_() for g in cotangents(outs, 1)]
            first = [g for g in side.grad(outs, gs, create_graph=True)]
            kept = [(g * make(w)).sum() for g, w in zip(first, cotangents([g for g in first if g is not None], 2))
                    if g is not None and g.requires_grad]
            side.inputs = side.inputs + gs
            found.append([g.detach() if g is not None else None for g in first]
                         + list(side.grad([sum(kept)], None) if kept else [None] * len(side.inputs)))
        same(*found, row.tolerance("float64"), f"{row} second gradient")


@pytest.mark.parametrize("row", [r for r in ROWS if r.strided], ids=str)
def test_strides(row):
    """Inputs whose memory is not in order."""
    dtype = row.dtypes[0]

    def spread(a):
        wide = np.zeros((*a.shape, 2), a.dtype)  # every second element of a wider array
        wide[..., 0] = a
        return np.asfortranarray(wide)[..., 0]

    @examples(row, dtype, 5)
    def check(example):
        gradient = row.grad != () and dtype in gradient_dtypes
        try:
            theirs = Side(torch, row, *example, gradient, spread)
        except RuntimeError as error:  # a view that this memory does not allow
            with pytest.raises(RuntimeError) as ours:
                Side(minitorch, row, *example, gradient, spread)
            assert str(ours.value) == str(error)
            return
        ours = Side(minitorch, row, *example, gradient, spread)
        same(ours.outputs, theirs.outputs, row.tolerance(dtype), f"{row} strided")
        outs, touts = float_outputs(ours), float_outputs(theirs)
        if touts and theirs.inputs:
            gs = cotangents(touts, 1)
            same(ours.grad(outs, [minitorch.from_numpy(g) for g in gs]),
                 theirs.grad(touts, [torch.from_numpy(g) for g in gs]), row.tolerance(dtype), f"{row} strided gradient")


@pytest.mark.parametrize("row", [r for r in ROWS if r.grad != () and r.same_node], ids=str)
def test_node(row):
    """grad_fn is named as in torch."""
    @examples(row, row.dtypes[0], 3)
    def check(example):
        ours, theirs = both(row, example, gradient=True)
        if not theirs.inputs:
            return
        names = [[type(y.grad_fn).__name__ for y in float_outputs(side)] for side in (ours, theirs)]
        assert names[0] == names[1]
        if row.node is not None and names[1]:
            assert row.node in names[1]


@pytest.mark.parametrize("row", [r for r in ROWS if r.method], ids=str)
def test_method(row):
    """The method form gives what the function gives."""
    @examples(row, row.dtypes[0], 3)
    def check(example):
        side, _ = both(row, example, gradient=False)
        first, *rest = side.args
        result = getattr(first, row.name.rpartition(".")[2])(*rest, **side.kwargs)
        same(arrays_of(result), side.outputs, {"rtol": 0, "atol": 0}, f"{row} method")


@pytest.mark.parametrize("row", [r for r in ROWS if r.in_place], ids=str)
def test_in_place(row):
    """The in-place form: values, version, gradient; or torch's refusal."""
    name = row.name.rpartition(".")[2] + "_"
    if row.name.startswith("Tensor.") and row.name.endswith("_"):
        name = row.name.rpartition(".")[2]

    @examples(row, "float64" if "float64" in row.dtypes else row.dtypes[0], 6)
    def check(example):
        found = []
        for side in both(row, example, gradient="float64" in row.dtypes and row.grad != ()):
            base = side.args[0]
            x = base * 1 if base.requires_grad else base.clone()
            try:
                getattr(x, name)(*side.args[1:], **side.kwargs)
            except RuntimeError as error:
                found.append(str(error).replace("torch.", "minitorch.").replace("miniminitorch", "minitorch"))
                continue
            g = None
            if side.inputs and x.requires_grad:
                make = minitorch.from_numpy if side.library is minitorch else torch.from_numpy
                g, = (side.library.autograd.grad([x], [base], [make(cotangents([x], 1)[0])], allow_unused=True)
                      if base.requires_grad else [None])
            found.append((x, g, x._version))
        ours, theirs = found
        if isinstance(theirs, str) or isinstance(ours, str):
            assert ours == theirs
            return
        same(ours[:2], theirs[:2], row.tolerance("float64"), f"{row} in place")
        assert ours[2] == theirs[2], "versions"


@pytest.mark.parametrize("row", [r for r in ROWS if r.errors], ids=str)
def test_errors(row):
    """Refused in the same words."""
    for call in row.errors:
        with pytest.raises(Exception) as theirs:  # noqa: B017 (the comparison below is the assertion)
            call(torch)
        with pytest.raises(Exception) as ours:  # noqa: B017
            call(minitorch)
        found = f"{ours.type.__name__}({ours.value}) for {theirs.type.__name__}({theirs.value})"
        assert ours.type is theirs.type, found
        sentence = str(theirs.value).replace("torch.", "minitorch.")
        parsed = "invalid combination of arguments" in sentence or ("argument" in sentence and "must be" in sentence)
        if not parsed:  # torch's generated argument parser's texts apart
            assert str(ours.value) == sentence, inspect.getsource(call)


def test_fused_agrees_with_composed():
    """An op's fused backward gives what its composed rule gives (create_graph takes the composed one)."""
    checked = set()
    for row in ROWS:
        if row.grad == () or "float64" not in row.dtypes:
            continue

        @examples(row, "float64", 3)
        def check(example, row=row):
            side = Side(minitorch, row, *example, gradient=True)
            outs = float_outputs(side)
            op = getattr(type(outs[0].grad_fn), "op", None) if outs else None
            if op is None or op.fused is None or not side.inputs:
                return
            checked.add(op.name)
            gs = [minitorch.from_numpy(g) for g in cotangents(outs, 1)]
            composed = side.grad(outs, gs, create_graph=True)
            fused = side.grad(outs, gs)
            same(fused, composed, {"rtol": 1e-9, "atol": 1e-9}, f"{row} fused")

    assert checked, "no row reaches a fused backward"


# ---------------------------------------------------------------- is the table whole?

# Public functions that are no operations on tensors: state, types, printing, grad modes.
NO_OPERATION = {
    "Size", "Tensor", "device", "dtype", "finfo", "iinfo", "Generator", "manual_seed", "seed", "initial_seed",
    "get_rng_state", "set_rng_state", "no_grad", "enable_grad", "set_grad_enabled", "inference_mode", "is_grad_enabled",
    "is_inference_mode_enabled", "is_anomaly_enabled", "is_anomaly_check_nan_enabled", "set_printoptions",
    "get_printoptions", "get_default_dtype", "set_default_dtype",
    "promote_types", "result_type",
    "can_cast", "from_numpy", "is_tensor", "is_floating_point", "is_complex", "numel", "save", "load", "from_dlpack",
    "to_dlpack", "get_default_device", "set_default_device", "is_autocast_enabled", *minitorch.settings.__all__,
    "nn.functional.multi_head_attention_forward",  # test_transformer.py
    "complex", "polar", "imag", "view_as_complex", "view_as_real", "stft", "istft",  # test_complex.py, test_stft.py
    "dropout_", "alpha_dropout_", "feature_alpha_dropout_",  # test_dropout.py, as nn.functional has them
    "qr", "svd",  # unique up to signs: test_linalg.py
    "frombuffer", "from_file", "set_anomaly_enabled",  # test_buffer.py
    "nn.functional.grouped_mm", "nn.functional.linear_cross_entropy",  # test_other_names.py
    "svd_lowrank", "pca_lowrank", "feature_dropout", "feature_dropout_",  # test_other_names.py
    "max_pool1d_with_indices", "view_as_complex_copy", "view_as_real_copy", "nn.functional.upsample_nearest",
    "nn.functional.upsample_bilinear",
    *[f"nn.functional.{kind}max_pool{n}d_with_indices" for n in (1, 2, 3) for kind in ("", "adaptive_")],
    *[f"nn.functional.fractional_max_pool{n}d{indices}" for n in (2, 3) for indices in ("", "_with_indices")],
}
# Random operations: their streams are compared in test_sampling.py and test_dropout.py.
RANDOM = {"rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial", "rand_like", "randn_like",
          "randint_like", "empty", "empty_like", "empty_permuted", "poisson", "binomial"}


def public_operations() -> set:
    top = {n for n in minitorch.__all__ if callable(getattr(minitorch, n)) and not isinstance(getattr(minitorch, n),
    type)}
    functional = {"nn.functional." + n for n in minitorch.nn.functional.__all__}
    special = {"special." + n for n in minitorch.special.__all__} | {
        "signal.windows." + n for n in minitorch.signal.windows.__all__}
    in_place = {n for n in top if n in minitorch._IN_PLACE.split()}  # Tensor's, which the rows of the operations test
    return {n for n in top - NO_OPERATION - RANDOM - in_place} | functional | special


def test_every_public_operation_has_a_row():
    """A public op without a row is untested: minitorch.f or minitorch.nn.functional.f, under any of its names."""
    tested = [resolve(minitorch, r.name) for r in ROWS]
    tested += [getattr(minitorch, r.name.rpartition(".")[2], None) for r in ROWS]
    plain = lambda f: getattr(f, "__wrapped__", f)  # nn.functional.tanh is tanh without `out`
    without = [n for n in public_operations() - NO_OPERATION if not any(plain(resolve(minitorch,
        n)) is plain(f) for f in tested)]
    assert not without, f"no row in tests/samples.py for {sorted(without)}"
