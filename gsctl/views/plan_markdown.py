"""A plan for a pull request: what would be lost first, a table, and the differences folded.

Names, values and sentences come from whoever wrote the documents: none of them is obeyed as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gsctl.views.escape import code, fenced, prose
from gsctl.views.estimates import basis_told, estimated_line, span_s
from gsctl.views.plan import headline, summary_line
from gsctl.views.rows import rows_of, sign
from gsctl.views.text import Paint, cut
from reconciler.model.change import Action, Change, Loss
from reconciler.model.problem import Problem, in_order
from reconciler.model.units import show_count
from reconciler.planner.effects import effect_of

if TYPE_CHECKING:
    from reconciler.api import Planned

LONGEST = 60_000  # characters: a comment of GitHub's takes 65,536
_DIFF_LONGEST = 8_000  # characters of one change
_PLAIN = Paint()
_SIGNS = {Action.CREATE: "+", Action.ADOPT: "+", Action.DELETE: "-", Action.FORGET: "-"}


def plan_markdown(planned: Planned) -> str:
    """Below LONGEST characters; what was left out is counted, never silently dropped."""
    plan = planned.plan
    shown = [change for change in plan.changes if change.action is not Action.MARK]
    blocks = [
        _head(planned),
        _lost([loss for change in plan.changes for loss in change.losses]),
        _problems(in_order((*plan.refusals, *plan.problems, *plan.notes, *planned.findings))),
        _table(planned, shown),
        _held(planned),
        _basis(planned),
    ]
    text = "\n".join(block for block in blocks if block)
    return text + _folded(shown, LONGEST - len(text))


def _head(planned: Planned) -> str:
    plan = planned.plan
    told = [f"### Plan of {code(cut(headline(planned), 500))}", "", f"**{summary_line(plan)}**"]
    if plan.steps:
        told.append(estimated_line(planned.estimates.whole))
    if plan.refusals:
        told += ["", "**Refused:** <code>apply</code> stops before its first write."]
    return "\n".join(told) + "\n"


def _lost(losses: list[Loss]) -> str:
    """What no declared load brings back: before anything else."""
    if not losses:
        return ""
    lines = [f"| {code(loss.what)} | {_number([loss])} |" for loss in losses]
    kept, left = _fitting(lines, LONGEST // 6)
    if left:
        kept.append(f"| and {left:,} more | {_number(losses[-left:])} |")
    head = ["#### Data that would be lost", "", "| what | lost |", "| --- | ---: |"]
    return "\n".join([*head, *kept]) + "\n"


def _number(losses: Sequence[Loss]) -> str:
    """`12 rows, 1 value`."""
    totals = {unit: sum(x.rows for x in losses if x.unit == unit) for unit in ("row", "value")}
    return ", ".join(show_count(number, unit) for unit, number in totals.items() if number)


def _problems(found: list[Problem]) -> str:
    if not found:
        return ""
    kept, left = _fitting([_problem(problem) for problem in found], LONGEST // 6)
    kept += [f"- and {left:,} more"] if left else []
    return "\n".join([f"#### {show_count(len(found), 'problem')}", "", *kept]) + "\n"


def _problem(problem: Problem) -> str:
    at = f" at {code(str(problem.at))}" if problem.at else ""
    hint = f" ({prose(problem.hint)})" if problem.hint else ""
    name = f" {problem.code}" if problem.code else ""
    return f"- **{problem.severity}**{name}{at}: {prose(problem.summary)}{hint}"


def _table(planned: Planned, changes: list[Change]) -> str:
    if not changes:
        return ""
    kept, left = _fitting([_row(planned, change) for change in changes], LONGEST // 3)
    if left:
        kept.append(
            f"| … | {show_count(left, 'more change')} | | <code>gsctl plan</code> shows all | |"
        )
    head = ["| | change | effect | why | cost |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*head, *kept]) + "\n"


def _fitting(lines: list[str], room: int) -> tuple[list[str], int]:
    """The first of `lines`, as many as fit into `room` characters, and how many are left."""
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return lines[:number], len(lines) - number
    return lines, 0


def _row(planned: Planned, change: Change) -> str:
    found = planned.estimates.changes.get(change.key)
    cost = span_s(found.seconds) if found else ""
    if found and found.reads_pause_s.high:
        cost += f"; reads pause {span_s(found.reads_pause_s)}"
    lost = _number(change.losses)
    effect = effect_of(change) + (f", **loses {lost}**" if lost else "")
    again = ", ".join(code(str(r.key)) for r in planned.estimates.reruns.get(change.key, ()))
    why = "; ".join(part for part in (prose(change.reason), f"runs {again} again" if again else "")
                    if part)  # fmt: skip
    mark = sign(change.action)[0]
    return f"| {code(mark)} | {code(str(change.key))} | {effect} | {why} | {cost} |"


def _held(planned: Planned) -> str:
    if not planned.plan.held:
        return ""
    kept, left = _fitting([code(str(held.key)) for held in planned.plan.held], LONGEST // 20)
    more = f" and {left:,} more" if left else ""
    return f"Held, and left alone: {', '.join(kept)}{more}\n"


def _basis(planned: Planned) -> str:
    basis = basis_told(planned.estimates.whole)
    return f"<sub>Estimated from: {prose(basis)}.</sub>\n" if basis else ""


def _folded(changes: Iterable[Change], room: int) -> str:
    """Each change's differences, folded, as long as there is room."""
    blocks, left = [], 0
    room -= 200  # for the line that tells what was left out
    for change in changes:
        diff = "\n".join(_diff(change))
        if not diff:
            continue
        name = f"{effect_of(change)} {code(str(change.key))}"
        block = (f"\n<details><summary>{name}</summary>\n\n{fenced(_cut(diff), 'diff')}\n"
                 "</details>\n")  # fmt: skip
        if left or len(block) > room:
            left += 1
            continue
        room -= len(block)
        blocks.append(block)
    if left:
        blocks.append(f"\nThe differences of {show_count(left, 'more change')} did not fit: "
                      "<code>gsctl plan</code> shows them.\n")  # fmt: skip
    return "".join(blocks)


def _diff(change: Change) -> Iterator[str]:
    """The fields as a diff has them: what comes, what goes, and `!` for what changes."""
    head, *fields = rows_of(change, _PLAIN)
    if change.action in _SIGNS and head:
        yield f"{_SIGNS[change.action]} {head}"
    for field in fields:
        yield f"!{field[1:]}" if field.startswith("~") else field
    yield from (f"- {loss.what}: {show_count(loss.rows, loss.unit)}" for loss in change.losses)


def _cut(diff: str) -> str:
    if len(diff) <= _DIFF_LONGEST:
        return diff
    kept = diff[:_DIFF_LONGEST].rpartition("\n")[0] or diff[:_DIFF_LONGEST]
    more = diff[len(kept) :].count("\n")
    return f"{kept}\n… {show_count(more, 'more line')}"
