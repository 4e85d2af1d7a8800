"""@op: from a NumPy body and one formula per input to a differentiable operation.

    @op(promotes="arithmetic")
    def mul(xp, x, other, /):             # before `/`: arrays; after: parameters; xp is numpy or cupy
        return x * other

    mul.backward(x=lambda g, other: g * other, other=lambda g, x: g * x)

A formula's parameter names are what it needs, and what a recorded call saves, only if that input needs a gradient:

    g               the gradient of the output (of several: g_values, g_indices; a list, where their number varies)
    y               the output (of several: their names)
    x, other        the op's own inputs
    dim, keepdim    its parameters, `dim` counted from the front
    x_shape, x_dtype    facts about an input, which keep no memory
    needs           in a joint rule: which inputs want a gradient

Formulas are written in Tensor terms, so they can be recorded and differentiated again. One that consists of operators
alone (`plain`) is given bare arrays while nobody records: the same text at NumPy's speed.
Read next: ops/elementwise.py, full of examples; then rule.py and engine.py.
"""

from __future__ import annotations

import functools
from collections import namedtuple

import numpy as np

from .. import shown
from ..device import common_device, is_array
from ..dtype import CAPITAL, can_cast_arrays
from ..tensor import Tensor, ndarray, wrap, wrap_dims
from .grad_mode import ANOMALY, INFERENCE, RECORDING, SAVING, mode
from .graph import INFERENCE_VERSION, fill_node
from .promotion import PROMOTIONS, broadcast_error, wrong_type
from .rule import (
    ALL,
    INPUT,
    OUTPUT,
    ComplexOpNode,
    OpNode,
    Plan,
    argument_names,
    as_tensor,
    conjugates,
    fit_tensor,
    node_for,
    record,
    record_one,
)
from .saved import pack_entries, watch
from .view import (
    bump,
    check_in_place,
    check_may_change,
    check_operands,
    check_view_may_change,
    current_edge,
    mark_view,
    rebase,
    take_place,
)


class Op:
    """What is known of an operation: its body, the names in its signature, its rules."""

    def __init__(self, forward, promotes, outputs, view, node, new_dim, variadic):
        code = forward.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.name = forward.__name__
        self.inputs = names[1: code.co_posonlyargcount]
        self.params = names[code.co_posonlyargcount:]
        self.defaults = dict(zip(names[code.co_argcount - len(forward.__defaults__ or ()): code.co_argcount],
                                 forward.__defaults__ or ()), **(forward.__kwdefaults__ or {}))
        self.keyword_only = names[code.co_argcount:]
        self.body = forward if not self.keyword_only else self._positional(forward)
        self.cuda_body = None
        self.promotes, self.promote = promotes, PROMOTIONS[promotes]
        self.several = outputs is not None
        self.outputs = () if outputs == "*" else tuple((outputs or "y").split())
        self.view, self.variadic = view, variadic
        self.dim_at = tuple(k for k, p in enumerate(self.params) if p in ("dim", "dim0", "dim1", "dims"))
        self.new_dim = new_dim
        self.node = node or camel(self.name) + "Backward0"
        self.rules, self.joint, self.plans, self.differentiable = {}, None, {}, False
        self.fused = self.cuda_fused = None  # gradients in array terms: on any device; on the GPU
        self.apart = False  # whether, in place, nothing may be read from the memory that is written to

    def _positional(self, forward):
        """The body with its keyword-only parameters taken by position."""
        names = ("xp", *self.inputs, *self.params)
        given = [f"{n}={n}" if n in self.keyword_only else n for n in names]
        return eval(f"lambda {', '.join(names)}: forward({', '.join(given)})", {"forward": forward})

    # The classes of an operation's nodes and results are made when they are first needed: import is felt.

    @functools.cached_property
    def result(self):
        return result_class(self.node, self.outputs) if self.several and self.outputs else tuple

    @functools.cached_property
    def node_class(self):
        return node_class(self.node, OpNode, self)

    @functools.cached_property
    def complex_node_class(self):
        return node_class(self.node, ComplexOpNode, self)

    def backward(self, joint=None, **rules) -> None:
        """Register one formula per input, or a joint rule that returns one gradient per input."""
        unknown = set(rules) - set(self.inputs)
        if unknown:
            raise TypeError(f"{self.name} has no input {unknown}")
        self.joint, self.rules, self.plans = joint, rules, {}
        self.differentiable = True

    def view_gradient(self, g: Tensor, step) -> Tensor:
        """The gradient of what a view was taken of; a view's formula reads facts and parameters alone."""
        facts = dict(zip(self.params, step.params), x_shape=step.shape, x_dtype=step.dtype, g=g)
        if step.slot is not None:
            count = len(self.body(np, np.empty(step.shape, bool), *step.params))
            facts["g"] = [g if k == step.slot else None for k in range(count)]
        rule = self.rules[self.inputs[0]]
        if step.dtype.kind == "c" or g.is_complex():
            facts["g"] = conjugates(facts["g"])
            return fit_tensor(rule(*[facts[n] for n in argument_names(rule)]).conj(), step.shape, step.dtype)
        return fit_tensor(rule(*[facts[n] for n in argument_names(rule)]), step.shape, step.dtype)

    def on_arrays(self, xp, arrays, params: tuple, body=None):
        """The body on arrays; one of no dimension counts as one of length 1 along `dim`."""
        body = body or self.body
        if self.variadic:
            return body(xp, arrays, *params)
        no_dim = self.dim_at and arrays[0].ndim + self.new_dim == 0
        if not no_dim or all([params[k] in (None, ()) for k in self.dim_at]):
            return body(xp, *arrays, *params)
        lifted = [a.reshape(1) if is_array(a) and a.ndim == 0 else a for a in arrays]
        results = body(xp, *lifted, *params)
        return [r.reshape(()) for r in results] if type(results) in (tuple, list) else results.reshape(())

    def call(self, x: Tensor, step) -> Tensor:
        """Take a view again, on a tensor."""
        y = run(self, (x,), step.params)
        return y if step.slot is None else y[step.slot]

    def plan(self, mask: tuple) -> Plan:
        """What to save, and which formulas to run, when the inputs of `mask` need gradients."""
        plan = self.plans.get(mask)
        if plan is None:
            plan = self.plans[mask] = Plan(self, mask)
        return plan


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_") if part)


def result_class(node: str, outputs: tuple | str):
    """The named tuple of several outputs; that of MaxBackward0, or of max, prints as minitorch.return_types.max."""
    name = node.partition("Backward")[0].lower()
    cls = namedtuple(name, outputs)
    cls.__repr__ = lambda self: f"{shown.package}.return_types.{name}(\n" + ",\n".join(
        [f"{field}={value!r}" for field, value in zip(cls._fields, self)]) + ")"
    return cls


def node_class(name: str, kind, op: Op):
    """A Node class of this name, so that `grad_fn` prints as torch's does."""
    return type(name, (kind,), {"__slots__": (), "op": op})


# ---------------------------------------------------------------- the call

NUMBERS = (bool, int, float, complex, np.number, np.bool_)  # what may stand for a tensor in an op that promotes
OPERANDS = (Tensor, *NUMBERS)


def run(op: Op, inputs: tuple, params: tuple):
    """Call an operation: any device, any number of inputs and outputs, with promotion."""
    if op.dim_at:
        params = normal_dims(op, inputs, params)
    edges = edges_of(op, inputs)
    results, xp = compute(op, inputs, params)
    several = type(results) in (tuple, list)
    outputs = tuple(map(wrap, results)) if several else (wrap(results),)
    return finish(op, inputs, edges, outputs, params, several)


def edges_of(op: Op, inputs: tuple) -> tuple:
    """The inputs' places in the graph, if the call may be recorded."""
    if not mode.word & RECORDING or not op.differentiable:
        return ()
    return tuple([current_edge(t) if isinstance(t, Tensor) else None for t in inputs])


def compute(op: Op, inputs: tuple, params: tuple):
    """Choose the device, promote, run the body on arrays."""
    arrays = []
    for k, t in enumerate(inputs):
        if isinstance(t, Tensor):
            arrays.append(t.array)
        elif t is None and len(inputs) > 1 and (op.promote is None or op.inputs[k] in op.defaults):
            arrays.append(None)
        elif op.promote is not None and len(inputs) > 1 and isinstance(t, NUMBERS):
            arrays.append(t.item() if isinstance(t, np.generic) else t)
        else:
            raise wrong_type(op, k, t)
    xp, body = np, op.body
    if any([a is not None and type(a) is not ndarray for a in arrays]):
        xp, arrays = common_device(arrays)
        if xp is not np:
            body = op.cuda_body or body
    if op.promote is not None:
        arrays = op.promote(op, arrays, xp)
    try:
        return op.on_arrays(xp, arrays, params, body), xp
    except ValueError as error:
        raise broadcast_error(op, arrays, error) from None


def finish(op: Op, inputs: tuple, edges: tuple, outputs: tuple, params: tuple, several: bool):
    """Mark views, record, and hand the outputs over."""
    word = mode.word
    if op.view:
        for slot, y in enumerate(outputs):
            mark_view(y, inputs[0], op, params, slot if several else None)
    if word & INFERENCE:
        for y in outputs:
            if y.viewed is None:
                y.version = INFERENCE_VERSION
    elif any(edges) and any([y.array.dtype.kind in "fc" for y in outputs]):
        node = record(op, inputs, edges, outputs, params)
        if word & (SAVING | ANOMALY):
            watch(node, [read_from(read, inputs, outputs) for read in node.plan.reads])
    if not several:
        return outputs[0]
    return tuple(outputs) if op.result is tuple else op.result(*outputs)


def normal_dims(op: Op, inputs: tuple, params: tuple) -> tuple:
    """The parameters with every `dim` counted from the front."""
    if not isinstance(inputs[0], Tensor):
        raise wrong_type(op, 0, inputs[0])
    ndim = inputs[0].array.ndim + op.new_dim
    params = list(params)
    for k in op.dim_at:
        params[k] = wrap_dims(params[k], ndim)
    return tuple(params)


def run_in_place(op: Op, inputs: tuple, params: tuple):
    """Call an operation and write the result into its first input.

    Where a formula reads that input, a copy is saved: the rule must see it as it was.
    """
    x = inputs[0]
    check_in_place(x, () if op.apart else inputs[1:])
    if op.dim_at:
        params = normal_dims(op, inputs, params)
    edges, recording = (), mode.word & RECORDING and op.differentiable
    if recording:
        edges = tuple([current_edge(t) if isinstance(t, Tensor) else None for t in inputs])
        recording = any(edges) and x.array.dtype.kind in "fc"
    if recording:
        check_view_may_change(x)
        plan = op.plan(tuple([e is not None for e in edges]))
        saved = save_inputs(plan, op, inputs, params)
        if mode.word & SAVING:
            saved = pack_entries(saved, [
                as_tensor(s[0], edges[0]) if (kind, at) == (INPUT, 0) else
                read_from((kind, at), inputs, (None,)) for (kind, at), s in zip(plan.reads, saved)])
    result, xp = compute(op, inputs, params)
    if op.apart:
        check_operands(x, inputs[1:], apart=True)
    write(x, result, xp)
    if recording:
        node = fill_node(node_for(op, (x,)), edges, ((x.array.shape, x.array.dtype),))
        node.plan, node.saved = plan, [read(inputs, (x,), params) if s is None else s
                                       for read, s in zip(plan.readers, saved)]
        rebase(x, (node, 0))
        if mode.word & (SAVING | ANOMALY):
            watch(node, [x if kind == OUTPUT else None for kind, _ in plan.reads])
    return x


def read_from(read: tuple, inputs: tuple, outputs: tuple):
    """The tensor, or for a variadic op the tensors, that a saved entry was read from; None for a fact."""
    kind, at = read
    return None if kind not in (INPUT, OUTPUT) else inputs if at == ALL else (inputs if kind == INPUT else outputs)[at]


def run_view_in_place(op: Op, inputs: tuple, params: tuple):
    """Make the first input the view that an operation takes of it: other shape and strides, the same memory."""
    x, = inputs
    check_may_change(x)
    y = run(op, inputs, params)
    bump(x)
    return take_place(x, y)


def save_inputs(plan: Plan, op: Op, inputs: tuple, params: tuple) -> list:
    """What the rules read, as it is before the write; None for the output, which is not there yet.

    The input that is written to is saved as a copy. Others keep the version they have now: if one of them shares
    memory with what is written to, backward will notice.
    """
    if any(kind == INPUT and at in (0, ALL) for kind, at in plan.reads):
        inputs = (wrap(inputs[0].array.copy()), *inputs[1:])
    return [None if kind == OUTPUT else read(inputs, None, params) for (kind, _), read in zip(plan.reads, plan.readers)]


def check_cast(result: np.dtype, target: np.dtype) -> None:
    """Refuse a target of a lower category of type: whole numbers for fractions."""
    if not can_cast_arrays(result, target):
        raise RuntimeError(f"result type {CAPITAL[result.name]} can't be cast to the desired output type "
                           f"{CAPITAL[target.name]}")


def write(x: Tensor, result, xp) -> None:
    """Put `result` into x's memory: same shape (a number goes everywhere), and no lower category of type."""
    check_cast(getattr(result, "dtype", x.array.dtype), x.array.dtype)
    if result.shape != x.array.shape and result.shape:
        raise RuntimeError(f"output with shape {list(x.array.shape)} doesn't match the broadcast shape "
                           f"{list(result.shape)}")
    xp.copyto(x.array, result, casting="unsafe")
    bump(x)


# ---------------------------------------------------------------- the decorator


def op(forward=None, *, promotes: str = "none", outputs: str | None = None, view: bool = False, node: str | None = None,
       new_dim: int = 0, variadic: bool = False):
    """Make a differentiable operation of `forward(xp, inputs..., /, parameters...)`.

    promotes    arithmetic: inputs meet in torch's result type; float: and integers become the default float;
                compare: as arithmetic; tensors: as arithmetic, no numbers; difference: as arithmetic, no bools;
                choice: as arithmetic, the first apart;
                same: mixed types are an error; first: cast to the first one's type; none: taken as they are
    outputs     names of several outputs ("values indices"), or "*" where their number varies
    view        the output shares the input's memory
    node        the name `grad_fn` shows, where it is not <Name>Backward0
    new_dim     1 where `dim` counts the dimensions of the output (unsqueeze)
    variadic    the one input is a sequence of tensors
    """
    if forward is None:
        return functools.partial(op, promotes=promotes, outputs=outputs, view=view, node=node, new_dim=new_dim,
                                 variadic=variadic)
    meta = Op(forward, promotes, outputs, view, node, new_dim, variadic)
    plain = not meta.params and not view and not meta.several and not variadic and not meta.defaults
    kinds = {1: unary, 2: binary}
    call = kinds[len(meta.inputs)](meta) if plain and len(meta.inputs) in kinds else signature(meta, run)
    call.op, call.backward = meta, meta.backward
    call.__name__ = call.__qualname__ = forward.__name__
    call.__doc__, call.__module__, call.__wrapped_body__ = forward.__doc__, forward.__module__, forward

    def cuda(body):
        meta.cuda_body = body
        return call

    def fused_backward(rule):
        meta.fused, meta.plans = rule, {}
        return rule

    def cuda_backward(rule):
        meta.cuda_fused, meta.plans = rule, {}
        return rule

    call.cuda, call.fused_backward, call.cuda_backward = cuda, fused_backward, cuda_backward
    return call


def public_name(name: str) -> str:
    return "input" if name == "x" else name


def signature(meta: Op, runner):
    """A function with torch's signature (x is `input` outside) that calls `runner(op, inputs, parameters)`."""
    names, parts = (*meta.inputs, *meta.params), []
    for name in names:
        if name in meta.keyword_only and "*" not in parts:
            parts.append("*")
        parts.append(public_name(name) + (f"=defaults['{name}']" if name in meta.defaults else ""))
    given = "".join(public_name(n) + ", " for n in meta.inputs)
    inputs = f"tuple({public_name(meta.inputs[0])})" if meta.variadic else f"({given})"
    params = "".join(n + ", " for n in meta.params)
    return eval(compiled(f"lambda {', '.join(parts)}: runner(op, {inputs}, ({params}))"),
                {"runner": runner, "op": meta, "defaults": meta.defaults})


@functools.cache
def compiled(text: str):
    """The code of an expression: many operations share one signature, and compiling is felt at import."""
    return compile(text, "<signature>", "eval")


class LazyPlans(dict):
    """The plans of a call of one or two inputs; key: bit k is set if input k needs a gradient."""

    def __init__(self, meta: Op, count: int):
        self.meta, self.count = meta, count

    def __missing__(self, which: int) -> Plan:
        self[which] = self.meta.plan(tuple([bool(which >> k & 1) for k in range(self.count)]))
        return self[which]


def unary(meta: Op):
    """The call of an operation of one input and no parameters."""
    body, plans = meta.body, LazyPlans(meta, 1)

    def call(input):
        word = mode.word
        if word > 1 or not isinstance(input, Tensor):
            return run(meta, (input,), ())
        x = input.array
        if type(x) is not ndarray or x.dtype.kind != "f":
            return run(meta, (input,), ())
        y = wrap(body(np, x))
        if word and meta.differentiable:
            edge = input.edge if input.viewed is None else current_edge(input)
            if edge is not None and y.array.dtype.kind == "f":
                record_one(meta, (input,), (edge,), y, plans[1])
        return y

    return call


def binary(meta: Op, run=run):
    """The call of an operation of two inputs and no parameters: the quick way for floats of one type on the CPU."""
    body, plans, scalars = meta.body, LazyPlans(meta, 2), meta.promotes not in ("same", "tensors", "none")

    def call(input, other):
        word = mode.word
        if word > 1 or not isinstance(input, Tensor) or type(input.array) is not ndarray:
            return run(meta, (input, other), ())
        x = input.array
        if isinstance(other, Tensor):
            y = other.array
            if type(y) is not ndarray or x.dtype is not y.dtype or x.dtype.kind != "f":
                return run(meta, (input, other), ())
        else:
            y = other
            if not scalars or x.dtype.kind != "f" or (type(other) is not float and type(other) is not int):
                return run(meta, (input, other), ())
        recording = word and meta.differentiable
        if recording:
            to_input = input.edge if input.viewed is None else current_edge(input)
            to_other = None if y is other else other.edge if other.viewed is None else current_edge(other)
        try:
            out = wrap(body(np, x, y))
        except ValueError as error:
            raise broadcast_error(meta, (x, y), error) from None
        if recording:
            which = (to_input is not None) + 2 * (to_other is not None)
            if which and out.array.dtype.kind == "f":
                record_one(meta, (input, other), (to_input, to_other), out, plans[which])
            elif which and out.array.dtype.kind == "c":
                return run(meta, (input, other), ())
        return out

    name = meta.inputs[1]  # by which it may be given: `vec`, `mat2`
    return call if name == "other" else eval(compiled(f"lambda input, {name}: call(input, {name})"), {"call": call})


def twin(call, node: str):
    """The same operation under another node name, where torch's tells two uses of one formula apart."""
    meta = call.op
    other = op(promotes=meta.promotes, view=meta.view, node=node, new_dim=meta.new_dim)(call.__wrapped_body__)
    other.op.fused, other.op.cuda_body, other.op.cuda_fused = meta.fused, meta.cuda_body, meta.cuda_fused
    other.backward(meta.joint, **meta.rules)
    return other


def in_place(call, name: str | None = None, node: str | None = None, apart: bool = False, **rules):
    """Attach the in-place form of an operation to Tensor: `add` gives `Tensor.add_`.

    node     the name its node has in torch, where it is not that of the operation
    apart    refuse an operand that shares memory with the tensor written to, even if it is the same part
    rules    formulas that read the result, where those of the operation read the input that is gone
    """
    meta = (call if node is None else twin(call, node)).op
    if rules:
        meta.fused = meta.cuda_fused = None
        meta.backward(**rules)
    meta.apart = apart
    function = signature(meta, run_in_place)
    function.__name__ = function.__qualname__ = name or call.op.name + "_"
    function.__doc__ = f"In-place form of `{call.op.name}`: `input` becomes the result."
    setattr(Tensor, function.__name__, function)
    return function


def in_place_view(call, node: str):
    """The function that turns its input into a view of itself, recorded under the name `node`."""
    return signature(twin(call, node).op, run_view_in_place)


def operator(function):
    """`function(tensor, other)` behind a Python operator: what is no tensor and no number is left to the other side."""
    if hasattr(function, "op") and not function.op.params:
        return binary(function.op, lambda op, inputs, params: (
            run(op, inputs, params) if isinstance(inputs[1], OPERANDS) else NotImplemented))
    return lambda self, other: function(self, other) if isinstance(other, OPERANDS) else NotImplemented
