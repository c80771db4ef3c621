"""What was written to a copy is brought to its files, so that its state is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reconciler.contracts import Floor, StepFailed
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder
from reconciler.embedded.client import Locked, Refused
from reconciler.embedded.failures import failed, refused
from reconciler.embedded.locks import holder, locks
from reconciler.embedded.lookup import Lookup
from reconciler.model.step import GraphAt
from reconciler.model.unit import Unit
from reconciler.model.units import show_bytes

_QUICK_S = 120.0  # for what takes milliseconds, on a machine that is busy


class Settling:
    """The copies of one graph, where it is."""

    def __init__(self, lookup: Lookup, floor: Floor, graph: GraphAt) -> None:
        self._lookup = lookup
        self._dialect = lookup.dialect
        self._floor = floor
        self._graph = graph

    def settled(self, copy: str, unit: Unit | None) -> Path:
        """Where the copy lies, with nothing left in its log: its state is known then.

        `unit` is its server. Raises StepFailed where somebody else writes to it.
        """
        folder = EngineFolder(Path(self._graph.engine.place.location)).graph(self._graph.uid)
        source = self._lookup.find(folder, copy)
        if source is None:
            raise failed(self._graph, "ST103", f"its copy {copy} is gone")
        served = unit is not None and unit.state == "up"
        if not served:
            self._nobody_writes(source)
        if not self._dialect.files.has_log(source):
            return source  # nothing was written since its last checkpoint
        if served:
            self._room_for_checkpoint(source)
        self._bring_log_in(source, unit if served else None)
        return source

    def _bring_log_in(self, database: Path, unit: Unit | None) -> None:
        """By its server; else, after that died or a user wrote, by the version that wrote it."""
        record = self._lookup.record_at(database)
        version = record.version if record else self._graph.engine.version
        with self._lookup.pool.lent(version) as host:
            fence: dict[str, Any] = {"lease": str(self._floor.lease), "epoch": self._floor.epoch(),
                                     "within_s": _QUICK_S}  # fmt: skip
            try:
                if unit:
                    host.ask("connect", url=f"http://{unit.address}", **fence)
                else:
                    host.ask("open", path=str(database), mode="rw", **fence)
                host.ask("execute", query="CHECKPOINT", write=True, within_s=_QUICK_S)
            except Refused as error:
                raise not_opened(self._lookup, self._graph, database, error) from error

    def _nobody_writes(self, database: Path) -> None:
        held = holder(self._dialect.files.lock(database), locks())
        if held and held.writes:
            says = f"its database is held open by process {held.pid}"
            raise failed(self._graph, "ST104", says, "close it there")

    def _room_for_checkpoint(self, served: Path) -> None:
        """A server that cannot write its checkpoint aborts: find out before it tries."""
        free = folders.free_for_us(served)
        most = self._dialect.files.checkpoint_bytes(served)
        if free < most:
            says = (f"the checkpoint of its copy may take {show_bytes(most)}, and the disk of "
                    f"{served} has {show_bytes(free)} free")  # fmt: skip
            raise failed(self._graph, "ST105", says, "make room there, and apply again")


def not_opened(lookup: Lookup, graph: GraphAt, path: Path, error: Refused) -> StepFailed:
    """Why a database of a graph could not be opened, with whoever holds it."""
    if not isinstance(error, Locked):
        return refused(graph, error)
    held = holder(lookup.dialect.files.lock(path), locks())
    who = f"process {held.pid}" if held else "another process"
    says = f"its database is held open by {who}"
    return failed(graph, "ST104", says, "close it there")
