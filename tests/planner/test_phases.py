"""Phases: every world has exactly one for each thing, and rows that nobody declared are no drift."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ENGINE, GRAPH, OWNER, plan, wishes

from reconciler.model.change import Action
from reconciler.model.observed import Snapshot
from reconciler.model.problem import Problem
from reconciler.model.status import Phase
from reconciler.model.waiting import Waiting
from reconciler.planner.phase import statuses
from reconciler.planner.scene import Scene
from reconciler.testing.memory import MemoryWorld

PROBLEM = Problem("error", "does not answer", "ST100")


def scene(wish, live: Snapshot, *, writing: bool = False) -> Scene:
    engines = {ENGINE: wish.engine} if wish else {}
    graphs = {GRAPH: wish} if wish else {}
    return Scene(engines, graphs, live, plan(wish, live), writing)


def after(wish, steps: int | None = None) -> MemoryWorld:
    world = MemoryWorld(OWNER)
    for step in plan(wish, world.snapshot()).steps[:steps]:
        world.do(step.act)
    return world


@st.composite
def scenes(draw) -> Scene:
    """A history that ended somewhere, and then something that happened to it."""
    world = after(draw(wishes()), draw(st.none() | st.integers(0, 9)))
    live = world.snapshot(1.0)
    graph = live.graphs.get(GRAPH)
    if graph and draw(st.booleans()):
        units = [
            None,
            *([replace(graph.unit, state=s) for s in ("stopped", "lost")] if graph.unit else []),
        ]
        graph = replace(graph, unit=draw(st.sampled_from(units)))
        if draw(st.booleans()):
            graph = replace(graph, pointer=None)
        if draw(st.booleans()):
            graph = replace(graph, copies={})
        live = replace(live, graphs={GRAPH: graph})
    unknown = dict.fromkeys(draw(st.sets(st.sampled_from([ENGINE, GRAPH]))), PROBLEM)
    wish = draw(st.none() | wishes())
    return scene(wish, replace(live, unknown=unknown), writing=draw(st.booleans()))


@settings(max_examples=200)
@given(scenes())
def test_everything_has_one_phase_and_the_order_of_what_is_seen_does_not_matter(world):
    found = statuses(world)
    assert set(found) == world.keys()
    live = world.live
    turned = replace(live, graphs=dict(reversed(live.graphs.items())),
                     unknown=dict(reversed(live.unknown.items())))  # fmt: skip
    assert statuses(replace(world, live=turned)) == found


@settings(max_examples=200)
@given(scenes())
def test_exactly_one_of_ready_reconciling_stalled_and_not_known(world):
    for status in statuses(world).values():
        told = {c.type: c.status for c in status.conditions}
        assert len(told) == len(status.conditions), "a condition stands once"
        states = [told["Ready"] == "True", "Reconciling" in told, "Stalled" in told,
                  told["Ready"] == "Unknown"]  # fmt: skip
        assert states.count(True) == 1, status
        assert status.reason


@settings(max_examples=200)
@given(scenes())
def test_what_stands_on_something_that_is_not_ready_is_not_ready(world):
    found = statuses(world)
    for key, graph in world.homes.items():
        if found[graph].phase not in (Phase.READY, Phase.DRIFTED):
            assert found[key].phase is not Phase.READY
    if found.get(ENGINE) and found[ENGINE].phase is Phase.UNKNOWN and GRAPH in found:
        assert found[GRAPH].phase is Phase.UNKNOWN


@settings(max_examples=100)
@given(wishes())
def test_after_an_apply_everything_is_ready_and_as_declared(wish):
    found = statuses(scene(wish, after(wish).snapshot(1.0)))
    assert {status.phase for status in found.values()} == {Phase.READY}
    told = {(c.type, c.status) for status in found.values() for c in status.conditions}
    assert told == {("Ready", "True"), ("UpToDate", "True")}


@settings(max_examples=100)
@given(wishes(), wishes())
def test_a_graph_whose_wish_waits_is_ready_and_not_up_to_date(first, second):
    world = scene(second, after(first).snapshot(1.0))
    rows = [change for change in world.plan.changes if change.key == GRAPH]
    status = statuses(world)[GRAPH]
    if not rows or rows[0].action is Action.BLOCKED:
        return
    assert status.phase is Phase.READY
    assert ("UpToDate", "False") in {(c.type, c.status) for c in status.conditions}


@settings(max_examples=100)
@given(wishes(), st.integers(-1, 5))
def test_rows_beyond_the_record_are_no_drift_and_missing_ones_are(wish, more):
    world = after(wish)
    (graph,) = world.graphs.values()
    copy = graph.copies[graph.pointer.copy]
    for type_ in copy.record.fills:
        copy.rows[type_] += more
    live = world.snapshot(1.0)
    status = statuses(scene(wish, live))[GRAPH]
    assert (status.phase is Phase.DRIFTED) == (more < 0 and bool(copy.record.fills))
    assert bool(status.drift) == (status.phase is Phase.DRIFTED)


@given(wishes(mode="served"))
def test_a_served_graph_without_its_server_is_failed(wish):
    live = after(wish).snapshot(1.0)
    down = replace(live, graphs={GRAPH: replace(live.graphs[GRAPH], unit=None)})
    status = statuses(scene(wish, down))[GRAPH]
    assert (status.phase, status.reason) == (Phase.FAILED, "ServerDown")


@given(wishes(), st.booleans())
def test_what_is_not_there_is_absent_or_being_made(wish, writing):
    found = statuses(scene(wish, Snapshot(), writing=writing))
    assert {s.phase for s in found.values()} == {Phase.PROGRESSING if writing else Phase.ABSENT}
    types = {c.type for status in found.values() for c in status.conditions}
    assert types == {"Ready", "UpToDate", "Reconciling" if writing else "Stalled"}


@given(wishes(mode="served"), st.sampled_from(["ProgressingWithRetry", "Oscillating", "CrashLoop"]))
def test_what_the_loop_remembers_changes_no_phase_and_tells_why_nothing_is_tried(wish, reason):
    live = after(wish).snapshot(1.0)
    down = replace(live, graphs={GRAPH: replace(live.graphs[GRAPH], unit=None)})
    for seen, type_ in ((down, None), (live, "Ready")):
        bare = scene(wish, seen)
        wait = Waiting(reason, 9.0, 5, PROBLEM if reason == "CrashLoop" else None)
        told = statuses(replace(bare, waiting={GRAPH: wait}))[GRAPH]
        assert told.phase is statuses(bare)[GRAPH].phase
        state = type_ or ("Reconciling" if reason == "ProgressingWithRetry" else "Stalled")
        found = {c.type: c for c in told.conditions}
        assert found[state].status == "True"
        assert found["UpToDate"].reason == reason
        assert type_ or (told.reason, found[state].reason) == (reason, reason)


@given(wishes())
def test_what_is_being_removed_is_terminating(wish):
    live = after(wish).snapshot(1.0)
    gone = scene(None, live, writing=True)
    allowed = replace(gone, plan=replace(gone.plan, refusals=()))
    found = statuses(allowed)
    assert {found[ENGINE].phase, found[GRAPH].phase} == {Phase.TERMINATING}
    if gone.plan.refusals:
        assert statuses(gone)[GRAPH].phase is not Phase.TERMINATING, "it is not allowed"


@given(wishes(mode="served"))
def test_what_needs_a_graph_that_is_not_ready_is_degraded(wish):
    other = replace(wish, key=GRAPH.sibling("Graph", "a"), needs=frozenset({GRAPH}))
    last = replace(wish, key=GRAPH.sibling("Graph", "0"), needs=frozenset({other.key}))
    live = after(wish).snapshot(1.0)
    mine = live.graphs[GRAPH]
    graphs = {w.key: replace(mine, key=w.key, uid=w.key.name) for w in (other, last)}
    whole = Scene({ENGINE: wish.engine}, {GRAPH: wish, other.key: other, last.key: last},
                  replace(live, graphs={**graphs, GRAPH: replace(mine, unit=None)}),
                  plan(wish, live))  # fmt: skip
    found = statuses(whole)
    assert found[GRAPH].phase is Phase.FAILED
    assert {found[key].reason for key in graphs} == {"DependencyNotReady"}
    assert {found[key].phase for key in graphs} == {Phase.DEGRADED}
