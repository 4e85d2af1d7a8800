"""Hooks on tensors, nodes and modules, and what can be seen of the graph, against torch.

The simplest cases are in test_autograd.py and test_module.py.
"""

import gc
import warnings

import pytest
from alike import Scripts, alike

torch = pytest.importorskip("torch")

scripts = Scripts()


def leaf(t, *values):
    return t.tensor(values or [1.0, 2.0, 3.0], requires_grad=True)


def said(function):
    """What a call raises, or gives."""
    try:
        return function()
    except Exception as error:
        return type(error).__name__, str(error)


# ---------------------------------------------------------------- hooks on tensors


@scripts
def each_hook_sees_what_the_one_before_left(t):
    x, seen = leaf(t), []
    for factor in (2, 3, 5):
        x.register_hook(lambda g, factor=factor: seen.append(g.clone()) or g * factor)
    (x * x).sum().backward()
    return seen, x.grad


@scripts
def hook_sees_the_sum_of_all_paths(t):
    x, seen = leaf(t), []
    y = x * 2
    y.register_hook(lambda g: seen.append(g.clone()))
    (y.sum() + (y * y).sum() + y[0]).backward()
    return seen, x.grad


@scripts
def hook_on_one_of_several_outputs(t):
    x, seen = leaf(t, 1.0, 2.0, 3.0, 4.0), []
    a, b = x.split(2)
    b.register_hook(lambda g: seen.append(g.clone()) or g * 10)
    (a * 2 + b * 3).sum().backward()
    x.grad = None
    a, b = x.split(2)
    b.register_hook(seen.append)  # b is not used
    a.sum().backward()
    return seen, x.grad


@scripts
def hook_is_removed_by_another(t):
    x, seen, handles = leaf(t), [], []
    x.register_hook(lambda g: seen.append("first") or handles[0].remove())
    handles.append(x.register_hook(lambda g: seen.append("second")))
    said(lambda: x.sum().backward())
    x.sum().backward()
    return seen[-1], len(seen)


@scripts
def removed_twice(t):
    x = leaf(t)
    handle = x.register_hook(lambda g: g * 2)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 3):
        x.sum().backward()
    first = x.grad.clone()
    x.sum().backward()
    return first, x.grad


@scripts
def handle_outlives_the_tensor(t):
    x = leaf(t)
    handle = (x * 2).register_hook(lambda g: g)
    gc.collect()
    return handle.remove()


@scripts
def one_function_registered_twice(t):
    x = leaf(t)
    double = lambda g: g * 2
    first, _ = x.register_hook(double), x.register_hook(double)
    x.sum().backward()
    first.remove()
    x.sum().backward()
    return x.grad


@scripts
def hook_after_an_in_place_write(t):
    """A hook stays with the value the tensor had when it was registered."""
    x, seen = leaf(t), []
    y = x * 2
    y.register_hook(lambda g: seen.append(("before", g.clone())))
    y.mul_(3)
    y.register_hook(lambda g: seen.append(("after", g.clone())))
    y.sum().backward()
    return seen, x.grad


@scripts
def retained_gradient_after_an_in_place_write(t):
    """It is that of the newest value."""
    x = leaf(t)
    y = x * 2
    y.retain_grad()
    y.mul_(3)
    (y * 5).sum().backward()
    return y.grad, x.grad


@scripts
def retained_gradient_is_what_hooks_left(t):
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    y.register_hook(lambda g: g * 100)
    y.sum().backward()
    return y.grad, x.grad


@scripts
def retain_grad_twice_and_on_a_leaf(t):
    x = leaf(t)
    x.retain_grad()
    y = x * 2
    y.retain_grad()
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    return x.grad, y.grad, x.retains_grad, y.retains_grad, y.is_leaf


@scripts
def grad_of_a_tensor_that_is_no_leaf(t):
    y = leaf(t) * 2
    y.sum().backward()
    return y.grad, y.retains_grad


@scripts
def hooks_and_autograd_grad(t):
    """`autograd.grad` gives what the hooks left; post-accumulate hooks are for `.grad` only."""
    x, seen = leaf(t), []
    y = x * 2
    x.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: g * 3)
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad))
    return t.autograd.grad((y * y).sum(), [x, y]), x.grad, seen


@scripts
def hook_on_a_tensor_whose_gradient_is_asked_for_only(t):
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g * 7)
    return t.autograd.grad(y.sum(), y)


@scripts
def hook_is_differentiated(t):
    """Under create_graph what a hook does is recorded."""
    x = leaf(t)
    x.register_hook(lambda g: g * g)
    g, = t.autograd.grad((x ** 3).sum(), x, create_graph=True)
    second, = t.autograd.grad(g.sum(), x)
    return g, g.requires_grad, second


@scripts
def gradient_of_a_hook_is_not_recorded(t):
    x, seen = leaf(t), []
    x.register_hook(lambda g: seen.append((g.requires_grad, t.is_grad_enabled(), (g * 2).requires_grad)))
    (x * x).sum().backward()
    (x * x).sum().backward(create_graph=True)
    return seen


@scripts
def hook_that_raises(t):
    x = leaf(t)

    def refuse(g):
        raise ValueError("not this one")
    (x * 2).sum().backward()
    x.register_hook(refuse)
    return said(lambda: (x * 2).sum().backward()), x.grad


@scripts
def hook_that_returns_no_tensor(t):
    x = leaf(t)
    x.register_hook(lambda g: 3.0)
    x.sum().backward()


@scripts
def hook_that_returns_another_shape(t):
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g[:2])
    y.sum().backward()


@scripts
def hook_that_returns_another_dtype(t):
    x = leaf(t)
    y = x * 2
    y.register_hook(lambda g: g.double())
    y.sum().backward()


# ---------------------------------------------------------------- after a leaf's gradient was added to


@scripts
def post_accumulate_hooks_in_order(t):
    x, seen = leaf(t), []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(("first", p is x, p.grad.clone())))
    handle = x.register_post_accumulate_grad_hook(lambda p: seen.append(("second", p is x)))
    x.register_hook(lambda g: seen.append(("tensor", x.grad)) or g * 2)
    (x * x).sum().backward()
    handle.remove()
    (x * x).sum().backward()
    return seen, x.grad


@scripts
def optimizer_in_backward(t):
    """The gradient is used up as soon as it is there."""
    model = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.Tanh(), t.nn.Linear(3, 1))
    optimizers = {p: t.optim.SGD([p], lr=0.1, momentum=0.9) for p in model.parameters()}

    def step(p):
        optimizers[p].step()
        optimizers[p].zero_grad()
    for p in model.parameters():
        p.register_post_accumulate_grad_hook(step)
    for _ in range(3):
        model(t.ones(4, 2)).sum().backward()
    return list(model.parameters()), [p.grad for p in model.parameters()]


@scripts
def post_accumulate_hook_on_no_leaf(t):
    (leaf(t) * 2).register_post_accumulate_grad_hook(print)


@scripts
def post_accumulate_hook_without_grad(t):
    t.ones(2).register_post_accumulate_grad_hook(print)


@scripts
def post_accumulate_hook_that_returns_something(t):
    x = leaf(t)
    x.register_post_accumulate_grad_hook(lambda p: p)
    return said(lambda: x.sum().backward())[0]


# ---------------------------------------------------------------- the graph


def names(node):
    """The graph below a node: names, and slots."""
    return None if node is None else [type(node).__name__, [[names(f), k] for f, k in node.next_functions]]


@scripts
def graph_of_a_formula(t):
    x, w, b = leaf(t), leaf(t), leaf(t, 1.0)
    return names(((x * w).exp() + b).sum().grad_fn)


@scripts
def graph_where_some_need_no_gradient(t):
    x, c = leaf(t), t.ones(3)
    return names((x * c + c - 2 * x.detach()).mean().grad_fn), names((c * x).grad_fn)


@scripts
def graph_of_several_outputs(t):
    x = leaf(t, 1.0, 2.0, 3.0, 4.0)
    a, b = x.chunk(2)
    values, places = (a * b).max(0)
    return names(values.grad_fn), names((a * b).grad_fn), places.grad_fn, places.requires_grad


@scripts
def graph_of_a_network(t):
    model = t.nn.Sequential(t.nn.Linear(3, 4), t.nn.ReLU(), t.nn.Linear(4, 2), t.nn.LogSoftmax(-1))
    node, chain = t.nn.functional.nll_loss(model(t.ones(5, 3)), t.tensor([0, 1, 1, 0, 1])).grad_fn, []
    while node is not None:  # a linear layer is one node in minitorch, and has its transposed weight beside it in torch
        chain.append(node.name())
        node = next((f for f, _ in node.next_functions if f and f.name() != "TBackward0" and f.next_functions), None)
    return chain


@scripts
def graph_of_shapes(t):
    x = t.ones(2, 3, 4, requires_grad=True)
    return [names(y.grad_fn) for y in (x.view(6, 4).t(), x[0, :, 1:], x.reshape(-1), x.unsqueeze(0),
                                       t.cat([x, x]), t.stack([x, x * 2]), x.expand(5, 2, 3, 4), x.permute(2, 0, 1))]


@scripts
def leaves_of_the_graph(t):
    x = leaf(t)
    node, slot = (x * 2).grad_fn.next_functions[0]
    return type(node).__name__, node.variable is x, slot, node.next_functions, x.grad_fn, repr(node)[:22]


@scripts
def leaf_by_name(t):
    return (leaf(t) * 2).grad_fn.next_functions[0][0].name().replace("minitorch", "torch")


@scripts
def one_node_one_object(t):
    x = leaf(t)
    y = x * 2
    z = y + y
    (first, _), (second, _) = z.grad_fn.next_functions
    return first is second, first is y.grad_fn, y.grad_fn is y.grad_fn, {y.grad_fn: 1}[first]


@scripts
def graph_of_an_own_function(t):
    class Cube(t.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x ** 3

        @staticmethod
        def backward(ctx, g):
            x, = ctx.saved_tensors
            return 3 * x * x * g
    return names(Cube.apply(leaf(t) * 2).grad_fn)


# ---------------------------------------------------------------- hooks on nodes


@scripts
def node_hook_that_changes_gradients(t):
    x, w, seen = leaf(t), leaf(t), []
    y = x * w
    y.grad_fn.register_hook(lambda gi, go: seen.append(len(go)) or (gi[0] * 2, gi[1] * 3))
    handle = y.grad_fn.register_hook(lambda gi, go: seen.append(gi[0].clone()))
    y.sum().backward(retain_graph=True)
    handle.remove()
    y.sum().backward()
    return x.grad, w.grad, seen


@scripts
def node_hook_where_one_input_needs_none(t):
    x, seen = leaf(t), []
    y = x * t.ones(3)
    y.grad_fn.register_hook(lambda gi, go: seen.append([g is None for g in gi]))
    y.sum().backward()
    return seen


@scripts
def node_hooks_and_tensor_hooks(t):
    """Tensor hooks run before their node does, node hooks after."""
    x, seen = leaf(t), []
    y = x * 2
    y.grad_fn.register_hook(lambda gi, go: seen.append(("node", go[0].clone())))
    y.register_hook(lambda g: seen.append("tensor") or g * 5)
    y.sum().backward()
    return seen, x.grad


@scripts
def node_pre_hooks(t):
    x, seen = leaf(t), []
    y = x * 2
    y.grad_fn.register_prehook(lambda go: seen.append(go[0].clone()) or (go[0] * 3,))
    y.sum().backward()
    return seen, x.grad


# ---------------------------------------------------------------- modules: forward


class Calls(list):
    def hook(self, name, gives=None):
        return lambda module, *rest: self.append((name, [type(r).__name__ for r in rest])) or gives


def scaled(t):
    class Scaled(t.nn.Module):
        def forward(self, x, *more, scale=1.0, fail=False):
            if fail:
                raise ValueError("forward failed")
            return x * scale
    return Scaled()


@scripts
def order_of_forward_hooks(t):
    m, calls = scaled(t), Calls()
    for k, prepend in enumerate((False, True, False, True)):
        m.register_forward_pre_hook(calls.hook(f"pre {k}"), prepend=prepend)
        m.register_forward_hook(calls.hook(f"post {k}"), prepend=prepend, with_kwargs=k == 2)
    m(t.ones(2), scale=2.0)
    return calls


@scripts
def keyword_arguments_seen_and_changed(t):
    m, seen = scaled(t), []
    m.register_forward_pre_hook(lambda m, args, kwargs: seen.append((len(args), dict(kwargs))), with_kwargs=True)
    m.register_forward_pre_hook(lambda m, args, kwargs: ((args[0] + 1,), {"scale": 10.0}), with_kwargs=True)
    m.register_forward_pre_hook(lambda m, args: seen.append(len(args)))
    m.register_forward_hook(lambda m, args, kwargs, y: seen.append((len(args), dict(kwargs))) or y + kwargs["scale"],
                            with_kwargs=True)
    m.register_forward_hook(lambda m, args, y: (y, args[0]))
    return m(t.ones(2), 5, scale=3.0), seen


@scripts
def several_arguments_from_a_pre_hook(t):
    m = scaled(t)
    m.register_forward_pre_hook(lambda m, args: (args[0] * 3, "more", 1))
    m.register_forward_hook(lambda m, args, y: (y, len(args)))
    return m(t.ones(2))


@scripts
def forward_hooks_removed(t):
    m, calls = scaled(t), Calls()
    first, second = m.register_forward_hook(calls.hook("first")), m.register_forward_pre_hook(calls.hook("second"))
    m(t.ones(1))
    first.remove()
    m(t.ones(1))
    second.remove()
    m(t.ones(1))
    return calls, len(m._forward_hooks), len(m._forward_pre_hooks)


@scripts
def a_hook_that_removes_itself(t):
    m, calls, handles = scaled(t), [], []
    handles.append(m.register_forward_hook(lambda *_: calls.append(1)))
    m(t.ones(1))
    handles.pop().remove()
    m(t.ones(1))
    return calls


@scripts
def always_called(t):
    m, calls = scaled(t), Calls()
    m.register_forward_pre_hook(lambda m, args, kwargs: ((args[0], 1, 2), kwargs), with_kwargs=True)
    m.register_forward_hook(calls.hook("usual"))
    m.register_forward_hook(calls.hook("always", gives="result"), always_call=True)
    m.register_forward_hook(calls.hook("always, with keywords"), always_call=True, with_kwargs=True, prepend=True)
    return said(lambda: m(t.ones(1))), said(lambda: m(t.ones(1), fail=True)), calls


@scripts
def always_called_after_a_hook_that_raised(t):
    m, calls = scaled(t), Calls()

    def fail(*_):
        raise KeyError("hook failed")
    m.register_forward_hook(calls.hook("before", gives=7), always_call=True)
    m.register_forward_hook(fail, always_call=True)
    m.register_forward_hook(lambda m, args, y: calls.append(y), always_call=True)
    return said(lambda: m(t.ones(1))), calls


@scripts
def always_called_and_raising(t):
    """The first error is the one that is raised; the second is told by a warning."""
    m, calls = scaled(t), Calls()

    def fail(*_):
        raise KeyError("hook failed")
    m.register_forward_hook(fail, always_call=True)
    m.register_forward_hook(calls.hook("after"), always_call=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        error = said(lambda: m(t.ones(1), fail=True))
    return error, calls, [(w.category.__name__, str(w.message)) for w in caught]


@scripts
def always_called_when_a_pre_hook_raises(t):
    m, calls = scaled(t), Calls()

    def fail(*_):
        raise KeyError("hook failed")
    m.register_forward_pre_hook(fail)
    m.register_forward_hook(calls.hook("always"), always_call=True)
    return said(lambda: m(t.ones(1))), calls


@scripts
def hooks_inside_a_container(t):
    m, seen = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.ReLU(), t.nn.Linear(3, 1)), []
    for name, part in m.named_modules():
        part.register_forward_pre_hook(lambda m, args, name=name: seen.append(("in", name)))
        part.register_forward_hook(lambda m, args, y, name=name: seen.append(("out", name, tuple(y.shape))))
    m(t.ones(4, 2))
    return seen


# ---------------------------------------------------------------- modules: backward


def copies(gradients):
    return [None if g is None else g.clone() for g in gradients]


@scripts
def order_of_backward_hooks(t):
    m, seen = t.nn.Linear(2, 2), []
    for k, prepend in enumerate((False, True, False)):
        m.register_full_backward_hook(lambda m, gi, go, k=k: seen.append((f"hook {k}", copies(gi))) or (gi[0] * 2,),
                                      prepend=prepend)
        m.register_full_backward_pre_hook(lambda m, go, k=k: seen.append((f"pre-hook {k}", copies(go))) or (go[0] + k,),
                                          prepend=prepend)
    x = t.ones(1, 2, requires_grad=True)
    m(x).sum().backward()
    return seen, x.grad, m.weight.grad


@scripts
def backward_hooks_removed(t):
    m, seen = t.nn.Linear(2, 2), []
    first = m.register_full_backward_hook(lambda *_: seen.append("hook"))
    second = m.register_full_backward_pre_hook(lambda *_: seen.append("pre-hook"))
    x = t.ones(1, 2, requires_grad=True)
    for handle in (first, second, None):
        y = m(x)
        y.sum().backward()
        seen.append(type(y.grad_fn).__name__)
        if handle:
            handle.remove()
    return seen, len(m._backward_hooks), len(m._backward_pre_hooks)


@scripts
def backward_hooks_inside_a_container(t):
    m, seen = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.Tanh(), t.nn.Linear(3, 1)), []
    for name, part in m.named_modules():
        part.register_full_backward_pre_hook(lambda m, go, name=name: seen.append((name, copies(go))))
        part.register_full_backward_hook(lambda m, gi, go, name=name: seen.append((name, copies(gi), copies(go))))
    x = t.ones(1, 2, requires_grad=True)
    m(x).sum().backward()
    return seen, x.grad


@scripts
def backward_hook_on_a_result_that_is_no_tensor(t):
    class Named(t.nn.Module):
        def forward(self, x):
            return {"y": x * 2}
    m, seen = Named(), []
    m.register_full_backward_hook(lambda *_: seen.append("hook"))
    x = leaf(t)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        m(x)["y"].sum().backward()
    return seen, x.grad, [str(w.message) for w in caught]


@scripts
def backward_pre_hook_that_returns_too_much(t):
    m = t.nn.Linear(2, 2)
    m.register_full_backward_pre_hook(lambda m, go: (go[0], go[0]))
    m(t.ones(1, 2, requires_grad=True)).sum().backward()


@scripts
def backward_hooks_of_keyword_arguments(t):
    """Only positional tensors are watched."""
    m, seen = scaled(t), []
    m.register_full_backward_hook(lambda m, gi, go: seen.append((copies(gi), copies(go))))
    x, scale = leaf(t), leaf(t)
    m(x, 3, scale=scale).sum().backward()
    return seen, x.grad, scale.grad


@scripts
def backward_hooks_and_second_derivatives(t):
    m, seen = t.nn.Linear(2, 1), []
    m.register_full_backward_hook(lambda m, gi, go: seen.append(copies(gi)))
    x = t.ones(1, 2, requires_grad=True)
    g, = t.autograd.grad((m(x) ** 3).sum(), x, create_graph=True)
    (g ** 2).sum().backward()
    return seen, x.grad, m.weight.grad


@scripts
def in_place_on_the_result_of_a_module_with_backward_hooks(t):
    m = t.nn.Linear(2, 2)
    m.register_full_backward_hook(lambda *_: None)
    y = m(t.ones(1, 2, requires_grad=True))
    y += 1
    y.sum().backward()


@scripts
def forward_and_backward_hooks_together(t):
    m, seen = t.nn.Linear(2, 2), []
    m.register_forward_hook(lambda m, args, y: y * 3)
    m.register_forward_pre_hook(lambda m, args: args[0] * 2)
    m.register_full_backward_hook(lambda m, gi, go: seen.append((copies(gi), copies(go))))
    x = t.ones(1, 2, requires_grad=True)
    m(x).sum().backward()
    return seen, x.grad


@scripts
def a_module_called_twice(t):
    m, seen = t.nn.Linear(2, 2), []
    m.register_full_backward_hook(lambda m, gi, go: seen.append((copies(gi), copies(go))))
    x = t.ones(1, 2, requires_grad=True)
    m(m(x) * 2).sum().backward()
    return seen, x.grad


# ---------------------------------------------------------------- modules: the backward hooks of before


@scripts
def older_backward_hooks(t):
    """They see the gradients of the last node of the module."""
    m, seen = t.nn.Tanh(), []
    handle = m.register_backward_hook(lambda m, gi, go: seen.append((type(m).__name__, copies(gi), copies(go))))
    m.register_backward_hook(lambda m, gi, go: (gi[0] * 2,))
    x = leaf(t)
    m(x * 1).sum().backward()
    handle.remove()
    m(x * 1).sum().backward()
    with t.no_grad():
        m(x)
    return seen, x.grad


@scripts
def older_and_full_backward_hooks(t):
    first, second = t.nn.ReLU(), t.nn.ReLU()
    first.register_backward_hook(print)
    second.register_full_backward_hook(print)
    return said(lambda: first.register_full_backward_hook(print)), said(lambda: second.register_backward_hook(print))


@scripts
def what_older_backward_hooks_miss(t):
    class Does(t.nn.Module):
        def __init__(self, function):
            super().__init__()
            self.forward = function
            self.register_backward_hook(lambda *_: None)

    x, y, told = leaf(t) * 1, leaf(t) * 1, []
    for function, args in [(lambda x: x * 2, (x,)), (lambda x, y: x * y, (x, y)), (lambda x: (x * 2) + 1, (x,)),
                           (lambda x: {"y": x * 2}, (x,)), (lambda x: [x * 2], (x,)), (lambda x, n: x * n, (x, 2)),
                           (lambda x: (x * 2, x * 3), (x,)), (lambda x: (x.unbind(0)[:2]), (x,)),
                           (lambda x: x.detach(), (x,))]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            Does(function)(*args)
        told.append([(w.category.__name__, str(w.message)) for w in caught])
    return told


@pytest.mark.parametrize("script", scripts, ids=lambda f: f.__name__)
def test_as_torch(script):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alike(script, torch)
