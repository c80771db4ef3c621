"""The phase of each thing, and its conditions: a function of what is wished and seen, never stored.

Derived in one order, the first that fits: Unknown, Blocked, Terminating, Absent (Progressing where
somebody writes, Pending where a copy was begun), Stopped, Failed, Degraded, Drifted, Ready. So it
is total, and the same for the same world. What stands on, or needs, a thing that is not Ready is
Degraded at best. What the loop remembers changes no phase: it tells why nothing is tried now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.model.change import Action
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph
from reconciler.model.status import Phase, Status
from reconciler.model.unit import Unit
from reconciler.planner.conditions import with_conditions
from reconciler.planner.drift import reported
from reconciler.planner.reach import relay_is_down
from reconciler.planner.scene import Scene, loads_of, record_of


def statuses(scene: Scene) -> Mapping[Key, Status]:
    """The status of everything, in key order."""
    bare: dict[Key, Status] = {}
    keys = sorted(scene.keys(), key=lambda key: (_RANK.get(key.kind, 9), key))
    for rank in sorted(set(_RANK.values()) | {9}):  # what others stand on comes first
        for key in (key for key in keys if _RANK.get(key.kind, 9) == rank):
            bare[key] = _drifted(scene, key, _derive(scene, key, bare))
        _degrade(scene, bare)
    return {key: with_conditions(scene, key, bare[key]) for key in sorted(bare)}


_RANK = {"Engine": 0, "Graph": 1, "Load": 2, "Procedure": 2}


_SOUND = (Phase.READY, Phase.DRIFTED)


def _degrade(scene: Scene, bare: dict[Key, Status]) -> None:
    """What answers and needs another graph that is not Ready, also round about."""
    grown = True
    while grown:
        grown = False
        for key, wish in scene.graphs.items():
            ill = sorted(n for n in wish.needs if n in bare and bare[n].phase not in _SOUND)
            if ill and bare.get(key) and bare[key].phase in _SOUND:
                says = f"{ill[0]} is {bare[ill[0]].phase}"
                bare[key] = Status(Phase.DEGRADED, "DependencyNotReady", says)
                grown = True


def _derive(scene: Scene, key: Key, below: Mapping[Key, Status]) -> Status:
    if problem := scene.live.unknown.get(key):
        return Status(Phase.UNKNOWN, "NoAnswer", problem.summary)
    match key.kind:
        case "Engine":
            return _blocked(scene, key) or _leaves(scene, key) or _engine(scene, key)
        case "Graph":
            return _stands(_engine_of(scene, key), below) or _blocked(scene, key) or \
                _leaves(scene, key) or _graph(scene, key)  # fmt: skip
        case _:
            return _part(scene, key, below)


def _drifted(scene: Scene, key: Key, status: Status) -> Status:
    """What works, and was changed by somebody: a Policy wants that told and left."""
    told = tuple(reported(scene.plan, key))
    if not told or status.phase not in _SOUND:
        return status
    drift = (*status.drift, *told)
    return replace(status, phase=Phase.DRIFTED, reason="ChangedByHand", message=drift[0],
                   drift=drift)  # fmt: skip


def _engine_of(scene: Scene, graph: Key) -> Key | None:
    if graph in scene.live.graphs:
        return scene.live.graphs[graph].engine
    return scene.graphs[graph].engine.key if graph in scene.graphs else None


def _stands(on: Key | None, below: Mapping[Key, Status]) -> Status | None:
    """What stands on something that cannot be seen cannot be seen."""
    if on and on in below and below[on].phase is Phase.UNKNOWN:
        return Status(Phase.UNKNOWN, "NoAnswer", f"{on} does not answer")
    return None


_BLOCKS = {
    "DS107": "ForeignObject",
    "DS104": "Protected",
    "ST101": "DependencyNotReady",
    "ST102": "PointerLost",
}


def _blocked(scene: Scene, key: Key) -> Status | None:
    for change in scene.changes.get(key, ()):
        if change.action is Action.BLOCKED:
            problem = change.blocked
            if problem is not None and problem.code == "ST100":
                return Status(Phase.UNKNOWN, "NoAnswer", problem.summary)
            reason = _BLOCKS.get(problem.code if problem else "", "InvalidSpec")
            return Status(Phase.BLOCKED, reason, change.reason)
    return None


def _leaves(scene: Scene, key: Key) -> Status | None:
    """What somebody is removing at this moment."""
    deletes = any(change.action is Action.DELETE for change in scene.changes.get(key, ()))
    if scene.writing and deletes and not scene.plan.refusals:
        return Status(Phase.TERMINATING, "Deleting")
    return None


def _missing(scene: Scene) -> Status:
    if scene.writing:
        return Status(Phase.PROGRESSING, "Applying")
    return Status(Phase.ABSENT, "NotApplied")


def _engine(scene: Scene, key: Key) -> Status:
    live = scene.live.engines.get(key)
    if live is None or (live.owner is None and not live.ours):
        return _missing(scene)
    if not live.ours:
        return Status(Phase.READY, "Foreign", f"it belongs to {live.owner}")
    return Status(Phase.READY, "Present")


def _graph(scene: Scene, key: Key) -> Status:  # noqa: PLR0911  the order of derivation
    live = scene.live.graphs.get(key)
    if live is None or not (live.copies or live.pointer):
        return _missing(scene)
    if not live.ours:
        return Status(Phase.READY, "Foreign", f"it belongs to {live.owner or 'somebody else'}")
    if live.serving is None or live.pointer is None:
        return _unpublished(scene, live)
    if status := _process(live):
        return status
    if not live.serving.verified:
        return Status(Phase.DEGRADED, "Unverified", "the copy that answers was never verified")
    if drift := tuple(drifts(live)):
        return Status(Phase.DRIFTED, "ChangedByHand", drift[0], drift=drift)
    return Status(Phase.READY, "Serving" if live.pointer.mode == "served" else "Loaded")


def _unpublished(scene: Scene, live: LiveGraph) -> Status:
    """There are copies, or a pointer, and nothing that answers."""
    if live.pointer is not None and live.pointer.settings.strategy == "recreate":
        if scene.writing:
            return Status(Phase.PROGRESSING, "Applying")
        says = "its old copy went first, and no new one is whole: nothing answers"
        return Status(Phase.FAILED, "Recreating", says)
    if live.pointer is not None:
        says = f"its pointer names copy {live.pointer.copy}, which is not there"
        return Status(Phase.FAILED, "CopyLost", says)
    if any(copy.verified for copy in live.copies.values()):
        return Status(Phase.DEGRADED, "PointerLost", "no pointer says which copy answers")
    if scene.writing:
        return Status(Phase.PROGRESSING, "Applying")
    return Status(Phase.PENDING, "Unfinished", "a copy was begun and is not finished")


def _process(live: LiveGraph) -> Status | None:
    """What is wrong with a graph's server; an embedded graph has none."""
    if live.pointer is None or live.pointer.mode != "served":
        return None
    if live.unit is None:
        return Status(Phase.FAILED, "ServerDown", "its server does not run")
    return _server(live, live.unit, live.pointer.copy)


def _server(live: LiveGraph, unit: Unit, copy: str) -> Status | None:
    """What is wrong with a server that was found, and with the way to it."""
    if unit.state == "stopped":
        return Status(Phase.STOPPED, "ServerStopped", "its server is stopped by a signal")
    if unit.state == "lost":
        return Status(Phase.FAILED, "ServerLost", "its server is gone")
    if unit.copy != copy:
        says = f"its server answers from copy {unit.copy}, not {copy}"
        return Status(Phase.DEGRADED, "WrongCopy", says)
    if relay_is_down(live):
        return Status(Phase.DEGRADED, "RelayDown", "its server runs; the relay before it does not")
    return None


def drifts(live: LiveGraph) -> Iterator[str]:
    """What the copy that answers has lost since it was written. Rows beyond the record are none."""
    copy = live.serving
    if copy is None or copy.record is None:
        return
    types = {name for name, _ in copy.catalog.types()}
    for address in sorted({*copy.record.strings, *copy.record.multiplicities, *copy.record.fills}):
        type_, dot, name = address.partition(".")
        if type_ not in types or (dot and name not in copy.catalog.properties(type_)):
            yield f"{address} is gone"
    for type_ in sorted(types & set(copy.record.fills)):
        if copy.rows is not None and copy.rows_of(type_) < copy.record.rows(type_):
            yield (f"{type_} has {copy.rows_of(type_):,} rows; "
                   f"{copy.record.rows(type_):,} were loaded")  # fmt: skip


def _part(scene: Scene, key: Key, below: Mapping[Key, Status]) -> Status:
    """A Load or a Procedure: it is as its graph is, when it is there at all."""
    graph = scene.homes.get(key)
    if status := _stands(graph, below) or _blocked(scene, key):
        return status
    record = record_of(scene.live.graphs.get(graph)) if graph else None
    there = loads_of(record) if key.kind == "Load" else record.procedures if record else {}
    home = below.get(graph) if graph else None
    if key.name not in there:
        if home and home.phase is Phase.BLOCKED:
            return Status(Phase.BLOCKED, "DependencyNotReady", f"{graph} is blocked")
        return _missing(scene)
    if home and home.phase not in _SOUND:
        says = f"{graph} is {home.phase}"
        return Status(Phase.DEGRADED, "DependencyNotReady", says)
    return Status(Phase.READY, "Loaded" if key.kind == "Load" else "Applied")
