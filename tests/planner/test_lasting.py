"""A plan that is given again is the plan that would be made: time alone changed nothing of it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import apply
from worlds import ENGINE, GRAPH, OWNER, PROJECT, wishes

from reconciler.engines.neug import TRAITS
from reconciler.model.policy import Approval
from reconciler.planner import World, holds_until, make_plan
from reconciler.steady import Steady
from reconciler.testing.memory import MemoryWorld


def worlds(wish, live) -> World:
    return World(PROJECT, {ENGINE: wish.engine}, {GRAPH: wish}, live, {"neug": TRAITS})


@settings(max_examples=150)
@given(
    st.lists(st.tuples(wishes(), st.none() | st.integers(0, 12)), min_size=1, max_size=4),
    st.floats(-50, 500),
)
def test_a_plan_is_the_same_at_each_moment_that_it_holds(history, later) -> None:
    world, now = MemoryWorld(OWNER), 0.0
    for wish, crash_after in history:
        now += 1
        apply(world, wish, now, crash_after)
    seen = worlds(history[-1][0], world.snapshot(now))
    made, until = make_plan(seen), holds_until(seen, make_plan(seen))
    moment = now + later
    if moment <= until:
        assert make_plan(replace(seen, live=replace(seen.live, now=moment))) == made
    if made.steps or made.housekeeping:
        assert until < now, "steps tell when they were planned"


@settings(max_examples=50)
@given(wishes())
def test_a_kept_copy_that_expires_is_seen_though_nothing_else_changed(wish) -> None:
    """`keepPrevious` is 0 or 100 s in these worlds: past both a copy before must be removed."""
    world = MemoryWorld(OWNER)
    apply(world, wish, 1.0)
    apply(world, replace(wish, engine=replace(wish.engine, version="0.2.1")), 2.0)
    again = replace(wish, engine=replace(wish.engine, version="0.2.1"))
    steady, live = Steady(), world.snapshot(3.0)
    seen = worlds(again, live)
    for now in (3.0, 4.0, 101.5, 103.0, 500.0):
        moved = replace(seen, live=replace(live, now=now))
        assert steady.plan(moved) == make_plan(moved)


@settings(max_examples=50)
@given(wishes())
def test_the_same_world_is_planned_once_and_another_one_anew(wish) -> None:
    world, steady = MemoryWorld(OWNER), Steady()
    apply(world, wish, 1.0)
    seen = worlds(wish, world.snapshot(2.0))
    made = steady.plan(seen)
    later = replace(seen, live=replace(seen.live, now=3.0))
    assert (steady.plan(later) is made) == (holds_until(seen, made) >= 3.0)
    gone = replace(seen, live=replace(seen.live, graphs={}))
    assert steady.plan(gone).steps, "what is gone is made again"
    assert steady.plan(seen) == made
    agreed = replace(seen, approvals=(Approval("Graph/g", "x", "me", 1.0, 9.0),))
    assert steady.plan(agreed) == make_plan(agreed)
