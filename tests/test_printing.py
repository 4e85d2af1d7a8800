"""Printed tensors: character for character what torch prints, `minitorch.` for `torch.`."""

import contextlib
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import minitorch
from minitorch.printing import get_printoptions, printoptions, set_printoptions, tensor_text

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

quiet = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}

nan, inf = np.nan, np.inf
FLOATS = ("float16", "float32", "float64")
INTEGERS = ("uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64")
COMPLEX = ("complex64", "complex128")


@pytest.fixture(autouse=True)
def default_options():
    """Each test begins, and leaves both libraries, with the default options."""
    def restore():
        set_printoptions(profile="default")
        torch.set_printoptions(profile="default")
        for library in (torch, minitorch):
            library.set_default_dtype(library.float32)

    restore()
    yield
    restore()


@contextlib.contextmanager
def both_options(**options):
    with printoptions(**options), torch._tensor_str.printoptions(**options):
        yield


def text(array, default_dtype=np.float32, **facts) -> str:
    return tensor_text(np.asarray(array), default_dtype=default_dtype, **facts)


def torch_text_of(text: str) -> str:
    return re.sub(r"\btorch\.", "minitorch.", text)


def torch_text(tensor) -> str:
    return torch_text_of(repr(tensor))


def assert_same(array, **options):
    array = np.asarray(array)
    with both_options(**options):
        assert text(array) == torch_text(torch.from_numpy(array))


# ---------------------------------------------------------------- a table of edge cases


def ramp(*shape, dtype="float32"):
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


def halves(*shape, dtype="float64"):
    return ramp(*shape, dtype=dtype) * np.array(0.5, dtype)


CASES = {
    "one": np.float32([1]),
    "scalar integral": np.float32(3),
    "scalar": np.float32(3.14159265),
    "scalar large": np.float32(1e20),
    "scalar nan": np.float32(nan),
    "scalar bool": np.bool_(True),
    "scalar int": np.int32(-7),
    "scalar complex": np.complex64(1 - 2.5j),
    "signed zeros": np.float32([-0.0, 0.0]),
    "nans alone": np.float32([nan, inf, -inf]),
    "zeros and nans": np.float32([0, nan, -inf]),
    "integral with nans": np.float32([1, nan, inf, -inf, -20]),
    "fixed with nans": np.float32([1.5, nan, inf, -inf]),
    "scientific with nans": np.float32([1e-5, inf, nan, 0, 1]),
    "ratio of 1000": np.float64([1, 1000]),
    "ratio above 1000": np.float64([1, 1001]),
    "ratio above 1000, fractions": np.float64([0.5, 501.5]),
    "1e8": np.float64([1e8]),
    "above 1e8": np.float64([1e8 + 1]),
    "1e-4": np.float64([1e-4, 1e-3]),
    "below 1e-4": np.float64([9.9e-5]),
    "ratio that overflows": np.float64([5e-324, 1.7e308]),
    "float32 of 0.1": np.float32([0.1, 0.2, 0.30000001]),
    "float16": np.float16([65504, 0.1, 6e-8]),
    "float16 integral": np.float16([2048, -1]),
    "bools": np.array([[True, False], [False, False]]),
    "int64 limits": np.int64([-(2**63), 2**63 - 1]),
    "uint64 limit": np.uint64([2**64 - 1, 0]),
    "complex signs": np.complex64([complex(1, -0.0), complex(-0.5, 0.0), complex(-0.0, -2)]),
    "complex nans": np.complex128([complex(nan, inf), complex(-inf, -nan), complex(0, -inf)]),
    "complex scientific imag": np.complex64([1 + 1e-9j, 2 - 3e5j]),
    "complex rows": (halves(3, 30) - 1j * ramp(3, 30)).astype("complex64"),
    "empty": np.zeros(0, "float32"),
    "empty float64": np.zeros(0, "float64"),
    "empty bool": np.zeros(0, "bool"),
    "empty complex": np.zeros((0,), "complex64"),
    "empty int64": np.zeros((0, 3), "int64"),
    "empty inner": np.zeros((2, 0, 3), "float32"),
    "wrapped line": ramp(40),
    "wrapped rows": halves(3, 40),
    "wrapped bools": ramp(3, 25) % 3 == 0,
    "batches": ramp(2, 2, 2, 2),
    "five dimensions": ramp(2, 1, 2, 1, 3, dtype="int16"),
    "at the threshold": ramp(1000),
    "above the threshold": ramp(1001),
    "summary of a matrix": halves(40, 40),
    "summary of a narrow matrix": halves(500, 3),
    "summary of a wide matrix": halves(3, 500),
    "summary of batches": ramp(8, 12, 15, dtype="int64"),
    "summary of one dimension": ramp(7, 2, 100),
    "summary of bools": ramp(50, 50) % 2 == 0,
    "summary of complex": halves(50, 50) - 1j * ramp(50, 50),
    "summary hides the large": np.where(ramp(1100) == 500, 1e9, ramp(1100)),
    "summary shows the large": np.where(ramp(1100) == 1, 1e9, ramp(1100)),
    "summary hides the fraction": np.where(ramp(60, 60) == 1830, 0.5, 1.0),
    "transposed": halves(3, 5).T,
    "strided": ramp(30)[::7],
    "expanded": np.broadcast_to(np.float32(2.5), (3, 4)).copy(),
}

OPTIONS = {
    "default": {},
    "scientific": {"sci_mode": True},
    "never scientific": {"sci_mode": False},
    "short": {"profile": "short"},
    "full": {"profile": "full"},
    "full, narrow": {"profile": "full", "linewidth": 40},
    "unknown profile": {"profile": "nonesuch"},
    "no digits": {"precision": 0},
    "many digits": {"precision": 12},
    "narrow": {"linewidth": 20},
    "narrower than a number": {"linewidth": 1},
    "wide": {"linewidth": 200},
    "always summarized": {"threshold": 0},
    "one edge item": {"threshold": 4, "edgeitems": 1},
    "no edge items": {"threshold": 4, "edgeitems": 0},
    "no edge items, full": {"edgeitems": 0},
}

SMALL = [name for name in CASES if CASES[name].size <= 200]


@pytest.mark.parametrize("name", CASES)
def test_edge_cases_print_as_in_torch(name):
    assert_same(CASES[name])


@pytest.mark.parametrize("options", OPTIONS)
def test_options_act_as_in_torch(options):
    for name in SMALL + ["above the threshold", "summary of batches"]:
        assert_same(CASES[name], **OPTIONS[options])


# ---------------------------------------------------------------- drawn arrays

# Numbers on which notation and width turn: integral and not, near each limit, at both ends of the type.
TURNING = [0.0, -0.0, 1.0, -2.0, 0.5, -0.25, 3.14159, 999.0, 1000.0, 1001.0, 1e-4, 9.9e-5, 1e-8, 12345.0, 65504.0, 1e8,
           1.5e8, -1e20, 1e38, 1e-38, 5e-324, 1.7e308, nan, inf, -inf]


def reals(dtype):
    info = np.finfo(dtype)
    fits = [x for x in TURNING if not np.isfinite(x) or abs(x) <= float(info.max)]
    return (st.sampled_from(fits) | st.integers(-1200, 1200).map(float) | st.floats(-2, 2)
            | st.floats(width=info.bits)).map(info.dtype.type)


def elements(dtype):
    if dtype in FLOATS:
        return reals(dtype)
    if dtype in COMPLEX:
        part = reals("float32" if dtype == "complex64" else "float64").map(float)
        return st.builds(complex, part, part)
    return None  # hypothesis's own: every value of the type


@st.composite
def drawn_arrays(draw):
    dtype = draw(st.sampled_from(["bool", *INTEGERS, *FLOATS * 3, *COMPLEX * 3]))
    shape = draw(st.just(()) | array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)
                 | st.tuples(st.integers(0, 60)) | st.tuples(st.integers(0, 4), st.integers(0, 24)))
    array = draw(arrays(dtype, shape, elements=elements(dtype)))
    return array.T if draw(st.booleans()) else array


drawn_options = st.fixed_dictionaries({}, optional={
    "precision": st.integers(0, 9),
    "threshold": st.sampled_from([0, 3, 10, 50, 1000, inf]),
    "edgeitems": st.integers(0, 4),
    "linewidth": st.integers(1, 130),
    "profile": st.sampled_from(["default", "short", "full"]),
    "sci_mode": st.sampled_from([None, True, False]),
})


@settings(max_examples=300, **quiet)
@given(array=drawn_arrays())
def test_drawn_arrays_print_as_in_torch(array):
    assert_same(array)


@settings(max_examples=300, **quiet)
@given(array=drawn_arrays(), options=drawn_options)
def test_drawn_arrays_and_options_print_as_in_torch(array, options):
    assert_same(array, **options)


# ---------------------------------------------------------------- drawn tensors

MAGNITUDES = {  # of the drawn numbers, as powers of ten
    "one": (0, 0.5), "tiny": (-30, -20), "small": (-6, -3), "around 1e-4": (-4.3, -3.7), "up to a thousand": (0, 2.99),
    "mixed": (-6, 6), "large": (6, 12), "around 1e8": (7.8, 8.2), "huge": (20, 38),
}
BIG = [(1001,), (1000,), (40, 40), (600, 2), (2, 600), (11, 10, 12), (3, 1, 400), (8, 4, 8, 8), (1, 2000), (0, 2000)]


@st.composite
def numbers(draw) -> np.ndarray:
    """An array of any type and shape: of one magnitude or several, rounded or not, with zeros, nans, infinities."""
    dtype = np.dtype(draw(st.sampled_from(["bool", *INTEGERS, *FLOATS * 4, *COMPLEX * 3])))
    shape = draw(array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6) | st.sampled_from(BIG))
    low, high = MAGNITUDES[draw(st.sampled_from(list(MAGNITUDES)))]
    rounded, odd, rng = draw(st.booleans()), draw(st.booleans()), np.random.default_rng(draw(st.integers(0, 2**32)))

    def reals():
        x = rng.choice([-1, 1], shape) * 10 ** rng.uniform(low, high, shape)
        x = np.where(rng.random(shape) < 0.1, 0.0, np.round(x) if rounded else x)
        return np.where(rng.random(shape) < 0.1, rng.choice([nan, inf, -inf, -0.0], shape), x) if odd else x

    if dtype.kind in "biu":
        limit = 2 if dtype.kind == "b" else min(np.iinfo(dtype).max, 10.0 ** high)
        sign = rng.choice([1, -1 if dtype.kind == "i" else 1])
        return np.asarray(rng.random(shape) * limit * sign).astype(dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(reals() + 1j * reals() if dtype.kind == "c" else reals()).astype(dtype)


def doubled(library):
    class Double(library.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return 2 * g

    return Double.apply


def subclass(base):
    class Image(base):
        pass

    return Image


def written(x):
    """A view of x that remembers being written through."""
    y = x.clone()
    y.view(-1)[:1].mul_(1)
    return y


VIEWS = {
    "plain": lambda t, x: x,
    "transposed": lambda t, x: x.permute(tuple(reversed(range(x.ndim)))),
    "expanded": lambda t, x: x.unsqueeze(0).expand(2, *x.shape),
    "strided": lambda t, x: x.reshape(-1)[::3],
    "selected": lambda t, x: x[0] if x.ndim and len(x) else x,
    "unbound": lambda t, x: x.unsqueeze(0).unbind()[0],
    "detached": lambda t, x: x.detach(),
    "of a subclass": lambda t, x: x.as_subclass(subclass(t.Tensor)),
}
ON_THE_GRAPH = {
    "leaf": lambda t, x: x,
    "product": lambda t, x: x * 1,
    "copy": lambda t, x: x.clone(),
    "relu": lambda t, x: x.relu(),
    "maximum": lambda t, x: x.reshape(-1, 1).max(1).values if x.numel() else x,
    "written through a view": lambda t, x: written(x),
    "in place": lambda t, x: x.clone().mul_(1),
    "own function": lambda t, x: doubled(t)(x),
    "parameter": lambda t, x: t.nn.Parameter(x),
    "parameter of a subclass": lambda t, x: subclass(t.nn.Parameter)(x),
    "frozen parameter": lambda t, x: t.nn.Parameter(x, requires_grad=False),
    "without grad": lambda t, x: t.no_grad()(lambda: x * 1)(),
    "accumulated": lambda t, x: t.autograd.grad((x * x).sum(), x, create_graph=True)[0],
}


@settings(max_examples=300, **quiet)
@given(array=numbers(), view=st.sampled_from(sorted(VIEWS)), history=st.sampled_from([None, *ON_THE_GRAPH]),
       default=st.sampled_from(["float32"] * 3 + ["float64", "float16"]), options=st.just({}) | drawn_options)
def test_drawn_tensors_print_as_in_torch(array, view, history, default, options):
    def texts(library):
        library.set_default_dtype(getattr(library, default))
        x = library.from_numpy(array.copy())
        if history and array.dtype.kind == "f":
            x = ON_THE_GRAPH[history](library, x.requires_grad_())
        x = VIEWS[view](library, x)
        return [text.replace("minitorch.", "torch.") for text in (repr(x), str(x), f"{x}")]

    with both_options(**options):
        assert texts(minitorch) == texts(torch)


def test_items_print_as_in_torch():
    for number, form in ((1.5, ""), (1.5, ".3f"), (3, ">5"), (True, "d"), (1 - 2j, ".1f"), (1e-9, ".2e"), (nan, "6")):
        assert format(minitorch.tensor(number), form) == format(torch.tensor(number), form)
        assert str(minitorch.tensor(number)) == str(torch.tensor(number))


def test_contents_may_be_given():
    for shape in ((2, 3), (0, 3), ()):
        ours, theirs = (t.ones(shape, dtype=t.float64, requires_grad=True) for t in (minitorch, torch))
        assert ours.__repr__(tensor_contents="[words]") == torch_text_of(theirs.__repr__(tensor_contents="[words]"))


# ---------------------------------------------------------------- options


def test_options_are_torchs_and_last_until_changed():
    for options in ({"precision": 2, "sci_mode": True}, {"linewidth": 30}, {"profile": "short", "edgeitems": 5},
                    {"profile": "full"}, {"threshold": 5}, {"profile": "nonesuch"}, {"profile": "default"}):
        set_printoptions(**options)
        torch.set_printoptions(**options)
        assert get_printoptions() == torch._tensor_str.get_printoptions()


def test_options_by_position():
    set_printoptions(6, 10, 2, 60, None, True)
    torch.set_printoptions(6, 10, 2, 60, None, True)
    assert get_printoptions() == torch._tensor_str.get_printoptions()


def test_printoptions_restores_after_an_error():
    set_printoptions(precision=7, sci_mode=False)
    before = get_printoptions()
    with pytest.raises(KeyError), printoptions(precision=1, sci_mode=True):
        assert get_printoptions()["precision"] == 1
        raise KeyError
    assert get_printoptions() == before


# ---------------------------------------------------------------- suffixes


@pytest.mark.parametrize("default", FLOATS)
def test_dtype_is_shown_where_it_is_not_implied(default):
    torch.set_default_dtype(getattr(torch, default))
    for dtype in ("bool", *INTEGERS, *FLOATS, *COMPLEX):
        for shape in ((2,), (), (0,), (0, 3)):
            array = np.ones(shape, dtype)
            assert text(array, np.dtype(default)) == torch_text(torch.from_numpy(array)), (dtype, shape)


@settings(max_examples=100, **quiet)
@given(n=st.integers(0, 12), rows=st.integers(0, 3), double=st.booleans(), linewidth=st.integers(10, 110),
       way=st.sampled_from(["leaf", "node"]))
def test_gradients_and_line_breaks(n, rows, double, linewidth, way):
    array = halves(*((rows, n) if rows else (n,)), dtype="float64" if double else "float32")
    tensor = torch.from_numpy(array.copy()).requires_grad_()
    facts = {"requires_grad": True}
    if way == "node":
        tensor, facts = tensor * 1, {"requires_grad": True, "grad_fn_name": "MulBackward0"}
    with both_options(linewidth=linewidth):
        assert text(array, **facts) == torch_text(tensor)


def test_device_is_shown_where_it_is_not_implied(monkeypatch):
    monkeypatch.setattr(torch._C, "_get_default_device", lambda: "cuda")  # so that torch prints device='cpu'
    for array in (ramp(3), ramp(15), halves(2, 6), ramp(0, 2, dtype="int64")):
        for linewidth in (20, 40, 80):
            with both_options(linewidth=linewidth):
                expected = torch_text(torch.from_numpy(array.copy()).requires_grad_(array.dtype.kind == "f"))
                assert text(array, device="cpu", requires_grad=array.dtype.kind == "f") == expected
    assert text(np.float32([1, 2]), device="cuda:0") == "tensor([1., 2.], device='cuda:0')"


def test_subclass_prints_its_name():
    class Image(torch.Tensor):
        pass

    for array in (halves(2, 14), np.zeros((2, 0), "int32"), np.float32(1)):
        assert text(array, prefix="Image(") == torch_text(torch.from_numpy(np.asarray(array)).as_subclass(Image))


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # torch's own, in its forward mode
def test_dual_tensor_prints_its_tangent():
    forward_ad = torch.autograd.forward_ad
    for n, dtype in ((2, "float32"), (20, "float32"), (1, "float64"), (2, "float64"), (4, "float64")):
        primal, tangent = halves(n, dtype=dtype), ramp(n, dtype=dtype)
        with forward_ad.dual_level():
            expected = torch_text(forward_ad.make_dual(torch.from_numpy(primal), torch.from_numpy(tangent)))
        assert text(primal, tangent=text(tangent)) == expected
