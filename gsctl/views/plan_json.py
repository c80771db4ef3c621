"""A plan as JSON, in Terraform's shape: checks written for that read it (docs/plan-json.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gsctl.version import number
from gsctl.views.estimates import estimate_plain
from gsctl.views.guards import guards_plain, moment
from gsctl.views.problems import problem_plain
from gsctl.views.tenants import share_plain
from reconciler.model.change import MISSING, Action, Change, FieldChange
from reconciler.model.estimate import Estimates
from reconciler.model.key import DEFAULT_TENANT
from reconciler.model.problem import in_order
from reconciler.model.traits import Effect
from reconciler.planner.effects import effect_of

if TYPE_CHECKING:
    from reconciler.api import Planned

FORMAT_VERSION = "1.0"
_ACTIONS = {
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.LOAD: ["update"],
    Action.MARK: ["update"],
    Action.REBUILD: ["create", "delete"],
    Action.MOVE: ["create", "delete"],
    Action.RECREATE: ["delete", "create"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
    Action.ADOPT: ["no-op"],
    Action.BLOCKED: ["no-op"],
}


def plan_plain(planned: Planned) -> dict[str, Any]:
    """The plan in plain mappings. `estimate` is null where nothing is to be done."""
    plan = planned.plan
    problems = in_order((*plan.problems, *plan.refusals, *plan.notes, *planned.findings))
    return {
        "format_version": FORMAT_VERSION,
        "tool": f"gsctl {number()}",
        "owner": str(plan.owner),
        "resource_changes": [change_plain(c, planned.estimates) for c in plan.changes],
        "resource_drift": [
            {**change_plain(one.change), "ignored": one.ignored} for one in plan.drift
        ],
        "strategy": {str(c.key): str(c.route) for c in plan.changes if c.route},
        "estimate": estimate_plain(planned.estimates.whole) if plan.steps else None,
        "problems": [problem_plain(problem) for problem in problems],
        "held": [
            {
                "address": str(held.key),
                "reason": held.held.reason,
                "since": held.held.since,
                "resource_changes": [change_plain(change) for change in held.changes],
            }
            for held in plan.held
        ],
        "withheld": [
            {
                "address": str(one.change.key),
                "reason": one.reason,
                "message": one.says,
                "until": moment(one.until) if one.until else None,
                "resource_change": change_plain(one.change),
            }
            for one in plan.withheld
        ],
        **guards_plain(plan),
        "tenants": [share_plain(share) for share in plan.shares],
        "housekeeping": [step.id for step in plan.housekeeping],
        "summary": dict(plan.summary),
        "fingerprint": plan.fingerprint,
        "revision": plan.revision,
        "applyable": plan.applyable and not _unread(planned),
        "in_progress_by": str(planned.writer.holder) if planned.writer else None,
    }


def _unread(planned: Planned) -> bool:
    """Whether nothing was planned, because the documents are not right."""
    return bool(planned.plan.problems) and not planned.plan.fingerprint


def change_plain(change: Change, estimates: Estimates | None = None) -> dict[str, Any]:
    """One entry of `resource_changes`."""
    costs = estimates or Estimates()
    tenant = {} if change.key.tenant == DEFAULT_TENANT else {"tenant": change.key.tenant}
    return {
        "address": str(change.key),
        "type": change.key.kind,
        "kind": change.key.kind,
        "name": change.key.name,
        **tenant,
        "change": _change(change),
        "action_reason": _reason(change),
        "reason": change.reason,
        "strategy": str(change.route) if change.route else None,
        "effect": effect_of(change),
        "estimate": estimate_plain(costs.changes.get(change.key)),
        "reruns": [{"address": str(rerun.key), "what": list(rerun.what)}
                   for rerun in costs.reruns.get(change.key, ())],
        "risk": str(change.risk),
        "risk_reason": change.risk_reason,
        "losses": [
            {"address": loss.what, "rows": loss.rows, "unit": loss.unit} for loss in change.losses
        ],
        "rows": dict(change.rows),
        "carried": dict(change.carried),
    }  # fmt: skip


def _change(change: Change) -> Mapping[str, Any]:
    action = "create" if change.action is Action.LOAD and change.fresh else None
    importing = {"importing": {"id": str(change.key)}} if change.action is Action.ADOPT else {}
    return {
        "actions": [action] if action else _ACTIONS[change.action],
        "before": change.before,
        "after": change.after,
        "replace_paths": [list(f.path) for f in change.fields if f.effect is Effect.REBUILD],
        "fields": [_field(field) for field in change.fields],
        **importing,
    }


def _field(field: FieldChange) -> Mapping[str, Any]:
    sides = {"old": field.old, "new": field.new}
    there = {name: side for name, side in sides.items() if side is not MISSING}
    return {"path": list(field.path), **there, "effect": str(field.effect), "reason": field.reason}


def _reason(change: Change) -> str:
    """Terraform's word where it has one, else ours. Readers must bear unknown ones."""
    match change.action:
        case Action.DELETE:
            return "delete_because_no_resource_config"
        case Action.REBUILD | Action.RECREATE:
            forced = any(f.effect is Effect.REBUILD for f in change.fields)
            return "replace_because_cannot_update" if forced else "replace_by_request"
        case Action.BLOCKED | Action.MARK | Action.LOAD | Action.FORGET | Action.MOVE:
            return str(change.action)
        case _:
            return ""
