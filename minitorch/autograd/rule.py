"""Rules: the formulas of an operation, what a recorded call saves for them, and the node that runs them.

A formula is looked at once per set of inputs that need gradients (`Plan`): its parameter names say what to save
(`readers`), and its `__code__` says whether it consists of operators alone (`plain`), so that bare arrays will do.
Read next: op.py, which calls `record`; engine.py, which calls `pull`.
"""

from __future__ import annotations

import numpy as np

from ..device import array_module, is_array
from ..dtype import of
from ..tensor import Tensor, ndarray, new, wrap
from .graph import FACT, SECOND_TIME, Node, changed_error, fill_node, stamp
from .view import AsStridedBackward0

# Attributes that arrays and tensors share: a formula that names nothing else is `plain`.
SHARED = {"mT", "T", "shape", "ndim"}

INPUT, OUTPUT, SHAPE, DTYPE, PARAM, GRAD, NEEDS = "input", "output", "shape", "dtype", "param", "grad", "needs"
ALL = -1  # every input, or the list of all output gradients


def argument_names(function) -> tuple:
    # __code__, not inspect.signature: 31 us each would be felt at import
    return function.__code__.co_varnames[: function.__code__.co_argcount]


# ---------------------------------------------------------------- plans: what a recorded call saves and runs


class Plan:
    """For one set of inputs that need gradients: `readers` that save, `pulls` that run the formulas."""

    __slots__ = ("reads", "readers", "pulls", "joint", "fused", "cuda")

    def __init__(self, op, mask: tuple):
        self.reads: list[tuple] = []  # what is saved, each once, as (kind, which)
        self.pulls, self.joint = [], None
        if op.joint is not None:
            self.joint = Rule(op, op.joint, self)
        else:
            for name, needed in zip(op.inputs, mask):
                rule = op.rules.get(name)
                self.pulls.append(Rule(op, rule, self) if needed and rule is not None else None)
        self.fused, self.cuda = [None if rule is None else Rule(op, rule, self, skip=1)
                                 for rule in (op.fused, op.cuda_fused or op.fused)]
        self.readers = [make_reader(op, *read) for read in self.reads]


def find(op, name: str) -> tuple:
    """Where a formula's parameter comes from, as (kind, which)."""
    if name == "needs":
        return NEEDS, 0
    if name == "g":
        return GRAD, ALL if op.several else 0
    if name in op.params:
        return PARAM, op.params.index(name)
    if name in op.inputs:
        return INPUT, ALL if op.variadic else op.inputs.index(name)
    if name in op.outputs:
        return OUTPUT, op.outputs.index(name)
    stem, _, fact = name.rpartition("_")
    if stem == "g":
        return GRAD, op.outputs.index(fact)
    if stem in op.inputs and fact in (SHAPE, DTYPE):
        return fact, ALL if op.variadic else op.inputs.index(stem)
    raise NameError(f"the rule of {op.name} names {name!r}, which the operation does not have")


def make_reader(op, kind: str, at: int):
    """A function (inputs, outputs, params) -> (value, version counter, version now)."""
    if kind == PARAM:
        return lambda inputs, outputs, params: (params[at], FACT, 0)
    if kind == OUTPUT:
        return lambda inputs, outputs, params: saved(outputs[at])
    if kind == INPUT:
        return (lambda i, o, p: ([saved(t) for t in i], FACT, 0)) if at == ALL else lambda i, o, p: saved(i[at])
    look = (lambda t: np.shape(t.array if isinstance(t, Tensor) else t)) if kind == SHAPE else (
        lambda t: t.array.dtype if isinstance(t, Tensor) else None)
    if at == ALL:
        return lambda i, o, p: ([look(t) for t in i], FACT, 0)
    return lambda i, o, p: (look(i[at]), FACT, 0)


def saved(t):
    return (t.array, t.version, t.version[0]) if isinstance(t, Tensor) else (t, FACT, 0)


class Rule:
    """A formula, where its arguments come from, and a quick way to run it on arrays."""

    __slots__ = ("formula", "sources", "run")

    def __init__(self, op, formula, plan: Plan, skip: int = 0):
        self.formula = formula
        self.sources = []  # per argument: (GRAD, slot), (NEEDS, 0), or (index into node.saved, read)
        for name in argument_names(formula)[skip:]:
            read = find(op, name)
            if read[0] not in (GRAD, NEEDS):
                if read not in plan.reads:
                    plan.reads.append(read)
                read = plan.reads.index(read), read
            self.sources.append(read)
        code = formula.__code__
        plain = set(code.co_names) <= SHARED and not code.co_freevars and not op.several and not op.variadic
        self.run = self.on_arrays() if plain and self.sources[0] == (GRAD, 0) else self.through_tensors

    def on_arrays(self):
        """The formula on bare arrays, by the number of saved values it reads; a GPU's go to the kernels, as tensors."""
        formula, at, on_gpu = self.formula, [k for k, _ in self.sources[1:]], self.through_tensors
        if not at:
            return lambda node, g: formula(g)
        if len(at) == 1:
            k, = at

            def run_one(node, g):
                if type(g) is not ndarray:
                    return on_gpu(node, g)
                value, version, then = node.saved[k]
                return formula(g, value if version[0] == then else fail(node, k))

            return run_one
        return lambda node, g: on_gpu(node, g) if type(g) is not ndarray else formula(
            g, *[v if version[0] == then else fail(node, k) for k in at for v, version, then in (node.saved[k],)])

    def through_tensors(self, node, g):
        result = self.on_tensors(node, [x if x is None else wrap(x) for x in g] if type(g) is list else wrap(g))
        if type(result) in (tuple, list):
            return [None if r is None else r.array for r in result]
        return None if result is None else result.array

    def on_tensors(self, node, g):
        return self.formula(*[self.argument(node, g, source) for source in self.sources])

    def argument(self, node, g, source):
        if source[0] == GRAD:
            return g if source[1] == ALL or type(g) is not list else g[source[1]]
        if source[0] == NEEDS:
            return tuple([e is not None for e in node.edges])
        k, (kind, at) = source
        value, version, then = node.saved[k]
        if version[0] != then:
            fail(node, k)
        if kind == INPUT and at == ALL:
            return [as_tensor(v if counter[0] == n else fail(node, k), e)
                    for (v, counter, n), e in zip(value, node.edges)]
        if kind == INPUT:
            return as_tensor(value, node.edges[at])
        if kind == OUTPUT:
            return as_tensor(value, (node, at) if value.dtype.kind in "fc" else None)
        return value

    def on_saved_arrays(self, node, g, xp):
        """A fused rule: everything as arrays."""
        given = []
        for source in self.sources:
            if source[0] in (GRAD, NEEDS):
                given.append(self.argument(node, g, source))
            else:
                value, version, then = node.saved[source[0]]
                given.append(value if version[0] == then else fail(node, source[0]))
        return self.formula(xp, *given)


def as_tensor(value, edge):
    """A saved array as a tensor at the place in the graph it had when it was saved."""
    if not is_array(value):
        return value
    t = wrap(value)
    t.edge = edge
    return t


def fail(node, k):
    kind, at = node.plan.reads[k]
    value, version, then = node.saved[k]
    if kind == INPUT and at == ALL:
        at, (value, version, then) = next((i, s) for i, s in enumerate(value) if s[1][0] != s[2])
    edge = (node, at) if kind == OUTPUT else node.edges[at]
    if kind != OUTPUT and edge is not None and isinstance(edge[0], OpNode) and edge[0].op.view:
        edge = AsStridedBackward0(), 0  # a write made the view's place in the graph a new one
    raise changed_error(value, version, then, edge, kind == OUTPUT)


class OpNode(Node):
    """The node of an `@op`; `op` is set on the class."""

    __slots__ = ()
    fresh_gradients = True

    def free(self) -> None:
        if any(version is not FACT or type(value) is list for value, version, _ in self.saved or ()):
            self.saved = None  # a node that saved nothing but facts may be walked again, as in torch

    def pull(self, g, edges):
        if self.saved is None:
            raise RuntimeError(SECOND_TIME)
        plan = self.plan
        if self.op.several and type(g) is not list:
            g = [g]
        if plan.cuda is not None:
            xp = array_module(g[0] if type(g) is list else g)
            fused = plan.fused if xp is np else plan.cuda
            if fused is not None:
                return fused.on_saved_arrays(self, g, xp)
        if plan.joint is not None:
            return aligned(plan.joint.through_tensors(self, g))
        return [None if e is None or rule is None else rule.run(self, g) for e, rule in zip(edges, plan.pulls)]

    def pull_recorded(self, g, edges):
        if self.saved is None:
            raise RuntimeError(SECOND_TIME)
        if self.op.several and type(g) is not list:
            g = [g]
        if self.plan.joint is not None:
            return aligned(self.plan.joint.on_tensors(self, g))
        return [None if e is None or rule is None else rule.on_tensors(self, g)
                for e, rule in zip(edges, self.plan.pulls)]


class ComplexOpNode(OpNode):
    """The node of a call that met complex numbers.

    A formula reads as for real numbers, g * dy/dx. Of complex ones torch's gradient is g * conj(dy/dx), the direction
    in which a real loss grows fastest; that is conj(conj(g) * dy/dx). So the engine conjugates before and after, and
    the formulas need not know. Where y depends on conj(x) as well, as |x| does, a formula gives dy/dx + dy/d conj(x)
    so that it holds here; for real x the two are one.  https://pytorch.org/docs/stable/notes/autograd.html
    """

    __slots__ = ()

    def pull(self, g, edges):
        return conjugates(super().pull(conjugates(g), edges))

    def pull_recorded(self, g, edges):
        return conjugates(super().pull_recorded(conjugates(g), edges))


def conjugates(g):
    """The conjugate of an array, a Tensor, or each of several; real ones as they are."""
    if type(g) in (tuple, list):
        return [None if part is None else part.conj() for part in g]
    return g.conj()


def node_for(op, tensors) -> OpNode:
    """A new node of the operation, of the complex kind if a complex tensor is among these."""
    if any([isinstance(t, Tensor) and t.array.dtype.kind == "c" for t in tensors]):
        return new(op.complex_node_class)
    return new(op.node_class)


def aligned(result):
    return result if type(result) in (tuple, list) else (result,)


def record(op, inputs: tuple, edges: tuple, outputs: tuple, params: tuple) -> OpNode:
    """Make the node of a call and give the outputs their places in the graph. Integer outputs have none."""
    node = fill_node(node_for(op, (*inputs, *outputs)), edges, tuple([(y.array.shape, y.array.dtype) for y in outputs]))
    for slot, y in enumerate(outputs):
        if y.array.dtype.kind in "fc":
            y.edge = (node, slot)
    node.plan = plan = op.plan(tuple([e is not None for e in edges]))
    node.saved = [read(inputs, outputs, params) for read in plan.readers]
    return node


def record_one(op, inputs: tuple, edges: tuple, y: Tensor, plan: Plan) -> None:
    """`record` of an op with one output and no parameters, its plan already chosen: the way of every small call."""
    node = new(op.node_class)
    node.order, node.edges, node.plan, node.watchers = stamp(), edges, plan, None
    array, outputs = y.array, (y,)
    node.outputs = ((array.shape, array.dtype),)
    node.saved = [read(inputs, outputs, ()) for read in plan.readers]
    y.edge = (node, 0)


# ---------------------------------------------------------------- gradients that fit


def fit_tensor(g: Tensor, shape: tuple, dtype) -> Tensor:
    """`g` with the shape and type of the input it belongs to: summed over broadcast dims, spread over summed ones."""
    if g.array.shape != shape:
        if g.array.ndim < len(shape):
            g = g.reshape((1,) * (len(shape) - g.array.ndim) + g.array.shape)
        lead = g.array.ndim - len(shape)
        ones = tuple(i + lead for i, n in enumerate(shape) if n == 1 and g.array.shape[i + lead] != 1)
        dims = tuple(range(lead)) + ones
        if dims:
            g = g.sum(dims, keepdim=True)
        if lead:
            g = g.reshape(g.array.shape[lead:])
        if g.array.shape != shape:
            g = g.expand(shape)
    if g.array.dtype == dtype:
        return g
    return (g.real if g.array.dtype.kind == "c" and dtype.kind != "c" else g).to(of(dtype))
