"""The copy to switch to: one that is near is gone on with, else a new one is begun and filled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.model.observed import LiveCopy, LiveGraph
from reconciler.model.step import (
    Act,
    BuildCopy,
    CarryType,
    ExportType,
    FillType,
    GraphAt,
)
from reconciler.planner.case import Case
from reconciler.planner.target import Distance, begun, new_copy_id, usable


def bring_rows(case: Case, at: GraphAt, copy: str, left: Distance) -> Iterator[Act]:
    """What brings rows into a copy: the ends of edges first, and what comes along before loads."""
    catalog = case.wish.catalog
    carries = {carry.type: carry for carry in left.carries}
    for type_, _ in catalog.types():
        if carry := carries.get(type_):
            assert case.serving, "rows come along from the copy that serves"
            file = f"{at.uid}-{copy}/{type_}.csv"
            yield ExportType(case.origin or at, case.serving.id, carry, file)
            yield CarryType(at, copy, carry, catalog, file, case.request.allow_deletes)
        for fill in left.stale.fills:
            if fill.content.type == type_:
                yield FillType(at, copy, fill.content, fill.options, catalog, fill.record,
                               fill.expect)  # fmt: skip


def copy_to_switch_to(
    case: Case, at: GraphAt, far: Distance, base: str | None
) -> tuple[str, Distance, tuple[Act, ...]]:
    """The copy to switch to, how far it is, and how it begins: one that is near is used again."""
    live, wish = case.live, case.wish
    if live and not case.rebuild:
        beside = case.target.copies if case.target else {}
        for id_ in sorted(beside.keys() - {live.pointer.copy if live.pointer else ""}):
            if near := _near(case, live, beside[id_], far):
                return id_, near, ()
    id_ = new_copy_id(wish, live, far.emptied)
    base_id = case.serving.id if case.serving and not case.recreates else None
    record = replace(far.begun, copy=id_, base=base_id)
    build = BuildCopy(at, id_, base, far.schema.ops, wish.catalog, record, case.origin)
    return id_, far, (build,)


def _near(case: Case, live: LiveGraph, copy: LiveCopy, far: Distance) -> Distance | None:
    """How far a copy beside the one that serves is, where it can be used; else None."""
    served = live.pointer is not None and copy.id == live.pointer.previous
    if case.recreates and live.serving and not copy.verified:
        return None  # the two would lie side by side while it is filled
    if not served:
        left = begun(case.wish, copy, live, case.traits, case.request.reload, far)
        sealed = copy.verified and left and (left.carries or left.stale.fills)
        return None if sealed else left
    if far.leaving and far.leaving.written:
        return None  # it lacks rows that have to come along
    return usable(case.wish, copy, live, case.traits, case.request.reload)
