"""autograd.Function against torch."""

import gc
import weakref

import pytest
from alike import Scripts, alike

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    alike(function, torch)


def leaf(t):
    return t.tensor([1.0, 2.0, 3.0], requires_grad=True)


def exponential(t):
    class Exp(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            y, = ctx.saved_tensors
            return g * y

    return Exp


@script
def saved_output(t):
    x = leaf(t)
    y = exponential(t).apply(x)
    y.sum().backward()
    return y, x.grad, y.grad_fn, y.grad_fn.name()


@script
def differentiated_twice(t):
    x = leaf(t)
    g, = t.autograd.grad(exponential(t).apply(x).sum(), x, create_graph=True)
    g.sum().backward()
    return g, x.grad


@script
def second_backward_refused(t):
    y = exponential(t).apply(leaf(t)).sum()
    y.backward()
    y.backward()


@script
def saved_output_changed(t):
    y = exponential(t).apply(leaf(t))
    y.mul_(2)
    y.sum().backward()


@script
def without_recording(t):
    with t.no_grad():
        y = exponential(t).apply(leaf(t))
    return y.requires_grad, exponential(t).apply(t.ones(2)).requires_grad


@script
def saved_inputs_and_plain_arguments(t):
    class Scaled(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, w, scale):
            ctx.save_for_backward(x, w)
            ctx.scale = scale
            return x * w * scale

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            to_w = g * x * ctx.scale if ctx.needs_input_grad[1] else None
            return g * w * ctx.scale, to_w, None

    x, w = leaf(t), leaf(t)
    Scaled.apply(x, w, 3).sum().backward()
    z = leaf(t)
    Scaled.apply(z, t.ones(3), 2).sum().backward()
    return x.grad, w.grad, z.grad


@script
def several_outputs(t):
    class Both(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * 2, x * x, "a word"

        @staticmethod
        def backward(ctx, g, h, _):
            x, = ctx.saved_tensors
            return g * 2 + h * 2 * x

    x = leaf(t)
    double, square, word = Both.apply(x)
    square.sum().backward()
    return x.grad, word, double.requires_grad


@script
def absent_gradients(t):
    seen = []

    class Both(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 2, x * 3

        @staticmethod
        def backward(ctx, g, h):
            seen.append((g is None, h is None))
            return h * 3

    x = leaf(t)
    Both.apply(x)[1].sum().backward()
    return seen, x.grad


@script
def not_differentiable(t):
    class Sorted(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y, steps = x * 2, x.floor()
            ctx.mark_non_differentiable(steps)
            return y, steps

        @staticmethod
        def backward(ctx, g, _):
            return g * 2

    x = leaf(t)
    y, steps = Sorted.apply(x)
    y.sum().backward()
    return x.grad, steps.requires_grad, y.requires_grad


@script
def dirty_input(t):
    class AddOne(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.add_(1)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 5

    x = leaf(t)
    y = x * 1
    z = AddOne.apply(y)
    z.sum().backward()
    return x.grad, z is y, y


@script
def dirty_leaf_refused(t):
    class AddOne(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            x.add_(1)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g

    AddOne.apply(leaf(t))


@script
def input_returned(t):
    class Same(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 7

    x = leaf(t)
    y = Same.apply(x)
    y.sum().backward()
    return x.grad, y is x, y.grad_fn


@script
def view_returned(t):
    class Flat(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.view(-1)[1:]

        @staticmethod
        def backward(ctx, g):
            return t.cat([g[:1] * 0, g * 7])

    return written_to(t, Flat)


@script
def one_of_several_inputs_returned(t):
    return written_to(t, passing(t, 1), 2)


@script
def several_inputs_returned(t):
    return written_to(t, passing(t, 2), 2)


@script
def the_only_input_returned(t):
    return written_to(t, passing(t, 1))


def passing(t, count):
    """A Function that returns its first `count` inputs."""
    class Passing(t.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.inputs = len(inputs)
            return inputs[:count] if count > 1 else inputs[0]

        @staticmethod
        def backward(ctx, *gs):
            return (gs[0] * 7, *gs[1:], *[None] * (ctx.inputs - len(gs)))

    return Passing


def written_to(t, function, inputs=1):
    """What comes of a write to the result, to what it is a view of, and to a view of it: errors, names, gradients."""
    def given(kind):
        x = leaf(t)
        z = {"leaf": lambda: x, "inner": lambda: x * 1, "view": lambda: (x * 1).view(3), "constant": x.detach}[kind]()
        found = function.apply(z, *[leaf(t) for _ in range(inputs - 1)])
        return x, z, found[0] if isinstance(found, tuple) else found

    def tried(do):
        try:
            done = do()
            return None if done is None else (done.grad_fn, done._version, done)
        except RuntimeError as error:
            return str(error).replace("minitorch", "torch")

    def kept(x, z, y):
        return tried(lambda: y), y._is_view(), y.requires_grad, tried(lambda: y.sum().backward()), x.grad

    seen = []
    for kind in ("leaf", "inner", "view", "constant"):
        for write in (lambda z, y: y.mul_(2), lambda z, y: z.mul_(2), lambda z, y: y.view(-1).mul_(2),
                      lambda z, y: y.detach().mul_(2)):
            x, z, y = given(kind)
            seen += [y._is_view(), y._base is (z if z._base is None else z._base), tried(lambda: write(z, y))]  # noqa: B023
            seen.append(kept(x, z, y))
            x, z, y = given(kind)
            with t.no_grad():
                write(z, y)
            seen.append(kept(x, z, y))
        with t.no_grad():
            x, z, y = given(kind)
        seen += [y is z, y.requires_grad, tried(lambda: y.mul_(2))]  # noqa: B023
    return seen


@script
def input_marked_and_returned(t):
    class Marked(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.mark_non_differentiable(x)
            return x, w

        @staticmethod
        def backward(ctx, g, h):
            return g, h * 3

    seen = []
    for x in (leaf(t) * 1, t.ones(3)):
        a, b = Marked.apply(x, leaf(t))
        seen += [a._is_view(), a.requires_grad, a.mul_(2), b._is_view(), b.grad_fn]
    return seen


@script
def tensor_from_elsewhere_returned(t):
    kept = [leaf(t) * 3, leaf(t), leaf(t) * 3]

    class Elsewhere(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, k):
            return kept[k]

        @staticmethod
        def backward(ctx, g):
            return g * 7, None

    x, seen = leaf(t), []
    for k in range(3):
        with t.set_grad_enabled(k < 2):
            y = Elsewhere.apply(x, k)
        seen += [y is kept[k], y.grad_fn, y.requires_grad, y._is_view()]
        if k < 2:
            y.mul_(2).sum().backward()
    return seen, x.grad, [k.grad for k in kept]


@script
def once(t):
    from_ = t.autograd.function.once_differentiable

    class Square(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @from_
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return g * 2 * x

    x = leaf(t)
    g, = t.autograd.grad(Square.apply(x).sum(), x, create_graph=True)
    g.sum().backward()


@script
def separate_context(t):
    class Square(t.autograd.Function):
        @staticmethod
        def forward(x):
            return x * x

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, = inputs
            ctx.save_for_backward(x)

        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return g * 2 * x

    x = leaf(t)
    Square.apply(x).sum().backward()
    return x.grad


@script
def too_few_gradients(t):
    class Sum(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            return x + w

        @staticmethod
        def backward(ctx, g):
            return g

    Sum.apply(leaf(t), leaf(t)).sum().backward()


@script
def wrongly_shaped_gradient(t):
    class Same(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            return g[:2]

    Same.apply(leaf(t)).sum().backward()


@script
def no_forward(t):
    class Empty(t.autograd.Function):
        pass

    Empty.apply(leaf(t))


@script
def gradient_of_a_constant(t):
    class Same(t.autograd.Function):
        @staticmethod
        def forward(ctx, x, n):
            return x * n

        @staticmethod
        def backward(ctx, g):
            return g, None

    x = leaf(t)
    Same.apply(x, 2).sum().backward()
    return x.grad


def test_a_saved_output_makes_no_circle():
    gc.collect()
    gc.disable()
    try:
        y = exponential(minitorch).apply(leaf(minitorch))
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
        assert gc.collect() >= 0
    finally:
        gc.enable()
