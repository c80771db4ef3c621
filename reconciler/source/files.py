"""Which files of a repository are read: its YAML, and the overlay of one environment.

Not read are hidden and git-ignored paths, `environments/`, and what the Project excludes. Links to
files are followed while they stay inside; links to folders are not, so no walk is endless.

Codes: SY107 a link that leads out or to a folder, SY108 unreadable.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

from reconciler.model.problem import Location, Problem, Severity
from reconciler.source.containment import is_below
from reconciler.source.tree import Limits
from reconciler.source.yaml import LIMITS, too_large

PROJECT_FILE = "gsctl.yaml"
OVERLAYS = "environments"
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that is read. `name` is relative to the repository, with `/`."""

    name: str
    path: Path


def find_files(
    root: Path, exclude: Iterable[str] = (), *, own: bool = False
) -> tuple[tuple[SourceFile, ...], tuple[Problem, ...]]:
    """The YAML files of a repository, by name. Looks at each folder once; opens .gitignore only.

    `exclude` are patterns as in a .gitignore at the root. `own`: it is the whole of a repository,
    wherever it lies: no .gitignore above it speaks of it.
    """
    walk = _Walk(root, GitIgnoreSpec.from_lines(exclude))
    found = sorted(
        walk.files(root, "", () if own else _rules_above(root)), key=lambda file: file.name
    )
    return tuple(found), tuple(walk.problems)


def find_overlay(
    root: Path, environment: str
) -> tuple[tuple[SourceFile, ...], tuple[Problem, ...]]:
    """The files of an environment's overlay, by name: a file, a folder, both or none.

    Who names an environment wants its overlay, also one that git ignores.
    """
    walk = _Walk(root, GitIgnoreSpec.from_lines(()))
    found: list[SourceFile] = []
    for suffix in SUFFIXES:
        name = f"{OVERLAYS}/{environment}{suffix}"
        if os.path.lexists(root / name) and walk.may_read(name):
            found.append(SourceFile(name, root / name))
    folder = root / OVERLAYS / environment
    if folder.is_dir() and walk.stays(folder, f"{OVERLAYS}/{environment}"):
        found += walk.files(folder, f"{OVERLAYS}/{environment}/", ())
    return tuple(sorted(found, key=lambda file: file.name)), tuple(walk.problems)


def environments(root: Path) -> tuple[str, ...]:
    """The environments that have an overlay, by name."""
    try:
        entries = list((root / OVERLAYS).iterdir())
    except OSError:
        return ()
    names = {entry.stem if entry.suffix in SUFFIXES else entry.name for entry in entries}
    return tuple(sorted(name for name in names if not name.startswith(".")))


def read_file(file: SourceFile, limits: Limits = LIMITS) -> bytes | Problem:
    """The bytes of a file; never more than the limit is read."""
    try:
        with open(file.path, "rb") as stream:
            data = stream.read(limits.file_bytes + 1)
    except OSError as error:
        says = f"{file.name} cannot be read: {error.strerror}"
        return Problem("error", says, "SY108", Location(file.name, 1))
    if len(data) > limits.file_bytes:
        return too_large(file.name, file.path.stat().st_size, limits)
    return data


@dataclass(frozen=True, slots=True)
class _Rules:
    """A .gitignore. `prefix` leads from the root to its folder, `lead` from there to the root."""

    prefix: str
    spec: GitIgnoreSpec
    lead: str = ""

    def ignores(self, name: str) -> bool | None:
        """Whether `name` is ignored; None where nothing is said of it."""
        if not name.startswith(self.prefix):
            return None
        return self.spec.check_file(self.lead + name[len(self.prefix) :]).include


class _Walk:
    """One walk over a repository."""

    def __init__(self, root: Path, exclude: GitIgnoreSpec) -> None:
        self.root = root
        self.exclude = exclude
        self.problems: list[Problem] = []

    def files(self, folder: Path, prefix: str, above: Sequence[_Rules]) -> Iterator[SourceFile]:
        """The files below `folder`, whose name from the root is `prefix`."""
        try:
            with os.scandir(folder) as entries:
                found = list(entries)
        except OSError as error:
            self._complain(prefix.rstrip("/") or ".", f"cannot be read: {error.strerror}", "SY108")
            return
        rules = above
        if any(e.name == ".gitignore" and e.is_file(follow_symlinks=False) for e in found):
            rules = (*above, _rules(folder, prefix))
        for entry in found:
            name = prefix + entry.name
            if entry.name.startswith(".") or name == OVERLAYS:
                continue
            if entry.is_dir(follow_symlinks=False):
                if not self._ignored(name + "/", rules):
                    yield from self.files(folder / entry.name, name + "/", rules)
            elif self._wanted(entry, name, rules):
                yield SourceFile(name, folder / entry.name)

    def _wanted(self, entry: os.DirEntry[str], name: str, rules: Sequence[_Rules]) -> bool:
        if not entry.name.endswith(SUFFIXES) and not (entry.is_symlink() and entry.is_dir()):
            return False
        return not self._ignored(name, rules) and self.may_read(name, entry)

    def may_read(self, name: str, entry: os.DirEntry[str] | None = None) -> bool:
        """Whether `name` is a file of ours; a problem is noted where a link leads astray."""
        path = self.root / name
        link = entry.is_symlink() if entry else path.is_symlink()
        if not link:
            return entry.is_file() if entry else path.is_file()
        if not self.stays(path, name):
            return False
        if path.is_dir():
            self._complain(name, "is a link to a folder, which is not followed", "SY107", "note")
        return path.is_file()

    def stays(self, path: Path, name: str) -> bool:
        """Whether `path`, links followed, lies in the repository."""
        if is_below(path, self.root):
            return True
        self._complain(name, "is a link that leads out of the repository", "SY107")
        return False

    def _complain(self, name: str, says: str, code: str, severity: Severity = "error") -> None:
        self.problems.append(Problem(severity, f"{name} {says}", code, Location(name, 1)))

    def _ignored(self, name: str, rules: Sequence[_Rules]) -> bool:
        if self.exclude.match_file(name):
            return True
        for rule in reversed(rules):  # the deepest .gitignore that speaks of it decides
            if (said := rule.ignores(name)) is not None:
                return said
        return False


def _rules_above(root: Path) -> tuple[_Rules, ...]:
    """The rules of the folders between the root of the git work tree and `root`, highest first."""
    real = Path(os.path.realpath(root))
    between: list[Path] = []
    for folder in (real, *real.parents):
        if (folder / ".git").exists():
            found = [f for f in reversed(between) if (f / ".gitignore").is_file()]
            return tuple(_rules(f, "", real.relative_to(f).as_posix() + "/") for f in found)
        between.append(folder.parent)
    return ()


def _rules(folder: Path, prefix: str, lead: str = "") -> _Rules:
    try:
        text = (folder / ".gitignore").read_text("utf-8", "replace")
    except OSError:
        text = ""
    return _Rules(prefix, GitIgnoreSpec.from_lines(text.splitlines()), lead)
