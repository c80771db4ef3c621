"""A graph under another name: the same copies, the same uid; only its pointer is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.problem import Problem
from reconciler.model.wish import GraphWish


def renamed_graphs(wishes: Mapping[Key, GraphWish], live: Snapshot) -> Snapshot:
    """`live` with each graph under the name that it is wished by.

    A hint applies where the old name is live and ours, and the new one is not. Where the old one is
    not live it is harmless: the graph is there already, or is made.
    """
    applying = {
        key: old
        for key, wish in wishes.items()
        if (old := wish.renamed_from) and key not in live.graphs and _ours(live, old)
    }
    moved = {new: replace(live.graphs[old], key=new) for new, old in applying.items()}
    gone = frozenset(applying.values())
    kept = {key: graph for key, graph in live.graphs.items() if key not in gone}
    return replace(live, graphs={**kept, **moved}) if moved else live


def _ours(live: Snapshot, key: Key) -> bool:
    graph = live.graphs.get(key)
    return graph is not None and graph.ours


def clash(wish: GraphWish, live: Snapshot) -> Problem | None:
    """RN101 where both names are live: nobody can say which graph is meant.

    One name after the other: two graphs must not have the same one for a moment.
    """
    old = wish.renamed_from
    graph = live.graphs.get(wish.key)
    if not old or not graph or not _ours(live, old):
        return None
    if graph.pointer and graph.pointer.renamed_from == old.name:
        return None  # applied before; the old name was given to another graph since
    says = f"{wish.key} is renamed from {old}, and both are live"
    hint = "rename the one that stands in the way first, with an apply of its own"
    return Problem("error", says, "RN101", hint=hint, address=str(wish.key))
