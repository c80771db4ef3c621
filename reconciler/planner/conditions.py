"""The conditions of a thing: whether it answers, is being changed, is stuck, is as declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.model.key import Key
from reconciler.model.status import Condition, Phase, Status
from reconciler.model.waiting import Waiting
from reconciler.planner.scene import Scene
from reconciler.planner.waits import suspension, waits


def with_conditions(scene: Scene, key: Key, status: Status) -> Status:
    """A status with its conditions, and with why nothing is tried now, where that is remembered."""
    wait = scene.waiting.get(key)
    if wait and status.phase in _DOWN:
        status = replace(status, reason=wait.reason, message=_why(wait))
    return replace(status, conditions=tuple(_conditions(scene, key, status)))


def _why(wait: Waiting) -> str:
    changed = "somebody else changes it back each time"
    return wait.problem.summary if wait.problem else changed


_DOWN = frozenset({Phase.ABSENT, Phase.PENDING, Phase.PROGRESSING, Phase.STOPPED, Phase.FAILED})
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
        if (wait := scene.waiting.get(key)) and status.phase in _DOWN:
            moving = wait.reason == "ProgressingWithRetry"
        yield Condition("Reconciling" if moving else "Stalled", "True", *told)
    yield _up_to_date(scene, key, status)
    if by := suspension(scene.homes.get(key, key), scene.live):
        yield Condition("Suspended", "True", "SuspendedByHand", by)
    if status.phase in (Phase.DRIFTED, Phase.DEGRADED):
        yield Condition(status.phase.value, "True", *told)


def _up_to_date(scene: Scene, key: Key, status: Status) -> Condition:
    if status.phase is Phase.UNKNOWN:
        return Condition("UpToDate", "Unknown", status.reason)
    if any(held.key == key for held in scene.plan.held):
        return Condition("UpToDate", "False", "Held", "its wish was refused: `gsctl unhold`")
    if reason := waits(key, scene.plan):
        return Condition("UpToDate", "False", *reason)
    if wait := scene.waiting.get(key):
        return Condition("UpToDate", "False", wait.reason, _why(wait))
    waiting = sorted(str(change.action) for change in scene.changes.get(key, ()))
    if waiting:
        return Condition("UpToDate", "False", "Pending", f"waits: {', '.join(waiting)}")
    return Condition("UpToDate", "True", "AsDeclared")
