"""Types of older tools in the contract's words, and graphs made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from reconciler.convert.gathered import Gathered, Graph, Origin, inner, listed
from reconciler.model.key import is_name
from reconciler.model.resource import Path as Part

_PRIMITIVE = {
    "DT_SIGNED_INT32": "int32", "DT_UNSIGNED_INT32": "uint32", "DT_SIGNED_INT64": "int64",
    "DT_UNSIGNED_INT64": "uint64", "DT_BOOL": "bool", "DT_FLOAT": "float", "DT_DOUBLE": "double",
    "DT_STRING": "string",
}  # fmt: skip
_WIDENED = {"DT_SIGNED_INT8": "int32", "DT_SIGNED_INT16": "int32", "DT_UNSIGNED_INT8": "uint32",
            "DT_UNSIGNED_INT16": "uint32"}  # fmt: skip
_TEMPORAL = {"timestamp": "timestamp", "date32": "date", "date": "date", "datetime": "timestamp",
             "date_time": "timestamp", "interval": "interval"}  # fmt: skip
_PLAIN = {
    "BOOL": "bool", "INT": "int32", "LONG": "int64", "UINT": "uint32", "ULONG": "uint64",
    "FLOAT": "float", "DOUBLE": "double", "STRING": "string", "DATE": "date",
    "TIMESTAMP": "timestamp", "SHORT": "int32", "CHAR": "string",
}  # fmt: skip
_RELATIONS = ("MANY_TO_MANY", "MANY_TO_ONE", "ONE_TO_MANY", "ONE_TO_ONE")


def named(text: Any, otherwise: str) -> str:
    """A name that a document may have, as near to `text` as can be."""
    given = str(text) if text is not None else ""
    if is_name(given):
        return given
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", given).strip("-_.")[:60].strip("-_.") or otherwise


def take_graph(found: Gathered, origin: Origin, body: dict[str, Any], stem: str) -> Graph:
    """A graph's file: `schema` with its types, or the types alone."""
    name = named(body.get("name"), named(stem, "graph"))
    if (told := body.get("name")) is not None and str(told) != name:
        found.lost(origin, f"the name `{told}` is none of ours: it becomes `{name}`", ("name",))
    graph = found.graphs.setdefault(name, Graph(name, origin))
    graph.description = str(body.get("description") or graph.description)
    part: Part = ("schema",) if isinstance(body.get("schema"), dict) else ()
    schema = inner(body, "schema") if part else body
    for index, type_ in listed(schema, "vertex_types"):
        take_vertex(found, origin, graph, type_, (*part, "vertex_types", index))
    for index, type_ in listed(schema, "edge_types"):
        take_edge(found, origin, graph, type_, (*part, "edge_types", index))
    return graph


def take_vertex(
    found: Gathered, origin: Origin, graph: Graph, body: dict[str, Any], part: Part
) -> None:
    """A vertex type. One with no key, or several, cannot be made."""
    name = str(body.get("type_name"))
    keys = body.get("primary_keys") or []
    if not isinstance(keys, list) or len(keys) != 1:
        says = f"`{name}` has {len(keys) or 'no'} primary keys; a vertex type has one key"
        found.say(origin, "error", "CV102", says, (*part, "primary_keys" if keys else "type_name"),
                  "join them in one property, in the data too")  # fmt: skip
        return
    _extras(found, origin, body, part, name)
    spec: dict[str, Any] = {
        "key": str(keys[0]),
        "properties": _properties(found, origin, body, part),
    }
    graph.vertices[name] = _described(spec, body)


def take_edge(
    found: Gathered, origin: Origin, graph: Graph, body: dict[str, Any], part: Part
) -> None:
    """An edge type; one of several pairs becomes several."""
    name = str(body.get("type_name"))
    pairs = [(index, str(r.get("source_vertex")), str(r.get("destination_vertex")), r)
             for index, r in listed(body, "vertex_type_pair_relations")]  # fmt: skip
    if not pairs:
        found.say(
            origin, "error", "CV102", f"`{name}` has no pair of vertex types", (*part, "type_name")
        )
        return
    _extras(found, origin, body, part, name)
    if body.get("primary_keys"):
        found.lost(origin, f"`{name}`: edges have no keys here", (*part, "primary_keys"))
    if body.get("directed") is False:
        found.lost(origin, f"`{name}`: edges have a direction here", (*part, "directed"),
                   "a query without an arrow finds both")  # fmt: skip
    properties = _properties(found, origin, body, part)
    for index, source, target, relation in pairs:
        at = (*part, "vertex_type_pair_relations", index)
        own = name if len(pairs) == 1 else f"{name}_{source}_{target}"
        if own != name:
            graph.split[name, source, target] = own
            says = f"`{name}` has several pairs: {source} to {target} becomes `{own}`"
            found.lost(origin, says, at, "queries name the new type")
        _extras(found, origin, relation, at, own)
        spec: dict[str, Any] = {"from": source, "to": target}
        many = _multiplicity(found, origin, relation, at)
        spec |= {"multiplicity": many} if many else {}
        spec |= {"properties": properties} if properties else {}
        graph.edges[own] = _described(spec, body)


def _multiplicity(
    found: Gathered, origin: Origin, relation: dict[str, Any], at: Part
) -> str | None:
    told = str(relation.get("relation") or "MANY_TO_MANY").upper()
    if told not in _RELATIONS:
        found.lost(origin, f"`{told}` is no multiplicity: many-to-many is taken", (*at, "relation"))
        return None
    return None if told == "MANY_TO_MANY" else told.lower().replace("_", "-")


def _described(spec: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    text = str(body.get("description") or "")
    return {**spec, "description": text} if text else spec


def _extras(found: Gathered, origin: Origin, body: dict[str, Any], part: Part, name: str) -> None:
    if params := inner(body, "x_csr_params"):
        says = f"`{name}`: {', '.join(params)} only tunes the memory of another engine"
        found.lost(origin, says, (*part, "x_csr_params"))


def _properties(
    found: Gathered, origin: Origin, body: dict[str, Any], part: Part
) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for index, prop in listed(body, "properties"):
        at, name = (*part, "properties", index), str(prop.get("property_name"))
        kind = _kind(found, origin, prop.get("property_type"), (*at, "property_type"), name)
        if kind is None:
            continue
        if prop.get("nullable"):
            found.lost(origin, f"`{name}`: no value is kept as missing", (*at, "nullable"),
                       "`onNull: default` of the load fills in the type's zero")  # fmt: skip
        if prop.get("default_value") is not None:
            found.lost(origin, f"`{name}`: a default is not kept", (*at, "default_value"),
                       "write it into the data")  # fmt: skip
        text = str(prop.get("description") or "")
        properties[name] = {"type": kind, "description": text} if text else kind
    return properties


def _kind(found: Gathered, origin: Origin, told: Any, at: Part, name: str) -> str | None:
    """A property's type; None, and a word about it, where there is none for it."""
    told = told if isinstance(told, dict) else {"primitive_type": told}
    if "primitive_type" in told:
        word = str(told["primitive_type"])
        if word in _WIDENED:
            found.say(origin, "note", "CV104", f"`{name}`: {word} becomes {_WIDENED[word]}", at)
        known = _PRIMITIVE.get(word) or _WIDENED.get(word)
    elif "string" in told:
        known = _string(told["string"])
    elif "temporal" in told:
        known = _TEMPORAL.get(next(iter(inner(told, "temporal")), ""))
    else:
        known = None
    if known is None:
        says = f"`{name}` is left out: there is no type like {_short(told)}"
        found.say(origin, "error", "CV102", says, at, "give it another type there")
    return known


def _string(told: Any) -> str | None:
    for name, width in (("var_char", "max_length"), ("char", "fixed_length")):
        if isinstance(told, dict) and name in told:
            size = inner(told, name).get(width)
            return f"string({size})" if isinstance(size, int) and size > 0 else None
    return "string" if told is None or (isinstance(told, dict) and "long_text" in told) else None


def _short(told: Any) -> str:
    text = (
        ", ".join(f"{key}: {value}" for key, value in told.items())
        if isinstance(told, dict)
        else ""
    )
    return f"`{text[:60] or told}`"


def take_labels(found: Gathered, origin: Origin, body: dict[str, Any], stem: str) -> Graph:
    """The schema of a store as it tells it itself: `types` of labels with property definitions."""
    name = named(stem, "graph")
    graph = found.graphs.setdefault(name, Graph(name, origin))
    for index, type_ in listed(body, "types"):
        part: Part = ("types", index)
        label = str(type_.get("label"))
        properties = _definitions(found, origin, type_, part)
        if str(type_.get("type")).upper() == "VERTEX":
            keys = [
                str(k) for _, i in listed(type_, "indexes") for k in i.get("propertyNames") or ()
            ]
            shape = {"type_name": label, "primary_keys": keys}
            take_vertex(found, origin, graph, shape, part)
            if label in graph.vertices:
                graph.vertices[label]["properties"] = properties
            continue
        pairs = [{"source_vertex": r.get("srcVertexLabel"),
                  "destination_vertex": r.get("dstVertexLabel")}
                 for _, r in listed(type_, "rawRelationShips")]  # fmt: skip
        take_edge(
            found, origin, graph, {"type_name": label, "vertex_type_pair_relations": pairs}, part
        )
        for own in _made(graph, label):
            graph.edges[own] |= {"properties": properties} if properties else {}
    return graph


def _made(graph: Graph, label: str) -> Iterable[str]:
    split = [own for (name, _, _), own in graph.split.items() if name == label]
    return split or ([label] if label in graph.edges else [])


def _definitions(
    found: Gathered, origin: Origin, type_: dict[str, Any], part: Part
) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for index, prop in listed(type_, "propertyDefList"):
        word = str(prop.get("data_type") or prop.get("dataType") or "").upper()
        kind = _PLAIN.get(word) or (
            f"{_PLAIN.get(word[:-5], '')}[]" if word.endswith("_LIST") else None
        )
        if not kind or kind == "[]":
            says = f"`{prop.get('name')}` is left out: there is no type like `{word}`"
            found.say(origin, "error", "CV102", says, (*part, "propertyDefList", index))
            continue
        text = str(prop.get("comment") or "")
        properties[str(prop.get("name"))] = {"type": kind, "description": text} if text else kind
    return properties
