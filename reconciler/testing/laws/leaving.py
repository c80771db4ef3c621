"""Leaving: what goes, goes without a trace; what is not ours, or not asked for, stays."""

from __future__ import annotations

from dataclasses import replace

from reconciler.contracts import StepFailed
from reconciler.model.plan import Request
from reconciler.model.step import GraphAt, RemoveCopy, RemoveEngine, Step
from reconciler.testing.bench import ENGINE, GRAPH, Bench, reasoned
from reconciler.testing.files import content
from reconciler.testing.law import law
from reconciler.testing.samples import town, wish
from reconciler.testing.sheets import same


@law
def a_copy_that_goes_takes_no_other_along(bench: Bench) -> None:
    """The copy before the last goes with each apply; the two others are what people count on."""
    towns = [town(bench.traits, version=version) for version in (1, 2, 3)]
    ids = []
    for of in towns:
        bench.apply(wish(bench, of))
        graph = bench.graph()
        assert graph.pointer, "the graph has no pointer"
        ids.append(graph.pointer.copy)
    assert set(bench.graph().copies) == {ids[1], ids[2]}, "other copies are kept than asked for"
    same(bench.rows(), towns[2].rows)
    back = Request(rollback=frozenset({GRAPH}))
    bench.walk(bench.steps(wish(bench, towns[2]), request=back))
    same(bench.rows(), towns[1].rows, "of the copy that was kept ")


@law
def a_copy_that_answers_does_not_go(bench: Bench) -> None:
    """However old the plan is: what readers ask is never removed under them."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    graph = bench.graph()
    assert graph.pointer, "the graph has no pointer"
    at = GraphAt(GRAPH, bench.owner, graph.uid, bench.engine)
    step = Step("remove", GRAPH, GRAPH, RemoveCopy(at, graph.pointer.copy))
    try:
        bench.walk([step])
    except StepFailed as failure:
        reasoned(failure)
    bench.settled(wish(bench, of))
    same(bench.rows(), of.rows)


@law
def a_graph_that_goes_takes_no_other_along(bench: Bench) -> None:
    """One document is deleted, and one graph goes: its neighbours answer without a break."""
    of, other = town(bench.traits), GRAPH.sibling("Graph", "village")
    bench.apply(wish(bench, of), wish(bench, of, key=other))
    gone, stays = bench.graph(GRAPH), bench.graph(other)
    bench.apply(wish(bench, of, key=other))
    sight = bench.sight()
    assert set(sight.graphs) == {other}, f"of two graphs are left: {sorted(map(str, sight.graphs))}"
    assert not sight.unknown, "a graph that went is unknown"
    assert sight.graphs[other].unit == stays.unit, "the neighbour's server was changed"
    assert all(u.mark.uid != gone.uid for u in bench.substrate.units()), "its server runs on"
    left = [name for name in content(bench.place) if gone.uid in name or GRAPH.name in name]
    assert not left, f"of a graph that went are left: {left}"
    same(bench.rows(other), of.rows)


@law
def what_is_destroyed_leaves_nothing(bench: Bench) -> None:
    """`destroy` gives everything back: folders, servers, ports."""
    bench.apply(wish(bench, town(bench.traits)))
    bench.walk(bench.plan(nothing=True).steps)
    assert not bench.place.exists(), f"left: {sorted(content(bench.place))}"
    assert not bench.substrate.units(), "a server runs on"


@law
def what_is_not_ours_stays(bench: Bench) -> None:
    """A file that somebody put into an engine's folder is his; we do not delete it with ours."""
    bench.apply()
    (bench.place / "notes.txt").write_text("mine")
    (bench.place / "album").mkdir()
    (bench.place / "album" / "photo").write_text("mine too")
    engine = bench.sight().engine
    assert engine, "an engine with a stranger's file in it is not seen"
    assert set(engine.strangers) == {"album", "notes.txt"}, f"strangers: {engine.strangers}"
    before = content(bench.place)
    act = RemoveEngine(ENGINE, bench.traits.type, bench.engine.place)
    bench.refused([Step("remove", ENGINE, ENGINE, act)])
    assert content(bench.place) == before, "something was removed from a folder that stays"


@law
def an_engine_with_graphs_in_it_does_not_go(bench: Bench) -> None:
    """However the plan came about: a folder with rows in it is never removed as an engine's."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    act = RemoveEngine(ENGINE, bench.traits.type, bench.engine.place)
    bench.refused([Step("remove", ENGINE, ENGINE, act)])
    same(bench.rows(), of.rows)


@law
def an_engine_may_be_marked_anew(bench: Bench) -> None:
    """A new description of an engine leaves the graphs in it alone."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    before = bench.graph()
    bench.engine = replace(bench.engine, description="another one")
    bench.apply(wish(bench, of))
    assert bench.graph().copies.keys() == before.copies.keys(), "a mark made or removed a copy"
    same(bench.rows(), of.rows)
