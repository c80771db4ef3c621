"""What differs and is no change of the wish: somebody, or something, changed what lives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.model.change import MISSING, Action, Change, FieldChange
from reconciler.model.key import Key
from reconciler.model.loading import LoadWish
from reconciler.model.observed import LiveEngine, LiveGraph
from reconciler.model.plan import Plan
from reconciler.model.step import Act, GraphAt, MarkGraph
from reconciler.model.wish import GraphWish
from reconciler.planner.canonical import digest
from reconciler.planner.case import Case
from reconciler.planner.changes import marks_told
from reconciler.planner.removal import engine_as_seen


def wish_digest(wish: GraphWish) -> str:
    """A digest of all of a wish that is ever compared with what lives."""
    loads = [_told(load) for load in sorted(wish.loads, key=lambda load: load.key)]
    return digest(
        wish.catalog, wish.settings, loads, wish.procedures, wish.descriptions, wish.engine.plain()
    )[:32]


def _told(load: LoadWish) -> LoadWish:
    """A load without what makes no row other: its expectation; the names of appended files."""
    if load.mode == "replace":
        return replace(load, expect={})
    types = tuple(
        replace(content, sources=tuple(
            replace(s, files=tuple(replace(f, path="") for f in s.files)) for s in content.sources
        ))
        for content in load.types
    )  # fmt: skip
    return replace(load, expect={}, types=types)


def reported(plan: Plan, key: Key) -> Iterator[str]:
    """What of a thing came by itself and is only told, by a Policy."""
    for one in plan.drift:
        if one.change.key == key and not one.ignored:
            yield from (_differs(field) for field in one.change.fields)


def _differs(field: FieldChange) -> str:
    path = ".".join(field.path)
    if field.new is MISSING:
        return f"{path} was added"
    return f"{path} is gone" if field.old is MISSING else f"{path} was changed"


def came_by_itself(case: Case) -> bool:
    """Whether the wish is the one that was applied, and nobody asks for anything by name."""
    pointer = case.live.pointer if case.live else None
    keys = {case.wish.key, *(load.key for load in case.wish.loads)}
    asked = case.request.names(frozenset(keys))
    return bool(pointer and pointer.applied == case.applied and not asked and not case.restored)


def graph_marks(
    wish: GraphWish, live: LiveGraph | None, engine: LiveEngine | None
) -> tuple[tuple[Change, ...], tuple[Act, ...]]:
    """Only what holds changes back, where everything else of a graph waits or is left alone.

    `engine` is where it lives: also a graph that is to move is marked where it is.
    """
    if live is None or live.pointer is None or live.serving is None:
        return (), ()
    restraint = live.pointer.restraint.ruled(wish.rules)
    pointer = replace(live.pointer, protect=wish.protect, restraint=restraint)
    if not (told := marks_told(live.pointer, pointer)):
        return (), ()
    return (Change(wish.key, Action.MARK, reason=told),), (
        MarkGraph(_at(wish, live, engine), pointer),
    )


def _at(wish: GraphWish, live: LiveGraph, engine: LiveEngine | None) -> GraphAt:
    here = live.place == wish.engine.place
    return GraphAt(wish.key, wish.owner, live.uid,
                   wish.engine if here else engine_as_seen(live, engine))  # fmt: skip
