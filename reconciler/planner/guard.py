"""What a plan may not do unless told: by the stricter of what was applied and what is wished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.change import MISSING, Action, Change
from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.policy import Guard
from reconciler.model.problem import Problem
from reconciler.model.units import show_count

_PERCENT_FROM = 10  # of a kind: below that a percentage says nothing


def refusals(
    changes: Iterable[Change], live: Snapshot, wished: Guard, *, allowed: bool
) -> tuple[Problem, ...]:
    """Why `apply` must not begin. Protected things stay whatever is `allowed`, or approved."""
    changes = tuple(changes)
    return (*_protected(changes, live), *_liftable(changes, live, wished, allowed=allowed))


def answerable(
    changes: Iterable[Change], live: Snapshot, wished: Guard, *, allowed: bool
) -> frozenset[Key]:
    """The things whose changes an approval would let through, all of them together.

    Give it the changes that are not approved yet.
    """
    changes = tuple(changes)
    protected = {problem.address for problem in _protected(changes, live)}
    found: set[Key] = set()
    for problem in _liftable(changes, live, wished, allowed=allowed):
        found |= {
            change.key
            for change in changes
            if (str(change.key) == problem.address)
            or (not problem.address and _deleted(change, live))
        }
    return frozenset(key for key in found if str(key) not in protected)


def _liftable(
    changes: tuple[Change, ...], live: Snapshot, wished: Guard, *, allowed: bool
) -> tuple[Problem, ...]:
    """What `--allow-deletes`, or an approval of the change, lifts."""
    if allowed:
        return ()
    guard = strictest(wished, live)
    return (*_destructive(changes), *_shrunken(changes, guard), *_too_many(changes, live, guard))


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
                "error", f"{loss.what}: {show_count(loss.rows, loss.unit)} would be lost", "DS101",
                address=str(change.key),
                hint="no declared load brings them back; `--allow-deletes` if that is meant",
            )  # fmt: skip


def _shrunken(changes: Iterable[Change], guard: Guard) -> Iterator[Problem]:
    """A file that was cut short, or that a failed job left with its header alone, is no wish."""
    for change in changes:
        for shrink in change.shrinks:
            if shrink.rows < _PERCENT_FROM or shrink.percent <= guard.max_delete_percent:
                continue
            yield Problem(
                "error", f"{change.key}: the files of {shrink.type}, "
                f"{show_count(shrink.rows, 'row')} now, "
                f"shrank from {shrink.before:,} to {shrink.after:,} bytes ({shrink.percent:.0f} %);"
                f" the guard allows {guard.max_delete_percent} %", "DS108",
                address=str(change.key),
                hint="look at the files; `--allow-deletes` if that is meant",
            )  # fmt: skip


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
