"""Views and in-place writes under autograd, against torch: values, gradients, versions, node names, refusals."""

import re

import hypothesis.strategies as st
import pytest
from alike import Scripts, alike
from hypothesis import given

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    alike(function, torch)


def leaf(t, *shape):
    n = 1
    for s in shape:
        n *= s
    return (t.arange(float(n)).reshape(*shape) + 1).requires_grad_()


@script
def write_to_base(t):
    x = leaf(t, 3)
    y = x * 1
    y.mul_(x)
    y.sum().backward()
    return x.grad, y._version, y.grad_fn


@script
def write_through_view(t):
    x = leaf(t, 2, 3)
    y = x * 1
    v = y[0]
    v.mul_(x[1])
    (y * y).sum().backward()
    return x.grad, y, v, y._version, v._version, y.grad_fn, v.grad_fn


@script
def write_through_view_of_view(t):
    x = leaf(t, 2, 3)
    y = x * 1
    v = y.t()[1:]
    v.add_(x.t()[:2] * 2)
    (y * y).sum().backward()
    return x.grad, y.grad_fn, v.grad_fn, v._base is y


@script
def write_to_base_renews_views(t):
    x = leaf(t, 2, 3)
    y = x * 1
    v, w = y[0], y.view(6)
    y.mul_(x)
    out = (v * 3).sum() + (w * w).sum()
    out.backward()
    return x.grad, v.grad_fn, w.grad_fn


@script
def view_written_then_read_through_another(t):
    x = leaf(t, 4)
    y = x * 1
    a, b = y[:2], y[1:3]
    a.mul_(x[2:])
    b.add_(a)
    (y * t.arange(4.0)).sum().backward()
    return x.grad, y


@script
def view_of_constant_becomes_differentiable(t):
    x, y = leaf(t, 2), t.zeros(3, 2)
    v = y[1]
    before = v.requires_grad
    y[1] = x
    (v * v).sum().backward()
    return before, v.requires_grad, x.grad, y.grad_fn


@script
def setitem_slices(t):
    x, w = leaf(t, 3, 3), leaf(t, 3)
    y = x * 2
    y[1] = w
    y[:, 0] = 7.0
    y[2, 1:] = w[:2] * w[1:]
    (y * y).sum().backward()
    return x.grad, w.grad, y._version, y.grad_fn


@script
def augmented_assignment(t):
    x = leaf(t, 3)
    y = x * 1
    kept = y
    y += x
    y *= 2
    y -= x * x
    y /= x
    y.sum().backward()
    return x.grad, kept is y, y._version


@script
def fill_zero_copy(t):
    x = leaf(t, 2, 3)
    y = x * 1
    y[0].zero_()
    y[1, :2].fill_(5)
    y[:, 2].copy_(x[:, 0])
    (y * y).sum().backward()
    return x.grad, y


@script
def copy_casts_and_broadcasts(t):
    x = leaf(t, 3)
    y = t.zeros(2, 3, dtype=t.float64)
    y.copy_(x)
    y.sum().backward()
    return x.grad, y, y.grad_fn


@script
def leaf_refused(t):
    leaf(t, 3).add_(1)


@script
def leaf_written_without_recording(t):
    x = leaf(t, 3)
    with t.no_grad():
        x.add_(1)
    return x, x._version, x.requires_grad


@script
def view_of_leaf_refused(t):
    leaf(t, 3)[0].add_(1)


@script
def setitem_of_leaf_refused(t):
    leaf(t, 3)[0] = 1


@script
def expanded_refused(t):
    t.ones(3).expand(2, 3).add_(1)


@script
def broadcast_result_refused(t):
    t.ones(3).add_(t.ones(2, 3))


@script
def lower_type_refused(t):
    t.ones(3, dtype=t.long).add_(1.5)


@script
def output_of_unbind_refused(t):
    y = leaf(t, 2, 3) * 1
    y.unbind(0)[0].mul_(2)


@script
def output_of_split_refused(t):
    y = leaf(t, 4) * 1
    y.split(2)[1].mul_(2)


@script
def view_made_without_recording_refused(t):
    y = leaf(t, 3) * 1
    with t.no_grad():
        v = y[:2]
    v.mul_(2)


@script
def saved_view_changed_through_base(t):
    y = leaf(t, 3) * 1
    v = y[:2]
    z = v * v
    y.add_(1)
    z.sum().backward()


@script
def second_derivative_through_a_write(t):
    x = leaf(t, 3)
    y = x * x
    y[1:].mul_(x[:2])
    g, = t.autograd.grad((y * y).sum(), x, create_graph=True)
    g.sum().backward()
    return g, x.grad


@script
def gradient_of_a_view_asked_for(t):
    x = leaf(t, 3)
    y = x * 1
    v = y[:2]
    y.mul_(3)
    return t.autograd.grad((v * v).sum() + y.sum(), [x, y])


@script
def in_place_activation_chain(t):
    x = leaf(t, 3)
    y = (x * 0.1).sin_().exp_().tanh_()
    y.sum().backward()
    return x.grad, y._version, y.grad_fn


# ---------------------------------------------------------------- drawn programs

VIEWS = [lambda t, x: x[0] if x.ndim and x.shape[0] else x, lambda t, x: x[..., 1:], lambda t, x: x.transpose(0, -1),
         lambda t, x: x.reshape(-1), lambda t, x: x.unsqueeze(0), lambda t, x: x.detach(), lambda t, x: x.squeeze(),
         lambda t, x: x[::2], lambda t, x: x.flatten(), lambda t, x: x.narrow(0, 0, 1)]
WRITES = [lambda t, x, y: x.add_(y), lambda t, x, y: x.mul_(y), lambda t, x, y: x.copy_(y), lambda t, x, y: x.zero_(),
          lambda t, x, y: x.sub_(y * 0.5), lambda t, x, y: x.tanh_(), lambda t, x, y: x.fill_(0.5),
          lambda t, x, y: x.__setitem__(0, y.sum()), lambda t, x, y: x.sigmoid_()]
PLAIN = [lambda t, x, y: x * y, lambda t, x, y: x + y, lambda t, x, y: x.tanh(), lambda t, x, y: x.sum() + y,
         lambda t, x, y: (x * 0.3).exp(), lambda t, x, y: x.clone(), lambda t, x, y: x - y.mean()]


def told(error: Exception) -> str:
    """The sentence without the node's name: of views of constants it is compared in the scripts above alone."""
    sentence = str(error).replace("minitorch", "torch")
    return re.sub(r", which is output \d+ of [\w:]+,", "", sentence)


def program(steps):
    """A function of the library: run the steps on a growing list of tensors, note each refusal, then differentiate."""
    def drawn_program(t):
        x = ((t.arange(6.0, dtype=t.float64) - 2.5) / 3).reshape(2, 3).clone().requires_grad_()
        pool, log = [x, x * 1, t.full((2, 3), 0.5, dtype=t.float64)], []
        for kind, which, first, second in steps:
            a, b = pool[first % len(pool)], pool[second % len(pool)]
            try:
                if kind == 0:
                    pool.append(VIEWS[which % len(VIEWS)](t, a))
                elif kind == 1:
                    WRITES[which % len(WRITES)](t, a, b)
                else:
                    pool.append(PLAIN[which % len(PLAIN)](t, a, b))
            except (RuntimeError, IndexError) as error:
                log.append(f"{type(error).__name__}: {told(error)}")
        try:
            total = sum((p * p).sum() for p in pool)
            log.append(t.autograd.grad(total, x, allow_unused=True))
        except RuntimeError as error:
            log.append(told(error))
        return log, pool, [(p._version, p.requires_grad) for p in pool]

    return drawn_program


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), min_size=3,
                max_size=14))
def test_drawn_programs(steps):
    alike(program(steps), torch, rtol=1e-9)
