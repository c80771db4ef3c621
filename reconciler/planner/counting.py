"""Whose rows must be counted before a plan can be trusted: counting takes time, and few need it."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.catalog_op import CatalogOp, DropProperty, DropType
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Plan
from reconciler.model.step import Act, Amend, BuildCopy, FillType, RemoveGraph, Step


def needing_rows(plan: Plan, live: Snapshot) -> frozenset[Key]:
    """The graphs whose live rows bear on the plan and were not counted: count, and plan again."""
    # By uid: a graph that is renamed is live under another name.
    steps = (*plan.steps, *plan.waiting)
    touched, sessions = bearing_on_rows(steps), {step.session for step in steps}
    return frozenset(
        key
        for key, graph in live.graphs.items()
        if (graph.uid in touched or (not graph.ours and key in sessions)) and _uncounted(graph)
    )


def bearing_on_rows(steps: Iterable[Step]) -> frozenset[str]:
    """The uids of the graphs whose rows may go or come along with these steps."""
    return frozenset(uid for step in steps if (uid := _bears_on_rows(step.act)))


def _bears_on_rows(act: Act) -> str | None:
    """The uid of the graph whose rows may go or come along with an act."""
    match act:
        case Amend() if _removes(act.ops):
            return act.graph.uid
        case BuildCopy() if act.base is None or _removes(act.ops):
            return act.graph.uid  # a clone that only gains something has all that was there
        case FillType() | RemoveGraph():
            return act.graph.uid
        case _:
            return None


def _removes(ops: Iterable[CatalogOp]) -> bool:
    return any(isinstance(op, DropType | DropProperty) for op in ops)


def _uncounted(graph: LiveGraph) -> bool:
    if not graph.pointer and not graph.ours:  # it may be taken over
        return any(copy.rows is None for copy in graph.copies.values())
    return bool(graph.serving and graph.serving.rows is None)
