"""What a check of one type is told, and what it answers. Pure: the work is done by `checker`.

Codes of the faults that a check finds in files (docs/errors.md):

- LD120 a file is not the one that was digested, or changed while it was read
- LD201 a value is not in the strict form of its type
- LD202 a string is longer than `string(n)` or the engine allows (bytes)
- LD203 a key appears twice, or is already live
- LD204 an end of an edge is the key of no vertex
- LD205, LD206 a row has too few, too many values
- LD207 a key, or an end of an edge, is empty
- LD208 a null in a property that is no string
- LD209 quoting that readers disagree on: text after a closing quote, a quote never closed
- LD210 bytes that are not UTF-8
- LD211 a NUL character
- LD212 more edges at a vertex than the multiplicity allows
- LD213 a string of nothing but blanks, which the engine would keep as the empty string
- LD214 a carriage return alone ends a line
- LD215 a file cannot be read or unpacked
- LD216 a property's type cannot be loaded from CSV
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.catalog import Element, Pair
from reconciler.model.loading import LoadOptions, TypeLoad, TypeSource
from reconciler.model.problem import Problem
from reconciler.model.types import PropertyType

PLACES = 20  # faults that are shown with their place; all are counted
_PLAIN_DELIMITERS = frozenset(",|;\t")


@dataclass(frozen=True, slots=True)
class CsvReading:
    """What an engine's CSV reader does to values; the defaults are NeuG 0.3.0's.

    `blanks`: keeps a string of nothing but white space. Dates beyond the two are altered.
    `lists`: element types whose lists arrive whole. `nulls`: keeps a property other than a string
    without a value, which an empty one in the file stands for.
    """

    blanks: bool = False
    first_date: str = "1677-09-22"
    last_date: str = "2262-04-11"
    lists: tuple[str, ...] = ("bool", "int32", "int64", "uint32", "uint64", "float", "double")
    nulls: bool = False


@dataclass(frozen=True, slots=True)
class ExistingKeys:
    """A CSV file of one column: the keys of a vertex type in the live copy. Escapes as NeuG's."""

    path: str
    delimiter: str = "|"
    escape: str = "\\"
    header: bool = True


@dataclass(frozen=True, slots=True)
class EdgeEnds:
    """A pair of an edge type, with the types of the keys at both ends."""

    pair: Pair
    from_key: str
    to_key: str


@dataclass(frozen=True, slots=True)
class TypeCheck:
    """All that is needed to judge the files of one type.

    `order` lists the properties as the engine's COPY wants them (for edges after from and to).
    `existing` gives live keys by vertex type: of this type when it is appended to, and of the
    ends of an edge that this session does not fill.
    """

    type: str
    element: Element
    properties: Mapping[str, str]
    order: tuple[str, ...]
    load: TypeLoad
    options: LoadOptions
    key: str | None = None  # of a vertex type
    ends: tuple[EdgeEnds, ...] = ()
    multiplicity: str = "many-to-many"
    largest_string: int = 65535  # bytes
    existing: Mapping[str, ExistingKeys] = field(default_factory=dict)
    reading: CsvReading = CsvReading()

    @property
    def stores_nulls(self) -> bool:
        """Whether a null is no fault: it stays one, or is the type's zero where that is asked."""
        return self.reading.nulls or self.options.on_null == "default"


@dataclass(frozen=True, slots=True)
class CopyFile:
    """A file for the engine's COPY: columns in the wanted order, `"` as quote, doubled inside.

    A backslash in it is a backslash: NeuG must be told `escaping=false`.
    """

    path: str
    pair: Pair | None
    delimiter: str
    header: bool


@dataclass(frozen=True, slots=True)
class TypeReport:
    """What the files of one type hold. Valid for filling only when `faults` is empty.

    `rows` and `pairs` count what the engine must hold after COPY of `files` (into an empty type).
    `longest` is in bytes, of every string property. `faults` are the first twenty in the order of
    files and lines, then one for each kind of which more were found; `counts` are exact, by code.
    `stamps`: size, mtime and inode of each file read, for `changed_since`.
    """

    type: str
    rows: int = 0
    pairs: Mapping[Pair, int] = field(default_factory=dict)
    longest: Mapping[str, int] = field(default_factory=dict)
    dropped: int = 0
    duplicates_skipped: int = 0
    faults: tuple[Problem, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    files: tuple[CopyFile, ...] = ()
    stamps: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)


def plan_copy(check: TypeCheck) -> tuple[CopyFile, ...] | None:
    """The files that COPY may read as they lie; None when the checker must write staged ones.

    Pure, so a filler may start COPY of these beside their check. A file that passes the check is
    read by the engine exactly as Python's csv reads it; one that does not pass is refused.
    """
    options = check.options
    rewritten = (
        options.limit is not None
        or options.on_duplicate_key == "first"
        or options.on_dangling_edge == "drop"
        or _words_for_nulls(check)
        or options.quote != '"'
        or options.delimiter not in _PLAIN_DELIMITERS
    )
    if rewritten or not all(_in_order(check, source) for source in check.load.sources):
        return None
    return tuple(
        CopyFile(file.where, source.pair, options.delimiter, options.header)
        for source in check.load.sources
        for file in source.files
    )


def _words_for_nulls(check: TypeCheck) -> bool:
    """Whether nulls must be written anew: an engine that keeps some reads them as nothing only."""
    words = check.reading.nulls and not {""}.issuperset(check.options.null_values)
    return words or check.options.on_null == "default"


def refuse_types(check: TypeCheck) -> tuple[Problem, ...]:
    """LD216 for each property whose values COPY cannot bring over whole."""
    fed = {name for source in check.load.sources for name in source.columns}
    return tuple(
        Problem(
            "error",
            f"`{check.type}.{name}`: values of type `{text}` cannot be loaded from CSV",
            "LD216",
            hint=f"lists of {', '.join(check.reading.lists)} can",
        )
        for name, text in sorted(check.properties.items())
        if name in fed and (kind := PropertyType.parse(text)).many
        and kind.name not in check.reading.lists
    )  # fmt: skip


def _in_order(check: TypeCheck, source: TypeSource) -> bool:
    columns = list(source.ends or ())
    columns += [source.columns[name] for name in check.order if name in source.columns]
    wanted = len(check.order) + len(source.ends or ())
    in_place = [column.index for column in columns] == list(range(wanted))
    plain_names = all(c.name and not set(c.name) & set('\r\n"') for c in columns)
    packed = any(file.where.endswith(".gz") for file in source.files)
    return in_place and source.width == wanted and plain_names and not packed
