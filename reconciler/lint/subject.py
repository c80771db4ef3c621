"""What rules look at: a graph with all that speaks of it, and the graph that it was before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from reconciler.loads.check import TypeReport
from reconciler.model.catalog import Catalog
from reconciler.model.change import MISSING, FieldChange
from reconciler.model.key import Key
from reconciler.model.kinds import EngineSpec, GraphSpec, LoadSpec, ProcedureSpec
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.record import ProcedureRecord
from reconciler.model.resource import Desired, Resource
from reconciler.model.traits import Happening, Traits
from reconciler.model.units import show_count
from reconciler.planner import catalog_of, renames_of
from reconciler.planner.schema import SchemaDiff, schema_diff
from reconciler.queries.shape import Shape, shape


@dataclass(frozen=True, slots=True)
class Before:
    """A graph as it was: in an earlier revision, or as it lives.

    `rows` by type, None where nobody counted them. `fed` are the types that loads fill. `files`
    maps a type to the files that a replacing load names for it, as they are written.
    """

    catalog: Catalog
    procedures: Mapping[str, ProcedureRecord] = field(default_factory=dict)
    rows: Mapping[str, int] | None = None
    fed: frozenset[str] = frozenset()
    files: Mapping[str, frozenset[str]] = field(default_factory=dict)
    port: int | None = None
    served: bool = False

    def rows_of(self, *types: str) -> int | None:
        """The rows of types together, None where they are not known."""
        return None if self.rows is None else sum(self.rows.get(t, 0) for t in types)


class Subject:
    """A declared graph: its document, engine, loads and procedures, and what it was before."""

    def __init__(self, graph: Resource, engine: Resource | None, traits: Traits | None) -> None:
        assert isinstance(graph.spec, GraphSpec)
        self.graph = graph
        self.spec = graph.spec
        self.engine = engine.spec if engine and isinstance(engine.spec, EngineSpec) else None
        self.traits = traits
        self.loads: list[tuple[Resource, LoadSpec]] = []
        self.procedures: list[tuple[Resource, ProcedureSpec]] = []
        self.before: Before | None = None
        self.reports: Mapping[str, TypeReport] = {}  # what its files hold, where they were read

    @property
    def served(self) -> bool:
        """Whether a server answers clients of this graph."""
        return bool(self.engine and self.engine.mode == "served")

    @cached_property
    def catalog(self) -> Catalog:
        """The declared types."""
        return catalog_of(self.spec)

    @cached_property
    def fed(self) -> frozenset[str]:
        """The types that a Load fills."""
        return frozenset(t for _, load in self.loads for t in (*load.vertices, *load.edges))

    @cached_property
    def shapes(self) -> list[tuple[Resource, ProcedureSpec, Shape]]:
        """The procedures with the shape of their queries."""
        return [(resource, spec, _shape(spec.query)) for resource, spec in self.procedures]

    @cached_property
    def diff(self) -> SchemaDiff:
        """From the types before to those declared, as the planner sees it."""
        renames = renames_of(self.spec)
        if self.before is None or self.traits is None:
            return SchemaDiff()
        if self.before.catalog == self.catalog and not renames:
            return SchemaDiff()
        return schema_diff(self.before.catalog, self.catalog, renames, self.traits)

    def fields(self) -> Iterator[FieldChange]:
        """The changes of types, by path."""
        yield from self.diff.fields

    def happening(self, field: FieldChange) -> tuple[str, Happening]:
        """What a change is of (`type`, `property`, `key`, `pairs`, `multiplicity`), and which."""
        sort = {2: "type", 4: "property"}.get(len(field.path), field.path[-1])
        name = ".".join(field.path[1::2])
        if field.old is MISSING:
            return sort, "add"
        if field.new is MISSING:
            return sort, "drop"
        return sort, "rename" if self.diff.renames.get(name) == field.old else "change"

    def address(self, *parts: str) -> str:
        """`Graph/shop.vertices.Person`."""
        return ".".join((str(self.graph.key), *parts))


_shape = lru_cache(maxsize=1024)(shape)  # many graphs have the same procedures


@dataclass(frozen=True, slots=True)
class Whole:
    """All documents, and what was there before and is not declared any more."""

    desired: Desired
    subjects: tuple[Subject, ...]
    traits: Mapping[str, Traits]
    gone: Mapping[Key, Before | None] = field(default_factory=dict)  # None: not a graph


def subjects(desired: Desired, traits: Mapping[str, Traits]) -> dict[Key, Subject]:
    """The declared graphs, each with what speaks of it. Costs one pass over the documents."""
    found: dict[Key, Subject] = {}
    by_graph: dict[Key, list[Resource]] = defaultdict(list)
    for key, resource in desired.resources.items():
        spec = resource.spec
        if isinstance(spec, GraphSpec):
            engine = desired.resources.get(key.sibling("Engine", spec.engine))
            type_ = getattr(engine.spec, "type", "") if engine else ""
            found[key] = Subject(resource, engine, traits.get(type_))
        elif isinstance(spec, LoadSpec | ProcedureSpec):
            by_graph[key.sibling("Graph", spec.graph)].append(resource)
    for key, subject in found.items():
        for resource in by_graph[key]:
            if isinstance(resource.spec, LoadSpec):
                subject.loads.append((resource, resource.spec))
            elif isinstance(resource.spec, ProcedureSpec):
                subject.procedures.append((resource, resource.spec))
    return found


def from_documents(base: Desired, traits: Mapping[str, Traits]) -> dict[Key, Before]:
    """The graphs of an earlier revision."""
    return {key: _declared(subject) for key, subject in subjects(base, traits).items()}


def _declared(subject: Subject) -> Before:
    files: dict[str, frozenset[str]] = {}
    for _, load in subject.loads:
        if load.mode == "replace":
            for name, vertex in load.vertices.items():
                files[name] = frozenset(file for source in vertex for file in source.files)
            for name, edge in load.edges.items():
                files[name] = frozenset(file for source in edge for file in source.files)
    procedures = {
        resource.key.name: ProcedureRecord(spec.language, spec.query, dict(spec.parameters))
        for resource, spec in subject.procedures
    }
    return Before(subject.catalog, procedures, None, subject.fed, files,
                  subject.spec.endpoint.port, subject.served)  # fmt: skip


def from_live(live: Snapshot) -> dict[Key, Before]:
    """The graphs that live and are ours, with their rows as they are known."""
    return {
        key: found
        for key, graph in live.graphs.items()
        if graph.ours and (found := _living(graph)) is not None
    }


def _living(graph: LiveGraph) -> Before | None:
    copy, pointer = graph.serving, graph.pointer
    if copy is None or pointer is None:
        return None
    record = copy.record
    rows = {type_: copy.rows_of(type_) for type_, _ in copy.catalog.types()}
    return Before(
        copy.catalog,
        record.procedures if record else {},
        rows,
        frozenset(record.fills) if record else frozenset(),
        {},
        pointer.port,
        pointer.mode == "served",
    )


def counted(rows: int | None) -> str:
    """` (1,200 rows)`; nothing where it is not known."""
    return "" if rows is None else f" ({show_count(rows, 'row')})"
