"""From documents to wishes: each graph with what speaks of it, each engine with its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.key import Key
from reconciler.model.kinds import (
    EdgeType,
    EngineSpec,
    GraphSpec,
    LoadSpec,
    ProcedureSpec,
    VertexType,
)
from reconciler.model.loading import LoadWish
from reconciler.model.record import ProcedureRecord
from reconciler.model.resource import Desired, Resource
from reconciler.model.units import parse_duration
from reconciler.model.wish import EngineWish, GraphWish, Place, Settings

PlaceOf = Callable[[Key, EngineSpec], Place]


def engine_wishes(desired: Desired, place_of: PlaceOf) -> Mapping[Key, EngineWish]:
    """The engines as declared. Their specs are complete: the source filled in the defaults."""
    return {
        key: _engine(resource, resource.spec, place_of)
        for key, resource in desired.of("Engine").items()
        if isinstance(resource.spec, EngineSpec)
    }


def _engine(resource: Resource, spec: EngineSpec, place_of: PlaceOf) -> EngineWish:
    assert spec.version, "the source fills in the version"
    assert spec.mode, "the source fills in the mode"
    return EngineWish(
        resource.key,
        spec.type,
        spec.version,
        spec.mode,
        place_of(resource.key, spec),
        spec.resources.model_dump(exclude_none=True),
        dict(spec.options),
        resource.metadata.description,
        resource.metadata.protect,
        resource.metadata.adopt,
    )


def graph_wishes(desired: Desired, engines: Mapping[Key, EngineWish]) -> Mapping[Key, GraphWish]:
    """The graphs as declared, each with its loads and procedures."""
    assert desired.project, "nothing is planned without a project"
    loads = _loads(desired)
    procedures, needs = _procedures(desired), _needs(desired)
    documents = _documents(desired)
    found = {}
    for key, resource in desired.of("Graph").items():
        if isinstance(spec := resource.spec, GraphSpec):
            engine = engines[key.sibling("Engine", spec.engine)]
            found[key] = GraphWish(
                key,
                desired.project.owner,
                engine,
                catalog_of(spec),
                _settings(resource, spec),
                tuple(loads[key]),
                procedures[key],
                renames_of(spec),
                _descriptions(spec),
                needs[key],
                resource.metadata.protect,
                _before(resource),
                documents[key],
                resource.metadata.adopt,
            )
    return found


def _before(resource: Resource) -> Key | None:
    old = resource.metadata.renamed_from
    return resource.key.sibling("Graph", old) if old else None


def _documents(desired: Desired) -> Mapping[Key, Mapping[str, Any]]:
    """The plain documents of each graph, with those of its loads and procedures."""
    found: dict[Key, dict[str, Any]] = defaultdict(dict)
    for key, document in desired.documents.items():
        if key in desired.resources:
            found[_session(desired, key)][str(key)] = document
    return found


def catalog_of(spec: GraphSpec) -> Catalog:
    """The types that a Graph declares."""
    return Catalog(
        {
            name: VertexTable(v.key, {p: q.type for p, q in v.properties.items()})
            for name, v in spec.vertices.items()
        },
        {
            name: EdgeTable(e.ends, {p: q.type for p, q in e.properties.items()}, e.multiplicity)
            for name, e in spec.edges.items()
        },
    )


def _settings(resource: Resource, spec: GraphSpec) -> Settings:
    return Settings(
        parse_duration(spec.keep_previous),
        spec.writes,
        spec.strategy,
        spec.endpoint.port,
        resource.metadata.description,
        spec.endpoint.relay,
    )


def renames_of(spec: GraphSpec) -> Mapping[str, str]:
    """The hints of types and properties, as in GraphWish.renames."""
    found: dict[str, str] = {}
    for name, type_ in _types(spec):
        if type_.renamed_from:
            found[name] = type_.renamed_from
        for p, q in type_.properties.items():
            if q.renamed_from:
                found[f"{name}.{p}"] = q.renamed_from
    return found


def _types(spec: GraphSpec) -> Iterator[tuple[str, VertexType | EdgeType]]:
    yield from spec.vertices.items()
    yield from spec.edges.items()


def _descriptions(spec: GraphSpec) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, type_ in _types(spec):
        texts = {name: type_.description}
        texts |= {f"{name}.{p}": q.description for p, q in type_.properties.items()}
        found |= {address: text for address, text in texts.items() if text}
    return found


def _loads(desired: Desired) -> Mapping[Key, list[LoadWish]]:
    found: dict[Key, list[LoadWish]] = defaultdict(list)
    for key in sorted(desired.loads):
        found[desired.loads[key].graph].append(desired.loads[key])
    return found


def _procedures(desired: Desired) -> Mapping[Key, dict[str, ProcedureRecord]]:
    found: dict[Key, dict[str, ProcedureRecord]] = defaultdict(dict)
    for key, resource in desired.of("Procedure").items():
        if isinstance(spec := resource.spec, ProcedureSpec):
            tests = tuple(test.model_dump(mode="json") for test in spec.tests)
            found[key.sibling("Graph", spec.graph)][key.name] = ProcedureRecord(
                spec.language, spec.query, dict(spec.parameters), tests,
                resource.metadata.description,
            )  # fmt: skip
    return found


def _needs(desired: Desired) -> Mapping[Key, frozenset[Key]]:
    """For each graph the sessions that its own waits for: what it and its loads need."""
    found: dict[Key, set[Key]] = defaultdict(set)
    for key, resource in desired.resources.items():
        found[_session(desired, key)] |= {_session(desired, need) for need in resource.needs}
    return {session: frozenset(needs - {session}) for session, needs in found.items()}


def _session(desired: Desired, key: Key) -> Key:
    resource = desired.resources.get(key)
    if resource and isinstance(spec := resource.spec, LoadSpec | ProcedureSpec):
        return key.sibling("Graph", spec.graph)
    return key
