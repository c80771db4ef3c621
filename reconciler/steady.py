"""A world that stays as it is, is planned once: what a look finds the same is not derived again."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.kept import Before, Kept
from reconciler.model.key import Key
from reconciler.model.plan import Plan, Request
from reconciler.model.problem import Problem
from reconciler.model.resource import Desired
from reconciler.model.traits import Traits
from reconciler.model.wish import EngineWish, GraphWish
from reconciler.planner import (
    PlaceOf,
    World,
    engine_wishes,
    graph_wishes,
    holds_until,
    make_plan,
)

Engines = Mapping[Key, EngineWish]
Graphs = Mapping[Key, GraphWish]


class Steady:
    """Wishes and plans of one environment, one after another. For one thread.

    A plan is given again only while every part of its world is the very object that it was made
    of, and while time alone changes nothing of it (`holds_until`).
    """

    def __init__(self) -> None:
        self._engines: Engines = {}
        self._desired: Desired | None = None
        self._graphs: Kept[Graphs] = Kept()
        self._plan: Kept[Plan] = Kept()
        self._until = float("-inf")
        self._traits: Before[Mapping[str, Traits]] = Before()
        self._notes: Before[tuple[Problem, ...]] = Before()
        self._revision: Before[str] = Before()

    def wishes(self, desired: Desired, place_of: PlaceOf) -> tuple[Engines, Graphs]:
        """The engines and graphs as declared."""
        engines = engine_wishes(desired, place_of)  # each time: their places may be others
        if desired is not self._desired or engines != self._engines:
            self._desired, self._engines = desired, engines
        if not (engines := self._engines):
            return {}, {}
        return engines, self._graphs.get(lambda: graph_wishes(desired, engines), desired, engines)

    def plan(self, world: World) -> Plan:
        """As `make_plan`. What people ask for, or agreed to, is planned each time."""
        if world.request != Request() or world.policies.wishes or world.approvals:
            return make_plan(world)
        live = world.live
        if live.now > self._until:
            self._plan = Kept()
        plan = self._plan.get(
            lambda: make_plan(world), world.project, world.engines, world.graphs, live.engines,
            live.graphs, live.unknown, live.twins, live.problems,
            self._traits.or_new(world.traits), self._revision.or_new(world.revision),
            self._notes.or_new(world.notes))  # fmt: skip
        self._until = holds_until(world, plan)
        return plan
