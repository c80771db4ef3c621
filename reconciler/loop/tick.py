"""One turn of the loop: look, leave alone what waits or is refused, do the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from reconciler.loop.crashes import Servers
from reconciler.loop.recent import Recent, after
from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan, Request
from reconciler.model.problem import Problem, errors
from reconciler.model.waiting import Waiting

Result = Literal["settled", "applied", "failed", "refused", "unreadable"]


class Door(Protocol):
    """The world as the loop meets it: the documents and what lives, looked at and acted on."""

    def look(self, request: Request) -> Plan:
        """A plan of what is so now."""
        ...

    def servers(self) -> Servers:
        """What serves each served graph that was seen last; None where nothing does."""
        ...

    def unseen(self) -> Collection[Key]:
        """What could not be seen last."""
        ...

    def act(self, plan: Plan) -> Outcome:
        """Do a plan. Raises LeaseLost when somebody else writes by now."""
        ...


@dataclass(frozen=True, slots=True)
class Tick:
    """What a turn found and did. Times in UTC seconds."""

    began: float
    revision: str
    fingerprint: str
    result: Result
    summary: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[Key, Waiting] = field(default_factory=dict)
    refused: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether the world is as declared, as far as could be seen."""
        return self.result == "settled" and not (self.waiting or self.refused or self.problems)


def tick(door: Door, recent: Recent, now: float, jitter: float) -> tuple[Tick, Recent]:
    """One turn. One broken graph never stops the others; what is refused waits for a person."""
    plan = whole = door.look(Request())
    recent = recent.of(plan.revision).saw(door.servers(), door.unseen(), now)
    waiting = recent.resting(plan, now)
    refused = plan.refusals
    if out := _left_alone(plan, waiting):
        plan = door.look(Request(excludes=out))
    problems = (*plan.problems, *refused)
    if not plan.fingerprint and errors(plan.problems):
        return Tick(now, plan.revision, "", "unreadable", problems=plan.problems), recent
    if plan.refusals:  # of the whole, such as a root that is another one's: nothing is begun
        return _told(plan, "refused", now, waiting, plan.refusals), recent
    if not (plan.steps or plan.housekeeping):
        return _told(plan, "settled", now, waiting, refused), recent
    outcome = door.act(plan)
    recent = after(recent, plan, outcome, now, jitter)
    told = tuple(p for found in outcome.failed.values() for p in found)
    result: Result = "applied" if outcome.ok else "failed"
    left = recent.resting(whole, now)
    return _told(plan, result, now, left, refused, (*problems, *told)), recent


def _left_alone(plan: Plan, waiting: Mapping[Key, Waiting]) -> frozenset[Key]:
    """What waits, and what may not be done.

    A refusal without an address, such as of too many deletes, stands for all that people are asked
    about: everything else goes on.
    """
    refused = {problem.address for problem in plan.refusals} | {str(a.key) for a in plan.asks}
    wanted = {change.key for change in plan.changes}
    wanted |= {step.session for step in (*plan.steps, *plan.housekeeping)}
    return frozenset(key for key in wanted if key in waiting or str(key) in refused)


def _told(  # noqa: PLR0913, PLR0917  the parts of a Tick
    plan: Plan,
    result: Result,
    now: float,
    waiting: Mapping[Key, Waiting],
    refused: tuple[Problem, ...],
    problems: tuple[Problem, ...] = (),
) -> Tick:
    return Tick(now, plan.revision, plan.fingerprint, result, plan.summary, waiting, refused,
                problems or plan.problems)  # fmt: skip
