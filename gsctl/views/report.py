"""What an apply did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gsctl.views.text import Paint
from reconciler.model.plan import NUMBERS
from reconciler.model.units import show_count

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


def counted(summary: Mapping[str, int]) -> str:
    """How much of what was done, as in `3 added, 1 loaded`; empty where nothing is counted."""
    return ", ".join(f"{summary[n]} {_PAST[n]}" for n in NUMBERS if summary.get(n))


def outcome_text(applied: Applied, paint: Paint) -> str:
    """One line: everything, or how much of it."""
    outcome, plan = applied.outcome, applied.planned.plan
    if outcome.ok:
        done = counted(plan.summary)
        return paint(
            f"Done: {done or ('marks written' if plan.steps else 'housekeeping')}.",
            "bold",
            "green",
        )
    total = len(plan.steps) + len(plan.housekeeping)
    told = [f"{len(outcome.done)} of {show_count(total, 'step')} done"]
    if outcome.failed:
        told.append(f"{len(outcome.failed)} failed")
    if outcome.skipped:
        told.append(f"{len(outcome.skipped)} not tried")
    word = "Interrupted" if outcome.interrupted else "Not finished"
    return paint(f"{word}: {', '.join(told)}.", "bold", "red")
