"""The one door: what every command, and later every dialect, asks of the reconciler."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from reconciler import lease as leases
from reconciler import ledger as ledgers
from reconciler.contracts import Driver, Unanswered
from reconciler.environment import Environment, Options
from reconciler.executor import Execution, Report, execute
from reconciler.model.event import Event, Finished
from reconciler.model.key import Key, Owner
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Outcome, Plan, Request
from reconciler.model.problem import Problem, errors
from reconciler.model.resource import Desired
from reconciler.model.step import CreateEngine, InstallRuntime, RemoveEngine, Step
from reconciler.model.unit import Unit
from reconciler.model.wish import EngineWish, GraphWish
from reconciler.planner import World, engine_wishes, graph_wishes, make_plan, needing_rows
from reconciler.root import Root

__all__ = ["Api", "Applied", "Elsewhere", "Options", "Planned", "WorldChanged"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan with both sides that it was made of."""

    plan: Plan
    desired: Desired
    live: Snapshot
    engines: Mapping[Key, EngineWish] = field(default_factory=dict)
    graphs: Mapping[Key, GraphWish] = field(default_factory=dict)
    elsewhere: tuple[Unit, ...] = ()
    writer: leases.LeaseState | None = None  # somebody who writes at this moment


@dataclass(frozen=True, slots=True)
class Applied:
    """What an apply did, and what is left to do: nothing, when all went well."""

    planned: Planned
    outcome: Outcome
    after: Planned | None = None


NOBODY = Owner("", "", "")


class Elsewhere(RuntimeError):
    """The same owner's things run under another root: they are not touched from here."""

    def __init__(self, units: tuple[Unit, ...]) -> None:
        roots = ", ".join(sorted({unit.mark.root_path for unit in units}))
        super().__init__(f"{units[0].mark.owner} runs under another root: {roots}")


class WorldChanged(RuntimeError):
    """What was seen when the plan was shown is not so any more."""


class Api(Environment):
    """All that can be asked, in one environment of one repository."""

    def plan(self, request: Request | None = None, *, nothing: bool = False) -> Planned:
        """Desired x live. `nothing` wishes for nothing at all: what `destroy` applies.

        With an error among the documents' problems nothing is looked at: the plan holds them.
        """
        request = request or Request()
        desired = self.desired
        if desired.project is None or (errors(desired.problems) and not nothing):
            owner = desired.project.owner if desired.project else NOBODY
            return Planned(Plan(owner, problems=desired.problems), desired, Snapshot())
        wishes = {} if errors(desired.problems) else engine_wishes(desired, self.place_of)
        live = self.observe(wishes)
        if nothing:
            wishes = {}
        graphs = graph_wishes(desired, wishes) if wishes else {}
        notes = tuple(p for p in desired.problems if p.severity != "error")
        world = World(desired.project, wishes, graphs, live, self.plugins.traits, request,
                      desired.revision, () if nothing else notes)  # fmt: skip
        made = make_plan(world)
        if uncounted := needing_rows(made, live):
            world = replace(world, live=self._counted(live, uncounted, wishes))
            made = make_plan(world)
        elsewhere = tuple(self.substrate.elsewhere())
        return Planned(made, desired, world.live, wishes, graphs, elsewhere, self._writer())

    def _counted(
        self, live: Snapshot, keys: frozenset[Key], wishes: Mapping[Key, EngineWish]
    ) -> Snapshot:
        """`live` with rows counted where the plan needs them; what cannot be counted is unknown."""
        graphs, unknown = dict(live.graphs), dict(live.unknown)
        for key in sorted(keys):
            type_ = self._type_of(graphs[key].engine, live, wishes)
            try:
                if driver := self.driver(type_):
                    graphs[key] = driver.count(graphs[key])
            except Unanswered as error:
                if self._writer() is not None:
                    continue  # its server comes and goes by his work: as recorded, then
                says = f"{key}: {error}"
                unknown[key] = Problem("error", says, "ST100", address=str(key))
        return replace(live, graphs=graphs, unknown=unknown)

    def _type_of(self, engine: Key, live: Snapshot, wishes: Mapping[Key, EngineWish]) -> str:
        if engine in wishes:
            return wishes[engine].type
        return str(live.engines[engine].spec.get("type", ""))

    def _writer(self) -> leases.LeaseState | None:
        if self._lease is not None:
            return None
        state = leases.read(self.root.lease_file(self.options.environment))
        return state if state and state.in_force() else None

    @contextmanager
    def writing(self, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the lease. Makes the root where there is none.

        Raises:
            LeaseHeld: somebody else writes.
        """
        root = Root.open(self.options.root or self.options.directory / ".gsctl")
        if root != self.root:
            self._forget_the_look()
            self.root = root
        root.environment_dir(self.options.environment).mkdir(mode=0o700, exist_ok=True)
        holder = leases.Holder.here(self.options.command)
        with leases.acquire(root.lease_file(self.options.environment), holder, wait_s) as lease:
            self._lease = lease
            try:
                yield
            finally:
                self._lease = None

    def await_turn(self, wait_s: float) -> None:
        """Wait until nobody else writes: a plan that is made beside a writer is soon out of date.

        Raises:
            LeaseHeld: somebody still writes after `wait_s` seconds.
        """
        if wait_s > 0 and self._writer() is not None:
            with self.writing(wait_s):
                return

    def _forget_the_look(self) -> None:
        """What stood on a root that was not there yet."""
        self.close()
        for name in ("root", "cache", "substrate", "ledger", "places"):
            self.__dict__.pop(name, None)

    def apply(
        self, planned: Planned, report: Report, stop: threading.Event, parallel: int = 4
    ) -> Applied:
        """Do a plan, inside `writing`. Then look again: what was done must plan to nothing.

        Raises:
            Elsewhere: the same owner's things run under another root.
        """
        if planned.elsewhere:
            raise Elsewhere(planned.elsewhere)
        steps = (*planned.plan.steps, *planned.plan.housekeeping)
        self._intend(planned, steps)
        begun, watch = time.time(), _Watch(report)
        self.substrate.trim_logs()
        run = Execution(self._driver_of, watch, parallel, stop, self._epoch)
        outcome = execute(steps, run)
        self._settle(steps, outcome)
        ended = "ok" if outcome.ok else "interrupted" if outcome.interrupted else "failed"
        self.ledger.record_run(
            ledgers.Run(begun, time.time(), ended, planned.plan.summary, watch.spent())
        )
        return Applied(planned, outcome)

    def _driver_of(self, step: Step) -> Driver:
        act = step.act
        if isinstance(act, InstallRuntime | RemoveEngine):
            type_ = act.type
        elif isinstance(act, CreateEngine):
            type_ = act.engine.type
        else:
            type_ = act.graph.engine.type
        driver = self.driver(type_)
        assert driver, "a plan is made only with the drivers that are there"
        return driver

    def _intend(self, planned: Planned, steps: tuple[Step, ...]) -> None:
        """Keep the places in which something will be, before anything is there."""
        for step in steps:
            if isinstance(step.act, CreateEngine):
                self.places.intend(step.act.engine)
        for key, engine in planned.live.engines.items():
            if engine.ours:
                self.places.settle(key, str(engine.spec.get("type", "")), engine.place)

    def _settle(self, steps: tuple[Step, ...], outcome: Outcome) -> None:
        for step in steps:
            if step.id not in outcome.done:
                continue
            if isinstance(step.act, CreateEngine):
                engine = step.act.engine
                self.places.settle(engine.key, engine.type, engine.place)
            elif isinstance(step.act, RemoveEngine):
                self.places.forget(step.act.place)

    def statements(self, step: Step) -> tuple[str, ...]:
        """What the engine would be told for a step: for explaining a plan."""
        return tuple(self._driver_of(step).statements(step.act))


class _Watch:
    """Passes events on, and adds up how long each sort of step took."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._spent: dict[str, ledgers.Spent] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, Finished):
            sort = event.step.rsplit(" ", 2)[-1] if event.step else ""
            old = self._spent.get(sort, ledgers.Spent(0.0, 0))
            self._spent[sort] = ledgers.Spent(
                old.seconds + event.seconds, old.steps + 1, old.rows + (event.rows or 0)
            )
        self._report(event)

    def spent(self) -> Mapping[str, ledgers.Spent]:
        """Seconds, steps and rows, by sort of step."""
        return dict(self._spent)
