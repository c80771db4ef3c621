"""What happens while a plan is executed: a union, for views, audit and metrics alike."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.key import Key
from reconciler.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Started:
    """A step began."""

    step: str
    key: Key
    says: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """A step got further. `done` and `total` in rows, where there is something to count."""

    step: str
    key: Key
    says: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """A step was done."""

    step: str
    key: Key
    says: str
    seconds: float
    rows: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A step failed: nothing that stands on it is tried."""

    step: str
    key: Key
    problems: tuple[Problem, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Skipped:
    """A step was not tried."""

    step: str
    key: Key
    why: str


Event = Started | Progressed | Finished | Failed | Skipped
