"""`strategy: recreate`: what answers goes first, and all of it is told; a crash loses no name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_laws import EXAMPLE, answers_as, apply
from worlds import GRAPH, OWNER, plan, wishes

from reconciler.engines.neug import TRAITS
from reconciler.model.change import Action, Route
from reconciler.model.estimate import Evidence
from reconciler.model.plan import Outcome
from reconciler.model.policy import Restraint, Suspension
from reconciler.model.problem import Problem
from reconciler.model.step import BuildCopy, ClearGraph, Switch
from reconciler.planner import estimate, with_gaps
from reconciler.testing.memory import MemoryWorld

ANY = ("auto", "blue-green", "recreate")


def recreating(wish):
    return replace(wish, settings=replace(wish.settings, strategy="recreate"))


def rebuilt(wish):
    """The same with another key: its types are made anew. Its name says so to the loads."""
    table = replace(wish.catalog.vertices["P"], properties={"k": "string"})
    return replace(wish, catalog=replace(wish.catalog, vertices={"P": table}))


@settings(max_examples=200)
@given(st.lists(st.tuples(wishes(strategies=ANY), st.none() | st.integers(0, 12)),
                min_size=1, max_size=5))  # fmt: skip
def test_any_history_with_crashes_converges_whatever_the_strategy(history) -> None:
    world, now = MemoryWorld(OWNER), 0.0
    for wish, crash_after in history:
        now += 1
        apply(world, wish, now, crash_after)
    wish = history[-1][0]
    apply(world, wish, now + 1)
    made = plan(wish, world.snapshot(now + 2))
    assert (made.changes, made.steps) == ((), ())
    assert answers_as(world, wish)
    for _ in range(2):
        apply(world, wish, now + 1000)
    graph = world.snapshot().graphs[GRAPH]
    assert set(graph.copies) == {graph.pointer.copy}, "nothing is left over"


@settings(max_examples=150)
@given(st.lists(st.tuples(wishes(strategies=("recreate",)), st.none() | st.integers(0, 12)),
                min_size=2, max_size=5))  # fmt: skip
def test_two_copies_never_lie_on_the_disk_and_the_name_stays(history) -> None:
    world = MemoryWorld(OWNER)
    kept: str | None = None
    for now, (wish, crash_after) in enumerate(history):
        for number, step in enumerate(plan(wish, world.snapshot(float(now))).steps):
            if number == crash_after:
                break
            world.do(step.act)
            for graph in world.graphs.values():
                assert len(graph.copies) <= 1, f"two copies after {step.id}"
                assert graph.pointer or kept is None, f"its name went with {step.id}"
                kept = graph.pointer.uid if graph.pointer else kept


@settings(max_examples=150)
@given(wishes(), wishes(strategies=("recreate",)), st.sampled_from("PQEF"))
def test_every_row_that_no_load_brings_back_is_a_refused_loss(first, second, type_) -> None:
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    (graph,) = world.graphs.values()
    before = graph.copies[graph.pointer.copy]
    if type_ in before.rows:
        before.rows[type_] += 5
    made = plan(second, world.snapshot(1.0))
    if not any(isinstance(step.act, ClearGraph) for step in made.steps):
        return
    told = {loss.what: loss.rows for c in made.changes for loss in c.losses}
    fed = {load.type for w in second.loads for load in w.types}
    for name, rows in before.rows.items():
        if rows and (name not in fed or name == type_):
            assert any(f".{name}" in what for what in told), f"{rows} rows of {name} go unsaid"
    if told:
        assert "DS101" in {problem.code for problem in made.refusals}
    (change,) = [c for c in made.changes if c.key == GRAPH]
    assert (change.action, change.route) == (Action.RECREATE, Route.RECREATE)
    assert "nothing answers" in change.reason
    assert not change.carried


def test_the_gap_is_told_in_seconds_and_its_disk_is_given_free() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    live = world.snapshot(1.0)
    graph = live.graphs[GRAPH]
    size = 10 << 30
    copies = {id_: replace(copy, size_bytes=size) for id_, copy in graph.copies.items()}
    live = replace(live, graphs={GRAPH: replace(graph, copies=copies)})
    evidence = Evidence(free={"/somewhere": ("disk", 1 << 10)})
    gaps = []
    for wish in (rebuilt(EXAMPLE), recreating(rebuilt(EXAMPLE))):
        made = plan(wish, live)
        told = estimate(made, live, {"neug": TRAITS}, evidence)
        gaps.append((told.whole.reads_pause_s.high, [p.code for p in told.warnings]))
    (short, full), (long, fits) = gaps
    assert long > short
    assert (full, fits) == (["EST101"], [])


def test_a_copy_that_was_begun_beside_goes_as_well() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    wish = rebuilt(EXAMPLE)
    steps = plan(wish, world.snapshot(1.0)).steps
    begun = next(n for n, step in enumerate(steps) if isinstance(step.act, BuildCopy))
    apply(world, wish, 1.0, crash_after=begun + 1)
    (graph,) = world.graphs.values()
    assert len(graph.copies) == 2
    for step in plan(recreating(wish), world.snapshot(2.0)).steps:
        world.do(step.act)
        if isinstance(step.act, ClearGraph):
            assert not graph.copies
            break
    else:
        raise AssertionError("the copy that was begun was filled beside the one that answers")


def test_what_is_done_in_place_or_is_a_mark_stops_nothing() -> None:
    world = MemoryWorld(OWNER)
    apply(world, recreating(EXAMPLE), 0.0)
    described = replace(EXAMPLE.settings, description="other", strategy="recreate")
    made = plan(replace(EXAMPLE, settings=described), world.snapshot(1.0))
    assert [step.id.split("/")[-1] for step in made.steps]
    assert not any(isinstance(step.act, ClearGraph) for step in made.steps)


def test_a_kept_copy_that_is_as_wished_answers_again_without_a_gap() -> None:
    first = replace(EXAMPLE, settings=replace(EXAMPLE.settings, keep_previous_s=100))
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    apply(world, rebuilt(first), 1.0)
    made = plan(recreating(first), world.snapshot(2.0))
    assert any(isinstance(step.act, Switch) for step in made.steps)
    assert not any(isinstance(step.act, ClearGraph) for step in made.steps)
    assert {c.action for c in made.changes if c.key == GRAPH} != {Action.RECREATE}


@pytest.mark.parametrize("crash_after", range(1, 4))
def test_what_people_set_on_the_name_outlives_a_crash_between(crash_after: int) -> None:
    world = MemoryWorld(OWNER)
    apply(world, replace(EXAMPLE, protect=True), 0.0)
    (graph,) = world.graphs.values()
    held_back = Restraint(suspended=Suspension("somebody", 1.0))
    graph.pointer = replace(graph.pointer, restraint=held_back)
    wish = replace(recreating(rebuilt(EXAMPLE)), protect=True)
    made = plan(wish, world.snapshot(1.0))
    steps = made.waiting
    assert any(isinstance(step.act, ClearGraph) for step in steps)
    number = next(n for n, s in enumerate(steps) if isinstance(s.act, ClearGraph))
    for step in steps[: number + crash_after]:
        world.do(step.act)
    pointer = world.snapshot().graphs[GRAPH].pointer
    assert (pointer.protect, pointer.restraint) == (True, held_back)


def test_a_failure_after_the_old_copy_went_says_that_nobody_is_answered() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    made = plan(recreating(rebuilt(EXAMPLE)), world.snapshot(1.0))
    number = next(n for n, s in enumerate(made.steps) if isinstance(s.act, ClearGraph))
    why = (Problem("error", "a line is wrong", "LD200"),)

    def codes(done: int) -> list[str]:
        outcome = Outcome(tuple(s.id for s in made.steps[:done]), {made.steps[done].id: why})
        told = with_gaps(made, outcome)
        return [problem.code for found in told.failed.values() for problem in found]

    assert codes(number) == ["LD200"]
    assert codes(number + 1) == codes(len(made.steps) - 1) == ["LD200", "RB105"]
    for step in made.steps[: number + 1]:
        world.do(step.act)
    made = plan(recreating(rebuilt(EXAMPLE)), world.snapshot(2.0))
    (change,) = [c for c in made.changes if c.key == GRAPH]
    assert change.action is Action.RECREATE
    assert "went already" in change.reason
    assert codes(0) == ["LD200", "RB105"]
    done = Outcome(tuple(step.id for step in made.steps))
    assert with_gaps(made, done).failed == {}
