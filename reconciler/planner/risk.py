"""How much may go wrong with a change: what a person should look at before it is made.

high    data or a thing goes, there is a gap, or the engine itself becomes another version;
        anything beyond a mark to a thing that is protected, or into which clients write
medium  rows or tables are made anew, a server starts anew, what people call changes or goes
low     something is added, or only a mark is written
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.change import MISSING, Action, Change, Risk
from reconciler.model.observed import Snapshot
from reconciler.model.traits import Effect

_BY_ACTION = {
    Action.RECREATE: (Risk.HIGH, "it does not answer meanwhile"),
    Action.REBUILD: (Risk.MEDIUM, "tables are made anew"),
    Action.MOVE: (Risk.MEDIUM, "it answers from elsewhere"),
    Action.ADOPT: (Risk.MEDIUM, "it was somebody else's"),
    Action.FORGET: (Risk.MEDIUM, "nothing brings its rows again"),
}
_BY_EFFECT = {
    Effect.REBUILD: "tables are made anew",
    Effect.MOVE: "it answers from elsewhere",
    Effect.RESTART: "a server starts anew",
}
_ORDER = list(Risk)


def with_risks(changes: Iterable[Change], live: Snapshot) -> tuple[Change, ...]:
    """The changes, each with its risk and the reason for it."""
    return tuple(_judged(change, live) for change in changes)


def _judged(change: Change, live: Snapshot) -> Change:
    if change.action in (Action.MARK, Action.BLOCKED):
        return change
    found = list(_reasons(change))
    exposed = _exposure(change, live)
    if exposed and change.action is not Action.CREATE:
        found.append((Risk.HIGH, exposed))
    risk, reason = max(found, key=lambda one: _ORDER.index(one[0]), default=(Risk.LOW, ""))
    return replace(change, risk=risk, risk_reason=reason)


def _reasons(change: Change) -> Iterable[tuple[Risk, str]]:
    if change.losses:
        yield Risk.HIGH, "data goes"
    if change.action is Action.DELETE:
        part = change.key.kind == "Procedure"
        yield (Risk.MEDIUM, "who calls it will miss it") if part else (Risk.HIGH, "it is deleted")
    if change.action in _BY_ACTION:
        yield _BY_ACTION[change.action]
    if change.action is Action.LOAD and not change.fresh:
        yield Risk.MEDIUM, "rows are replaced"
    if change.action is Action.UPDATE and change.key.kind == "Procedure":
        yield Risk.MEDIUM, "who calls it gets another answer"
    for field in change.fields:
        if field.path[-1] == "version":
            yield Risk.HIGH, "the engine becomes another version"
        if field.new is MISSING and field.path[0] in ("vertices", "edges"):
            yield Risk.HIGH, "a type or a property goes"
        if field.effect in _BY_EFFECT:
            yield Risk.MEDIUM, _BY_EFFECT[field.effect]


def _exposure(change: Change, live: Snapshot) -> str:
    """Why a change of this thing is worse than one of another."""
    engine, graph = live.engines.get(change.key), live.graphs.get(change.key)
    pointer = graph.pointer if graph else None
    if (engine and engine.protect) or (pointer and pointer.protect):
        return "it is protected"
    return "clients write into it" if pointer and pointer.settings.writes == "open" else ""
