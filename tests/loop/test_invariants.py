"""The twelve invariants of the state machine, each by its number and its sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
import test_quota as quotas
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation import simulate
from simulation.story import Story
from test_turns import MemoryDoor, turn
from worlds import ENGINE, GRAPH, OWNER, plan, wishes

from reconciler.lease import LeaseLost
from reconciler.loop.recent import TURNS, Recent
from reconciler.model.key import Owner
from reconciler.model.plan import Request
from reconciler.model.problem import Problem
from reconciler.model.status import Phase
from reconciler.model.step import BuildCopy, VerifyCopy
from reconciler.planner.phase import statuses
from reconciler.planner.scene import Scene
from reconciler.testing.memory import MemoryWorld

HIDDEN = Problem("error", "does not answer", "ST100")
FEW = settings(max_examples=40)


def settled(wish) -> MemoryDoor:
    """A world that is as this wish says."""
    door, recent = MemoryDoor(wish), Recent()
    for _ in range(2):
        _, recent = turn(door, recent)
    return door


def scene(wish, live) -> Scene:
    return Scene({ENGINE: wish.engine}, {GRAPH: wish}, live, plan(wish, live))


@FEW
@given(wishes(), st.randoms(use_true_random=False))
def test_01_the_phase_is_total_and_deterministic_and_the_order_of_units_does_not_matter(
    wish, chance
) -> None:
    live = settled(wish).world.snapshot(1.0)
    graph = live.graphs[GRAPH]
    strays = [replace(graph.unit, id=str(n)) for n in range(3)] if graph.unit else []
    told = set()
    for _ in range(3):
        chance.shuffle(strays)
        seen = replace(live, graphs={GRAPH: replace(graph, strays=tuple(strays))})
        found = statuses(scene(wish, seen))
        assert found.keys() == scene(wish, seen).keys()
        told.add(tuple(found.items()))
    assert len(told) == 1


@FEW
@given(wishes(), st.none() | wishes(), st.sets(st.sampled_from([ENGINE, GRAPH]), min_size=1))
def test_02_what_is_unknown_causes_no_step_at_all(first, second, hidden) -> None:
    live = settled(first).world.snapshot(1.0)
    seen = replace(live, graphs={}, engines={} if ENGINE in hidden else live.engines,
                   unknown=dict.fromkeys(hidden, HIDDEN))  # fmt: skip
    assert not {step.session for step in plan(second, seen).steps} & hidden


@FEW
@given(wishes(), wishes())
def test_03_after_an_apply_the_plan_is_empty(first, second) -> None:
    world = settled(first).world
    for step in plan(second, world.snapshot(2.0)).steps:
        world.do(step.act)
    again = plan(second, world.snapshot(2.0))
    assert (again.changes, again.steps) == ((), ())


@FEW
@given(wishes())
def test_04_two_turns_are_one(wish) -> None:
    door = settled(wish)
    before = door.acted
    told, _ = turn(door, Recent())
    assert (told.result, door.acted) == ("settled", before)


@FEW
@given(wishes(mode="served"))
def test_05_what_is_ready_needs_nothing_that_is_not(wish) -> None:
    live = settled(wish).world.snapshot(1.0)
    mine = live.graphs[GRAPH]
    other = replace(wish, key=GRAPH.sibling("Graph", "a"), needs=frozenset({GRAPH}))
    graphs = {GRAPH: replace(mine, unit=None), other.key: replace(mine, key=other.key, uid="a")}
    seen = replace(live, graphs=graphs)
    found = statuses(Scene({ENGINE: wish.engine}, {GRAPH: wish, other.key: other}, seen,
                           plan(wish, live)))  # fmt: skip
    assert found[GRAPH].phase is Phase.FAILED
    assert found[other.key].phase is Phase.DEGRADED


@FEW
@given(wishes(), wishes())
def test_06_while_a_graph_changes_its_old_copy_or_its_new_one_answers_whole(first, second) -> None:
    world = settled(first).world
    made = plan(second, world.snapshot(2.0), Request(allow_deletes=True))
    (uid,) = world.graphs
    for step in made.steps:
        before = world.serving(uid)
        world.do(step.act)
        after = world.serving(uid)
        assert after is not None
        assert after.verified
        assert after is before or "Switch" in step.id


@FEW
@given(wishes())
def test_07_what_is_protected_or_not_ours_is_never_stopped(wish) -> None:
    world = settled(replace(wish, protect=True)).world
    made = plan(None, world.snapshot(2.0), Request(allow_deletes=True))
    assert "DS104" in {problem.code for problem in made.refusals}
    world.owner = Owner("q", "default", "zyxwvuts")
    live = world.snapshot(2.0)
    foreign = {key: replace(engine, ours=False) for key, engine in live.engines.items()}
    assert not plan(None, replace(live, engines=foreign)).steps


@pytest.mark.parametrize("seed", range(20))
def test_08_one_writes_and_one_that_slept_through_its_lease_is_refused(seed: int) -> None:
    story = Story(seed)
    ground = story.ground("somebody")
    ground.epoch = story.world.lease.acquire("somebody", story.world.now)
    steps = ground.plan(Request()).plan.steps
    story.world.now += 60.0
    story.world.lease.acquire("another", story.world.now)
    for step in steps:
        with pytest.raises(LeaseLost):
            story.world.do(step, ground.epoch)
    assert story.world.acts == 0


@FEW
@given(wishes(mode="served"), wishes(mode="served"))
def test_09_one_server_answers_for_a_graph_and_from_the_copy_that_its_pointer_names(
    first, second
) -> None:
    world = settled(first).world
    for step in plan(second, world.snapshot(2.0), Request(allow_deletes=True)).steps:
        world.do(step.act)
        (graph,) = world.graphs.values()
        assert graph.unit is not None
        assert graph.unit.copy == graph.pointer.copy


@FEW
@given(wishes(), wishes(), st.lists(st.integers(0, 12), max_size=4))
def test_10_a_crash_between_any_two_acts_converges_with_each_load_done_once(
    first, second, crashes
) -> None:
    world = settled(first).world
    world.fills.clear()
    for crash in (*crashes, None):
        for step in plan(second, world.snapshot(2.0)).steps[:crash]:
            world.do(step.act)
    assert not plan(second, world.snapshot(2.0)).changes
    assert len(world.fills) == len(set(world.fills))


@FEW
@given(wishes(), wishes())
def test_11_without_news_every_story_ends_and_a_fight_is_seen_within_three_turns(
    mine, other
) -> None:
    door, theirs, recent = settled(mine), MemoryDoor(other), Recent()
    theirs.world = door.world
    for _ in range(TURNS + 1):
        turn(theirs, Recent(), 1.0)
        told, recent = turn(door, recent, 1.0)
    left = plan(mine, door.world.snapshot(door.now))
    assert told.refused or told.waiting or not left.changes
    assert {wait.reason for wait in told.waiting.values()} <= {"Oscillating"}


@pytest.mark.parametrize("seed", range(10_000, 10_030))
def test_11_without_news_every_story_ends(seed: int) -> None:
    simulate(seed)


@FEW
@given(st.sets(st.sampled_from("abc")), st.integers(0, 5))
def test_12_a_quota_holds_at_every_moment_of_what_is_let_in(lives, room) -> None:
    limit = len(lives) + room
    world, wished = MemoryWorld(OWNER), quotas.graphs("abcd", catalog="PQ")
    if lives:
        for step in quotas.planned(quotas.graphs("".join(lives)), world.snapshot()).steps:
            world.do(step.act)
    live = world.snapshot()
    made = quotas.planned(wished, live)
    found = quotas.judged(made, live, memory=f"{limit}Mi")
    out = {problem.address for problem in found.refusals}
    for step in (step for step in made.steps if str(step.session) not in out):
        world.do(step.act)
        being_built = isinstance(step.act, BuildCopy | VerifyCopy)
        units = sum(graph.unit is not None for graph in world.graphs.values())
        assert units + being_built <= limit, "both generations count"
