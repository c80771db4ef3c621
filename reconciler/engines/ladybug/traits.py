"""What Ladybug can do, and what a change costs on it. Measured on the wheels."""

from __future__ import annotations

from reconciler.model.traits import Effect, Names, Rule, Traits

# Refused as names of properties; `rowid` is taken, and then written to as if it were a number.
_RESERVED = {"_id", "_label", "_src", "_dst", "_nodes", "_rels", "rowid"}
_CLASH = "Ladybug cannot change a type in place"

TRAITS = Traits(
    type="ladybug",
    versions=("0.22.0", "0.21.2"),
    modes=("embedded", "served"),
    # No interval: read from Python its months are days, so what comes back is another value.
    property_types=frozenset({
        "bool", "int32", "int64", "uint32", "uint64", "float", "double", "string", "date",
        "timestamp",
    }),
    key_types=frozenset({"int32", "int64", "uint32", "uint64", "string"}),
    several_pairs=True,
    nulls=True,
    reads_only=frozenset({"served"}),
    names=Names(r"(?!_gsctl)[A-Za-z_][A-Za-z0-9_]*", frozenset(_RESERVED), folds_case=True),
    crosses=True,
    clones=True,  # a copy of one file, shared where the file system can
    procedures=frozenset({"cypher"}),
    rules=(
        Rule(("vertices", "*"), Effect.IN_PLACE),
        Rule(("vertices", "*"), Effect.IN_PLACE, "renamed in place", "rename"),
        Rule(("vertices", "*", "key"), Effect.REBUILD, "Ladybug cannot change a key in place"),
        Rule(("vertices", "*", "key"), Effect.IN_PLACE, "renamed in place", "rename"),
        Rule(("vertices", "*", "properties", "*"), Effect.REBUILD, _CLASH, "change"),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE, "", "add"),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE, "", "drop"),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE, "renamed in place", "rename"),
        Rule(("edges", "*"), Effect.IN_PLACE),
        Rule(("edges", "*"), Effect.IN_PLACE, "renamed in place", "rename"),
        Rule(("edges", "*", "pairs"), Effect.REBUILD, "the type is loaded anew with its ends"),
        Rule(("edges", "*", "multiplicity"), Effect.MARK, "kept in the mark, checked at each load"),
        Rule(("edges", "*", "properties", "*"), Effect.REBUILD, _CLASH, "change"),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE, "", "add"),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE, "", "drop"),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE, "renamed in place", "rename"),
    ),
    options_schema={
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "threads": {
                "type": "integer",
                "minimum": 1,
                "maximum": 256,
                "description": "threads of each graph's server; unset: as many as the machine has",
            },
            "maxRows": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000,
                "description": "rows that a graph's server gives at most for one query",
                "default": 10_000,
            },
            "timeout": {
                "type": "integer",
                "minimum": 1,
                "maximum": 3600,
                "description": "seconds that a query may take in a graph's server",
                "default": 60,
            },
        },
    },
)  # fmt: skip
