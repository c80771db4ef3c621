"""What a step does beside what an engine is told, line by line: for explaining a plan."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.model.observed import Pointer
from reconciler.model.step import (
    Act,
    AdoptGraph,
    Amend,
    BuildCopy,
    Carry,
    CarryType,
    ClearGraph,
    CreateEngine,
    ExportType,
    FillType,
    InstallRuntime,
    MarkGraph,
    RemoveCopy,
    RemoveEngine,
    RemoveGraph,
    StartUnit,
    Switch,
    VerifyCopy,
)
from reconciler.model.units import show_bytes, show_count


def particulars(act: Act) -> Iterator[str]:  # noqa: C901, PLR0912  a line or two for each act
    """Remarks such as Cypher has them; what the engine is told for the act comes after them."""
    match act:
        case InstallRuntime():
            yield f"-- its own environment with {act.type}=={act.version}; kept for all projects"
        case CreateEngine():
            yield f"-- at {act.engine.place.location}; its mark: {_engine(act)}"
        case RemoveEngine():
            yield f"-- {act.place.location}, which must hold nothing but what is ours"
        case BuildCopy() if act.base:
            yield f"-- copy {act.base} shares its disk with {act.copy}; it goes on answering"
        case BuildCopy():
            yield f"-- an empty copy {act.copy}, under a name that nobody reads"
        case Amend():
            yield "-- in one transaction, through the server"
        case FillType():
            yield f"-- in one transaction with its record; every row is checked{_size(act)}"
        case ExportType():
            yield f"-- {_rows(act.carry)} into a file that may vanish; the copy stays"
        case CarryType():
            yield f"-- {_rows(act.carry)}, with their keys; one that does not fit fails it all"
        case AdoptGraph():
            yield f"-- {act.source} is moved whole, and not opened"
        case VerifyCopy():
            yield f"-- count every type of {act.copy} and compare with the record"
        case Switch():
            yield from _pointer(act.pointer, served=act.pointer.mode == "served")
        case MarkGraph():
            yield from _pointer(act.pointer, served=False)
        case ClearGraph():
            yield f"-- copy {act.pointer.copy} goes, and any that is kept; name and marks stay"
        case StartUnit():
            yield f"-- a server of copy {act.pointer.copy} on {_port(act.pointer)}"
        case RemoveCopy():
            yield f"-- copy {act.copy} answers nobody"
        case RemoveGraph():
            yield "-- its server is stopped" if act.mode == "served" else "-- its folder is closed"


def _rows(carry: Carry) -> str:
    return show_count(carry.rows, "row")


def _engine(act: CreateEngine) -> str:
    told = f"{act.engine.type} {act.engine.version}, {act.engine.mode}, of {act.owner}"
    return f"{told}, protected" if act.engine.protect else told


def _size(act: FillType) -> str:
    size = sum(file.size for source in act.load.sources for file in source.files)
    return f" ({show_bytes(size)})"


def _pointer(pointer: Pointer, *, served: bool) -> Iterator[str]:
    relayed = served and pointer.settings.relay
    if relayed:
        yield "-- start a server of it beside the one that answers; where it does not come up, stop"
        yield "-- hold requests back for a moment, until those under way are answered"
    elif served:
        yield "-- stop the server that answers, if one does"
    told = f"-- its pointer: {pointer.name} is answered by copy {pointer.copy}"
    yield f"{told}, {pointer.previous} is kept" if pointer.previous else told
    if relayed:
        yield f"-- the relay on {_port(pointer)} turns to it; stop the server before it"
    elif served:
        yield f"-- start a server on {_port(pointer)}; if it does not come up, all goes back"


def _port(pointer: Pointer) -> str:
    return f"port {pointer.port}" if pointer.port else "a free port, kept from then on"
