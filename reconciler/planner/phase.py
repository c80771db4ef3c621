"""The phase of each thing, and its conditions: a function of what is wished and seen, never stored.

Derived in one order, the first that fits: Unknown, Blocked, Absent (Progressing where somebody
writes, Pending where a copy was begun), Stopped, Failed, Degraded, Drifted, Ready. So it is total,
and the same for the same world. What stands on a thing that is not Ready is Degraded at best.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Literal

from reconciler.model.change import Action, Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Plan
from reconciler.model.record import Record
from reconciler.model.wish import EngineWish, GraphWish


class Phase(StrEnum):
    """How a thing is. Everything between is a reason, not a phase."""

    UNKNOWN = "Unknown"
    ABSENT = "Absent"
    PENDING = "Pending"
    PROGRESSING = "Progressing"
    READY = "Ready"
    DEGRADED = "Degraded"
    DRIFTED = "Drifted"
    STOPPED = "Stopped"
    FAILED = "Failed"
    BLOCKED = "Blocked"
    TERMINATING = "Terminating"


Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect, in the sense of kstatus. `message` is one sentence, or empty."""

    type: str
    status: Truth
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How a thing is, and why. `drift` tells what differs from what was last applied."""

    phase: Phase
    reason: str
    message: str = ""
    conditions: tuple[Condition, ...] = ()
    drift: tuple[str, ...] = ()


@dataclass(frozen=True)  # no slots: what is derived once is kept
class Scene:
    """All that phases are derived from. `writing`: somebody applies at this moment."""

    engines: Mapping[Key, EngineWish]
    graphs: Mapping[Key, GraphWish]
    live: Snapshot
    plan: Plan
    writing: bool = False

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


def statuses(scene: Scene) -> Mapping[Key, Status]:
    """The status of everything, in key order."""
    bare: dict[Key, Status] = {}
    keys = sorted(scene.keys(), key=lambda key: (_RANK.get(key.kind, 9), key))
    for key in keys:  # what others stand on comes first
        bare[key] = _derive(scene, key, bare)
    return {key: _with_conditions(scene, key, bare[key]) for key in sorted(bare)}


_RANK = {"Engine": 0, "Graph": 1, "Load": 2, "Procedure": 2}


def _derive(scene: Scene, key: Key, below: Mapping[Key, Status]) -> Status:
    if problem := scene.live.unknown.get(key):
        return Status(Phase.UNKNOWN, "NoAnswer", problem.summary)
    match key.kind:
        case "Engine":
            return _blocked(scene, key) or _engine(scene, key)
        case "Graph":
            return _stands(_engine_of(scene, key), below) or _blocked(scene, key) or \
                _graph(scene, key)  # fmt: skip
        case _:
            return _part(scene, key, below)


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
    if live.unit.state == "stopped":
        return Status(Phase.STOPPED, "ServerStopped", "its server is stopped by a signal")
    if live.unit.state == "lost":
        return Status(Phase.FAILED, "ServerLost", "its server is gone")
    if live.unit.copy != live.pointer.copy:
        says = f"its server answers from copy {live.unit.copy}, not {live.pointer.copy}"
        return Status(Phase.DEGRADED, "WrongCopy", says)
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
    if home and home.phase not in (Phase.READY, Phase.DRIFTED):
        says = f"{graph} is {home.phase}"
        return Status(Phase.DEGRADED, "DependencyNotReady", says)
    return Status(Phase.READY, "Loaded" if key.kind == "Load" else "Applied")


def _with_conditions(scene: Scene, key: Key, status: Status) -> Status:
    conditions = tuple(_conditions(scene, key, status))
    return Status(status.phase, status.reason, status.message, conditions, status.drift)


_ANSWERS = frozenset({Phase.READY, Phase.DRIFTED, Phase.DEGRADED})


def _conditions(scene: Scene, key: Key, status: Status) -> Iterator[Condition]:
    """Exactly one of Ready=True, Reconciling, Stalled, or Ready=Unknown; then the named ones."""
    told = status.reason, status.message
    if status.phase is Phase.UNKNOWN:
        yield Condition("Ready", "Unknown", *told)
    elif status.phase in _ANSWERS:
        yield Condition("Ready", "True", *told)
    else:
        yield Condition("Ready", "False", *told)
        moving = status.phase in (Phase.PROGRESSING, Phase.TERMINATING)
        yield Condition("Reconciling" if moving else "Stalled", "True", *told)
    yield _up_to_date(scene, key, status)
    if status.phase in (Phase.DRIFTED, Phase.DEGRADED):
        yield Condition(status.phase.value, "True", *told)


def _up_to_date(scene: Scene, key: Key, status: Status) -> Condition:
    if status.phase is Phase.UNKNOWN:
        return Condition("UpToDate", "Unknown", status.reason)
    if any(held.key == key for held in scene.plan.held):
        return Condition("UpToDate", "False", "Held", "its wish was refused: `gsctl unhold`")
    waiting = sorted(str(change.action) for change in scene.changes.get(key, ()))
    if waiting:
        return Condition("UpToDate", "False", "Pending", f"waits: {', '.join(waiting)}")
    return Condition("UpToDate", "True", "AsDeclared")
