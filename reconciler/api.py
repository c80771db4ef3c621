"""The one door: what every command, and later every dialect, asks of the reconciler."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial

from reconciler import lease as leases
from reconciler import ledger as ledgers
from reconciler.contracts import Driver, Unanswered
from reconciler.environment import Options
from reconciler.evidence import Watch, gathered, made_of, occupied
from reconciler.executor import Execution, Report, Witness, execute
from reconciler.holder import Holder
from reconciler.judging import Judging, Linting
from reconciler.model.estimate import Estimates
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Ask, Outcome, Plan, Request
from reconciler.model.policy import Approval
from reconciler.model.problem import Problem, errors
from reconciler.model.resource import Desired
from reconciler.model.step import CreateEngine, RemoveEngine, Step, engine_type
from reconciler.model.tenant import Share
from reconciler.model.unit import Unit
from reconciler.model.wish import EngineWish, GraphWish
from reconciler.planner import (
    World,
    estimate,
    make_plan,
    needing_rows,
    policies,
    shares,
    with_gaps,
    within_quota,
)
from reconciler.root import Root

__all__ = ["Api", "Applied", "Elsewhere", "Judging", "Options", "Planned", "WorldChanged"]


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
    estimates: Estimates = field(default_factory=Estimates)
    findings: tuple[Problem, ...] = ()  # of the linter, on what would change; no part of the plan

    @property
    def coordinated(self) -> bool:
        """Whether a coordinator that can be asked keeps the environment."""
        holder = self.writer.holder if self.writer else None
        return bool(holder and holder.coordinator)


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


class Api(Linting):
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
        wishes, graphs = ({}, {}) if errors(desired.problems) else self._steady.wishes(
            desired, self.place_of)  # fmt: skip
        live = self._twins_counted(self.observe(wishes))
        if nothing:
            wishes, graphs = {}, {}
        notes = tuple(p for p in desired.problems if p.severity != "error")
        world = World(desired.project, wishes, graphs, live, self.plugins.traits, request,
                      desired.revision, () if nothing else notes,
                      policies=policies(desired),
                      approvals=self.ledger.approvals())  # fmt: skip
        made = self._steady.plan(world)
        if uncounted := needing_rows(made, live):
            world = replace(world, live=self._counted(live, uncounted, wishes))
            made = make_plan(world)
        elsewhere = tuple(self.substrate.elsewhere())
        costs = self._estimated(made, world.live)
        if costs.warnings:
            made = replace(made, notes=(*made.notes, *costs.warnings))
        made = within_quota(made, self.shares(world.live), world.live, costs)
        found = () if nothing else self.findings(made, world.live)
        return Planned(made, desired, world.live, wishes, graphs, elsewhere, self._writer(), costs,
                       found)  # fmt: skip

    def shares(self, live: Snapshot) -> tuple[Share, ...]:
        """What each declared Tenant uses of its quota."""
        desired = self.desired
        return shares(desired, live, occupied(live, (key.name for key in desired.of("Tenant"))))

    def _estimated(self, plan: Plan, live: Snapshot) -> Estimates:
        """What it may cost; nothing is read for a plan that does nothing."""
        if not plan.steps:
            return Estimates()
        evidence = gathered(plan, live, self.ledger.runs())
        return estimate(plan, live, self.plugins.traits, evidence)

    def _counted(
        self, live: Snapshot, keys: frozenset[Key], wishes: Mapping[Key, EngineWish]
    ) -> Snapshot:
        """`live` with rows counted where the plan needs them; what cannot be counted is unknown."""
        graphs, unknown = dict(live.graphs), dict(live.unknown)
        for key in sorted(keys):
            try:
                graphs[key] = self._count(graphs[key], live, wishes)
            except Unanswered as error:
                if self._writer() is not None:
                    continue  # its server comes and goes by his work: as recorded, then
                says = f"{key}: {error}"
                unknown[key] = Problem("error", says, "ST100", address=str(key))
        return replace(live, graphs=graphs, unknown=unknown)

    def _twins_counted(self, live: Snapshot) -> Snapshot:
        """`live` with the rows of graphs of one name: the planner may tell them apart."""
        if not live.twins:
            return live
        twins = {key: dict(enumerate(found)) for key, found in live.twins.items()}
        for graphs in twins.values():
            for number, graph in graphs.items():
                with suppress(Unanswered):
                    graphs[number] = self._count(graph, live, {})
        return replace(live, twins={key: tuple(found.values()) for key, found in twins.items()})

    def _count(
        self, graph: LiveGraph, live: Snapshot, wishes: Mapping[Key, EngineWish]
    ) -> LiveGraph:
        """A graph with its rows; as it is where its driver is not there. Raises Unanswered."""
        wish, engine = wishes.get(graph.engine), live.engines.get(graph.engine)
        type_ = wish.type if wish else str(engine.spec.get("type", "")) if engine else ""
        driver = self.driver(type_)
        return driver.count(graph) if driver else graph

    def _writer(self) -> leases.LeaseState | None:
        if self._lease is not None:
            return None
        state = leases.read(self.root.lease_file(self.options.environment))
        return state if state and state.in_force() else None

    def turn(self) -> tuple[int, bool]:
        """Whose turn it is to write: the last epoch, and whether its writer writes now.

        Another answer than before tells that somebody wrote between.
        """
        state = leases.read(self.root.lease_file(self.options.environment))
        return (state.epoch, state.in_force()) if state else (0, False)

    @contextmanager
    def writing(self, wait_s: float = 0.0) -> Iterator[int]:
        """Hold the lease; gives its epoch. Makes the root where there is none.

        Raises:
            LeaseHeld: somebody else writes.
        """
        root = self._made_root()
        holder = Holder.here(self.options.command, self.options.coordinator)
        with leases.acquire(root.lease_file(self.options.environment), holder, wait_s) as lease:
            self._lease = lease
            try:
                yield lease.epoch
            finally:
                self._lease = None

    def await_turn(self, wait_s: float) -> None:
        """Wait until nobody else writes: a plan that is made beside a writer is soon out of date.

        Raises:
            CoordinatorLeads: it keeps the lease, so that nobody waits for it.
            LeaseHeld: somebody still writes after `wait_s` seconds.
        """
        writer = self._writer()
        if writer and writer.holder and writer.holder.coordinator:
            raise leases.held_by(writer.holder)
        if wait_s > 0 and writer is not None:
            with self.writing(wait_s):
                return

    def _made_root(self) -> Root:
        """The root, made where there is none."""
        root = Root.open(self.options.root or self.options.directory / ".gsctl")
        if root != self.root:
            self._forget_the_look()
            self.root = root
        root.environment_dir(self.options.environment).mkdir(mode=0o700, exist_ok=True)
        return root

    def approve(self, asks: Iterable[Ask], for_s: float, by: str = "") -> tuple[Approval, ...]:
        """Agree to what a plan asks for, for so many seconds. Needs no lease: nothing is changed.

        `by` is who agrees; empty: whoever runs this. Raises OSError, Busy.
        """
        self._made_root()
        who, now = by or Holder.here(self.options.command).person, time.time()
        given = tuple(Approval(str(a.key), a.digest, who, now, now + for_s) for a in asks)
        self.ledger.approve(given)
        return given

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
        self.ledger.spend(planned.plan.approved)
        self._intend(planned, steps)
        begun, watch = time.time(), Watch(report, steps)
        self.substrate.trim_logs()
        again = partial(self._count, live=planned.live, wishes={})
        run = Execution(self._driver_of, watch, parallel, stop, self._epoch,
                        Witness.of(planned.live, steps, again))  # fmt: skip
        outcome = with_gaps(planned.plan, execute(steps, run))
        self._settle(steps, outcome)
        ended = "ok" if outcome.ok else "interrupted" if outcome.interrupted else "failed"
        self.ledger.record_run(
            ledgers.Run(begun, time.time(), ended, planned.plan.summary, watch.spent(),
                        made_of(planned.plan, outcome), self.who())
        )  # fmt: skip
        return Applied(planned, outcome)

    def _driver_of(self, step: Step) -> Driver:
        driver = self.driver(engine_type(step.act))
        assert driver, "a plan is made only with the drivers that are there"
        return driver

    def _intend(self, planned: Planned, steps: tuple[Step, ...]) -> None:
        """Keep the places in which something will be, before anything is there."""
        for step in steps:
            if isinstance(step.act, CreateEngine):
                self.places.intend(step.act.engine)
        for key, engine in planned.live.engines.items():
            for part in (engine, *engine.elsewhere):
                if part.ours:
                    self.places.settle(key, str(part.spec.get("type", "")), part.place)

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
