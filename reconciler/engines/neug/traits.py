"""What NeuG can do, and what a change costs on it. Measured on the wheels, not read in its docs."""

from __future__ import annotations

from reconciler.model.estimate import Rates
from reconciler.model.traits import Effect, Names, Rule, Strings, Traits

# Read back as booleans, numbers or nothing: NeuG passes names through a YAML 1.1 reader. A property
# named `null` makes the database impossible to open again.
_CORRUPTED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", "_id",
              "_label"}  # fmt: skip

TRAITS = Traits(
    type="neug",
    versions=("0.3.0", "0.2.1"),
    reads_newer=True,
    modes=("embedded", "served"),
    property_types=frozenset({
        "bool", "int32", "int64", "uint32", "uint64", "float", "double", "string", "date",
        "timestamp", "interval",
    }),
    key_types=frozenset({"int32", "int64", "uint32", "uint64", "string"}),
    names=Names(r"(?!_gsctl)[A-Za-z_][A-Za-z0-9_]*", frozenset(_CORRUPTED)),
    # Memory of COPY grows with the declared width, not with the data: small ones first.
    strings=Strings(smallest=256, largest=65535),
    crosses=True,
    clones=True,  # checkpoint objects are never written again: hard links
    online=frozenset({("property", "add"), ("type", "add")}),
    online_for_good=frozenset({("property", "drop"), ("property", "rename"), ("type", "drop")}),
    procedures=frozenset({"cypher"}),
    rules=(
        Rule(("vertices", "*"), Effect.IN_PLACE),
        Rule(("vertices", "*"), Effect.REBUILD, "NeuG cannot rename a type in place", "rename"),
        Rule(("vertices", "*", "key"), Effect.REBUILD, "NeuG cannot change a key in place"),
        Rule(("vertices", "*", "properties", "*"), Effect.REBUILD,
             "NeuG cannot change a type in place", "change"),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE, "", "add"),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE, "", "drop"),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE, "renamed in place", "rename"),
        Rule(("edges", "*"), Effect.IN_PLACE),
        Rule(("edges", "*"), Effect.REBUILD, "NeuG cannot rename a type in place", "rename"),
        Rule(("edges", "*", "pairs"), Effect.REBUILD, "NeuG cannot change an edge type's ends"),
        Rule(("edges", "*", "multiplicity"), Effect.MARK, "kept in the mark, checked at each load"),
        Rule(("edges", "*", "properties", "*"), Effect.REBUILD,
             "NeuG cannot change a type in place", "change"),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE, "", "add"),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE, "", "drop"),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE, "renamed in place", "rename"),
    ),
    # Measured on two cores (docs/performance.md). Memory is that of a COPY of short values.
    rates=Rates(
        vertices_per_s=400_000.0,
        edges_per_s=550_000.0,
        vertex_disk_bytes=95.0,
        edge_disk_bytes=50.0,
        copy_disk_bytes=0.4e6,
        vertex_memory_bytes=165.0,
        edge_memory_bytes=115.0,
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
        },
    },
)  # fmt: skip
