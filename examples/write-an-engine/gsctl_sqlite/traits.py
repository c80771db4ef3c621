"""What SQLite keeps, and what a change costs on it."""

from __future__ import annotations

from reconciler.model.traits import Effect, Names, Rule, Traits

_ANEW = "SQLite cannot change that of a table"

TRAITS = Traits(
    type="sqlite",
    versions=("3",),
    modes=("embedded",),
    property_types=frozenset({
        "bool", "int32", "int64", "uint32", "uint64", "float", "double", "string", "date",
        "timestamp", "interval",
    }),
    key_types=frozenset({"int32", "int64", "uint32", "uint64", "string"}),
    names=Names(r"(?!_gsctl|sqlite_)[A-Za-z_][A-Za-z0-9_]*"),
    clones=True,
    procedures=frozenset({"sql"}),
    # The most specific rule wins; what none speaks of makes the type anew.
    rules=(
        Rule(("vertices", "*"), Effect.IN_PLACE),
        Rule(("vertices", "*", "key"), Effect.REBUILD, _ANEW),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE),
        Rule(("vertices", "*", "properties", "*"), Effect.REBUILD, _ANEW, "change"),
        Rule(("edges", "*"), Effect.IN_PLACE),
        Rule(("edges", "*", "pairs"), Effect.REBUILD, _ANEW),
        Rule(("edges", "*", "multiplicity"), Effect.MARK, "it is checked at each load"),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE),
        Rule(("edges", "*", "properties", "*"), Effect.REBUILD, _ANEW, "change"),
    ),
)  # fmt: skip
