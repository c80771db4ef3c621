"""The physical steps of a plan, in order: why, what the engine would be told, what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from gsctl.views.estimates import basis_told, span_s
from gsctl.views.text import Paint, safe
from reconciler.executor.particulars import particulars
from reconciler.executor.words import says
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.planner.effects import effect_of
from reconciler.planner.order import waits_of

if TYPE_CHECKING:
    from reconciler.api import Planned
    from reconciler.model.step import Step

_STATEMENTS_SHOWN = 40


class Spoken(Protocol):
    """Knows what the engine would be told for a step."""

    def statements(self, step: Step) -> tuple[str, ...]:
        """Line by line, in the engine's language."""
        ...


def steps_text(told_by: Spoken, planned: Planned, paint: Paint) -> str:
    """One numbered line a step under the reason for it, its statements below; then the basis."""
    return "\n".join(_lines(told_by, planned, paint)) + "\n"


def _lines(told_by: Spoken, planned: Planned, paint: Paint) -> Iterator[str]:
    steps = (*planned.plan.steps, *planned.plan.housekeeping)
    yield paint("Steps:" if steps else "Steps: none.", "bold")
    width, session, reasons = len(str(len(steps))), None, reasons_of(planned)
    for number, step in enumerate(steps, start=1):
        if step.session != session:
            session = step.session
            yield f"  {paint(safe(reasons.get(session, str(session))), 'bold')}"
        cost = planned.estimates.steps.get(step.id)
        told = f"  {paint(span_s(cost.seconds), 'dim')}" if cost else ""
        yield f"  {number:>{width}}. {safe(str(step.key))}: {safe(says(step.act))}{told}"
        yield from (f"  {'':{width}}    {paint(line, 'dim')}" for line in statements(told_by, step))
    if basis := basis_told(planned.estimates.whole):
        yield ""
        yield f"Estimated from: {safe(basis)}."


def statements(told_by: Spoken, step: Step) -> Iterator[str]:
    """What is done for a step, and what the engine would be told, line by line."""
    told = [*particulars(step.act), *told_by.statements(step)]
    for statement in told[:_STATEMENTS_SHOWN]:
        yield from safe(statement, keep="\n").splitlines()
    if more := told[_STATEMENTS_SHOWN:]:
        yield f"and {len(more)} more"


def reasons_of(planned: Planned) -> Mapping[Key, str]:
    """For each session `Graph/x (rebuild: NeuG cannot change a type in place; after Engine/m)`."""
    rows = {change.key: change for change in planned.plan.changes}
    told: dict[Key, str] = {}
    for session, before in waits_of(planned.plan.steps).items():
        change = _change_of(planned, session, rows)
        why = f": {change.reason}" if change and change.reason else ""
        parts = [f"{effect_of(change)}{why}" if change else "",
                 f"after {', '.join(map(str, sorted(before)))}" if before else ""]  # fmt: skip
        inside = "; ".join(part for part in parts if part)
        told[session] = f"{session} ({inside})" if inside else str(session)
    return told


def _change_of(planned: Planned, session: Key, rows: Mapping[Key, Change]) -> Change | None:
    """The row that a session is worth: its own, else the first of its loads and procedures."""
    wish = planned.graphs.get(session)
    parts = [load.key for load in wish.loads] if wish else []
    parts += [session.sibling("Procedure", name) for name in wish.procedures] if wish else []
    return next((rows[key] for key in (session, *parts) if key in rows), None)
