"""Which copy of a Paper graph answers: the switch, and the servers before and after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import Floor, Progress, UnitFailed
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder
from reconciler.copies.marks import Unreadable, read_pointer, write_pointer
from reconciler.model.observed import Pointer
from reconciler.model.step import ClearGraph, GraphAt, RemoveCopy, RemoveGraph, StartUnit, Switch
from reconciler.model.unit import Unit, UnitMark, UnitSpec, unit_name
from reconciler.planner import unit_digest
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.making import failed
from reconciler.testing.paper.speech import says_its_copy

_GRACE_S = 5.0
_START_S = 20.0


class Serving:
    """The acts on one graph's pointer and server."""

    def __init__(self, floor: Floor, graph: GraphAt) -> None:
        self.floor = floor
        self.graph = graph
        self.engine = EngineFolder(Path(graph.engine.place.location))
        self.folder = self.engine.graph(graph.uid)

    def unit(self) -> Unit | None:
        """The graph's server, as it is now."""
        found = (u for u in self.floor.substrate.units() if u.mark.uid == self.graph.uid)
        return next(found, None)

    def switch(self, act: Switch) -> Iterator[Progress]:
        """Let another copy answer; if its server does not come up, the old one answers again."""
        before, unit = self.pointer(), self.unit()
        target = self.folder.sealed(act.pointer.copy)
        if pages.read(target) is None:
            raise failed(self.graph, "ST103", f"its copy {act.pointer.copy} is gone")
        self.listenable(act.pointer, unit)
        self.unwritten(before, act.pointer)
        self.floor.epoch()
        if unit:
            self.floor.substrate.stop(unit, _GRACE_S)
        pointer = self.with_port(act.pointer)
        self.write(pointer)
        if pointer.mode == "served":
            yield Progress("starting its server")
            try:
                self.serve(pointer)
            except UnitFailed as error:
                self.back(replace(before, held=act.refused) if before else None, unit)
                says = f"its server did not come up: {error}"
                raise failed(self.graph, "VF101", says) from error
        self.engine.link(pointer.name, self.graph.uid)

    def mark(self, pointer: Pointer) -> None:
        """Write the pointer; the same copy answers, by the same process."""
        self.write(pointer)
        self.engine.unlink(self.graph.uid)
        self.engine.link(pointer.name, self.graph.uid)

    def start(self, act: StartUnit) -> Iterator[Progress]:
        """Start the server anew; one that runs is stopped first."""
        if unit := self.unit():
            self.floor.substrate.stop(unit, _GRACE_S)
        pointer = self.with_port(act.pointer)
        self.write(pointer)
        yield Progress("starting its server")
        self.serve(pointer)

    def remove_copy(self, act: RemoveCopy) -> None:
        """Remove a copy that answers nobody, finished or not."""
        pointer = self.pointer()
        if pointer and pointer.copy == act.copy:
            return
        self.floor.epoch()
        for path in (self.folder.building(act.copy), self.folder.sealed(act.copy)):
            folders.remove(path)

    def remove(self, _: RemoveGraph) -> None:
        """Stop the graph and remove it whole."""
        self.floor.epoch()
        if unit := self.unit():
            self.floor.substrate.stop(unit, _GRACE_S)
        self.engine.unlink(self.graph.uid)
        folders.remove(self.folder.path)

    def clear(self, act: ClearGraph) -> None:
        """Stop the graph and remove its copies; its pointer stays, and names one that is gone."""
        self.floor.epoch()
        page, unit = pages.read(self.folder.sealed(act.pointer.copy)), self.unit()
        if unit:
            self.floor.substrate.stop(unit, _GRACE_S)
        if page and {t: len(rows) for t, rows in page.rows.items()} != dict(act.rows):
            if unit:
                self.serve(act.pointer)
            raise failed(self.graph, "WR101", "rows were written to it since the plan")
        self.write(act.pointer)
        for path, _ in list(self.folder.folders()):
            folders.remove(path)

    def pointer(self) -> Pointer | None:
        """The pointer; None where none can be read."""
        try:
            return read_pointer(self.folder.pointer)
        except Unreadable:
            return None

    def write(self, pointer: Pointer) -> None:
        """Write the pointer: the one commit."""
        write_pointer(self.folder.pointer, pointer, self.floor.epoch())

    def unwritten(self, before: Pointer | None, after: Pointer) -> None:
        """Refuse to leave a copy that was written to after the new one was cloned from it."""
        target = self.folder.sealed(after.copy)
        new = pages.read(target)
        record = new.record if new else None
        if record is None or before is None or record.base != before.copy:
            return
        old = pages.read(self.folder.sealed(before.copy))
        if old and str(old.state) != record.base_state and before.copy != after.copy:
            if before.previous != after.copy:
                folders.remove(target)
            says = "rows were written to the copy that serves while the new one was made"
            raise failed(self.graph, "WR101", says)

    def back(self, before: Pointer | None, unit: Unit | None) -> None:
        """Let the copy answer that did before."""
        if before is None:
            self.folder.pointer.unlink(missing_ok=True)
            return
        self.write(before)
        if unit:
            self.serve(before)

    def listenable(self, pointer: Pointer, unit: Unit | None) -> None:
        """Judge a port before anything is stopped for it. Raises StepFailed."""
        if pointer.mode != "served" or not pointer.port or (unit and unit.port == pointer.port):
            return
        try:
            self.floor.substrate.free_port(pointer.name, pointer.port, frozenset())
        except UnitFailed as error:
            raise failed(self.graph, "VF101", str(error)) from error

    def with_port(self, pointer: Pointer) -> Pointer:
        """The pointer with a port, where it needs one and has none."""
        if pointer.mode != "served" or pointer.port:
            return pointer
        return replace(
            pointer, port=self.floor.substrate.free_port(pointer.name, None, frozenset())
        )

    def serve(self, pointer: Pointer) -> None:
        """Start the server and wait until it answers. Raises UnitFailed."""
        path = self.folder.sealed(pointer.copy)
        page = pages.read(path)
        if page is None:
            raise failed(self.graph, "ST103", f"its copy {pointer.copy} is gone")
        key = self.graph.key
        version = page.record.version if page.record else self.graph.engine.version
        mark = UnitMark(
            self.graph.owner, self.floor.root_id, str(self.floor.root_path), key.tenant, key.kind,
            key.name, self.graph.uid, pointer.copy, unit_digest(self.graph.engine, version),
            pointer.port,
        )  # fmt: skip
        command = (sys.executable, "-m", "reconciler.testing.paper.server", str(path),
                   str(pointer.port))  # fmt: skip
        spec = UnitSpec(unit_name(self.graph.engine.key, pointer.name), mark, command,
                        {"PYTHONPATH": ":".join(filter(None, sys.path))})  # fmt: skip
        self.start_unit(spec, pointer)

    def start_unit(self, spec: UnitSpec, pointer: Pointer) -> None:
        """Start a process and wait until it answers for its copy."""
        address = f"127.0.0.1:{pointer.port}"
        probe = Unit("", spec.mark, "up", address)
        self.floor.substrate.start(spec, lambda: says_its_copy(probe), _START_S)
