"""Switching: another copy answers under the graph's name, or the one before does still."""

from __future__ import annotations

import socket
from dataclasses import replace

from reconciler.model.observed import LiveGraph, Pointer
from reconciler.model.plan import Request
from reconciler.model.step import BuildCopy, ClearGraph, MarkGraph, Switch
from reconciler.model.wish import Held, Settings
from reconciler.planner import unit_digest
from reconciler.testing.bench import GRAPH, Bench, Skip
from reconciler.testing.law import law, only
from reconciler.testing.samples import integer, town, wish
from reconciler.testing.sheets import same


@law
def a_switch_is_done_when_the_new_copy_answers(bench: Bench) -> None:
    """After `apply` a client asks the new graph: not in a moment, not after a retry."""
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first))
    old = _pointer(bench)
    for step in bench.steps(wish(bench, second)):
        bench.walk([step])
        if isinstance(step.act, Switch):
            _answers(bench, bench.graph(), step.act.pointer.copy)
    new = _pointer(bench)
    assert new.previous == old.copy, "the copy before is not kept as it was asked"
    assert new.port == old.port, "the switch moved the graph to another port"
    same(bench.rows(), second.rows)


@law
def a_server_that_does_not_come_up_leaves_the_old_one(bench: Bench) -> None:
    """A change that cannot be served costs nothing: what answered before answers again."""
    only("served", bench)
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first))
    old = _pointer(bench)
    steps = bench.steps(wish(bench, second))
    bench.substrate.refused = {s.act.copy for s in steps if isinstance(s.act, BuildCopy)}
    failure = bench.refused(steps)
    assert len(failure.problems) == 1, f"going back failed too: {failure}"
    new = _pointer(bench)
    assert new.copy == old.copy, "a copy whose server did not come up is told to answer"
    assert new.held, "the wish is not held: it would be tried, and readers put off, again and again"
    _answers(bench, bench.graph(), old.copy)
    same(bench.rows(), first.rows)


@law
def a_first_server_that_does_not_come_up_publishes_nothing(bench: Bench) -> None:
    """A graph that never answered must not be told to."""
    only("served", bench)
    of = town(bench.traits)
    steps = bench.steps(wish(bench, of))
    bench.substrate.refused = {s.act.copy for s in steps if isinstance(s.act, BuildCopy)}
    bench.refused(steps)
    graph = bench.sight().graphs.get(GRAPH)
    assert not (graph and graph.pointer), "a graph whose server did not come up is published"
    bench.substrate.refused = set()
    bench.apply(wish(bench, of))
    same(bench.rows(), of.rows)


@law
def a_port_that_others_have_stops_nothing(bench: Bench) -> None:
    """A port that is taken is found out before the server that runs is stopped for it."""
    only("served", bench)
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    port, before = _pointer(bench).port, list(bench.substrate.stopped)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(port=taken.getsockname()[1])
        bench.refused(bench.steps(wish(bench, of, settings=settings)))
    assert bench.substrate.stopped == before, "a server was stopped for a port that others have"
    assert _pointer(bench).port == port, "the pointer names a port that others have"
    same(bench.rows(), of.rows)


@law
def going_back_brings_the_copy_before(bench: Bench) -> None:
    """`rollback` is the promise that lets people dare an apply."""
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first))
    bench.apply(wish(bench, second))
    new = _pointer(bench).copy
    back = Request(rollback=frozenset({GRAPH}))
    bench.walk(bench.steps(wish(bench, second), request=back))
    pointer = _pointer(bench)
    assert pointer.previous == new, "the copy that was left is not kept"
    assert isinstance(pointer.held, Held), "the refused wish is forgotten: it would come back"
    _answers(bench, bench.graph(), pointer.copy)
    same(bench.rows(), first.rows)


@law
def a_mark_changes_no_copy_and_no_process(bench: Bench) -> None:
    """A new description must not cost readers a restart."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    before, started = bench.graph(), list(bench.substrate.started)
    settings = Settings(keep_previous_s=60, description="ünï")
    steps = bench.steps(wish(bench, of, settings=settings))
    assert [type(s.act) for s in steps] == [MarkGraph], f"a mark costs {[s.id for s in steps]}"
    bench.walk(steps)
    after = bench.graph()
    assert after.pointer, "the graph has lost its pointer"
    assert after.pointer.settings == settings, "the mark was not written"
    assert after.copies.keys() == before.copies.keys(), "a mark made or removed a copy"
    assert bench.substrate.started == started, "a mark started a server"
    same(bench.rows(), of.rows)


@law
def what_was_written_meanwhile_is_not_left_behind(bench: Bench) -> None:
    """Rows that a client wrote while a new copy was made are not in it: the switch must not be."""
    words, of = bench.subject.speech(), town(bench.traits)
    number = integer(bench.traits)
    bench.apply(wish(bench, of))
    if not bench.traits.clones:
        raise Skip("without clones a copy has no base that could be written to")
    if bench.subject.mode in bench.traits.reads_only:
        raise Skip("nobody writes to it")
    more = replace(
        of.catalog.vertices["City"], properties={"id": number, "name": "string", "size": number}
    )
    catalog = replace(of.catalog, vertices={**of.catalog.vertices, "City": more})
    settings = Settings(strategy="blue-green")
    steps = bench.steps(wish(bench, replace(of, catalog=catalog), settings=settings))
    until = next(n for n, step in enumerate(steps) if isinstance(step.act, Switch))
    bench.walk(steps[:until])
    insert = words.insert.format(type="City", key="id", value=77)
    bench.driver.query(bench.graph(), insert, {}, write=True, limit=10)
    bench.refused(steps[until : until + 1])
    serving = bench.graph().serving
    assert serving, "no copy answers"
    assert "size" not in serving.catalog.properties("City"), "the new copy answers all the same"
    assert len(bench.rows()["City"]) == 3, "the row that was written is lost"


@law
def what_makes_room_keeps_its_name(bench: Bench) -> None:
    """`strategy: recreate` is for disks on which two copies do not fit: the old goes, whole.

    Its name stays with all that people set on it, and the new one answers where the old one did.
    """
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first, settings=Settings(strategy="recreate")))
    old = _pointer(bench)
    for step in bench.steps(wish(bench, second, settings=Settings(strategy="recreate"))):
        bench.walk([step])
        graph = bench.graph()
        assert len(graph.copies) <= 1, f"two copies lie there after {step.id}"
        if isinstance(step.act, ClearGraph):
            assert not graph.copies, "a copy is still there"
            assert not graph.unit, "its server still runs"
            bench.walk([step])  # as after a crash: all of it is done again
        told = _pointer(bench)
        assert (told.uid, told.name, told.port) == (old.uid, old.name, old.port), told
    _answers(bench, bench.graph(), _pointer(bench).copy)
    same(bench.rows(), second.rows)


@law
def what_was_written_since_the_plan_does_not_make_room(bench: Bench) -> None:
    """Rows that nobody was told of must not go: a graph with more than were counted stays."""
    words, of = bench.subject.speech(), town(bench.traits)
    if bench.subject.mode in bench.traits.reads_only:
        raise Skip("nobody writes to it")
    bench.apply(wish(bench, of))
    settings = Settings(strategy="recreate")
    steps = bench.steps(wish(bench, town(bench.traits, version=2), settings=settings))
    until = next(n for n, step in enumerate(steps) if isinstance(step.act, ClearGraph))
    insert = words.insert.format(type="City", key="id", value=77)
    bench.driver.query(bench.graph(), insert, {}, write=True, limit=10)
    bench.refused(steps[until : until + 1])
    _answers(bench, bench.graph(), _pointer(bench).copy)
    assert len(bench.rows()["City"]) == 3, "the row that was written is lost"


@law
def a_server_carries_what_it_was_started_with(bench: Bench) -> None:
    """Servers are found again by their marks alone, and started anew only when these differ."""
    only("served", bench)
    bench.apply(wish(bench, town(bench.traits)))
    graph = bench.graph()
    assert graph.unit, "a graph that is served has no server"
    assert graph.pointer, "a graph that is served has no pointer"
    mark = graph.unit.mark
    assert (mark.uid, mark.copy, mark.key) == (graph.uid, graph.pointer.copy, GRAPH), mark
    assert mark.port == graph.pointer.port, "the port is another one than the pointer's"
    assert mark.digest == unit_digest(bench.engine, bench.engine.version), "its digest is not ours"
    assert (mark.owner, mark.root) == (bench.owner, bench.root.id), "it is marked as another's"


def _pointer(bench: Bench) -> Pointer:
    pointer = bench.graph().pointer
    assert pointer, "the graph has no pointer"
    return pointer


def _answers(bench: Bench, graph: LiveGraph, copy: str) -> None:
    """That copy answers under the graph's name, at once."""
    assert graph.serving, "no copy answers"
    assert graph.serving.id == copy, "another copy answers"
    assert graph.serving.verified, "a copy answers that was not verified"
    if not bench.served:
        return
    assert graph.unit, "the graph has no server"
    assert (graph.unit.copy, graph.unit.state) == (copy, "up"), "its server is another copy's"
    endpoint = bench.driver.endpoint(graph)
    assert endpoint, "it answers nowhere"
    port = int(endpoint.address.rstrip("/").rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        pass
