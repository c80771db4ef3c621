"""Data that goes with a change, and that no declared load brings back."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.change import Loss
from reconciler.model.observed import LiveCopy
from reconciler.model.step import Amend, Switch
from reconciler.planner.carry import Leaving, columns_of
from reconciler.planner.case import Case, GraphPlan
from reconciler.planner.target import Distance


def losses_of(case: Case, plan: GraphPlan, far: Distance) -> Iterator[Loss]:
    """Data that goes with the copy that is left, and that no declared load brings back."""
    copy, leaving = case.serving, far.leaving
    amended = any(isinstance(act, Amend) for act in plan.acts)
    if copy is None or leaving is None or not (amended or _leaves(plan, copy)):
        return
    new_of = {old: new for new, old in far.schema.origins.items()}
    along = {carry.type for carry in far.carries}
    back = goes_back(case, plan)
    for old, element in copy.catalog.types():
        group = "vertices" if element == "vertex" else "edges"
        new = new_of.get(old)
        address = f"{case.wish.key}.{group}.{new or old}"
        if new is None:
            yield from _loss(address, copy.rows_of(old))
            continue
        stays = not back and (new in along or new not in leaving.types)
        if not stays:
            replaced = back or new in leaving.replaced
            lost = leaving.beyond_record(new) if replaced else leaving.beyond(new)
            yield from _loss(address, lost)
        yield from _values(address, leaving, new, stays=stays, back=back)


def _loss(address: str, rows: int) -> Iterator[Loss]:
    if rows:
        yield Loss(address, rows)


def _lost_values(address: str, values: int) -> Iterator[Loss]:
    if values:
        yield Loss(address, values, "value")


def _values(
    address: str, leaving: Leaving, type_: str, *, stays: bool, back: bool
) -> Iterator[Loss]:
    """The values that go: all where the property goes or its column, else those made by hand."""
    copy, old = leaving.copy, leaving.schema.origins[type_]
    named = {o: n for n, o in columns_of(leaving.schema, leaving.wish.catalog, copy.catalog,
                                         type_).items()}  # fmt: skip
    for name in copy.catalog.properties(old):
        by_hand = copy.values.get(f"{old}.{name}")
        if name not in named:
            gone = copy.rows_of(old) if by_hand is None else by_hand
            yield from _lost_values(f"{address}.{name}", gone)
        elif not stays:
            new = named[name]
            unfed = 0 if back else leaving.unfed(type_, new)
            yield from _lost_values(f"{address}.{new}", (by_hand or 0) + unfed)


def _leaves(plan: GraphPlan, copy: LiveCopy) -> bool:
    """Whether another copy answers after the plan."""
    return any(isinstance(act, Switch) and act.pointer.copy != copy.id for act in plan.acts)


def goes_back(case: Case, plan: GraphPlan) -> bool:
    """Whether a kept copy answers again: it stands on nothing of the one that is left."""
    back = case.live.pointer.previous if case.live and case.live.pointer else None
    return any(isinstance(act, Switch) and act.pointer.copy == back for act in plan.acts)
