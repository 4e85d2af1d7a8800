"""The engine against torch: each script runs under both libraries and must give, or raise, the same."""

import gc
import threading
import weakref

import pytest
from alike import Scripts, alike

import minitorch
from minitorch.autograd.op import op

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
def test_as_torch(function):
    alike(function, torch)


def leaf(t, values=(1.0, 2.0, 3.0)):
    return t.tensor(list(values), requires_grad=True)


# ---------------------------------------------------------------- backward and .grad


@script
def backward_adds_up(t):
    x = leaf(t)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    return x.grad


@script
def backward_with_gradient(t):
    x = leaf(t)
    (x * x).backward(t.tensor([1.0, 10.0, 100.0]))
    return x.grad


@script
def backward_on_a_leaf(t):
    x = t.tensor(3.0, requires_grad=True)
    x.backward()
    x.backward()
    return x.grad


@script
def backward_of_no_scalar(t):
    (leaf(t) * 2).backward()


@script
def backward_without_grad(t):
    t.ones(1).backward()


@script
def backward_with_wrong_shape(t):
    (leaf(t) * 2).backward(t.ones(2))


@script
def second_backward(t):
    y = (leaf(t) * leaf(t)).sum()
    y.backward()
    y.backward()


@script
def second_backward_that_saved_nothing(t):
    x = leaf(t)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


@script
def second_backward_retained(t):
    x = leaf(t)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


@script
def backward_into_inputs_alone(t):
    x, w = leaf(t), leaf(t)
    y = x * w
    (y * y).sum().backward(inputs=[x, y])
    return x.grad, w.grad, y.grad


@script
def backward_with_no_inputs(t):
    leaf(t).sum().backward(inputs=[])


@script
def one_tensor_used_twice(t):
    x = leaf(t)
    y = x * 2
    (y * y + y).sum().backward()
    return x.grad


@script
def diamond(t):
    x = leaf(t)
    a, b = x * 2, x * 3
    (a * b + a - b).sum().backward()
    return x.grad


@script
def two_outputs_at_once(t):
    x = leaf(t)
    t.autograd.backward([(x * x).sum(), x * 2], [None, t.ones(3)])
    return x.grad


@script
def gradient_of_broadcast(t):
    x, w = t.ones(2, 1, requires_grad=True), t.ones(3, requires_grad=True)
    (x * w * t.arange(6.0).reshape(2, 3)).sum().backward()
    return x.grad, w.grad


@script
def gradient_keeps_its_type(t):
    x, w = t.ones(3, requires_grad=True), t.ones(3, dtype=t.float64, requires_grad=True)
    (x * w).sum().backward()
    return x.grad, w.grad


# ---------------------------------------------------------------- autograd.grad


@script
def grad_of_grad_of_grad(t):
    x = leaf(t)
    y = (x ** 4).sum()
    results = []
    for _ in range(3):
        g, = t.autograd.grad(y, x, create_graph=True)
        results.append(g)
        y = g.sum()
    return results


@script
def grad_of_a_non_leaf(t):
    x = leaf(t)
    y = x * 2
    return t.autograd.grad((y * y).sum(), [y, x])


@script
def grad_of_the_same_twice(t):
    x = leaf(t)
    return t.autograd.grad((x * x).sum(), [x, x])


@script
def grad_of_unused(t):
    return t.autograd.grad(leaf(t).sum(), leaf(t))


@script
def grad_of_unused_allowed(t):
    return t.autograd.grad(leaf(t).sum(), leaf(t), allow_unused=True)


@script
def grad_of_unused_materialized(t):
    return t.autograd.grad(leaf(t).sum(), leaf(t), materialize_grads=True)


@script
def grad_of_what_needs_none(t):
    return t.autograd.grad(leaf(t).sum(), t.ones(3))


@script
def grad_leaves_no_trace(t):
    x = leaf(t)
    t.autograd.grad((x * x).sum(), x)
    return x.grad


@script
def gradient_penalty(t):
    x, w = leaf(t), leaf(t)
    g, = t.autograd.grad((x * w).pow(2).sum(), x, create_graph=True)
    (g.pow(2).sum() + (w * x).sum()).backward()
    return x.grad, w.grad


@script
def backward_with_create_graph(t):
    x = leaf(t)
    (x ** 3).sum().backward(create_graph=True)
    g = x.grad
    x.grad = None
    g.sum().backward()
    return g, x.grad, g.requires_grad


# ---------------------------------------------------------------- leaves, flags, versions


@script
def leaf_facts(t):
    x = leaf(t)
    y = x * 2
    return [(v.is_leaf, v.requires_grad, v.grad_fn, v._version, v.retains_grad) for v in (x, y, y.detach(), x.data)]


@script
def requires_grad_of_integers(t):
    t.tensor([1, 2]).requires_grad_()


@script
def requires_grad_off_for_non_leaf(t):
    (leaf(t) * 2).requires_grad_(False)
    y = leaf(t) * 2
    y.requires_grad = False


@script
def assigned_grad_of_wrong_shape(t):
    leaf(t).grad = t.ones(2)


@script
def assigned_grad_of_wrong_type(t):
    leaf(t).grad = t.ones(3, dtype=t.float64)


@script
def assigned_grad_that_is_no_tensor(t):
    leaf(t).grad = 1.0


@script
def deleted_grad(t):
    x = leaf(t)
    x.sum().backward()
    del x.grad
    return x.grad


@script
def detach_shares_version(t):
    x = t.ones(3)
    d, r = x.detach(), x.data
    d.add_(1)
    r.add_(1)
    return x, x._version, d._version, r._version


@script
def write_through_data_is_unseen(t):
    x = leaf(t)
    y = x * x
    x.data.mul_(10)
    y.sum().backward()
    return x.grad


@script
def changed_input(t):
    x, w = leaf(t), t.ones(3)
    y = x * w
    w.add_(1)
    y.sum().backward()


@script
def changed_output(t):
    y = leaf(t).exp()
    y.add_(1)
    y.sum().backward()


@script
def changed_intermediate(t):
    y = leaf(t) * 1
    z = y * y
    y.mul_(2)
    z.sum().backward()


@script
def numpy_of_what_requires_grad(t):
    leaf(t).numpy()


@script
def next_functions(t):
    x = leaf(t)
    y = x * 2 + t.ones(3)
    return [type(n).__name__ for n, _ in y.grad_fn.next_functions], y.grad_fn.name()


# ---------------------------------------------------------------- grad modes


@script
def modes(t):
    x = leaf(t)
    found = []
    with t.no_grad():
        found.append((x * 2).requires_grad)
        with t.enable_grad():
            found.append((x * 2).requires_grad)
        found.append(t.is_grad_enabled())
    with t.set_grad_enabled(False):
        found.append((x * 2).requires_grad)
    found.append(t.is_grad_enabled())
    t.set_grad_enabled(False)
    found.append(t.is_grad_enabled())
    t.set_grad_enabled(True)
    with t.inference_mode():
        found += [t.is_grad_enabled(), t.is_inference_mode_enabled(), (x * 2).is_inference()]
    return found


@script
def modes_as_decorators(t):
    x = leaf(t)

    @t.no_grad()
    def off(v):
        return v * 2

    @t.no_grad
    def bare(v):
        return v * 2

    @t.enable_grad()
    def on(v):
        return v * 2

    @t.set_grad_enabled(False)
    def chosen(v):
        return v * 2

    @t.inference_mode()
    def inference(v):
        return v * 2

    with t.no_grad():
        inner = on(x).requires_grad
    return off(x).requires_grad, bare(x).requires_grad, inner, chosen(x).requires_grad, inference(x).is_inference(), \
        t.is_grad_enabled()


@script
def mode_around_a_generator(t):
    x = leaf(t)

    @t.no_grad()
    def numbers():
        received = yield (x * 2).requires_grad
        yield received, (x * 2).requires_grad

    run = numbers()
    return next(run), (x * 2).requires_grad, run.send(5), (x * 2).requires_grad


@script
def mode_after_an_exception(t):
    try:
        with t.no_grad():
            raise ValueError
    except ValueError:
        return t.is_grad_enabled()


@script
def inference_tensor_saved(t):
    with t.inference_mode():
        i = t.ones(3)
    return i * leaf(t)


@script
def inference_tensor_added(t):
    with t.inference_mode():
        i = t.ones(3)
    return i + leaf(t)


@script
def inference_tensor_written(t):
    with t.inference_mode():
        i = t.ones(3)
        i.add_(1)
    i.add_(1)


@script
def inference_tensor_version(t):
    with t.inference_mode():
        i = t.ones(3)
    return i._version


# ---------------------------------------------------------------- hooks


@script
def tensor_hooks_in_order(t):
    x, seen = leaf(t), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.clone()) or g * 10)
    handle = y.register_hook(lambda g: seen.append(g.clone()))
    removed = y.register_hook(lambda g: g * 1000)
    removed.remove()
    y.sum().backward()
    handle.remove()
    return x.grad, seen


@script
def hook_on_a_leaf(t):
    x = leaf(t)
    x.register_hook(lambda g: g * 2)
    (x * x).sum().backward()
    (x * x).sum().backward()
    return x.grad


@script
def hook_without_grad(t):
    t.ones(3).register_hook(lambda g: g)


@script
def retained_grad(t):
    x = leaf(t)
    y = x * 2
    y.retain_grad()
    z = y * y
    z.retain_grad()
    z.sum().backward()
    return y.grad, z.grad, x.grad, y.retains_grad


@script
def retain_grad_without_grad(t):
    t.ones(3).retain_grad()


@script
def post_accumulate_hook(t):
    x, seen = leaf(t), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone()))
    (x * x).sum().backward()
    return seen


@script
def node_hook(t):
    x, seen = leaf(t), []
    y = x * 2
    y.grad_fn.register_hook(lambda gi, go: seen.append((gi[0].clone(), go[0].clone())))
    y.sum().backward()
    return seen, x.grad


# ---------------------------------------------------------------- what torch cannot tell us about itself


def test_two_leaves_never_share_one_gradient():
    a, b = leaf(minitorch), leaf(minitorch)
    g = minitorch.ones(3)
    (a + b).backward(g)
    a.grad.add_(100)
    assert b.grad.tolist() == [1, 1, 1] and g.tolist() == [1, 1, 1]


@pytest.mark.parametrize("share", [lambda s: (s, s, s), lambda s: (s, s * 1, s), lambda s: (s, s[:], s * 1)],
                         ids=("one array", "with another between", "a view"))
def test_a_joint_rule_may_give_one_array_to_several_inputs(share):
    @op
    def total(xp, x, a, b, /):
        return x + a + b

    total.backward(lambda g: share(g * 1))
    x, a, b = (minitorch.zeros(3, requires_grad=True) for _ in range(3))
    more = x * 10 + a * 100  # older than `total`: its gradients are added to what waits at the leaves
    (more.sum() + total(x, a, b).sum()).backward()
    assert [t.grad.tolist()[0] for t in (x, a, b)] == [11, 101, 1]


def test_what_a_node_hook_saw_is_left_alone():
    x, seen = leaf(minitorch), []
    older, newer = x * 10, x * 2
    newer.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs[0]))
    (older.sum() + newer.sum()).backward()
    assert seen[0].tolist() == [2, 2, 2] and x.grad.tolist() == [12, 12, 12]


def test_accumulated_gradient_is_the_leafs_own():
    x = leaf(minitorch)
    y = x * 1
    y.retain_grad()
    (y + x).sum().backward()
    x.grad.zero_()
    assert y.grad.tolist() == [1, 1, 1]


def test_a_rule_runs_only_for_inputs_that_need_a_gradient():
    ran = []

    @op
    def product(xp, x, other, /):
        return x * other

    def to_x(g, other):
        ran.append("x")
        return g * other

    def to_other(g, x):
        ran.append("other")
        return g * x

    product.backward(x=to_x, other=to_other)
    x, w = leaf(minitorch), minitorch.ones(3)
    y = product(x, w)
    y.sum().backward()
    assert ran == ["x"]
    assert len(y.grad_fn.plan.readers) == 1  # x, which only the other formula reads, was not even saved
    ran.clear()
    a = leaf(minitorch)
    minitorch.autograd.grad(product(x, a).sum(), a)
    assert ran == ["other"]


def test_graph_of_depth_100000():
    x = minitorch.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + x
    y.backward()
    assert x.grad.item() == 100_001
    del y  # must not overflow the C stack


def test_graphs_die_by_reference_count():
    gc.collect()
    gc.disable()
    try:
        x = leaf(minitorch)
        y = (x * x).tanh() @ x
        y.retain_grad()
        y.backward(retain_graph=True)
        node = weakref.ref(y.grad_fn)
        v = (x * 1)[:2]
        v.mul_(2)
        v.sum().backward()
        base = weakref.ref(v._base)
        del y, v
        assert node() is None and base() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_threads_have_their_own_mode():
    found = []
    with minitorch.no_grad():
        thread = threading.Thread(target=lambda: found.append(minitorch.is_grad_enabled()))
        thread.start()
        thread.join()
    assert found == [True]
