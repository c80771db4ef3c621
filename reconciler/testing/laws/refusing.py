"""Refusing: rows that do not fit are told by their line, and their graph stays as it is."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import StepFailed
from reconciler.model.catalog import Catalog
from reconciler.model.loading import Expected, LoadOptions
from reconciler.model.problem import Problem
from reconciler.model.wish import GraphWish
from reconciler.testing.bench import Bench, reasoned
from reconciler.testing.law import law
from reconciler.testing.samples import town, wish
from reconciler.testing.sheets import Sheet, Town, same


@law
def a_key_that_comes_twice_is_refused(bench: Bench) -> None:
    """Two rows of one key are a mistake in the data: an engine that keeps one of them hides it."""
    of = town(bench.traits)
    _refuses(bench, _and(of, "Person", ("0", "again", "1")), "LD203")


@law
def the_first_of_a_key_may_be_asked_for(bench: Bench) -> None:
    """`onDuplicateKey: first` keeps the first of each, whatever the engine would have done."""
    of = town(bench.traits)
    bench.apply(wish(bench, _and(of, "Person", ("0", "again", "9")),
                     options=LoadOptions(on_duplicate_key="first")))  # fmt: skip
    same(bench.rows(), of.rows)


@law
def an_edge_to_nowhere_is_refused(bench: Bench) -> None:
    """An edge whose end is no vertex is a mistake in the data: engines drop such in silence."""
    _refuses(bench, _and(town(bench.traits), "KNOWS", ("0", "77", "1")), "LD204")


@law
def edges_to_nowhere_may_be_left_out(bench: Bench) -> None:
    """`onDanglingEdge: drop` leaves these out, and no others."""
    of = town(bench.traits)
    bench.apply(wish(bench, _and(of, "KNOWS", ("0", "77", "1"), ("77", "0", "1")),
                     options=LoadOptions(on_dangling_edge="drop")))  # fmt: skip
    same(bench.rows(), of.rows)


@law
def a_null_is_no_zero(bench: Bench) -> None:
    """A missing number is not 0, unless somebody says so: it is refused, or stays missing."""
    good = town(bench.traits)
    bench.apply(wish(bench, good))
    bad = wish(bench, _and(town(bench.traits), "Person", ("70", "nobody", "")))
    refused: tuple[Problem, ...] = ()
    try:
        bench.walk(bench.steps(bad))
    except StepFailed as failure:
        refused = reasoned(failure).problems
    if refused:
        assert "LD208" in {problem.code for problem in refused}, f"it was refused by {refused}"
        _answers_still(bench, good)
        return
    with bench.scratch("nulls") as folder:
        list(bench.driver.export(bench.graph(), folder))
        with (folder / "Person.csv").open(newline="", encoding="utf-8") as file:
            ages = [row["age"] for row in csv.DictReader(file) if row["id"] == "70"]
    assert ages == [""], f"a missing number came back as {ages}"


@law
def a_null_may_be_the_default(bench: Bench) -> None:
    """`onNull: default` stores the type's zero."""
    of = town(bench.traits)
    bench.apply(wish(bench, _and(of, "Person", ("70", "nobody", "")),
                     options=LoadOptions(on_null="default")))  # fmt: skip
    same(bench.rows(), _and(of, "Person", ("70", "nobody", "0")).rows)


@law
def a_value_of_another_type_is_refused(bench: Bench) -> None:
    """`12x` is not 12: readers that think so alter data."""
    _refuses(bench, _and(town(bench.traits), "Person", ("70", "nobody", "12x")), "LD201")


@law
def a_string_that_is_too_long_is_refused(bench: Bench) -> None:
    """`string(n)` is a promise; nothing is ever cut."""
    of = town(bench.traits)
    person = of.catalog.vertices["Person"]
    narrow = replace(person, properties={**person.properties, "name": "string(8)"})
    catalog = Catalog({**of.catalog.vertices, "Person": narrow}, of.catalog.edges)
    _refuses(bench, replace(_and(of, "Person", ("70", "ninebytes", "1")), catalog=catalog), "LD202")


@law
def more_edges_than_the_multiplicity_are_refused(bench: Bench) -> None:
    """Who lives in two cities at once is a mistake that most engines do not see."""
    _refuses(bench, _and(town(bench.traits), "LIVES", ("0", "2")), "LD212")


@law
def fewer_rows_than_expected_are_refused(bench: Bench) -> None:
    """An export that was cut short must not replace a whole one."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    next_ = wish(bench, town(bench.traits, people=4, version=2))
    load = replace(next_.loads[0], expect={"Person": Expected(min=5)})
    _is_refused(bench, replace(next_, loads=(load,)), "LD117", of)


@law
def a_file_that_changed_since_the_plan_is_refused(bench: Bench) -> None:
    """What was shown and confirmed is what is loaded, or nothing is."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    next_ = wish(bench, town(bench.traits, version=2))
    steps = bench.steps(next_)
    for content in next_.loads[0].types:
        path = Path(content.sources[0].files[0].where)
        path.write_bytes(path.read_bytes().replace(b"2", b"3"))
    codes = {problem.code for problem in bench.refused(steps).problems}
    assert "LD120" in codes, f"files changed since the plan, and it was refused by {codes}"
    _answers_still(bench, of)


@law
def all_faults_of_a_type_are_told_at_once(bench: Bench) -> None:
    """A fault a run is an evening lost: people mend a file once."""
    bad = _and(town(bench.traits), "Person", ("70", "a", "x"), ("0", "b", "1"), ("71", "c", "y"))
    failure = bench.refused(bench.steps(wish(bench, bad)))
    told = [(p.code, p.at.line) for p in failure.problems if p.at]
    assert [line for _, line in told] == [8, 9, 10], f"of lines 8, 9 and 10 were told: {told}"


def _and(of: Town, type_: str, *rows: tuple[str, ...]) -> Town:
    """A town with more rows."""
    return replace(of, sheets=tuple(_more(s, rows) if s.type == type_ else s for s in of.sheets))


def _more(sheet: Sheet, rows: tuple[tuple[str, ...], ...]) -> Sheet:
    return replace(sheet, rows=(*sheet.rows, *rows))


def _refuses(bench: Bench, bad: Town, code: str) -> None:
    """Bad rows are refused, what answered answers still, and better ones are taken afterwards."""
    good = town(bench.traits, version=3)
    bench.apply(wish(bench, good))
    _is_refused(bench, wish(bench, bad), code, good)
    better = town(bench.traits, version=4)
    bench.apply(wish(bench, better))
    same(bench.rows(), better.rows)


def _is_refused(bench: Bench, wished: GraphWish, code: str, answers: Town) -> None:
    failure = bench.refused(bench.steps(wished))
    codes = sorted({problem.code for problem in failure.problems})
    assert code in codes, f"it was refused by {codes}, not by {code}: {failure}"
    _answers_still(bench, answers)


def _answers_still(bench: Bench, of: Town) -> None:
    graph = bench.graph()
    assert graph.pointer, "a refusal took the pointer"
    known = (graph.pointer.copy, graph.pointer.previous)
    half = [c.id for c in graph.copies.values() if c.verified and c.id not in known]
    assert not half, "a copy with refused rows is told to be verified"
    same(bench.rows(), of.rows, "after the refusal ")
