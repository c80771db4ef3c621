"""Documents of another machine: the texts of its files, read as if they stood in a folder here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.model.problem import Location, Problem
from reconciler.source.files import (
    OVERLAYS,
    PROJECT_FILE,
    SourceFile,
    find_files,
    find_overlay,
    read_file,
)
from reconciler.source.repository import Documents, excluded, gather


def texts_of(root: Path, environment: str) -> Mapping[str, str] | Problem:
    """The files that an environment is read from, by their names from the root."""
    found = gather(root, environment)
    if isinstance(found, Problem):
        return found
    files, _ = find_files(root, excluded(found.base))
    over, _ = find_overlay(root, environment)
    texts = {}
    for file in (SourceFile(PROJECT_FILE, root / PROJECT_FILE), *files, *over):
        data = read_file(file)
        if isinstance(data, Problem):
            return data
        try:
            texts[file.name] = data.decode("utf-8")
        except UnicodeDecodeError:
            says = f"{file.name} is no text of UTF-8"
            return Problem("error", says, "SY108", Location(file.name, 1))
    return texts


def documents_of(texts: Mapping[str, str], environment: str) -> Documents | Problem:
    """Our documents among texts that `texts_of` gave elsewhere."""
    if PROJECT_FILE not in texts:
        return Problem("error", f"there is no {PROJECT_FILE} among what was sent", "SC109")
    found = Documents()
    names = sorted(texts, key=lambda name: (name != PROJECT_FILE, name))
    for name in names:
        over = name.startswith(f"{OVERLAYS}/")
        if not over or _is_of(name, environment):
            data = texts[name].encode("utf-8")
            found.take(name, data, found.overlay if over else found.base)
    return found


def _is_of(name: str, environment: str) -> bool:
    rest = name.removeprefix(f"{OVERLAYS}/")
    return rest.partition("/")[0] == environment or rest.rpartition(".")[0] == environment
