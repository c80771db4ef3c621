"""Digests of data files, remembered as long as nothing about the file looks changed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

Identity = tuple[int, int, int, int]  # inode, size, mtime_ns, ctime_ns

# A file written so shortly before its digest may change without a new mtime: git's racy rule.
RACY_NS = 2_000_000_000
_FORMAT = 1
_THREADS = 4


class DigestCache:
    """sha256 of files by (path, inode, size, mtime, ctime), in one file that is replaced whole.

    A cache that cannot be read is an empty one; one that cannot be written is not kept. Not for
    several threads at once.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the digests in `folder`, made when there is something to keep."""
        self._file = folder / "digests.json"
        self._known = _read(self._file)
        self._dirty = False

    def digests(self, paths: Iterable[str]) -> dict[str, tuple[int, str]]:
        """Size in bytes and hex sha256 of each file; reads the unknown ones in threads.

        Raises OSError when one cannot be read.
        """
        identities = {path: _identity(path) for path in dict.fromkeys(paths)}
        missing = [path for path, now in identities.items() if not self._holds(path, now)]
        if missing:
            with ThreadPoolExecutor(_THREADS) as pool:
                for path, entry in zip(missing, pool.map(_digest, missing), strict=True):
                    self._known[path] = entry
            self._dirty = True
        return {path: (self._known[path][0][1], self._known[path][1]) for path in identities}

    def save(self) -> None:
        """Write what was learned, by rename. Does nothing when nothing was."""
        if not self._dirty:
            return
        entries = {path: [*identity, *rest] for path, (identity, *rest) in self._known.items()}
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile("w", dir=self._file.parent, delete=False) as out:
                json.dump({"format": _FORMAT, "files": entries}, out)
            Path(out.name).replace(self._file)
            self._dirty = False

    def _holds(self, path: str, now: Identity) -> bool:
        entry = self._known.get(path)
        if entry is None or entry[0] != now:
            return False
        _, _, taken = entry
        return taken - max(now[2], now[3]) >= RACY_NS


# What is known of a file: its identity, digest, and the file system's time when it was digested.
_Entry = tuple[Identity, str, int]


def _read(file: Path) -> dict[str, _Entry]:
    try:
        data = json.loads(file.read_text())
        if data["format"] != _FORMAT:
            return {}
        return {
            path: ((int(inode), int(size), int(mtime), int(ctime)), str(sha256), int(taken))
            for path, (inode, size, mtime, ctime, sha256, taken) in data["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _identity(path: str) -> Identity:
    found = Path(path).stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _digest(path: str) -> _Entry:
    """Read the file. When it changes meanwhile, the entry is never trusted again."""
    before, taken = _identity(path), time.time_ns()
    with Path(path).open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return before, digest, taken if _identity(path) == before else 0
