"""How long a plan stays what it is while nobody changes anything: time alone changes some."""

from __future__ import annotations

from reconciler.model.observed import Pointer, Snapshot
from reconciler.model.plan import Plan
from reconciler.planner.draft import World

NEVER, FOR_EVER = float("-inf"), float("inf")


def holds_until(world: World, plan: Plan) -> float:
    """The last moment at which the same world gives the same plan, in UTC seconds.

    Steps tell when they were planned, windows open and approvals end: a plan with any of those
    holds at no other moment. A plan with nothing to do holds until the next kept copy expires.
    """
    if plan.steps or plan.housekeeping or plan.held or world.policies.wishes or world.approvals:
        return NEVER
    return min((_expires(pointer) for pointer in _pointers(world.live)), default=FOR_EVER)


def _pointers(live: Snapshot) -> list[Pointer]:
    parts = [part for graph in live.graphs.values() for part in (graph, *graph.elsewhere)]
    return [part.pointer for part in parts if part.pointer and part.pointer.previous]


def _expires(pointer: Pointer) -> float:
    return pointer.switched_at + pointer.settings.keep_previous_s - 1.0  # sums are rounded
