"""Types and rows to try an engine with, chosen by what its traits say that it keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.loads.check import CsvReading
from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.key import Key
from reconciler.model.loading import LoadOptions, LoadWish, TypeLoad, TypeSource
from reconciler.model.traits import Traits
from reconciler.model.types import SCALARS, PropertyType
from reconciler.model.wish import GraphWish, Settings
from reconciler.testing.bench import GRAPH, Bench
from reconciler.testing.sheets import Sheet, Town, write

_VALUES = {
    "bool": ("true", "false"),
    "int32": ("0", "-2147483648", "2147483647", "7"),
    "int64": ("0", "-9223372036854775808", "9223372036854775807", "7"),
    "uint32": ("0", "4294967295", "7"),
    "uint64": ("0", "18446744073709551615", "9223372036854775808", "7"),
    "float": ("0.0", "0.1", "-3.4028235e38", "1.5e-30"),
    "double": ("0.0", "0.1", "1.7976931348623157e308", "-2.2250738585072014e-308",
               "0.30000000000000004"),
    "date": ("1970-01-01", "2024-02-29", "1999-12-31", "2262-04-11"),
    "timestamp": ("1970-01-01 00:00:00", "2024-02-29 23:59:59.999", "1969-12-31 23:59:58"),
    "interval": ("1 year 2 months", "3 days", "4 hours 5 minutes", "6 milliseconds"),
    "string": (
        "", "plain", 'a "quoted" word', "it's", "a,b;c|d", "two\nlines", "back\\slash\\n", "ünï 🙂",
        " blanks around ", "null", "NULL", "0", "tab\there", "$x {y} `z`", "x" * 5000,
    ),
}  # fmt: skip
_STRING_KEYS = ("a", "b", "two words", "ümlaut", 'q"uote', "it's", "a,b", "back\\slash")
_ODD_NAMES = ("match", "order", "select", "index", "group", "where", "Node", "end", "value", "type",
              "count", "x1", "_under", "L" * 60)  # fmt: skip
_ROWS = 15


def integer(traits: Traits) -> str:
    """A whole number that the engine keeps, as key too."""
    both = traits.key_types & traits.property_types
    return next(t for t in ("int64", "int32", "uint64", "uint32", "string") if t in both)


def town(traits: Traits, *, people: int = 6, version: int = 1) -> Town:
    """People who know each other, and live somewhere. Every age is the `version`."""
    number = integer(traits)
    catalog = Catalog(
        {
            "Person": VertexTable("id", {"id": number, "name": "string", "age": number}),
            "City": VertexTable("id", {"id": number, "name": "string"}),
        },
        {
            "KNOWS": EdgeTable((("Person", "Person"),), {"since": number}),
            "LIVES": EdgeTable((("Person", "City"),), {}, "many-to-one"),
        },
    )
    ids = [str(i) for i in range(people)]
    near = [(i, ids[(int(i) + 1) % people], str(version)) for i in ids]
    return Town(catalog, (
        Sheet("Person", "vertex", ("id", "name", "age"),
              tuple((i, f"n{i}", str(version)) for i in ids)),
        Sheet("City", "vertex", ("id", "name"), (("1", "Ulm"), ("2", "Bonn"))),
        Sheet("KNOWS", "edge", ("since",), tuple(near), ("Person", "Person")),
        Sheet("LIVES", "edge", (), tuple((i, str(1 + int(i) % 2)) for i in ids),
              ("Person", "City")),
    ))  # fmt: skip


def everything(traits: Traits) -> Town:
    """A vertex type for each type that a key may have, each with a property of every type."""
    keys = [name for name in SCALARS if name in traits.key_types]
    typed = dict(_properties(traits))
    vertices = {f"K_{key}": VertexTable("id", {"id": key, **typed}) for key in keys}
    edges = {
        f"E_{one}": EdgeTable(((f"K_{one}", f"K_{other}"),), dict(typed))
        for one, other in zip(keys, [*keys[1:], keys[0]], strict=True)
    }
    sheets = [
        Sheet(name, "vertex", ("id", *typed), tuple(_rows_of(table.properties["id"], typed)))
        for name, table in vertices.items()
    ]
    for name, edge in edges.items():
        pair = edge.pairs[0]
        ends = [_keys_of(vertices[end].properties["id"]) for end in pair]
        rows = zip(*ends, _values_of(typed), strict=False)
        filled = tuple((a, b, *cells) for a, b, cells in rows)
        sheets.append(Sheet(name, "edge", tuple(typed), filled, pair))
    return Town(Catalog(vertices, edges), tuple(sheets))


def oddly_named(traits: Traits) -> Town:
    """Types and properties whose names are words of some query language."""
    names = [name for name in _ODD_NAMES if traits.names.refuse(name) is None]
    number = integer(traits)
    vertices = {
        name: VertexTable("id", {"id": number, **dict.fromkeys(names, "string")})
        for name in names[::2]
    }
    loop = ((names[0], names[0]),)
    edges = {name: EdgeTable(loop, dict.fromkeys(names, number)) for name in names[1::2]}
    sheets = [
        Sheet(name, "vertex", ("id", *names), tuple((k, *(f"{k}{n}" for n in names)) for k in "12"))
        for name in vertices
    ]
    sheets += [
        Sheet(name, "edge", tuple(names), (("1", "2", *map(str, range(len(names)))),),
              (names[0], names[0]))
        for name in edges
    ]  # fmt: skip
    return Town(Catalog(vertices, edges), tuple(sheets))


def _properties(traits: Traits) -> Iterator[tuple[str, str]]:
    for name in SCALARS:
        if name not in traits.property_types:
            continue
        yield f"p_{name}", name
        if traits.lists and name in CsvReading().lists:
            yield f"l_{name}", f"{name}[]"


def _keys_of(type_: str) -> tuple[str, ...]:
    if type_ == "string":
        return _STRING_KEYS
    return (*_VALUES[type_][:3], *(str(i) for i in range(100, 100 + _ROWS - 3)))


def _rows_of(key: str, typed: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for id_, cells in zip(_keys_of(key), _values_of(typed), strict=False):
        yield id_, *cells


def _values_of(typed: Mapping[str, str]) -> list[tuple[str, ...]]:
    return [tuple(_value(text, n) for text in typed.values()) for n in range(_ROWS)]


def _value(type_: str, number: int) -> str:
    kind = PropertyType.parse(type_)
    values = _VALUES[kind.name]
    if not kind.many:
        return values[number % len(values)]
    return f"[{','.join(values[i % len(values)] for i in range(number % 4))}]"


def wish(  # noqa: PLR0913  what a graph is wished with
    bench: Bench,
    of: Town,
    *,
    key: Key = GRAPH,
    mode: str = "replace",
    options: LoadOptions | None = None,
    load: bool = True,
    **more: Any,
) -> GraphWish:
    """A graph with the types and rows of a town, its files written below the bench's folder.

    `more` are fields of GraphWish.
    """
    more.setdefault("settings", Settings())
    how = options or LoadOptions()
    loads = (load_wish(bench, of, key, mode, how),) if load and of.sheets else ()
    return GraphWish(key, bench.owner, bench.engine, of.catalog, loads=loads, **more)


def load_wish(bench: Bench, of: Town, key: Key, mode: str, options: LoadOptions) -> LoadWish:
    """One Load that feeds every type of a town that has rows."""
    sources: dict[str, list[TypeSource]] = {}
    elements = {sheet.type: sheet.element for sheet in of.sheets}
    with bench.scratch("data") as folder:
        for number, sheet in enumerate(of.sheets):
            # Named alike in every folder: a changed file is the same one with other bytes.
            path = folder / f"{key.name}-{number}-{sheet.type[:20]}.csv"
            sources.setdefault(sheet.type, []).append(write(sheet, path, options))
    types = tuple(
        TypeLoad(type_, elements[type_], tuple(found)) for type_, found in sources.items()
    )
    load = key.sibling("Load", f"{key.name}-rows")
    return LoadWish(load, key, "append" if mode == "append" else "replace", options, types)
