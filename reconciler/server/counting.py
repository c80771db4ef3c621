"""Rows of graphs, counted a few at a time: to ask engines takes longer than a turn may."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reconciler.kept import unchanged
from reconciler.model.key import Key
from reconciler.model.observed import LiveCopy, LiveGraph, Snapshot, alike

_MOST_S = 2.0  # of a turn
_OLD_S = 3600.0  # a graph without a server has to be opened; nobody but us should write to it


@dataclass(frozen=True, slots=True)
class _Known:
    graph: LiveGraph
    at: float


class Counts:
    """What was counted of each graph, and when. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._known: dict[Key, _Known] = {}
        self._told: Mapping[Key, LiveGraph] = {}

    def known(self, live: Snapshot) -> Snapshot:
        """`live` with the rows that were counted of what is still so."""
        self._known = {key: known for key, known in self._known.items()
                       if key in live.graphs and _same(known.graph, live.graphs[key])}  # fmt: skip
        graphs = {key: _with_rows(graph, self._known[key].graph) if key in self._known else graph
                  for key, graph in live.graphs.items()}  # fmt: skip
        self._told = unchanged(self._told, graphs, alike)
        return replace(live, graphs=self._told)

    def counted(self, live: Snapshot, count: Callable[[LiveGraph], LiveGraph]) -> Snapshot:
        """The same, after `count` was asked for a while: first for what was never counted.

        A graph with a server is counted again at each turn, another one after an hour, as far as
        there is time; one at least.
        """
        self.known(live)
        begun = self._clock()
        for key in sorted(self._due(live, begun), key=self._since):
            graph = count(live.graphs[key])
            self._known.pop(key, None)
            if graph.serving and graph.serving.rows is not None:
                self._known[key] = _Known(graph, self._clock())
            if self._clock() - begun > _MOST_S:
                break
        return self.known(live)

    def _due(self, live: Snapshot, now: float) -> list[Key]:
        known = self._known
        return [key for key, graph in live.graphs.items()
                if key not in known or graph.unit or now - known[key].at > _OLD_S]  # fmt: skip

    def _since(self, key: Key) -> float:
        return self._known[key].at if key in self._known else float("-inf")


def _same(before: LiveGraph, now: LiveGraph) -> bool:
    """Whether nothing of ours changed the rows since."""
    one, other = before.serving, now.serving
    return bool(one and other and before.uid == now.uid and one.id == other.id
                and one.record == other.record and one.catalog == other.catalog)  # fmt: skip


def _with_rows(graph: LiveGraph, known: LiveGraph) -> LiveGraph:
    copies = {id_: _copy(copy, known.copies.get(id_)) for id_, copy in graph.copies.items()}
    return replace(graph, copies=copies)


def _copy(copy: LiveCopy, known: LiveCopy | None) -> LiveCopy:
    if known is None or known.rows is None or copy.rows is not None:
        return copy
    return replace(copy, rows=known.rows, values=known.values, size_bytes=known.size_bytes)
