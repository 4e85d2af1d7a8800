"""autograd.graph against torch: gradient edges, hooks on several tensors, versions, writes to what was saved."""

from collections import OrderedDict

import pytest
from alike import Scripts, alike
from hypothesis import given, settings
from hypothesis import strategies as st

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

script = Scripts()


@pytest.mark.parametrize("function", script, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_as_torch(function):
    alike(function, torch)


def leaf(t, n=3):
    return (t.arange(float(n)) + 1).requires_grad_()


def said(function):
    """What a call raises, or gives."""
    try:
        return function()
    except Exception as error:
        return type(error).__name__, str(error).replace("minitorch", "torch")


# ---------------------------------------------------------------- edges


@script
def what_an_edge_is(t):
    x = leaf(t, 4)
    a, b = x.split(2)
    edges = [t.autograd.graph.get_gradient_edge(v) for v in (x, x * 2, b)]
    made = t.autograd.graph.GradientEdge(a.grad_fn, 1)
    return ([(e.node.name().replace("minitorch", "torch"), e[1], e.ownership_token, len(e)) for e in edges],
            edges[2].node is b.grad_fn, edges[2] == made, made._fields,
            isinstance(edges[0].node, t.autograd.graph.Node), isinstance(b.grad_fn, t.autograd.graph.Node),
            edges[0].node.variable is x)


@script
def edge_of_a_constant(t):
    t.autograd.graph.get_gradient_edge(t.ones(2))


@script
def edges_for_tensors(t):
    """An edge may stand for every tensor; the tensor itself may be gone."""
    edge, found = t.autograd.graph.get_gradient_edge, []
    x, w = leaf(t), leaf(t)
    y = x * w
    z = (y * y).sum()
    to_x, to_y, to_z = edge(x), edge(y), edge(z)
    del y
    for outputs, inputs in [(to_z, to_y), (z, [to_y, to_x]), ([to_z], (x, to_y)), (to_z, to_z), ([to_z, z], to_x)]:
        found.append(t.autograd.grad(outputs, inputs, retain_graph=True))
    found.append(t.autograd.grad(to_y, to_x, t.ones(3) * 2, retain_graph=True))
    g, = t.autograd.grad(to_z, to_x, create_graph=True)
    found.append(t.autograd.grad(g.sum(), [edge(w), x]))
    return found


@script
def backward_from_and_to_edges(t):
    edge, found = t.autograd.graph.get_gradient_edge, []
    x, w = leaf(t), leaf(t)
    for inputs in (None, lambda y: edge(x), lambda y: [edge(x), x], lambda y: edge(y), lambda y: (edge(y), edge(w))):
        y = x * w
        t.autograd.backward(edge((y * y).sum()), inputs=inputs and inputs(y))
        found.append((x.grad, w.grad, y.grad))
        x.grad = w.grad = None
    y = x * w
    y.sum().backward(inputs=edge(w))
    return found, x.grad, w.grad


@script
def backward_into_some_inputs(t):
    """A tensor that is no leaf receives as after `retain_grad`: once, and what its hooks leave."""
    seen, x, w = [], leaf(t), leaf(t)
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.clone()))
    x.register_hook(lambda g: g * 2)
    for inputs in (lambda y: x, lambda y: [y, x], lambda y: [y, y], lambda y: y, lambda y: {"a": x, "b": y}):
        y = x * w
        y.register_hook(lambda g: g * 3)
        y.exp().sum().backward(inputs=inputs(y))
        seen += [x.grad, w.grad, y.grad, y.retains_grad]
        x.grad = None
    return seen


@script
def a_dict_of_inputs(t):
    x, w = leaf(t), leaf(t)
    y = x * w
    return [said(lambda inputs=inputs: t.autograd.grad(y.sum(), inputs, retain_graph=True, allow_unused=True))
            for inputs in ({"x": x, "y": y}, {}, [], {"x": x, "z": leaf(t)}, OrderedDict(x=x), x, (w,), 3, [3])]


@script
def refused(t):
    edge, x = t.autograd.graph.get_gradient_edge, leaf(t)
    away = leaf(t)
    return [said(call) for call in (
        lambda: t.autograd.grad(edge(x * 2), x),
        lambda: t.autograd.grad(edge(x * 2), x, t.ones(2)),
        lambda: t.autograd.grad(edge(x * 2), x, 3.0),
        lambda: t.autograd.grad((x * 2).sum(), edge(away)),
        lambda: t.autograd.grad((x * 2).sum(), edge(away), allow_unused=True),
        lambda: t.autograd.grad((x * 2).sum(), edge(away), materialize_grads=True),
        lambda: t.autograd.grad((x * 2).sum(), [edge(x), away], materialize_grads=True),
        lambda: t.autograd.grad((x * 2).sum(), t.ones(1)),
        lambda: t.autograd.backward((x * 2).sum(), inputs=OrderedDict(x=x)),
        lambda: t.autograd.backward((x * 2).sum(), inputs=()),
        lambda: t.autograd.backward((x * 2).sum(), inputs=[x, 1]),
        lambda: t.autograd.backward((x * 2).sum(), t.ones(()), grad_variables=t.ones(())),
        lambda: t.autograd.backward(3),
    )]


@script
def the_old_name_of_grad_tensors(t):
    x = leaf(t)
    t.autograd.backward([x * 2, x * 3], grad_variables=[t.ones(3), t.ones(3) * 2])
    return x.grad


@script
def zeros_can_be_differentiated(t):
    x, away = leaf(t), leaf(t)
    return [t.autograd.grad((x * x).sum(), [x, away], create_graph=create, materialize_grads=True)[1].requires_grad
            for create in (False, True)]


# ---------------------------------------------------------------- nodes


@script
def metadata_of_a_node(t):
    y = leaf(t) * 2
    y.grad_fn.metadata["made by"] = "hand"
    return y.grad_fn.metadata, (y * 2).grad_fn.next_functions[0][0].metadata, y.exp().grad_fn.metadata


# ---------------------------------------------------------------- hooks on several tensors




def told(gradients):
    return [None if g is None else g.clone() for g in gradients]


def watched(t, **options):
    """Tensors of a small graph, a list of what the hook on them saw, and its handle."""
    x, w, seen = leaf(t), leaf(t), []
    y, z = x * w, x * w * 2
    see = (lambda g: seen.append(g.clone())) if options else lambda gradients: seen.append(told(gradients))
    return (x, w, y, z), seen, t.autograd.graph.register_multi_grad_hook((x, w, y, z), see, **options)


@script
def gradients_of_all(t):
    (x, w, y, z), seen, handle = watched(t)
    y.sum().backward(retain_graph=True)
    (y.sum() + z.sum()).backward(retain_graph=True)
    y.sum().backward(inputs=(x,), retain_graph=True)
    (y * z).sum().backward(inputs=(y,), retain_graph=True)
    t.autograd.grad((y * z).sum(), y, retain_graph=True)
    refusal = said(lambda: t.autograd.grad(y.sum(), x, retain_graph=True))
    handle.remove()
    handle.remove()
    y.sum().backward()
    return seen, refusal


@script
def gradient_of_the_first(t):
    (x, w, y, z), seen, handle = watched(t, mode="any")
    y.sum().backward(retain_graph=True)
    (y.sum() + z.exp().sum()).backward(retain_graph=True)
    t.autograd.grad(y.sum(), x, retain_graph=True)
    w.sum().backward()
    with handle:
        x.sum().backward()
    y.sum().backward()
    return seen


@script
def what_is_returned_is_not_used(t):
    x, w = leaf(t), leaf(t)
    t.autograd.graph.register_multi_grad_hook((x,), lambda gradients: gradients[0] * 5)
    t.autograd.graph.register_multi_grad_hook((w,), lambda g: g * 5, mode="any")
    (x * w).sum().backward()
    return x.grad, w.grad


@script
def the_same_tensor_twice(t):
    x, seen = leaf(t), []
    y, z = leaf(t, 4).split(2)
    t.autograd.graph.register_multi_grad_hook((x, x), lambda gradients: seen.append(told(gradients)))
    t.autograd.graph.register_multi_grad_hook((x, x), lambda g: seen.append(g.clone()), mode="any")
    t.autograd.graph.register_multi_grad_hook((y, z), lambda gradients: seen.append(told(gradients)))
    (x * 2).sum().backward(create_graph=True)
    y.sum().backward(retain_graph=True)
    (y * z).sum().backward()
    return seen


@script
def backward_within_a_hook(t):
    x, w, seen = leaf(t), leaf(t), []

    def again(gradients):
        seen.append(told(gradients))
        if len(seen) < 3:
            with t.enable_grad():
                (x * 2).sum().backward()

    t.autograd.graph.register_multi_grad_hook((x, w), again)
    (x * w).sum().backward()
    return seen, x.grad, w.grad


@script
def what_a_hook_finds(t):
    x, w, seen = leaf(t), leaf(t), []
    t.autograd.graph.register_multi_grad_hook((x, w), lambda gradients: seen.append(
        (type(gradients).__name__, x.grad, w.grad, t.is_grad_enabled(), gradients[0].requires_grad)))
    for create in (False, True):
        (x * w).pow(2).sum().backward(create_graph=create)
        x.grad = w.grad = None
    return seen


@script
def a_hook_that_raises(t):
    x, w, calls = leaf(t), leaf(t), []

    def fail(gradients):
        calls.append(len(gradients))
        raise ValueError("no")

    t.autograd.graph.register_multi_grad_hook((x, w), fail)
    return [said(lambda: (x * w).sum().backward()) for _ in range(2)], calls


@st.composite
def passes(draw):
    """A graph, as pairs of numbers of earlier tensors; hooks on some of them; passes, each from some to some.

    A pass starts at two tensors or more: torch forgets a single one when it counts what it will get to.
    """
    steps = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=6))
    some = lambda least=1: st.lists(st.integers(0, len(steps) + 2), min_size=least, max_size=4)
    a_pass = st.tuples(some(2), st.none() | some(), st.booleans())
    return steps, draw(some()), draw(st.lists(a_pass, min_size=1, max_size=3))


@given(passes())
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_hooks_in_any_graph(drawn):
    steps, hooked, runs = drawn

    def hooks_in_a_graph(t):
        tensors, of_all, firsts, errors = [leaf(t), leaf(t).sqrt(), leaf(t)], [], [], []
        for k, (i, j) in enumerate(steps):
            tensors.append(tensors[i % len(tensors)] * tensors[j % len(tensors)] if k % 2 else
                           tensors[i % len(tensors)].sin() + tensors[j % len(tensors)])
        several = [tensors[k] for k in hooked]
        t.autograd.graph.register_multi_grad_hook(several, lambda gs: of_all.append(told(gs)))
        t.autograd.graph.register_multi_grad_hook(  # leaves come last here, and in torch as soon as they can
            [x for x in several if not x.is_leaf], lambda g: firsts.append(g.clone()), mode="any")
        for roots, targets, edges in runs:
            place = t.autograd.graph.get_gradient_edge if edges else lambda x: x
            errors.append(said(lambda: t.autograd.backward(  # noqa: B023
                [place(tensors[k]) for k in roots], [t.ones(3)] * len(roots), retain_graph=True,  # noqa: B023
                inputs=targets and [place(tensors[k]) for k in targets])))  # noqa: B023
        return of_all, firsts, errors, [x.grad for x in tensors]

    alike(hooks_in_a_graph, torch, rtol=1e-5)


@script
def hooks_that_are_refused(t):
    x, register = leaf(t), t.autograd.graph.register_multi_grad_hook
    for call in (lambda: register((), print), lambda: register((t.ones(2),), print, mode="any")):
        call().remove()
    return [said(call) for call in (lambda: register((x,), print, mode="some"),
                                    lambda: register((x, t.ones(2)), print),
                                    lambda: register((x,), print, "any"))]


# ---------------------------------------------------------------- versions


@script
def versions_counted_by_hand(t):
    x, count = t.ones(3), t.autograd.graph.increment_version
    with t.inference_mode():
        without = t.ones(2)
    versions = [(said(lambda given=given: count(given)), x._version)
                for given in (x, [x, x], (x,), iter([x]), {x: 1}, x[:2], x.detach(), x.data, (), 3, None, [x, 3])]
    return versions, said(lambda: count(without)), said(lambda: count([without, x])), x._version


@script
def a_write_told_by_hand(t):
    x = leaf(t)
    y = (x * 1).exp()
    t.autograd.graph.increment_version(y)
    t.autograd.graph.increment_version(x)
    return x.is_leaf, y.grad_fn, said(lambda: y.sum().backward())


# ---------------------------------------------------------------- writing to what was saved


@script
def writes_to_what_was_saved(t):
    x, w = leaf(t), leaf(t)
    with t.autograd.graph.allow_mutation_on_saved_tensors():
        a, b = x * 1, w * 2
        out = (a * b + a.exp() * a).sum() + t.cat([a, b]).pow(2).sum()
        a.sin_()
        b[:2] *= a[:2]
        with t.no_grad():
            w.mul_(3)
        (out + (a * b).sum()).backward()
    return x.grad, w.grad


def test_a_write_through_a_view_that_begins_later():
    """torch looks for what was saved by the address of its first element, and misses this write."""
    x = leaf(minitorch)
    with minitorch.autograd.graph.allow_mutation_on_saved_tensors():
        a = x * 1
        y = (a * a).sum()
        a[1:] = 0
        y.backward()
    assert x.grad.tolist() == [2, 4, 6]


@script
def second_derivative_after_writes(t):
    x = leaf(t)
    with t.autograd.graph.allow_mutation_on_saved_tensors():
        a = x * 1
        g, = t.autograd.grad((a ** 3).sum(), x, create_graph=True)
        a.zero_()
        return g, t.autograd.grad(g.sum(), x)


@script
def outside_of_the_block(t):
    def recorded():
        with t.autograd.graph.allow_mutation_on_saved_tensors():
            return leaf(t).exp().sum()

    def nested():
        with t.autograd.graph.allow_mutation_on_saved_tensors(), t.autograd.graph.allow_mutation_on_saved_tensors():
            pass

    y = recorded()
    outcomes = [said(nested), said(y.backward)]
    with t.autograd.graph.allow_mutation_on_saved_tensors():
        return *outcomes, said(y.backward)
