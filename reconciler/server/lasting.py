"""Since when things are as they are shown, as far as one coordinator has looked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.model.key import Key
from reconciler.things import Thing

Moments = Mapping[Key, Mapping[str, float]]  # of each condition of each thing, in UTC seconds


def turned(
    before: tuple[Thing, ...], moments: Moments, now: tuple[Thing, ...], at: float
) -> Moments:
    """When each condition came to its status: nothing of what was so at the first look.

    `moments` are those of the look before; `at` that of this one.
    """
    known = {thing.key: {c.type: c.status for c in thing.status.conditions} for thing in before}
    found: dict[Key, dict[str, float]] = {}
    for thing in now:
        old, since = known.get(thing.key, {}), moments.get(thing.key, {})
        found[thing.key] = {
            c.type: since[c.type] if old.get(c.type) == c.status else at
            for c in thing.status.conditions
            if before and (old.get(c.type) != c.status or c.type in since)
        }
    return found


def told(thing: Thing, since: Mapping[str, float]) -> dict[str, Any]:
    """A thing as `get -o json` shows it, with when its conditions changed where that is known."""
    plain = thing.plain()
    for condition in plain["status"]["conditions"]:
        if (at := since.get(condition["type"])) is not None:
            moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
            condition["lastTransitionTime"] = moment
    return plain
