"""What a plan may not do unless told: by the stricter of what was applied and what is wished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.change import MISSING, Action, Change
from reconciler.model.kinds import Guard
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Request
from reconciler.model.problem import Problem

_PERCENT_FROM = 10  # of a kind: below that a percentage says nothing


def refusals(
    changes: Iterable[Change], live: Snapshot, wished: Guard, request: Request
) -> tuple[Problem, ...]:
    """Why `apply` must not begin. Protected things stay whatever is allowed."""
    changes = tuple(changes)
    found = list(_protected(changes, live))
    if not request.allow_deletes:
        guard = strictest(wished, live)
        found += [*_destructive(changes), *_too_many(changes, live, guard)]
    return tuple(found)


def strictest(wished: Guard, live: Snapshot) -> Guard:
    """Loosening a guard takes effect one apply later: the engines' marks remember the last one."""
    marks = [mark.guard for mark in live.engines.values() if mark.ours and mark.guard]
    return Guard(
        max_deletes=min([wished.max_deletes, *(m["maxDeletes"] for m in marks)]),
        max_delete_percent=min(
            [wished.max_delete_percent, *(m["maxDeletePercent"] for m in marks)]
        ),
    )


def _protected(changes: Iterable[Change], live: Snapshot) -> Iterator[Problem]:
    for change in changes:
        engine, graph = live.engines.get(change.key), live.graphs.get(change.key)
        protected = (engine and engine.protect) or (
            graph and graph.pointer and graph.pointer.protect
        )
        if protected and change.action is Action.DELETE:
            yield Problem(
                "error", f"{change.key} is protected, and would be deleted", "DS104",
                address=str(change.key),
                hint="apply it once with `protect: false`, then remove it",
            )  # fmt: skip


def _destructive(changes: Iterable[Change]) -> Iterator[Problem]:
    for change in changes:
        for loss in change.losses:
            yield Problem(
                "error", f"{loss.what}: {_rows(loss.rows)} would be lost", "DS101",
                address=str(change.key),
                hint="no declared load brings them back; `--allow-deletes` if that is meant",
            )  # fmt: skip


def _rows(number: int) -> str:
    return "1 row" if number == 1 else f"{number:,} rows"


def _too_many(changes: Iterable[Change], live: Snapshot, guard: Guard) -> Iterator[Problem]:
    deletes, owned = Counter[str](), _owned(live)
    for change in changes:
        deletes.update(_deleted(change, live))
    for kind in sorted(deletes):
        number, total = deletes[kind], owned[kind]
        percent = 100 * number / total if total >= _PERCENT_FROM else 0
        if number > guard.max_deletes:
            says = f"{number} {kind} would be deleted; the guard allows {guard.max_deletes}"
        elif percent > guard.max_delete_percent:
            says = (f"{number} of {total} {kind} would be deleted ({percent:.0f} %); the guard "
                    f"allows {guard.max_delete_percent} %")  # fmt: skip
        else:
            continue
        yield Problem("error", says, "DS105", hint="`--allow-deletes` if that is meant")


def _owned(live: Snapshot) -> Mapping[str, int]:
    count = Counter[str]()
    count["engines"] = sum(mark.ours for mark in live.engines.values())
    for graph in live.graphs.values():
        if not graph.ours or not graph.serving:
            continue
        catalog = graph.serving.catalog
        count["graphs"] += 1
        count["vertex types"] += len(catalog.vertices)
        count["edge types"] += len(catalog.edges)
        count["properties"] += sum(len(catalog.properties(t)) for t, _ in catalog.types())
    return count


def _deleted(change: Change, live: Snapshot) -> Mapping[str, int]:
    """What goes with a change, by kind."""
    if change.action is Action.DELETE:
        graph = live.graphs.get(change.key)
        if graph and graph.serving:
            catalog = graph.serving.catalog
            properties = sum(len(catalog.properties(t)) for t, _ in catalog.types())
            return {"graphs": 1, "vertex types": len(catalog.vertices),
                    "edge types": len(catalog.edges), "properties": properties}  # fmt: skip
        return {"engines": 1} if change.key.kind == "Engine" else {}
    count = Counter[str]()
    for field in change.fields:
        if field.new is MISSING and field.path[0] in ("vertices", "edges"):
            if len(field.path) == 2:
                count["vertex types" if field.path[0] == "vertices" else "edge types"] += 1
            elif len(field.path) == 4:
                count["properties"] += 1
    return count
