"""Look at the world: every place that is wished or was ever used, each through its driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from reconciler.contracts import Driver, Sight, Unanswered
from reconciler.model.key import Key
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.unit import Unit
from reconciler.model.wish import Place


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place to look at. `known`: something of ours was made there, so it cannot be nowhere."""

    key: Key
    type: str
    place: Place
    known: bool = False


def observe(
    spots: Iterable[Spot],
    drivers: Mapping[str, Driver],
    units: Iterable[Unit],
    exists: Callable[[Place], bool],
    now: float,
) -> Snapshot:
    """What lies at all `spots`, looked at side by side. Never raises for what cannot be seen.

    `exists` tells whether a place is there at all: one that is known and is not there is unknown,
    for it may only be unmounted.
    """
    spots, units = sorted(set(spots)), tuple(units)
    engines: dict[Key, LiveEngine] = {}
    graphs: dict[Key, LiveGraph] = {}
    unknown: dict[Key, Problem] = {}
    with ThreadPoolExecutor(max(1, min(8, len(spots)))) as pool:
        sights = pool.map(lambda spot: _look(spot, drivers, units, exists), spots)
        for spot, sight in zip(spots, sights, strict=True):
            if isinstance(sight, Problem):
                unknown[spot.key] = sight
                continue
            if sight.engine:
                engines[spot.key] = sight.engine
            graphs |= sight.graphs
            unknown |= sight.unknown
    return Snapshot(engines, graphs, unknown, now=now)


def _look(
    spot: Spot,
    drivers: Mapping[str, Driver],
    units: tuple[Unit, ...],
    exists: Callable[[Place], bool],
) -> Sight | Problem:
    if not exists(spot.place):
        if not spot.known:
            return Sight(None)
        return _unseen(spot, f"{spot.place} is not there",
                       f"mount it, or `gsctl forget {spot.place}`")  # fmt: skip
    if spot.type not in drivers:
        return _unseen(spot, f"no driver of `{spot.type}` is installed", "install its plugin")
    try:
        return drivers[spot.type].observe(spot.key, spot.place, units)
    except (Unanswered, OSError) as error:
        return _unseen(spot, str(error), "")


def _unseen(spot: Spot, says: str, hint: str) -> Problem:
    return Problem("error", f"{spot.key}: {says}", "ST100", hint=hint, address=str(spot.key))
