"""`out=` of every function that takes it, against torch: values, dtypes, shapes, versions, warnings, refusals."""

import re
import warnings
import zlib

import numpy as np
import pytest
from alike import Scripts, alike
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from samples import ROWS, Draw
from test_table import arrays_of, convert, library_dtypes, resolve

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

NAMES = {name for names in minitorch._WITH_OUT.values() for name in names.split()} | {
    "special." + name for name in minitorch.special.__all__} | {
    "linalg." + name for names in minitorch.linalg._WITH_OUT.values() for name in names.split()}
# the first row of each name; torch's addbmm treats `out` in ways of its own where a matrix is empty
TAKES = list({row.name: row for row in reversed(ROWS) if row.name in NAMES and row.name != "addbmm"}.values())
OVERLOADS = {"nonzero", "any", "all", "argsort", "var", "std", "sum", "prod", "median", "where", "max", "min"}
few = settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), database=None)


def test_every_function_with_out_has_a_row():
    aliases = {"absolute", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "clip", "concat",
               "concatenate", "divide", "fix", "greater", "greater_equal", "less", "less_equal", "multiply", "negative",
               "not_equal", "subtract"}
    drawn = {"bernoulli", "multinomial", "normal", "rand", "addbmm", "randint", "randn", "randperm", "empty"}  # below
    special = {name for name in NAMES if "." in name}
    assert NAMES - {row.name for row in TAKES} - special == aliases | drawn


def call(library, row, example, out):
    """What a call with `out` gives: results, versions of the tensors written to, warnings, or the error."""
    args, kwargs = example

    def make(a):
        return library.from_numpy(a.copy())

    args, kwargs = convert(args, make), convert(library_dtypes(kwargs, library), make)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            out = out(library)
            result = resolve(library, row.name)(*args, **kwargs, out=out)
        except Exception as error:
            return type(error), str(error)
    same = result is out or all(a is b for a, b in zip(result, out, strict=True))
    told = {str(w.message).split(". This")[0] for w in caught if "resized" in str(w.message)}
    return same, [(str(t.dtype).split(".")[1], t.numpy().copy(), t._version > 0) for t in arrays_of(result)], told


def compare(row, example, out):
    ours, theirs = call(minitorch, row, example, out), call(torch, row, example, out)
    if isinstance(theirs[0], type):  # an error
        if theirs[0] in (TypeError, IndexError) and row.name in OVERLOADS:
            return  # in torch, one of the overloads takes no `out`
        assert ours[0] is theirs[0], f"{row}: {ours}, torch {theirs}"
        if re.match("Expected out tensor|Found dtype|result type", theirs[1]):
            assert ours[1] == theirs[1]
        return
    assert ours[0] is theirs[0] is True, f"{row}: {ours}, torch {theirs}"
    if row.name not in ("kthvalue", "mode"):  # torch warns of a shape [1] that the result does not have
        assert ours[2] == theirs[2], f"{row}: {ours}, torch {theirs}"
    for (a, x, _), (b, y, _) in zip(ours[1], theirs[1], strict=True):
        assert a == b and x.shape == y.shape
        np.testing.assert_allclose(x, y, **row.tolerance("float32"))


@pytest.mark.parametrize("row", TAKES, ids=str)
def test_written_as_in_torch(row):
    @seed(zlib.crc32(str(row).encode()))
    @few
    @given(st.data())
    def check(data):
        d = Draw(data.draw, "float32" if "float32" in row.dtypes else row.dtypes[0])
        example = row.draw(d)
        args, kwargs = convert(example, lambda a: torch.from_numpy(a.copy()))
        results = arrays_of(resolve(torch, row.name)(*args, **library_dtypes(kwargs, torch)))
        shape, other = d.choice("same", "empty", "other"), d.choice(None, None, "float64")

        def out(library):
            made = []
            for r in results:
                kind = getattr(library, other or str(r.dtype).split(".")[1])
                size = {"same": tuple(r.shape), "empty": (0,), "other": (7,)}[shape]
                made.append(library.zeros(size, dtype=kind))
            return made[0] if len(made) == 1 else tuple(made)
        compare(row, example, out)
    check()


script = Scripts()


@script
def argument_requires_grad(t):
    return t.add(t.ones(2, requires_grad=True), 1, out=t.empty(2))


@script
def out_requires_grad(t):
    return t.exp(t.ones(2), out=t.empty(2, requires_grad=True))


@script
def tensor_in_a_list_requires_grad(t):
    return t.cat([t.ones(2), t.ones(2, requires_grad=True)], out=t.empty(4))


@script
def nobody_records(t):
    out = t.empty(2, requires_grad=True)
    with t.no_grad():
        result = t.mul(t.ones(2, requires_grad=True), 3, out=out)
    return result is out, out, out.is_leaf, out._version


@script
def a_list_for_a_tensor(t):
    return t.add(t.ones(2), 1, out=[t.empty(2)])


@script
def methods_take_none(t):
    return t.ones(2).add(1, out=t.empty(2))


@script
def into_a_view(t):
    x = t.zeros(2, 3)
    t.add(t.arange(3.0), 1, out=x[1])
    return x, x._version


@script
def into_the_input_itself(t):
    x = t.arange(4.0)
    t.mul(x, x, out=x)
    return x


@script
def into_another_part_of_the_input(t):
    x = t.arange(4.0)
    t.add(x[:3], x[1:], out=x[1:])
    return x


@script
def into_an_expanded_tensor(t):
    return t.add(t.ones(3, 2), 1, out=t.zeros(2).expand(3, 2))


@script
def saved_tensor_changed_by_out(t):
    x = t.ones(2, requires_grad=True)
    y = t.ones(2)
    z = (x * y).sum()
    t.add(y, 1, out=y)
    z.backward()


@script
def random_numbers_of_the_type_of_out(t):
    made = [t.rand(20, out=t.empty(0, dtype=t.float64)), t.randn(20, out=t.empty(3, 0, dtype=t.float64)),
            t.randperm(5, out=t.empty(0, dtype=t.int64)), t.randint(9, (4,), out=t.empty(0)),
            t.multinomial(t.ones(4), 3, out=t.empty(0, dtype=t.int64)),
            t.bernoulli(t.full((6,), 0.5), out=t.empty(0))]
    return made, t.rand(2)


@script
def another_dtype_than_that_of_out(t):
    return t.zeros(2, dtype=t.float32, out=t.empty(0, dtype=t.float64))


@script
def refused_targets_are_left_alone(t):
    values, indices, whole = t.zeros(5), t.zeros(7, dtype=t.int32), t.zeros(4, dtype=t.int64)
    for call in (lambda: t.max(t.rand(2, 3), 1, out=(values, indices)), lambda: t.add(t.rand(3), 1, out=whole)):
        with pytest.raises(RuntimeError, match="dtype|type"):
            call()
    return whole, whole._version, values._version


@script
def resized_in_inference_mode(t):
    with t.inference_mode():
        out = t.empty(0)
        return t.add(t.ones(2), 1, out=out), out.is_inference()


@script
def parameter_resized_while_nobody_records(t):
    x = t.ones(2, requires_grad=True)
    with t.no_grad():
        t.add(t.ones(3), 1, out=x)
    return x, x.requires_grad, x._version


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        alike(function, torch)
