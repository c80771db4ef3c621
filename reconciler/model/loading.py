"""What a load wants, resolved against its files: which column feeds what, from which bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.model.catalog import Element, Pair
from reconciler.model.key import Key
from reconciler.model.problem import Location


@dataclass(frozen=True, slots=True)
class DataFile:
    """A data file. `path` is its name in records, the same on every machine; `where` its real path.

    `path` is relative to the repository, or absolute as written when it lies below a data root.
    """

    path: str
    size: int  # bytes
    sha256: str  # hex, of the bytes as they lie on disk
    where: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file: `name` as in the header (or its index as text), `index` from 0."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class TypeSource:
    """Files of one shape that feed one type (one pair of it, for edges)."""

    files: tuple[DataFile, ...]
    width: int  # columns in the files
    columns: Mapping[str, Column]  # property -> column
    pair: Pair | None = None
    ends: tuple[Column, Column] | None = None  # the keys of both ends, for edges


@dataclass(frozen=True, slots=True)
class TypeLoad:
    """All that one Load brings into one type."""

    type: str
    element: Element
    sources: tuple[TypeSource, ...]


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How files are read, and what may be wrong in them. Part of a load's identity."""

    delimiter: str = ","
    header: bool = True
    quote: str = '"'
    null_values: tuple[str, ...] = ("",)
    on_duplicate_key: Literal["error", "first"] = "error"
    on_dangling_edge: Literal["error", "drop"] = "error"
    on_null: Literal["error", "default"] = "error"
    limit: int | None = None  # first rows of each vertex file, edges restricted to them


@dataclass(frozen=True, slots=True)
class Expected:
    """How many rows a type must hold after the load."""

    min: int | None = None
    max: int | None = None

    def holds(self, rows: int) -> bool:
        """Whether `rows` is within the bounds."""
        return (self.min is None or rows >= self.min) and (self.max is None or rows <= self.max)


@dataclass(frozen=True, slots=True)
class LoadWish:
    """A Load, resolved: headers read, columns found, bytes digested."""

    key: Key
    graph: Key
    mode: Literal["replace", "append"]
    options: LoadOptions
    types: tuple[TypeLoad, ...]
    expect: Mapping[str, Expected] = field(default_factory=dict)
    at: Location | None = field(default=None, compare=False)
