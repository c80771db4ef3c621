"""The applies of the past, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gsctl.views.report import counted
from gsctl.views.screen import Screen
from gsctl.views.tables import Listing, render
from gsctl.views.text import safe

if TYPE_CHECKING:
    from reconciler.ledger import Run

_COLUMNS = ("WHEN", "SECONDS", "OUTCOME", "WHAT", "BY")
_SHOWN = 3  # addresses in a line


def runs_text(runs: Iterable[Run], form: str, screen: Screen) -> str:
    """All of them, the oldest first."""
    every = tuple(runs)
    plain = {"kind": "List", "items": [run_plain(run) for run in every]}
    return render(Listing(_COLUMNS, [_cells(run) for run in every], plain), form, screen.paint,
                  screen.data_width)  # fmt: skip


def run_line(run: Run, form: str) -> str:
    """One of them, for whoever watches."""
    if form == "json":
        return json.dumps(run_plain(run), ensure_ascii=False)
    return "  ".join(_cells(run))


def run_plain(run: Run) -> Mapping[str, Any]:
    """As JSON has it; times in UTC."""
    return {
        "startedAt": _moment(run.started_at),
        "seconds": round(run.ended_at - run.started_at, 3),
        "outcome": run.outcome,
        "by": run.by,
        "summary": dict(run.counts),
        "changes": [
            {"address": made.address, "action": made.action, "fields": list(made.fields)}
            for made in run.made
        ],
    }


def _cells(run: Run) -> list[str]:
    what = counted(run.counts) or "nothing to tell"
    names = [made.address for made in run.made]
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        what += f": {', '.join(names[:_SHOWN])}{more}"
    seconds = f"{run.ended_at - run.started_at:.1f}"
    return [_moment(run.started_at), seconds, run.outcome, safe(what), safe(run.by)]


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
