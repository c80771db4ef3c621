"""What people ask of the one that leads: done once, between two turns, under its lease.

Orders are put by any thread and done by the loop's, so that there is no second writer beside it.
Whoever put one may withdraw it until it is begun. They are kept nowhere: who ends the coordinator
ends what it was asked.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from reconciler.loop.bell import Bell
from reconciler.loop.tick import Door
from reconciler.model.event import Event
from reconciler.model.plan import Outcome, Plan, Request
from reconciler.model.problem import Problem, errors

_WAITING = 16


Told = Plan | Event
"""What is told of an order once it is begun: the plan that is done, and each event of its steps."""


def _nobody(told: Told) -> None:
    """Is told nothing."""


@dataclass(frozen=True, slots=True)
class Order:
    """`fingerprint` is that of the plan that was shown; None: whatever it comes to now."""

    request: Request
    fingerprint: str | None
    tell: Callable[[Told], None] = _nobody
    answer: Future[Outcome] = field(default_factory=Future)


class NotDone(RuntimeError):
    """An order was not begun; the problems tell why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.summary for problem in problems))
        self.problems = problems


class Busy(RuntimeError):
    """As many orders wait as there may be."""


class Orders:
    """Those that wait, first come, first done."""

    def __init__(self, bell: Bell) -> None:
        """`bell` wakes the loop."""
        self._bell = bell
        self._lock = threading.Lock()
        self._waiting: deque[Order] = deque()
        self._tell: Callable[[Told], None] = _nobody  # of the order that is done now

    def put(
        self, request: Request, fingerprint: str | None, tell: Callable[[Told], None] = _nobody
    ) -> Future[Outcome]:
        """Ask for something. `cancel` withdraws it, unless it is begun. Raises Busy.

        `tell` is called from the loop's threads, one at a time, all of it before the answer is
        there. The answer's exception is NotDone, LeaseLost, or what broke while it was done.
        """
        order = Order(request, fingerprint, tell)
        with self._lock:
            kept = [one for one in self._waiting if not one.answer.cancelled()]
            if len(kept) >= _WAITING:
                raise Busy
            self._waiting = deque([*kept, order])
        self._bell.ring("asked")
        return order.answer

    def happened(self, event: Event) -> None:
        """A step of what is being done began, got further or ended."""
        self._tell(event)

    def fulfil(self, door: Door) -> None:
        """Do all that wait, in the loop's thread. Raises LeaseLost."""
        while order := self._next():
            try:
                order.answer.set_result(self._fulfilled(order, door))
            except NotDone as error:
                order.answer.set_exception(error)
            except BaseException as error:  # whatever ends the loop: nobody waits for it in vain
                order.answer.set_exception(error)
                raise

    def refuse(self, *problems: Problem) -> None:
        """Nobody does what waits."""
        while order := self._next():
            order.answer.set_exception(NotDone(*problems))

    def _fulfilled(self, order: Order, door: Door) -> Outcome:
        """Raises NotDone, LeaseLost."""
        plan = _agreed(order, door)
        order.tell(plan)
        if not (plan.steps or plan.housekeeping):
            return Outcome()
        self._tell = order.tell
        try:
            return door.act(plan)
        finally:
            self._tell = _nobody

    def _next(self) -> Order | None:
        """The first that nobody withdrew; from now on nobody can."""
        with self._lock:
            while self._waiting:
                order = self._waiting.popleft()
                if order.answer.set_running_or_notify_cancel():
                    return order
        return None


def _agreed(order: Order, door: Door) -> Plan:
    """The plan for an order, as it is now. Raises NotDone."""
    plan = door.look(order.request)
    if order.fingerprint not in (None, plan.fingerprint):
        says = "the world changed since the plan was shown: nothing was done"
        raise NotDone(Problem("error", says, "PX104", hint="look at the plan again"))
    if problems := _hindrances(plan, order.request):
        raise NotDone(*problems)
    return plan


def _hindrances(plan: Plan, request: Request) -> tuple[Problem, ...]:
    """Why nothing of it may be begun; of other things nothing is told: they may be others'."""
    if not plan.fingerprint:
        says = "the documents are not right, and nothing was looked at"
        return (Problem("error", says, "CO104", hint="GET /v1/plan tells what is wrong"),)
    if plan.refusals:
        return plan.refusals
    if request.exceeded_by(plan):
        return (Problem("error", "nothing was done: what is pending here is not held", "RB103",
                        hint="the coordinator does what is pending"),)  # fmt: skip
    if plan.doing:
        return ()
    named = frozenset(map(str, request.only | request.targets))
    wrong = tuple(problem for problem in errors(plan.problems) if problem.address in named)
    held = tuple(Problem("error", f"{one.change.key}: {one.says}", "CO104",
                         address=str(one.change.key)) for one in plan.withheld)  # fmt: skip
    return wrong or held
