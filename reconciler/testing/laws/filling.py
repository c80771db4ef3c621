"""Filling: the rows of the files, all of them, as they are, and no others."""

from __future__ import annotations

import gzip
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from reconciler.model.loading import DataFile, LoadOptions, LoadWish, TypeLoad, TypeSource
from reconciler.model.step import FillType
from reconciler.model.wish import GraphWish
from reconciler.testing.bench import GRAPH, Bench, Skip
from reconciler.testing.law import law
from reconciler.testing.samples import everything, load_wish, town, wish
from reconciler.testing.sheets import Sheet, Town, expected, same, source, write


@law
def rows_come_back_as_they_went_in(bench: Bench) -> None:
    """A value that an engine alters in silence is found by a user, months later."""
    of = everything(bench.traits)
    bench.apply(wish(bench, of))
    same(bench.rows(), of.rows)


@law
def rows_are_counted_as_they_are(bench: Bench) -> None:
    """Guards, `destroy` and rollback tell people by these numbers what they would lose."""
    of = town(bench.traits, people=7)
    bench.apply(wish(bench, of))
    serving = bench.driver.count(bench.graph()).serving
    assert serving, "no copy answers"
    assert serving.rows, "the copy that answers was not counted"
    assert serving.record, "the copy that answers has no record"
    for sheet in of.sheets:
        told = (serving.rows.get(sheet.type), serving.record.rows(sheet.type))
        assert told == (len(sheet.rows),) * 2, f"{sheet.type}: {len(sheet.rows)} rows are {told}"


@law
def rows_that_no_load_brought_are_counted_too(bench: Bench) -> None:
    """What a client wrote comes back by no load: only a count of what is there tells of it."""
    words = bench.subject.speech()
    bench.apply(wish(bench, town(bench.traits)))
    insert = words.insert.format(type="City", key="id", value=77)
    bench.driver.query(bench.graph(), insert, {}, write=True, limit=1)
    serving = bench.driver.count(bench.graph()).serving
    assert serving, "no copy answers"
    told = serving.rows_of("City")
    assert told == 3, f"two cities were loaded and one was written, and {told} are counted"


@law
def values_that_no_load_feeds_are_counted(bench: Bench) -> None:
    """Values that people set by hand are lost for ever where a type is made anew: it is said."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    bench.apply(wish(bench, of, load=False))
    serving = bench.driver.count(bench.graph()).serving
    assert serving, "no copy answers"
    told = serving.values.get("Person.name")
    assert told == len(of.sheets[0].rows), f"of {len(of.sheets[0].rows)} names, {told} are told"


@law
def files_may_be_of_any_shape(bench: Bench) -> None:
    """Delimiter, quote, header, order and compression are the file's, not the graph's."""
    of = town(bench.traits)
    loads = [
        load_wish(bench, of, GRAPH, "replace", LoadOptions(delimiter=";", quote="'")),
        load_wish(bench, of, GRAPH, "replace", LoadOptions(header=False)),
        _shuffled(load_wish(bench, of, GRAPH, "replace", LoadOptions()), of),
        _packed(load_wish(bench, of, GRAPH, "replace", LoadOptions())),
    ]
    for load in loads:
        bench.apply(replace(wish(bench, of, load=False), loads=(load,)))
        same(bench.rows(), of.rows)


@law
def what_no_column_feeds_is_zero(bench: Bench) -> None:
    """A property without a column must not get another row's, or another column's, values."""
    of = town(bench.traits)
    person = of.sheets[0]
    fed = replace(person, columns=("id", "age"), rows=tuple((a, c) for a, _, c in person.rows))
    partly = replace(of, sheets=(fed, *of.sheets[1:]))
    bench.apply(wish(bench, partly))
    same(bench.rows(), partly.rows)


@law
def several_files_feed_one_type(bench: Bench) -> None:
    """Daily files are one load: none may be left out, and none be taken for another."""
    of = town(bench.traits, people=6)
    halves = (
        replace(sheet, rows=part)
        for sheet in of.sheets
        for part in (sheet.rows[: len(sheet.rows) // 2], sheet.rows[len(sheet.rows) // 2 :])
    )
    bench.apply(wish(bench, replace(of, sheets=tuple(halves))))
    same(bench.rows(), of.rows)


@law
def an_empty_file_empties_its_type(bench: Bench) -> None:
    """No row today is an answer too: those of yesterday must go."""
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    empty = replace(of, sheets=tuple(replace(sheet, rows=()) for sheet in of.sheets))
    bench.apply(wish(bench, empty))
    same(bench.rows(), empty.rows)


@law
def replacing_a_type_leaves_no_old_row(bench: Bench) -> None:
    """A reload is the new file, not the old one with the new one on top."""
    bench.apply(wish(bench, town(bench.traits, people=6)))
    fewer = town(bench.traits, people=4, version=2)
    bench.apply(wish(bench, fewer))
    same(bench.rows(), fewer.rows)


@law
def an_append_brings_only_what_is_new(bench: Bench) -> None:
    """Appending is adding: nothing twice, and nothing that was there is lost."""
    first, second = _day(bench, 0), _day(bench, 1)
    whole = Town(first.catalog, (*first.sheets, *second.sheets))
    bench.apply(_appending(bench, first))
    wished = _appending(bench, first, second)
    steps = bench.steps(wished)
    files = [f.path for s in steps if isinstance(s.act, FillType)
             for found in s.act.load.sources for f in found.files]  # fmt: skip
    assert len(files) == 2, f"two files are new, and {files} are to be appended"
    bench.walk(steps)
    bench.settled(wished)
    same(bench.rows(), expected(whole.catalog, whole.sheets))


@law
def an_append_goes_to_the_right_columns(bench: Bench) -> None:
    """A column that was added lies last in the engine, wherever it is declared: rows follow it."""
    if not bench.traits.clones:
        raise Skip("without clones a change of types loads everything anew")
    first, second = _day(bench, 0), _day(bench, 1)
    person = first.catalog.vertices["Person"]
    order = ("id", "nick", "name", "age")
    kinds = {**person.properties, "nick": "string"}
    wider = replace(person, properties={name: kinds[name] for name in order})
    catalog = replace(first.catalog, vertices={"Person": wider})
    people = replace(second.sheets[0], columns=order, rows=tuple(
        (key, f"nick {key}", name, age) for key, name, age in second.sheets[0].rows
    ))  # fmt: skip
    bench.apply(_appending(bench, first))
    later = Town(catalog, (people, second.sheets[1]))
    load = load_wish(bench, later, GRAPH, "append", LoadOptions())
    wished = _appending(bench, Town(catalog, first.sheets))
    bench.apply(replace(wished, loads=(*wished.loads, load)))
    same(bench.rows(), expected(catalog, [*first.sheets, *later.sheets]))


def _day(bench: Bench, number: int) -> Town:
    """People and whom they know, of one day: ids are never those of another day."""
    of = town(bench.traits)
    ids = [str(number * 10 + i) for i in range(3)]
    catalog = replace(of.catalog, vertices={"Person": of.catalog.vertices["Person"]},
                      edges={"KNOWS": of.catalog.edges["KNOWS"]})  # fmt: skip
    return Town(catalog, (
        Sheet("Person", "vertex", ("id", "name", "age"), tuple((i, f"n{i}", "1") for i in ids)),
        Sheet("KNOWS", "edge", ("since",), ((ids[0], ids[1], str(number)),), ("Person", "Person")),
    ))  # fmt: skip


def _appending(bench: Bench, *days: Town) -> GraphWish:
    """A graph that each day's files are appended to, by one Load."""
    folder = bench.folder / "days"
    folder.mkdir(exist_ok=True)
    types = []
    for sheets in zip(*(day.sheets for day in days), strict=True):
        found = [_once(sheet, folder / f"{sheet.type}-{n}.csv") for n, sheet in enumerate(sheets)]
        files = tuple(file for source in found for file in source.files)
        types.append(TypeLoad(sheets[0].type, sheets[0].element, (replace(found[0], files=files),)))
    load = LoadWish(GRAPH.sibling("Load", "days"), GRAPH, "append", LoadOptions(), tuple(types))
    return replace(wish(bench, days[0], load=False), loads=(load,))


def _once(sheet: Sheet, path: Path) -> TypeSource:
    if path.exists():
        return source(sheet, path, list(range(len(sheet.header))))
    return write(sheet, path)


def _shuffled(load: LoadWish, of: Town) -> LoadWish:
    """The same rows with their columns the other way round."""
    types = []
    for content, sheet in zip(load.types, of.sheets, strict=True):
        path = Path(content.sources[0].files[0].where)
        order = reversed(range(len(sheet.header)))
        types.append(replace(content, sources=(write(sheet, path, order=order),)))
    return replace(load, types=tuple(types))


def _packed(load: LoadWish) -> LoadWish:
    """The same files, gzipped."""
    return replace(load, types=tuple(
        replace(content, sources=tuple(
            replace(found, files=tuple(map(_zipped, found.files))) for found in content.sources
        ))
        for content in load.types
    ))  # fmt: skip


def _zipped(file: DataFile) -> DataFile:
    path = Path(f"{file.where}.gz")
    path.write_bytes(gzip.compress(Path(file.where).read_bytes()))
    packed = path.read_bytes()
    return DataFile(f"{file.path}.gz", len(packed), sha256(packed).hexdigest(), str(path))
