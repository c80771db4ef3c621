"""What Paper can do: nearly everything, for it is only text."""

from __future__ import annotations

from reconciler.model.traits import Effect, Rule, Strings, Traits
from reconciler.model.types import KEY_TYPES, SCALARS

_NO_RENAME = "Paper writes a renamed type anew"

TRAITS = Traits(
    type="paper",
    versions=("1.0",),
    modes=("embedded", "served"),
    property_types=frozenset(SCALARS),
    key_types=frozenset(KEY_TYPES),
    several_pairs=True,
    strings=Strings(largest=1 << 20),
    clones=True,
    online=frozenset({("property", "add"), ("type", "add")}),
    procedures=frozenset({"paper"}),
    rules=(
        Rule(("vertices", "*"), Effect.IN_PLACE),
        Rule(("vertices", "*"), Effect.REBUILD, _NO_RENAME, "rename"),
        Rule(("vertices", "*", "key"), Effect.REBUILD),
        Rule(("vertices", "*", "properties", "*"), Effect.IN_PLACE),
        Rule(("vertices", "*", "properties", "*"), Effect.REBUILD, "", "change"),
        Rule(("edges", "*"), Effect.IN_PLACE),
        Rule(("edges", "*"), Effect.REBUILD, _NO_RENAME, "rename"),
        Rule(("edges", "*", "pairs"), Effect.REBUILD),
        Rule(("edges", "*", "multiplicity"), Effect.MARK),
        Rule(("edges", "*", "properties", "*"), Effect.IN_PLACE),
        Rule(("edges", "*", "properties", "*"), Effect.REBUILD, "", "change"),
    ),
)
