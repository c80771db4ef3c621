"""A plan: the changes that people read and the steps that machines do. Nothing else is shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.model.change import Action, Change
from reconciler.model.key import Key, Owner
from reconciler.model.policy import Approval, Rules
from reconciler.model.problem import Problem
from reconciler.model.step import Step
from reconciler.model.tenant import Share
from reconciler.model.wish import Held

SUMMARY = {
    Action.CREATE: "add",
    Action.UPDATE: "change",
    Action.REBUILD: "rebuild",
    Action.RECREATE: "rebuild",
    Action.DELETE: "destroy",
    Action.MOVE: "move",
    Action.ADOPT: "adopt",
    Action.LOAD: "load",
    Action.FORGET: "forget",
}
NUMBERS = ("add", "change", "rebuild", "destroy", "move", "adopt", "load", "forget")


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the planner beyond "as declared"."""

    reload: frozenset[Key] = frozenset()
    rebuild: frozenset[Key] = frozenset()
    targets: frozenset[Key] = frozenset()  # with what they need; empty: everything
    excludes: frozenset[Key] = frozenset()  # with what needs them
    rollback: frozenset[Key] = frozenset()  # graphs: let the copy before answer again
    unhold: frozenset[Key] = frozenset()  # graphs: try the refused wish again
    adopt: frozenset[Key] = frozenset()  # engines and graphs that live and are not ours
    suspend: frozenset[Key] = frozenset()  # engines and graphs: leave them alone
    resume: frozenset[Key] = frozenset()
    restart: frozenset[Key] = frozenset()  # graphs: start their servers anew, once
    by: str = ""  # who asks
    allow_deletes: bool = False

    @property
    def only(self) -> frozenset[Key]:
        """What is meant and nothing else: no other change is made by the way."""
        return self.suspend | self.resume | self.restart

    def names(self, keys: frozenset[Key]) -> bool:
        """Whether one of `keys` is asked for by name: a hold does not stand in its way then."""
        named = self.targets | self.reload | self.rebuild | self.unhold
        return bool(named & keys)

    def exceeded_by(self, plan: Plan) -> bool:
        """Whether a plan does more than was asked: to release a refused wish makes no change."""
        return bool(self.unhold) and any(plan.summary.values())


@dataclass(frozen=True, slots=True)
class HeldGraph:
    """A graph whose wish waits because it was refused; no pending change."""

    key: Key
    held: Held
    changes: tuple[Change, ...] = ()  # what it would be


@dataclass(frozen=True, slots=True)
class Withheld:
    """A change that is pending and is not made, because people said so. `says` tells why."""

    change: Change
    session: Key  # the graph or engine that it is a change of
    reason: Literal["Approval", "Window", "Suspended", "Together", "Dependency"]
    says: str
    until: float | None = None  # of a window: UTC seconds; None: until somebody does something


@dataclass(frozen=True, slots=True)
class Drift:
    """What differs and is left as it lives: `ignored` by path, else only reported."""

    change: Change
    ignored: bool


@dataclass(frozen=True, slots=True)
class Ask:
    """A change that an approval would let through; `digest` as in Approval."""

    key: Key
    session: Key  # the graph or engine that it is a change of
    digest: str
    says: str


@dataclass(frozen=True, slots=True)
class InForce:
    """A Policy, in words, and how many things it bears on."""

    name: str
    says: str
    things: int


@dataclass(frozen=True, slots=True)
class Bound:
    """The rules of a thing change, from the next apply on where they are loosened."""

    part: str  # address
    session: Key  # the graph or engine that they are kept with
    old: Rules
    new: Rules


@dataclass(frozen=True, slots=True)
class Plan:
    """Pure data; the same inputs give the same plan to the byte.

    `refusals` are what `apply` stops at before its first write (exit 3); `problems` what could not
    be seen or done, which stops only what stands on it. `housekeeping` steps are no changes.
    `withheld` changes are pending and not among `changes`; `drift` is not pending. The fingerprint
    is that of the whole, whatever the clock and people's approvals let through at this moment.
    """

    owner: Owner
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    housekeeping: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    held: tuple[HeldGraph, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    waiting: tuple[Step, ...] = ()  # the steps of what is withheld
    drift: tuple[Drift, ...] = ()
    asks: tuple[Ask, ...] = ()
    approved: tuple[Approval, ...] = ()  # those that let something through
    policies: tuple[InForce, ...] = ()
    bound: tuple[Bound, ...] = ()
    shares: tuple[Share, ...] = ()  # of the tenants that have a quota
    fingerprint: str = ""
    revision: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)  # digest of each live thing touched

    @property
    def summary(self) -> Mapping[str, int]:
        """How many rows of each sort, in the order of NUMBERS."""
        count = dict.fromkeys(NUMBERS, 0)
        for change in self.changes:
            if name := SUMMARY.get(change.action):
                count[name] += 1
        return count

    def asks_of(self, key: Key | None) -> tuple[Ask, ...]:
        """What waits for an approval: of a thing with its parts, or of one part; None: all."""
        return tuple(ask for ask in self.asks if key in (None, ask.key, ask.session))

    @property
    def pending(self) -> bool:
        """Whether something is not as declared, as far as could be seen."""
        return self.doing or bool(self.withheld)

    @property
    def doing(self) -> bool:
        """Whether `apply` would change something."""
        return any(change.action is not Action.BLOCKED for change in self.changes)

    @property
    def applyable(self) -> bool:
        """Whether `apply` would begin."""
        return not self.refusals


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the execution of a plan went, step by step."""

    done: tuple[str, ...] = ()
    failed: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    interrupted: bool = False

    @property
    def ok(self) -> bool:
        """Whether every step was done."""
        return not (self.failed or self.skipped or self.interrupted)
