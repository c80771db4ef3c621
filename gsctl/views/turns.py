"""What a coordinator tells of its turns: what woke it, what it did, what waits and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from gsctl.views.problems import problem_plain
from gsctl.views.progress import Narrator
from gsctl.views.screen import Screen

if TYPE_CHECKING:
    from reconciler.api import Api
    from reconciler.lease import LeaseHeld, LeaseLost
    from reconciler.loop.keeper import Keeper
    from reconciler.loop.tick import Tick
    from reconciler.loop.trace import Trace
    from reconciler.model.event import Event
    from reconciler.model.unit import Unit


class Turns:
    """Tells of each turn that says something new; a world that stays as it is says nothing."""

    def __init__(self, screen: Screen, told: Narrator, trace: Trace) -> None:
        self._narrator = told
        self._narrator.trace = trace
        self._screen = screen
        self._last: object = None

    def leads(self, epoch: int) -> None:
        """The turns that come tell of it."""

    def begins(self, keeper: Keeper, steps: int) -> None:  # noqa: ARG002  a plan is not shown
        """So many steps come."""
        self._narrator.begin(steps)

    def happened(self, event: Event) -> None:
        """Of one of them."""
        self._narrator(event)

    def ended(self, unit: Unit) -> None:
        """It is a reason for the next turn, which tells of it."""

    def turned(self, tick: Tick, reasons: Sequence[str], keeper: Keeper) -> None:  # noqa: ARG002  a terminal is told no more
        """One turn. Programs are told of each."""
        self._record(tick, reasons)
        at = _commits(tick.revision)
        waits = tuple((key, wait.reason) for key, wait in tick.waiting.items())
        said = (at, tick.result, tick.fingerprint, waits, tick.refused, tick.problems)
        if said == self._last:
            return
        self._last = said
        counts = ", ".join(f"{n} {name}" for name, n in tick.summary.items() if n)
        result = "as declared" if tick.settled else tick.result
        self._say(f"{result}{f': {counts}' if counts else ''} ({', '.join(reasons)}){at}")
        for key, wait in sorted(tick.waiting.items()):
            at = datetime.fromtimestamp(wait.until, UTC).strftime("%H:%M:%SZ")
            self._say(f"{key}: {wait.reason}, not before {at}")
        self._screen.problems((*tick.refused, *tick.problems))

    def stands_by(self, api: Api, held: LeaseHeld) -> None:  # noqa: ARG002  who holds it says enough
        """Somebody else writes."""
        if str(held) != self._last:
            self._say(f"standing by: {held}")
            self._narrator.record("standing_by", says=str(held))
        self._last = str(held)

    def lost(self, error: LeaseLost) -> None:
        """Somebody else took over."""
        self._say(str(error))
        self._narrator.record("lease_lost", says=str(error))

    def _record(self, tick: Tick, reasons: Sequence[str]) -> None:
        problems = dict.fromkeys((*tick.refused, *tick.problems))
        waiting = {str(key): wait.reason for key, wait in sorted(tick.waiting.items())}
        self._narrator.record("tick", began=tick.began, result=tick.result, revision=tick.revision,
                              summary=dict(tick.summary), woken_by=list(reasons), waiting=waiting,
                              problems=[problem_plain(p) for p in problems])  # fmt: skip

    def _say(self, text: str) -> None:
        now = datetime.now(UTC).strftime("%H:%M:%SZ")
        self._screen.say(f"{now} {text}")


def _commits(revision: str) -> str:
    """Which commits are followed; nothing where documents are as people write them."""
    commits = revision.split("+")
    if any(len(commit) != 40 for commit in commits):
        return ""
    return f" at {' '.join(commit[:12] for commit in commits)}"
