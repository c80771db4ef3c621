"""Asking: where a graph answers, what it says, and how it is taken elsewhere."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import StepFailed
from reconciler.model.catalog import Catalog
from reconciler.model.loading import LoadOptions, LoadWish, TypeLoad, TypeSource
from reconciler.testing.bench import GRAPH, Bench, reasoned
from reconciler.testing.files import content
from reconciler.testing.law import law
from reconciler.testing.samples import everything, town, wish
from reconciler.testing.sheets import Sheet, same, source


@law
def an_export_loads_again(bench: Bench) -> None:
    """Whoever cannot take the data out has lost it: an export, loaded again, is the same graph."""
    of = everything(bench.traits)
    bench.apply(wish(bench, of))
    other = GRAPH.sibling("Graph", "again")
    with bench.scratch("out") as folder:
        told = list(bench.driver.export(bench.graph(), folder))
        assert sorted(told) == sorted(folder.iterdir()), "not every file of an export was told"
        types = tuple(_load(of.catalog, path) for path in _in_order(of.catalog, told))
        options = LoadOptions(on_null="default")
        load = LoadWish(other.sibling("Load", "again"), other, "replace", options, types)
        again = replace(wish(bench, of, key=other, load=False), loads=(load,))
        bench.apply(wish(bench, of), again)
        same(bench.rows(other), bench.rows(), "loaded from an export ")


@law
def an_export_changes_nothing(bench: Bench) -> None:
    """Taking data out is reading: whatever answers goes on, and is as it was."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    before = bench.graph()
    first, second = bench.rows(), bench.rows()
    same(second, first, "the second time ")
    assert bench.graph() == before, "an export changed the graph"


@law
def a_graph_tells_where_it_answers(bench: Bench) -> None:
    """`get` shows an address and a program that works: the first thing a user tries."""
    bench.apply(wish(bench, town(bench.traits)))
    endpoint = bench.driver.endpoint(bench.graph())
    assert endpoint, "a graph that answers tells no endpoint"
    assert endpoint.snippet.strip(), "no program is shown"
    assert endpoint.address in endpoint.snippet, "the program shown asks elsewhere"
    if not bench.served:
        assert Path(endpoint.address).exists(), f"there is nothing at {endpoint.address}"


@law
def a_graph_can_be_asked(bench: Bench) -> None:
    """`query` and `call` give all rows up to the limit, and say where there are more."""
    words, of = bench.subject.speech(), town(bench.traits, people=6)
    bench.apply(wish(bench, of))
    graph = bench.graph()
    count = words.count.format(type="Person", key="id", value=0)
    keys = words.keys.format(type="Person", key="id", value=0)
    table = bench.driver.query(graph, count, {}, write=False, limit=10)
    assert [list(map(str, row)) for row in table.rows] == [["6"]], f"of 6 people: {table.rows}"
    assert not table.more, "one row is told to be cut off"
    cut = bench.driver.query(graph, keys, {}, write=False, limit=4)
    assert (len(cut.rows), cut.more) == (4, True), "a limit of 4 of 6 rows was not kept or not told"
    whole = bench.driver.query(graph, keys, {}, write=False, limit=6)
    assert (len(whole.rows), whole.more) == (6, False), "6 of 6 rows are told to be cut off"


@law
def a_question_writes_nothing(bench: Bench) -> None:
    """Without `--write` a query only reads: a slip of the hand must not change a graph."""
    words, of = bench.subject.speech(), town(bench.traits)
    bench.apply(wish(bench, of))
    insert = words.insert.format(type="City", key="id", value=77)
    try:
        bench.driver.query(bench.graph(), insert, {}, write=False, limit=10)
    except StepFailed as failure:
        reasoned(failure)
    same(bench.rows(), of.rows)


@law
def a_wrong_question_is_told_and_harms_nothing(bench: Bench) -> None:
    """A query that does not fit is its author's mistake, told as such; the next one is answered."""
    words, of = bench.subject.speech(), town(bench.traits)
    bench.apply(wish(bench, of))
    before = content(bench.place)
    try:
        bench.driver.query(bench.graph(), words.wrong, {}, write=False, limit=10)
    except StepFailed as failure:
        reasoned(failure)
    else:
        raise AssertionError("a query that fits nothing was answered")
    assert content(bench.place).keys() == before.keys(), "a wrong query left files"
    same(bench.rows(), of.rows)


def _in_order(catalog: Catalog, paths: list[Path]) -> list[Path]:
    """Vertices before edges."""
    return sorted(paths, key=lambda path: path.name.split(".")[0] not in catalog.vertices)


def _load(catalog: Catalog, path: Path) -> TypeLoad:
    """How an exported file feeds its type: by its header, as any file does."""
    name = path.name.split(".")[0]
    with path.open(newline="", encoding="utf-8") as file:
        header = next(csv.reader(file))
    edge = catalog.edges.get(name)
    if edge is None:
        sheet = Sheet(name, "vertex", tuple(header), ())
        return TypeLoad(name, "vertex", (_source(sheet, path, header),))
    assert header[:2] == ["from", "to"], f"{path.name} begins with {header[:2]}, not with its ends"
    sheet = Sheet(name, "edge", tuple(header[2:]), (), edge.pairs[0])
    return TypeLoad(name, "edge", (_source(sheet, path, header),))


def _source(sheet: Sheet, path: Path, header: list[str]) -> TypeSource:
    return source(sheet, path, list(range(len(header))))
