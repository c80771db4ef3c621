"""Rows are counted as far as a turn has time for it, and again when they may be others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.catalog import Catalog
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveCopy, LiveGraph, Pointer, Snapshot
from reconciler.model.wish import Place, Settings
from reconciler.server.counting import Counts

OWNER = Owner("p", "default", "abcdefgh")
ENGINE = Key("default", "Engine", "main")


def graph(name: str, copy: str = "one") -> LiveGraph:
    key = Key("default", "Graph", name)
    pointer = Pointer(name, name, "default", OWNER, copy, "embedded", Settings())
    copies = {copy: LiveCopy(copy, Catalog({}, {}), None, verified=True)}
    return LiveGraph(key, ENGINE, Place("local", "/p"), name, True, OWNER, pointer, copies)


def world(graphs: Iterable[LiveGraph]) -> Snapshot:
    return Snapshot(graphs={each.key: each for each in graphs})


class Engine:
    """Each count takes a while, and finds one row more than the last."""

    def __init__(self, takes_s: float) -> None:
        self.now, self.takes_s, self.asked = 0.0, takes_s, []

    def count(self, graph: LiveGraph) -> LiveGraph:
        self.now += self.takes_s
        self.asked.append(graph.key.name)
        copies = {
            id_: replace(copy, rows={"P": len(self.asked)}) for id_, copy in graph.copies.items()
        }
        return replace(graph, copies=copies)

    def counts(self) -> Counts:
        return Counts(lambda: self.now)


def rows(live: Snapshot) -> dict[str, int | None]:
    return {
        key.name: each.serving.rows and each.serving.rows["P"] for key, each in live.graphs.items()
    }


def test_a_turn_counts_what_it_has_time_for_and_the_next_one_goes_on() -> None:
    engine, live = Engine(1.5), world(map(graph, "abc"))
    counts = engine.counts()
    assert rows(counts.counted(live, engine.count)) == {"a": 1, "b": 2, "c": None}
    assert rows(counts.counted(live, engine.count)) == {"a": 1, "b": 2, "c": 3}
    assert rows(counts.known(live)) == {"a": 1, "b": 2, "c": 3}
    assert engine.asked == ["a", "b", "c"]


def test_one_that_takes_long_is_counted_all_the_same() -> None:
    engine = Engine(100.0)
    assert rows(engine.counts().counted(world([graph("a")]), engine.count)) == {"a": 1}


def test_another_copy_is_counted_anew_and_its_rows_are_unknown_before() -> None:
    engine, counts = (made := Engine(0.1)), made.counts()
    counts.counted(world([graph("a")]), engine.count)
    after = world([graph("a", "two")])
    assert rows(counts.known(after)) == {"a": None}
    assert rows(counts.counted(after, engine.count)) == {"a": 2}


def test_an_hour_later_it_is_counted_again() -> None:
    engine, counts = (made := Engine(0.1)), made.counts()
    live = world([graph("a")])
    counts.counted(live, engine.count)
    engine.now += 3500
    assert rows(counts.counted(live, engine.count)) == {"a": 1}
    engine.now += 3700
    assert rows(counts.counted(live, engine.count)) == {"a": 2}


def test_what_cannot_be_counted_any_more_is_unknown() -> None:
    engine, counts = (made := Engine(0.1)), made.counts()
    live = world([graph("a")])
    counts.counted(live, engine.count)
    engine.now += 7200
    assert rows(counts.counted(live, lambda found: found)) == {"a": None}
