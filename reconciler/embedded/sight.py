"""What lies at an engine's place: read from files and from servers, disturbing nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from reconciler.contracts import Sight, Unanswered
from reconciler.copies.engines import seen_engine
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.copies.marks import Unreadable, read_pointer, read_suspension
from reconciler.embedded.dialect import Reading
from reconciler.embedded.locks import holder
from reconciler.embedded.look import Hidden, Look, Unseen, ask_unit, command, read, replayed
from reconciler.embedded.servers import Units, told_apart
from reconciler.embedded.strangers import strangers
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveCopy, LiveGraph, Pointer
from reconciler.model.policy import Suspension
from reconciler.model.problem import Problem
from reconciler.model.unit import Unit


def see(look: Look) -> Sight:
    """The engine and all its graphs. Raises Unanswered where its own mark cannot be read."""
    engine = seen_engine(look.key, look.place, look.owner)
    if engine is None:
        return Sight(None)
    folder = EngineFolder(Path(look.place.location))
    graphs: dict[Key, LiveGraph] = {}
    unknown: dict[Key, Problem] = {}
    for found in _graphs(look, folder):
        if isinstance(found, Unseen):
            unknown[found.key] = found.problem
        elif found.pointer or found.copies or found.unit:
            graphs[found.key] = found  # else a crash left an empty folder, and it is used again
    return Sight(engine, graphs, unknown)


def _graphs(look: Look, folder: EngineFolder) -> Iterator[LiveGraph | Unseen]:
    """Every graph, ours or not. Servers are asked side by side."""
    yield from strangers(look, folder)
    folders = folder.graphs()
    served = [f for f in folders if f.uid in look.units]
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda f: _try(look, f), served) if served else ()
        yield from (_try(look, f) for f in folders if f.uid not in look.units)
        yield from answers


def _try(look: Look, folder: GraphFolder) -> LiveGraph | Unseen:
    """Raises Unanswered where nothing tells which graph it is that cannot be seen."""
    try:
        return _graph(look, folder)
    except Hidden as hidden:
        if (key := _told_key(look, folder)) is None:
            says = f"a graph cannot be seen, nor what it is called: {folder.path}: {hidden}"
            raise Unanswered(says) from hidden
        return Unseen(key, str(hidden), hidden.hint)


def _told_key(look: Look, folder: GraphFolder) -> Key | None:
    """What a graph is called, by any of its marks that can be read."""
    names = [unit.mark.name for unit in look.units.get(folder.uid, ())]
    try:
        names = [str(json.loads(folder.pointer.read_bytes())["name"])]
    except (OSError, ValueError, KeyError, TypeError):
        found = [_last_checkpoint(look, path) for path, _ in folder.folders()]
        names += [reading.record.graph for reading in found if reading and reading.record]
        names += EngineFolder(Path(look.place.location)).names(folder.uid)
    return look.key.sibling("Graph", names[0]) if names else None


def _graph(look: Look, folder: GraphFolder) -> LiveGraph:
    try:
        pointer = read_pointer(folder.pointer)
    except Unreadable as error:
        if "newer" in str(error):
            raise Hidden(str(error)) from error
        pointer = None
    if pointer and _adopts_still(folder, pointer):
        pointer = None  # it was cut short before the database came here: that is still somebody's
    suspended = None if pointer else _suspension(folder)
    units = told_apart(look.units.get(folder.uid, ()), pointer)
    unit = units.server
    busy = ""
    try:
        copies, leftovers = _copies(look, folder, pointer, units)
    except Hidden as hidden:
        if pointer is None or pointer.owner == look.owner:
            raise
        copies, leftovers, busy = {}, [], str(hidden)  # enough to know that it is there
    owner = pointer.owner if pointer else _told_owner(copies.values(), unit)
    name = _name(pointer, copies.values(), unit) or folder.uid
    tenant = pointer.tenant if pointer else look.key.tenant
    return LiveGraph(
        Key(tenant, "Graph", name), look.key, look.place, folder.uid, owner == look.owner, owner,
        pointer, copies, unit, tuple(leftovers), units.relay, units.strays, suspended=suspended,
        busy=busy,
    )  # fmt: skip


def _suspension(folder: GraphFolder) -> Suspension | None:
    """Who suspended a graph whose pointer is lost. Raises Hidden."""
    try:
        return read_suspension(folder.pointer)
    except Unreadable as error:
        raise Hidden(str(error)) from error


def _adopts_still(folder: GraphFolder, pointer: Pointer) -> bool:
    """Whether the database that this pointer adopts lies where it lay."""
    engine = folder.path.parent.parent
    return bool(pointer.adopted) and not any(v for _, v in folder.folders()) and (
        engine / str(pointer.adopted)).is_dir()  # fmt: skip


def _name(
    pointer: Pointer | None, copies: Sequence[LiveCopy] | Any, unit: Unit | None
) -> str | None:
    if pointer:
        return pointer.name
    told = [copy.record.graph for copy in copies if copy.record]
    return unit.mark.name if unit else next(iter(sorted(told)), None)


def _told_owner(copies: Any, unit: Unit | None) -> Owner | None:
    """Whose a graph without a pointer is: its server's mark or its copies' records tell."""
    told = {copy.record.owner for copy in copies if copy.record}
    return unit.mark.owner if unit else (told.pop() if len(told) == 1 else None)


def _copies(
    look: Look, folder: GraphFolder, pointer: Pointer | None, units: Units
) -> tuple[dict[str, LiveCopy], list[str]]:
    """The copies by the id in their own record; folders that hold none that can be gone on with."""
    copies: dict[str, LiveCopy] = {}
    leftovers: list[str] = []
    servers = {unit.copy: unit for unit in (*units.strays, units.server) if unit}
    for path, verified in folder.folders():
        unit = servers.get(path.name) if verified else None
        try:
            reading = _seen(look, path, unit, verified=verified)
        except Hidden:
            if _matters(path, pointer, verified=verified):
                raise
            leftovers.append(path.name)
            continue
        id_ = _id(folder, path, reading, pointer, verified=verified)
        if reading is None or id_ is None:
            leftovers.append(path.name)
            continue
        copies[id_] = LiveCopy(id_, reading.catalog, reading.record, verified, reading.widths)
    return copies, leftovers


def _id(
    folder: GraphFolder,
    path: Path,
    reading: Reading | None,
    pointer: Pointer | None,
    *,
    verified: bool,
) -> str | None:
    """A copy's id, by its own record; one that was adopted has none, and its pointer tells.

    Raises Hidden for such a one whose pointer cannot be read: it is no leftover.
    """
    if record := reading.record if reading else None:
        return record.copy if verified or record.copy == path.name else None
    if not verified or reading is None:
        return None
    if pointer is None and folder.pointer.exists():
        raise Hidden(f"{path} has no record of ours, and its pointer cannot be read",
                     f"restore {folder.pointer}")  # fmt: skip
    if pointer is None or path == folder.current:
        return pointer.copy if pointer else None
    return path.name if path.name in (pointer.copy, pointer.previous) else None


def _seen(look: Look, path: Path, unit: Unit | None, *, verified: bool) -> Reading | None:
    """What a copy holds. Raises Hidden, also for a verified one that is damaged: it is not gone."""
    try:
        reading = _reading(look, path, unit)
    except Hidden:
        # Beside a writer servers come and go, and are no faults: the last checkpoint tells.
        if look.beside and (found := _last_checkpoint(look, path)):
            return found
        raise
    if verified and reading is None and path.exists():
        raise Hidden(f"its database {path} cannot be read",
                     "restore it, or remove that folder to have it made anew")  # fmt: skip
    return reading


def _last_checkpoint(look: Look, path: Path) -> Reading | None:
    try:
        schema = look.dialect.files.manifest(path)
        return look.dialect.speech.read(schema) if schema else None
    except (Unreadable, OSError):
        return None


def _matters(path: Path, pointer: Pointer | None, *, verified: bool) -> bool:
    """Whether a graph is unknown when this copy is: a kept one that cannot be read is set aside."""
    return verified and (pointer is None or path.name in (pointer.copy, "current"))


def _reading(look: Look, path: Path, unit: Unit | None) -> Reading | None:
    """What a copy holds: from its server where one runs, else from its files. Raises Hidden."""
    if unit:
        if unit.state == "stopped":
            raise Hidden(f"its server is stopped (SIGSTOP): {unit.id}", "send it SIGCONT")
        assert unit.address, "a server has an address"
        return read(look, ask_unit(look, unit))
    held = holder(look.dialect.files.lock(path), look.locks, alone=not look.beside)
    if held and held.writes:
        raise Hidden(f"its database is held open by process {held.pid} ({command(held.pid)})",
                     "close it there")  # fmt: skip
    files = look.dialect.files
    replays = files.state(path) is not None and not files.settled(path)
    schema = replayed(look, path) if replays else files.manifest(path)
    return read(look, schema) if schema else None
