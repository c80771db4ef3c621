"""A plan: the changes that people read and the steps that machines do. Nothing else is shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.change import Action, Change
from reconciler.model.key import Key, Owner
from reconciler.model.problem import Problem
from reconciler.model.step import Step
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
    allow_deletes: bool = False

    def names(self, keys: frozenset[Key]) -> bool:
        """Whether one of `keys` is asked for by name: a hold does not stand in its way then."""
        named = self.targets | self.reload | self.rebuild | self.unhold
        return bool(named & keys)


@dataclass(frozen=True, slots=True)
class HeldGraph:
    """A graph whose wish waits because it was refused; no pending change."""

    key: Key
    held: Held
    changes: tuple[Change, ...] = ()  # what it would be


@dataclass(frozen=True, slots=True)
class Plan:
    """Pure data; the same inputs give the same plan to the byte.

    `refusals` are what `apply` stops at before its first write (exit 3); `problems` what could not
    be seen or done, which stops only what stands on it. `housekeeping` steps are no changes.
    """

    owner: Owner
    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    housekeeping: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    refusals: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()
    held: tuple[HeldGraph, ...] = ()
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

    @property
    def pending(self) -> bool:
        """Whether something is not as declared, as far as could be seen."""
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
