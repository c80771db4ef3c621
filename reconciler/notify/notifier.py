"""Is told of the loop's turns, and tells people what needs them: once, until it is over."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from reconciler.api import Api
from reconciler.lease import LeaseHeld, LeaseLost
from reconciler.loop.keeper import Keeper
from reconciler.loop.tick import Tick
from reconciler.model.event import Event
from reconciler.model.unit import Unit
from reconciler.notify.cause import Cause, causes, healed, pending
from reconciler.notify.message import Message, Open, State, news
from reconciler.notify.sender import Sender
from reconciler.notify.told import read_told, write_told

QUIET_S = 600.0  # between two words of one thing's healing


class Notifier:
    """A listener of the loop. All but `ended` is called by the loop's thread alone."""

    def __init__(self, senders: Sequence[Sender], folder: Path, owner: str) -> None:
        """`folder` is the ledger's, `owner` how the environment is called until it is read."""
        self._senders = senders
        self._folder = folder
        self._owner = owner
        self._open: Mapping[str, Open] = {}
        self._lost: Open | None = None
        self._revision = ""
        self._pending: frozenset[str] | None = None  # of the turn before; None: there was none
        self._healed: dict[str, float] = {}  # when it was told, by address

    def leads(self, epoch: int) -> None:  # noqa: ARG002  part of what listeners are told
        """The lease is ours: what others told is known, and a loss of it is over."""
        self._open, self._pending = read_told(self._folder), None
        if self._lost:
            self._tell("ended", self._lost.cause, self._lost.since)
            self._lost = None

    def begins(self, keeper: Keeper, steps: int) -> None:
        """Nobody is told of a beginning."""

    def happened(self, event: Event) -> None:
        """Nor of a step: the turn tells how it ended."""

    def ended(self, unit: Unit) -> None:
        """The turn that follows finds it."""

    def stands_by(self, api: Api, held: LeaseHeld) -> None:
        """Whoever leads tells."""

    def turned(self, tick: Tick, reasons: Sequence[str], keeper: Keeper) -> None:  # noqa: ARG002  the plan says more
        """A turn is over."""
        plan, live = keeper.whole.plan, keeper.whole.live
        self._owner = str(plan.owner) if plan.fingerprint else self._owner
        found, now = dict(causes(tick, plan, live)), time.time()
        busy = pending(tick, plan)
        if tick.result == "unreadable":  # nothing was looked at: nothing is known to be over
            found |= {key: one.cause for key, one in self._open.items() if key not in found}
        if self._pending is not None and tick.revision == self._revision:
            for cause in healed(tick, plan, self._pending):
                self._tell_healing(cause, now)
        self._revision, self._pending = tick.revision, busy
        self._compare(found, busy, now)

    def lost(self, error: LeaseLost) -> None:
        """Somebody else took over. He tells what comes; nothing is kept: the ledger is his."""
        self._lost = Open(Cause("lease", str(error)), time.time())
        self._tell("begins", self._lost.cause, self._lost.since)

    def close(self) -> None:
        """Send what waits."""
        for sender in self._senders:
            sender.close()

    def _compare(self, found: Mapping[str, Cause], busy: frozenset[str], now: float) -> None:
        """Tell what is new since the turn before, and keep what is open."""
        open_ = dict(self._open)
        for state, cause in news(self._open, found, busy):
            since = self._open[cause.key].since if cause.key in self._open else now
            self._tell(state, cause, since)
            open_[cause.key] = Open(cause, since)
            if state == "ended":
                del open_[cause.key]
        if open_ != self._open:
            with suppress(OSError):  # a full disk: it would be told once more by another one
                write_told(self._folder, open_)
        self._open = open_

    def _tell_healing(self, cause: Cause, now: float) -> None:
        """Once: a server that ends again and again is not told of each time."""
        if now - self._healed.get(cause.address, 0.0) < QUIET_S:
            return
        self._healed = {a: at for a, at in self._healed.items() if now - at < QUIET_S}
        self._healed[cause.address] = now
        self._tell("once", cause, now)

    def _tell(self, state: State, cause: Cause, since: float) -> None:
        message = Message(cause, state, self._owner, self._revision, since, time.time())
        for sender in self._senders:
            sender.offer(message)
