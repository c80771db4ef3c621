"""What people are told of: read from a turn and its plan, and nothing else.

A cause is open from the turn that finds it to the one that does not. What was healed is told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from reconciler.loop.tick import Tick
from reconciler.model.change import Action, Change
from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem, errors
from reconciler.model.waiting import Waiting
from reconciler.planner.phase import drifts

Sort = Literal["failed", "healed", "drift", "approval", "refused", "lease"]
SORTS: tuple[Sort, ...] = get_args(Sort)

_NUMBERS = re.compile(r"\d+")
_NO_HEALING = (Action.LOAD, Action.BLOCKED, Action.MARK)


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason to tell somebody. `address` is empty for the environment as a whole.

    `place` is where it is wrong: file, line, column.

    `mark` says what it is, where the text alone does not: another one is another message.
    """

    sort: Sort
    says: str
    address: str = ""
    code: str = ""
    hint: str = ""
    place: str = ""
    mark: str = ""

    @property
    def key(self) -> str:
        """What it is the same cause by, from turn to turn."""
        return f"{self.sort} {self.address} {self.code}"

    @property
    def content(self) -> str:
        """What changes when there is something new to say: times and counts in a text do not."""
        return self.mark or _NUMBERS.sub("#", self.says)


def causes(tick: Tick, plan: Plan, live: Snapshot) -> Mapping[str, Cause]:
    """All that is open after a turn, by key. `plan` and `live` are what the turn began with."""
    found: dict[str, list[Cause]] = {}
    for cause in (*_failed(tick, plan), *_refused(tick), *_asked(plan), *_drifted(plan, live)):
        found.setdefault(cause.key, []).append(cause)
    return {key: _together(same) for key, same in found.items()}


def healed(tick: Tick, plan: Plan, pending: frozenset[str]) -> Iterator[Cause]:
    """What a turn mended under documents that stayed: nobody had asked for these changes.

    `pending`: the addresses that the turn before left to do, for a reason that it told.
    """
    if tick.result not in ("applied", "failed"):
        return
    for change in plan.changes:
        new = str(change.key) not in pending and change.key not in tick.waiting
        if new and change.action not in _NO_HEALING:
            yield Cause("healed", _mended(change), str(change.key))


def pending(tick: Tick, plan: Plan) -> frozenset[str]:
    """The addresses of what a turn found to do, did, or left alone."""
    keys: set[Key] = {change.key for change in plan.changes} | set(tick.waiting)
    keys |= {one.change.key for one in plan.withheld} | {one.key for one in plan.held}
    keys |= {step.session for step in plan.steps}
    return frozenset(map(str, keys)) | {p.address for p in plan.refusals}


def _together(same: list[Cause]) -> Cause:
    first, more = same[0], len(same) - 1
    return replace(first, says=f"{first.says} (and {more} more)") if more else first


def _failed(tick: Tick, plan: Plan) -> Iterator[Cause]:
    """What waits for another try, then what could not be seen or read."""
    for key, wait in sorted(tick.waiting.items()):
        yield _waits(key, wait)
    for problem in errors(plan.problems):
        yield _of_problem("failed", problem)


def _waits(key: Key, wait: Waiting) -> Cause:
    if wait.problem is None:
        says = "it is changed by somebody else each time, and left alone for now"
        return Cause("failed", says, str(key), mark=wait.reason)
    return _of_problem("failed", replace(wait.problem, address=str(key)))


def _refused(tick: Tick) -> Iterator[Cause]:
    for problem in tick.refused:
        yield _of_problem("refused", problem)


def _asked(plan: Plan) -> Iterator[Cause]:
    """A change that waits for a person; with other content it is another question."""
    for ask in plan.asks:
        hint = f"gsctl approve {ask.session}"
        yield Cause("approval", ask.says, str(ask.key), hint=hint, mark=ask.digest)


def _drifted(plan: Plan, live: Snapshot) -> Iterator[Cause]:
    """What was changed by hand and is left so, and what copies lost since they were written."""
    for one in plan.drift:
        if not one.ignored:
            yield Cause("drift", f"changed by hand: {_paths(one.change)}", str(one.change.key))
    for key, graph in sorted(live.graphs.items()):
        lost = "; ".join(drifts(graph)) if graph.ours else ""
        if lost:
            yield Cause("drift", lost, str(key))


def _of_problem(sort: Sort, problem: Problem) -> Cause:
    place = str(problem.at or "")
    return Cause(sort, problem.summary, problem.address, problem.code, problem.hint, place)


def _mended(change: Change) -> str:
    if change.fields and all(field.path == ("server",) for field in change.fields):
        return "its server had ended, and runs again"
    return f"it is again as declared ({change.action}: {_paths(change)})"


def _paths(change: Change) -> str:
    names = sorted({".".join(field.path) for field in change.fields})
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "") or str(change.action)
