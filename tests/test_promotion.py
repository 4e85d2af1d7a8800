"""Type promotion: every pair of dtypes, between tensors, tensors of no dimension and Python numbers, against torch."""

import itertools
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from twin import same

import minitorch

pytestmark = pytest.mark.torch

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64",
          "complex128")
WIDE_UNSIGNED = ("uint16", "uint32", "uint64")
SCALARS = (True, 3, 2.5, 1j)
pairs = pytest.mark.parametrize("first, second", list(itertools.product(DTYPES, DTYPES)))


def values(library, name: str, ndim: int):
    """Small positive numbers that every type holds."""
    numbers = np.array([1, 2, 3]).astype(name)
    return library.from_numpy(numbers[:1] if ndim else numbers[0].reshape(()))


OPERATIONS = {
    "add": lambda t, a, b: a + b,
    "mul": lambda t, a, b: a * b,
    "div": lambda t, a, b: a / b,
    "floor_divide": lambda t, a, b: a // b,
    "pow": lambda t, a, b: a**b,
    "eq": lambda t, a, b: a == b,
    "where": lambda t, a, b: t.where(t.tensor([True]), a, b),
    "add_": lambda t, a, b: a.clone().add_(b),
}


def compare(operation, make_first, make_second):
    """The operation on both libraries' operands: equal dtype and value, or errors of one type.

    torch's answer to float16 with complex numbers, complex32, does not exist here: NumPy has no such type.
    """
    call = lambda t: operation(t, make_first(t), make_second(t))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = call(torch)
        except Exception as error:
            if "ComplexHalf" in str(error):
                return
            with pytest.raises(type(error)):
                call(minitorch)
            return
        if "complex32" in str(theirs.dtype):
            return
    same(call, rtol=2e-3 if "16" in str(theirs.dtype) else 1e-6)


@pairs
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_pairs_of_tensors(name, first, second):
    for ndims in itertools.product((0, 1), (0, 1)):
        compare(OPERATIONS[name], lambda t: values(t, first, ndims[0]), lambda t: values(t, second, ndims[1]))


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_tensors_and_python_numbers(name, first):
    for ndim, number in itertools.product((0, 1), SCALARS):
        compare(OPERATIONS[name], lambda t: values(t, first, ndim), lambda t: number)
        if name not in ("add_", "where"):
            compare(OPERATIONS[name], lambda t: number, lambda t: values(t, first, ndim))


@pytest.mark.parametrize("first", DTYPES)
def test_functions_that_need_floats(first):
    """Integers become the default float; floats and complex numbers stay what they are."""
    for function in ("sin", "exp", "sqrt", "sigmoid"):
        compare(lambda t, a, b: getattr(t, function)(a), lambda t: values(t, first, 1), lambda t: None)
    compare(lambda t, a, b: a.sum(), lambda t: values(t, first, 1), lambda t: None)


@pytest.mark.parametrize("first", DTYPES + WIDE_UNSIGNED)
@pytest.mark.parametrize("second", DTYPES + WIDE_UNSIGNED)
def test_rules(first, second):
    """promote_types, can_cast and result_type of every pair, also of the unsigned types that torch refuses to mix."""
    same(lambda t: t.promote_types(getattr(t, first), getattr(t, second)))
    same(lambda t: t.can_cast(getattr(t, first), getattr(t, second)))
    for ndims in itertools.product((0, 1), (0, 1)):
        call = lambda t: t.result_type(values(t, first, ndims[0]), values(t, second, ndims[1]))
        if "float16" not in (first, second) or "complex" not in first + second or ndims[0] == ndims[1]:
            same(call)


@pytest.mark.parametrize("first", DTYPES + WIDE_UNSIGNED)
def test_rules_for_python_numbers(first):
    for ndim, number in itertools.product((0, 1), SCALARS):
        if first != "float16" or number != 1j:
            same(lambda t: t.result_type(values(t, first, ndim), number))
            same(lambda t: t.result_type(number, values(t, first, ndim)))


def test_two_python_numbers():
    for a, b in itertools.product(SCALARS, SCALARS):
        same(lambda t: t.result_type(a, b))


def test_int64_with_float32_stays_float32():
    """NumPy says float64; so would a Python or NumPy number on the way."""
    x = minitorch.arange(3)
    y = minitorch.ones(3)
    for z in (x + y, x * 0.5, x / 2, y * np.float64(2), y * 2, x.float() + np.float64(1), x * np.float64(2)):
        assert z.dtype is minitorch.float32


@pytest.mark.parametrize("call", [
    lambda t: t.ones(2, dtype=t.int64).add_(1.5), lambda t: t.ones(2, dtype=t.bool).add_(1),
    lambda t: t.ones(2, dtype=t.int64).mul_(t.ones(2)), lambda t: t.ones(2, dtype=t.int64).div_(2),
    lambda t: t.ones(2).mul_(1j), lambda t: t.ones(2).mul_(t.ones(2, dtype=t.float64)),
])
def test_results_that_do_not_fit_in_place(call):
    same(call)
