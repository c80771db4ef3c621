"""What a copy says of itself, kept in the copy's own catalog and committed with each change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from reconciler.model.catalog import Pair
from reconciler.model.key import Owner
from reconciler.model.loading import DataFile, LoadOptions, LoadWish, TypeLoad

FORMAT = 1


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that was loaded."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """Files of one shape that were loaded; `columns`: property -> (column, type)."""

    files: tuple[FileRecord, ...]
    columns: Mapping[str, tuple[str, str]]
    ends: tuple[str, str] | None = None
    pair: Pair | None = None


@dataclass(frozen=True, slots=True)
class FillRecord:
    """What one Load brought into one type. `rows` as read back from the engine."""

    load: str
    mode: str
    options: Mapping[str, Any]
    sources: tuple[SourceRecord, ...]
    rows: int = 0
    forgotten: bool = False  # its appending Load is not declared any more


@dataclass(frozen=True, slots=True)
class ProcedureRecord:
    """An applied procedure, whole: what `call` runs."""

    language: str
    query: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    tests: tuple[Mapping[str, Any], ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """All that is kept in a copy.

    `strings` maps `Type.property` to its declared type and the live width it was given, for what
    the engine's own catalog cannot tell apart; `multiplicities` holds those declared; `renames`
    the hints already applied (`Type.new` or `new` -> old). `carried` names the types whose rows
    come along from the copy before, and whether they are here already.
    """

    owner: Owner
    tenant: str
    graph: str  # the name it had when it was written; the pointer's name stands above it
    uid: str
    copy: str
    version: str  # of the engine that wrote it
    base: str | None = None  # the copy that answered when this one was begun
    base_state: str = ""  # that copy's state then, in its driver's words: was it written since?
    strings: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    multiplicities: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, tuple[FillRecord, ...]] = field(default_factory=dict)  # by type
    procedures: Mapping[str, ProcedureRecord] = field(default_factory=dict)
    carried: Mapping[str, bool] = field(default_factory=dict)
    filling: Mapping[str, int] = field(
        default_factory=dict
    )  # rows before a fill under way, by type

    def rows(self, type_: str) -> int:
        """The rows of a type that loads brought."""
        return sum(fill.rows for fill in self.fills.get(type_, ()))

    def with_fill(self, type_: str, fill: FillRecord) -> Record:
        """After `fill`: a replacing one stands alone, an appending one takes its load's place."""
        others = () if fill.mode == "replace" else self.fills.get(type_, ())
        kept = tuple(f for f in others if f.load != fill.load)
        return replace(self, fills={**self.fills, type_: (*kept, fill)})

    def without_fills(self, types: Iterable[str]) -> Record:
        """The record after the rows of `types` went."""
        gone = frozenset(types)
        return replace(self, fills={t: f for t, f in self.fills.items() if t not in gone})

    def with_carried(self, type_: str, fills: tuple[FillRecord, ...]) -> Record:
        """After the rows of `type_` came along, those that `fills` had brought among them."""
        told = {**self.fills, type_: fills} if fills else self.fills
        return replace(self, fills=told, carried={**self.carried, type_: True})

    def plain(self) -> dict[str, Any]:
        """As JSON-ready mappings, with the format's number."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Record:
        """The inverse of `plain`.

        Raises:
            NewerFormat: a newer gsctl wrote it.
            KeyError, TypeError: it is no record.
        """
        if data["format"] > FORMAT:
            raise NewerFormat(data["format"])
        return cls(
            owner=Owner(**data["owner"]),
            tenant=data["tenant"],
            graph=data["graph"],
            uid=data["uid"],
            copy=data["copy"],
            version=data["version"],
            base=data["base"],
            base_state=data["base_state"],
            strings={name: (t, w) for name, (t, w) in data["strings"].items()},
            multiplicities=data["multiplicities"],
            descriptions=data["descriptions"],
            renames=data["renames"],
            fills={t: tuple(_fill(f) for f in fills) for t, fills in data["fills"].items()},
            procedures={n: _procedure(p) for n, p in data["procedures"].items()},
            carried=data.get("carried", {}),
            filling=data.get("filling", {}),
        )


class NewerFormat(ValueError):
    """A mark was written by a newer gsctl than this one."""

    def __init__(self, format_: int) -> None:
        super().__init__(f"a newer gsctl wrote it (format {format_}; this one knows {FORMAT})")


def fill_record(wish: LoadWish, load: TypeLoad, types: Mapping[str, str]) -> FillRecord:
    """What loading `load` would be recorded as; `types` are those of the type's properties."""
    return FillRecord(
        wish.key.name,
        wish.mode,
        options_record(wish.options),
        tuple(
            SourceRecord(
                tuple(file_record(file) for file in source.files),
                {p: (c.name, types[p]) for p, c in sorted(source.columns.items()) if p in types},
                (source.ends[0].name, source.ends[1].name) if source.ends else None,
                source.pair,
            )
            for source in load.sources
        ),
    )


def options_record(options: LoadOptions) -> Mapping[str, Any]:
    """The options as recorded: JSON's own types, so that they compare after reading back."""
    told = ((f.name, getattr(options, f.name)) for f in fields(options))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told}


def file_record(file: DataFile) -> FileRecord:
    """What is recorded of a file."""
    return FileRecord(file.path, file.size, file.sha256)


def _fill(data: Mapping[str, Any]) -> FillRecord:
    sources = tuple(_source(source) for source in data["sources"])
    return FillRecord(
        data["load"],
        data["mode"],
        data["options"],
        sources,
        data["rows"],
        data.get("forgotten", False),
    )


def _source(data: Mapping[str, Any]) -> SourceRecord:
    return SourceRecord(
        tuple(FileRecord(**file) for file in data["files"]),
        {name: (column, type_) for name, (column, type_) in data["columns"].items()},
        (data["ends"][0], data["ends"][1]) if data["ends"] else None,
        (data["pair"][0], data["pair"][1]) if data["pair"] else None,
    )


def _procedure(data: Mapping[str, Any]) -> ProcedureRecord:
    return ProcedureRecord(**{**data, "tests": tuple(data["tests"])})
