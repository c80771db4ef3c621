"""A coordinator in the simulated world: the real loop, door and executor, on simulated ground."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from reconciler.api import Applied, Planned
from reconciler.contracts import Progress
from reconciler.engines.neug import TRAITS
from reconciler.executor import Execution, Witness, execute
from reconciler.following.revision import Revision
from reconciler.following.sources import Sources
from reconciler.git.address import Address
from reconciler.lease import LeaseHeld, LeaseLost
from reconciler.loop.bell import Bell
from reconciler.loop.keeper import Keeper
from reconciler.loop.loop import Loop
from reconciler.loop.orders import Orders
from reconciler.loop.tick import Tick
from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan, Request
from reconciler.model.step import CreateEngine, InstallRuntime, MarkGraph, RemoveEngine, Step
from reconciler.planner import World, make_plan
from reconciler.source.folder import Folder

from .documents import OWNER, Documents
from .world import SimulatedWorld

Act = Callable[["Ground", Step], None]  # does a step, or what a fault makes of it
INTERVAL_S = 30.0


class Crash(BaseException):
    """The coordinator's process ends here, and with it all that it remembers."""


class Ground:
    """What a coordinator, or a person's command, stands on: as `Api`, and the engines' driver."""

    def __init__(self, name: str, world: SimulatedWorld, read: Callable[[], Documents], act: Act):
        self.name = name
        self.world = world
        self.epoch = 0
        self.desired = read()
        self.read = read
        self._act = act
        self.steps: tuple[Step, ...] = ()  # that are being done
        self.waiting: Callable[[], frozenset[Key]] = frozenset

    def read_from(self, folders: tuple[Folder, ...]) -> Documents:
        """What they say is followed from now on."""
        self.desired = folders[0].found
        return self.desired

    def follow(self, desired: Documents, _: object = ()) -> None:
        """Go on with documents that were read before."""
        self.desired = desired

    def plan(self, request: Request) -> Planned:
        """As `Api.plan`."""
        said = self.desired
        if said.problems:
            return Planned(Plan(OWNER, problems=said.problems), said, Snapshot())
        live = self.world.seen(said.engines.values())
        made = make_plan(World(said.project, said.engines, said.graphs, live, {"neug": TRAITS},
                               request, said.revision, policies=said.policies))  # fmt: skip
        return Planned(made, said, live, said.engines, said.graphs)

    def apply(self, planned: Planned, report, stop: threading.Event) -> Applied:
        """As `Api.apply`. Raises LeaseLost, Crash."""
        steps = (*planned.plan.steps, *planned.plan.housekeeping)
        self._may(planned, steps)
        witness = Witness.of(planned.live, steps, self.world.counted)
        run = Execution(lambda _: self, report, 1, stop, lambda: self.world.lease.check(self.epoch),
                        witness)  # fmt: skip
        self.steps = steps
        try:
            return Applied(planned, execute(steps, run))
        finally:
            self.steps = ()

    def _may(self, planned: Planned, steps: tuple[Step, ...]) -> None:
        """Whether all that is begun was seen, and nobody asked to leave it alone."""
        assert not planned.plan.refusals, "what is refused was begun"
        hidden, waiting = planned.live.unknown.keys(), self.waiting()
        for step in steps:
            assert step.session not in waiting, f"{step.session} waits, and was begun"
            assert step.session not in hidden, f"{step.session} was not seen, and was begun"
            engine = None if isinstance(step.act, CreateEngine | InstallRuntime | RemoveEngine) \
                else step.act.graph.engine.key  # fmt: skip
            assert engine not in hidden, f"{engine} was not seen, and {step.session} was begun"
            live = planned.live.graphs.get(step.session)
            suspended = live and live.pointer and live.pointer.restraint.suspended
            assert not suspended or isinstance(step.act, MarkGraph), "what is suspended was begun"

    def execute(self, step: Step) -> Iterator[Progress]:
        """Do a step, as a driver does."""
        self._act(self, step)
        return iter(())

    def leave(self, session: Key) -> None:
        """Sessions hold nothing here."""


class Repository:
    """The one source that a coordinator follows, as a `Source`: documents that are never files."""

    address = Address(".", ".")
    name = ""

    def __init__(self, read: Callable[[], Documents]) -> None:
        self._read = read
        self._good: Folder | None = None

    def folder(self) -> Folder:
        """What is read from."""
        return Folder(Path(), found=self._read())

    newest = folder

    def good(self) -> Folder | None:
        """What it had when nothing was wrong with it."""
        return self._good

    def accept(self, folder: Folder) -> None:
        """Nothing is wrong with it."""
        self._good = folder

    def revision(self, folder: Folder) -> Revision:
        """What people are told of it."""
        return Revision(folder.name, folder.revision)

    def trouble(self) -> None:
        """It is always there."""


class Coordinator:
    """One process that leads or stands by. `say` is told what happens to it."""

    def __init__(self, ground: Ground, chance: random.Random, say: Callable[[str], None]) -> None:
        self.ground = ground
        self.paused = False  # its process is stopped
        self.last: Tick | None = None
        self._chance = chance
        self._say = say
        self._loop: Loop | None = None

    @property
    def turns(self) -> bool:
        """Whether it leads, as far as it knows."""
        return self._loop is not None

    def turn(self) -> float:
        """One turn, where it leads; seconds until its next one."""
        if self._loop is None and not self._leads():
            return 1.0
        assert self._loop, "it leads"
        self.last = None
        try:
            tick = self._loop.turn(("simulated",))
        except LeaseLost:
            self._say(f"{self.ground.name} learns that it does not lead any more")
            self._loop = None
            return 1.0
        except Crash:
            self._say(f"{self.ground.name} dies")
            self.die()
            return 1.0
        self.last = tick
        return self._loop.pause_s(tick)

    def die(self) -> None:
        """Its process ends; the next turn is that of a new one."""
        self._loop = None
        self.ground.world.lease.release(self.ground.epoch)

    def _leads(self) -> bool:
        world, ground = self.ground.world, self.ground
        try:
            ground.epoch = world.lease.acquire(ground.name, world.now)
        except LeaseHeld:
            return False
        self._say(f"{ground.name} leads, epoch {ground.epoch}")
        bell = Bell()
        keeper = Keeper(
            ground,
            Sources([Repository(ground.read)]),
            lambda _: None,
            lambda _: None,
            threading.Event(),
        )
        loop = Loop(keeper, bell, Orders(bell), INTERVAL_S, lambda *_: None, world.clock,
                    self._chance)  # fmt: skip
        ground.waiting = lambda: frozenset(loop.recent.of(ground.desired.revision)
                                           .waiting(world.clock()))  # fmt: skip
        self._loop = loop
        return True
