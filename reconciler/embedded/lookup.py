"""Finding a copy by its own record, and counting what a database holds: for whoever needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.contracts import Unanswered
from reconciler.copies.layout import GraphFolder
from reconciler.copies.marks import Unreadable, read_pointer
from reconciler.embedded.client import Host, Refused
from reconciler.embedded.dialect import Dialect, Reading, Schema
from reconciler.embedded.pool import Pool
from reconciler.model.catalog import Catalog
from reconciler.model.record import Record


@dataclass(frozen=True, slots=True)
class Lookup:
    """Finds copies, by their files where these tell, else by the engine."""

    dialect: Dialect
    pool: Pool

    def replay(self, path: Path) -> Schema:
        """The schema of a database that its files do not tell. Raises Unanswered."""
        with self.pool.lent(self.dialect.traits.versions[0]) as host:
            try:
                host.ask("open", path=str(path), mode="r", within_s=120)
                return dict(host.ask("schema", within_s=60))
            except Refused as error:
                raise Unanswered(f"{path}: {error}") from error

    def reading(self, path: Path) -> Reading | None:
        """What a closed copy holds, as it was last left. Raises Unreadable, Unanswered."""
        files = self.dialect.files
        schema = files.manifest(path)
        if schema is None and files.state(path) is not None:
            schema = self.replay(path)
        return self.dialect.speech.read(schema) if schema else None

    def record_at(self, path: Path) -> Record | None:
        """The record as it was last left; None where there is none that can be read."""
        try:
            found = self.reading(path)
        except (Unreadable, Unanswered):
            return None
        return found.record if found else None

    def copy_at(self, path: Path) -> str | None:
        """The id of the copy that lies in a folder, whatever the folder is called."""
        record = self.record_at(path)
        return record.copy if record else None

    def find(self, folder: GraphFolder, copy: str) -> Path | None:
        """Where a verified copy lies."""
        verified = (path for path, verified in folder.folders() if verified)
        told = next((path for path in verified if self.copy_at(path) == copy), None)
        return told or self._unrecorded(folder, copy)

    def _unrecorded(self, folder: GraphFolder, copy: str) -> Path | None:
        """A copy that was adopted has no record: its folder's name tells, or the pointer."""
        named, current = folder.sealed(copy), folder.current
        if named.is_dir():
            return named if self.copy_at(named) is None else None
        try:
            pointer = read_pointer(folder.pointer)
        except Unreadable:
            return None
        serves = pointer is not None and pointer.copy == copy and current.is_dir()
        return current if serves and self.copy_at(current) is None else None


def rows(host: Host, catalog: Catalog) -> Mapping[str, int]:
    """Rows of every type of the database that a host has before it."""
    count = host.questions.count
    found = {name: host.number(count(name, None)) for name in catalog.vertices}
    for name, edge in catalog.edges.items():
        found[name] = sum(host.number(count(name, pair)) for pair in edge.pairs)
    return found
