"""How a thing is: one phase, the reason for it, and conditions for whoever asks further."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Phase(StrEnum):
    """How a thing is. Everything between is a reason, not a phase."""

    UNKNOWN = "Unknown"
    ABSENT = "Absent"
    PENDING = "Pending"
    PROGRESSING = "Progressing"
    READY = "Ready"
    DEGRADED = "Degraded"
    DRIFTED = "Drifted"
    STOPPED = "Stopped"
    FAILED = "Failed"
    BLOCKED = "Blocked"
    TERMINATING = "Terminating"


Truth = Literal["True", "False", "Unknown"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect, in the sense of kstatus. `message` is one sentence, or empty."""

    type: str
    status: Truth
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """How a thing is, and why. `drift` tells what differs from what was last applied."""

    phase: Phase
    reason: str
    message: str = ""
    conditions: tuple[Condition, ...] = ()
    drift: tuple[str, ...] = ()
