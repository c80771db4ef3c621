"""What an apply did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gsctl.views.text import Paint, count
from reconciler.model.plan import NUMBERS

if TYPE_CHECKING:
    from reconciler.api import Applied

_PAST = {
    "add": "added",
    "change": "changed",
    "rebuild": "rebuilt",
    "destroy": "destroyed",
    "move": "moved",
    "adopt": "adopted",
    "load": "loaded",
    "forget": "forgotten",
}


def outcome_text(applied: Applied, paint: Paint) -> str:
    """One line: everything, or how much of it."""
    outcome, plan = applied.outcome, applied.planned.plan
    if outcome.ok:
        told = [f"{plan.summary[n]} {_PAST[n]}" for n in NUMBERS if plan.summary[n]]
        return paint(
            f"Done: {', '.join(told) or ('marks written' if plan.steps else 'housekeeping')}.",
            "bold",
            "green",
        )
    total = len(plan.steps) + len(plan.housekeeping)
    told = [f"{len(outcome.done)} of {count(total, 'step')} done"]
    if outcome.failed:
        told.append(f"{len(outcome.failed)} failed")
    if outcome.skipped:
        told.append(f"{len(outcome.skipped)} not tried")
    word = "Interrupted" if outcome.interrupted else "Not finished"
    return paint(f"{word}: {', '.join(told)}.", "bold", "red")
