"""Documents of ours, of all that was gathered."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.convert.gathered import Column, Feed, Gathered, Graph, Mapping_, Procedure
from reconciler.convert.types import named
from reconciler.writing.draft import Draft

_PARAMETER = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_LABELLED = re.compile(rf"[(\[]\s*({_NAME})?\s*:\s*({_NAME})")  # (p:person, [k:knows
_INSIDE = re.compile(rf"[(\[]\s*(?:{_NAME})?\s*:\s*({_NAME})\s*\{{([^}}]*)\}}")  # (p:person {{…}}
_COMPARED = re.compile(rf"({_NAME})\s*:\s*\$({_NAME})")
_DOTTED = re.compile(rf"({_NAME})\.({_NAME})\s*(?:=|<>|<=?|>=?)\s*\$({_NAME})")


@dataclass(slots=True)
class Converted:
    """What is to be written. `data` maps files of the new repository to where their bytes are."""

    drafts: list[Draft] = field(default_factory=list)
    data: dict[str, Path] = field(default_factory=dict)


def documents(found: Gathered) -> Converted:
    """A graph each, with its loads and procedures, all on one engine; notes go to `found`."""
    made = Converted()
    if found.graphs:
        spec = {"type": "neug", "mode": "served"}
        made.drafts.append(Draft("engines/main.yaml", _document("Engine", "main", spec)))
    for graph in found.graphs.values():
        made.drafts.append(_graph(graph))
    for number, mapping in enumerate(found.mappings):
        _load(found, made, mapping, number)
    for procedure in found.procedures:
        if home := _home(found, procedure.graph, procedure.origin, f"`{procedure.name}`"):
            made.drafts.append(_procedure(found, home, procedure))
    return made


def _document(
    kind: str, name: str, spec: Mapping[str, Any], description: str = ""
) -> dict[str, Any]:
    metadata = {"name": name, **({"description": description} if description else {})}
    return {"kind": kind, "metadata": metadata, "spec": dict(spec)}


def _graph(graph: Graph) -> Draft:
    types = {"vertices": graph.vertices, "edges": graph.edges}
    spec = {"engine": "main", **{name: group for name, group in types.items() if group}}
    return Draft(
        f"graphs/{graph.name}.yaml", _document("Graph", graph.name, spec, graph.description)
    )


def _home(found: Gathered, name: str | None, origin: Any, what: str) -> Graph | None:
    """The graph that is meant; noted where nobody can say which one."""
    if name is not None and (graph := found.graphs.get(named(name, name))):
        return graph
    if len(found.graphs) == 1 and name is None:
        return next(iter(found.graphs.values()))
    says = f"{what} speaks of a graph that none of these files has"
    found.say(
        origin, "error", "CV102", says, hint="give the graph's own file too, and only that one"
    )
    return None


def _load(found: Gathered, made: Converted, mapping: Mapping_, number: int) -> None:
    graph = _home(found, mapping.graph, mapping.origin, "this data source")
    if graph is None:
        return
    form, append, only = dict(mapping.format), mapping.append, None
    job = found.jobs[0] if found.jobs and not mapping.formatted else None
    if job:
        form, append, only = dict(job.format), job.append, job.types
    sources: dict[str, dict[str, list[Any]]] = {"vertices": {}, "edges": {}}
    for feed in mapping.feeds:
        type_ = graph.edge(feed.type, *feed.ends) if feed.ends else feed.type
        if only is not None and feed.type not in only:
            found.lost(
                mapping.origin, f"`{feed.type}` is in no loading job: it gets no load", feed.part
            )
        elif type_ not in graph.vertices and type_ not in graph.edges:
            says = f"`{feed.type}` is no type of {graph.name}: it gets no load"
            found.lost(mapping.origin, says, feed.part)
        else:
            group = sources["edges" if feed.ends else "vertices"]
            source = _Source(found, made, mapping, graph, type_, form).of(feed)
            group.setdefault(type_, []).append(source)
    _add_load(made, graph, sources, form, number, append=append)


def _add_load(  # noqa: PLR0913  the parts of a Load
    made: Converted,
    graph: Graph,
    sources: Mapping[str, Mapping[str, list[Any]]],
    form: Mapping[str, Any],
    number: int,
    *,
    append: bool,
) -> None:
    groups = {name: {t: s[0] if len(s) == 1 else s for t, s in group.items()}
              for name, group in sources.items() if group}  # fmt: skip
    if not groups:
        return
    name = graph.name if number == 0 else f"{graph.name}-{number + 1}"
    spec = {
        "graph": graph.name,
        **({"mode": "append"} if append else {}),
        "format": dict(form),
        **groups,
    }
    made.drafts.append(Draft(f"loads/{name}.yaml", _document("Load", name, spec)))


@dataclass(frozen=True, slots=True)
class _Source:
    """The files of one type, and which of their columns feed what."""

    found: Gathered
    made: Converted
    mapping: Mapping_
    graph: Graph
    type: str
    form: Mapping[str, Any]

    def of(self, feed: Feed) -> dict[str, Any]:
        paths = [self._file(path, feed) for path in feed.inputs]
        header = self._header(feed.inputs[0])
        source: dict[str, Any] = {"files": paths}
        if feed.keys:
            source["fromColumn"] = _told(feed.keys[0], header)
            source["toColumn"] = _told(feed.keys[1], header)
        told = {column.property: _told(column, header) for column in self._columns(feed)}
        others = {prop: column for prop, column in told.items() if prop != column}
        return {**source, **({"columns": others} if others else {})}

    def _columns(self, feed: Feed) -> Iterable[Column]:
        """As they are told, else one after the other, after the ends of edges."""
        if feed.columns:
            return [column for column in feed.columns if column.property]
        first = 2 if feed.ends else 0
        return [Column(name, first + index, None)
                for index, name in enumerate(self.graph.properties(self.type))]  # fmt: skip

    def _where(self, path: str) -> Path:
        return self.mapping.origin.folder / self.mapping.location / path

    def _file(self, path: str, feed: Feed) -> str:
        """Where the file goes in the new repository, seen from `loads/`."""
        target = f"data/{Path(path).name}"
        where = self._where(path)
        taken = self.made.data.get(target)
        if taken is not None and taken != where:
            target = f"data/{self.type}/{Path(path).name}"
        self.made.data[target] = where
        if not where.is_file():
            says = f"{path} is not here"
            self.found.lost(self.mapping.origin, says, (*feed.part, "inputs"),
                            f"put it at {target} of the new repository")  # fmt: skip
        return f"../{target}"

    def _header(self, path: str) -> list[str]:
        """The names of the columns, where the file is here and has them."""
        where = self._where(path)
        if not where.is_file() or self.form.get("header") is False:
            return []
        with where.open(encoding="utf-8", errors="replace", newline="") as file:
            return next(csv.reader(file, delimiter=self.form["delimiter"]), [])


def _told(column: Column, header: list[str]) -> str | int:
    """A column by its name where that tells it, else by its index."""
    if column.index is None:
        return column.name if column.name is not None else 0
    name = header[column.index] if column.index < len(header) else None
    return name if name and header.count(name) == 1 and not name.isdigit() else column.index


def _procedure(found: Gathered, graph: Graph, procedure: Procedure) -> Draft:
    query = procedure.query.strip().removesuffix(";").strip()
    spec: dict[str, Any] = {
        "graph": graph.name,
        "query": query if "\n" not in query else f"{query}\n",
    }
    if parameters := dict(_parameters(found, graph, procedure, query)):
        spec["parameters"] = parameters
    document = _document("Procedure", procedure.name, spec, procedure.description)
    return Draft(f"procedures/{procedure.name}.yaml", document)


def _parameters(
    found: Gathered, graph: Graph, procedure: Procedure, query: str
) -> Iterator[tuple[str, str]]:
    """Each parameter with the type of the property that it is compared with."""
    told = dict(_compared(graph, query))
    for parameter in dict.fromkeys(_PARAMETER.findall(query)):
        kinds = told.get(parameter, frozenset())
        if len(kinds) != 1:
            says = f"`{procedure.name}`: the type of `${parameter}` is not told: string is taken"
            found.say(procedure.origin, "note", "CV104", says)
        yield parameter, next(iter(kinds)) if len(kinds) == 1 else "string"


def _compared(graph: Graph, query: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Each parameter that is compared with a property, with the types that this may have."""
    labels = {variable: label for variable, label in _LABELLED.findall(query) if variable}
    for label, body in _INSIDE.findall(query):
        for prop, parameter in _COMPARED.findall(body):
            yield parameter, _kinds(graph, [label], prop)
    for variable, prop, parameter in _DOTTED.findall(query):
        types = [labels[variable]] if variable in labels else [*graph.vertices, *graph.edges]
        yield parameter, _kinds(graph, types, prop)


def _kinds(graph: Graph, types: Iterable[str], prop: str) -> frozenset[str]:
    kinds = [graph.properties(type_).get(prop) for type_ in types]
    return frozenset(k["type"] if isinstance(k, dict) else k for k in kinds if k)
