"""A plan as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gsctl.views.estimates import WORTH_A_LINE_S, cost_line, estimated_line, rerun_line
from gsctl.views.guards import drift_lines, policy_lines, risk_lines, withheld_lines
from gsctl.views.problems import problem_texts, tally
from gsctl.views.rows import rows_of, sign
from gsctl.views.tenants import share_lines
from gsctl.views.text import Paint, pad, safe, wrapped
from reconciler.model.change import Action, Change
from reconciler.model.key import DEFAULT_TENANT
from reconciler.model.plan import NUMBERS, Plan
from reconciler.model.problem import errors
from reconciler.model.units import show_count

if TYPE_CHECKING:
    from reconciler.api import Planned

NOTHING = "No changes. The live state matches the configuration."
_ALWAYS = ("add", "change", "rebuild", "destroy")
_LOSSES_SHOWN = 20
_HANG = 11  # columns before what goes on under a row


def plan_text(planned: Planned, paint: Paint, width: int | None = None) -> str:
    """The whole plan: who and where, what would be lost, each change, the sum.

    `width` None: lines are as long as what they say.
    """
    plan = planned.plan
    blocks = [
        list(_header(planned, paint)),
        list(_lost(plan.changes, paint)),
        [wrapped(line, width, _HANG) for line in _changes(planned, paint)],
        [wrapped(line, width, 2) for line in risk_lines(plan, paint)],
        [wrapped(line, width, _HANG) for line in withheld_lines(plan, paint)],
        [wrapped(line, width, _HANG) for line in drift_lines(plan, paint)],
        [wrapped(line, width, 4) for line in _held(plan, paint)],
        list(_housekeeping(plan, paint)),
        [wrapped(line, width, 2) for line in _sums(planned)],
        [wrapped(line, width, 2) for line in _linted(planned)],
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
        does = "Done by a coordinator:" if planned.coordinated else "In progress by"
        yield f"{does} {safe(str(planned.writer.holder))}"
    if planned.elsewhere:
        roots = sorted({unit.mark.root_path for unit in planned.elsewhere})
        yield f"Runs under another root, and is not touched from here: {safe(', '.join(roots))}"
    yield from share_lines(planned.plan)
    yield from policy_lines(planned.plan)
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
        number = show_count(loss.rows, loss.unit)
        yield f"  {paint('-', 'red')} {pad(safe(loss.what), width)}  {number}"
    if more := losses[_LOSSES_SHOWN:]:
        yield f"  and {show_count(len(more), 'more', 'more')}"


def _held(plan: Plan, paint: Paint) -> Iterator[str]:
    """Wishes that were refused: they wait, and are no pending change."""
    if plan.held:
        yield paint("Held:", "bold")
    for held in plan.held:
        since = datetime.fromtimestamp(held.held.since, UTC).isoformat(timespec="seconds")
        word = "rolled back" if held.held.reason == "RolledBack" else "its server did not come up"
        number = len(held.changes)
        waits = f"{show_count(number, 'change')} {'waits' if number == 1 else 'wait'}"
        yield (f"  {safe(str(held.key))}  {word} {since}; {waits} until the documents change, "
               f"or for `gsctl unhold {safe(str(held.key))}`")  # fmt: skip


def _changes(planned: Planned, paint: Paint) -> Iterator[str]:
    shown = [change for change in planned.plan.changes if change.action is not Action.MARK]
    width = max((len(str(change.key)) for change in shown), default=0)
    for change in shown:
        mark, style = sign(change.action)
        lead = f"  {paint(pad(mark, 3), style)}  {pad(safe(str(change.key)), width)}"
        head, *rest = rows_of(change, paint)
        yield f"{lead}  {head}".rstrip()
        yield from (f"         {line}" for line in (*rest, *_costs(planned, change, paint)))


def _costs(planned: Planned, change: Change, paint: Paint) -> Iterator[str]:
    """What is run again because of a change, and what it costs where that is worth a line."""
    if reruns := planned.estimates.reruns.get(change.key):
        yield paint(rerun_line(reruns), "dim")
    found = planned.estimates.changes.get(change.key)
    if found and found.seconds.high >= WORTH_A_LINE_S:
        yield paint(cost_line(found), "dim")


def _sums(planned: Planned) -> Iterator[str]:
    yield summary_line(planned.plan)
    if planned.plan.steps:
        yield estimated_line(planned.estimates.whole)


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
        if wrong:
            return "No changes to what can be seen."
        return NOTHING if not plan.held else "No changes. What is held waits, as listed above."
    numbers = plan.summary
    told = [f"{numbers[n]} to {n}" for n in NUMBERS if n in _ALWAYS or numbers[n]]
    blocked = sum(change.action is Action.BLOCKED for change in plan.changes)
    rest = {"blocked": blocked, "withheld": len(plan.withheld)}
    return f"Plan: {', '.join(told)}." + "".join(f" {n} {w}." for w, n in rest.items() if n)


def _linted(planned: Planned) -> Iterator[str]:
    if planned.findings:
        codes = ", ".join(sorted({problem.code for problem in planned.findings}))
        yield f"Lint: {tally(planned.findings)} ({codes}); `gsctl lint --live` shows them."


def _refused(plan: Plan, paint: Paint) -> Iterator[str]:
    if plan.refusals:
        yield paint("Refused: `apply` stops before its first write.", "bold", "red")
        yield from problem_texts(plan.refusals, paint)
