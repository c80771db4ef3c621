"""What keeping an environment stands on, and who is told how it goes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from gsctl.call import Call

if TYPE_CHECKING:
    from reconciler.api import Api
    from reconciler.following.sources import Sources
    from reconciler.lease import LeaseHeld, LeaseLost
    from reconciler.loop.bell import Bell
    from reconciler.loop.keeper import Keeper
    from reconciler.loop.orders import Orders
    from reconciler.loop.tick import Tick
    from reconciler.loop.trace import Trace
    from reconciler.model.event import Event
    from reconciler.model.unit import Unit


class Listener(Protocol):
    """Somebody who is told how it goes: a person at a terminal, and whoever asks over HTTP."""

    def leads(self, epoch: int) -> None:
        """The lease is ours."""
        ...

    def begins(self, keeper: Keeper, steps: int) -> None:
        """So many steps come."""
        ...

    def happened(self, event: Event) -> None:
        """Of one of them."""
        ...

    def turned(self, tick: Tick, reasons: Sequence[str], keeper: Keeper) -> None:
        """A turn is over."""
        ...

    def ended(self, unit: Unit) -> None:
        """A server ended. From any thread."""
        ...

    def stands_by(self, api: Api, held: LeaseHeld) -> None:
        """Somebody else writes."""
        ...

    def lost(self, error: LeaseLost) -> None:
        """Somebody else took over."""
        ...


@dataclass(frozen=True, slots=True)
class Duty:
    """What the coordinator works with as long as it keeps an environment."""

    call: Call
    sources: Sources
    bell: Bell
    orders: Orders
    interval_s: float
    listeners: Sequence[Listener]
    trace: Trace
    stop: threading.Event
    url: str | None = None

    def api(self) -> Api:
        """A fresh door, whose lease tells where this coordinator answers."""
        from reconciler.api import Api

        options = replace(self.call.options(), coordinator=self.url, folders=self.sources.unread())
        return Api(options, self.call.screen.say)
