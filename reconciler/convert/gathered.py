"""What is gathered from the files of older tools, before documents are made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.model.problem import Location, Problem, Severity
from reconciler.model.resource import Path as Part
from reconciler.model.resource import Positions


@dataclass(frozen=True, slots=True)
class Origin:
    """A document of a file: where its relative paths begin, and where its parts stand."""

    folder: Path
    positions: Positions | None
    file: str

    def note(
        self, severity: Severity, code: str, says: str, part: Part = (), hint: str = ""
    ) -> Problem:
        """What is to be said of a part of it."""
        problem = Problem(severity, says, code, Location(self.file, 1), hint)
        return self.positions.problem(part, problem, key=bool(part)) if self.positions else problem


@dataclass(slots=True)
class Graph:
    """A graph: the spec of its Graph document, as far as it is known."""

    name: str
    origin: Origin
    description: str = ""
    vertices: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: dict[str, dict[str, Any]] = field(default_factory=dict)
    # An edge type of several pairs was split: (type, from, to) -> its new name.
    split: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def edge(self, name: str, source: str, target: str) -> str:
        """The edge type that holds the edges of a pair."""
        return self.split.get((name, source, target), name)

    def properties(self, type_: str) -> dict[str, Any]:
        """The properties of a type, in order."""
        found = self.vertices.get(type_) or self.edges.get(type_) or {}
        return dict(found.get("properties", {}))


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is named: by its index from 0, its name, or both; and what it feeds."""

    property: str | None
    index: int | None
    name: str | None


@dataclass(slots=True)
class Feed:
    """Files that feed a type. `ends` are set for edges, with the columns of their keys."""

    type: str
    inputs: tuple[str, ...]
    columns: tuple[Column, ...]
    part: Part
    ends: tuple[str, str] | None = None
    keys: tuple[Column, Column] | None = None


@dataclass(slots=True)
class Mapping_:  # noqa: N801  `Mapping` is another thing
    """What a data source says: which files feed what, and how they are written."""

    origin: Origin
    graph: str | None
    feeds: list[Feed] = field(default_factory=list)
    format: dict[str, Any] = field(default_factory=dict)
    location: str = ""
    append: bool = False
    formatted: bool = False  # whether it said itself how its files are written


@dataclass(frozen=True, slots=True)
class Job:
    """A loading job: a format for a data source, and the types that it loads."""

    origin: Origin
    format: Mapping[str, Any]
    types: frozenset[str]
    append: bool


@dataclass(frozen=True, slots=True)
class Procedure:
    """A stored procedure."""

    name: str
    query: str
    description: str
    origin: Origin
    graph: str | None = None


@dataclass(slots=True)
class Gathered:
    """Everything, with what was noted on the way."""

    graphs: dict[str, Graph] = field(default_factory=dict)
    mappings: list[Mapping_] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def say(  # noqa: PLR0913, PLR0917  the parts of a Problem
        self,
        origin: Origin,
        severity: Severity,
        code: str,
        says: str,
        part: Part = (),
        hint: str = "",
    ) -> None:
        """Note something of a part."""
        self.problems.append(origin.note(severity, code, says, part, hint))

    def lost(self, origin: Origin, says: str, part: Part = (), hint: str = "") -> None:
        """Note what is not carried, and why."""
        self.say(origin, "warning", "CV103", says, part, hint)


def listed(body: Any, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of a list, with their index; nothing where there is none."""
    found = body.get(name) if isinstance(body, dict) else None
    for index, item in enumerate(found if isinstance(found, list) else ()):
        if isinstance(item, dict):
            yield index, item


def inner(body: Any, *names: str) -> dict[str, Any]:
    """A mapping inside; empty where there is none."""
    for name in names:
        body = body.get(name) if isinstance(body, dict) else None
    return body if isinstance(body, dict) else {}
