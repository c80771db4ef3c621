"""What wakes the loop. Every reason means the same: look again."""

from __future__ import annotations

import threading


class Bell:
    """Rung by any thread, waited for by one. Reasons that come together are one waking."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._reasons: list[str] = []

    def ring(self, reason: str) -> None:
        """Wake the loop: `reason` is for people."""
        with self._condition:
            if reason not in self._reasons:
                self._reasons.append(reason)
            self._condition.notify_all()

    def wait(self, timeout_s: float) -> tuple[str, ...]:
        """Sleep until it rings, or `timeout_s` seconds; the reasons, none when the time was up."""
        with self._condition:
            if not self._reasons:
                self._condition.wait(timeout_s)
            found = tuple(self._reasons)
            self._reasons.clear()
            return found
