"""Why the loop leaves a thing alone for a while. It is remembered, and losing it only delays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reconciler.model.key import Key
from reconciler.model.problem import Problem

Reason = Literal["ProgressingWithRetry", "Oscillating", "CrashLoop"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a thing is left alone, until when and since when (UTC seconds)."""

    reason: Reason
    until: float
    failures: int = 0
    problem: Problem | None = None
    since: float = 0.0

    def lasts(self, now: float) -> bool:
        """Whether it is left alone now. A clock that was set back ends it: nothing waits a day."""
        return self.since <= now < self.until


Waits = Mapping[Key, Waiting]  # what is left alone at one moment
