"""Moves between places, engines and versions, with crashes: one copy answers, nothing is lost."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from test_carry_laws import made_by_hand, renamed, retyped, told, write
from test_laws import EXAMPLE
from worlds import ENGINE, GRAPH, OWNER, PROJECT, wishes

from reconciler.engines import ladybug, neug
from reconciler.model.change import Action
from reconciler.model.key import Key
from reconciler.model.plan import Request
from reconciler.model.problem import Problem
from reconciler.model.step import Switch
from reconciler.model.wish import Place
from reconciler.planner import World, make_plan
from reconciler.testing.memory import MemoryWorld

OTHER = Key("default", "Engine", "other")
THIRD = Key("default", "Engine", "third")  # of another type
ALLOWED = Request(allow_deletes=True)
TRAITS = {"neug": neug.TRAITS, "ladybug": ladybug.TRAITS}


@st.composite
def placed(draw, wish):
    """The same graph on an engine, each at one of two places, of some type and version."""
    key = draw(st.sampled_from([ENGINE, OTHER, THIRD]))
    where = f"/{key.name}/{draw(st.sampled_from('ab'))}"
    type_ = "ladybug" if key == THIRD else "neug"
    ways = TRAITS[type_]  # back to an older version only where that opens what a newer one wrote
    version = draw(st.sampled_from(ways.versions if ways.reads_newer else ways.versions[:1]))
    engine = replace(wish.engine, key=key, type=type_, place=Place("local", where),
                     version=version)  # fmt: skip
    return replace(wish, engine=engine)


def plan(wish, world: MemoryWorld, now: float, request=ALLOWED):
    """All engines are declared; those that the graph is not on stay where they are."""
    engines, live = {wish.engine.key: wish.engine}, world.snapshot(now)
    for key in {ENGINE, OTHER, THIRD} - engines.keys():
        place = live.engines[key].place if key in live.engines else Place("local", f"/{key.name}/a")
        type_ = "ladybug" if key == THIRD else "neug"
        engines[key] = replace(wish.engine, key=key, type=type_, place=place,
                               version=TRAITS[type_].versions[0])  # fmt: skip
    return make_plan(World(PROJECT, engines, {GRAPH: wish}, live, TRAITS, request))


def walk(world: MemoryWorld, wish, now: float, crash_after: int | None = None):
    made = plan(wish, world, now)
    assert not made.problems, made.problems
    for number, step in enumerate((*made.steps, *made.housekeeping)):
        if number == crash_after:
            world.files.clear()
            break
        assert any(g.pointer for g in world.graphs.values()) or not world.graphs or now < 2
        world.do(step.act)
    return made


def is_whole(world: MemoryWorld, wish) -> None:
    made = plan(wish, world, 1e6)
    assert (made.changes, made.steps) == ((), ())
    assert not world.beside, "nothing of the graph lies at another place"
    assert {place for _, place in world.left} == set()
    (graph,) = world.graphs.values()
    assert (graph.place, graph.engine) == (wish.engine.place, wish.engine.key)


@settings(max_examples=200)
@given(st.data(), st.lists(st.integers(0, 16), max_size=4))
def test_a_move_with_crashes_loses_nothing(data, crashes) -> None:
    first = data.draw(placed(data.draw(wishes())))
    world = MemoryWorld(OWNER)
    walk(world, first, 1.0)
    copy = write(world, first, data.draw(made_by_hand(first.catalog)))
    rows, by_hand = sorted(copy.rows.values()), sorted(copy.by_hand.values())
    changed = data.draw(renamed(data.draw(retyped(first)))) if data.draw(st.booleans()) else first
    wish = first
    for crash_after in crashes:
        wish = data.draw(placed(changed))
        made = walk(world, wish, 2.0, crash_after)
        assert told(made) == {}
        assert all(c.action is not Action.DELETE for c in made.changes)
    wish = data.draw(placed(changed))
    walk(world, wish, 3.0)
    (after,) = [world.serving(uid) for uid in world.graphs]
    assert (sorted(after.rows.values()), sorted(after.by_hand.values())) == (rows, by_hand)
    walk(world, wish, 1e5)
    is_whole(world, wish)


def test_a_move_that_was_refused_leaves_graph_and_engine_in_peace_until_it_is_released() -> None:
    world = MemoryWorld(OWNER)
    walk(world, EXAMPLE, 1.0)
    documents = {"Graph/g": {"spec": 1}}
    moved = replace(EXAMPLE, documents=documents,
                    engine=replace(EXAMPLE.engine, place=Place("local", "/b")))  # fmt: skip
    failing = plan(moved, world, 2.0)
    for step in failing.steps:
        if isinstance(step.act, Switch):  # its server does not come up: the old pointer holds that
            (graph,) = world.graphs.values()
            graph.pointer = replace(graph.pointer, held=step.act.refused)
            break
        world.do(step.act)
    held = plan(moved, world, 3.0)
    assert [one.key for one in held.held] == [GRAPH]
    assert (held.changes, held.steps) == ((), ())
    released = plan(moved, world, 3.0, Request(unhold=frozenset({GRAPH})))
    assert [(c.key, c.action) for c in released.changes] == [(GRAPH, Action.MARK)]
    for step in released.steps:
        world.do(step.act)
    walk(world, moved, 4.0)
    walk(world, moved, 1e5)
    is_whole(world, moved)


def test_an_engine_that_is_not_declared_any_more_goes_from_every_place() -> None:
    world = MemoryWorld(OWNER)
    walk(world, EXAMPLE, 1.0)
    moved = replace(EXAMPLE, engine=replace(EXAMPLE.engine, place=Place("local", "/b")))
    walk(world, moved, 2.0, 3)
    assert world.snapshot().engines[ENGINE].elsewhere, "the move was not begun"
    made = make_plan(World(PROJECT, {}, {}, world.snapshot(3.0), TRAITS,
                           Request(allow_deletes=True)))  # fmt: skip
    for step in made.steps:
        world.do(step.act)
    nothing = make_plan(World(PROJECT, {}, {}, world.snapshot(4.0), TRAITS))
    assert (nothing.changes, nothing.steps) == ((), ())


def test_a_graph_that_is_not_declared_any_more_goes_from_every_place() -> None:
    world = MemoryWorld(OWNER)
    walk(world, EXAMPLE, 1.0)
    moved = replace(EXAMPLE, engine=replace(EXAMPLE.engine, place=Place("local", "/b")))
    for steps in range(1, 8):
        walk(world, moved, 2.0, steps)
    made = make_plan(World(PROJECT, {ENGINE: moved.engine}, {}, world.snapshot(3.0), TRAITS,
                           Request(allow_deletes=True)))  # fmt: skip
    for step in made.steps:
        world.do(step.act)
    assert not world.graphs
    assert not world.beside


def test_a_move_tells_of_the_copy_that_is_kept_and_does_not_come_along() -> None:
    world = MemoryWorld(OWNER)
    kept = replace(EXAMPLE, settings=replace(EXAMPLE.settings, keep_previous_s=100))
    walk(world, kept, 1.0)
    table = replace(kept.catalog.vertices["P"], properties={"k": "string"})
    changed = replace(kept, catalog=replace(kept.catalog, vertices={"P": table}))
    walk(world, changed, 2.0)
    previous = world.snapshot(3.0).graphs[GRAPH].previous
    moved = replace(changed, engine=replace(changed.engine, place=Place("local", "/b")))
    (change,) = [c for c in plan(moved, world, 3.0).changes if c.key == GRAPH]
    told = {field.path: field for field in change.fields}
    assert told["previousCopy",].old == previous.id
    assert "none to roll back to" in told["previousCopy",].reason
    assert "none is kept to go back to" in told["place",].reason
    walk(world, moved, 3.0)
    is_whole(world, moved)
    assert world.snapshot(4.0).graphs[GRAPH].previous is None


def test_an_engine_keeps_its_type_and_the_way_by_a_second_one_is_named() -> None:
    world = MemoryWorld(OWNER)
    walk(world, EXAMPLE, 1.0)
    other = replace(EXAMPLE, engine=replace(EXAMPLE.engine, type="ladybug"))
    made = plan(other, world, 2.0)
    assert made.steps == () or all(step.session not in (ENGINE, GRAPH) for step in made.steps)
    (problem,) = [problem for problem in made.problems if problem.code == "MV102"]
    assert "declare a second engine, and set each Graph's `engine:` to it" in problem.hint
    second = replace(EXAMPLE, engine=replace(other.engine, key=THIRD, place=Place("local", "/t")))
    walk(world, second, 3.0)
    is_whole(world, second)


def test_one_place_in_the_other_is_refused() -> None:
    world = MemoryWorld(OWNER)
    walk(world, EXAMPLE, 1.0)
    inside = replace(EXAMPLE, engine=replace(EXAMPLE.engine, place=Place("local", "/somewhere/x")))
    made = plan(inside, world, 2.0)
    assert "MV101" in {problem.code for problem in made.problems}
    assert made.steps == ()


NAMES = [Key("default", "Graph", name) for name in "abc"]


def many(wishes_of: dict[Key, object], world: MemoryWorld, now: float):
    live = world.snapshot(now)
    engine = next(iter(wishes_of.values())).engine
    return make_plan(World(PROJECT, {engine.key: engine}, wishes_of, live, TRAITS))


def named(key: Key, old: Key | None, rows: int):
    (load,) = EXAMPLE.loads
    source = load.types[0].sources[0]
    file = replace(source.files[0], size=rows, sha256=f"P{rows}")
    content = replace(load.types[0], sources=(replace(source, files=(file,)),))
    loads = (replace(load, key=Key("default", "Load", f"l{rows}"), graph=key, types=(content,)),)
    return replace(EXAMPLE, key=key, loads=loads, renamed_from=old)


@settings(max_examples=100)
@given(st.permutations(range(3)), st.lists(st.integers(0, 4), max_size=4))
def test_graphs_change_names_in_chains_and_rings_whatever_crashes(order, crashes) -> None:
    world = MemoryWorld(OWNER)
    for step in many(
        {key: named(key, None, n) for n, key in enumerate(NAMES, 1)}, world, 0.0
    ).steps:
        world.do(step.act)
    uids = {key: graph.uid for key, graph in world.snapshot().graphs.items()}
    world.fills.clear()
    wished = {NAMES[n]: named(NAMES[n], NAMES[o] if n != o else None, o + 1)
              for n, o in enumerate(order)}  # fmt: skip
    for crash_after in [*crashes, None]:
        made = many(wished, world, 1.0)
        assert made.problems == ()
        for number, step in enumerate(made.steps):
            if number == crash_after:
                break
            world.do(step.act)
    now = {key: graph.uid for key, graph in world.snapshot().graphs.items()}
    assert now == {NAMES[n]: uids[NAMES[o]] for n, o in enumerate(order)}
    assert world.fills == []
    again = many(wished, world, 2.0)
    assert (again.changes, again.steps) == ((), ())


def test_a_graph_under_another_name_is_counted_before_it_is_rebuilt() -> None:
    from reconciler.model.catalog import Catalog, VertexTable
    from reconciler.planner import needing_rows

    world = MemoryWorld(OWNER)
    walk(world, EXAMPLE, 1.0)
    world.counted = False
    table = {"P": VertexTable("k", {"k": "string"})}
    other = replace(named(NAMES[0], GRAPH, 7), loads=(), catalog=Catalog(table))
    live = world.snapshot(2.0)
    made = many({NAMES[0]: other}, world, 2.0)
    assert needing_rows(made, live) == {GRAPH}
    unseen = replace(live, graphs={}, unknown={GRAPH: Problem("error", "it does not answer")})
    blocked = make_plan(World(PROJECT, {ENGINE: other.engine}, {NAMES[0]: other}, unseen,
                              TRAITS))  # fmt: skip
    assert blocked.steps == () or all(s.session != NAMES[0] for s in blocked.steps)
    stuck = {c.key for c in blocked.changes if c.blocked and c.key.kind == "Graph"}
    assert stuck == {GRAPH, NAMES[0]}
