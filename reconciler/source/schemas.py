"""JSON Schemas of the kinds, for editors and for `gsctl schema` and `gsctl explain`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from reconciler.model.key import NAME_PATTERN
from reconciler.model.kinds import API_VERSION, SPECS, Metadata
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.source.meanings import add_meanings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = API_VERSION.partition("/")[2]
HOME = f"https://gsctl.io/schemas/{VERSION}/"


def render() -> Mapping[str, str]:
    """The text of every schema by its path below `schemas/`: one for each kind, and all in one."""
    schemas = {kind: schema_of(kind) for kind in SPECS}
    definitions: dict[str, Any] = {}
    for kind, schema in schemas.items():
        definitions |= schema["$defs"]
        definitions[kind] = {k: v for k, v in schema.items() if k[0] != "$"}
    together = {
        "$schema": DIALECT,
        "$id": f"{HOME}all.json",
        "title": "Any document of gsctl",
        "oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in SPECS],
        "$defs": dict(sorted(definitions.items())),
    }
    files = {f"{VERSION}/{kind}.json": schema for kind, schema in schemas.items()}
    files[f"{VERSION}/all.json"] = together
    return {name: json.dumps(schema, indent=2) + "\n" for name, schema in files.items()}


def write(folder: Path) -> None:
    """Write what `render` gives below `folder`."""
    for name, text in render().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def schema_of(kind: str) -> dict[str, Any]:
    """The schema of a whole document of `kind`, which is one of SPECS."""
    spec = SPECS[kind]
    _, shared = models_json_schema([(Metadata, "validation"), (spec, "validation")], by_alias=True)
    definitions = dict(sorted(shared["$defs"].items()))
    add_meanings(definitions)
    definitions["Metadata"]["properties"]["name"]["pattern"] = f"^{NAME_PATTERN}$"
    return {
        "$schema": DIALECT,
        "$id": f"{HOME}{kind}.json",
        "title": kind,
        "description": spec.__doc__ or "",
        "type": "object",
        "properties": {
            "apiVersion": {"const": API_VERSION, "description": "that of gsctl.yaml when left out"},
            "kind": {"const": kind},
            "metadata": {"$ref": "#/$defs/Metadata"},
            "spec": {"$ref": f"#/$defs/{spec.__name__}"},
        },
        "required": ["kind", "metadata", "spec"],
        "additionalProperties": False,
        "$defs": definitions,
    }


@dataclass(frozen=True, slots=True)
class FieldMeaning:
    """A field: `type` in words, `default` as JSON, empty where there is none."""

    name: str
    type: str
    description: str = ""
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """What stands at a path, and the fields below it."""

    path: str
    meaning: FieldMeaning
    fields: tuple[FieldMeaning, ...] = ()


def explain(path: str) -> Explanation | Problem:
    """The meaning of `Graph.vertices.properties`: names that users choose are left out.

    Below a kind stand the fields of its spec, and those of `metadata`.
    """
    kind, *names = path.split(".")
    kind = next((known for known in SPECS if known.lower() == kind.lower()), kind)
    if kind not in SPECS:
        return Problem("error", f"there is no kind `{kind}`", "SC102",
                       hint=did_you_mean(kind, SPECS))  # fmt: skip
    schema = schema_of(kind)
    node, required = _start(schema, names[:1])
    here = kind
    for name in names if names[:1] not in (["spec"], ["metadata"]) else names[1:]:
        fields, needed = _fields(node, schema)
        if name not in fields:
            says = f"`{here}` has no field `{name}`"
            return Problem("error", says, "SC104", hint=did_you_mean(name, fields))
        node, required, here = fields[name], name in needed, f"{here}.{name}"
    fields, needed = _fields(node, schema)
    inner = tuple(
        _meaning(name, field, schema, required=name in needed) for name, field in fields.items()
    )
    return Explanation(
        path, _meaning(path.rpartition(".")[2], node, schema, required=required), inner
    )


def _start(schema: dict[str, Any], first: list[str]) -> tuple[dict[str, Any], bool]:
    field = "metadata" if first == ["metadata"] else "spec"
    return schema["properties"][field], True


def _branches(node: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The forms that a node may take, references followed; mappings and lists by what they hold."""
    if reference := node.get("$ref"):
        yield from _branches(schema["$defs"][reference.rpartition("/")[2]], schema)
    elif choices := node.get("anyOf") or node.get("oneOf"):
        for choice in choices:
            yield from _branches(choice, schema)
    elif isinstance(inner := node.get("additionalProperties"), dict):
        yield from _branches(inner, schema)
    elif "items" in node:
        yield from _branches(node["items"], schema)
    else:
        yield node


def _fields(
    node: dict[str, Any], schema: dict[str, Any]
) -> tuple[dict[str, dict[str, Any]], set[str]]:
    fields: dict[str, dict[str, Any]] = {}
    required: set[str] = set()
    for branch in _branches(node, schema):
        fields |= branch.get("properties", {})
        required |= set(branch.get("required", ()))
    return fields, required


def _meaning(
    name: str,
    node: dict[str, Any],
    schema: dict[str, Any],
    *,
    required: bool,
) -> FieldMeaning:
    inner = next((b["description"] for b in _branches(node, schema) if "description" in b), "")
    default = json.dumps(node["default"]) if node.get("default") is not None else ""
    description = node.get("description", inner)
    return FieldMeaning(name, _type(node, schema), description, default, required)


def _type(node: dict[str, Any], schema: dict[str, Any]) -> str:
    """`map of string`, `list of integer`, `"local" | object`."""
    if reference := node.get("$ref"):
        return _type(schema["$defs"][reference.rpartition("/")[2]], schema)
    if choices := node.get("anyOf") or node.get("oneOf"):
        words = dict.fromkeys(_type(choice, schema) for choice in choices)
        return " | ".join(word for word in words if word != "null")
    if isinstance(inner := node.get("additionalProperties"), dict):
        return f"map of {_type(inner, schema)}"
    if "items" in node:
        return f"list of {_type(node['items'], schema)}"
    if "enum" in node or "const" in node:
        return " | ".join(json.dumps(value) for value in node.get("enum", [node.get("const")]))
    return str(node.get("type", "any"))
