"""An engine that fails as a whole is tried by one thing at a time, and none is acted on without end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from worlds import ENGINE, OWNER, PROJECT, engine

from reconciler.engines.neug import TRAITS
from reconciler.loop.crashes import Servers
from reconciler.loop.engines import BROKEN, BUDGET, PER_S
from reconciler.loop.recent import LONGEST_S, Recent
from reconciler.loop.tick import Tick, tick
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan, Request
from reconciler.model.problem import Problem
from reconciler.model.wish import GraphWish
from reconciler.planner import World, make_plan
from reconciler.testing.memory import MemoryWorld

NAMES = ("a", "b", "c", "d", "e")


def key(name: str) -> Key:
    return Key("default", "Graph", name)


@dataclass
class Engine:
    """Graphs of one engine in memory; acts for some of them end with that problem."""

    names: list[str] = field(default_factory=lambda: list(NAMES))
    broken: dict[str, str] = field(default_factory=dict)  # the code, by graph
    world: MemoryWorld = field(default_factory=lambda: MemoryWorld(OWNER))
    now: float = 1000.0
    recent: Recent = field(default_factory=Recent)
    tried: list[str] = field(default_factory=list)  # in the last turn
    width: int = 0

    def look(self, request: Request) -> Plan:
        own = {"k": "int64", **{f"p{n}": "int64" for n in range(self.width)}}
        catalog = Catalog({"P": VertexTable("k", own)})
        graphs = {key(n): GraphWish(key(n), OWNER, engine(), catalog) for n in self.names}
        live = self.world.snapshot(self.now)
        return make_plan(
            World(PROJECT, {ENGINE: engine()}, graphs, live, {"neug": TRAITS}, request)
        )

    def servers(self) -> Servers:
        return {}

    def unseen(self) -> Collection[Key]:
        return ()

    def act(self, made: Plan) -> Outcome:
        done, failed = [], {}
        for step in made.steps:
            name = step.session.name
            if step.session.kind == "Graph" and name not in self.tried:
                self.tried.append(name)
            if any(made_.session == step.session for made_ in made.steps if made_.id in failed):
                continue
            if step.session.kind == "Graph" and name in self.broken:
                failed[step.id] = (Problem("error", "no", self.broken[name]),)
                continue
            self.world.do(step.act)
            done.append(step.id)
        return Outcome(tuple(done), failed)

    def turn(self, wait_s: float = 0.0) -> Tick:
        self.now += wait_s
        self.tried = []
        found, self.recent = tick(self, self.recent, self.now, 0.0)
        return found


@pytest.mark.parametrize("code", ["OS100", "ST100", "ST103"])
def test_an_engine_that_fails_as_a_whole_is_tried_by_one_thing_at_a_time(code: str) -> None:
    world = Engine(broken=dict.fromkeys(NAMES, code))
    world.turn()
    assert sorted(world.tried) == list(NAMES)
    probes: list[str] = []
    for _ in range(12):
        told = world.turn(LONGEST_S)
        assert len(world.tried) == 1, "one is tried"
        assert {key(n) for n in NAMES} <= told.waiting.keys() | {key(world.tried[0])}
        probes += world.tried
    assert set(probes) == set(NAMES), "and not always the same"
    world.broken.clear()
    world.turn(LONGEST_S)
    assert len(world.tried) == 1
    world.turn(0.1)
    assert len(world.tried) == len(NAMES) - 1, "it works again: all others are tried at once"
    assert world.turn(0.1).settled


def test_what_did_not_fail_is_not_held_up_by_an_engine_that_fails() -> None:
    world = Engine(broken=dict.fromkeys(NAMES, "OS100"))
    world.turn()
    world.names.append("new")
    world.turn(0.1)
    assert world.tried == ["new"]
    world.turn(0.1)
    assert sorted(world.tried) == list(NAMES), "and it tells that the engine works"


def test_why_it_is_left_alone_is_told() -> None:
    world = Engine(broken=dict.fromkeys(NAMES, "OS100"))
    world.turn()
    told = world.turn(LONGEST_S)
    left = [w.problem for w in told.waiting.values() if w.problem and w.problem.code == "ST108"]
    assert len(left) == len(NAMES) - 1
    assert all("5 things of Engine/main failed" in problem.summary for problem in left)


@pytest.mark.parametrize(("broken", "code"), [(NAMES, "LD201"), (NAMES[: BROKEN - 1], "OS100")])
def test_things_that_fail_by_themselves_each_wait_for_themselves(broken, code: str) -> None:
    world = Engine(broken=dict.fromkeys(broken, code))
    world.turn()
    world.turn(LONGEST_S)
    assert sorted(world.tried) == sorted(broken)


def test_what_went_well_between_tells_that_it_is_not_the_engine() -> None:
    world = Engine(broken={"a": "OS100", "b": "OS100"})
    world.turn()
    world.broken["c"] = "OS100"
    world.width = 1
    world.turn(LONGEST_S)
    assert sorted(world.tried) == list(NAMES)
    world.turn(LONGEST_S)
    assert sorted(world.tried) == ["a", "b", "c"], "two went well: each of these is tried"


def test_an_engine_is_acted_on_only_so_often() -> None:
    world = Engine(names=["a"])
    acted = 0
    for width in range(BUDGET + 5):
        world.width = width
        world.recent = world.recent.of(str(width))  # other documents each time: nothing is fought
        world.turn(0.01)
        acted += bool(world.tried)
    assert acted == BUDGET
    told = world.turn(0.01)
    assert {w.problem.code for w in told.waiting.values() if w.problem} == {"ST109"}
    world.turn(PER_S)
    assert world.tried == ["a"], "and then again"
