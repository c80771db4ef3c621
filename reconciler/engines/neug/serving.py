"""Which copy answers under a graph's name: the switch, and the servers before and after it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import Floor, Progress, StepFailed, Unanswered, UnitFailed
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.copies.marks import Unreadable, read_pointer, write_pointer
from reconciler.engines.neug import store
from reconciler.engines.neug.client import HOST, answers
from reconciler.engines.neug.failures import failed
from reconciler.engines.neug.lookup import copy_at, find, record_at
from reconciler.model.observed import Pointer
from reconciler.model.step import GraphAt, RemoveCopy, RemoveGraph, StartUnit, Switch
from reconciler.model.unit import Unit, UnitMark, UnitSpec
from reconciler.model.units import parse_cpu
from reconciler.model.wish import EngineWish
from reconciler.planner import unit_digest

_GRACE_S = 15.0  # a server checkpoints when it closes
_START_S = 60.0


class Serving:
    """The acts on one graph's pointer and server."""

    def __init__(self, floor: Floor, graph: GraphAt) -> None:
        self._floor = floor
        self._graph = graph
        self._engine = EngineFolder(Path(graph.engine.place.location))
        self._folder: GraphFolder = self._engine.graph(graph.uid)
        self._trash = self._engine.path / ".trash"

    def unit(self) -> Unit | None:
        """The graph's server, as it is now."""
        found = (u for u in self._floor.substrate.units() if u.mark.uid == self._graph.uid)
        return next(found, None)

    def switch(self, act: Switch) -> Iterator[Progress]:
        """Let another copy answer. If its server does not come up, the old one answers again."""
        before = self._pointer()
        target = find(self._folder, act.pointer.copy)
        if target is None:
            raise failed(self._graph, "ST103", f"its copy {act.pointer.copy} is gone")
        unit = self.unit()
        self._ready_to_listen(act.pointer, unit)
        self._floor.epoch()
        if unit:
            self._floor.substrate.stop(unit, _GRACE_S)
        try:
            self._unwritten(before, act.pointer, target)
            self._place(act.pointer, target)
            pointer = self._with_port(act.pointer)
            self._ready_to_listen(pointer, None)  # a port that was stolen refuses no wish
            self._write(pointer)
        except StepFailed as error:
            raise self._undone(error, before, unit) from None
        except OSError as error:
            raise self._undone(failed(self._graph, "OS100", str(error)), before, unit) from error
        if pointer.mode == "served":
            yield Progress("starting its server")
            self._start_or_back(act, pointer, before, unit)
        self._engine.link(pointer.name, self._graph.uid)

    def mark(self, pointer: Pointer) -> None:
        """Write the pointer; the same copy answers, by the same process."""
        self._write(pointer)
        self._engine.unlink(self._graph.uid)
        self._engine.link(pointer.name, self._graph.uid)

    def start(self, act: StartUnit) -> Iterator[Progress]:
        """Start the server anew; one that runs otherwise than wished is stopped first."""
        unit = self.unit()
        self._ready_to_listen(act.pointer, unit)
        if unit:
            yield Progress("stopping the server that runs")
            self._floor.substrate.stop(unit, _GRACE_S)
        pointer = self._with_port(act.pointer)
        self._write(pointer)
        yield Progress("starting its server")
        try:
            self._serve(pointer)
        except UnitFailed as error:
            raise self._not_up(error) from error

    def remove_copy(self, act: RemoveCopy) -> None:
        """Remove a copy that answers nobody."""
        pointer = self._pointer()
        for path, verified in list(self._folder.folders()):
            copy = copy_at(path) if verified else None
            if act.copy not in (copy, path.name) or (pointer and pointer.copy == copy):
                continue
            if path == self._folder.current:
                continue  # what users open is never a leftover
            self._floor.epoch()
            folders.remove(path, self._trash)

    def remove(self, act: RemoveGraph) -> None:
        """Stop the graph and remove it whole."""
        if unit := self.unit():
            self._floor.substrate.stop(unit, _GRACE_S)
        if act.mode == "embedded" and self._folder.current.exists():
            with self._closed(self._folder.current):
                pass
        self._floor.epoch()
        self._engine.unlink(self._graph.uid)
        folders.remove(self._folder.path, self._trash)

    def _pointer(self) -> Pointer | None:
        try:
            return read_pointer(self._folder.pointer)
        except Unreadable:
            return None

    def _write(self, pointer: Pointer) -> None:
        write_pointer(self._folder.pointer, pointer, self._floor.epoch())

    def _unwritten(self, before: Pointer | None, after: Pointer, target: Path) -> None:
        """Refuse to leave a copy that was written to after the new one was cloned from it."""
        record = record_at(target)
        old = find(self._folder, before.copy) if before and before.copy != after.copy else None
        if record is None or old is None or not before or record.base != before.copy:
            return
        if store.has_log(old) or store.state(old) != record.base_state:
            if before.previous != after.copy:
                folders.remove(target, self._trash)  # else the next plan would go on with it
            says = ("rows were written to the copy that serves while the new one was made: nothing "
                    "was switched, nothing is lost")  # fmt: skip
            raise failed(self._graph, "WR101", says, "apply again, when nobody writes")

    def _place(self, pointer: Pointer, target: Path) -> None:
        """Bring the copy to where its mode wants it, and the one before to where it is kept."""
        current = self._folder.current
        if pointer.mode == "served":
            if current.exists():
                with self._closed(current):
                    self._settle(current)
            return
        if target == current:
            self._settle_strays()
            return
        if not current.exists():
            target.rename(current)
            return
        with self._closed(current):
            folders.exchange(current, target)
        self._settle_strays()

    def _settle(self, path: Path) -> None:
        """Give a copy the folder of its own name."""
        copy = copy_at(path)
        if copy and path != self._folder.sealed(copy):
            self._folder.sealed(copy).parent.mkdir(exist_ok=True)
            path.rename(self._folder.sealed(copy))

    def _settle_strays(self) -> None:
        """After an exchange the old copy lies under the new one's name."""
        for path, verified in list(self._folder.folders()):
            if verified and path != self._folder.current:
                self._settle(path)

    @contextmanager
    def _closed(self, database: Path) -> Iterator[None]:
        """Hold a database's own lock, so that nobody opens it while its folder is moved."""
        lock = os.open(database / store.LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            # As the engine does: a lock of the other sort (flock) does not see those of this one.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            held = store.holder(database, store.locks())
            who = f"process {held.pid}" if held else "another process"
            raise failed(self._graph, "ST104", f"its database is held open by {who}",
                               "close it there, and apply again") from None  # fmt: skip
        else:
            yield
        finally:
            os.close(lock)

    def _start_or_back(
        self, act: Switch, pointer: Pointer, before: Pointer | None, unit: Unit | None
    ) -> None:
        try:
            self._serve(pointer)
        except (UnitFailed, Unanswered) as error:
            # Tried again and again it would stop the server each time: the wish is held.
            back = replace(before, held=act.refused) if before else None
            raise self._undone(self._not_up(error), back, unit) from error

    def _undone(self, failure: StepFailed, before: Pointer | None, unit: Unit | None) -> StepFailed:
        """`failure`, once the copy answers again that did before, and what hinders that."""
        try:
            self._back(before, unit)
        except StepFailed as second:
            return StepFailed(*failure.problems, *second.problems)
        return failure

    def _back(self, before: Pointer | None, unit: Unit | None) -> None:
        """Let the copy answer that did before. Raises StepFailed when its server does not."""
        if before is None:
            self._folder.pointer.unlink(missing_ok=True)
            return
        self._write(before)
        if unit:
            try:
                self._serve(before)
            except (UnitFailed, Unanswered) as error:
                raise failed(self._graph,
                    "VF102", f"the copy before it does not answer again either: {error}",
                    "its rows are whole; the next apply starts its server",
                ) from error  # fmt: skip

    def _ready_to_listen(self, pointer: Pointer, unit: Unit | None) -> None:
        """Judge a port that is not ours yet before anything is stopped for it."""
        if pointer.mode != "served" or not pointer.port or (unit and unit.port == pointer.port):
            return
        try:
            self._listenable(pointer)
        except UnitFailed as error:
            raise self._not_up(error) from error

    def _listenable(self, pointer: Pointer) -> None:
        """Raises UnitFailed, with who has the port: a stranger there may answer as ours would."""
        self._floor.substrate.free_port(pointer.name, pointer.port, frozenset())

    def _with_port(self, pointer: Pointer) -> Pointer:
        if pointer.mode != "served" or pointer.port:
            return pointer
        name = f"{self._graph.engine.key.name}/{pointer.name}"
        return replace(pointer, port=self._floor.substrate.free_port(name, None, frozenset()))

    def _serve(self, pointer: Pointer) -> None:
        path = find(self._folder, pointer.copy)
        assert path, "a copy that was found before the switch is there after it"
        self._listenable(pointer)
        version = self._version(path)
        python = self._floor.runtime(f"neug=={version}")
        threads = str(_threads(self._graph.engine))
        mark = self._mark(pointer, version)
        command = (str(python), str(HOST), "serve", str(path), str(pointer.port), threads)
        spec = UnitSpec(f"{self._graph.engine.key.name}-{pointer.name}", mark, command,
                        {"GLOG_minloglevel": "3"})  # fmt: skip
        self._floor.substrate.start(spec, lambda: answers(pointer.port or 0), _START_S)

    def _version(self, path: Path) -> str:
        """A copy is served by the engine that wrote it."""
        record = record_at(path)
        return record.version if record else self._graph.engine.version

    def _mark(self, pointer: Pointer, version: str) -> UnitMark:
        key = self._graph.key
        return UnitMark(
            self._graph.owner, self._floor.root_id, str(self._floor.root_path), key.tenant,
            key.kind, key.name, self._graph.uid, pointer.copy,
            unit_digest(self._graph.engine, version), pointer.port,
        )  # fmt: skip

    def _not_up(self, error: UnitFailed | Unanswered) -> StepFailed:
        says = f"its server did not come up: {error}"
        last = "; ".join(error.log[-3:]) if isinstance(error, UnitFailed) else ""
        return failed(self._graph, "VF101", says, f"its last words: {last}" if last else "")


def _threads(engine: EngineWish) -> int:
    """Threads of a server: by its options, else one for each core it may use; 0: all."""
    cpu = engine.resources.get("cpu")
    return int(engine.options.get("threads") or (-(-parse_cpu(cpu) // 1000) if cpu else 0))
