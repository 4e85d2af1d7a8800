"""Hooks on saved tensors, and anomaly mode, against torch."""

import re
import warnings

import pytest
from alike import Scripts, alike

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    alike(function, torch)


def leaf(t, n=3):
    return (t.arange(float(n)) + 1).requires_grad_()


@script
def what_the_hooks_see(t):
    x, seen = leaf(t), []

    def pack(saved):
        seen.append((t.is_grad_enabled(), saved.requires_grad, saved is x, saved.grad_fn, saved.clone()))
        return saved

    def unpack(kept):
        seen.append(t.is_grad_enabled())
        return kept

    with t.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = (x * x).exp()
        z = t.cat([y, x.sin()]).sum()
    z.backward()
    return seen, x.grad


@script
def unpacked_to_something_else(t):
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda saved: saved + 1, lambda kept: kept * 10):
        y = x * x
    y.sum().backward()
    return x.grad


@script
def packed_as_numpy_arrays(t):
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda saved: saved.detach().numpy(), t.from_numpy):
        y = t.nn.functional.softmax(x * x, 0).log()
    (y * x).sum().backward()
    return x.grad


@script
def the_innermost_hooks_count(t):
    x, order = leaf(t), []

    def hooks(name):
        return t.autograd.graph.saved_tensors_hooks(lambda saved: (order.append(name), saved)[1], lambda kept: kept)

    with hooks("outer"):
        with hooks("inner"):
            x.exp()
        x.sin()
    x.cos()
    return order


@script
def second_derivative(t):
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda saved: saved.clone(), lambda kept: kept):
        y = x * x * x
        first, = t.autograd.grad(y.sum(), x, create_graph=True)
    return first, t.autograd.grad(first.sum(), x)


@script
def in_place_calls(t):
    x, shapes = leaf(t), []
    with t.autograd.graph.saved_tensors_hooks(lambda saved: (shapes.append(saved.clone()), saved.clone())[1],
                                              lambda kept: kept):
        y = (x * 1).sin_().exp_()
        y.mul_(y)
    y.sum().backward()
    return sorted(float(s.sum()) for s in shapes), x.grad


@script
def of_a_custom_function(t):
    class Scaled(t.autograd.Function):
        @staticmethod
        def forward(ctx, a):
            ctx.save_for_backward(a, a * 2)
            return a * 1

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[1]

    x, seen = leaf(t), []
    with t.autograd.graph.saved_tensors_hooks(lambda saved: (seen.append(saved.clone()), saved + 1)[1],
                                              lambda kept: kept * 10):
        y = Scaled.apply(x)
    return seen, t.autograd.grad(y.sum(), x)


@script
def what_was_packed_has_no_version(t):
    x = leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda saved: saved.clone(), lambda kept: kept):
        y = x * x
    with t.no_grad():
        x.add_(1)
    y.sum().backward()
    return x.grad


@script
def on_the_cpu(t):
    x = leaf(t)
    with t.autograd.graph.save_on_cpu():
        y = x * x
    y.sum().backward()
    return x.grad


@script
def nobody_records(t):
    seen = []
    with t.autograd.graph.saved_tensors_hooks(seen.append, lambda kept: kept), t.no_grad():
        leaf(t).exp()
    return seen


@script
def hooks_that_raise(t):
    def refuse(saved):
        raise ValueError("no room")

    with t.autograd.graph.saved_tensors_hooks(refuse, lambda kept: kept):
        leaf(t).exp()


@script
def unpacked_to_no_tensor(t):
    with t.autograd.graph.saved_tensors_hooks(lambda saved: saved, lambda kept: 5):
        y = leaf(t).exp()
    y.sum().backward()


@script
def packed_and_changed(t):
    with t.autograd.graph.saved_tensors_hooks(lambda saved: saved.mul_(2), lambda kept: kept):
        leaf(t).exp()


@script
def refused_inside(t):
    with t.autograd.graph.disable_saved_tensors_hooks("none here"):
        with t.autograd.graph.saved_tensors_hooks(lambda saved: saved, lambda kept: kept):
            leaf(t).exp()


@script
def refused_around(t):
    with t.autograd.graph.saved_tensors_hooks(lambda saved: saved, lambda kept: kept):
        with t.autograd.graph.disable_saved_tensors_hooks("none here"):
            leaf(t).exp()


# ---------------------------------------------------------------- anomaly mode


@script
def whether_it_is_on(t):
    seen = [(t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled())]
    with t.autograd.set_detect_anomaly(True, check_nan=False):
        seen.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))
    t.autograd.set_detect_anomaly(True)
    seen.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))
    t.autograd.set_detect_anomaly(False)
    with t.autograd.detect_anomaly():
        seen.append((t.is_anomaly_enabled(), t.is_anomaly_check_nan_enabled()))
    return seen, t.is_anomaly_enabled()


@script
def nothing_wrong(t):
    with t.autograd.detect_anomaly():
        x = leaf(t)
        (x * x).exp().sum().backward()
    return x.grad


@script
def nan_unchecked(t):
    with t.autograd.set_detect_anomaly(True, check_nan=False):
        x = t.zeros(2, requires_grad=True)
        (x / x).sum().backward()
    return x.grad.isnan()


def divided(t):
    x = t.zeros(2, requires_grad=True)
    y = x * 2
    z = y / x  # the line that anomaly mode is to show
    return z.sum()


def failing(t):
    """The error and the warnings of a backward that gives NaN."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        with t.autograd.detect_anomaly(), pytest.raises(RuntimeError) as raised:
            divided(t).backward()
    return str(raised.value), [str(w.message) for w in caught]


def test_anomaly_mode_shows_the_forward_line():
    ours, theirs = failing(minitorch), failing(torch)
    assert ours[0] == theirs[0] == "Function 'DivBackward0' returned nan values in its 1th output."
    assert ours[1][0] == theirs[1][0]  # what it costs
    for _, told in (ours, theirs):
        assert told[1].startswith("Error detected in DivBackward0. Traceback of forward call that caused the error:\n")
        lines = re.findall(r"line (\d+), in (\w+)\n +(.*)", told[1])
        assert lines[-1][1:] == ("divided", "z = y / x  # the line that anomaly mode is to show")
    # nothing of minitorch stands between the script and the reader
    assert re.findall(r"line \d+, in \w+", ours[1][1])[-2:] == re.findall(r"line \d+, in \w+", theirs[1][1])[-2:]


def test_anomaly_mode_without_a_forward_in_it():
    def fails(t):
        loss = divided(t)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            with t.autograd.set_detect_anomaly(True), pytest.raises(RuntimeError):
                loss.backward()
        return [str(w.message).split(" (Triggered")[0] for w in caught]

    assert fails(minitorch) == fails(torch)


def test_changed_tensor_in_anomaly_mode():
    """The error about a tensor that was written to comes with the line that needs it as it was."""
    for t in (minitorch, torch):
        with warnings.catch_warnings(record=True) as caught, t.autograd.set_detect_anomaly(True):
            warnings.simplefilter("always", UserWarning)
            x = leaf(t)
            y = x.exp()  # needs its result
            y.add_(1)
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                y.sum().backward()
        assert "y = x.exp()  # needs its result" in str(caught[-1].message)
