"""A graph under another name: the same copies, the same uid; only its pointer is told.

Two that change names have the same one for a moment. A crash then leaves twins, told apart by the
name that each had before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.wish import GraphWish


def renamed_graphs(wishes: Mapping[Key, GraphWish], live: Snapshot) -> Snapshot:
    """`live` with each graph under the name that it is wished by.

    A hint applies where the old name is live and ours, and the new one is not, or is renamed away
    itself: a chain, or a swap. Where the old one is not live it is harmless: the graph is there
    already, or is made.
    """
    parts = [*live.graphs.values(), *(twin for twins in live.twins.values() for twin in twins)]
    heirs = _heirs(wishes)
    names = [_goal(wishes, heirs, graph) for graph in parts]
    while taken := [
        i for i, count in enumerate(_shared(names)) if count and names[i] != parts[i].key
    ]:
        for number in taken:
            names[number] = parts[number].key
    graphs = {name: graph if graph.key == name else replace(graph, key=name)
              for name, graph, twice in zip(names, parts, _shared(names), strict=True)
              if not twice}  # fmt: skip
    settled = live.twins.keys() & graphs.keys()
    unknown = {key: problem for key, problem in live.unknown.items() if key not in settled}
    return replace(live, graphs=graphs, unknown=unknown)


def _shared(names: Sequence[Key]) -> list[bool]:
    """Whether each name is that of several."""
    count = Counter(names)
    return [count[name] > 1 for name in names]


def _heirs(wishes: Mapping[Key, GraphWish]) -> Mapping[Key, Key]:
    """For each old name the first graph, in key order, that is renamed from it."""
    return {
        wish.renamed_from: key
        for key, wish in sorted(wishes.items(), reverse=True, key=lambda item: item[0])
        if wish.renamed_from
    }


def _goal(wishes: Mapping[Key, GraphWish], heirs: Mapping[Key, Key], graph: LiveGraph) -> Key:
    """The name that a graph is to have: its own, unless a hint speaks of it for the first time."""
    if not graph.ours or _came(wishes.get(graph.key), graph):
        return graph.key
    return heirs.get(graph.key, graph.key)


def _came(wish: GraphWish | None, graph: LiveGraph) -> bool:
    old = wish.renamed_from if wish else None
    return bool(old and graph.pointer and graph.pointer.renamed_from == old.name)


def _ours(live: Snapshot, key: Key) -> bool:
    graph = live.graphs.get(key)
    return graph is not None and graph.ours


def clash(wish: GraphWish, live: Snapshot) -> Problem | None:
    """RN101 where both names are live, and neither is renamed away: nobody knows which is meant."""
    old, graph = wish.renamed_from, live.graphs.get(wish.key)
    if not old or not graph or not _ours(live, old) or _came(wish, graph):
        return None
    if graph.pointer and graph.pointer.name != wish.key.name:
        return None  # it comes to this name now
    says = f"{wish.key} is renamed from {old}, and both are live"
    hint = "rename the one that stands in the way, too, or drop it first"
    return Problem("error", says, "RN101", hint=hint, address=str(wish.key))
