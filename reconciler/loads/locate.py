"""Finds the files that a source names, globs included."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from reconciler.loads.columns import nearest
from reconciler.model.loading import DataFile
from reconciler.model.problem import Problem

# The real path of a file as it is named, or why it may not be read.
Find = Callable[[str], "str | Problem"]


def locate(name: str, find: Find) -> list[DataFile] | Problem:
    """The files behind one name, not yet digested; of a glob those that match, in name order.

    Only the last part of a path may be a glob. Hidden files match none.
    """
    found = find(name)
    if isinstance(found, str) and Path(found).is_file():
        return [DataFile(name, 0, "", found)]
    if set(name) & set("*?["):
        return _matching(name, find)
    if isinstance(found, Problem):
        return found
    return Problem("error", f"there is no file `{name}`", "LD106", hint=_near(found))


def _matching(pattern: str, find: Find) -> list[DataFile] | Problem:
    parent, last = str(PurePosixPath(pattern).parent), PurePosixPath(pattern).name
    folder = find(parent)
    if isinstance(folder, Problem):
        return folder
    files: list[DataFile] = []
    for name in _names(folder):
        if name.startswith(".") or not fnmatchcase(name, last):
            continue
        path = str(PurePosixPath(parent) / name)
        found = find(path)  # again for each: a link may lead out
        if isinstance(found, Problem):
            return found
        if Path(found).is_file():
            files.append(DataFile(path, 0, "", found))
    return files or Problem("error", f"no file matches `{pattern}`", "LD106")


def _names(folder: str) -> list[str]:
    try:
        return sorted(entry.name for entry in Path(folder).iterdir())
    except OSError:
        return []


def _near(path: str) -> str:
    if Path(path).is_dir():
        return "that is a folder"
    names = _names(str(Path(path).parent))
    return nearest(Path(path).name, [n for n in names if not n.startswith(".")])
