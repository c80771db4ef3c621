"""Finding a copy by its own record, and counting what a database holds: for whoever needs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.copies.layout import GraphFolder
from reconciler.copies.marks import Unreadable
from reconciler.engines.neug import ddl, store
from reconciler.engines.neug.catalog import read
from reconciler.engines.neug.client import Host
from reconciler.model.catalog import Catalog
from reconciler.model.record import Record


def record_at(database: Path) -> Record | None:
    """The record of the last checkpoint; None where there is none that can be read."""
    schema = store.manifest(database)
    try:
        return read(schema).record if schema else None
    except Unreadable:
        return None


def copy_at(database: Path) -> str | None:
    """The id of the copy that lies in a folder, whatever the folder is called."""
    record = record_at(database)
    return record.copy if record else None


def find(folder: GraphFolder, copy: str) -> Path | None:
    """Where a verified copy lies."""
    return next((p for p, verified in folder.folders() if verified and copy_at(p) == copy), None)


def rows(host: Host, catalog: Catalog) -> Mapping[str, int]:
    """Rows of every type of the database that a host has before it."""
    found = {name: host.number(ddl.count(name, None)) for name in catalog.vertices}
    for name, edge in catalog.edges.items():
        found[name] = sum(host.number(ddl.count(name, pair)) for pair in edge.pairs)
    return found
