"""Databases that change their place on the disk: only while nobody has them open, in one step."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.embedded.failures import failed
from reconciler.embedded.locks import holder, locks
from reconciler.embedded.lookup import Lookup
from reconciler.model.observed import Pointer
from reconciler.model.step import AdoptGraph, GraphAt


class Moving:
    """The folders of one graph."""

    def __init__(self, lookup: Lookup, graph: GraphAt) -> None:
        self._lookup = lookup
        self._dialect = lookup.dialect
        self._graph = graph
        self._place = EngineFolder(Path(graph.engine.place.location))
        self._folder: GraphFolder = self._place.graph(graph.uid)

    def adopt(self, act: AdoptGraph, write: Callable[[Pointer], None]) -> None:
        """Make a closed database that lies beside our graphs the copy that the pointer names.

        The pointer comes first: until the one rename the database is where it was, and whose it
        was; after it, it is that copy. `write` writes the pointer.
        """
        source = self._place.path / act.source
        target = self._folder.sealed(act.pointer.copy)
        if target.exists():
            return  # done before a crash
        if source.is_symlink() or not source.is_dir():
            raise failed(self._graph, "AD101", f"there is no folder {source}")
        with self.closed(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            write(act.pointer)
            source.rename(target)
        # Who opens it by its old name is refused, instead of being given a new, empty database.
        self._dialect.files.lock(self._folder.path).mkdir(exist_ok=True)

    def bring(self, pointer: Pointer, target: Path, before: str | None) -> None:
        """Bring the copy to where its mode wants it, and the one before to where it is kept."""
        current = self._folder.current
        if pointer.mode == "served":
            if current.exists():
                with self.closed(current):
                    self._settle(current, before)
            return
        if target == current:
            self._settle_strays()
            return
        if not current.exists():
            target.rename(current)
            return
        with self.closed(current):
            folders.exchange(current, target)
        self._settle(target, before)
        self._settle_strays()

    def _settle(self, path: Path, otherwise: str | None = None) -> None:
        """Give a copy the folder of its own name; `otherwise` of one that has no record."""
        copy = self._lookup.copy_at(path) or otherwise
        if copy and path != self._folder.sealed(copy):
            self._folder.sealed(copy).parent.mkdir(exist_ok=True)
            path.rename(self._folder.sealed(copy))

    def _settle_strays(self) -> None:
        """After an exchange the old copy lies under the new one's name."""
        for path, verified in list(self._folder.folders()):
            if verified and path != self._folder.current:
                self._settle(path)

    @contextmanager
    def closed(self, database: Path) -> Iterator[None]:
        """Hold a database's own lock, so that nobody opens it while its folder is moved."""
        file = self._dialect.files.lock(database)
        lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # As the engine does: a lock of the other sort (flock) does not see those of this one.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            held = holder(file, locks())
            who = f"process {held.pid}" if held else "another process"
            raise failed(self._graph, "ST104", f"its database is held open by {who}",
                               "close it there, and apply again") from None  # fmt: skip
        else:
            yield
        finally:
            os.close(lock)
