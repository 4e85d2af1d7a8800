"""Views and in-place writes under autograd, against torch: values, gradients, versions, node names, refusals.

Read next: programs.py, which draws what no one thinks of.
"""

import pytest
from alike import Scripts, alike

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


# ---------------------------------------------------------------- shapes changed in place


@script
def base_transposed_in_place(t):
    x = leaf(t, 2, 3)
    y = x * 1
    v = y[0]
    y.t_()
    v.mul_(2)
    (y * t.arange(6.0).reshape(3, 2)).sum().backward()
    return y, y.grad_fn, v.grad_fn, x.grad


@script
def view_transposed_in_place(t):
    x = leaf(t, 2, 3)
    y = x * 1
    v = y[0:1]
    v.t_()
    names = [v.grad_fn, y.grad_fn, v._base is y, v._version]
    v.mul_(v)
    (y * y).sum().backward()
    return names, y.grad_fn, x.grad


@script
def names_of_shapes_changed_in_place(t):
    y = leaf(t, 2, 1, 3) * 1
    names = []
    for name, args in [("squeeze_", (1,)), ("unsqueeze_", (0,)), ("squeeze_", ()), ("swapaxes_", (0, 1)), ("t_", ()),
                       ("unsqueeze_", (-1,)), ("squeeze_", ((2,),)), ("transpose_", (0, 1)),
                       ("as_strided_", ((2, 2), (2, 1), 1))]:
        getattr(y, name)(*args)
        names.append((y.grad_fn, tuple(y.shape), tuple(y.stride()), y._version))
    return names


@script
def leaf_transposed_in_place_refused(t):
    leaf(t, 2, 3).t_()


@script
def parameter_transposed_while_nobody_records(t):
    x = leaf(t, 2, 3)
    with t.no_grad():
        x.t_()
    (x * x).sum().backward()
    return x.grad, x.requires_grad, x._version


# ---------------------------------------------------------------- windows on memory


@script
def as_strided_of_a_view(t):
    x = leaf(t, 8)
    y = (x * 1).view(2, 4).t()
    z = y.as_strided((2, 2), (1, 2), 3)
    return z, z.grad_fn, z.storage_offset(), tuple(z._base.shape), t.autograd.grad((z * z).sum(), x)


@script
def as_strided_with_overlap(t):
    x = leaf(t, 5)
    z = (x * 1).as_strided((3, 3), (1, 1))
    first, = t.autograd.grad((z ** 3).sum(), x, create_graph=True)
    return z, first, t.autograd.grad((first * first).sum(), x)


@script
def as_strided_of_an_expanded_tensor(t):
    x = leaf(t, 2, 4)
    z = x.sum(0, keepdim=True).expand(3, 4).as_strided((2, 2), (0, 1))
    return z, t.autograd.grad(z.sum(), x)


@script
def as_strided_outside_of_the_view(t):
    x = leaf(t, 8)
    y = x * 1
    z = y[2:4].as_strided((4,), (1,), 0)
    z.mul_(3)
    return z, y, z.grad_fn, y.grad_fn


@script
def write_through_as_strided(t):
    x = leaf(t, 6)
    y = x * 1
    y.as_strided((2, 2), (3, 1), 1).mul_(x[:4].view(2, 2))
    return y, t.autograd.grad((y * y).sum(), x)


@script
def unfold_twice(t):
    x = leaf(t, 3, 5)
    z = x.unfold(1, 3, 2).unfold(0, 2, 1)
    first, = t.autograd.grad((z * z * z).sum(), x, create_graph=True)
    return z, z.grad_fn, tuple(z.stride()), first, t.autograd.grad((first * first).sum(), x)


@script
def unfold_nothing(t):
    return t.ones(2, 4).unfold(1, 0, 2), t.tensor(4.0).unfold(0, 1, 1), t.tensor(4.0).unfold(-1, 0, 3)


@pytest.mark.parametrize("call", [
    lambda t: t.ones(4).as_strided((3, 3), (2, 1)), lambda t: t.ones(4).as_strided((3,), (2, 1)),
    lambda t: t.ones(4).as_strided((3,), (-1,)), lambda t: t.ones(4).as_strided((-3,), (1,)),
    lambda t: t.ones(4).as_strided((2,), (1,), 3), lambda t: t.ones(4).as_strided((0, 9), (7, 7)),
    lambda t: t.ones(4).unfold(0, 5, 1), lambda t: t.ones(4).unfold(0, 2, 0), lambda t: t.ones(4).unfold(0, -2, 1),
    lambda t: t.ones(4).unfold(1, 2, 1), lambda t: t.tensor(1.0).unfold(0, 2, 1), lambda t: t.ones(2, 2, 2).t_(),
    lambda t: t.ones(2).resize_(-1), lambda t: t.ones(2, requires_grad=True).resize_(1),
    lambda t: t.ones(2).set_(t.ones(2), 1, (2,), (1,)), lambda t: t.ones(2).set_(t.arange(2)),
    lambda t: t.ones(2).fill_diagonal_(1), lambda t: t.ones(2, 3, 3).fill_diagonal_(1),
    lambda t: t.zeros(7, 3).fill_diagonal_(5, wrap=True), lambda t: t.zeros(9, 2).fill_diagonal_(5, wrap=True),
    lambda t: t.zeros(3, 3, 3).fill_diagonal_(2), lambda t: t.zeros(3, 7).fill_diagonal_(2, wrap=True),
])
def test_windows_and_sizes(call):
    alike(call, torch)


@script
def resized(t):
    x = t.arange(6.0)
    v = x[1:3]
    v.resize_(5)
    y = t.arange(6).view(2, 3)
    y.t().resize_(2, 2)
    z = t.arange(6).view(2, 3).t()
    z.resize_(2, 2)
    w = t.arange(4.0)
    w.resize_(2, 4)
    versions = [w.resize_(2)._version, w.resize_(2)._version]
    return v, v.storage_offset(), x._version, y, z, tuple(z.stride()), w[0], versions


@script
def set_to_another(t):
    x, y = t.arange(6.0), t.arange(3.0)
    x.set_(y)
    y[0] = 7
    z = t.empty(0).set_(y, 1, (2,), (1,))
    return x, x._version, y._version, z, t.ones(3).set_()


@script
def fill_diagonal_of_a_result(t):
    x = leaf(t, 3, 3)
    y = (x * 1).fill_diagonal_(2)
    return y, y.grad_fn, t.autograd.grad((y * y).sum(), x)


@script
def index_that_takes_all(t):
    y = leaf(t, 2, 3) * 1
    return [(v.grad_fn, v._is_view()) for v in (y[...], y[:], y[()], y[:, :], y[0:2], y[:, 0:3], y[None])]


@script
def written_whole(t):
    x, names = leaf(t, 2, 3), []
    for key in (Ellipsis, slice(None), (slice(None), slice(None))):
        for value in (x.sum(), x.sum().view(1), 2.0, x):
            y = x * 1
            y[key] = value
            names.append(y.grad_fn)
    return names
