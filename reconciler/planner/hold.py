"""Going back to the copy before, and not trying again what was refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.change import Action, Change, FieldChange, Loss, Route
from reconciler.model.observed import LiveCopy, Pointer
from reconciler.model.problem import Problem
from reconciler.model.step import Act, GraphAt, MarkGraph, StartUnit, Switch
from reconciler.model.traits import Effect
from reconciler.model.wish import GraphWish, Held
from reconciler.planner.case import Case
from reconciler.planner.graph import refusal
from reconciler.planner.reach import runs
from reconciler.planner.schema import schema_diff


def holds(case: Case) -> bool:
    """Whether the wish is the one that was refused, and nobody asks for it by name."""
    pointer = case.live.pointer if case.live else None
    if pointer is None or pointer.held is None:
        return False
    keys = {case.wish.key, *(load.key for load in case.wish.loads)}
    keys |= {case.wish.key.sibling("Procedure", name) for name in case.wish.procedures}
    return is_refused(case.wish, pointer.held) and not case.request.names(frozenset(keys))


def is_refused(wish: GraphWish, held: Held) -> bool:
    """Whether `wish` is what `held` holds.

    A changed file alone is no other wish, except where files were all that was refused.
    """
    same = dict(wish.documents) == dict(held.documents)
    return same and (not held.only_files or dict(wish.files()) == dict(held.files))


def rollback(case: Case, at: GraphAt) -> tuple[tuple[Change, ...], tuple[Act, ...]] | Problem:
    """The change and the acts that let the copy before answer; or why that cannot be."""
    live, key = case.live, case.wish.key
    back, serving = (live.previous, live.serving) if live else (None, None)
    if live is None or live.pointer is None or serving is None or back is None:
        says = f"{key}: no copy from before is kept"
        return Problem("error", says, "RB102", hint="`keepPrevious` says for how long one is",
                       address=str(key))  # fmt: skip
    if live.pointer.held:
        says = f"{key}: it was rolled back already, and the copy before is the one refused"
        return Problem("error", says, "RB104", hint=f"`gsctl unhold {key}` releases its wish",
                       address=str(key))  # fmt: skip
    held = refusal(case, back, "RolledBack")
    pointer = replace(live.pointer, copy=back.id, previous=serving.id, switched_at=case.now,
                      held=held)  # fmt: skip
    since = datetime.fromtimestamp(live.pointer.switched_at, UTC).isoformat(timespec="seconds")
    # Nothing is made of what differs: it returns with the copy.
    differs = schema_diff(serving.catalog, back.catalog, {}, case.traits).fields
    fields = tuple(replace(field, effect=Effect.IN_PLACE, reason="") for field in differs)
    route = Route.RESTART if case.wish.engine.mode == "served" else Route.MARK
    change = Change(key, Action.UPDATE, fields, f"back to the copy that answered until {since}",
                    route, losses=_written(case, serving))  # fmt: skip
    return (change,), (Switch(at, pointer),)


def _written(case: Case, serving: LiveCopy) -> tuple[Loss, ...]:
    """Rows that clients wrote into the copy that is left."""
    found = []
    for type_, element in serving.catalog.types():
        known = serving.record.rows(type_) if serving.record else 0
        if (beyond := serving.rows_of(type_) - known) > 0:
            group = "vertices" if element == "vertex" else "edges"
            found.append(Loss(f"{case.wish.key}.{group}.{type_}", beyond))
    return tuple(found)


def healed_while_held(case: Case, at: GraphAt) -> tuple[tuple[Change, ...], tuple[Act, ...]]:
    """A held graph goes on answering as it did: only its server may need to be started."""
    pointer = case.live.pointer if case.live else None
    if pointer is None or pointer.mode != "served" or runs(case.live, at.engine, pointer):
        return (), ()
    field = FieldChange(("server",), "absent", "up", Effect.RESTART, "its server does not run")
    change = Change(case.wish.key, Action.UPDATE, (field,), field.reason, Route.RESTART)
    return (change,), (StartUnit(at, pointer),)


def release(at: GraphAt, pointer: Pointer) -> MarkGraph:
    """Let the refused wish be tried again, by the next plan."""
    return MarkGraph(at, replace(pointer, held=None))
