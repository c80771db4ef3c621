"""Look at the world: every place that is wished or was ever used, each through its driver."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from reconciler.contracts import Driver, Sight, Unanswered
from reconciler.model.key import Key
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.unit import Unit
from reconciler.model.wish import Place


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place to look at. `known`: something of ours was made there, so it cannot be nowhere.

    `left`: the engine is wished elsewhere, and this is where it was.
    """

    key: Key
    type: str
    place: Place
    known: bool = False
    left: bool = False


def observe(
    spots: Iterable[Spot],
    drivers: Mapping[str, Driver],
    list_units: Callable[[], Sequence[Unit]],
    exists: Callable[[Place], bool],
    now: float,
) -> Snapshot:
    """What lies at all `spots`, looked at side by side. Never raises for what cannot be seen.

    `exists` tells whether a place is there at all: one that is known and is not there is unknown,
    for it may only be unmounted. A unit that ended as it was asked is not unseen, but gone.
    """
    ordered, units = sorted(set(spots)), tuple(list_units())
    seen = _observe(ordered, drivers, units, exists, now)
    if seen.unknown and units != (later := tuple(list_units())):
        return _observe(ordered, drivers, later, exists, now)
    return seen


def _observe(
    spots: Sequence[Spot],
    drivers: Mapping[str, Driver],
    units: tuple[Unit, ...],
    exists: Callable[[Place], bool],
    now: float,
) -> Snapshot:
    engines: list[tuple[Spot, LiveEngine]] = []
    graphs: list[LiveGraph] = []
    unknown: dict[Key, Problem] = {}
    with ThreadPoolExecutor(max(1, min(8, len(spots)))) as pool:
        sights = pool.map(lambda spot: _look(spot, drivers, units, exists), spots)
        for spot, sight in zip(spots, sights, strict=True):
            if isinstance(sight, Problem):
                unknown[spot.key] = sight
                continue
            if sight.engine:
                engines.append((spot, sight.engine))
            graphs += sight.graphs.values()
            unknown |= sight.unknown
    whole, twins = _graphs(graphs)
    unclear = {key: _two(key, found) for key, found in twins.items()}
    return Snapshot(_engines(engines), whole, {**unclear, **unknown}, twins, units=units, now=now)


def _engines(seen: Iterable[tuple[Spot, LiveEngine]]) -> Mapping[Key, LiveEngine]:
    """Each engine once: where it is wished, if it is there, with what lies of it elsewhere."""
    found: dict[Key, list[LiveEngine]] = defaultdict(list)
    for _, engine in sorted(seen, key=lambda part: (part[0].left, part[0])):
        found[engine.key].append(engine)
    return {
        key: replace(first, elsewhere=tuple(engine for engine in rest if engine.ours))
        for key, (first, *rest) in found.items()
    }


def _graphs(
    seen: Iterable[LiveGraph],
) -> tuple[Mapping[Key, LiveGraph], Mapping[Key, tuple[LiveGraph, ...]]]:
    """Each graph once, where it answers: the pointer that moved last is true.

    And those of one name that are not one, by that name.
    """
    by_uid: dict[str, list[LiveGraph]] = defaultdict(list)
    graphs: dict[Key, LiveGraph] = {}
    for graph in seen:
        if graph.ours:
            by_uid[graph.uid].append(graph)
        else:
            graphs[graph.key] = graph
    told: dict[Key, list[LiveGraph]] = defaultdict(list)
    for parts in by_uid.values():
        first, *rest = sorted(parts, key=_answers, reverse=True)
        whole = replace(first, elsewhere=tuple(sorted(rest, key=lambda g: g.place)))
        told[first.key].append(whole)
    graphs |= {key: found[0] for key, found in told.items() if len(found) == 1}
    return graphs, {key: tuple(found) for key, found in told.items() if len(found) > 1}


def _two(key: Key, twins: tuple[LiveGraph, ...]) -> Problem:
    says = f"{key}: there are two of that name, at {' and '.join(_where(g) for g in twins)}"
    return Problem("error", says, "ST102", hint="move one of these folders away", address=str(key))


def _where(graph: LiveGraph) -> str:
    return f"{graph.place}/…/{graph.uid}"


def _answers(graph: LiveGraph) -> tuple[bool, int, str]:
    pointer = graph.pointer
    return pointer is not None, pointer.moves if pointer else 0, str(graph.place)


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
