"""Where an engine's things lie below its place.

engine.json                   the engine's own mark
.graphs/<uid>/serving.json    which copy answers, and what is kept with the graph's name
.graphs/<uid>/building/<id>   a copy that is not finished
.graphs/<uid>/copies/<id>     a verified copy
.graphs/<uid>/current         of an embedded graph: the copy that answers, a real folder
<graph>                       a link to .graphs/<uid>, for people
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reconciler.copies.folders import remove

MARK = "engine.json"
GRAPHS = ".graphs"
POINTER = "serving.json"
TRASH = ".trash"
IGNORE = ".gitignore"  # what lies here is no part of a repository around it


@dataclass(frozen=True, slots=True)
class GraphFolder:
    """The folder of one graph."""

    path: Path

    @property
    def uid(self) -> str:
        """The graph's uid."""
        return self.path.name

    @property
    def pointer(self) -> Path:
        """The pointer's file."""
        return self.path / POINTER

    @property
    def current(self) -> Path:
        """Where an embedded graph is opened by its users."""
        return self.path / "current"

    def building(self, copy: str) -> Path:
        """Where a copy is made."""
        return self.path / "building" / copy

    def sealed(self, copy: str) -> Path:
        """Where a verified copy lies."""
        return self.path / "copies" / copy

    def holds_something(self) -> bool:
        """Whether something was ever published here: a pointer, or a verified copy."""
        return self.pointer.exists() or any(verified for _, verified in self.folders())

    def folders(self) -> Iterator[tuple[Path, bool]]:
        """The folder of each copy there is, and whether it was verified; by name."""
        for name, verified in (("building", False), ("copies", True)):
            yield from ((path, verified) for path in _folders(self.path / name))
        if self.current.is_dir():
            yield self.current, True


@dataclass(frozen=True, slots=True)
class EngineFolder:
    """The folder of one engine."""

    path: Path

    @property
    def mark(self) -> Path:
        """The mark's file."""
        return self.path / MARK

    def graph(self, uid: str) -> GraphFolder:
        """The folder of a graph."""
        return GraphFolder(self.path / GRAPHS / uid)

    def graphs(self) -> list[GraphFolder]:
        """The folders of all graphs, by uid."""
        return [GraphFolder(path) for path in _folders(self.path / GRAPHS)]

    def clear(self) -> None:
        """Remove what is ours; the folder stays. The mark goes last."""
        for entry in _entries(self.path):
            if _is_link_to_graph(entry):
                Path(entry.path).unlink()
        for name in (GRAPHS, TRASH):
            remove(self.path / name)
        (self.path / IGNORE).unlink(missing_ok=True)
        self.mark.unlink()

    def strangers(self) -> list[str]:
        """What lies here and is not ours: no mark, no graph, no link to one."""
        return [
            entry.name
            for entry in sorted(_entries(self.path), key=lambda e: e.name)
            if entry.name not in (MARK, GRAPHS, TRASH, IGNORE)
            and not _is_link_to_graph(entry)
            and os.path.lexists(entry.path)
        ]

    def link(self, name: str, uid: str) -> None:
        """Let people find a graph by its name. A name of something else is left alone."""
        link, target = self.path / name, Path(GRAPHS) / uid
        if link.is_symlink() and link.readlink() != target:
            link.unlink()
        if not link.exists() and not link.is_symlink():
            link.symlink_to(target)

    def names(self, uid: str) -> list[str]:
        """The names of the links to a graph."""
        target = Path(GRAPHS) / uid
        return sorted(e.name for e in _entries(self.path) if _leads_to(e) == target)

    def unlink(self, uid: str) -> None:
        """Remove the links to a graph."""
        for entry in _entries(self.path):
            if _leads_to(entry) == Path(GRAPHS) / uid:
                Path(entry.path).unlink(missing_ok=True)


def _folders(parent: Path) -> list[Path]:
    return sorted(Path(e.path) for e in _entries(parent) if e.is_dir(follow_symlinks=False))


def _entries(parent: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(parent) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _is_link_to_graph(entry: os.DirEntry[str]) -> bool:
    target = _leads_to(entry)
    return target is not None and target.parts[:1] == (GRAPHS,)


def _leads_to(entry: os.DirEntry[str]) -> Path | None:
    """What a link says; None for what is no link, or is gone: other graphs leave side by side."""
    try:
        return Path(entry.path).readlink() if entry.is_symlink() else None
    except FileNotFoundError:
        return None
