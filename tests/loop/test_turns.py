"""The loop's turns on a world in memory: what fails is tried later, what is fought is left."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import GRAPH, OWNER, PROJECT, engine, plan, wishes

from reconciler.engines.neug import TRAITS
from reconciler.loop.bell import Bell
from reconciler.loop.crashes import Servers
from reconciler.loop.loop import SHORTEST_S, Loop
from reconciler.loop.orders import Orders
from reconciler.loop.recent import LONGEST_S, TURNS, Recent, after
from reconciler.loop.tick import Tick, tick
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.event import Event, Started
from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan, Request
from reconciler.model.problem import Problem
from reconciler.model.step import RemoveCopy, Step
from reconciler.model.waiting import Waiting
from reconciler.model.wish import GraphWish
from reconciler.planner import World, make_plan
from reconciler.testing.memory import MemoryWorld


@dataclass
class MemoryDoor:
    """One graph in a world in memory; its acts fail as often as a test says."""

    wish: GraphWish
    world: MemoryWorld = field(default_factory=lambda: MemoryWorld(OWNER))
    failures: int = 0
    now: float = 0.0
    acted: int = 0
    hidden: tuple[Key, ...] = ()
    happened: Callable[[Event], None] = lambda _: None

    def look(self, request: Request) -> Plan:
        return plan(self.wish, self.world.snapshot(self.now), request)

    def servers(self) -> Servers:
        return {graph.key: graph.unit for graph in self.world.graphs.values()
                if graph.pointer and graph.pointer.mode == "served"}  # fmt: skip

    def unseen(self) -> Collection[Key]:
        return self.hidden

    def act(self, made: Plan) -> Outcome:
        self.acted += 1
        done: list[str] = []
        for step in (*made.steps, *made.housekeeping):
            if self.failures and step.session == GRAPH:
                self.failures -= 1
                return Outcome(tuple(done), {step.id: (Problem("error", "no", "XX100"),)})
            self.happened(Started(step.id, step.session, ""))
            self.world.do(step.act)
            done.append(step.id)
        return Outcome(tuple(done))


def turn(door: MemoryDoor, recent: Recent, wait_s: float = 0.0):
    door.now += wait_s
    return tick(door, recent, door.now, 0.0)


@given(wishes(), st.integers(0, 12))
def test_a_graph_that_fails_is_tried_again_ever_later_until_it_is_as_declared(
    wish, failures
) -> None:
    door, recent = MemoryDoor(wish, failures=failures), Recent()
    pauses = []
    for _ in range(failures + 2):
        told, recent = turn(door, recent)
        if told.settled:
            break
        if GRAPH in told.waiting:
            left = recent.soonest(door.now)
            assert left is not None
            pauses.append(left)
            before = door.acted
            again, recent = turn(door, recent)
            assert GRAPH in again.waiting
            assert door.acted == before, "what waits is left alone"
            door.now += left
    assert told.settled
    assert len(pauses) == failures
    assert pauses == sorted(pauses)
    assert all(pause <= LONGEST_S for pause in pauses)


@given(wishes(), wishes())
def test_a_change_that_somebody_undoes_each_time_is_left_after_three_turns(mine, other) -> None:
    door, recent = MemoryDoor(mine), Recent()
    _, recent = turn(door, recent)
    theirs = MemoryDoor(other, door.world)
    if not theirs.look(Request()).changes:
        return
    for _ in range(TURNS + 2):
        turn(theirs, Recent(), 1.0)
        told, recent = turn(door, recent, 1.0)
    if told.refused or not plan(mine, door.world.snapshot(door.now)).changes:
        return  # what would lose data waits for a person anyway
    assert {wait.reason for wait in told.waiting.values()} == {"Oscillating"}
    before = door.acted
    turn(door, recent, 1.0)
    assert door.acted == before, "what is fought is left alone"
    turn(door, recent.of("another revision"), 1.0)
    assert not plan(mine, door.world.snapshot(door.now)).changes, "other documents: tried at once"


def test_after_something_was_done_the_loop_looks_at_once() -> None:
    wish = GraphWish(GRAPH, OWNER, engine(), Catalog({"P": VertexTable("k", {"k": "int64"})}))
    found = []
    bell = Bell()
    loop = Loop(
        MemoryDoor(wish), bell, Orders(bell), 30.0, lambda told, _: found.append(told.result)
    )
    first = loop.turn(("start",))
    assert loop.pause_s(first) < 1.0
    second = loop.turn(("interval",))
    assert found == ["applied", "settled"]
    assert 20.0 < loop.pause_s(second) < 40.0


def test_what_cannot_be_seen_is_looked_at_again_soon_and_ever_later_while_it_stays_so() -> None:
    door, bell = MemoryDoor(None, hidden=(GRAPH,)), Bell()
    loop = Loop(door, bell, Orders(bell), 30.0, lambda *_: None, clock=lambda: 1000.0)
    pauses = [loop.pause_s(loop.turn(("interval",))) for _ in range(7)]
    assert pauses[:5] == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert all(20.0 < pause < 40.0 for pause in pauses[5:]), "no seldomer than everything is"
    door.hidden = (GRAPH.sibling("Graph", "other"),)
    assert loop.pause_s(loop.turn(("interval",))) == 1.0
    door.hidden = ()
    assert loop.pause_s(loop.turn(("interval",))) > 20.0


@pytest.mark.parametrize(
    ("took_s", "pause_s"), [(0.0, 1.0), (0.4, 0.6), (1.0, SHORTEST_S), (9.0, SHORTEST_S)]
)
def test_what_is_due_before_a_turn_ends_is_not_slept_over(took_s: float, pause_s: float) -> None:
    waits = {GRAPH: Waiting("ProgressingWithRetry", 1001.0, 1, since=1000.0)}
    bell = Bell()
    loop = Loop(MemoryDoor(None), bell, Orders(bell), 3600.0, lambda *_: None,
                clock=lambda: 1000.0 + took_s, recent=Recent(waits=waits))  # fmt: skip
    told = Tick(1000.0, "", "", "settled", waiting=waits)
    assert loop.pause_s(told) == pytest.approx(pause_s)


def test_a_clock_that_is_set_back_makes_nothing_wait_longer() -> None:
    waits = {GRAPH: Waiting("ProgressingWithRetry", 1300.0, 9, since=1000.0)}
    recent = Recent(waits=waits)
    assert set(recent.waiting(1299.0)) == {GRAPH}
    assert recent.soonest(1000.0) == 300.0
    for now in (1300.0, 999.0, -1e9):
        assert not recent.waiting(now)
        assert recent.soonest(now) is None


def test_too_many_deletes_wait_for_a_person_and_a_dead_server_does_not() -> None:
    wish = GraphWish(GRAPH, OWNER, engine(), Catalog({"P": VertexTable("k", {"k": "int64"})}))
    keys = [Key("default", "Graph", name) for name in "abcdefhijklm"]
    door = ManyDoor({key: replace(wish, key=key) for key in (GRAPH, *keys)})
    tick(door, Recent(), 0.0, 0.0)
    door.wishes = {GRAPH: wish}
    mine = next(graph for graph in door.world.graphs.values() if graph.key == GRAPH)
    mine.unit = None
    told, _ = tick(door, Recent(), 1.0, 0.0)
    assert {problem.code for problem in told.refused} == {"DS105"}
    assert mine.unit is not None
    assert len(door.world.graphs) == 1 + len(keys)


def test_tidying_up_that_fails_is_tried_ever_later_too() -> None:
    step = Step("Graph/g 1 RemoveCopy", GRAPH, GRAPH, RemoveCopy(None, "old"))
    outcome = Outcome((), {step.id: (Problem("error", "no", "XX100"),)})
    recent = after(Recent(), Plan(OWNER, housekeeping=(step,)), outcome, 5.0, 0.0)
    assert recent.waiting(5.0)[GRAPH].reason == "ProgressingWithRetry"


@dataclass
class ManyDoor:
    """Several graphs on one engine."""

    wishes: dict[Key, GraphWish]
    world: MemoryWorld = field(default_factory=lambda: MemoryWorld(OWNER))

    def look(self, request: Request) -> Plan:
        engines = {wish.engine.key: wish.engine for wish in self.wishes.values()}
        return make_plan(World(PROJECT, engines, self.wishes, self.world.snapshot(0.0),
                               {"neug": TRAITS}, request))  # fmt: skip

    def servers(self) -> Servers:
        return {}

    def unseen(self) -> Collection[Key]:
        return ()

    def act(self, made: Plan) -> Outcome:
        for step in made.steps:
            self.world.do(step.act)
        return Outcome(tuple(step.id for step in made.steps))
