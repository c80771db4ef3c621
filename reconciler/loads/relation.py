"""The rows of a type as one SQL relation, whatever files they come from; and what is wrong in them.

A relation has the columns `s` (source), `f` (file), `line` (both 0 where they are not known), then
its cells: for an edge `a` and `b`, the ends; then `p0`, `p1`, … in the order the engine wants; for
a vertex the key once more as `a`. All are VARCHAR. `ragged` and `newlines` serve the fast way.
"""

# ruff: noqa: S608  names in SQL are ours, values go through forms.text

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.loads.check import TypeCheck
from reconciler.loads.forms import BLANK_CHARACTERS, INTEGERS, faulty, text, zero
from reconciler.model.catalog import Pair
from reconciler.model.loading import LoadOptions, TypeSource
from reconciler.model.types import PropertyType

_ABSENT = "\x01gsctl\x01"  # stands for NULL in DuckDB's reader: no sound file holds it
_LINE_FEED = r"\n"  # as DuckDB wants it spelled
_MAX_LINE = 2_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Group:
    """The sources of a check that fill one table: a vertex type, or one pair of an edge type."""

    check: TypeCheck
    sources: tuple[tuple[int, TypeSource], ...]
    pair: Pair | None = None

    @property
    def ends(self) -> tuple[tuple[str, str, str], ...]:
        """(cell, vertex type, type of its key) of both ends of an edge; nothing for a vertex."""
        if self.pair is None:
            return ()
        keys = next(end for end in self.check.ends if end.pair == self.pair)
        return ("a", self.pair[0], keys.from_key), ("b", self.pair[1], keys.to_key)

    @property
    def cells(self) -> tuple[str, ...]:
        """The names of the cells, as a row has them."""
        ends = ("a", "b") if self.pair else ()
        return (*ends, *(f"p{i}" for i in range(len(self.check.order))))

    @property
    def key_cell(self) -> str:
        """The cell with a vertex's key."""
        return f"p{self.check.order.index(self.check.key or '')}"

    @property
    def key_type(self) -> str:
        """The type of a vertex's key."""
        return self.check.properties[self.check.key or ""]

    def fed(self) -> list[tuple[str, str, PropertyType]]:
        """(cell, property, type) of each property that a column feeds."""
        names = {name for _, source in self.sources for name in source.columns}
        typed = enumerate(self.check.order)
        return [
            (f"p{i}", name, PropertyType.parse(self.check.properties[name]))
            for i, name in typed
            if name in names
        ]

    def picks(self, source: TypeSource) -> tuple[int | str, ...]:
        """For each cell the index of its column, or the zero that stands for no column."""
        ends = tuple(column.index for column in source.ends or ())
        return ends + tuple(
            source.columns[name].index
            if name in source.columns
            else zero(PropertyType.parse(self.check.properties[name]))
            for name in self.check.order
        )


def groups(check: TypeCheck) -> list[Group]:
    """A check's sources by the table that they fill."""
    numbered = list(enumerate(check.load.sources))
    if check.element == "vertex":
        return [Group(check, tuple(numbered))]
    pairs = dict.fromkeys(source.pair for _, source in numbered)
    return [
        Group(check, tuple((n, s) for n, s in numbered if s.pair == pair), pair) for pair in pairs
    ]


def identity(key_type: str, value: str) -> str:
    """SQL of a key as key tables keep it. A string's hash: half the memory; two keys in 1e19."""
    sql = INTEGERS.get(PropertyType.parse(key_type).name)
    return f"TRY_CAST({value} AS {sql})" if sql else f"hash({value})"


def read_files(
    paths: Sequence[str], width: int, options: LoadOptions, line_end: str | None = None
) -> str:
    """SQL of a scan of plain files: `c0`… and one column more, which no row should reach.

    With padding, a short row has NULL in its last column and a long one a value in the extra.
    Without a `line_end` DuckDB guesses one, from quoted values too.
    """
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width + 1))
    quote = text(options.quote)
    return (
        f"read_csv([{', '.join(map(text, paths))}], delim={text(options.delimiter)},"
        f" quote={quote}, escape={quote}, header={str(options.header).lower()},"
        f" columns={{{columns}}}, auto_detect=false, null_padding=true, parallel=false,"
        f" allow_quoted_nulls=false, nullstr={text(_ABSENT)}, max_line_size={_MAX_LINE}"
        # Left alone it takes 16 lines of the largest size, several times: a third of the memory.
        f", buffer_size={2 * _MAX_LINE}"
        f"{f', new_line={text(line_end)}' if line_end else ''})"
    )


def scan(group: Group, paths: dict[int, list[str]], *, quotes: bool) -> str:
    """SQL of the relation straight from the files of a group, by source."""
    options = group.check.options
    return " UNION ALL ".join(
        f"SELECT {_cells(group, source)}, {n} AS s, 0 AS f, 0 AS line,"
        f" (c{source.width - 1} IS NULL OR c{source.width} IS NOT NULL) AS ragged,"
        f" {_newlines(source.width) if quotes else '0'} AS newlines"
        f" FROM {read_files(paths[n], source.width, options)}"
        for n, source in group.sources
    )


def walked(group: Group, path: str) -> str:
    """SQL of the relation from what a walk has written."""
    names = ("s", "f", "line", *group.cells)
    columns = ", ".join(f"c{i} AS {name}" for i, name in enumerate(names) if i > 2)
    key = "" if group.pair else f", c{3 + group.cells.index(group.key_cell)} AS a"
    return (
        f"SELECT c0::INTEGER AS s, c1::INTEGER AS f, c2::BIGINT AS line, {columns}{key}"
        f" FROM {read_files([path], len(names), LoadOptions(header=False), _LINE_FEED)}"
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault that a single row shows. `broken` is SQL, true of a row at fault."""

    code: str
    label: str  # the property, or `from`, `to`
    cell: str
    broken: str
    why: str


def rules(group: Group) -> list[Rule]:
    """What each row of a group must keep to."""
    found: list[Rule] = []
    for cell, _, key_type in group.ends:
        found += _key_rules(group, "from" if cell == "a" else "to", cell, key_type)
    for cell, name, type_ in group.fed():
        if name == group.check.key:
            found += _key_rules(group, name, cell, str(type_))
        elif type_.name == "string" and not type_.many:
            found += _string_rules(group, name, cell, type_)
        else:
            found += _value_rules(group, name, cell, type_)
    return found


def staged(group: Group, relation: str) -> str:
    """SQL of the rows as COPY shall read them."""
    types = [None] * len(group.ends) + [
        PropertyType.parse(group.check.properties[name]) for name in group.check.order
    ]
    columns = []
    for cell, name, type_ in zip(group.cells, staged_names(group), types, strict=True):
        value = cell
        if type_ and not is_text(type_) and group.check.stores_nulls:
            null = is_null(cell, group.check.options)
            stored = zero(type_) if group.check.options.on_null == "default" else ""
            value = f"CASE WHEN {null} THEN {text(stored)} ELSE {cell} END"
        columns.append(f'{value} AS "{name}"')
    return f"SELECT {', '.join(columns)} FROM ({relation})"


def staged_names(group: Group) -> list[str]:
    """The header of a staged file."""
    return [*(f"gsctl.{end}" for end in ("from", "to") if group.pair), *group.check.order]


def is_text(type_: PropertyType) -> bool:
    """Whether an empty value is a value of the type."""
    return type_.name == "string" and not type_.many


def is_null(cell: str, options: LoadOptions) -> str:
    """SQL that is true of a null."""
    words = ", ".join(map(text, options.null_values))
    return f"{cell} IN ({words})" if words else "false"


def _cells(group: Group, source: TypeSource) -> str:
    picks = group.picks(source)
    values = [f"c{pick}" if isinstance(pick, int) else text(pick) for pick in picks]
    columns = [f"{value} AS {name}" for value, name in zip(values, group.cells, strict=True)]
    if group.pair is None:
        columns.append(f"{values[group.cells.index(group.key_cell)]} AS a")
    return ", ".join(columns)


def _newlines(width: int) -> str:
    return " + ".join(
        f"CASE WHEN contains(c{i}, chr(10)) THEN strlen(c{i})"
        f" - strlen(replace(c{i}, chr(10), '')) ELSE 0 END"
        for i in range(width)
    )


def _key_rules(group: Group, label: str, cell: str, key_type: str) -> list[Rule]:
    type_ = PropertyType.parse(key_type)
    empty = f"{cell} = ''"
    if not is_text(type_):
        empty = f"({empty} OR {is_null(cell, group.check.options)})"
    bad = f"(NOT {empty} AND {faulty(type_, cell, group.check.reading)})"
    strings = _string_rules(group, label, cell, type_) if is_text(type_) else []
    return [
        Rule("LD207", label, cell, empty, "is empty"),
        Rule("LD201", label, cell, bad, f"is no {type_}"),
        *strings,
    ]


def _string_rules(group: Group, label: str, cell: str, type_: PropertyType) -> list[Rule]:
    most = min(type_.width or group.check.largest_string, group.check.largest_string)
    long = Rule("LD202", label, cell, f"strlen({cell}) > {most}", f"is longer than {most} bytes")
    blank = f"(trim({cell}, {BLANK_CHARACTERS}) = '' AND {cell} <> '')"
    if group.check.reading.blanks:
        return [long]
    return [long, Rule("LD213", label, cell, blank, "is nothing but blanks, which would be lost")]


def _value_rules(group: Group, label: str, cell: str, type_: PropertyType) -> list[Rule]:
    null = is_null(cell, group.check.options)
    bad = f"(NOT {null} AND {faulty(type_, cell, group.check.reading)})"
    form = Rule("LD201", label, cell, bad, f"is no {type_}")
    if group.check.stores_nulls:
        return [form]
    return [Rule("LD208", label, cell, null, f"is a null, and {type_} has none"), form]
