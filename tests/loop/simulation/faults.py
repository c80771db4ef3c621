"""What becomes of an act that somebody wants done: mostly it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.contracts import StepFailed
from reconciler.model.problem import Problem
from reconciler.model.step import Step, Switch

from .coordinator import Crash, Ground
from .events import MEANWHILE
from .lease import TTL_S

if TYPE_CHECKING:
    from .story import Story


class Faults:
    """Draws a fate for each act. `rates` says how likely each fault is."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.rates: dict[str, float] = {}
        self.draw()

    def draw(self) -> None:
        """Other rates: some stories have much of one fault, and few have some of all."""
        chance = self._story.chance
        self.rates = {name: chance.choice((0.0, 0.0, 0.0, 0.05, 0.25)) for name in FATES}

    def none(self, ground: Ground, step: Step) -> None:
        """An act that goes well."""
        self._story.world.do(step, ground.epoch)

    def act(self, ground: Ground, step: Step) -> None:
        """An act with its fate. Raises StepFailed, LeaseLost, Crash."""
        story = self._story
        if step.session in story.world.cursed:
            raise _failed(step, "its disk is broken")
        name = next((n for n, rate in self.rates.items() if rate and story.chance.random() < rate),
                    "")  # fmt: skip
        story.say(f"{ground.name} {step.id}{f': {name}' if name else ''}")
        FATES.get(name, _goes_well)(story, ground, step)


def _goes_well(story: Story, ground: Ground, step: Step) -> None:
    story.world.do(step, ground.epoch)


def _fails(story: Story, ground: Ground, step: Step) -> None:
    raise _failed(step, "no room on the disk")


def _done_and_not_told(story: Story, ground: Ground, step: Step) -> None:
    story.world.do(step, ground.epoch)
    raise _failed(step, "no answer within a minute")


def _dies_before(story: Story, ground: Ground, step: Step) -> None:
    raise Crash


def _dies_after(story: Story, ground: Ground, step: Step) -> None:
    story.world.do(step, ground.epoch)
    raise Crash


def _dies_within(story: Story, ground: Ground, step: Step) -> None:
    """Between the pointer and the server."""
    story.world.do(step, ground.epoch, half=True)
    raise Crash


def _no_server(story: Story, ground: Ground, step: Step) -> None:
    """The new copy's server does not come up: the one before answers, and the wish is held."""
    act = step.act
    graph = story.world.memory.graphs.get(act.graph.uid) if isinstance(act, Switch) else None
    if graph is None or graph.pointer is None or act.pointer.mode != "served":
        story.world.do(step, ground.epoch)
        return
    story.world.lease.check(ground.epoch)
    graph.pointer = replace(graph.pointer, held=act.refused)
    raise _failed(step, "its server did not come up")


def _slow(story: Story, ground: Ground, step: Step) -> None:
    """It takes minutes, and the lease is renewed meanwhile."""
    story.let_pass(story.chance.choice((10.0, 100.0, 1000.0)))
    story.world.do(step, ground.epoch)


def _meanwhile(story: Story, ground: Ground, step: Step) -> None:
    """The world goes on while it is done."""
    story.chance.choice(MEANWHILE)(story)
    story.world.do(step, ground.epoch)


def _sleeps(story: Story, ground: Ground, step: Step) -> None:
    """The process is stopped right before it writes, and another one may lead meanwhile."""
    story.sleep(ground, TTL_S * story.chance.choice((0.5, 1.5)))
    story.world.do(step, ground.epoch)


FATES: dict[str, Callable[[Story, Ground, Step], None]] = {
    "fails": _fails,
    "its answer is lost": _done_and_not_told,
    "dies before": _dies_before,
    "dies after": _dies_after,
    "dies within": _dies_within,
    "its server does not come up": _no_server,
    "is slow": _slow,
    "is not alone": _meanwhile,
    "sleeps": _sleeps,
}


def _failed(step: Step, says: str) -> StepFailed:
    return StepFailed(Problem("error", f"{step.key}: {says}", "XX100", address=str(step.key)))
