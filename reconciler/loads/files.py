"""The files of a check, made ready: unpacked, the same as digested, their bytes looked at."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.loads.check import TypeCheck, TypeReport
from reconciler.loads.scan import Facts, examine, sha256, stamp, unpack
from reconciler.loads.walk import Faults
from reconciler.model.loading import DataFile
from reconciler.model.problem import Location, Problem


@dataclass(frozen=True, slots=True)
class Ready:
    """A file that can be read. `number` counts through all sources; `path` is plain CSV."""

    number: int
    source: int
    file: DataFile
    path: str
    facts: Facts


@dataclass(slots=True)
class Files:
    """All files of a check; those that cannot be used are among `faults`."""

    ready: list[Ready] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # by number, as records name them
    paths: list[str] = field(default_factory=list)  # by number, plain
    stamps: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    def of(self, source: int) -> list[Ready]:
        """The files of one source, in list order."""
        return [ready for ready in self.ready if ready.source == source]


def prepare(check: TypeCheck, folder: Path) -> Files:
    """Read every file once; about 1 GB/s. Unpacks .gz into `folder`."""
    files = Files()
    for number, (source, file) in enumerate(_all(check)):
        files.names.append(file.path)
        files.paths.append(file.where)
        try:
            files.stamps[file.where] = stamp(file.where)
            ready = _ready(check, number, source, file, folder)
        except (OSError, EOFError, zlib.error) as error:
            files.faults.add(number, 1, "LD215", f"cannot be read: {_why(error)}")
            continue
        if ready is None:
            files.faults.add(number, 1, "LD120", "the file is not the one that was planned with")
            continue
        files.paths[number] = ready.path
        files.ready.append(ready)
    return files


def changed_since(report: TypeReport) -> tuple[Problem, ...]:
    """LD120 for each file whose size, mtime or inode is no longer what the check saw."""
    return tuple(
        Problem("error", "the file changed while it was loaded", "LD120", Location(path, 1))
        for path, seen in sorted(report.stamps.items())
        if _stamp(path) != seen
    )


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        return stamp(path)
    except OSError:
        return None


def _ready(
    check: TypeCheck, number: int, source: int, file: DataFile, folder: Path
) -> Ready | None:
    path, width = file.where, check.load.sources[source].width
    if stamp(path)[0] != file.size:
        return None
    if path.endswith(".gz"):
        if sha256(path) != file.sha256:
            return None
        path = unpack(path, folder / f"plain-{check.type}-{number}.csv")
        facts, _ = examine(path, width, check.options)
        return Ready(number, source, file, path, facts)
    facts, digest = examine(path, width, check.options)
    return Ready(number, source, file, path, facts) if digest == file.sha256 else None


def _all(check: TypeCheck) -> Iterator[tuple[int, DataFile]]:
    for number, source in enumerate(check.load.sources):
        for file in source.files:
            yield number, file


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
