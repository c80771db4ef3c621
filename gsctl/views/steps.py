"""The physical steps of a plan, in their order, with what the engine would be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gsctl.views.text import Paint, safe
from reconciler.executor.words import says

if TYPE_CHECKING:
    from reconciler.api import Api, Planned

_STATEMENTS_SHOWN = 40


def steps_text(api: Api, planned: Planned, paint: Paint) -> str:
    """One numbered line a step, its statements under it."""
    return "\n".join(_lines(api, planned, paint)) + "\n"


def _lines(api: Api, planned: Planned, paint: Paint) -> Iterator[str]:
    steps = (*planned.plan.steps, *planned.plan.housekeeping)
    yield paint("Steps:" if steps else "Steps: none.", "bold")
    width = len(str(len(steps)))
    for number, step in enumerate(steps, start=1):
        yield f"  {number:>{width}}. {safe(str(step.key))}: {safe(says(step.act))}"
        told = api.statements(step)
        for statement in told[:_STATEMENTS_SHOWN]:
            lines = safe(statement, keep="\n").splitlines()
            yield from (f"  {'':{width}}    {paint(line, 'dim')}" for line in lines)
        if more := told[_STATEMENTS_SHOWN:]:
            yield f"  {'':{width}}    and {len(more)} more"
