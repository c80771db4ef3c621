"""Orders are done by the loop's thread, once, and not at all where they were withdrawn."""

from __future__ import annotations

import threading

import pytest
from test_turns import MemoryDoor
from worlds import GRAPH, OWNER, engine

from reconciler.loop.bell import Bell
from reconciler.loop.loop import Loop
from reconciler.loop.orders import Busy, NotDone, Orders
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.event import Started
from reconciler.model.plan import Plan, Request
from reconciler.model.wish import GraphWish

WISH = GraphWish(GRAPH, OWNER, engine(), Catalog({"P": VertexTable("k", {"k": "int64"})}))
SUSPEND = Request(suspend=frozenset({GRAPH}), by="ada")


def settled() -> tuple[MemoryDoor, Orders]:
    door, bell = MemoryDoor(WISH), Bell()
    Loop(door, bell, Orders(bell), 30.0, lambda *_: None).turn(("start",))
    return door, Orders(bell)


def test_an_order_is_done_and_the_next_finds_nothing_to_do() -> None:
    door, orders = settled()
    first, second = orders.put(SUSPEND, None), orders.put(SUSPEND, None)
    orders.fulfil(door)
    assert first.result(0).done
    assert not second.result(0).done


def test_what_is_done_of_an_order_is_told_first_its_plan_and_then_each_event() -> None:
    door, orders = settled()
    told = []
    door.happened = orders.happened
    order = orders.put(SUSPEND, None, told.append)
    orders.happened(Started("x", GRAPH, "of a turn before"))
    orders.fulfil(door)
    orders.happened(Started("x", GRAPH, "of a turn after"))
    plan, *events = told
    assert isinstance(plan, Plan)
    assert [event.step for event in events] == list(order.result(0).done)


def test_an_order_that_was_withdrawn_is_not_done() -> None:
    door, orders = settled()
    assert orders.put(SUSPEND, None).cancel()
    before = door.acted
    orders.fulfil(door)
    assert door.acted == before


def test_an_order_for_a_plan_that_was_shown_is_not_done_where_it_is_another_by_now() -> None:
    door, orders = settled()
    shown = door.look(SUSPEND).fingerprint
    good, bad = orders.put(SUSPEND, shown), orders.put(SUSPEND, shown)
    orders.fulfil(door)
    assert good.result(0).done
    with pytest.raises(NotDone) as told:
        bad.result(0)
    assert told.value.problems[0].code == "PX104"


def test_there_are_only_so_many_and_withdrawn_ones_make_room() -> None:
    _, orders = settled()
    put = [orders.put(SUSPEND, None) for _ in range(16)]
    with pytest.raises(Busy):
        orders.put(SUSPEND, None)
    put[3].cancel()
    orders.put(SUSPEND, None)


def test_a_loop_that_ends_tells_those_who_wait() -> None:
    door, bell = MemoryDoor(WISH), Bell()
    orders, stop = Orders(bell), threading.Event()
    waits = orders.put(SUSPEND, None)
    stop.set()
    Loop(door, bell, orders, 30.0, lambda *_: None).run(stop)
    with pytest.raises(NotDone) as told:
        waits.result(0)
    assert told.value.problems[0].code == "CO101"


def test_what_is_put_while_it_runs_is_done_before_the_next_turn() -> None:
    door, bell = MemoryDoor(WISH), Bell()
    orders, stop = Orders(bell), threading.Event()
    waits = []

    def told(tick, reasons):
        if not waits:
            waits.append(orders.put(SUSPEND, None))
        elif waits[0].done():
            stop.set()
            bell.ring("stop")

    Loop(door, bell, orders, 30.0, told).run(stop)
    assert waits[0].result(0).done


def test_an_order_that_breaks_is_told_so_and_breaks_the_loop() -> None:
    _, orders = settled()

    class Broken(MemoryDoor):
        def look(self, request: Request) -> Plan:  # noqa: ARG002  as a Door has it
            raise OSError("no disk")

    waits = orders.put(SUSPEND, None)
    with pytest.raises(OSError):
        orders.fulfil(Broken(WISH))
    with pytest.raises(OSError):
        waits.result(0)
