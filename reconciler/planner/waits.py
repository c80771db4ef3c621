"""Why a thing is not as declared although it could be: in the words of a condition."""

from __future__ import annotations

from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan
from reconciler.planner.policy import restraint_of

_REASONS = {
    "Approval": "WaitingForApproval",
    "Window": "WaitingForWindow",
    "Suspended": "Suspended",
    "Together": "WaitingForItsGraph",
    "Dependency": "DependencyNotReady",
}


def waits(key: Key, plan: Plan) -> tuple[str, str] | None:
    """Reason and message where a change of a thing is withheld, or its drift only reported."""
    for one in plan.withheld:
        if one.change.key == key:
            return _REASONS[one.reason], one.says
    if any(one.change.key == key and not one.ignored for one in plan.drift):
        return "DriftReported", "what changed by itself is told and left alone, by a Policy"
    return None


def suspension(home: Key, live: Snapshot) -> str:
    """Who suspended a thing, or what it is a part of or stands on; empty where nobody did."""
    graph = live.graphs.get(home)
    for key in (home, graph.engine if graph else None):
        if key and (found := restraint_of(key, live).suspended):
            return f"by {found.by}" + ("" if key == home else f", with {key}")
    return ""
