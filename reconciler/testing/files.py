"""Files below an engine's folder: compared as a whole, and damaged for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path


def content(folder: Path) -> Mapping[str, str]:
    """The sha256 of every file below a folder, by path; links by what they point to."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = str(path.readlink())
        elif path.is_file():
            found[name] = sha256(path.read_bytes()).hexdigest()
    return found


def stamps(folder: Path) -> Mapping[str, tuple[int, int]]:
    """When every file below a folder was last written, and which one it is, by path."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            seen = path.stat()
            found[str(path.relative_to(folder))] = (seen.st_mtime_ns, seen.st_ino)
    return found


@contextmanager
def damaged(path: Path, damage: bytes, aside: Path) -> Iterator[None]:
    """Let `path` hold `damage` instead; the file itself, which may be linked, lies `aside`."""
    path.rename(aside)
    try:
        path.write_bytes(damage)
        yield
    finally:
        aside.replace(path)
