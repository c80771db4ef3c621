"""What a run of gsctl stands on: the documents of an environment, its root, ledger and drivers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from reconciler import lease as leases
from reconciler import ledger as ledgers
from reconciler import runtimes
from reconciler.contracts import Driver, Floor, Leavable, Origin, Substrate, Unanswered
from reconciler.holder import Holder
from reconciler.kept import Before, Kept, unchanged
from reconciler.lint import unignored
from reconciler.loads.digest import DigestCache
from reconciler.loads.resolve import resolve_load
from reconciler.model.catalog import Catalog
from reconciler.model.key import DEFAULT_ENVIRONMENT, Key
from reconciler.model.kinds import EngineSpec, LocalChoice
from reconciler.model.observed import Snapshot, alike
from reconciler.model.problem import Problem
from reconciler.model.resource import Desired, Project
from reconciler.model.step import GraphAt
from reconciler.model.wish import EngineWish, Place
from reconciler.observe import Spot, observe
from reconciler.places import Places
from reconciler.plugins import Engines, engines
from reconciler.queries import Binder, QueryCache, check_queries
from reconciler.root import Root
from reconciler.source.directory import Reader, ReadRequest
from reconciler.source.folder import Folder, home_of
from reconciler.steady import Steady
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
    coordinator: str | None = None  # where it answers, when it is one
    folders: tuple[Folder, ...] = ()  # what is read instead of `directory`


class Environment:
    """One environment of a repository, as far as it can be read: documents, places, drivers."""

    def __init__(self, options: Options, report: Callable[[str], None] = lambda _: None) -> None:
        """Nothing is read yet. `report` gets lines about what takes long, such as runtimes."""
        self.options = options
        self._tell = report
        self._lease: leases.Lease | None = None
        self._drivers: dict[str, Driver] = {}
        self._lock = threading.Lock()
        self._reader = Reader()
        self._told: tuple[Kept[Desired], ...] = (Kept(), Kept(), Kept())
        self._wrong: tuple[Before[tuple[Problem, ...]], ...] = (Before(), Before(), Before())
        self._seen = Snapshot()
        self._steady = Steady()

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
        request = ReadRequest(
            self.options.directory,
            self.options.environment,
            self.options.variables,
            self.options.environ,
            self.options.data_roots,
            lambda key, spec, graph, find, positions, root: resolve_load(
                key, spec, graph, find, positions, self.cache, root=os.path.realpath(root)
            ),
            self.options.folders,
        )
        found = self._reader.read(request, self.plugins.traits)
        if self.root.id:
            self.cache.save()
        return self._with(0, found, (*found.problems, *self.plugins.problems))

    @cached_property
    def desired(self) -> Desired:
        """The documents with the problems that nobody ignores in a comment."""
        return self._with(2, self.judged, unignored(self.judged, datetime.now(UTC).date()))

    @cached_property
    def judged(self) -> Desired:
        """The documents with every problem found, those of the procedures' queries too."""
        cache = QueryCache(self.root.cache_dir)
        binders, traits = self._binders(), self.plugins.traits
        found = check_queries(self.documents, binders, traits, cache)
        if self.root.id:
            cache.save()
        return self._with(1, self.documents, (*self.documents.problems, *found))

    def _with(self, stage: int, desired: Desired, problems: tuple[Problem, ...]) -> Desired:
        """`desired` with these problems: the very object of the last time, while both are."""
        wrong = self._wrong[stage].or_new(problems)
        return self._told[stage].get(lambda: replace(desired, problems=wrong), desired, wrong)

    def look_again(self) -> None:
        """Forget what the documents said: the next question reads them anew."""
        for name in ("documents", "judged", "desired"):
            self.__dict__.pop(name, None)

    def read_from(self, folders: tuple[Folder, ...]) -> Desired:
        """The documents as they are there now, which are followed from now on."""
        self.options = replace(self.options, folders=folders)
        self.look_again()
        return self.desired

    def follow(self, desired: Desired, folders: tuple[Folder, ...] = ()) -> None:
        """Go on with documents that were read before, from `folders` where they are given."""
        self.options = replace(self.options, folders=folders or self.options.folders)
        self.__dict__ |= {"documents": desired, "judged": desired, "desired": desired}

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
            path = self._base(key) / Path(spec.substrate.local.path).expanduser()
            return Place("local", str(path.absolute()))
        folder = self.root.engine_dir(self.options.environment, key.tenant, key.name)
        return Place("local", str(folder))

    def _base(self, key: Key) -> Path:
        """Where relative paths of a document begin: a revision of git is no place for data."""
        resource = self.documents.resources.get(key)
        folders = self.options.folders
        if not (folders and resource and resource.positions):
            return self.options.directory
        home = home_of(resource.positions.file, folders)
        return self.root.path if home.revision else home.root

    def observe(self, wishes: Mapping[Key, EngineWish]) -> Snapshot:
        """The live side: at the places that are wished, and where something was ever put."""
        used = self.places.spots()
        made = {spot.place for spot in used if spot.known}
        spots = {Spot(w.key, w.type, w.place, known=w.place in made) for w in wishes.values()}
        wished = {spot.place for spot in spots}
        for spot in used:
            if spot.place not in wished:
                spots.add(self._moved(spot, wishes))
        drivers = {spot.type: driver for spot in spots if (driver := self.driver(spot.type))}
        seen = observe(spots, drivers, self.substrate.units,
                       lambda place: Path(place.location).is_dir(), time.time())  # fmt: skip
        nowhere = {w.key: _no_parent(w) for w in wishes.values() if not self._can_be(w.place)}
        unknown = {**nowhere, **seen.unknown}
        self._seen = _as_before(
            replace(seen, unknown=unknown, problems=self.ledger.problems()), self._seen
        )
        return self._seen

    def who(self) -> str:
        """Who asks, and by which command: for what is kept longer than the process lives."""
        command = self.options.command
        return f"{Holder.here(command).person}, {command}"

    def _can_be(self, place: Place) -> bool:
        """Whether something may be made at a place: of a chosen one only the last folder is."""
        path = Path(place.location)
        return path.parent.is_dir() or path.is_relative_to(self.root.path)

    def _moved(self, spot: Spot, wishes: Mapping[Key, EngineWish]) -> Spot:
        """An old place of an engine that is wished elsewhere: what is there is that engine."""
        return replace(spot, left=True) if spot.key in wishes else spot

    def driver(self, type_: str) -> Driver | None:
        """The driver of an engine type, on this environment's floor."""
        with self._lock:
            plugin = self.plugins.plugins.get(type_)
            if plugin and type_ not in self._drivers:
                self._drivers[type_] = plugin.driver(self._floor())
            return self._drivers.get(type_)

    def _floor(self) -> Floor:
        # Nothing is made by looking: without a root there is no place for scratch.
        scratch = self.root.scratch_dir(self.options.environment) if self.root.id else None
        return Floor(
            self.project.owner,
            self.substrate,
            self.root.id,
            self.root.path,
            scratch,
            self.root.lease_file(self.options.environment),
            self._epoch,
            self._runtime,
            self._origin,
        )

    def _origin(self, graph: GraphAt) -> Origin:
        driver = self.driver(graph.engine.type)
        assert isinstance(driver, Leavable), "nothing else is planned to be left"
        return driver.origin(graph)

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

    def close(self) -> None:
        """Let go of all processes that were kept for later."""
        for driver in self._drivers.values():
            driver.close()
        self._drivers.clear()


def _as_before(seen: Snapshot, before: Snapshot) -> Snapshot:
    """What was seen, made of the objects of the look before as far as nothing is otherwise."""
    return replace(
        seen,
        engines=unchanged(before.engines, seen.engines),
        graphs=unchanged(before.graphs, seen.graphs, alike),
        unknown=unchanged(before.unknown, seen.unknown),
        twins=unchanged(before.twins, seen.twins),
        problems=before.problems if before.problems == seen.problems else seen.problems,
    )


def _no_parent(wish: EngineWish) -> Problem:
    parent = Path(wish.place.location).parent
    says = f"{wish.key}: there is no folder {parent} to put it in"
    hint = "make it, or mount the disk that it lies on"
    return Problem("error", says, "EN106", hint=hint, address=str(wish.key))
