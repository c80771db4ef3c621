"""A world in memory: what acts do to engines and graphs, without any engine. For simulation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from reconciler.model.catalog import Catalog, EdgeTable
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveCopy, LiveEngine, LiveGraph, Pointer, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.step import (
    Act,
    Amend,
    BuildCopy,
    CarryType,
    ClearGraph,
    CreateEngine,
    ExportType,
    FillType,
    GraphAt,
    MarkGraph,
    RemoveCopy,
    RemoveEngine,
    RemoveGraph,
    StartUnit,
    Switch,
    VerifyCopy,
)
from reconciler.model.unit import Unit, UnitMark
from reconciler.model.wish import Place
from reconciler.planner import unit_digest
from reconciler.testing.memory_copy import Copy, alter, exported


@dataclass(slots=True)
class Graph:
    """A graph that can be changed."""

    key: Key
    owner: Owner
    engine: Key
    place: Place
    pointer: Pointer | None = None
    copies: dict[str, Copy] = field(default_factory=dict)
    unit: Unit | None = None
    relay: Unit | None = None


@dataclass(slots=True)
class MemoryWorld:
    """What survives a crash, and a log of every fill that ran: (uid, copy, type, load)."""

    owner: Owner
    engines: dict[Key, LiveEngine] = field(default_factory=dict)
    graphs: dict[str, Graph] = field(default_factory=dict)
    fills: list[tuple[str, str, str, str]] = field(default_factory=list)
    carries: list[tuple[str, str, str]] = field(default_factory=list)  # uid, copy, type
    files: dict[str, tuple[int, dict[str, int]]] = field(default_factory=dict)  # may vanish
    counted: bool = True
    beside: dict[tuple[str, Place], Graph] = field(default_factory=dict)  # at other places
    left: dict[tuple[Key, Place], LiveEngine] = field(default_factory=dict)  # engines, too

    def snapshot(self, now: float = 0.0) -> Snapshot:
        """What an observer sees."""
        found: dict[Key, list[LiveGraph]] = {}
        graphs: dict[Key, LiveGraph] = {}
        for uid, graph in self.graphs.items():
            if graph.owner == self.owner:
                found.setdefault(graph.key, []).append(self._seen(uid, graph))
            else:
                graphs[graph.key] = self._seen(uid, graph)
        graphs |= {key: parts[0] for key, parts in found.items() if len(parts) == 1}
        twins = {key: tuple(parts) for key, parts in found.items() if len(parts) > 1}
        unclear = {key: Problem("error", f"{key}: there are two", "ST102") for key in twins}
        engines = {key: replace(engine, elsewhere=self._left(key))
                   for key, engine in self.engines.items()}  # fmt: skip
        return Snapshot(engines, graphs, unclear, twins, now=now)

    def do(self, act: Act) -> None:  # noqa: C901  one word for each act
        """What an act makes of the world. Doing it twice is doing it once."""
        match act:
            case CreateEngine():
                engine = act.engine
                before = self.engines.get(engine.key)
                self.left.pop((engine.key, engine.place), None)
                if before and before.place != engine.place:
                    self.left[engine.key, before.place] = before
                self.engines[engine.key] = LiveEngine(
                    engine.key, engine.place, act.owner, act.owner == self.owner, engine.plain(),
                    engine.protect, act.guard, restraint=act.restraint,
                )  # fmt: skip
            case RemoveEngine():
                held = [g for g in (*self.graphs.values(), *self.beside.values())
                        if g.place == act.place]  # fmt: skip
                assert not held, "removed a place with graphs in it"
                self._remove(act)
            case RemoveGraph():
                if not self.beside.pop((act.graph.uid, act.graph.engine.place), None):
                    assert self.graphs[act.graph.uid].place == act.graph.engine.place
                    del self.graphs[act.graph.uid]
            case BuildCopy() | Amend() | FillType() | VerifyCopy():
                self._change(act)
            case ExportType():
                graph = self._graph(act.graph)
                assert self._type_at(graph) == act.graph.engine.type, "read by a stranger's driver"
                copy = graph.copies[act.copy]
                self.files[act.file] = exported(copy, act.carry)
            case CarryType():
                self._carry(self._graph(act.graph).copies[act.copy], act)
            case Switch() | MarkGraph() | StartUnit():
                self._point(act)
            case ClearGraph():
                graph = self._graph(act.graph)
                assert graph.pointer, "only a graph that answers is cleared"
                graph.copies, graph.unit, graph.relay = {}, None, None
                graph.pointer = act.pointer
            case RemoveCopy():
                graph = self._graph(act.graph)
                assert not graph.pointer or graph.pointer.copy != act.copy, "removed what serves"
                graph.copies.pop(act.copy, None)
            case _:
                pass  # a runtime

    def _remove(self, act: RemoveEngine) -> None:
        if self.left.pop((act.key, act.place), None):
            return
        del self.engines[act.key]
        if left := self._left(act.key):  # what still lies elsewhere is all of it now
            self.engines[act.key] = self.left.pop((act.key, left[0].place))

    def serving(self, uid: str) -> Copy | None:
        """What a reader of a graph finds."""
        graph = self.graphs.get(uid)
        return graph.copies.get(graph.pointer.copy) if graph and graph.pointer else None

    def _type_at(self, graph: Graph) -> str:
        """The type of the engine that a graph lies on."""
        parts = (self.engines.get(graph.engine), *self.left.values())
        return next(str(e.spec["type"]) for e in parts if e and e.place == graph.place)

    def _left(self, engine: Key) -> tuple[LiveEngine, ...]:
        return tuple(part for (key, _), part in self.left.items() if key == engine)

    def _seen(self, uid: str, graph: Graph) -> LiveGraph:
        beside = tuple(self._part(uid, g) for (u, _), g in self.beside.items() if u == uid)
        return replace(self._part(uid, graph), elsewhere=beside)

    def _part(self, uid: str, graph: Graph) -> LiveGraph:
        copies = {
            id_: LiveCopy(
                id_, c.catalog, c.record, c.verified,
                {a: w for a, (_, w) in c.record.strings.items()},
                dict(c.rows) if self.counted else None,
                {a: n for a, n in c.by_hand.items() if "." in a and self.counted},
            )
            for id_, c in graph.copies.items()
        }  # fmt: skip
        return LiveGraph(graph.key, graph.engine, graph.place, uid, graph.owner == self.owner,
                         graph.owner, graph.pointer, copies, graph.unit,
                         relay=graph.relay)  # fmt: skip

    def _graph(self, at: GraphAt) -> Graph:
        """What lies of a graph at the place that a step speaks of."""
        fresh = Graph(at.key, at.owner, at.engine.key, at.engine.place)
        found = self.graphs.setdefault(at.uid, fresh)
        if found.place == at.engine.place:
            return found
        return self.beside.setdefault((at.uid, at.engine.place), fresh)

    def _change(self, act: BuildCopy | Amend | FillType | VerifyCopy) -> None:
        graph = self._graph(act.graph)
        match act:
            case BuildCopy():
                source = self._graph(act.origin) if act.origin else graph
                if act.base:
                    types = self._type_at(source), act.graph.engine.type
                    assert types[0] == types[1], "cloned into an engine of another type"
                base = source.copies[act.base] if act.base else Copy(Catalog(), act.record, {})
                copy = Copy(base.catalog, act.record, dict(base.rows), by_hand=dict(base.by_hand))
                for op in act.ops:
                    alter(copy, op, act.catalog)
                # Multiplicity is a mark: it is right once the record is.
                goal = _told(act.catalog, copy.catalog)
                assert copy.catalog.plain() == goal.plain(), "ops do not add up"
                stands_on = source.copies.get(act.record.base or "")
                assert stands_on or not act.record.base, "it stands on a copy that is gone"
                state = str(stands_on.state) if stands_on else ""
                copy.catalog, copy.record = act.catalog, replace(act.record, base_state=state)
                graph.copies[act.copy] = copy
            case Amend():
                copy = graph.copies[act.copy]
                for op in act.ops:
                    alter(copy, op, act.catalog)
                copy.catalog, copy.record = act.catalog, act.record
            case FillType():
                self._fill(graph, act)
            case VerifyCopy():
                graph.copies[act.copy].verified = True

    def _fill(self, graph: Graph, act: FillType) -> None:
        copy = graph.copies[act.copy]
        serves = graph.pointer is not None and graph.pointer.copy == act.copy
        assert not serves, "loaded into what is being read"
        assert not copy.verified, "loaded into what was verified"
        type_ = act.load.type
        self.fills.append((act.graph.uid, act.copy, type_, act.fill.load))
        rows = sum(file.size for source in act.load.sources for file in source.files)
        record = copy.record
        if act.fill.mode == "replace":
            gone = {type_} | (
                act.catalog.touching(type_) if act.load.element == "vertex" else set()
            )
            record = record.without_fills(gone)
            full = [name for name in gone if copy.rows.get(name)]
            assert not full, "loaded into what is not empty"
        known = act.fill.rows if act.fill.mode == "append" else 0
        copy.rows[type_] = copy.rows.get(type_, 0) + rows
        copy.record = record.with_fill(type_, replace(act.fill, rows=known + rows))

    def _carry(self, copy: Copy, act: CarryType) -> None:
        carry = act.carry
        assert not copy.verified, "carried into what was verified"
        if copy.record.carried.get(carry.type):
            return
        assert not copy.rows.get(carry.type), "carried into what is not empty"
        self.carries.append((act.graph.uid, act.copy, carry.type))
        rows, by_hand = self.files[act.file]
        copy.rows[carry.type] = rows
        copy.by_hand |= by_hand
        copy.record = copy.record.with_carried(carry.type, carry.fills)

    def _move(self, uid: str, before: Graph, graph: Graph) -> None:
        """Another place is where the graph is; what lies at the old one is beside it now."""
        if before is not graph:
            self.beside.pop((uid, graph.place), None)
            self.beside[uid, before.place] = before
            self.graphs[uid] = graph
            before.unit = None

    def _point(self, act: Switch | MarkGraph | StartUnit) -> None:
        graph = self._graph(act.graph)
        if isinstance(act, Switch):  # without an origin what lies elsewhere never answered
            uid = act.graph.uid
            self._move(uid, self._graph(act.origin) if act.origin else self.graphs[uid], graph)
        assert act.pointer.copy in graph.copies, "points at nothing"
        assert graph.copies[act.pointer.copy].verified, "points at what was not verified"
        port = act.pointer.port or (17000 if act.pointer.mode == "served" else None)
        graph.pointer = replace(act.pointer, port=port)
        graph.key = act.graph.key
        if not isinstance(act, MarkGraph):
            key = graph.key
            version = graph.copies[act.pointer.copy].record.version
            mark = UnitMark(
                graph.owner,
                "r",
                "/",
                key.tenant,
                key.kind,
                key.name,
                act.graph.uid,
                act.pointer.copy,
                unit_digest(act.graph.engine, version),
                port,
            )
            served = act.pointer.mode == "served"
            relayed = served and act.pointer.settings.relay
            backend = 17001 if relayed else None
            graph.pointer = replace(graph.pointer, backend=backend)
            graph.unit = Unit("1", replace(mark, port=backend or port), "up") if served else None
            graph.relay = Unit("2", replace(mark, copy="", role="relay"), "up") if relayed else None


def _told(goal: Catalog, found: Catalog) -> Catalog:
    """`goal` with the multiplicities of `found`, which no operation changes."""
    edges: dict[str, EdgeTable] = {
        name: replace(edge, multiplicity=found.edges[name].multiplicity)
        if name in found.edges
        else edge
        for name, edge in goal.edges.items()
    }
    return Catalog(goal.vertices, edges)
