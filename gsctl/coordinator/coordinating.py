"""The coordinator: of each environment the lease, the loop, what wakes it and who is told of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from gsctl.call import Call
from gsctl.coordinator.answering import Answering, Http, answering
from gsctl.coordinator.beside import beside
from gsctl.coordinator.following import Task, rooted
from gsctl.coordinator.telling import Telling, telling
from gsctl.exits import Exit
from gsctl.interrupt import asked_to_stop

if TYPE_CHECKING:
    from reconciler.api import Api
    from reconciler.contracts import Watch
    from reconciler.following.sources import Sources
    from reconciler.following.webhooks import Webhooks
    from reconciler.lease import LeaseHeld, LeaseLost
    from reconciler.loop.bell import Bell
    from reconciler.loop.keeper import Keeper
    from reconciler.loop.orders import Orders
    from reconciler.loop.tick import Tick
    from reconciler.loop.trace import Trace
    from reconciler.model.event import Event
    from reconciler.model.unit import Unit

_WATCHED_MS = 2000  # after so long without a change, watching has begun for certain
STANDBY_S = 1.0  # between two tries for a lease that somebody else holds


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


@dataclass(frozen=True, slots=True)
class Outside:
    """Who is spoken with beside the terminal: over HTTP, and whoever is told."""

    http: Http | None
    webhooks: Webhooks
    telling: Telling


def keep(tasks: Sequence[Task], interval_s: float, outside: Outside) -> Exit:
    """Follow the documents until asked to stop. Waits for its turn while somebody else writes."""
    from reconciler.loop.bell import Bell

    bells = {task.call.choices.environment: Bell() for task in tasks}

    def ring() -> None:
        for bell in bells.values():
            bell.ring("stop")

    with ExitStack() as held:
        stop = held.enter_context(asked_to_stop(ring))
        door = None
        if outside.http:
            first, names = tasks[0].call, tuple(bells)
            door = held.enter_context(answering(first, names, outside.http, outside.webhooks))
        from reconciler.loop.orders import Orders  # once it answers: they bring the planner along
        from reconciler.loop.trace import Trace

        duties = [Duty(task.call, task.sources, bell, Orders(bell), interval_s, (), Trace(name),
                       stop, door.url if door else None)
                  for task, (name, bell) in zip(tasks, bells.items(), strict=True)]  # fmt: skip
        beside(duties, lambda duty: _keep(duty, door, outside.telling))
    return Exit.DONE


def _keep(duty: Duty, door: Answering | None, asked: Telling) -> None:
    """Keep one environment until asked to stop."""
    from gsctl.views.progress import narrator
    from gsctl.views.turns import Turns

    with ExitStack() as held:
        ring = duty.bell.ring
        held.enter_context(duty.sources.fetching(duty.interval_s, lambda: ring("git")))
        found = rooted(duty.call, duty.sources, duty.bell, duty.stop)
        if found is None:
            return
        turns = Turns(found.screen, held.enter_context(narrator(found)), duty.trace)
        duty = replace(duty, call=found, listeners=(turns,))
        counted = None
        if door:
            publisher = held.enter_context(door.about(duty))
            duty = replace(duty, listeners=(turns, publisher))
            counted = publisher.notified
        told = held.enter_context(telling(found, asked, duty.trace, counted))
        duty = replace(duty, listeners=(*duty.listeners, *told))
        while not duty.stop.is_set():
            _lead(duty)


def _lead(duty: Duty) -> None:
    """Take the lease and turn until it is lost, or until asked to stop."""
    from reconciler.lease import LeaseHeld, LeaseLost

    with closing(duty.api()) as api, ExitStack() as held:
        try:
            epoch = held.enter_context(api.writing())
        except LeaseHeld as error:
            for listener in duty.listeners:
                listener.stands_by(api, error)
            duty.bell.wait(STANDBY_S)
            return
        for listener in duty.listeners:
            listener.leads(epoch)
        try:
            _turn(duty, api, held)
        except LeaseLost as error:
            for listener in duty.listeners:
                listener.lost(error)


def _turn(duty: Duty, api: Api, held: ExitStack) -> None:
    """Turn under the lease. Raises LeaseLost."""
    from reconciler.loop.keeper import Keeper
    from reconciler.loop.loop import Loop

    def begins(steps: int) -> None:
        for listener in duty.listeners:
            listener.begins(keeper, steps)

    def happened(event: Event) -> None:
        duty.orders.happened(event)
        for listener in duty.listeners:
            listener.happened(event)

    def ended(unit: Unit) -> None:
        for listener in duty.listeners:
            listener.ended(unit)
        duty.bell.ring(f"{unit.mark.key} ended")

    def turned(tick: Tick, reasons: tuple[str, ...]) -> None:
        deaths.watch(keeper.units())
        for listener in duty.listeners:
            listener.turned(tick, reasons, keeper)
        duty.trace.renew()

    keeper = Keeper(api, duty.sources, begins, happened, duty.stop)
    deaths = held.enter_context(closing(_Deaths(api, ended)))
    held.enter_context(_watching(duty, str(api.root.path)))
    Loop(keeper, duty.bell, duty.orders, duty.interval_s, turned).run(duty.stop)


class _Deaths:
    """Tells of servers that end, once the documents say whose they are."""

    def __init__(self, api: Api, ended: Callable[[Unit], None]) -> None:
        self._api = api
        self._ended = ended
        self._watch: Watch | None = None

    def watch(self, units: Sequence[Unit]) -> None:
        """From now on these, and no others."""
        if self._watch is None and self._api.documents.project:
            self._watch = self._api.substrate.deaths(self._ended)
        if self._watch:
            self._watch.watch(units)

    def close(self) -> None:
        """Tell no more."""
        if self._watch:
            self._watch.close()


@contextmanager
def _watching(duty: Duty, root: str) -> Iterator[None]:
    """Ring when a file changes where people write: documents, and the data that loads read."""
    from watchfiles import DefaultFilter, watch

    over = threading.Event()
    folders = [*duty.sources.directories, *duty.call.choices.data_roots]
    ours = DefaultFilter(ignore_paths=[root])

    def look() -> None:
        begun = True  # what was written before it watched, and after the first look, tells nobody
        for changes in watch(*folders, watch_filter=ours, stop_event=over, raise_interrupt=False,
                             yield_on_timeout=True, rust_timeout=_WATCHED_MS):  # fmt: skip
            if changes or begun:
                duty.bell.ring("files")
            begun = False

    thread = threading.Thread(target=look, name="gsctl-files", daemon=True)
    if folders:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if folders:
            thread.join()
