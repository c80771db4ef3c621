"""What a Load names, against the types of its graph; and which Load feeds what.

Codes: LD101 type fed, LD102 fed by another Load too, LD103 property, LD105 pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from reconciler.model.key import Key
from reconciler.model.kinds import EdgeSource, EdgeType, GraphSpec, LoadSpec
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Resource
from reconciler.source.complaint import complaint

Fed = tuple[Key, str, str]  # graph, vertices or edges, type


def check_load(resource: Resource, graph: GraphSpec) -> Iterator[Problem]:
    """What of a Load its graph does not have."""
    spec = resource.spec
    assert isinstance(spec, LoadSpec)
    for name, vertex_sources in spec.vertices.items():
        path = ("spec", "vertices", name)
        if vertex := graph.vertices.get(name):
            for index, source in enumerate(vertex_sources):
                at = (*path, index, "columns")
                yield from _check_columns(resource, at, source.columns, vertex.properties)
        else:
            yield _unknown_type(resource, path, graph)
    for name, edge_sources in spec.edges.items():
        path = ("spec", "edges", name)
        if edge := graph.edges.get(name):
            for index, edge_source in enumerate(edge_sources):
                at = (*path, index, "columns")
                yield from _check_columns(resource, at, edge_source.columns, edge.properties)
                yield from _check_pair(resource, (*path, index), edge_source, edge)
        else:
            yield _unknown_type(resource, path, graph)


def _unknown_type(resource: Resource, path: Path, graph: GraphSpec) -> Problem:
    sort, name = path[1], str(path[2])
    element, known, others = (
        ("a vertex type", graph.vertices, graph.edges)
        if sort == "vertices"
        else ("an edge type", graph.edges, graph.vertices)
    )
    hint = did_you_mean(name, known)
    if name in others:
        hint = f"name it under `{'edges' if sort == 'vertices' else 'vertices'}`"
    says = f"`{name}` is not {element} of the graph"
    return complaint(resource, path, ("LD101", says, hint), key=True)


def _check_columns(
    resource: Resource, path: Path, columns: Iterable[str], properties: Iterable[str]
) -> Iterator[Problem]:
    for name in columns:
        if name not in properties:
            says = f"`{name}` is not a property of {path[2]}"
            hint = did_you_mean(name, properties)
            yield complaint(resource, (*path, name), ("LD103", says, hint), key=True)


def _check_pair(
    resource: Resource, path: Path, source: EdgeSource, edge: EdgeType
) -> Iterator[Problem]:
    pairs = ", ".join(f"{{from: {a}, to: {b}}}" for a, b in edge.ends)
    if source.pair is None:
        if len(edge.ends) > 1:
            says = f"{path[2]} has several pairs of ends; the source must name its own"
            yield complaint(resource, path, ("LD105", says, f"write `pair:` with one of {pairs}"))
    elif (source.pair.from_, source.pair.to) not in edge.ends:
        says = f"{path[2]} does not go from {source.pair.from_} to {source.pair.to}"
        yield complaint(resource, (*path, "pair"), ("LD105", says, f"its ends: {pairs}"))


def check_feeding(loads: Iterable[Resource]) -> Iterator[Problem]:
    """Types with a replace Load and any other one: what the one brings, the other would remove."""
    feeding: dict[Fed, list[Resource]] = defaultdict(list)
    for resource in loads:
        for fed in _feeds(resource):
            feeding[fed].append(resource)
    for (_, sort, name), resources in feeding.items():
        if len(resources) > 1 and any(_replaces(resource) for resource in resources):
            first = next(resource for resource in resources if _replaces(resource))
            for other in resources:
                if other is not first:
                    says = f"{first.key} replaces the rows of {name}, which is fed here too"
                    hint = "list all files in one Load, or make every Load of the type append"
                    path = ("spec", sort, name)
                    yield complaint(other, path, ("LD102", says, hint), key=True)


def _feeds(resource: Resource) -> Iterator[Fed]:
    spec = resource.spec
    assert isinstance(spec, LoadSpec)
    graph = resource.key.sibling("Graph", spec.graph)
    yield from ((graph, "vertices", name) for name in spec.vertices)
    yield from ((graph, "edges", name) for name in spec.edges)


def _replaces(resource: Resource) -> bool:
    return isinstance(resource.spec, LoadSpec) and resource.spec.mode == "replace"
