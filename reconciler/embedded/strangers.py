"""Databases that somebody else made at an engine's place: read, and never touched by looking."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler.copies.layout import EngineFolder
from reconciler.embedded.dialect import Reading
from reconciler.embedded.locks import holder, listening
from reconciler.embedded.look import Hidden, Look, Unseen, ask, command, read, replayed
from reconciler.model.observed import LiveCopy, LiveGraph


def strangers(look: Look, folder: EngineFolder) -> Iterator[LiveGraph | Unseen]:
    """Databases that somebody else made here: shown, never touched."""
    for name in folder.strangers():
        path = folder.path / name
        if not path.is_dir() or look.dialect.files.state(path) is None:
            continue
        key = look.key.sibling("Graph", name)
        try:
            busy, server, reading = _bare(look, path)
        except Hidden as hidden:
            yield Unseen(key, str(hidden), hidden.hint)
            continue
        copy = LiveCopy(name, reading.catalog, reading.record, verified=True,
                        widths=reading.widths)  # fmt: skip
        owner = reading.record.owner if reading.record else None
        yield LiveGraph(key, look.key, look.place, name, ours=False, owner=owner, pointer=None,
                        copies={name: copy}, bare=True, busy=busy,
                        served_at=server or "")  # fmt: skip


def _bare(look: Look, path: Path) -> tuple[str, str | None, Reading]:
    """Of a database that is not ours: why it is busy, where it is served, what it holds."""
    files = look.dialect.files
    if path.is_symlink():
        return f"{path} is a link to {path.readlink()}", None, _checkpointed(look, path)
    held = holder(files.lock(path), look.locks)
    if held is None:
        schema = replayed(look, path) if not files.settled(path) else files.manifest(path)
        return "", None, read(look, schema) if schema else _checkpointed(look, path)
    busy = f"{path} is held open by process {held.pid} ({command(held.pid)})"
    server = listening(held.pid)
    try:
        return (
            busy,
            server,
            read(look, ask(look, server)) if server else _checkpointed(look, path),
        )
    except Hidden:
        return busy, None, _checkpointed(look, path)  # what listens there is another server


def _checkpointed(look: Look, path: Path) -> Reading:
    schema = look.dialect.files.manifest(path)
    if schema is None:
        raise Hidden(f"its database {path} cannot be read")
    return read(look, schema)
