"""Servers that end soon after their start are started ever later; those that ran well at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from test_turns import MemoryDoor, turn
from worlds import GRAPH, OWNER, engine

from reconciler.loop.crashes import LOOPS, SHORT_S, Begun, Crashes
from reconciler.loop.recent import LONGEST_S, Recent
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.plan import Outcome, Plan
from reconciler.model.unit import Unit, UnitMark
from reconciler.model.wish import GraphWish

WISH = GraphWish(GRAPH, OWNER, engine(), Catalog({"P": VertexTable("k", {"k": "int64"})}))
UNIT = Unit("9", UnitMark(OWNER, "r", "/", "default", "Graph", "g", "u", "c", "d"), "up")


@dataclass
class FrailDoor(MemoryDoor):
    """Each server that is started lives for so many seconds."""

    lives_s: float = 0.0
    starts: int = 0

    def act(self, made: Plan) -> Outcome:
        outcome = super().act(made)
        (graph,) = self.world.graphs.values()
        if graph.unit:
            self.starts += 1
            graph.unit = replace(graph.unit, id=str(self.starts), started_at=self.now)
        return outcome

    def age(self, seconds: float) -> None:
        """Time goes by, and what has lived its time ends."""
        self.now += seconds
        for graph in self.world.graphs.values():
            if graph.unit and self.now - graph.unit.started_at > self.lives_s - 1e-6:
                graph.unit = None


@pytest.mark.parametrize("lives_s", [0.01, 1.0, SHORT_S - 0.1])
def test_a_server_that_ends_soon_each_time_is_started_ever_later(lives_s: float) -> None:
    door, recent, pauses, reasons = FrailDoor(WISH, lives_s=lives_s), Recent(), [], []
    while len(pauses) < 12:
        _, recent = turn(door, recent)
        turn(door, recent)  # it may have been seen alive, or not
        door.age(lives_s)
        told, recent = turn(door, recent)
        started = door.starts
        pauses.append(recent.soonest(door.now))
        reasons.append(told.waiting[GRAPH].reason)
        again, recent = turn(door, recent)
        assert GRAPH in again.waiting
        assert door.starts == started, "what waits is left alone"
        door.age(pauses[-1])
    assert pauses == pytest.approx([min(2.0**n, LONGEST_S) for n in range(12)])
    assert reasons == ["ProgressingWithRetry"] * (LOOPS - 1) + ["CrashLoop"] * (13 - LOOPS)
    assert told.waiting[GRAPH].problem.code == "ST107"


def test_one_that_ran_well_is_back_at_once_however_often_it_is_killed() -> None:
    door, recent = FrailDoor(WISH, lives_s=SHORT_S), Recent()
    for number in range(1, 30):
        _, recent = turn(door, recent)
        assert door.starts == number
        _, recent = turn(door, recent)
        door.age(SHORT_S)


def test_a_server_that_ran_well_once_is_forgiven() -> None:
    crashes = Crashes(short={GRAPH: 7})
    young = replace(UNIT, started_at=100.0)
    crashes, _ = crashes.saw({GRAPH: young}, 100.0 + SHORT_S - 0.1)
    assert crashes.short == {GRAPH: 7}
    crashes, ended = crashes.saw({GRAPH: young}, 100.0 + SHORT_S)
    assert (crashes.short, ended) == ({}, frozenset())


def test_a_graph_that_cannot_be_seen_has_lost_no_server() -> None:
    crashes, _ = Crashes().saw({GRAPH: UNIT}, 0.0)
    hidden, ended = crashes.saw({}, 1.0)
    assert (hidden, ended) == (crashes, frozenset())


def test_a_server_that_was_replaced_did_not_crash() -> None:
    crashes, _ = Crashes().saw({GRAPH: UNIT}, 0.0)
    crashes = crashes.after([GRAPH], [GRAPH], [], 1.0)
    crashes, ended = crashes.saw({GRAPH: replace(UNIT, id="10", started_at=1.0)}, 1.1)
    assert not ended
    assert crashes.running == {GRAPH: Begun("10", 1.0)}


def test_a_server_that_does_not_come_up_lives_shortest_of_all() -> None:
    crashes = Crashes()
    for _ in range(LOOPS):
        crashes = crashes.after([GRAPH], [], [GRAPH], 0.0)
    assert crashes.short == {GRAPH: LOOPS}
    _, ended = crashes.saw({GRAPH: None}, 1.0)
    assert not ended, "it is counted once"


def test_nothing_is_concluded_from_a_clock_that_was_set_back() -> None:
    crashes, _ = Crashes().saw({GRAPH: replace(UNIT, started_at=1000.0)}, 1001.0)
    _, ended = crashes.saw({GRAPH: None}, 500.0)
    assert not ended


def test_with_other_documents_a_server_that_crashed_is_tried_at_once() -> None:
    crashes, _ = Crashes({GRAPH: Begun("", 0.0)}, {GRAPH: 9}).saw({GRAPH: None}, 1.0)
    recent = Recent("old", crashes=crashes).saw({}, (), 1.0).of("new")
    assert not recent.waiting(1.0)
    assert not recent.crashes.short
