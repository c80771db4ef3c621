"""Changes are what users see of a plan: one for each declared thing that is not as declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any, Literal

from reconciler.model.key import Key
from reconciler.model.problem import Problem
from reconciler.model.traits import Effect

Path = tuple[str, ...]


def near(path: Path, other: Path) -> bool:
    """Whether one of two paths lies at, above or below the other."""
    short = min(len(path), len(other))
    return path[:short] == other[:short]


class Missing(Enum):
    """Marks the side of a field change on which the field does not exist; None is a value."""

    MISSING = "missing"


MISSING = Missing.MISSING


class Action(StrEnum):
    """What happens to a declared thing. The values are those of the plan's JSON."""

    CREATE = "create"
    UPDATE = "update"
    REBUILD = "rebuild"  # the new copy comes first
    RECREATE = "recreate"  # with a gap
    DELETE = "delete"
    MOVE = "move"
    ADOPT = "adopt"
    LOAD = "load"
    FORGET = "forget"
    MARK = "mark"  # shown in the header, in no number
    BLOCKED = "blocked"


class Risk(StrEnum):
    """How much may go wrong with a change, least first: reconciler/planner/risk.py judges it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Route(StrEnum):
    """How a change reaches the live thing, cheapest first."""

    NOTHING = "nothing"
    MARK = "mark"
    ONLINE = "online"
    RESTART = "restart"
    CLONE = "clone"
    FRESH = "fresh"
    RECREATE = "recreate"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs."""

    path: Path
    old: Any
    new: Any
    effect: Effect
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Loss:
    """Data that a change removes and that no declared load brings back."""

    what: str  # `Graph/packages.vertices.Package.section`
    rows: int  # that it is lost of
    unit: Literal["row", "value"] = "row"  # a row goes whole, or keeps all but one value


@dataclass(frozen=True, slots=True)
class Shrink:
    """A type whose files are smaller than those that its `rows` were loaded from. In bytes."""

    type: str
    rows: int
    before: int
    after: int

    @property
    def percent(self) -> float:
        """How much of them went: about that much of the rows."""
        return 100 * (self.before - self.after) / self.before


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a plan. `before` and `after` in the terms of `get -o json`; None where absent."""

    key: Key
    action: Action
    fields: tuple[FieldChange, ...] = ()
    reason: str = ""
    route: Route | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    losses: tuple[Loss, ...] = ()
    shrinks: tuple[Shrink, ...] = ()
    fresh: bool = True  # of a load: nothing was recorded before
    blocked: Problem | None = None
    rows: Mapping[str, int] = field(default_factory=dict)  # rows at stake or at hand, by type
    carried: Mapping[str, int] = field(default_factory=dict)  # rows that come along, by type
    risk: Risk = Risk.LOW
    risk_reason: str = ""  # completes "high, because …"
    copies: int = 0  # of a graph that goes, kept ones included
    size_bytes: int = field(default=0, compare=False)  # that they take: no part of a fingerprint
