"""Rows that were written after the plan had counted them: what it did not tell of is not lost.

Counted is once more when a new copy is begun, whose record keeps the state of the one that answers.
Whoever writes later is seen by the switch; whoever wrote before is seen here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from reconciler.contracts import StepFailed, Unanswered
from reconciler.model.observed import LiveCopy, LiveGraph, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.step import Act, Amend, BuildCopy, RemoveGraph, Step, Switch
from reconciler.planner.counting import bearing_on_rows

Count = Callable[[LiveGraph], LiveGraph]


def _nobody(graph: LiveGraph) -> LiveGraph:
    return graph


@dataclass(slots=True)
class Witness:
    """Of one execution. `counted`: by uid, the graphs whose rows the plan counted, as they were."""

    counted: Mapping[str, LiveGraph] = field(default_factory=dict)
    count: Count = _nobody  # raises Unanswered

    @classmethod
    def of(cls, live: Snapshot, steps: Iterable[Step], count: Count) -> Self:
        """Over the graphs in `live` whose rows may go by these steps."""
        bearing = bearing_on_rows(steps)
        counted = {graph.uid: graph for graph in live.graphs.values() if graph.uid in bearing
                   and graph.ours and graph.serving and graph.serving.rows is not None}  # fmt: skip
        return cls(counted, count)

    def before(self, act: Act) -> None:
        """What is removed at once has the rows that were told. Raises StepFailed."""
        if isinstance(act, Amend | RemoveGraph):
            graph = self.counted.get(act.graph.uid)
            if graph and graph.place == act.graph.engine.place:
                self._compare(graph, "nothing was removed")

    def after(self, act: Act) -> None:
        """A copy was begun beside the one that was counted. Raises StepFailed."""
        if not isinstance(act, BuildCopy | Switch):
            return
        graph = self.counted.get(act.graph.uid)
        if isinstance(act, BuildCopy):
            if not (graph and graph.serving and graph.serving.id == act.record.base):
                return
            self._compare(graph, "nothing was switched")
        # From now on the switch watches over it, and what it leaves behind goes unasked.
        self.counted = {u: g for u, g in self.counted.items() if u != act.graph.uid}

    def _compare(self, graph: LiveGraph, so: str) -> None:
        try:
            now = self.count(graph)
        except Unanswered as error:
            says = f"{graph.key}: its rows cannot be counted before they go: {error}"
            raise _failed(graph, "ST100", says, "") from error
        if _told(now.serving) != _told(graph.serving):
            says = f"{graph.key}: rows were written to it since the plan: {so}, nothing is lost"
            raise _failed(graph, "WR101", says, "apply again, when nobody writes")


def _told(copy: LiveCopy | None) -> tuple[object, ...]:
    return (copy.rows, copy.values) if copy else ()


def _failed(graph: LiveGraph, code: str, says: str, hint: str) -> StepFailed:
    return StepFailed(Problem("error", says, code, hint=hint, address=str(graph.key)))
