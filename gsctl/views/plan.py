"""A plan as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gsctl.views.problems import problem_text
from gsctl.views.rows import rows_of, sign
from gsctl.views.text import Paint, count, pad, safe
from reconciler.model.change import Action, Change
from reconciler.model.key import DEFAULT_TENANT
from reconciler.model.plan import NUMBERS, Plan
from reconciler.model.problem import errors

if TYPE_CHECKING:
    from reconciler.api import Planned

NOTHING = "No changes. The live state matches the configuration."
_ALWAYS = ("add", "change", "rebuild", "destroy")
_LOSSES_SHOWN = 20


def plan_text(planned: Planned, paint: Paint) -> str:
    """The whole plan: who and where, what would be lost, each change, the sum."""
    plan = planned.plan
    blocks = [
        list(_header(planned, paint)),
        list(_lost(plan.changes, paint)),
        list(_changes(plan.changes, paint)),
        list(_held(plan, paint)),
        list(_housekeeping(plan, paint)),
        [summary_line(plan)],
        list(_refused(plan, paint)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def headline(planned: Planned) -> str:
    """The first line of every plan: owner, tenants, substrate."""
    project = planned.desired.project
    keys = {*planned.desired.resources, *planned.live.engines, *planned.live.graphs}
    tenants = sorted({key.tenant for key in keys}) or [DEFAULT_TENANT]
    word = "tenant" if len(tenants) == 1 else "tenants"
    where = project.substrate if project else "local"
    return safe(f"{planned.plan.owner}, {word} {', '.join(tenants)}, on {where}")


def _header(planned: Planned, paint: Paint) -> Iterator[str]:
    yield paint(headline(planned), "bold")
    if planned.writer:
        yield f"In progress by {safe(str(planned.writer.holder))}"
    if planned.elsewhere:
        roots = sorted({unit.mark.root_path for unit in planned.elsewhere})
        yield f"Runs under another root, and is not touched from here: {safe(', '.join(roots))}"
    for change in planned.plan.changes:
        if change.action is Action.MARK:
            yield f"Mark: {safe(str(change.key))} ({safe(change.reason)})"


def _lost(changes: Iterable[Change], paint: Paint) -> Iterator[str]:
    losses = [loss for change in changes for loss in change.losses]
    if not losses:
        return
    yield paint("Data that would be lost, and that no declared load brings back:", "bold", "red")
    width = max(len(loss.what) for loss in losses[:_LOSSES_SHOWN])
    for loss in losses[:_LOSSES_SHOWN]:
        yield f"  {paint('-', 'red')} {pad(safe(loss.what), width)}  {count(loss.rows, 'row')}"
    if more := losses[_LOSSES_SHOWN:]:
        yield f"  and {count(len(more), 'more', 'more')}, {sum(x.rows for x in more):,} rows"


def _held(plan: Plan, paint: Paint) -> Iterator[str]:
    """Wishes that were refused: they wait, and are no pending change."""
    if plan.held:
        yield paint("Held:", "bold")
    for held in plan.held:
        since = datetime.fromtimestamp(held.held.since, UTC).isoformat(timespec="seconds")
        word = "rolled back" if held.held.reason == "RolledBack" else "its server did not come up"
        waits = count(len(held.changes), "change")
        yield f"  {safe(str(held.key))}  {word} {since}; {waits} until the documents change"


def _changes(changes: Iterable[Change], paint: Paint) -> Iterator[str]:
    shown = [change for change in changes if change.action is not Action.MARK]
    width = max((len(str(change.key)) for change in shown), default=0)
    for change in shown:
        mark, style = sign(change.action)
        lead = f"  {paint(pad(mark, 3), style)}  {pad(safe(str(change.key)), width)}"
        head, *rest = rows_of(change, paint)
        yield f"{lead}  {head}".rstrip()
        yield from (f"         {line}" for line in rest)


def _housekeeping(plan: Plan, paint: Paint) -> Iterator[str]:
    from reconciler.executor.words import says

    if plan.housekeeping:
        yield paint("Housekeeping, done by the way by any apply:", "dim")
        for step in plan.housekeeping:
            yield f"  {safe(str(step.key))}: {safe(says(step.act))}"


def summary_line(plan: Plan) -> str:
    """`Plan: 3 to add, 1 to change, 0 to rebuild, 0 to destroy.`, or that nothing is to do."""
    if not plan.pending:
        wrong = plan.changes or errors(plan.problems)
        return NOTHING if not wrong else "No changes to what can be seen."
    numbers = plan.summary
    told = [f"{numbers[n]} to {n}" for n in NUMBERS if n in _ALWAYS or numbers[n]]
    blocked = sum(change.action is Action.BLOCKED for change in plan.changes)
    return f"Plan: {', '.join(told)}." + (f" {blocked} blocked." if blocked else "")


def _refused(plan: Plan, paint: Paint) -> Iterator[str]:
    if plan.refusals:
        yield paint("Refused: `apply` stops before its first write.", "bold", "red")
        for problem in plan.refusals:
            yield problem_text(problem, paint)
