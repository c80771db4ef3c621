"""Finds the data files of a Load, and takes a Load out of the Graph that it is written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.model.kinds import GraphSpec, LoadSpec, Metadata
from reconciler.model.problem import Problem
from reconciler.model.resource import Positions, Resource
from reconciler.source.containment import resolve_data_file
from reconciler.source.places import Places

FileResolver = Callable[[str], str | Problem]
_LOAD = ("spec", "load")


def resolver(
    resource: Resource, root: Path, data_roots: Iterable[Path] = (), name: str = ""
) -> FileResolver:
    """Finds what a Load names, from the folder of the YAML file that names it.

    Gives the real path, which need not exist, or a problem without a place. A pattern keeps its
    wildcards. `name` stands before the names of the files of this `root`.
    """
    folders = _folders(resource, name)
    usual = _folder(resource.positions.file, name) if resource.positions else ""
    roots = tuple(data_roots)

    def find(named: str) -> str | Problem:
        bases = folders.get(named) or {usual}
        if len(bases) > 1:
            says = f"`{named}` is named from several folders: {', '.join(sorted(bases))}"
            return Problem("error", says, "LD106", hint="write one of them another way: `./…`")
        found = resolve_data_file(named, root / min(bases), root, roots)
        return found if isinstance(found, Problem) else str(found)

    return find


def _folders(resource: Resource, prefix: str) -> Mapping[str, set[str]]:
    """From which folders each file is named, where an overlay had a hand in it."""
    positions, spec = resource.positions, resource.spec
    found: dict[str, set[str]] = {}
    if positions is None or positions.over is None or not isinstance(spec, LoadSpec):
        return found
    for sort, name, index, files in _named(spec):
        folder = _folder(positions.at(("spec", sort, name, index, "files")).file, prefix)
        for file in files:
            found.setdefault(file, set()).add(folder)
    return found


def _named(spec: LoadSpec) -> Iterator[tuple[str, str, int, tuple[str, ...]]]:
    for name, vertex_sources in spec.vertices.items():
        for index, vertex in enumerate(vertex_sources):
            yield "vertices", name, index, vertex.files
    for name, edge_sources in spec.edges.items():
        for index, edge in enumerate(edge_sources):
            yield "edges", name, index, edge.files


def _folder(file: str, prefix: str) -> str:
    return file.removeprefix(prefix).rpartition("/")[0]


def take_out(
    resource: Resource, document: Mapping[str, Any]
) -> tuple[Resource, Mapping[str, Any], Resource | None, Mapping[str, Any]]:
    """A Graph and its document without the inline Load; then the Load and its own document.

    The Load has the graph's name and tenant, and its places are those in the graph's file.
    """
    spec = resource.spec
    if not isinstance(spec, GraphSpec) or spec.load is None:
        return resource, document, None, {}
    name, tenant = resource.key.name, resource.metadata.tenant
    body = {field: getattr(spec.load, field) for field in type(spec.load).model_fields}
    load = Resource(
        resource.key.sibling("Load", name),
        Metadata(name=name, tenant=tenant),
        LoadSpec(**body, graph=name),
        positions=_below(resource.positions),
    )
    plain = dict(document["spec"])
    metadata = {"name": name, "tenant": tenant} if tenant else {"name": name}
    inline = {"kind": "Load", "metadata": metadata, "spec": {**plain.pop("load"), "graph": name}}
    graph = replace(resource, spec=spec.model_copy(update={"load": None}))
    return graph, {**document, "spec": plain}, load, inline


def _below(positions: Positions | None) -> Positions | None:
    """The places of the inline Load, as if it were a document of its own."""
    if positions is None:
        return None
    over = positions.over
    here = _rooted(positions)
    there = _rooted(over) if over else None
    if here is None:
        return there
    return replace(here, over=there)


def _rooted(positions: Positions) -> Positions | None:
    places, keys = positions.places, positions.keys
    if not isinstance(places, Places) or not isinstance(keys, Places) or _LOAD not in places:
        return None
    return replace(
        positions, places=places.below(_LOAD, "spec"), keys=keys.below(_LOAD, "spec"), over=None
    )
