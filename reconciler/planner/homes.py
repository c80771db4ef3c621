"""Which graph or engine each thing belongs to: its changes are made in one session with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.wish import EngineWish, GraphWish


def things(kind: str, wished: Iterable[Key], live: Snapshot) -> set[Key]:
    """All engines, or all graphs: wished, live, or unseen."""
    seen = live.engines.keys() if kind == "Engine" else live.graphs.keys()
    return {*wished, *seen, *(key for key in live.unknown if key.kind == kind)}


def homes(
    engines: Mapping[Key, EngineWish], graphs: Mapping[Key, GraphWish], live: Snapshot
) -> Mapping[Key, Key]:
    """Each declared or live thing -> the graph or engine in whose session it is changed."""
    found = {key: key for key in things("Engine", engines, live) | things("Graph", graphs, live)}
    for key, graph in live.graphs.items():
        record = graph.serving.record if graph.serving else None
        names = {f.load for fills in record.fills.values() for f in fills} if record else set()
        found |= {key.sibling("Load", name): key for name in names}
        found |= {key.sibling("Procedure", n): key for n in (record.procedures if record else ())}
    for key, wish in graphs.items():
        found |= {load.key: key for load in wish.loads}
        found |= {key.sibling("Procedure", name): key for name in wish.procedures}
    return found
