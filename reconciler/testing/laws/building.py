"""Building: types and record as they were wished, and the base as it was."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.change import Path
from reconciler.model.observed import LiveCopy
from reconciler.model.plan import Request
from reconciler.model.record import ProcedureRecord, Record
from reconciler.model.step import BuildCopy, Switch
from reconciler.model.traits import Effect, Happening
from reconciler.testing.bench import GRAPH, Bench, Skip
from reconciler.testing.law import law
from reconciler.testing.samples import everything, integer, oddly_named, town, wish
from reconciler.testing.sheets import Sheet, Town, same


@law
def types_come_back_as_declared(bench: Bench) -> None:
    """A type that is read back otherwise would be rebuilt by every apply."""
    of = everything(bench.traits)
    bench.apply(wish(bench, of))
    found = _serving(bench).catalog.plain()
    assert found == of.catalog.plain(), f"{found} is not {of.catalog.plain()}"


@law
def names_of_any_sort_come_back(bench: Bench) -> None:
    """A type called `order` is a user's right, where the engine's traits do not refuse it."""
    of = oddly_named(bench.traits)
    bench.apply(wish(bench, of))
    same(bench.rows(), of.rows)


@law
def a_record_comes_back_whole(bench: Bench) -> None:
    """The record is the only memory there is: a shortened one loads twice, or never again."""
    of = town(bench.traits)
    text = 'ünï 🙂 "quoted" \\ line\n' * 20
    descriptions = {f"Person.{name}": text for name in ("id", "name", "age")} | {"City": text * 40}
    before = wish(bench, of, descriptions=descriptions, procedures=_procedures(bench),
                  renames={"Person.age": "years"})  # fmt: skip
    build = next(s.act for s in bench.steps(before) if isinstance(s.act, BuildCopy))
    bench.apply(before)
    record = _serving(bench).record
    assert record, "the copy that answers has no record"
    assert _lasting(record) == _lasting(build.record), "the record was altered"
    assert set(record.fills) == {sheet.type for sheet in of.sheets}, "fills are not recorded"


@law
def declared_multiplicities_are_remembered(bench: Bench) -> None:
    """One that is forgotten is a change in every plan, and is not checked by the next load."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    assert _serving(bench).catalog.edges["LIVES"].multiplicity == "many-to-one"


@law
def an_added_property_leaves_the_others(bench: Bench) -> None:
    """Adding a column is the commonest change of all: it costs no value of another one."""
    of = town(bench.traits)
    number = integer(bench.traits)
    more = {"Person": {"city": "string", "size": number}, "KNOWS": {"weight": number}}
    _evolves(bench, of, _with(of, more), "add", ("Person", "city"), ("KNOWS", "weight"))


@law
def a_dropped_property_takes_no_other_along(bench: Bench) -> None:
    """Dropping one column must not cost another one's values."""
    of = town(bench.traits)
    _evolves(bench, of, _without(of, "Person", "age"), "drop", ("Person", "age"))


@law
def a_renamed_property_keeps_its_values(bench: Bench) -> None:
    """Losing values by giving them a better name is what `renamedFrom` is there to prevent."""
    of = town(bench.traits)
    after = _renamed(_renamed(of, "Person", "name", "title"), "KNOWS", "since", "start")
    _evolves(bench, of, after, "rename", ("Person", "title"), ("KNOWS", "start"),
             renames={"Person.title": "name", "KNOWS.start": "since"})  # fmt: skip


@law
def names_may_be_exchanged(bench: Bench) -> None:
    """Two properties that change names keep their values: one at a time would lose one of them."""
    of = _with(town(bench.traits), {"Person": {"nick": "string"}})
    of = replace(of, sheets=tuple(_nicknamed(sheet) for sheet in of.sheets))
    after = _renamed(_renamed(_renamed(of, "Person", "name", "x"), "Person", "nick", "name"),
                     "Person", "x", "nick")  # fmt: skip
    _evolves(bench, of, after, "rename", ("Person", "nick"),
             renames={"Person.nick": "name", "Person.name": "nick"})  # fmt: skip


@law
def types_come_and_go_beside_others(bench: Bench) -> None:
    """A type that is added or dropped is nobody else's business."""
    of = town(bench.traits)
    catalog = Catalog(
        {"Person": of.catalog.vertices["Person"],
         "Pet": VertexTable("id", {"id": integer(bench.traits)})},
        {"KNOWS": of.catalog.edges["KNOWS"], "OWNS": EdgeTable((("Person", "Pet"),))},
    )  # fmt: skip
    kept = tuple(sheet for sheet in of.sheets if sheet.type in ("Person", "KNOWS"))
    _clones(bench)
    bench.apply(wish(bench, of))
    bench.apply(wish(bench, Town(catalog, kept), load=False))
    same(bench.rows(), Town(catalog, kept).rows)


@law
def rows_by_hand_come_along_into_a_type_made_anew(bench: Bench) -> None:
    """Rows that nobody can load again are not lost because a type is changed."""
    of = town(bench.traits)
    number = integer(bench.traits)
    other = "int32" if number == "int64" else "string"
    if other not in bench.traits.property_types:
        raise Skip(f"the engine keeps no {other} that a property could be changed to")
    bench.apply(wish(bench, of))
    bench.apply(wish(bench, of, load=False))
    properties = {**of.catalog.properties("Person"), "age": other}
    after = Town(_retyped(of.catalog, "Person", properties), of.sheets)
    bench.apply(wish(bench, after, load=False))
    same(bench.rows(), after.rows)


@law
def a_base_is_left_untouched(bench: Bench) -> None:
    """The copy that answers, and that one goes back to, is not changed by making the next one."""
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first))
    before = _serving(bench)
    steps = bench.steps(wish(bench, second))
    until = next(n for n, step in enumerate(steps) if isinstance(step.act, Switch))
    bench.walk(steps[:until])
    after = _serving(bench)
    assert after.id == before.id, "another copy answers before the switch"
    assert after.record == before.record, "making a copy changed the record of its base"
    assert after.catalog.plain() == before.catalog.plain(), "making a copy changed its base's types"
    same(bench.rows(), first.rows, "in the base ")
    bench.apply(wish(bench, second))
    bench.walk(bench.steps(wish(bench, second), request=Request(rollback=frozenset({GRAPH}))))
    same(bench.rows(), first.rows, "in the base, once it answers again, ")


def _serving(bench: Bench) -> LiveCopy:
    serving = bench.graph().serving
    assert serving, "no copy answers"
    return serving


def _procedures(bench: Bench) -> dict[str, ProcedureRecord]:
    try:
        words = bench.subject.speech()
    except Skip:
        return {}
    query = words.count.format(type="Person", key="id", value=0)
    test = {"call": {}, "rows": 1}
    return {
        f"p{i}": ProcedureRecord(words.language, query, {}, (test,), f"ünï {i} " * 50)
        for i in range(20)
    }


def _lasting(record: Record) -> Record:
    """Without what fills write, and the base's state, which only the driver knows."""
    return replace(record, fills={}, strings={}, base_state="")


def _clones(bench: Bench) -> None:
    if not bench.traits.clones:
        raise Skip("without clones a change of types loads everything anew")


def _evolves(
    bench: Bench,
    before: Town,
    after: Town,
    happening: Happening,
    *changed: tuple[str, str],
    renames: dict[str, str] | None = None,
) -> None:
    """Rows that no load brings back must be as told, once the types have changed in place."""
    _clones(bench)
    for type_, name in changed:
        group = "vertices" if type_ in after.catalog.vertices else "edges"
        path: Path = (group, type_, "properties", name)
        if bench.traits.rule(path, happening).effect is not Effect.IN_PLACE:
            raise Skip(f"the engine makes a type anew to {happening} a property")
    bench.apply(wish(bench, before))
    bench.apply(wish(bench, after, load=False, renames=renames or {}))
    same(bench.rows(), after.rows)


def _with(of: Town, more: dict[str, dict[str, str]]) -> Town:
    vertices = {
        name: replace(v, properties={**v.properties, **more.get(name, {})})
        for name, v in of.catalog.vertices.items()
    }
    edges = {
        name: replace(e, properties={**e.properties, **more.get(name, {})})
        for name, e in of.catalog.edges.items()
    }
    return replace(of, catalog=Catalog(vertices, edges))


def _without(of: Town, type_: str, name: str) -> Town:
    left = {n: t for n, t in of.catalog.properties(type_).items() if n != name}
    sheets = (_dropped(s, name) if s.type == type_ else s for s in of.sheets)
    return Town(_retyped(of.catalog, type_, left), tuple(sheets))


def _renamed(of: Town, type_: str, old: str, new: str) -> Town:
    names = {new if n == old else n: t for n, t in of.catalog.properties(type_).items()}
    sheets = tuple(
        replace(s, columns=tuple(new if c == old else c for c in s.columns))
        if s.type == type_
        else s
        for s in of.sheets
    )
    return Town(_retyped(of.catalog, type_, names), sheets)


def _retyped(catalog: Catalog, type_: str, properties: dict[str, str]) -> Catalog:
    vertices = {
        n: replace(v, properties=properties) if n == type_ else v
        for n, v in catalog.vertices.items()
    }
    edges = {
        n: replace(e, properties=properties) if n == type_ else e for n, e in catalog.edges.items()
    }
    return Catalog(vertices, edges)


def _dropped(sheet: Sheet, name: str) -> Sheet:
    place = sheet.header.index(name)
    rows = tuple(row[:place] + row[place + 1 :] for row in sheet.rows)
    return replace(sheet, columns=tuple(c for c in sheet.columns if c != name), rows=rows)


def _nicknamed(sheet: Sheet) -> Sheet:
    if sheet.type != "Person":
        return sheet
    rows = tuple((*row, f"nick of {row[0]}") for row in sheet.rows)
    return replace(sheet, columns=(*sheet.columns, "nick"), rows=rows)
