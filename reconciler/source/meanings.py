"""What fields mean, where their model does not say it: for schemas and `gsctl explain`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MEANINGS: Mapping[str, str] = {
    "*.dependsOn": "things that must be done before, where no reference says it: `Kind/name`",
    "*.renamedFrom": "the name it had; used once",
    "*.description": "text for people; kept with the live thing",
    "Metadata.name": "what references and addresses call it",
    "Metadata.labels": "for selecting",
    "Metadata.annotations": "notes of other tools",
    "ProjectSpec.substrate": "where engines run unless they say otherwise",
    "ProjectSpec.variables": "values for `${name}`; overlays, GSCTL_VAR_name and --var override",
    "Guard.maxDeletes": "things of one kind that one apply may delete",
    "Guard.maxDeletePercent": "the same in percent of that kind, counted from 10 of it on",
    "Resources.cpu": "cores: `500m` or `2`",
    "Resources.memory": "bytes: `512Mi`",
    "Resources.storage": "bytes: `2Gi`",
    "GraphSpec.engine": "the Engine that keeps it",
    "GraphSpec.strategy": "auto | in-place: refuse what needs a rebuild | blue-green: never touch "
    "the serving copy | recreate: may stop serving",
    "GraphSpec.keepPrevious": "how long the copy served before stays, for rollback: `24h`",
    "GraphSpec.writes": "declared: rows come from Loads | open: clients write rows too, into types "
    "that no replace Load feeds",
    "VertexType.key": "the property that identifies a vertex",
    "Property.type": "bool int32 int64 uint32 uint64 float double string string(n) date timestamp "
    "interval, or a list such as int64[]",
    "Pair.from": "the vertex type where edges begin",
    "Pair.to": "the vertex type where edges end",
    "EdgeType.from": "the vertex type where edges begin",
    "EdgeType.to": "the vertex type where edges end",
    "EdgeType.multiplicity": "how many edges a vertex may have at each end; checked at load",
    "LoadSpec.graph": "the Graph whose types are fed",
    "*.mode": "replace: the types named here hold exactly these files | append: add each file once",
    "Format.type": "how rows are written",
    "Format.delimiter": "the character between two values",
    "Format.header": "whether the first line holds the names of the columns",
    "Format.quote": "the character around values",
    "Format.nullValues": "texts that stand for no value",
    "*.files": "paths from the folder of this file, or below a data root",
    "*.columns": "property: column or its index from 0, where the header's name differs",
    "EdgeSource.fromColumn": "the column with the key of the vertex where an edge begins",
    "EdgeSource.toColumn": "the column with the key of the vertex where an edge ends",
    "*.onDuplicateKey": "error | first: in list order, then by line",
    "*.onDanglingEdge": "error | drop: counted and shown",
    "*.onNull": "in a column that the engine cannot leave empty: error | default",
    "*.limit": "first rows of each vertex file, edges restricted to them; for trying out",
    "Range.min": "at least this many rows",
    "Range.max": "at most this many rows",
    "ProcedureSpec.graph": "the Graph that it asks",
    "ProcedureSpec.language": "the query language",
    "ProcedureSpec.parameters": "name: type",
    "ProcedureSpec.query": "the text; parameters stand in it as `$name`",
    "ProcedureTest.call": "parameter: value",
}


def add_meanings(definitions: Mapping[str, Any]) -> None:
    """Write the meanings into the schemas of models, by model and field."""
    for model, definition in definitions.items():
        for name, field in definition.get("properties", {}).items():
            meaning = MEANINGS.get(f"{model}.{name}") or MEANINGS.get(f"*.{name}")
            if meaning and "description" not in field:
                field["description"] = meaning
