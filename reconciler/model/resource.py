"""The desired side: documents, validated, with their places in the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model.key import Key, Owner
from reconciler.model.kinds import Metadata, Spec
from reconciler.model.loading import LoadWish
from reconciler.model.policy import Guard
from reconciler.model.problem import Location, Problem

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Positions:
    """Where each part of a document stands, for problems found later.

    `over` holds the places of the overlay merged into it, which win where both name a part.
    """

    file: str
    lines: tuple[str, ...] = field(repr=False)
    places: Mapping[Path, tuple[int, int]] = field(repr=False)  # line, column of the value
    keys: Mapping[Path, tuple[int, int]] = field(repr=False)  # line, column of the key
    over: Positions | None = field(default=None, repr=False)

    def at(self, path: Path, *, key: bool = False) -> Location:
        """The place of `path`, or of the nearest part above it that is written down."""
        table = self.keys if key else self.places
        while path:
            if self.over and path in (self.over.keys if key else self.over.places):
                return self.over.at(path, key=key)
            if path in table:
                break
            path, table, key = path[:-1], self.places, False
        line, column = table.get(path, (1, 1))
        return Location(self.file, line, column)

    def problem(self, path: Path, problem: Problem, *, key: bool = False) -> Problem:
        """`problem` with the place of `path` and that line's text."""
        at = self.at(path, key=key)
        here = self.over if self.over and self.over.file == at.file else self
        excerpt = here.lines[at.line - 1] if at.line <= len(here.lines) else ""
        return replace(problem, at=at, excerpt=excerpt)


@dataclass(frozen=True, slots=True)
class Resource:
    """One desired thing: valid, defaults filled in, variables and overlays resolved."""

    key: Key
    metadata: Metadata
    spec: Spec
    needs: frozenset[Key] = frozenset()  # by reference and by dependsOn
    positions: Positions | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Project:
    """The repository as a whole, and whose things it describes."""

    owner: Owner
    guard: Guard
    substrate: str
    description: str = ""
    positions: Positions | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Desired:
    """All that is wished. With an error among `problems` nothing of it may be applied."""

    project: Project | None
    resources: Mapping[Key, Resource] = field(default_factory=dict)
    loads: Mapping[Key, LoadWish] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    revision: str = ""  # a digest of the documents, overlays and variables applied
    skipped: int = 0  # documents that are somebody else's
    documents: Mapping[Key, Mapping[str, Any]] = field(
        default_factory=dict
    )  # plain, defaults not filled

    def of(self, kind: str) -> Mapping[Key, Resource]:
        """The resources of one kind, in key order."""
        keys = sorted(key for key in self.resources if key.kind == kind)
        return {key: self.resources[key] for key in keys}
