"""Shows the loop's turns to whoever asks over HTTP: the window and the numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from reconciler.api import Api
from reconciler.lease import LeaseHeld, LeaseLost
from reconciler.look import Looks, NoProject, counted, look
from reconciler.loop.keeper import Keeper
from reconciler.loop.tick import Tick
from reconciler.model.event import Event
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Request
from reconciler.model.unit import Unit
from reconciler.model.waiting import Waits
from reconciler.server.counting import Counts
from reconciler.server.desk import Desk
from reconciler.server.window import Sight
from reconciler.things import Thing


class Publisher:
    """Is told by the loop's thread what happens, and of ends of servers by any."""

    def __init__(self, desk: Desk, interval_s: float) -> None:
        """`interval_s` is how often to look while another one leads."""
        self._desk = desk
        self._window = desk.window
        self._metrics = desk.metrics
        self._interval_s = interval_s
        self._counts = Counts()
        self._looks = Looks()

    def leads(self, epoch: int) -> None:
        """The lease is ours."""
        self._window.leads(epoch)

    def begins(self, keeper: Keeper, steps: int) -> None:  # noqa: ARG002  for those who count them
        """What was planned is begun."""
        self._show(keeper, acting=True)

    def happened(self, event: Event) -> None:
        """A step began, got further or ended."""
        self._metrics.happened(event)
        type_, told = self._desk.words.event(event)
        self._desk.feed.add(type_, event.key.tenant, {"at": time.time(), **told})

    def turned(self, tick: Tick, reasons: Sequence[str], keeper: Keeper) -> None:
        """A turn is over. After something was done the loop looks at once: that is shown.

        It is told when it can be seen: whoever listens looks at once.
        """
        self._metrics.turned(tick)
        told = self._desk.history.add(tick, reasons)
        if tick.result == "failed":
            keeper.look(Request())  # its next turn may be minutes away, and some of it was done
        if tick.result != "applied":
            self._show(keeper, waits=tick.waiting)
        self._desk.feed.add("tick", None, told)

    def ended(self, unit: Unit) -> None:
        """A server ended; while a plan is done that is as it was meant."""
        sight = self._window.scene.sight
        if sight and not sight.acting and unit.mark.role == "server":
            self._metrics.ended(unit.mark.key)

    def notified(self, receiver: str, outcome: str) -> None:
        """A receiver was told of something, or was not. From any thread."""
        self._metrics.notified(receiver, outcome)

    def stands_by(self, api: Api, held: LeaseHeld) -> None:
        """Somebody else writes: what he does is looked at as often as he does by himself."""
        self._window.stands_by(held.holder)
        sight = self._window.scene.sight
        if sight is None or time.time() - sight.at > self._interval_s:
            try:
                self._window.show(Sight(*look(api, count=False)))
            except NoProject:
                self._window.show(Sight(api.plan(), ()))

    def lost(self, error: LeaseLost) -> None:
        """Somebody else took over."""
        self._window.stands_by(error.holder)

    def _show(
        self,
        keeper: Keeper,
        *,
        acting: bool = False,
        waits: Waits | None = None,
    ) -> None:
        planned, things = keeper.whole, tuple[Thing, ...]()
        try:
            planned, things = self._looks.shown(
                keeper.api, planned, self._rows(keeper, acting=acting), acting=acting, waits=waits
            )
        except NoProject:  # the plan says what is wrong with it
            things = ()
        self._window.show(Sight(planned, things, acting=acting, revisions=keeper.revisions))

    def _rows(self, keeper: Keeper, *, acting: bool) -> Callable[[Snapshot], Snapshot]:
        """What is to be done waits for no count."""
        if acting:
            return self._counts.known
        return lambda live: self._counts.counted(live, partial(counted, keeper.api, live))
