"""The laws of the planner, on random histories with crashes. No engine: a world in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import GRAPH, OWNER, PROJECT, engine, plan, wishes

from reconciler.engines.neug import TRAITS
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.change import Action
from reconciler.model.key import Key, Owner
from reconciler.model.loading import DataFile
from reconciler.model.plan import Request
from reconciler.model.policy import Suspension
from reconciler.model.problem import Problem
from reconciler.model.traits import Effect
from reconciler.model.wish import GraphWish, Held, Settings
from reconciler.planner import World, make_plan
from reconciler.testing.memory import MemoryWorld


def apply(world: MemoryWorld, wish, now: float, crash_after: int | None = None) -> bool:
    """Walk the plan; False when it crashed on the way. A reader never sees half a change."""
    made = plan(wish, world.snapshot(now))
    assert not made.problems, made.problems
    before = {uid: (id(world.serving(uid)), dict(c.rows)) for uid in world.graphs
              if (c := world.serving(uid))}  # fmt: skip
    for n, step in enumerate((*made.steps, *made.housekeeping)):
        if n == crash_after:
            return False
        world.do(step.act)
        for uid, (copy, rows) in before.items():
            now_serving = world.serving(uid) if uid in world.graphs else None
            if now_serving is not None and id(now_serving) == copy:
                kept = {t: r for t, r in now_serving.rows.items() if t in rows}
                assert kept == {t: r for t, r in rows.items() if t in kept}, "changed under readers"
    return True


def answers_as(world: MemoryWorld, wish) -> bool:
    uid = world.snapshot().graphs[GRAPH].uid
    copy = world.serving(uid)
    fed = {load.type for w in wish.loads for load in w.types}
    rows = {t: sum(f.size for w in wish.loads for c in w.types if c.type == t
                   for s in c.sources for f in s.files) for t in fed}  # fmt: skip
    appended = {c.type for w in wish.loads for c in w.types if w.mode == "append"}
    return copy.catalog.plain() == wish.catalog.plain() and all(
        copy.rows.get(t, 0) >= n if t in appended else copy.rows.get(t, 0) == n
        for t, n in rows.items()
    )


@settings(max_examples=150)
@given(wishes())
def test_apply_then_plan_is_empty(wish) -> None:
    world = MemoryWorld(OWNER)
    apply(world, wish, 1.0)
    again = plan(wish, world.snapshot(2.0))
    assert again.changes == ()
    assert again.steps == ()
    assert answers_as(world, wish)


@settings(max_examples=300)
@given(st.lists(st.tuples(wishes(), st.none() | st.integers(0, 12)), min_size=1, max_size=5))
def test_any_history_with_crashes_converges(history) -> None:
    world, now = MemoryWorld(OWNER), 0.0
    for wish, crash_after in history:
        now += 1
        apply(world, wish, now, crash_after)
    wish = history[-1][0]
    apply(world, wish, now + 1)
    made = plan(wish, world.snapshot(now + 2))
    assert made.changes == (), "apply, then plan is empty"
    assert made.steps == ()
    assert answers_as(world, wish)
    for _ in range(2):
        apply(world, wish, now + 1000)
    graph = world.snapshot().graphs[GRAPH]
    assert set(graph.copies) == {graph.pointer.copy}, "nothing is left over"


@settings(max_examples=150)
@given(wishes(), wishes(), st.lists(st.integers(0, 12), max_size=5))
def test_a_crash_repeats_no_fill(first, second, crashes) -> None:
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    world.fills.clear()
    for crash_after in crashes:
        apply(world, second, 1.0, crash_after)
    apply(world, second, 1.0)
    assert len(world.fills) == len(set(world.fills))


@given(wishes(), wishes(), st.randoms())
def test_the_same_input_gives_the_same_plan(first, second, random) -> None:
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)

    def shuffled(mapping):
        items = list(mapping.items())
        random.shuffle(items)
        return dict(items)

    live = world.snapshot(5.0)
    other = replace(
        second,
        catalog=replace(second.catalog, vertices=shuffled(second.catalog.vertices),
                        edges=shuffled(second.catalog.edges)),
        procedures=shuffled(second.procedures),
        loads=tuple(random.sample(second.loads, len(second.loads))),
    )  # fmt: skip
    assert plan(other, live).fingerprint == plan(second, live).fingerprint
    assert [c.key for c in plan(other, live).changes] == [c.key for c in plan(second, live).changes]


@given(wishes(mode="served"), wishes(mode="served"))
def test_going_back_to_the_kept_copy_loads_nothing(first, second) -> None:
    first, second = (replace(w, settings=replace(w.settings, keep_previous_s=100))
                     for w in (first, second))  # fmt: skip
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    apply(world, second, 1.0)
    live = world.snapshot().graphs[GRAPH]
    fed = {content.type for load in first.loads for content in load.types}
    stays = any(live.serving.rows_of(t) for t, _ in first.catalog.types() if t not in fed)
    world.fills.clear()
    apply(world, first, 2.0)
    if live.previous is not None and not stays:  # a forgotten load leaves its rows
        assert world.fills == []
    assert answers_as(world, first)


@given(wishes(), wishes())
def test_what_was_not_seen_is_neither_made_nor_deleted(first, second) -> None:
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    hidden = world.snapshot()
    for key in (GRAPH, first.engine.key):
        live = replace(hidden, graphs={}, engines={} if key.kind == "Engine" else hidden.engines,
                       unknown={key: Problem("error", "no answer")})  # fmt: skip
        for wish in (second, None):
            made = plan(wish, live)
            assert {c.action for c in made.changes if c.key in (key, GRAPH)} <= {Action.BLOCKED}
            assert not [s for s in made.steps if s.session == GRAPH]


@given(wishes(), st.none() | wishes())
def test_what_is_not_ours_is_never_touched(first, wish) -> None:
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    other = Owner("p", "default", "zzzzzzzz")
    world.owner = other
    for graph in world.graphs.values():
        assert graph.owner != other
    live = world.snapshot()
    engines = {k: replace(e, ours=False) for k, e in live.engines.items()}
    made = plan(wish, replace(live, engines=engines))
    assert made.steps == ()


@given(wishes(mode="served"), wishes(mode="served"))
def test_a_lost_pointer_deletes_nothing(first, second) -> None:
    first, second = (replace(w, settings=replace(w.settings, keep_previous_s=100))
                     for w in (first, second))  # fmt: skip
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    apply(world, second, 1.0)
    (graph,) = world.graphs.values()
    verified = {id_ for id_, c in graph.copies.items() if c.verified}
    serving = graph.pointer.copy
    graph.pointer, graph.unit = None, None
    made = plan(second, world.snapshot(2.0))
    if len(verified) > 1:
        assert [c.action for c in made.changes] == [Action.BLOCKED]
        assert made.steps == ()
    else:
        apply(world, second, 2.0)
        assert graph.pointer.copy == serving


@settings(max_examples=200)
@given(wishes(), wishes(), wishes(), st.sampled_from("PQEF"), st.booleans())
def test_no_row_and_no_property_goes_without_a_word(first, second, third, type_, kept) -> None:
    keep = 100 if kept else 0
    first, second, third = (replace(w, settings=replace(w.settings, keep_previous_s=keep))
                            for w in (first, second, third))  # fmt: skip
    world = MemoryWorld(OWNER)
    apply(world, first, 0.0)
    apply(world, second, 1.0)
    (graph,) = world.graphs.values()
    before = graph.copies[graph.pointer.copy]
    if type_ in before.rows:
        before.rows[type_] += 5  # by hand
    rows, properties = (
        dict(before.rows),
        {t: set(before.catalog.properties(t)) for t in before.rows},
    )
    made = plan(third, world.snapshot(2.0))
    told = {loss.what for c in made.changes for loss in c.losses}
    for step in made.steps:
        world.do(step.act)
    after = graph.copies[graph.pointer.copy]
    fed = {load.type for w in third.loads for load in w.types}
    for name, count in rows.items():
        said = {what for what in told if f".{name}" in what}
        if count and name not in after.rows:
            assert said, f"{name} went with {count} rows"
        if type_ == name and count and after.rows.get(name, 0) < 5:
            assert said, f"rows of {name} made by hand went"
        if count and name not in fed and not said:
            assert after.rows.get(name, 0) == count, f"rows of {name} went, and no load feeds it"
        if count and name in after.rows and not said:
            gone = properties[name] - set(after.catalog.properties(name))
            assert not gone, f"{gone} of {name} went"


def test_a_deleted_graph_is_listed_with_its_rows_and_refused() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    made = plan(None, world.snapshot())
    assert [(c.key.kind, c.action) for c in made.changes] == [
        ("Engine", Action.DELETE), ("Graph", Action.DELETE),
    ]  # fmt: skip
    assert any("rows would be lost" in p.summary for p in made.refusals)


@pytest.mark.parametrize("protect", [True, False])
def test_a_changed_protection_of_a_live_graph_is_a_pending_mark(protect: bool) -> None:
    world = MemoryWorld(OWNER)
    apply(world, replace(EXAMPLE, protect=not protect), 0.0)
    changed = replace(EXAMPLE, protect=protect)
    made = plan(changed, world.snapshot(1.0))
    assert [(str(c.key), c.action) for c in made.changes] == [("Graph/g", Action.MARK)]
    apply(world, changed, 1.0)
    assert plan(changed, world.snapshot(2.0)).changes == ()
    codes = {p.code for p in plan(None, world.snapshot(3.0)).refusals}
    assert ("DS104" in codes) is protect


def test_a_renamed_graph_keeps_its_data_and_is_renamed_once() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    world.fills.clear()
    new = Key("default", "Graph", "h")
    renamed = replace(EXAMPLE, key=new, renamed_from=GRAPH,
                      loads=tuple(replace(w, graph=new) for w in EXAMPLE.loads))  # fmt: skip
    made = plan(renamed, world.snapshot(1.0))
    assert [(str(c.key), c.action) for c in made.changes] == [("Graph/h", Action.UPDATE)]
    for step in made.steps:
        world.do(step.act)
    assert world.fills == []
    assert list(world.snapshot().graphs) == [new]
    assert plan(renamed, world.snapshot(2.0)).changes == ()


def test_a_rename_onto_a_live_graph_is_blocked() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    new = Key("default", "Graph", "h")
    other = replace(EXAMPLE, key=new, loads=())
    engines, graphs = {EXAMPLE.engine.key: EXAMPLE.engine}, {GRAPH: EXAMPLE, new: other}
    made = make_plan(World(PROJECT, engines, graphs, world.snapshot(1.0), {"neug": TRAITS}))
    for step in made.steps:
        world.do(step.act)
    graphs = {new: replace(other, renamed_from=GRAPH)}
    made = make_plan(World(PROJECT, engines, graphs, world.snapshot(2.0), {"neug": TRAITS}))
    assert [p.code for p in made.problems] == ["RN101"]
    assert all(s.session != new for s in made.steps)


def test_a_rollback_holds_until_the_wish_changes() -> None:
    world = MemoryWorld(OWNER)
    good = replace(EXAMPLE, documents={"Graph/g": {"spec": 1}})
    apply(world, good, 0.0)
    table = replace(good.catalog.vertices["P"], properties={"k": "int64", "x": "int64"})
    bad = replace(good, catalog=replace(good.catalog, vertices={"P": table}),
                  documents={"Graph/g": {"spec": 2}},
                  settings=replace(good.settings, strategy="blue-green"))  # fmt: skip
    apply(world, bad, 1.0)
    (graph,) = world.graphs.values()
    assert "x" in graph.copies[graph.pointer.copy].catalog.vertices["P"].properties
    back = plan(bad, world.snapshot(2.0), Request(rollback=frozenset({GRAPH})))
    for step in back.steps:
        world.do(step.act)
    assert "x" not in graph.copies[graph.pointer.copy].catalog.vertices["P"].properties
    held = plan(bad, world.snapshot(3.0))
    assert (held.changes, held.steps) == ((), ())
    assert [h.key for h in held.held] == [GRAPH]
    assert plan(bad, world.snapshot(3.0), Request(targets=frozenset({GRAPH}))).changes
    other = replace(bad, documents={"Graph/g": {"spec": 3}})
    apply(world, other, 4.0)
    assert "x" in graph.copies[graph.pointer.copy].catalog.vertices["P"].properties
    assert plan(other, world.snapshot(5.0)).changes == ()


def test_a_hold_that_a_changed_wish_lets_go_is_a_mark_and_no_change() -> None:
    world = MemoryWorld(OWNER)
    good = replace(EXAMPLE, documents={"Graph/g": {"spec": 1}})
    apply(world, good, 0.0)
    held = Held({"Graph/g": {"spec": 2}}, {}, only_files=False, reason="RolledBack", since=1.0)
    (graph,) = world.graphs.values()
    graph.pointer = replace(graph.pointer, held=held)
    made = plan(good, world.snapshot(2.0))
    assert [(c.action, c.reason) for c in made.changes] == [
        (Action.MARK, "what was refused is not wished any more")
    ]
    assert sum(made.summary.values()) == 0
    apply(world, good, 2.0)
    assert graph.pointer.held is None
    assert not plan(good, world.snapshot(3.0)).pending


def test_a_graph_whose_pointer_is_lost_stays_suspended() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    (graph,) = world.graphs.values()
    graph.pointer, graph.unit = None, None
    suspended = Suspension("somebody", 1.0)
    live = world.snapshot(2.0)
    live = replace(live, graphs={GRAPH: replace(live.graphs[GRAPH], suspended=suspended)})
    table = replace(EXAMPLE.catalog.vertices["P"], properties={"k": "int64", "x": "int64"})
    other = replace(EXAMPLE, catalog=replace(EXAMPLE.catalog, vertices={"P": table}))
    made = plan(other, live)
    assert [(c.action, c.reason) for c in made.changes] == [
        (Action.MARK, "its lost pointer is restored, suspended")
    ]
    for step in made.steps:
        world.do(step.act)
    assert graph.pointer.restraint.suspended == suspended
    after = plan(other, world.snapshot(3.0))
    assert after.steps == ()
    assert {one.reason for one in after.withheld} == {"Suspended"}


def test_what_a_rollback_brings_back_is_not_told_as_a_rebuild() -> None:
    def wish(type_: str) -> GraphWish:
        catalog = Catalog({"P": VertexTable("k", {"k": "string", "a": type_})})
        return GraphWish(GRAPH, OWNER, engine(), catalog, Settings())

    world = MemoryWorld(OWNER)
    apply(world, wish("string"), 0.0)
    made = plan(wish("int64"), world.snapshot(1.0))
    assert [field.effect for change in made.changes for field in change.fields] == [Effect.REBUILD]
    apply(world, wish("int64"), 1.0)
    (row,) = plan(wish("int64"), world.snapshot(2.0), Request(rollback=frozenset({GRAPH}))).changes
    assert [(f.old, f.new, f.effect, f.reason) for f in row.fields] == [
        ("int64", "string", Effect.IN_PLACE, "")
    ]


def test_a_renamed_type_is_one_rebuild_and_loses_nothing_that_its_load_brings_back() -> None:
    world = MemoryWorld(OWNER)
    apply(world, EXAMPLE, 0.0)
    (load,) = EXAMPLE.loads
    content = replace(load.types[0], type="N")
    renamed = replace(
        EXAMPLE,
        catalog=replace(EXAMPLE.catalog, vertices={"N": EXAMPLE.catalog.vertices["P"]}),
        renames={"N": "P"},
        loads=(replace(load, types=(content,)),),
    )
    made = plan(renamed, world.snapshot(1.0))
    assert made.refusals == ()
    (change,) = made.changes
    assert change.action is Action.REBUILD
    assert [(f.path, f.old, f.new) for f in change.fields] == [(("vertices", "N"), "P", "N")]
    apply(world, renamed, 1.0)
    assert answers_as(world, renamed)
    assert plan(renamed, world.snapshot(2.0)).changes == ()


def test_a_forgotten_append_is_told_once_and_loads_nothing_when_it_comes_back() -> None:
    world = MemoryWorld(OWNER)
    appended = replace(EXAMPLE, loads=tuple(replace(w, mode="append") for w in EXAMPLE.loads))
    apply(world, appended, 0.0)
    without = replace(appended, loads=())
    made = plan(without, world.snapshot(1.0))
    assert [(str(c.key), c.action) for c in made.changes] == [("Load/l", Action.FORGET)]
    apply(world, without, 1.0)
    assert plan(without, world.snapshot(2.0)).changes == ()
    world.fills.clear()
    apply(world, appended, 3.0)
    assert world.fills == []
    assert plan(appended, world.snapshot(4.0)).changes == ()


def appending(*files) -> object:
    """The example with one appending load of these files."""
    (load,) = EXAMPLE.loads
    source = replace(load.types[0].sources[0], files=files)
    content = replace(load.types[0], sources=(source,))
    return replace(EXAMPLE, loads=(replace(load, mode="append", types=(content,)),))


def test_bytes_are_appended_once_whatever_their_path_is() -> None:
    one, copy = DataFile("a.csv", 1, "A"), DataFile("b.csv", 1, "A")
    world = MemoryWorld(OWNER)
    made = plan(appending(one, copy), world.snapshot())
    assert [p.code for p in made.problems] == ["LD115"]
    apply(world, appending(one), 0.0)
    assert plan(appending(copy), world.snapshot(1.0)).changes == (), "it was only moved"
    other = DataFile("a.csv", 1, "B")
    assert [p.code for p in plan(appending(other), world.snapshot(1.0)).problems] == ["LD114"]
    apply(world, appending(copy, other), 2.0)
    assert len(world.fills) == 2
    assert plan(appending(copy, other), world.snapshot(3.0)).changes == ()


def test_two_engines_in_one_place_are_blocked() -> None:
    other = replace(EXAMPLE.engine, key=Key("default", "Engine", "other"))
    engines = {EXAMPLE.engine.key: EXAMPLE.engine, other.key: other}
    world = World(
        PROJECT, engines, {GRAPH: EXAMPLE}, MemoryWorld(OWNER).snapshot(), {"neug": TRAITS}
    )
    made = make_plan(world)
    assert {p.code for p in made.problems} == {"EN105", "ST101"}
    assert made.steps == ()


def test_what_was_refused_is_not_rolled_back_to() -> None:
    world = MemoryWorld(OWNER)
    apply(world, replace(EXAMPLE, documents={"Graph/g": 1}), 0.0)
    (load,) = EXAMPLE.loads
    source = replace(load.types[0].sources[0], files=(replace(load.types[0].sources[0].files[0],
                                                              sha256="other"),))  # fmt: skip
    newer = replace(EXAMPLE, documents={"Graph/g": 2}, loads=(
        replace(load, types=(replace(load.types[0], sources=(source,)),)),))  # fmt: skip
    apply(world, newer, 1.0)
    back = Request(rollback=frozenset({GRAPH}))
    for step in plan(newer, world.snapshot(2.0), back).steps:
        world.do(step.act)
    assert [p.code for p in plan(newer, world.snapshot(3.0), back).problems] == ["RB104"]


def test_an_address_names_the_tenant_only_where_there_is_one() -> None:
    assert str(Key("acme", "Graph", "g")) == "acme:Graph/g"
    assert str(GRAPH) == "Graph/g"


def _example():
    from worlds import ENGINE, engine, file

    from reconciler.model.catalog import Catalog, VertexTable
    from reconciler.model.loading import Column, LoadOptions, LoadWish, TypeLoad, TypeSource
    from reconciler.model.wish import GraphWish

    assert ENGINE
    catalog = Catalog({"P": VertexTable("k", {"k": "int64"})})
    source = TypeSource((file("P", 7),), 1, {"k": Column("k", 0)})
    load = LoadWish(Key("default", "Load", "l"), GRAPH, "replace", LoadOptions(),
                    (TypeLoad("P", "vertex", (source,)),))  # fmt: skip
    return GraphWish(GRAPH, OWNER, engine(), catalog, loads=(load,))


EXAMPLE = _example()


def test_a_type_made_anew_takes_its_rows_along_also_where_no_copy_is_kept() -> None:
    def wish(type_: str) -> GraphWish:
        catalog = Catalog({"P": VertexTable("k", {"k": "string", "a": type_})})
        return GraphWish(GRAPH, OWNER, engine(), catalog, Settings(keep_previous_s=0))

    world = MemoryWorld(OWNER)
    apply(world, wish("string"), 0.0)
    (graph,) = world.graphs.values()
    graph.copies[graph.pointer.copy].rows["P"] = 5  # by hand
    apply(world, wish("int64"), 1.0)
    assert graph.copies[graph.pointer.copy].rows == {"P": 5}
