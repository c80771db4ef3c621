"""One story: a world, two coordinators, people, and what goes wrong, all by one seed."""

from __future__ import annotations

import random
import threading

from reconciler.lease import LeaseHeld
from reconciler.model.plan import Request

from .calm import check_calm
from .coordinator import Coordinator, Ground
from .documents import declared
from .events import EVENTS
from .faults import Faults
from .world import SimulatedWorld

MOST_EVENTS = 16


class Story:
    """Everything that is told, in `trace`."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.trace: list[str] = []
        self.world = SimulatedWorld()
        self.documents = declared(self.chance)
        self.history = [self.documents]
        self.faults = Faults(self)
        self.pair = [Coordinator(self.ground(name), self.chance, self.say) for name in "AB"]

    def say(self, text: str) -> None:
        """One more line of the trace."""
        self.trace.append(f"{self.world.now - 1_000_000:9.2f} {text}")

    def run(self) -> None:
        """Tell it to its end. Raises AssertionError where something is done that never may be."""
        for _ in range(self.chance.randint(4, MOST_EVENTS)):
            if self.chance.random() < 0.7:
                self.chance.choice(EVENTS)(self)
            self.turn()
        check_calm(self)

    def turn(self) -> None:
        """One of them gets its turn, and then time goes by."""
        who = self.chance.choice(self.pair)
        if not who.paused:
            pause = who.turn()
            self.let_pass(self.chance.choice((0.1, pause, pause, 5.0)))

    def let_pass(self, seconds: float) -> None:
        """Time goes by; whoever leads and is not stopped renews its lease."""
        self.world.now += seconds
        asleep = {who.ground.name for who in self.pair if who.paused}
        if self.world.lease.holder not in asleep:
            self.world.lease.renewed = self.world.now

    def sleep(self, ground: Ground, seconds: float) -> None:
        """A coordinator is stopped for so long; the other one has its turns."""
        who, other = sorted(self.pair, key=lambda one: one.ground is not ground)
        if other.paused:
            return
        who.paused = True
        self.let_pass(seconds)
        for _ in range(self.chance.randint(1, 3)):
            self.let_pass(other.turn())
        who.paused = False
        self.say(f"{ground.name} wakes up")

    def person(self, request: Request) -> None:
        """A person's command, where nobody writes."""
        ground = self.ground("a person")
        try:
            ground.epoch = self.world.lease.acquire(ground.name, self.world.now)
        except LeaseHeld:
            return
        planned = ground.plan(request)
        if planned.plan.refusals:
            self.say(f"a person asks, and is refused: {planned.plan.refusals[0].summary}")
        else:
            self.say(f"a person asks: {[step.id for step in planned.plan.steps]}")
            self.world.allowed = request.allow_deletes
            ground.apply(planned, lambda _: None, threading.Event())
            self.world.allowed = False
        self.world.lease.release(ground.epoch)

    def ground(self, name: str) -> Ground:
        """What somebody stands on; only coordinators meet faults."""
        act = self.faults.act if name in "AB" else self.faults.none
        return Ground(name, self.world, lambda: self.documents, act)


def simulate(seed: int) -> Story:
    """The story of a seed. What goes wrong carries its trace as a note."""
    story = Story(seed)
    try:
        story.run()
    except Exception as error:
        error.add_note("\n".join((f"seed {seed}:", *story.trace)))
        raise
    return story
