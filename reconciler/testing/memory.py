"""A world in memory: what acts do to engines and graphs, without any engine. For simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveCopy, LiveEngine, LiveGraph, Pointer, Snapshot
from reconciler.model.record import Record
from reconciler.model.step import (
    Act,
    AddProperty,
    Amend,
    BuildCopy,
    CatalogOp,
    CreateEngine,
    CreateType,
    DropProperty,
    DropType,
    FillType,
    GraphAt,
    MarkGraph,
    RemoveCopy,
    RemoveEngine,
    RemoveGraph,
    RenameProperty,
    StartUnit,
    Switch,
    VerifyCopy,
)
from reconciler.model.unit import Unit, UnitMark
from reconciler.model.wish import Place
from reconciler.planner import unit_digest


@dataclass(slots=True)
class Copy:
    """A copy that can be changed."""

    catalog: Catalog
    record: Record
    rows: dict[str, int]
    verified: bool = False


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


@dataclass(slots=True)
class MemoryWorld:
    """What survives a crash, and a log of every fill that ran: (uid, copy, type, load)."""

    owner: Owner
    engines: dict[Key, LiveEngine] = field(default_factory=dict)
    graphs: dict[str, Graph] = field(default_factory=dict)
    fills: list[tuple[str, str, str, str]] = field(default_factory=list)
    counted: bool = True

    def snapshot(self, now: float = 0.0) -> Snapshot:
        """What an observer sees."""
        graphs = {g.key: self._seen(uid, g) for uid, g in self.graphs.items()}
        return Snapshot(dict(self.engines), graphs, now=now)

    def do(self, act: Act) -> None:
        """What an act makes of the world. Doing it twice is doing it once."""
        match act:
            case CreateEngine():
                engine = act.engine
                self.engines[engine.key] = LiveEngine(
                    engine.key, engine.place, act.owner, act.owner == self.owner, engine.plain(),
                    engine.protect, act.guard,
                )  # fmt: skip
            case RemoveEngine():
                del self.engines[act.key]
            case RemoveGraph():
                del self.graphs[act.graph.uid]
            case BuildCopy() | Amend() | FillType() | VerifyCopy():
                self._change(act)
            case Switch() | MarkGraph() | StartUnit():
                self._point(act)
            case RemoveCopy():
                graph = self.graphs[act.graph.uid]
                assert not graph.pointer or graph.pointer.copy != act.copy, "removed what serves"
                graph.copies.pop(act.copy, None)
            case _:
                pass  # a runtime

    def serving(self, uid: str) -> Copy | None:
        """What a reader of a graph finds."""
        graph = self.graphs.get(uid)
        return graph.copies[graph.pointer.copy] if graph and graph.pointer else None

    def _seen(self, uid: str, graph: Graph) -> LiveGraph:
        copies = {
            id_: LiveCopy(
                id_, c.catalog, c.record, c.verified,
                {a: w for a, (_, w) in c.record.strings.items()},
                dict(c.rows) if self.counted else None,
            )
            for id_, c in graph.copies.items()
        }  # fmt: skip
        return LiveGraph(graph.key, graph.engine, graph.place, uid, graph.owner == self.owner,
                         graph.owner, graph.pointer, copies, graph.unit)  # fmt: skip

    def _graph(self, at: GraphAt) -> Graph:
        fresh = Graph(at.key, at.owner, at.engine.key, at.engine.place)
        return self.graphs.setdefault(at.uid, fresh)

    def _change(self, act: BuildCopy | Amend | FillType | VerifyCopy) -> None:
        graph = self._graph(act.graph)
        match act:
            case BuildCopy():
                base = graph.copies[act.base] if act.base else Copy(Catalog(), act.record, {})
                rows = dict(base.rows)
                catalog = base.catalog
                for op in act.ops:
                    catalog = altered(catalog, op, act.catalog, rows)
                # Multiplicity is a mark: it is right once the record is.
                assert catalog.plain() == _told(act.catalog, catalog).plain(), "ops do not add up"
                graph.copies[act.copy] = Copy(act.catalog, act.record, rows)
            case Amend():
                copy = graph.copies[act.copy]
                catalog = copy.catalog
                for op in act.ops:
                    assert isinstance(op, AddProperty | CreateType), "removed while serving"
                    catalog = altered(catalog, op, act.catalog, copy.rows)
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
            assert not any(copy.rows.get(name) for name in gone), "loaded into what is not empty"
        known = act.fill.rows if act.fill.mode == "append" else 0
        copy.rows[type_] = copy.rows.get(type_, 0) + rows
        copy.record = record.with_fill(type_, replace(act.fill, rows=known + rows))

    def _point(self, act: Switch | MarkGraph | StartUnit) -> None:
        graph = self._graph(act.graph)
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
            graph.unit = Unit("1", mark, "up", "127.0.0.1:17000") if served else None


def altered(catalog: Catalog, op: CatalogOp, goal: Catalog, rows: dict[str, int]) -> Catalog:
    """A catalog after one operation, as a strict engine does it; `rows` follow."""
    vertices, edges = dict(catalog.vertices), dict(catalog.edges)
    match op:
        case CreateType():
            assert op.type not in vertices | edges, "exists already"
            if op.element == "vertex":
                vertices[op.type] = goal.vertices[op.type]
            else:
                edges[op.type] = goal.edges[op.type]
                assert all(v in vertices for p in edges[op.type].pairs for v in p), "no such end"
            rows[op.type] = 0
        case DropType():
            touching = catalog.touching(op.type) if op.element == "vertex" else frozenset()
            assert not touching & edges.keys(), "an edge type still touches it"
            del (vertices if op.element == "vertex" else edges)[op.type]
            rows.pop(op.type, None)
        case AddProperty() | DropProperty() | RenameProperty():
            properties = _properties(catalog.properties(op.type), op, goal)
            if op.element == "vertex":
                assert catalog.vertices[op.type].key in properties, "the key went"
                vertices[op.type] = VertexTable(vertices[op.type].key, properties)
            else:
                edges[op.type] = replace(edges[op.type], properties=properties)
    return Catalog(vertices, edges)


def _properties(
    live: Mapping[str, str], op: AddProperty | DropProperty | RenameProperty, goal: Catalog
) -> Mapping[str, str]:
    match op:
        case AddProperty():
            assert op.name not in live, "exists already"
            return {**live, op.name: goal.properties(op.type)[op.name]}
        case DropProperty():
            return {name: type_ for name, type_ in live.items() if name != op.name}
        case RenameProperty():
            assert op.old in live, "nothing to rename"
            assert op.new not in live, "a rename onto a live property destroys the database"
            return {op.new if name == op.old else name: type_ for name, type_ in live.items()}


def _told(goal: Catalog, found: Catalog) -> Catalog:
    """`goal` with the multiplicities of `found`, which no operation changes."""
    edges: dict[str, EdgeTable] = {
        name: replace(edge, multiplicity=found.edges[name].multiplicity)
        if name in found.edges
        else edge
        for name, edge in goal.edges.items()
    }
    return Catalog(goal.vertices, edges)
