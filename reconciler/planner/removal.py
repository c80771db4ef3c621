"""A graph that nobody declares any more."""

from __future__ import annotations

from reconciler.model.change import Action, Change, Loss
from reconciler.model.key import Owner
from reconciler.model.observed import LiveEngine, LiveGraph
from reconciler.model.step import Act, GraphAt, RemoveGraph
from reconciler.model.wish import EngineWish
from reconciler.planner.changes import live_spec


def removed_graph(
    live: LiveGraph, engine: LiveEngine | None, owner: Owner, elsewhere: tuple[Act, ...] = ()
) -> tuple[Change, tuple[Act, ...]]:
    """Its row, with the rows that go, and the acts that remove it with all its copies.

    `elsewhere` removes what lies of it at other places, and comes first.
    """
    rows = {t: live.serving.rows_of(t) for t, _ in live.serving.catalog.types()} \
        if live.serving else {}  # fmt: skip
    losses = tuple(
        Loss(f"{live.key}.{'vertices' if t in live.serving.catalog.vertices else 'edges'}.{t}", n)
        for t, n in rows.items()
        if n and live.serving
    )
    change = Change(live.key, Action.DELETE, before=live_spec(live), losses=losses, rows=rows,
                    copies=len(live.copies),
                    size_bytes=sum(copy.size_bytes for copy in live.copies.values()))  # fmt: skip
    at = GraphAt(live.key, live.owner or owner, live.uid, engine_as_seen(live, engine))
    mode = live.pointer.mode if live.pointer else "embedded"
    return change, (*elsewhere, RemoveGraph(at, mode))


def engine_as_seen(live: LiveGraph, engine: LiveEngine | None) -> EngineWish:
    """The engine of a live graph, from its own mark: it may be gone from the documents."""
    spec = engine.spec if engine else {}
    mode = "served" if spec.get("mode") == "served" else "embedded"
    return EngineWish(
        live.engine,
        str(spec.get("type", "")),
        str(spec.get("version", "")),
        mode,  # type: ignore[arg-type]  # one of the two, by the line above
        live.place,
        spec.get("resources", {}),
        spec.get("options", {}),
    )
