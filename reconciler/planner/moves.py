"""From one place to another: a new copy there, the switch, then what is left here goes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.model.key import Key
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.step import GraphAt, RemoveEngine, RemoveGraph
from reconciler.model.wish import GraphWish
from reconciler.planner.order import Session
from reconciler.planner.removal import engine_as_seen


def origin_of(wish: GraphWish, live: LiveGraph | None, seen: Snapshot) -> GraphAt | None:
    """Where a graph answers that is wished elsewhere; None where it is at its place, or nowhere."""
    if live is None or live.pointer is None or live.place == wish.engine.place:
        return None
    return _at(live, seen)


def left_behind(wish: GraphWish, live: LiveGraph | None, seen: Snapshot) -> tuple[RemoveGraph, ...]:
    """What goes once a graph is where it is wished: all that lies of it elsewhere."""
    parts = (live, *live.elsewhere) if live else ()
    gone = (part for part in parts if part.place != wish.engine.place)
    return tuple(removal(part, seen) for part in gone)


def removal(live: LiveGraph, seen: Snapshot) -> RemoveGraph:
    """The act that removes what lies of a graph at one place."""
    return RemoveGraph(_at(live, seen), live.pointer.mode if live.pointer else "embedded")


def begun_at(wish: GraphWish, live: LiveGraph | None) -> LiveGraph | None:
    """What a move that was interrupted has made at the place that is wished."""
    parts = live.elsewhere if live else ()
    return next((part for part in parts if part.place == wish.engine.place), None)


def leaving_places(key: Key, left: tuple[LiveEngine, ...]) -> Iterator[Session]:
    """The sessions that remove those places, each when all that needed it has moved."""
    for number, part in enumerate(left):
        act = RemoveEngine(key, str(part.spec.get("type")), part.place, spare=bool(part.strangers))
        yield Session(place_key(key, number), (act,), frozenset(), frozenset({f"engine:{key}"}),
                      leaves=True, serves=key)  # fmt: skip


def place_key(engine: Key, number: int) -> Key:
    """What a session is called that leaves an old place of an engine."""
    return engine.sibling("Place", f"{engine.name}.{number}" if number else engine.name)


def needed_places(
    live: LiveGraph | None, left: Mapping[Key, tuple[LiveEngine, ...]]
) -> frozenset[Key]:
    """The places that stay until a graph has left them, as sessions."""
    here = {part.place for part in ((live, *live.elsewhere) if live else ())}
    return frozenset(
        place_key(engine, number)
        for engine, parts in left.items()
        for number, part in enumerate(parts)
        if part.place in here
    )


def _at(live: LiveGraph, seen: Snapshot) -> GraphAt:
    mark = seen.engines.get(live.engine)
    engine = engine_as_seen(live, mark.at(live.place) or mark if mark else None)
    assert live.owner, "a graph of ours has an owner"
    return GraphAt(live.key, live.owner, live.uid, engine)
