"""A plan as one tenant may see it: what is his, and no word of the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.api import Planned
from reconciler.model.estimate import Estimate
from reconciler.model.key import DEFAULT_TENANT
from reconciler.model.problem import Problem
from reconciler.planner.fingerprint import fingerprint_of


def of_tenant(planned: Planned, tenant: str, *, whole: bool) -> Planned:
    """The part of a plan that is about a tenant.

    `whole`: for who may see all tenants: with the problems that name no thing, such as those of
    the documents, and with what is said of the whole. They may tell of other tenants.
    """

    def kept(problems: Iterable[Problem]) -> tuple[Problem, ...]:
        return tuple(p for p in problems if (whole if not p.address else _is_of(p.address, tenant)))

    plan = planned.plan
    narrowed = replace(
        plan,
        changes=tuple(change for change in plan.changes if change.key.tenant == tenant),
        steps=tuple(step for step in plan.steps if step.key.tenant == tenant),
        housekeeping=tuple(step for step in plan.housekeeping if step.key.tenant == tenant),
        held=tuple(held for held in plan.held if held.key.tenant == tenant),
        withheld=tuple(one for one in plan.withheld if one.session.tenant == tenant),
        waiting=tuple(step for step in plan.waiting if step.key.tenant == tenant),
        drift=tuple(one for one in plan.drift if one.change.key.tenant == tenant),
        asks=tuple(ask for ask in plan.asks if ask.key.tenant == tenant),
        approved=tuple(one for one in plan.approved if _is_of(one.address, tenant)),
        bound=tuple(one for one in plan.bound if one.session.tenant == tenant),
        shares=tuple(share for share in plan.shares if share.name == tenant),
        policies=plan.policies if whole else (),
        problems=kept(plan.problems),
        refusals=kept(plan.refusals),
        notes=kept(plan.notes),
    )
    narrow = replace(planned, plan=narrowed, findings=kept(planned.findings))
    if whole:
        return narrow
    seen = {address: text for address, text in plan.seen.items() if _is_of(address, tenant)}
    mark = fingerprint_of(narrowed.changes, narrowed.steps, seen) if plan.fingerprint else ""
    return replace(
        narrow,
        plan=replace(narrowed, fingerprint=mark, revision="", seen=seen),
        estimates=replace(planned.estimates, whole=Estimate()),
        elsewhere=tuple(unit for unit in planned.elsewhere if unit.mark.tenant == tenant),
        writer=planned.writer if narrowed.steps else None,
    )


def _is_of(address: str, tenant: str) -> bool:
    """Whether an address, `Kind/name` or `tenant:Kind/name`, is of a tenant."""
    named, colon, _ = address.partition(":")
    return (named if colon else DEFAULT_TENANT) == tenant
