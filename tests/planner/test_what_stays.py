"""What stays is stood on, and what cannot be seen is not made again: two engines, two graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from worlds import ENGINE, GRAPH, OWNER, PROJECT, engine

from reconciler.engines.neug import TRAITS
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.change import Action
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveEngine, Snapshot
from reconciler.model.plan import Plan, Request
from reconciler.model.problem import Problem
from reconciler.model.step import RemoveEngine
from reconciler.model.wish import EngineWish, GraphWish, Place, Settings
from reconciler.planner import World, make_plan
from reconciler.testing.memory import MemoryWorld

SIDE = replace(engine(), key=Key("default", "Engine", "side"), place=Place("local", "/beside"))
CATALOG = Catalog({"P": VertexTable("k", {"k": "int64"})})
ONE = GraphWish(GRAPH, OWNER, engine(), CATALOG, Settings(keep_previous_s=0))
OTHER = replace(ONE, key=Key("default", "Graph", "other"))
Wishes = Mapping[Key, GraphWish]


def made(live: Snapshot, *wishes: GraphWish, engines=None, request: Request | None = None) -> Plan:
    engines = engines or {wish.engine.key: wish.engine for wish in wishes}
    return make_plan(World(PROJECT, engines, {wish.key: wish for wish in wishes}, live,
                           {"neug": TRAITS}, request or Request()))  # fmt: skip


def applied(*wishes: GraphWish) -> MemoryWorld:
    world = MemoryWorld(OWNER)
    walk(world, made(world.snapshot(), *wishes))
    return world


def walk(world: MemoryWorld, plan: Plan) -> None:
    for step in (*plan.steps, *plan.housekeeping):
        world.do(step.act)


def test_an_engine_stays_while_a_graph_on_it_is_excluded() -> None:
    world = applied(ONE, OTHER)
    plan = made(world.snapshot(), request=Request(excludes=frozenset({GRAPH})))
    assert [str(step.session) for step in plan.steps] == ["Graph/other"]
    assert {str(change.key) for change in plan.changes} == {"Graph/other"}


def test_an_engine_that_is_targeted_goes_with_what_stands_on_it() -> None:
    world = applied(ONE)
    plan = made(world.snapshot(), request=Request(targets=frozenset({ENGINE})))
    assert [str(change.key) for change in plan.changes] == ["Engine/main", "Graph/g"]
    walk(world, plan)
    assert not world.engines


def test_a_move_is_not_made_again_while_something_stays_at_the_old_place() -> None:
    world = applied(ONE, OTHER)
    there: EngineWish = replace(ENGINE_WISH, place=Place("local", "/elsewhere"))
    wish = replace(ONE, engine=there)
    only = Request(excludes=frozenset({OTHER.key}))  # it is to go, and may not yet
    walk(world, made(world.snapshot(), wish, request=only))
    again = made(world.snapshot(), wish, request=only)
    assert not again.steps
    assert [(str(c.key), c.action) for c in again.changes] == [("Engine/main", Action.MOVE)]
    walk(world, made(world.snapshot(), wish))
    assert made(world.snapshot(), wish).changes == ()


def test_an_engine_that_has_moved_is_in_peace_while_a_graph_at_the_old_place_is_blocked() -> None:
    world = applied(ONE, OTHER)
    theirs = LiveEngine(SIDE.key, SIDE.place, Owner("q", "default", "zyxwvuts"), ours=False)
    world.engines[SIDE.key] = theirs
    there: EngineWish = replace(ENGINE_WISH, place=Place("local", "/elsewhere"))
    wishes = replace(ONE, engine=there), replace(OTHER, engine=SIDE)
    walk(world, made(world.snapshot(), *wishes))
    plan = made(world.snapshot(), *wishes)
    assert not plan.steps
    assert {c.key for c in plan.changes} == {SIDE.key, OTHER.key}
    assert all(change.blocked for change in plan.changes)


def test_a_graph_is_not_made_on_another_engine_while_its_own_cannot_be_seen() -> None:
    live = applied(ONE).snapshot()
    hidden = replace(live, graphs={}, engines={}, unknown={ENGINE: unseen("ST100")})
    moved = replace(ONE, engine=SIDE)
    plan = made(hidden, moved, engines={ENGINE: ENGINE_WISH, SIDE.key: SIDE})
    assert {step.session for step in plan.steps} == {SIDE.key}
    assert [p.summary for p in plan.problems if p.code == "ST101"] == [
        "Graph/g: may live on Engine/main, which cannot be seen"
    ]


def test_what_a_move_began_is_not_gone_on_with_while_the_graph_itself_cannot_be_seen() -> None:
    world, moved = applied(ONE), replace(ONE, engine=SIDE)
    engines = {ENGINE: ENGINE_WISH, SIDE.key: SIDE}
    for step in made(world.snapshot(), moved, engines=engines).steps[:3]:
        world.do(step.act)
    (begun,) = world.snapshot().graphs[GRAPH].elsewhere
    live = world.snapshot()
    hidden = replace(live, graphs={GRAPH: begun}, engines={SIDE.key: live.engines[SIDE.key]},
                     unknown={ENGINE: unseen("ST100")})  # fmt: skip
    assert not made(hidden, moved, engines=engines).steps


def test_an_engine_whose_place_can_never_have_been_made_hides_no_graph() -> None:
    nowhere = Snapshot(unknown={ENGINE: unseen("EN106")})
    plan = made(nowhere, replace(ONE, engine=SIDE), engines={ENGINE: ENGINE_WISH, SIDE.key: SIDE})
    assert {step.session for step in plan.steps} == {SIDE.key, GRAPH}


def test_a_graph_that_is_blocked_and_was_never_made_keeps_no_engine() -> None:
    world = applied(ONE)
    theirs = LiveEngine(SIDE.key, SIDE.place, Owner("q", "default", "zyxwvuts"), ours=False)
    world.engines[SIDE.key] = theirs
    blocked = replace(OTHER, engine=SIDE)
    plan = made(world.snapshot(), blocked)
    assert ENGINE in {step.session for step in plan.steps if isinstance(step.act, RemoveEngine)}
    assert {c.key for c in plan.changes if c.blocked} == {SIDE.key, OTHER.key}


def test_what_is_excluded_is_not_tidied_either() -> None:
    world = applied(ONE, OTHER)
    for graph in world.graphs.values():
        graph.copies["old"] = replace(graph.copies[graph.pointer.copy])
    plan = made(world.snapshot(), ONE, OTHER, request=Request(excludes=frozenset({GRAPH})))
    assert {step.session for step in plan.housekeeping} == {OTHER.key}


def unseen(code: str) -> Problem:
    return Problem("error", "cannot be seen", code)


ENGINE_WISH = engine()
