"""When to look: at a wake-up, when something may be tried again, and every now and then."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reconciler.loop.bell import Bell
from reconciler.loop.orders import Orders
from reconciler.loop.recent import Recent
from reconciler.loop.tick import Door, Tick, tick
from reconciler.model.problem import Problem

_OVER = Problem("error", "this coordinator does not lead any more: nothing was done", "CO101",
                hint="ask the one that leads")  # fmt: skip
SHORTEST_S = 0.05  # between two looks: a world that never stays still is not all there is to do


@dataclass(slots=True)
class Loop:
    """Turns of one environment, one after another, in one thread."""

    door: Door
    bell: Bell
    orders: Orders
    interval_s: float
    told: Callable[[Tick, tuple[str, ...]], None]  # each turn, and what woke it
    clock: Callable[[], float] = time.time
    chance: random.Random = field(default_factory=random.Random)  # noqa: S311  only for jitter
    recent: Recent = field(default_factory=Recent)

    def run(self, stop: threading.Event) -> None:
        """Turn until `stop` is set and the bell rung. Raises LeaseLost."""
        reasons: tuple[str, ...] = ("start",)
        try:
            while not stop.is_set():
                found = self.turn(reasons)
                reasons = self.bell.wait(self.pause_s(found)) or ("interval",)
                if not stop.is_set():
                    self.orders.fulfil(self.door)
        finally:
            self.orders.refuse(_OVER)

    def turn(self, reasons: tuple[str, ...]) -> Tick:
        """One turn, now."""
        found, self.recent = tick(self.door, self.recent, self.clock(), self.chance.random())
        self.told(found, reasons)
        return found

    def pause_s(self, found: Tick) -> float:
        """Seconds until the next look that nothing asks for.

        After something was done at once: only a look proves that it is as declared.
        """
        if found.result == "applied":
            return SHORTEST_S
        jitter = 0.9 + 0.2 * self.chance.random()  # many coordinators shall not look in step
        pause_s = self.interval_s * jitter
        # As of the look: what was left alone there may be due by now, where the turn took long.
        soonest = self.recent.soonest(found.began)
        if soonest is not None:
            pause_s = min(pause_s, soonest - max(0.0, self.clock() - found.began))
        return max(SHORTEST_S, pause_s)
