"""Data sources and loading jobs of older tools: which file feeds what, and how it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.convert.gathered import (
    Column,
    Feed,
    Gathered,
    Job,
    Mapping_,
    Origin,
    inner,
    listed,
)
from reconciler.model.resource import Path as Part

_SPEED = ("block_size", "batch_size", "batch_reader", "parallelism")
_KEYS = (Column(None, 0, None), Column(None, 1, None))


def take_mapping(found: Gathered, origin: Origin, body: dict[str, Any]) -> None:
    """A data source: `vertex_mappings` and `edge_mappings`, alone or with a `loading_config`."""
    told = body.get("graph")
    config = inner(body, "loading_config")
    mapping = Mapping_(origin, str(told) if told is not None else None)
    mapping.format = read_format(found, origin, config)
    mapping.append = str(config.get("import_option", "")).lower() == "append"
    mapping.formatted = bool(config)
    source = inner(config, "data_source")
    mapping.location = str(source.get("location") or "")
    if (scheme := str(source.get("scheme") or "file")) != "file":
        found.lost(origin, f"files are read from this machine, not from `{scheme}`",
                   ("loading_config", "data_source", "scheme"), "copy them here")  # fmt: skip
        return
    mapping.feeds = [*_vertices(found, origin, body), *_edges(found, origin, body)]
    found.mappings.append(mapping)


def _vertices(found: Gathered, origin: Origin, body: dict[str, Any]) -> Iterator[Feed]:
    for index, item in listed(body, "vertex_mappings"):
        part: Part = ("vertex_mappings", index)
        if inputs := _inputs(found, origin, item, part):
            yield Feed(str(item.get("type_name")), inputs, tuple(_columns(item)), part)


def _edges(found: Gathered, origin: Origin, body: dict[str, Any]) -> Iterator[Feed]:
    for index, item in listed(body, "edge_mappings"):
        part: Part = ("edge_mappings", index)
        triplet = inner(item, "type_triplet")
        ends = str(triplet.get("source_vertex")), str(triplet.get("destination_vertex"))
        source = next(_columns(item, "source_vertex_mappings"), _KEYS[0])
        target = next(_columns(item, "destination_vertex_mappings"), _KEYS[1])
        if inputs := _inputs(found, origin, item, part):
            yield Feed(str(triplet.get("edge")), inputs, tuple(_columns(item)), part, ends,
                       (source, target))  # fmt: skip


def _inputs(found: Gathered, origin: Origin, item: dict[str, Any], part: Part) -> tuple[str, ...]:
    told = item.get("inputs")
    inputs = [str(path) for path in told] if isinstance(told, list) else []
    for path in inputs:
        if "://" in path:
            found.lost(origin, f"{path} is not a file of this machine: its type gets no load",
                       (*part, "inputs"), "copy it here")  # fmt: skip
            return ()
    return tuple(path.removeprefix("@") for path in inputs)


def _columns(item: dict[str, Any], name: str = "column_mappings") -> Iterator[Column]:
    for _, mapping in listed(item, name):
        column = inner(mapping, "column")
        index, told = column.get("index"), column.get("name")
        property_ = mapping.get("property")
        yield Column(str(property_) if property_ is not None else None,
                     index if isinstance(index, int) else None,
                     str(told) if told is not None else None)  # fmt: skip


def take_job(found: Gathered, origin: Origin, body: dict[str, Any]) -> None:
    """A loading job: it tells the format of a data source in another file."""
    config = inner(body, "loading_config")
    vertices = {str(item.get("type_name")) for _, item in listed(body, "vertices")}
    edges = {str(item.get("type_name")) for _, item in listed(body, "edges")}
    for name in ("schedule", "repeat"):
        if body.get(name):
            found.lost(origin, f"`{name}`: a load runs when its files change", (name,),
                       "apply by a timer of your own")  # fmt: skip
    append = str(config.get("import_option", "")).lower() == "append"
    form = read_format(found, origin, config)
    found.jobs.append(Job(origin, form, frozenset(vertices | edges), append))


def read_format(found: Gathered, origin: Origin, config: Mapping[str, Any]) -> dict[str, Any]:
    """The format of a `loading_config` in the words of a Load; what has none is named."""
    at: Part = ("loading_config", "format")
    form = inner(config, "format")
    if (type_ := str(form.get("type", "csv")).lower()) != "csv":
        found.lost(origin, f"files of type `{type_}` are not read", (*at, "type"), "write CSV")
    told = inner(form, "metadata") or {k: v for k, v in form.items() if k != "type"}
    result: dict[str, Any] = {"delimiter": _letter(told.get("delimiter", "|"))}
    if not _truth(told.get("header_row", True)):
        result["header"] = False
    if told.get("quote_char") not in (None, '"') and _truth(told.get("quoting", False)):
        result["quote"] = str(told["quote_char"])
    nulls = told.get("null_values")
    if isinstance(nulls, list) and nulls != [""]:
        result["nullValues"] = [str(value) for value in nulls]
    where: Part = (*at, "metadata")
    if _truth(told.get("escaping", False)):
        found.lost(origin, "a backslash escapes nothing here", (*where, "escaping"),
                   "write quotes twice inside quotes")  # fmt: skip
    if not _truth(told.get("double_quote", True)):
        found.lost(origin, "quotes inside quotes are written twice here", (*where, "double_quote"))
    if speed := [name for name in _SPEED if name in told]:
        found.lost(origin, f"{', '.join(speed)}: nothing to set here", (*where, speed[0]))
    if params := inner(config, "x_csr_params"):
        says = f"{', '.join(params)} only tunes the memory of another engine"
        found.lost(origin, says, ("loading_config", "x_csr_params"))
    return result


def _truth(told: Any) -> bool:
    return told if isinstance(told, bool) else str(told).strip().lower() in ("true", "1", "yes")


def _letter(told: Any) -> str:
    text = {"\\t": "\t", "\\|": "|", "\\\\|": "|"}.get(str(told), str(told))
    return text or ","


_NOT_CARRIED = {
    "graph.endpoint": "where a graph answers is read from what lives",
    "output.path": "there is no intermediate output",
    "split.size": "nothing to set here",
    "load.after.build": "a load is built, checked and switched to in one",
    "auth.username": "servers listen on the loopback",
    "auth.password": "servers listen on the loopback",
    "unique.path": "nothing to set here",
}


def take_properties(found: Gathered, origin: Origin, text: str) -> bool:
    """A bulk loader's `key=value` file; False where it is none."""
    told: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", "!")):
            told[key.strip()] = value.strip()
            if why := _NOT_CARRIED.get(key.strip()):
                problem = origin.note("warning", "CV103", f"`{key.strip()}` is not carried: {why}")
                found.problems.append(_on_line(problem, origin, number))
    try:
        columns = json.loads(told["column.mapping.config"])
    except (KeyError, ValueError):
        return False
    if not isinstance(columns, dict):
        return False
    mapping = Mapping_(origin, None, location=told.get("input.path", ""), formatted=True)
    mapping.format = {"delimiter": _letter(told.get("separator", "|"))}
    if not _truth(told.get("skip.header", "true")):
        mapping.format["header"] = False
    mapping.feeds = [_feed(file, inner(columns, file)) for file in columns]
    found.mappings.append(mapping)
    return True


def _on_line(problem: Any, origin: Origin, number: int) -> Any:
    from dataclasses import replace

    from reconciler.model.problem import Location

    return replace(problem, at=Location(origin.file, number))


def _feed(file: str, told: dict[str, Any]) -> Feed:
    columns = tuple(Column(str(prop), int(index), None)
                    for index, prop in inner(told, "propertiesColMap").items())  # fmt: skip
    if "srcLabel" not in told:
        return Feed(str(told.get("label")), (file,), columns, ())
    source = next((Column(None, int(i), None) for i in inner(told, "srcPkColMap")), _KEYS[0])
    target = next((Column(None, int(i), None) for i in inner(told, "dstPkColMap")), _KEYS[1])
    ends = str(told.get("srcLabel")), str(told.get("dstLabel"))
    return Feed(str(told.get("label")), (file,), columns, (), ends, (source, target))
