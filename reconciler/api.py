"""The one door: what every command, and later every dialect, asks of the reconciler."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

from reconciler import lease as leases
from reconciler import ledger as ledgers
from reconciler import runtimes
from reconciler.contracts import Driver, Floor, Substrate, Unanswered
from reconciler.executor import Execution, Report, execute
from reconciler.loads.digest import DigestCache
from reconciler.loads.resolve import resolve_load
from reconciler.model.catalog import Catalog
from reconciler.model.event import Event, Finished
from reconciler.model.key import DEFAULT_ENVIRONMENT, Key, Owner
from reconciler.model.kinds import EngineSpec, LocalChoice
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Outcome, Plan, Request
from reconciler.model.problem import Problem, errors
from reconciler.model.resource import Desired, Project
from reconciler.model.step import CreateEngine, InstallRuntime, RemoveEngine, Step
from reconciler.model.unit import Unit
from reconciler.model.wish import EngineWish, GraphWish, Place
from reconciler.observe import Spot, observe
from reconciler.places import Places
from reconciler.planner import World, engine_wishes, graph_wishes, make_plan, needing_rows
from reconciler.plugins import Engines, engines
from reconciler.queries import Binder, QueryCache, check_queries
from reconciler.root import Root
from reconciler.source.directory import ReadRequest, read_directory
from reconciler.substrates.local import LocalSubstrate


@dataclass(frozen=True, slots=True)
class Options:
    """Where to look and what to read: the command line's global options."""

    directory: Path
    environment: str = DEFAULT_ENVIRONMENT
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    root: Path | None = None
    data_roots: tuple[Path, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: str = "gsctl"


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


class Api:
    """All that can be asked, in one environment of one repository."""

    def __init__(self, options: Options, report: Callable[[str], None] = lambda _: None) -> None:
        """Nothing is read yet. `report` gets lines about what takes long, such as runtimes."""
        self.options = options
        self._tell = report
        self._lease: leases.Lease | None = None
        self._drivers: dict[str, Driver] = {}
        self._lock = threading.Lock()

    # --- reading ---------------------------------------------------------------------------

    @cached_property
    def plugins(self) -> Engines:
        """The engine types that are installed."""
        return engines()

    @cached_property
    def root(self) -> Root:
        """The root, as it is: not made by looking."""
        return Root.peek(self.options.root or self.options.directory / ".gsctl")

    @cached_property
    def cache(self) -> DigestCache:
        """Digests of data files."""
        return DigestCache(self.root.cache_dir)

    @cached_property
    def documents(self) -> Desired:
        """The documents, read once, with every problem that tells itself without an engine."""
        root = os.path.realpath(self.options.directory)
        request = ReadRequest(
            self.options.directory,
            self.options.environment,
            self.options.variables,
            self.options.environ,
            self.options.data_roots,
            lambda key, spec, graph, find, positions: resolve_load(
                key, spec, graph, find, positions, self.cache, root=root
            ),
        )
        found = read_directory(request, self.plugins.traits)
        if self.root.id:
            self.cache.save()
        return replace(found, problems=(*found.problems, *self.plugins.problems))

    @cached_property
    def desired(self) -> Desired:
        """The documents with every problem found, those of the procedures' queries too."""
        cache = QueryCache(self.root.cache_dir)
        binders, traits = self._binders(), self.plugins.traits
        found = check_queries(self.documents, binders, traits, cache)
        if self.root.id:
            cache.save()
        return replace(self.documents, problems=(*self.documents.problems, *found))

    def _binders(self) -> Mapping[str, Binder]:
        """The engine types whose runtime is there already: none is installed to check queries."""
        if self.documents.project is None:
            return {}
        return {
            type_: Binder(f"{type_} {version}", partial(self._faults, type_))
            for type_, traits in self.plugins.traits.items()
            if (version := traits.versions[0]) and runtimes.locate(type_, version)
        }

    def _faults(
        self, type_: str, catalog: Catalog, queries: Mapping[str, str]
    ) -> Mapping[str, str]:
        driver = self.driver(type_)
        assert driver, "only types with a driver are asked"
        return driver.faults(catalog, queries)

    @property
    def project(self) -> Project:
        """The project. Raises LookupError where its document could not be read."""
        if self.documents.project is None:
            raise LookupError("there is no project here")
        return self.documents.project

    @cached_property
    def substrate(self) -> Substrate:
        """Where units run."""
        return LocalSubstrate(self.root, self.project.owner)

    @cached_property
    def ledger(self) -> ledgers.Ledger:
        """People's decisions, and the places."""
        return ledgers.Ledger(self.root.ledger_dir(self.options.environment))

    @cached_property
    def places(self) -> Places:
        """The places where this owner ever put something."""
        return Places(self.ledger)

    def place_of(self, key: Key, spec: EngineSpec) -> Place:
        """Where an engine lives, by its document."""
        if isinstance(spec.substrate, LocalChoice) and spec.substrate.local.path:
            path = self.options.directory / Path(spec.substrate.local.path).expanduser()
            return Place("local", str(path.absolute()))
        folder = self.root.engine_dir(self.options.environment, key.tenant, key.name)
        return Place("local", str(folder))

    def observe(self, wishes: Mapping[Key, EngineWish]) -> Snapshot:
        """The live side: at the places that are wished, and where something was ever put."""
        spots = {
            Spot(w.key, w.type, w.place, known=self.places.made(w.place)) for w in wishes.values()
        }
        wished = {spot.place for spot in spots}
        for spot in self.places.spots():
            if spot.place not in wished:
                spots.add(self._moved(spot, wishes))
        drivers = {spot.type: driver for spot in spots if (driver := self.driver(spot.type))}
        units = tuple(self.substrate.units())
        seen = observe(spots, drivers, units, lambda p: Path(p.location).is_dir(), time.time())
        return replace(seen, problems=self.ledger.problems())

    def _moved(self, spot: Spot, wishes: Mapping[Key, EngineWish]) -> Spot:
        """An old place of an engine that is wished elsewhere: what is there is that engine."""
        return spot if spot.key not in wishes else replace(spot, known=False)

    def driver(self, type_: str) -> Driver | None:
        """The driver of an engine type, on this environment's floor."""
        with self._lock:
            plugin = self.plugins.plugins.get(type_)
            if plugin and type_ not in self._drivers:
                self._drivers[type_] = plugin.driver(self._floor())
            return self._drivers.get(type_)

    def _floor(self) -> Floor:
        scratch = self.root.scratch_dir(self.options.environment)
        if not self.root.id:  # nothing is made by looking
            scratch = Path(os.environ.get("TMPDIR", "/tmp")) / f"gsctl-{os.getuid()}"  # noqa: S108
        return Floor(
            self.project.owner,
            self.substrate,
            self.root.id,
            self.root.path,
            scratch,
            self.root.lease_file(self.options.environment),
            self._epoch,
            self._runtime,
        )

    def _epoch(self) -> int:
        if self._lease is None:
            raise leases.LeaseLost("no lease is held: nothing may be written")
        return self._lease.check()

    def _runtime(self, requirement: str) -> Path:
        name, _, version = requirement.partition("==")
        try:
            return runtimes.ensure(name, version, requirement, self._tell).python
        except runtimes.RuntimeUnavailable as error:
            raise Unanswered(f"{error}" + (f" ({error.hint})" if error.hint else "")) from error

    # --- planning --------------------------------------------------------------------------

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

    # --- writing ---------------------------------------------------------------------------

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

    def close(self) -> None:
        """Let go of all processes that were kept for later."""
        for driver in self._drivers.values():
            driver.close()
        self._drivers.clear()


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
