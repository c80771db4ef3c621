"""All that phases and conditions are derived from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.waiting import Waits
from reconciler.model.wish import EngineWish, GraphWish


@dataclass(frozen=True)  # no slots: what is derived once is kept
class Scene:
    """All that phases are derived from.

    `writing`: somebody applies at this moment. `waiting`: what the loop leaves alone for a while.
    """

    engines: Mapping[Key, EngineWish]
    graphs: Mapping[Key, GraphWish]
    live: Snapshot
    plan: Plan
    writing: bool = False
    waiting: Waits = field(default_factory=dict)

    @cached_property
    def homes(self) -> Mapping[Key, Key]:
        """The graph of each Load and Procedure: as wished, else as live."""
        found: dict[Key, Key] = {}
        for key in sorted(self.live.graphs, reverse=True):
            record = record_of(self.live.graphs[key])
            found |= dict.fromkeys((key.sibling("Load", name) for name in loads_of(record)), key)
            names = record.procedures if record else ()
            found |= dict.fromkeys((key.sibling("Procedure", name) for name in names), key)
        for key, wish in self.graphs.items():
            found |= dict.fromkeys((load.key for load in wish.loads), key)
            found |= dict.fromkeys((key.sibling("Procedure", n) for n in wish.procedures), key)
        return found

    @cached_property
    def changes(self) -> Mapping[Key, tuple[Change, ...]]:
        """The plan's rows by what they are about."""
        found: dict[Key, tuple[Change, ...]] = {}
        for change in self.plan.changes:
            found[change.key] = (*found.get(change.key, ()), change)
        return found

    def keys(self) -> frozenset[Key]:
        """Everything that is wished, live, or cannot be seen."""
        live = self.live
        return frozenset(
            {*self.engines, *self.graphs, *live.engines, *live.graphs, *live.unknown, *self.homes}
        )


def record_of(live: LiveGraph | None) -> Record | None:
    """What the copy that answers says of itself."""
    return live.serving.record if live and live.serving else None


def loads_of(record: Record | None) -> Mapping[str, int]:
    """The loads on record, by name, with the rows they brought."""
    rows: dict[str, int] = {}
    for fills in (record.fills if record else {}).values():
        for fill in fills:
            if fill.forgotten:
                continue
            rows[fill.load] = rows.get(fill.load, 0) + fill.rows
    return dict(sorted(rows.items()))
