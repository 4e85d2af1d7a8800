"""Drawn programs run as in torch, and would not if the engine had any of ten faults."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from programs import TABLES, TOO_BIG, compare, report, steps

import minitorch
from minitorch.autograd import attributes, engine, op, rule, view

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

COUNT = 2000 if os.environ.get("MINITORCH_TEST_ALL") else 200
drawn = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


def test_tables_are_as_large_as_promised():
    assert len(TABLES["view"]) >= 20 and len(TABLES["write"]) >= 25 and len(TABLES["op"]) >= 40 and TOO_BIG > 100


def test_drawn_programs(capsys):
    """No difference in values, gradients, second gradients, versions, places in memory, nodes or refusals."""
    hits = Counter()

    @settings(max_examples=COUNT, **drawn)
    @given(steps())
    def check(program):
        compare(program, torch, hits)

    check()
    with capsys.disabled():
        print("\n" + report(hits))
    for kind, least in (("view", 20), ("write", 25), ("op", 40)):
        assert sum(hits[kind, name] > 0 for name in TABLES[kind]) >= least, f"too few kinds of {kind} were carried out"


# ---------------------------------------------------------------- planted faults


def everywhere(patch, module, name: str, fault) -> None:
    """Replace a function of the engine wherever it was imported to."""
    original = getattr(module, name)
    for place in (attributes, engine, op, rule, view):
        if getattr(place, name, None) is original:
            patch.setattr(place, name, fault)


def no_version_bump(patch):
    everywhere(patch, view, "bump", lambda x: None)


def version_not_shared_by_views(patch):
    original = view.mark_view

    def mark_view(y, x, *rest):
        original(y, x, *rest)
        y.version = [x.version[0]]

    everywhere(patch, view, "mark_view", mark_view)


def version_not_shared_by_detach(patch):
    def detach(self):
        t = attributes.alias(self)
        t.version = [0]
        return t

    patch.setattr(minitorch.Tensor, "detach", detach)


def stale_view(patch):
    original = view.current_edge

    def current_edge(x):
        return x.edge if x.viewed is not None and x.edge is not None else original(x)

    everywhere(patch, view, "current_edge", current_edge)


def wrong_base(patch):
    """A view of a view takes the view it was made of for its base."""
    original = view.mark_view

    def mark_view(y, x, *rest):
        original(y, x, *rest)
        if x.viewed is not None:
            y.viewed = view.View(x, y.viewed.chain[-1:], y.viewed.seen, y.viewed.origin)

    everywhere(patch, view, "mark_view", mark_view)


def base_not_rebased(patch):
    """A write through a view tells the view, not its base."""
    def rebase(x, edge):
        x.edge = edge
        if x.viewed is not None:
            x.viewed.seen = view.version_of(x)

    everywhere(patch, view, "rebase", rebase)


def overwritten_part_keeps_its_gradient(patch):
    original = view.CopySlices.pull_recorded

    def pull_recorded(self, g, edges):
        return [None if edges[0] is None else g, original(self, g, edges)[1]]

    patch.setattr(view.CopySlices, "pull_recorded", pull_recorded)


def input_saved_after_the_write(patch):
    """The rule of an in-place operation reads its input as the write left it."""
    def save_inputs(plan, meta, inputs, params):
        return [None if kind == rule.OUTPUT or (kind == rule.INPUT and at == 0) else read(inputs, None, params)
                for (kind, at), read in zip(plan.reads, plan.readers)]

    patch.setattr(op, "save_inputs", save_inputs)


def gradient_array_shared(patch):
    """A pending gradient is added to in place, whoever holds it."""
    original = engine.Walk.send
    patch.setattr(engine.Walk, "send", lambda self, edge, g, fresh: original(self, edge, g, True))


def oldest_node_first(patch):
    push = engine.heappush
    patch.setattr(engine, "heappush", lambda heap, entry: push(heap, (-entry[0], entry[1])))


def leaf_may_be_written_to(patch):
    everywhere(patch, view, "check_may_change", lambda x: None)


def one_of_several_outputs_may_be_written_to(patch):
    everywhere(patch, view, "check_view_may_change", lambda x, what="": None)


FAULTS = [no_version_bump, version_not_shared_by_views, version_not_shared_by_detach, stale_view, wrong_base,
          base_not_rebased, overwritten_part_keeps_its_gradient, input_saved_after_the_write, gradient_array_shared,
          oldest_node_first, leaf_may_be_written_to, one_of_several_outputs_may_be_written_to]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_planted_fault_is_found(fault, monkeypatch):
    """200 programs are enough to tell a faulty engine from torch."""
    @settings(max_examples=200, phases=[Phase.generate], derandomize=True, **drawn)
    @given(steps())
    def check(program):
        try:
            compare(program, torch)
        except Exception as error:  # a fault may show as a crash, too
            raise AssertionError(f"{type(error).__name__}: {error}") from None

    fault(monkeypatch)
    with pytest.raises(AssertionError):
        check()
