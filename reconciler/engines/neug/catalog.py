"""NeuG's own account of its types, read losslessly: from a manifest on disk or from a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.embedded.dialect import Reading, Schema
from reconciler.engines.neug.codec import PREFIX, decode
from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.record import Record

_PRIMITIVE = {
    "DT_BOOL": "bool",
    "DT_SIGNED_INT32": "int32",
    "DT_SIGNED_INT64": "int64",
    "DT_UNSIGNED_INT32": "uint32",
    "DT_UNSIGNED_INT64": "uint64",
    "DT_FLOAT": "float",
    "DT_DOUBLE": "double",
}
_TEMPORAL = {"date": "date", "datetime": "timestamp", "interval": "interval"}
_COMMON_WIDTH = 256  # what STRING means, and what a table read back from a log falls to


def read(schema: Schema) -> Reading:
    """Make sense of NeuG's schema JSON (`get_schema()`, `GET /schema`, or a manifest's part).

    Raises:
        Unreadable: our record is there and cannot be understood.
    """
    inner = schema.get("schema", schema)
    vertices = list(inner.get("vertex_types") or ())
    names = [str(v["type_name"]) for v in vertices]
    record = decode(name for name in names if name.startswith(PREFIX))
    widths: dict[str, int] = {}
    ours = record.strings if record else {}
    tables = {
        str(v["type_name"]): VertexTable(str(v["primary_keys"][0]), _properties(v, ours, widths))
        for v in vertices
        if not str(v["type_name"]).startswith(PREFIX)
    }
    edges = {
        str(e["type_name"]): EdgeTable(
            tuple((str(r["source_vertex"]), str(r["destination_vertex"]))
                  for r in e["vertex_type_pair_relations"]),
            _properties(e, ours, widths),
            _multiplicity(e, record),
        )
        for e in inner.get("edge_types") or []
    }  # fmt: skip
    return Reading(Catalog(tables, edges), widths, record)


def _multiplicity(type_: Mapping[str, Any], record: Record | None) -> str:
    """As we declared it; what somebody else made tells its own."""
    if record:
        return record.multiplicities.get(str(type_["type_name"]), "many-to-many")
    told = {str(pair.get("relation", "")) for pair in type_["vertex_type_pair_relations"]}
    return (
        told.pop().lower().replace("_", "-") if len(told) == 1 and told != {""} else "many-to-many"
    )


def _properties(
    type_: Mapping[str, Any], ours: Mapping[str, tuple[str, int]], widths: dict[str, int]
) -> Mapping[str, str]:
    found = {}
    for prop in type_.get("properties") or []:
        address = f"{type_['type_name']}.{prop['property_name']}"
        text, width = _type(prop["property_type"])
        if width is not None:
            widths[address] = width
            text = _declared(ours.get(address), width)
        found[str(prop["property_name"])] = text
    return found


def _declared(ours: tuple[str, int] | None, width: int) -> str:
    """A string's type as declared, where the live width still is what it was given.

    A narrower one is told as it is: values would be cut, so it must show as a difference.
    """
    if ours is None:
        return "string" if width == _COMMON_WIDTH else f"string({width})"
    declared, given = ours
    fits = width == given if "(" in declared else width >= given
    return declared if fits else f"string({width})"


def _type(data: Mapping[str, Any]) -> tuple[str, int | None]:
    """A type in the contract's words, and a string's width; what it has no word for as it is."""
    if "primitive_type" in data:
        return _PRIMITIVE.get(data["primitive_type"], data["primitive_type"]), None
    if "string" in data:
        return "string", int(data["string"]["var_char"]["max_length"])
    if "temporal" in data:
        return _TEMPORAL[next(iter(data["temporal"]))], None
    if "list" in data:
        return f"{_type(data['list']['component_type'])[0]}[]", None
    if "array" in data:
        size = data["array"]["max_length"]
        return f"{_type(data['array']['component_type'])[0]}[{size}]", None
    return next(iter(data), "unknown"), None
