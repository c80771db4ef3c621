"""The coordinator: of each environment the lease, the loop, what wakes it and who is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gsctl.coordinator.answering import Answering, Http, answering
from gsctl.coordinator.beside import beside
from gsctl.coordinator.duty import Duty
from gsctl.coordinator.following import Task, rooted
from gsctl.coordinator.telling import Telling, telling
from gsctl.coordinator.waking import Deaths, watching
from gsctl.exits import Exit
from gsctl.interrupt import asked_to_stop

if TYPE_CHECKING:
    from reconciler.api import Api
    from reconciler.following.webhooks import Webhooks
    from reconciler.loop.tick import Tick
    from reconciler.model.event import Event
    from reconciler.model.unit import Unit

STANDBY_S = 1.0  # between two tries for a lease that somebody else holds


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
    deaths = held.enter_context(closing(Deaths(api, ended)))
    held.enter_context(watching(duty, str(api.root.path)))
    Loop(keeper, duty.bell, duty.orders, duty.interval_s, turned).run(duty.stop)
