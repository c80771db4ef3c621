"""The types of a Graph, against each other and against what its engine keeps.

Codes: GR101 name, GR102 property type, GR103 vertex = edge name, GR104 key is no property,
GR105 key type, GR106 edge end, GR107 several pairs, GR108 port, GR109 a pair twice, GR110 relay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.key import Key
from reconciler.model.kinds import EdgeType, EngineSpec, GraphSpec, Property, VertexType
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Resource
from reconciler.model.traits import Traits
from reconciler.model.types import KEY_TYPES, PropertyType
from reconciler.source.complaint import complaint


def check_graph(resource: Resource, traits: Traits | None) -> Iterator[Problem]:
    """What is wrong with a graph's types; the engine's own rules only where `traits` are known."""
    spec = resource.spec
    assert isinstance(spec, GraphSpec)
    for name, vertex in spec.vertices.items():
        path = ("spec", "vertices", name)
        yield from _check_name(resource, path, traits)
        yield from _check_properties(resource, path, vertex.properties, traits)
        yield from _check_key(resource, path, vertex, traits)
    for name, edge in spec.edges.items():
        path = ("spec", "edges", name)
        yield from _check_name(resource, path, traits)
        yield from _check_properties(resource, path, edge.properties, traits)
        yield from _check_ends(resource, path, edge, spec)
        yield from _check_pairs(resource, path, edge, traits)
        if name in spec.vertices:
            says = f"`{name}` is both a vertex type and an edge type"
            yield complaint(resource, path, ("GR103", says, "rename one of the two"), key=True)
    if traits and traits.names.folds_case:
        yield from _check_capitals(resource, spec, traits)


def _check_name(resource: Resource, path: Path, traits: Traits | None) -> Iterator[Problem]:
    name = str(path[-1])
    if traits and (reason := traits.names.refuse(name)):
        says = f"{traits.type} cannot keep the name `{name}`: it {reason}"
        yield complaint(resource, path, ("GR101", says, ""), key=True)


def _check_capitals(resource: Resource, spec: GraphSpec, traits: Traits) -> Iterator[Problem]:
    """Names that differ in capitals alone, among the types, and among a type's properties."""
    types = [("spec", "vertices", n) for n in spec.vertices]
    types += [("spec", "edges", n) for n in spec.edges if n not in spec.vertices]
    declared: dict[str, VertexType | EdgeType] = {**spec.edges, **spec.vertices}
    families: list[list[Path]] = [[*types]]
    families += [[(*t, "properties", p) for p in declared[t[-1]].properties] for t in types]
    for family in families:
        seen: dict[str, str] = {}
        for path in family:
            name = str(path[-1])
            first = seen.setdefault(name.lower(), name)
            if first != name:
                says = f"{traits.type} cannot keep the name `{name}` beside `{first}`"
                hint = "it does not tell capitals apart"
                yield complaint(resource, path, ("GR101", says, hint), key=True)


def _check_properties(
    resource: Resource, path: Path, properties: Mapping[str, Property], traits: Traits | None
) -> Iterator[Problem]:
    if traits is None:
        return
    for name, property_ in properties.items():
        at = (*path, "properties", name)
        yield from _check_name(resource, at, traits)
        if reason := traits.refuse_type(PropertyType.parse(property_.type)):
            yield complaint(resource, (*at, "type"), ("GR102", reason, ""))


def _check_key(
    resource: Resource, path: Path, vertex: VertexType, traits: Traits | None
) -> Iterator[Problem]:
    at = (*path, "key")
    if vertex.key not in vertex.properties:
        says = f"the key `{vertex.key}` of {path[-1]} is not one of its properties"
        yield complaint(resource, at, ("GR104", says, did_you_mean(vertex.key, vertex.properties)))
        return
    type_ = PropertyType.parse(vertex.properties[vertex.key].type)
    reason = traits.refuse_type(type_, key=True) if traits else None
    if type_.name not in KEY_TYPES or type_.many:
        reason = f"`{type_}` cannot be the type of a key; those are {', '.join(KEY_TYPES)}"
    if reason:
        yield complaint(resource, at, ("GR105", reason, ""))


def _check_ends(
    resource: Resource, path: Path, edge: EdgeType, spec: GraphSpec
) -> Iterator[Problem]:
    for index, pair in enumerate(edge.ends):
        for field, name in zip(("from", "to"), pair, strict=True):
            if name not in spec.vertices:
                at = (*path, "pairs", index, field) if edge.pairs else (*path, field)
                says = f"`{name}`, an end of {path[-1]}, is not a vertex type"
                yield complaint(resource, at, ("GR106", says, did_you_mean(name, spec.vertices)))


def _check_pairs(
    resource: Resource, path: Path, edge: EdgeType, traits: Traits | None
) -> Iterator[Problem]:
    at = (*path, "pairs")
    if traits and not traits.several_pairs and len(edge.ends) > 1:
        says = f"{traits.type} keeps one pair of ends for an edge type, not {len(edge.ends)}"
        yield complaint(resource, at, ("GR107", says, "declare an edge type for each pair"))
    seen: set[tuple[str, str]] = set()
    for index, pair in enumerate(edge.ends):
        if pair in seen:
            says = f"the pair from {pair[0]} to {pair[1]} is given twice"
            yield complaint(resource, (*at, index), ("GR109", says, "remove one"))
        seen.add(pair)


def check_ports(graphs: Iterable[Resource]) -> Iterator[Problem]:
    """Graphs that want the port of another one: all units of this version run on one host."""
    taken: dict[int, Key] = {}
    for resource in graphs:
        spec = resource.spec
        assert isinstance(spec, GraphSpec)
        if (port := spec.endpoint.port) is None:
            continue
        if port in taken:
            says = f"the port {port} is that of {taken[port].told_to(resource.key.tenant)}"
            at = ("spec", "endpoint", "port")
            yield complaint(resource, at, ("GR108", says, "leave it out, and a free one is chosen"))
        taken.setdefault(port, resource.key)


def check_relays(resources: Mapping[Key, Resource]) -> Iterator[Problem]:
    """Graphs that want a relay where nothing listens that it could stand before."""
    for resource in resources.values():
        if not isinstance(spec := resource.spec, GraphSpec) or not spec.endpoint.relay:
            continue
        engine = resources.get(key := resource.key.sibling("Engine", spec.engine))
        if engine and isinstance(engine.spec, EngineSpec) and engine.spec.mode == "embedded":
            says, hint = (
                f"{key} is embedded: no server to put a relay before",
                "`mode: served` there",
            )
            yield complaint(resource, ("spec", "endpoint", "relay"), ("GR110", says, hint))
