"""What lies at a NeuG engine's place: read from files and from servers, disturbing nobody."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.contracts import Sight, Unanswered
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.copies.marks import Unreadable, read_engine, read_pointer
from reconciler.engines.neug import store
from reconciler.engines.neug.catalog import Reading, read
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveCopy, LiveEngine, LiveGraph, Pointer
from reconciler.model.problem import Problem
from reconciler.model.unit import Unit
from reconciler.model.wish import Place

_ANSWER_S = 5.0
Replay = Callable[[Path], Mapping[str, Any]]  # opens a database read-only; raises Unanswered


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that looking at one engine depends on."""

    key: Key
    place: Place
    owner: Owner
    units: Mapping[str, Unit]  # by uid
    locks: Mapping[tuple[int, int], store.Holder]
    replay: Replay
    beside: bool = False  # somebody else writes at this moment


class Unseen(Exception):
    """A graph cannot be told; the problem says why."""

    def __init__(self, key: Key, says: str, hint: str = "") -> None:
        self.key = key
        self.problem = Problem("error", f"{key}: {says}", "ST100", hint=hint, address=str(key))
        super().__init__(says)


class Hidden(Exception):
    """A graph that is there cannot be seen; the text says why."""

    def __init__(self, says: str, hint: str = "") -> None:
        super().__init__(says)
        self.hint = hint


def see(look: Look) -> Sight:
    """The engine and all its graphs. Raises Unanswered where its own mark cannot be read."""
    folder = EngineFolder(Path(look.place.location))
    try:
        mark = read_engine(folder.mark)
    except Unreadable as error:
        raise Unanswered(str(error)) from error
    strangers = tuple(folder.strangers())
    if mark is None and not strangers and not folder.graphs():
        return Sight(None)
    ours = mark is not None and mark.owner == look.owner
    engine = LiveEngine(
        look.key, look.place, mark.owner if mark else None, ours, mark.spec if mark else {},
        mark.protect if mark else False, mark.guard if mark else {}, strangers,
        mark.key if mark else None,
    )  # fmt: skip
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
    yield from _foreign(look, folder)
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
    unit = look.units.get(folder.uid)
    names = [unit.mark.name] if unit else []
    try:
        names = [str(json.loads(folder.pointer.read_bytes())["name"])]
    except (OSError, ValueError, KeyError, TypeError):
        found = [_last_checkpoint(path) for path, _ in folder.folders()]
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
    unit = look.units.get(folder.uid)
    try:
        copies, leftovers = _copies(look, folder, pointer, unit)
    except Hidden:
        if pointer is None or pointer.owner == look.owner:
            raise
        copies, leftovers = {}, []  # somebody else's: enough to know that it is there
    owner = pointer.owner if pointer else _told_owner(copies.values(), unit)
    name = _name(pointer, copies.values(), unit) or folder.uid
    tenant = pointer.tenant if pointer else look.key.tenant
    return LiveGraph(
        Key(tenant, "Graph", name), look.key, look.place, folder.uid, owner == look.owner, owner,
        pointer, copies, unit, tuple(leftovers),
    )  # fmt: skip


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
    look: Look, folder: GraphFolder, pointer: Pointer | None, unit: Unit | None
) -> tuple[dict[str, LiveCopy], list[str]]:
    """The copies by the id in their own record; folders that hold none that can be gone on with."""
    copies: dict[str, LiveCopy] = {}
    leftovers: list[str] = []
    for path, verified in folder.folders():
        serves = unit is not None and unit.copy == path.name and verified
        try:
            reading = _seen(look, path, unit if serves else None, verified=verified)
        except Hidden:
            if _matters(path, pointer, verified=verified):
                raise
            leftovers.append(path.name)
            continue
        record = reading.record if reading else None
        if reading is None or record is None or (not verified and record.copy != path.name):
            leftovers.append(path.name)
            continue
        copies[record.copy] = LiveCopy(record.copy, reading.catalog, record, verified,
                                       reading.widths)  # fmt: skip
    return copies, leftovers


def _seen(look: Look, path: Path, unit: Unit | None, *, verified: bool) -> Reading | None:
    """What a copy holds. Raises Hidden, also for a verified one that is damaged: it is not gone."""
    try:
        reading = _reading(look, path, unit)
    except Hidden:
        # Beside a writer servers come and go, and are no faults: the last checkpoint tells.
        if look.beside and (found := _last_checkpoint(path)):
            return found
        raise
    if verified and reading is None and path.exists():
        raise Hidden(f"its database {path} cannot be read",
                     "restore it, or remove that folder to have it made anew")  # fmt: skip
    return reading


def _last_checkpoint(path: Path) -> Reading | None:
    try:
        schema = store.manifest(path)
        return read(schema) if schema else None
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
        return _read(_ask(unit))
    held = store.holder(path, look.locks)
    if held and held.writes:
        raise Hidden(f"its database is held open by process {held.pid} ({_command(held.pid)})",
                     "close it there")  # fmt: skip
    schema = _replayed(look, path) if store.has_log(path) else store.manifest(path)
    return _read(schema) if schema else None


def _replayed(look: Look, path: Path) -> Mapping[str, Any]:
    """The schema of a database whose server died: only the engine can read its log."""
    try:
        return look.replay(path)
    except Unanswered as error:
        raise Hidden(str(error)) from error


def _read(schema: Mapping[str, Any]) -> Reading:
    try:
        return read(schema)
    except Unreadable as error:
        raise Hidden(str(error)) from error


def _ask(unit: Unit) -> Mapping[str, Any]:
    """A server's schema. Raises Hidden."""
    assert unit.address, "a server has an address"
    host, _, port = unit.address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=_ANSWER_S)
    try:
        connection.request("GET", "/schema")
        response = connection.getresponse()
        if response.status != 200:
            raise Hidden(f"its server at {unit.address} answers {response.status}")
        return dict(json.loads(response.read()))
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Hidden(f"its server at {unit.address} does not answer ({error})") from error
    finally:
        connection.close()


def _foreign(look: Look, folder: EngineFolder) -> Iterator[LiveGraph | Unseen]:
    """Databases that somebody else made here: shown, never touched."""
    for name in folder.strangers():
        path = folder.path / name
        schema = store.manifest(path) if path.is_dir() else None
        if schema is None:
            continue
        key = look.key.sibling("Graph", name)
        try:
            reading = read(schema)
        except Unreadable as error:
            yield Unseen(key, str(error))
            continue
        copy = LiveCopy(name, reading.catalog, reading.record, verified=True)
        owner = reading.record.owner if reading.record else None
        yield LiveGraph(key, look.key, look.place, name, ours=False, owner=owner, pointer=None,
                        copies={name: copy})  # fmt: skip


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "another user's"
    return Path(words[0].decode(errors="replace")).name or "unknown"
