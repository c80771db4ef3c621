"""Files of older tools, told apart by their shape.

Codes: CV101 no format that is known, CV102 something that nothing can be made of, CV103 (warning)
something that is not carried, CV104 (note) a choice that was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.convert.gathered import Gathered, Origin, Procedure, listed
from reconciler.convert.sources import take_job, take_mapping, take_properties
from reconciler.convert.types import named, take_edge, take_graph, take_labels, take_vertex
from reconciler.model.problem import errors
from reconciler.source.document import is_ours
from reconciler.source.yaml import read_documents

_PROPERTIES = (".ini", ".properties", ".conf", ".config")


@dataclass(frozen=True, slots=True)
class Given:
    """A file to convert. `name` as it was given; relative paths in it begin at its folder."""

    name: str
    path: Path
    data: bytes


def gather(files: Iterable[Given]) -> Gathered:
    """All that the files say. Never raises for what is in them."""
    found = Gathered()
    loose: list[tuple[Origin, dict[str, Any]]] = []
    for file in files:
        _take_file(found, file, loose)
    for origin, body in loose:  # a type of its own belongs to the graph, whichever file names that
        _take_type(found, origin, body)
    return found


def _take_file(found: Gathered, file: Given, loose: list[tuple[Origin, dict[str, Any]]]) -> None:
    bare = Origin(file.path.parent, None, file.name)
    text = file.data.decode("utf-8", "replace")
    if file.path.suffix == ".cypher":
        found.procedures.append(Procedure(named(file.path.stem, "query"), text, "", bare))
        return
    if file.path.suffix in _PROPERTIES:
        if not take_properties(found, bare, text):
            found.say(bare, "error", "CV101", f"{file.name} is no bulk loader's configuration",
                      hint="it has a `column.mapping.config` with JSON")  # fmt: skip
        return
    documents, problems = read_documents(file.name, file.data)
    wrong = (*problems, *(p for document in documents for p in document.problems))
    found.problems += wrong
    if errors(wrong):
        return
    for document in documents:
        origin = Origin(file.path.parent, document.positions, file.name)
        _take(found, origin, document.body, file.path.stem, loose)


def _take(
    found: Gathered,
    origin: Origin,
    body: Any,
    stem: str,
    loose: list[tuple[Origin, dict[str, Any]]],
) -> None:
    match body:
        case dict() if is_ours(body):
            found.say(origin, "note", "CV104", "this is a document of gsctl already: it is left")
        case {"vertex_mappings": _} | {"edge_mappings": _}:
            take_mapping(found, origin, body)
        case {"schema": dict()} | {"vertex_types": _} | {"edge_types": _}:
            graph = take_graph(found, origin, body, stem)
            for index, nested in listed(body, "stored_procedures"):
                _procedure(found, origin, nested, ("stored_procedures", index), graph.name)
        case {"types": [{"label": _}, *_]}:
            take_labels(found, origin, body, stem)
        case {"loading_config": _}:
            take_job(found, origin, body)
        case {"query": _, "name": _}:
            _procedure(found, origin, body, (), None)
        case {"type_name": _}:
            loose.append((origin, body))
        case _:
            says = "this has the shape of no file that is known"
            hint = "a graph, its data source, a loading job, a procedure, a schema"
            found.say(origin, "error", "CV101", says, hint=hint)


def _take_type(found: Gathered, origin: Origin, body: dict[str, Any]) -> None:
    if not found.graphs:
        take_graph(found, origin, {"name": "graph"}, "graph")
    graph = next(iter(found.graphs.values()))
    take = take_edge if "vertex_type_pair_relations" in body else take_vertex
    take(found, origin, graph, body, ())


def _procedure(
    found: Gathered,
    origin: Origin,
    body: dict[str, Any],
    part: tuple[str | int, ...],
    graph: str | None,
) -> None:
    name, query = str(body.get("name")), str(body.get("query") or "")
    if str(body.get("type", "cypher")).lower() != "cypher":
        found.lost(origin, f"the procedure `{name}` is {body.get('type')}: only Cypher is run",
                   (*part, "type"), "write it as a query")  # fmt: skip
        return
    if query.startswith("@"):
        path = origin.folder / query[1:]
        if not path.is_file():
            found.say(origin, "error", "CV102", f"there is no {query[1:]}", (*part, "query"))
            return
        query = path.read_text("utf-8", "replace")
    text = str(body.get("description") or "")
    found.procedures.append(Procedure(named(name, "query"), query, text, origin, graph))
