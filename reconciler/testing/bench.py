"""The bench on which a driver is tried: a floor of real parts, and the acts of a real planner.

Everything lies below one folder. A law asks for wishes, and gets the very steps that `gsctl apply`
would do for them; so no driver is tried with what it will never meet.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler import lease as leases
from reconciler import runtimes
from reconciler.contracts import Driver, Floor, Progress, Sight, StepFailed, Unanswered
from reconciler.holder import Holder
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Plan, Request
from reconciler.model.policy import Guard
from reconciler.model.resource import Project
from reconciler.model.step import Step
from reconciler.model.traits import Traits
from reconciler.model.wish import EngineWish, GraphWish, Mode, Place
from reconciler.planner import World, make_plan, needing_rows
from reconciler.plugins import Plugin
from reconciler.root import Root
from reconciler.testing.sheets import Rows, read_rows
from reconciler.testing.watched import Watched
from reconciler.testing.words import WORDS, Words

ENGINE = Key("default", "Engine", "main")
GRAPH = Key("default", "Graph", "town")
_ENVIRONMENT = "default"
_numbers = itertools.count()

Hold = Callable[[Path], AbstractContextManager[None]]


class Skip(Exception):
    """A law does not speak of this engine; the text says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is tried: an engine type in one of its modes.

    `words` are its language, where it is none that is known here. `hold` lets another program have
    the database in a folder open for writing, as long as the context lasts.
    """

    plugin: Plugin
    mode: Mode
    words: Words | None = None
    hold: Hold | None = None
    options: dict[str, object] = field(default_factory=dict)

    @property
    def traits(self) -> Traits:
        """What the engine says of itself."""
        return self.plugin.TRAITS

    def speech(self) -> Words:
        """The engine's language. Raises Skip where none is known."""
        known = (WORDS[name] for name in sorted(self.traits.procedures) if name in WORDS)
        words = self.words or next(known, None)
        if words is None:
            raise Skip("nothing is known of the engine's language")
        return words


class Bench:
    """One engine below one folder, and whatever a law needs to try its driver."""

    def __init__(self, subject: Subject, folder: Path, owner: Owner | None = None) -> None:
        self.subject = subject
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.root = Root.open(folder / ".gsctl")
        # Of each bench its own: units are found by their owner, and benches run side by side.
        self.owner = owner or Owner("bench", _ENVIRONMENT, f"{os.getpid()}x{next(_numbers)}")
        self.substrate = Watched(self.root, self.owner)
        self.lease = self._acquire()
        self.engine = self.engine_at("main")
        self.now = time.time()
        self._drivers: list[Driver] = []
        self.driver = self.another()

    @property
    def traits(self) -> Traits:
        """What the engine says of itself."""
        return self.subject.traits

    @property
    def place(self) -> Path:
        """The engine's folder."""
        return Path(self.engine.place.location)

    @property
    def served(self) -> bool:
        """Whether graphs are tried behind servers."""
        return self.subject.mode == "served"

    def engine_at(self, name: str) -> EngineWish:
        """An engine in a folder of its own."""
        place = self.root.engine_dir(_ENVIRONMENT, ENGINE.tenant, name)
        return EngineWish(
            ENGINE.sibling("Engine", name), self.traits.type, self.traits.versions[0],
            self.subject.mode, Place("local", str(place)), options=self.subject.options,
        )  # fmt: skip

    def another(self, owner: Owner | None = None) -> Driver:
        """One more driver, as another run of gsctl has it; closed with the bench."""
        driver = self.subject.plugin.driver(self._floor(owner or self.owner))
        self._drivers.append(driver)
        return driver

    def sight(self, driver: Driver | None = None) -> Sight:
        """What lies at the engine's place. Raises Unanswered."""
        if not self.place.is_dir():
            return Sight(None)
        by = driver or self.driver
        return by.observe(self.engine.key, self.engine.place, self.substrate.units())

    def graph(self, key: Key = GRAPH) -> LiveGraph:
        """A graph that must be there."""
        sight = self.sight()
        assert key not in sight.unknown, f"{key} is unknown: {sight.unknown[key].summary}"
        assert key in sight.graphs, f"{key} is absent"
        return sight.graphs[key]

    def plan(
        self, *wishes: GraphWish, request: Request | None = None, nothing: bool = False
    ) -> Plan:
        """What is to be done until `wishes` are all there is. Raises Unanswered."""
        sight = self.sight()
        engines = {sight.engine.key: sight.engine} if sight.engine else {}
        live = Snapshot(engines, sight.graphs, sight.unknown, now=self.now)
        asked = request or Request(allow_deletes=True)
        wished = {} if nothing else {self.engine.key: self.engine}
        world = World(Project(self.owner, Guard(), "local"), wished, {w.key: w for w in wishes},
                      live, {self.traits.type: self.traits}, asked)  # fmt: skip
        made = make_plan(world)
        if keys := needing_rows(made, live):
            counted = {key: self.driver.count(live.graphs[key]) for key in keys}
            live = replace(live, graphs={**live.graphs, **counted})
            made = make_plan(replace(world, live=live))
        assert not made.problems, [problem.summary for problem in made.problems]
        return made

    def steps(self, *wishes: GraphWish, request: Request | None = None) -> list[Step]:
        """The steps of a plan, what is tidied up on the way included."""
        made = self.plan(*wishes, request=request)
        return [*made.steps, *made.housekeeping]

    def do(self, step: Step, driver: Driver | None = None) -> list[Progress]:
        """Do one step. Raises StepFailed."""
        return list((driver or self.driver).execute(step))

    def walk(self, steps: Sequence[Step], driver: Driver | None = None) -> None:
        """Do steps in order, and leave their sessions whatever happens. Raises StepFailed."""
        try:
            for step in steps:
                self.do(step, driver)
        finally:
            for session in dict.fromkeys(step.session for step in steps):
                (driver or self.driver).leave(session)

    def apply(self, *wishes: GraphWish, request: Request | None = None) -> None:
        """Bring the engine to what is wished; then a plan must be empty. Raises StepFailed."""
        self.walk(self.steps(*wishes, request=request))
        self.settled(*wishes)

    def settled(self, *wishes: GraphWish) -> None:
        """What was applied must be seen as it was wished."""
        left = self.plan(*wishes)
        said = [
            f"{c.action} {c.key}: {c.reason or [f.path for f in c.fields]}" for c in left.changes
        ]
        assert not left.changes, f"applied, and yet planned again: {said}"
        assert not left.steps, f"applied, and yet to be done: {[s.id for s in left.steps]}"

    def rows(self, key: Key = GRAPH) -> Rows:
        """What the copy that answers holds, by an export."""
        with self.scratch("export") as folder:
            graph = self.graph(key)
            assert graph.serving, f"{key}: no copy answers"
            list(self.driver.export(graph, folder))
            return read_rows(folder, graph.serving.catalog)

    def refused(self, steps: Sequence[Step]) -> StepFailed:
        """The failure that doing `steps` must end with."""
        try:
            self.walk(steps)
        except StepFailed as failure:
            return reasoned(failure)
        raise AssertionError("it was done, and should have been refused")

    def crash(self) -> None:
        """Kill every process of the drivers; the next one starts from what they left."""
        self.substrate.kill_helpers()
        for driver in self._drivers:
            with suppress(Exception):  # it is dead; whatever it says of that
                driver.close()
        self._drivers = []
        self.driver = self.another()

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """A new folder for a law's own files."""
        folder = self.folder / f"{name}-{next(_numbers)}"
        folder.mkdir()
        yield folder

    def lose_lease(self) -> None:
        """Let somebody else write from now on: drivers that are there must not."""
        self.lease.release()
        self.renew_lease()

    def renew_lease(self) -> None:
        """Take the lease, for the drivers that come."""
        self.lease = self._acquire()
        self.driver = self.another()

    def close(self) -> None:
        """Let go of the drivers, and end every unit."""
        for driver in self._drivers:
            with suppress(Unanswered, StepFailed):
                driver.close()
        self.substrate.end()
        self.lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _acquire(self) -> leases.Lease:
        self.root.environment_dir(_ENVIRONMENT).mkdir(mode=0o700, exist_ok=True)
        holder = Holder.here("conformance")
        return leases.acquire(self.root.lease_file(_ENVIRONMENT), holder, wait_s=5.0)

    def _floor(self, owner: Owner) -> Floor:
        scratch = self.root.scratch_dir(_ENVIRONMENT)
        return Floor(owner, self.substrate, self.root.id, self.root.path, scratch, self.lease.path,
                     self.lease.check, _runtime)  # fmt: skip


def reasoned(failure: StepFailed) -> StepFailed:
    """`failure`, which must say why."""
    assert failure.problems, "a step failed without saying why"
    return failure


def _runtime(requirement: str) -> Path:
    name, _, version = requirement.partition("==")
    try:
        return runtimes.ensure(name, version, requirement, lambda _: None).python
    except runtimes.RuntimeUnavailable as error:
        raise Skip(f"its runtime is not to be had: {error}") from error
