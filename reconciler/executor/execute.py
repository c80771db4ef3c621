"""Run the steps of a plan. Its failures are values; only our own bugs leave it as exceptions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from reconciler.contracts import Driver, StepFailed
from reconciler.executor.witness import Witness
from reconciler.executor.words import says
from reconciler.model.event import Event, Failed, Finished, Progressed, Skipped, Started
from reconciler.model.key import Key
from reconciler.model.plan import Outcome
from reconciler.model.problem import Problem
from reconciler.model.step import Step

Report = Callable[[Event], None]


@dataclass(slots=True)
class Execution:
    """What an execution runs with. `stop` set: what runs is finished, nothing new begins.

    `report` is called from one thread at a time; `lost` turns an error of the lease into words.
    """

    driver_of: Callable[[Step], Driver]
    report: Report
    parallel: int = 4
    stop: threading.Event = field(default_factory=threading.Event)
    check: Callable[[], object] = lambda: None  # before each step; raises when we must not write
    witness: Witness = field(default_factory=Witness)


def execute(steps: Iterable[Step], run: Execution) -> Outcome:
    """Run each step after those it waits for; skip what waits for a failure; go on otherwise."""
    return _Walk(tuple(steps), run).walk()


class _Walk:
    """One execution. Steps that take the same token run one at a time, in the plan's order."""

    def __init__(self, steps: tuple[Step, ...], run: Execution) -> None:
        self._steps = {step.id: step for step in steps}
        self._rank = {step.id: n for n, step in enumerate(steps)}
        self._last = {step.session: step.id for step in steps}
        self._of: dict[Key, list[Step]] = {}
        for step in steps:
            self._of.setdefault(step.session, []).append(step)
        self._run = run
        self._lock = threading.Lock()
        self._done: list[str] = []
        self._failed: dict[str, tuple[Problem, ...]] = {}
        self._skipped: dict[str, str] = {}

    def walk(self) -> Outcome:
        """Run all. Leaves every session, however it ended."""
        sorter = TopologicalSorter({s.id: s.waits for s in self._steps.values()})
        sorter.prepare()
        ready: list[str] = []
        running: dict[Future[None], str] = {}
        with ThreadPoolExecutor(self._run.parallel) as pool:
            while sorter.is_active():
                for id_ in sorter.get_ready():
                    if why := self._hindered(id_):
                        self._skip(id_, why)
                        sorter.done(id_)
                    else:
                        ready.append(id_)
                ready.sort(key=lambda id_: self._rank[id_])
                for id_ in self._startable(ready, running.values()):
                    ready.remove(id_)
                    running[pool.submit(self._one, self._steps[id_])] = id_
                if running:
                    finished, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in finished:
                        future.result()
                        sorter.done(running.pop(future))
        stopped = self._run.stop.is_set() and bool(self._skipped)
        return Outcome(tuple(self._done), self._failed, self._skipped, stopped)

    def _startable(self, ready: list[str], running: Collection[str]) -> list[str]:
        """In the plan's order, and no more than there are threads.

        So a session that has begun is gone on with before another begins, and few databases are
        open at a time.
        """
        taken = {token for id_ in running for token in self._steps[id_].takes}
        found: list[str] = []
        for id_ in ready:
            takes = self._steps[id_].takes
            if len(running) + len(found) < self._run.parallel and not takes & taken:
                found.append(id_)
                taken |= takes
        return found

    def _hindered(self, id_: str) -> str | None:
        lost = sorted(w for w in self._steps[id_].waits if w in self._failed or w in self._skipped)
        if lost:
            cause = self._steps[lost[0]].key
            return ("what comes before it was not done" if cause == self._steps[id_].key else
                    f"waits for {cause}, which was not done")  # fmt: skip
        return "interrupted" if self._run.stop.is_set() else None

    def _skip(self, id_: str, why: str) -> None:
        step = self._steps[id_]
        self._skipped[id_] = why
        self._tell(Skipped(id_, step.key, why))
        self._leave(step)

    def _one(self, step: Step) -> None:
        """Do a step, in a thread of the pool."""
        if self._run.stop.is_set():
            with self._lock:
                self._skipped[step.id] = "interrupted"
            self._tell(Skipped(step.id, step.key, "interrupted"))
            self._leave(step)
            return
        begun = time.monotonic()
        self._tell(Started(step.id, step.key, says(step.act)))
        rows: int | None = None
        note = ""
        try:
            self._run.check()
            self._run.witness.before(step.act)
            for progress in self._run.driver_of(step).execute(step):
                rows = progress.done if progress.done is not None else rows
                note = progress.note or note
                self._tell(Progressed(step.id, step.key, progress.says, progress.done,
                                      progress.total))  # fmt: skip
            self._run.witness.after(step.act)
        except StepFailed as failure:
            self._fail(step, failure.problems, time.monotonic() - begun)
        except OSError as error:
            problem = Problem("error", f"{step.key}: {error}", "OS100", address=str(step.key))
            self._fail(step, (problem,), time.monotonic() - begun)
        else:
            self._done.append(step.id)
            seconds = time.monotonic() - begun
            self._tell(Finished(step.id, step.key, says(step.act), seconds, rows, note))
        self._leave(step)

    def _fail(self, step: Step, problems: tuple[Problem, ...], seconds: float) -> None:
        with self._lock:
            self._failed[step.id] = problems
        self._tell(Failed(step.id, step.key, problems, seconds))

    def _leave(self, step: Step) -> None:
        """The session is over once its last step is, or one of its steps failed."""
        over = step.id == self._last[step.session] or step.id in self._failed
        if over or step.id in self._skipped:
            drivers = {id(d): d for d in map(self._run.driver_of, self._of[step.session])}
            for driver in drivers.values():  # two where a graph moves to another type of engine
                driver.leave(step.session)

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._run.report(event)
