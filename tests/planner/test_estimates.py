"""Estimates: ranges that hold together, set right by what was measured, and no part of a plan."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ENGINE, GRAPH, OWNER, plan, wishes

from reconciler.engines.neug import TRAITS
from reconciler.loads.density import LOOKED_AT, rows_in
from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.change import Action
from reconciler.model.estimate import Evidence, Span, Spent
from reconciler.model.key import Key
from reconciler.model.loading import (
    Column,
    DataFile,
    Expected,
    LoadOptions,
    LoadWish,
    TypeLoad,
    TypeSource,
)
from reconciler.model.observed import Snapshot
from reconciler.model.record import ProcedureRecord
from reconciler.model.step import CarryType, ExportType, FillType, VerifyCopy
from reconciler.model.wish import EngineWish, GraphWish, Place
from reconciler.planner.estimate import estimate
from reconciler.testing.memory import MemoryWorld

RATES = {"neug": TRAITS}
LOAD = Key("default", "Load", "people")
CATALOG = Catalog({"P": VertexTable("k", {"k": "int64"})}, {"E": EdgeTable((("P", "P"),), {})})


def people(sizes: dict[str, int], **options) -> GraphWish:
    """A graph of one vertex and one edge type; `sizes` are the bytes of each type's file."""
    types = tuple(
        TypeLoad(type_, "edge" if type_ == "E" else "vertex", (TypeSource(
            (DataFile(f"{type_}.csv", size, f"{type_}{size}"),), 2, {"k": Column("k", 0)},
            *((("P", "P"), (Column("a", 0), Column("b", 1))) if type_ == "E" else ())),))
        for type_, size in sizes.items()
    )  # fmt: skip
    engine = EngineWish(ENGINE, "neug", "0.3.0", "served", Place("local", "/somewhere"), **options)
    load = LoadWish(LOAD, GRAPH, "replace", LoadOptions(), types)
    tested = {"ages": ProcedureRecord("cypher", "RETURN 1", {}, ({}, {}))}
    return GraphWish(GRAPH, OWNER, engine, CATALOG, loads=(load,), procedures=tested)


def applied(wish: GraphWish, rows: dict[str, int] | None = None) -> Snapshot:
    world = MemoryWorld(OWNER)
    for step in plan(wish, world.snapshot()).steps:
        world.do(step.act)
    live = world.snapshot()
    graph = live.graphs[GRAPH]
    serving = graph.serving
    fills = {t: tuple(replace(f, rows=(rows or {}).get(t, 0)) for f in found)
             for t, found in serving.record.fills.items()}  # fmt: skip
    copy = replace(serving, record=replace(serving.record, fills=fills), rows=rows)
    return replace(live, graphs={GRAPH: replace(graph, copies={**graph.copies, copy.id: copy})})


def spans(found) -> list[Span]:
    return [found.seconds, found.rows, found.disk_bytes, found.memory_bytes, found.reads_pause_s,
            found.writes_pause_s]  # fmt: skip


@st.composite
def evidence(draw) -> Evidence:
    acts = st.sampled_from(["FillType", "BuildCopy", "VerifyCopy", "Switch", "Amend", "StartUnit"])
    spent = draw(st.lists(st.builds(
        Spent, st.just("neug"), acts, st.floats(0, 100), st.integers(1, 5),
        st.sampled_from(["", "Graph/g.P", "Graph/g.E"]), st.sampled_from(["vertex", "edge", ""]),
        st.integers(0, 10**6)), max_size=6))  # fmt: skip
    return Evidence(tuple(spent), {}, {"/somewhere": ("a disk", draw(st.integers(0, 10**9)))})


@settings(max_examples=150)
@given(wishes(), st.none() | wishes(), evidence())
def test_every_cost_belongs_to_one_row_and_no_range_is_upside_down(first, second, known):
    world = MemoryWorld(OWNER)
    for step in plan(first, world.snapshot()).steps:
        world.do(step.act)
    live = world.snapshot()
    made = plan(second, live)
    found = estimate(made, live, RATES, known)
    assert set(found.steps) == {step.id for step in made.steps}
    every = [found.whole, *found.changes.values(), *found.steps.values()]
    assert all(0 <= span.low <= span.high for one in every for span in spans(one))
    assert sum(c.rows.high for c in found.changes.values()) == pytest.approx(found.whole.rows.high)
    assert sum(c.read_bytes for c in found.changes.values()) == found.whole.read_bytes
    longest = max((c.seconds.low for c in found.changes.values()), default=0)
    assert longest <= found.whole.seconds.low + 1e-9
    assert found == estimate(made, live, RATES, known)


def test_rows_come_from_the_record_then_from_a_look_then_from_sizes():
    wish = people({"P": 1000, "E": 3000})
    live = applied(wish, {"P": 100, "E": 300})
    same = plan(
        replace(wish, loads=(replace(wish.loads[0], options=LoadOptions(quote="'")),)), live
    )
    costs = estimate(same, live, RATES, Evidence())
    assert costs.changes[LOAD].rows == Span(400, 400)
    assert "rows as recorded" in costs.changes[LOAD].basis
    longer = estimate(plan(people({"P": 2000, "E": 3000}), live), live, RATES, Evidence())
    assert longer.changes[LOAD].rows == Span(0.95 * 200 + 300, 1.05 * 200 + 300)
    nothing = MemoryWorld(OWNER).snapshot()
    looked = Evidence(samples={"P1000": Span(90, 110), "E3000": Span(5, 5)})
    assert estimate(plan(wish, nothing), nothing, RATES, looked).changes[LOAD].rows == Span(95, 115)
    guessed = estimate(plan(wish, nothing), nothing, RATES, Evidence()).changes[LOAD]
    assert guessed.rows.high > 10 * 1000 / 120
    assert "rows guessed from sizes" in guessed.basis


def test_what_is_expected_is_believed():
    wish = people({"P": 1000})
    load = replace(wish.loads[0], expect={"P": Expected(7, 9)})
    nothing = MemoryWorld(OWNER).snapshot()
    found = estimate(plan(replace(wish, loads=(load,)), nothing), nothing, RATES, Evidence())
    assert found.changes[LOAD].rows == Span(7, 9)


def test_what_the_same_type_took_here_comes_before_what_others_took_and_that_before_the_usual():
    wish = people({"P": 10_000_000})
    nothing = MemoryWorld(OWNER).snapshot()
    made = plan(wish, nothing)
    known = Evidence(samples={"P10000000": Span(4e5, 4e5)})
    usual = estimate(made, nothing, RATES, known).changes[LOAD]
    assert usual.seconds == Span(pytest.approx(0.7 * 1.05), pytest.approx(1.5 * 1.05))
    assert "time by neug's usual rates" in usual.basis
    other = Spent("neug", "FillType", 21.0, 1, "Graph/other.Q", "vertex", 4_000_000)
    slow = estimate(made, nothing, RATES, replace(known, spent=(other,))).changes[LOAD]
    factor = 21.0 / (0.05 + 10)
    assert slow.seconds.low == pytest.approx(0.75 * factor * 1.05)
    assert "time as a load of vertices took here once" in slow.basis
    own = [Spent("neug", "FillType", 0.5, 1, "Graph/g.P", "vertex", 400_000)] * 3
    near = estimate(made, nothing, RATES, replace(known, spent=(other, *own))).changes[LOAD]
    assert "time as Graph/g.P took here 3 times" in near.basis
    assert near.seconds.low == pytest.approx(0.45)
    assert near.seconds.high == pytest.approx(0.575)
    width = near.seconds.high / near.seconds.low
    assert width < usual.seconds.high / usual.seconds.low, "what was measured is surer"


def test_reads_pause_at_a_switch_and_writes_from_the_clone_on():
    wish = people({"P": 1000, "E": 3000})
    fresh = estimate(plan(wish, Snapshot()), Snapshot(), RATES, Evidence())
    assert fresh.whole.reads_pause_s == fresh.whole.writes_pause_s == Span()
    live = applied(wish, {"P": 100, "E": 300})
    again = estimate(plan(people({"P": 1001, "E": 3000}), live), live, RATES, Evidence())
    assert again.whole.reads_pause_s == Span(pytest.approx(0.7 * 0.3), pytest.approx(1.5 * 0.3))
    assert again.whole.writes_pause_s.low > again.whole.reads_pause_s.low


def test_many_graphs_pay_for_the_engine_once_in_each_lane():
    nothing = MemoryWorld(OWNER).snapshot()
    one = plan(people({"P": 1000}), nothing)
    keys = [Key("default", "Graph", f"g{n}") for n in range(40)]
    many = replace(one, steps=tuple(
        replace(step, id=f"{key} {step.id}", key=key, session=key,
                waits=frozenset(f"{key} {id_}" for id_ in step.waits))
        for key in keys for step in one.steps))  # fmt: skip
    alone = estimate(one, nothing, RATES, Evidence()).whole.seconds
    found = estimate(many, nothing, RATES, Evidence()).whole.seconds
    assert found.high < 40 * alone.high - 30 * TRAITS.rates.begin_s
    assert found.low < found.high / 4


def test_what_is_run_again_is_told_at_the_row_that_is_its_cause():
    wish = people({"P": 1000, "E": 3000})
    live = applied(wish, {"P": 100, "E": 300})
    other = replace(
        wish, catalog=replace(CATALOG, vertices={"P": VertexTable("k", {"k": "string"})})
    )
    made = plan(other, live)
    assert [(c.key, c.action) for c in made.changes] == [(GRAPH, Action.REBUILD)]
    found = estimate(made, live, RATES, Evidence())
    assert [(str(r.key), r.what) for r in found.reruns[GRAPH]] == [
        ("Load/people", ("P", "E")), ("Procedure/ages", ("2 tests",))]  # fmt: skip
    longer = plan(people({"P": 2000, "E": 3000}), live)
    assert [c.key for c in longer.changes] == [LOAD]
    again = estimate(longer, live, RATES, Evidence()).reruns
    assert {row: [str(r.key) for r in found] for row, found in again.items()} == {
        LOAD: ["Procedure/ages"]}  # fmt: skip
    ran = {type(step.act) for step in made.steps}
    assert {FillType, VerifyCopy} <= ran, "the steps are what is told"


def test_rows_that_are_carried_over_cost_what_was_counted():
    wish = people({"P": 1000, "E": 3000})
    live = applied(wish, {"P": 100, "E": 300})
    graph = live.graphs[GRAPH]
    copy = replace(graph.serving, rows={"P": 150_000, "E": 300})
    live = replace(live, graphs={GRAPH: replace(graph, copies={copy.id: copy})})
    table = VertexTable("k", {"k": "string"})
    made = plan(replace(wish, catalog=replace(CATALOG, vertices={"P": table})), live)
    found = estimate(made, live, RATES, Evidence())
    costs = {(type(s.act), s.act.carry.type): found.steps[s.id] for s in made.steps
             if isinstance(s.act, ExportType | CarryType)}  # fmt: skip
    assert costs[CarryType, "P"].rows == Span(150_000, 150_000)
    assert costs[CarryType, "P"].disk_bytes.high > 0
    assert costs[ExportType, "P"].rows == Span(), "they are read, and fill nothing"
    assert costs[ExportType, "P"].seconds.high < costs[CarryType, "P"].seconds.low
    assert "rows as counted" in found.whole.basis


@pytest.mark.parametrize(
    ("memory", "free", "told"),
    [
        pytest.param("64Mi", 10**12, ["needs … at least"], id="memory that is surely too little"),
        pytest.param("120Mi", 10**12, ["may need up to"], id="memory that may be too little"),
        pytest.param("64Gi", 10**12, [], id="enough of both"),
        pytest.param("64Gi", 1000, ["a disk has 1000 B free"], id="a full disk"),
        pytest.param("64Gi", 300_000, ["may need up to"], id="a disk that may be too small"),
        pytest.param(None, 10**12, [], id="no limit"),
    ],
)
def test_est101_where_it_does_not_fit(memory, free, told):
    wish = people({"P": 1000}, resources={"memory": memory} if memory else {})
    nothing = MemoryWorld(OWNER).snapshot()
    known = Evidence(free={"/somewhere": ("a disk", free)})
    found = estimate(plan(wish, nothing), nothing, RATES, known).warnings
    assert [p.code for p in found] == ["EST101"] * len(told)
    for problem, text in zip(found, told, strict=True):
        assert all(part in problem.summary for part in text.split(" … ")), problem.summary


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        pytest.param(b"k,v\n1,a\n2,b\n", LoadOptions(), 2, id="small"),
        pytest.param(b"k,v\n1,a\n2,b", LoadOptions(), 2, id="without a last newline"),
        pytest.param(b"1\n2\n", LoadOptions(header=False), 2, id="no header"),
        pytest.param(b'k\n"a\nb"\n"c"\n', LoadOptions(), 2, id="newlines in quotes"),
        pytest.param(b"k\r1\r2\r", LoadOptions(), 2, id="old line ends"),
        pytest.param(b"", LoadOptions(), 0, id="empty"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_small_file_is_counted(tmp_path: Path, content, options, rows, packed):
    path = tmp_path / ("f.csv.gz" if packed else "f.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    file = DataFile(path.name, path.stat().st_size, "x", str(path))
    assert rows_in(file, options) == Span(rows, rows)


@pytest.mark.parametrize("packed", [False, True])
def test_a_large_file_is_told_from_its_beginning(tmp_path: Path, packed):
    lines = "".join(f"{n},name {n * 7919 % 10007}\n" for n in range(200_000)).encode()
    path = tmp_path / ("f.csv.gz" if packed else "f.csv")
    path.write_bytes(gzip.compress(lines) if packed else lines)
    assert path.stat().st_size > LOOKED_AT
    found = rows_in(DataFile(path.name, path.stat().st_size, "x", str(path)), LoadOptions())
    assert found.low <= 200_000 <= found.high


def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path):
    assert rows_in(DataFile("gone.csv", 5, "x", str(tmp_path / "gone.csv")), LoadOptions()) is None
