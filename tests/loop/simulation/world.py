"""The world that coordinators keep: what is seen of it, and what may never be done to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace

from reconciler.contracts import StepFailed, Unanswered
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.record import Record
from reconciler.model.step import (
    Act,
    Amend,
    GraphAt,
    RemoveCopy,
    RemoveGraph,
    StartUnit,
    Step,
    Switch,
)
from reconciler.model.wish import EngineWish, Place
from reconciler.testing.memory import Graph, MemoryWorld
from reconciler.testing.memory_copy import Copy

from .documents import OWNER, THEIRS
from .lease import SimulatedLease

SOMEBODY = Owner("q", "default", "zyxwvuts")


@dataclass(slots=True)
class SimulatedWorld:
    """Live things, their lease, the true time, and what cannot be seen at the moment."""

    memory: MemoryWorld = field(default_factory=lambda: MemoryWorld(OWNER))
    lease: SimulatedLease = field(default_factory=SimulatedLease)
    now: float = 1_000_000.0
    skew: float = 0.0  # by how much clocks are wrong
    hidden: set[Key | Place] = field(default_factory=set)  # graphs and places nobody can look at
    cursed: set[Key] = field(default_factory=set)  # things whose acts all fail
    frail: set[Key] = field(default_factory=set)  # graphs whose servers end as soon as they run
    starts: dict[Key, int] = field(default_factory=dict)  # of frail servers
    acts: int = 0
    allowed: bool = False  # a person is deleting, and knows it
    theirs: object = None

    def __post_init__(self) -> None:
        """What is not ours: an engine, and a graph of somebody else's on it."""
        engine, graph = THEIRS
        place = Place("local", f"/somewhere/{engine.name}")
        self.memory.engines[engine] = LiveEngine(engine, place, SOMEBODY, ours=False)
        found = Graph(graph, SOMEBODY, engine, place)
        catalog = Catalog({"P": VertexTable("k", {"k": "int64"})})
        record = Record(SOMEBODY, graph.tenant, graph.name, "theirs", "t", "0.3.0")
        found.copies["t"] = Copy(catalog, record, {"P": 3})
        self.memory.graphs["theirs"] = found
        self.theirs = deepcopy(self._not_ours())

    def clock(self) -> float:
        """What clocks say, in UTC seconds."""
        return self.now + self.skew

    def seen(self, wished: Iterable[EngineWish]) -> Snapshot:
        """What an observer sees: absent is what is not there, unknown what he could not look at."""
        whole = self.memory.snapshot(self.clock())
        unknown = dict(whole.unknown)
        unknown |= {wish.key: _unseen(wish.key) for wish in wished if wish.place in self.hidden}
        engines, graphs = {}, {}
        for key, engine in whole.engines.items():
            parts = [part for part in (engine, *engine.elsewhere) if part.place not in self.hidden]
            if len(parts) <= len(engine.elsewhere):
                unknown[key] = _unseen(key)
            if parts:
                engines[key] = replace(parts[0], elsewhere=tuple(parts[1:]))
        for key, graph in whole.graphs.items():
            if key in self.hidden:
                unknown[key] = _unseen(key)
                continue
            parts = [part for part in (graph, *graph.elsewhere) if part.place not in self.hidden]
            if parts:
                graphs[key] = replace(parts[0], elsewhere=tuple(parts[1:]))
        return replace(whole, engines=engines, graphs=graphs, unknown=unknown)

    def counted(self, graph: LiveGraph) -> LiveGraph:
        """A graph with the rows that it has now. Raises Unanswered."""
        found = self.memory.snapshot(self.clock()).graphs.get(graph.key)
        if found is None or graph.key in self.hidden or graph.place in self.hidden:
            raise Unanswered(f"{graph.key} cannot be looked at")
        return found

    def do(self, step: Step, epoch: int, *, half: bool = False) -> None:
        """Do an act under an epoch, whole or up to its server.

        Raises:
            LeaseLost: another one writes by now.
            StepFailed: rows were written to the copy that is to be left.
        """
        self.lease.check(epoch)
        with self._watched(step.act):
            if isinstance(step.act, Switch):
                self._refuse_written(step.act)
            self.memory.do(step.act)
            self.acts += 1
            if isinstance(step.act, Switch | StartUnit) and (graph := self._graph(step.act)):
                self._started(graph, half=half)

    def _started(self, graph: Graph, *, half: bool) -> None:
        """Its server is a new one; where only half was done, or it is frail, there is none."""
        if graph.key in self.frail and graph.unit:
            self.starts[graph.key] = self.starts.get(graph.key, 0) + 1
        if half or graph.key in self.frail:
            graph.unit = None
        if graph.unit:
            graph.unit = replace(graph.unit, id=str(self.acts), started_at=self.clock())

    @contextmanager
    def _watched(self, act: Act) -> Iterator[None]:
        """What holds of every single act, whoever does it and why."""
        before = {uid: (id(copy), dict(copy.rows), _written(copy))
                  for uid in self.memory.graphs if (copy := self.memory.serving(uid))}  # fmt: skip
        yield
        assert self._not_ours() == self.theirs, "what is not ours was touched"
        for uid, (copy, rows, written) in before.items():
            now = self.memory.serving(uid)
            if now is None:
                assert isinstance(act, RemoveGraph), "a graph answers no more"
                assert not written or self.allowed, "rows that nobody can bring back were deleted"
                continue
            assert _written(now) >= written or self.allowed, (
                "rows that nobody can bring back were lost"
            )
            if id(now) == copy and not isinstance(act, Amend):
                assert now.rows == rows, "changed under its readers"

    def _refuse_written(self, act: Switch) -> None:
        """As drivers do: rows that were written beside the new copy are not left behind."""
        at = act.origin or act.graph
        graph = self.memory.graphs.get(at.uid)
        if graph is None or graph.pointer is None or graph.pointer.copy == act.pointer.copy:
            return
        here = self._graph(act)
        target, old = (
            here.copies[act.pointer.copy] if here else None,
            graph.copies[graph.pointer.copy],
        )
        if target is None or target.record.base != graph.pointer.copy:
            return
        if str(old.state) != target.record.base_state:
            if here and graph.pointer.previous != act.pointer.copy:
                del here.copies[act.pointer.copy]
            raise StepFailed(Problem("error", "rows were written meanwhile", "WR101"))

    def _graph(self, act: Act) -> Graph | None:
        """What lies of a graph at the place that an act speaks of."""
        at = getattr(act, "graph", None)
        if not isinstance(at, GraphAt) or isinstance(act, RemoveGraph | RemoveCopy):
            return None
        found = self.memory.graphs.get(at.uid)
        if found and found.place == at.engine.place:
            return found
        return self.memory.beside.get((at.uid, at.engine.place))

    def ours(self) -> list[Graph]:
        """Our graphs that answer, in the order of their uids."""
        return [graph for uid, graph in sorted(self.memory.graphs.items())
                if graph.owner == OWNER and graph.pointer]  # fmt: skip

    def _not_ours(self) -> object:
        graphs = {uid: g for uid, g in self.memory.graphs.items() if g.owner != OWNER}
        return graphs, {k: e for k, e in self.memory.engines.items() if not e.ours}


def _written(copy: Copy) -> int:
    """How many rows nobody loaded."""
    return sum(rows for address, rows in copy.by_hand.items() if "." not in address)


def _unseen(key: Key) -> Problem:
    return Problem("error", f"{key}: does not answer", "ST100", address=str(key))
