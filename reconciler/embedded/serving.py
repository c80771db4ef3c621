"""Which copy answers under a graph's name: the switch, and the servers before and after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import Floor, Origin, Progress, StepFailed, Unanswered, UnitFailed
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.copies.marks import Unreadable, read_pointer, write_pointer
from reconciler.embedded.failures import failed
from reconciler.embedded.lookup import Lookup
from reconciler.embedded.moving import Moving
from reconciler.embedded.servers import Servers, Units, is_relayed
from reconciler.embedded.settling import Settling
from reconciler.model.observed import Pointer
from reconciler.model.step import AdoptGraph, GraphAt, RemoveCopy, RemoveGraph, StartUnit, Switch
from reconciler.model.unit import Unit
from reconciler.relay.hold import Lost, hold

_DRAIN_S = 5.0  # for requests under way when the server behind a relay changes


class _Written(Exception):
    pass


class Serving:
    """The acts on one graph's pointer and server."""

    def __init__(self, lookup: Lookup, floor: Floor, graph: GraphAt) -> None:
        self._lookup = lookup
        self._dialect = lookup.dialect
        self._floor = floor
        self._graph = graph
        self._engine = EngineFolder(Path(graph.engine.place.location))
        self._folder: GraphFolder = self._engine.graph(graph.uid)
        self._trash = self._engine.path / ".trash"
        self._moving = Moving(lookup, graph)
        self._servers = Servers(lookup, floor, graph, self._folder)

    def unit(self) -> Unit | None:
        """The graph's server, as it is now."""
        return self._servers.units(self.pointer()).server

    def switch(self, act: Switch) -> Iterator[Progress]:
        """Let another copy answer. If its server does not come up, the old one answers again."""
        source = self._origin(act.origin) if act.origin else self
        before = source.pointer()
        target = self._lookup.find(self._folder, act.pointer.copy)
        if target is None:
            raise failed(self._graph, "ST103", f"its copy {act.pointer.copy} is gone")
        if before and source is self and is_relayed(before, act.pointer):
            yield from self._switch_beside(act, before, target)
        else:
            yield from self._switch_after(act, source, before, target)
        self._engine.link(act.pointer.name, self._graph.uid)

    def _origin(self, at: GraphAt) -> Origin:
        if at.engine.type == self._graph.engine.type:
            return Serving(self._lookup, self._floor, at)
        return self._floor.origin(at)

    def _switch_after(
        self, act: Switch, source: Origin, before: Pointer | None, target: Path
    ) -> Iterator[Progress]:
        """The old server ends, and then the new one begins: on the same port.

        Of a graph that moves, `source` is where it answers until then.
        """
        units = self._servers.units(before)
        ran = units.server is not None
        self._ready_to_listen(act.pointer, units)
        self._floor.epoch()
        self._servers.stop(units.all)
        try:
            if before and self._is_behind(source, before, act.pointer, target):
                raise self._refused_as_written(before, act.pointer, target)
            with nullcontext() if source is self else source.left():
                self._moving.bring(act.pointer, target, before.copy if before else None)
                pointer = self._servers.placed(act.pointer, Units())
                self._ready_to_listen(pointer, Units())  # a port that was stolen refuses no wish
                self._write(pointer)
        except StepFailed as error:
            raise source.undone(error, before, serve=ran) from None
        except UnitFailed as error:
            raise source.undone(self._not_up(error), before, serve=ran) from error
        except OSError as error:
            failure = failed(self._graph, "OS100", str(error))
            raise source.undone(failure, before, serve=ran) from error
        if pointer.mode == "served":
            yield Progress("starting its server")
            self._start_or_back(act, pointer, source, before, ran=ran)

    def settle(self, copy: str) -> str:
        """Bring all that was written to the copy that answers to the disk; its state then."""
        path = Settling(self._lookup, self._floor, self._graph).settled(copy, self.unit())
        return self._dialect.files.state(path) or ""

    @contextmanager
    def left(self) -> Iterator[None]:
        """Nobody may have the database open that a move leaves: he would write into it."""
        current = self._folder.current
        with self._moving.closed(current) if current.exists() else nullcontext():
            yield

    def _switch_beside(self, act: Switch, before: Pointer, target: Path) -> Iterator[Progress]:
        """The new server begins beside the old one, and the relay turns to it between requests."""
        units = self._servers.units(before)
        self._ready_to_listen(act.pointer, units)
        yield Progress("starting its server beside the one that answers")
        try:
            pointer = self._servers.placed(act.pointer, units)
            self._servers.begin(pointer)
        except (UnitFailed, Unanswered) as error:
            self._write(replace(before, held=act.refused))
            raise self._not_up(error) from error
        yield Progress("turning the relay to it")
        try:
            self._turn(before, pointer, target, units)
        except (_Written, StepFailed, Lost, OSError) as error:
            raise self._turned_back(error, before, pointer, target) from error
        self._serve_or_say(pointer)  # a relay that had died, too
        yield Progress("stopping the server before it")
        self._servers.stop(self._servers.unfit(pointer, self._servers.units(pointer)))

    def _turn(self, before: Pointer, pointer: Pointer, target: Path, units: Units) -> None:
        """Write the pointer while no request is under way. What waits goes to the new server."""
        with hold(self._folder.path) as held:
            if not held.drained(_DRAIN_S) and units.server:
                # Whoever asked for more than that loses his answer: a write among it may not be
                # done in a copy that is left.
                self._servers.stop([units.server])
            if self._is_behind(self, before, pointer, target):
                raise _Written
            self._floor.epoch()
            held.confirm()
            self._write(pointer)

    def _turned_back(
        self, error: Exception, before: Pointer, pointer: Pointer, target: Path
    ) -> StepFailed:
        """Leave all as it was; what to say of `error`."""
        self._servers.stop(self._servers.unfit(before, self._servers.units(before)))
        match error:
            case _Written():
                failure = self._refused_as_written(before, pointer, target)
            case StepFailed():
                failure = error
            case _:
                failure = failed(self._graph, "OS100", str(error))
        return self.undone(failure, before, serve=False)

    def adopt(self, act: AdoptGraph) -> None:
        """Make a database that lies beside our graphs the copy that the pointer names."""
        self._moving.adopt(act, self._write)

    def mark(self, pointer: Pointer) -> None:
        """Write the pointer; the same copy answers, by the same process."""
        self._write(pointer)
        self._engine.unlink(self._graph.uid)
        self._engine.link(pointer.name, self._graph.uid)

    def start(self, act: StartUnit) -> Iterator[Progress]:
        """Start what does not run, server or relay; what runs otherwise than wished is stopped."""
        units = self._servers.units(self.pointer())
        self._ready_to_listen(act.pointer, units)
        try:
            pointer = self._servers.placed(act.pointer, units)
        except UnitFailed as error:
            raise self._not_up(error) from error
        ending = self._servers.unfit(pointer, units)
        if act.anew and units.server and units.server not in ending:
            ending = (*ending, units.server)
        if ending:
            yield Progress("stopping the server that runs")
        self._floor.epoch()
        try:
            with hold(self._folder.path) as held:
                held.drained(_DRAIN_S)
                self._servers.stop(ending)
                self._write(pointer)
        except Lost:  # the relay itself was among what is stopped
            self._servers.stop(ending)
            self._write(pointer)
        yield Progress("starting its server")
        self._serve_or_say(pointer)

    def remove_copy(self, act: RemoveCopy) -> None:
        """Remove a copy that answers nobody."""
        pointer = self.pointer()
        for path, verified in list(self._folder.folders()):
            copy = (self._lookup.copy_at(path) or path.name) if verified else None
            if act.copy not in (copy, path.name) or (pointer and pointer.copy == copy):
                continue
            if path == self._folder.current:
                continue  # what users open is never a leftover
            self._floor.epoch()
            folders.remove(path, self._trash)

    def remove(self, act: RemoveGraph) -> None:
        """Stop the graph and remove it whole; one that answers from elsewhere goes on doing so."""
        units = self._servers.units(self.pointer()).all
        if not any(u.mark.role == "server" and self._is_elsewhere(u) for u in units):
            self._servers.stop(units)
        if act.mode == "embedded":
            with self.left():
                pass
        self._floor.epoch()
        self._engine.unlink(self._graph.uid)
        folders.remove(self._folder.path, self._trash)

    def _is_elsewhere(self, unit: Unit) -> bool:
        return unit.state == "up" and self._lookup.find(self._folder, unit.copy) is None

    def pointer(self) -> Pointer | None:
        """The pointer; None where there is none that can be read."""
        try:
            return read_pointer(self._folder.pointer)
        except Unreadable:
            return None

    def _write(self, pointer: Pointer) -> None:
        write_pointer(self._folder.pointer, pointer, self._floor.epoch())

    def _is_behind(self, source: Origin, before: Pointer, after: Pointer, target: Path) -> bool:
        """Whether the copy that answers was written to after `target` was begun beside it."""
        record = self._lookup.record_at(target)
        if before.copy == after.copy or record is None or record.base != before.copy:
            return False
        return source.was_written(before.copy, record.base_state)

    def was_written(self, copy: str, state: str) -> bool:
        """Whether a copy was written to since it was in that state."""
        path, files = self._lookup.find(self._folder, copy), self._dialect.files
        return path is not None and (files.has_log(path) or files.state(path) != state)

    def _refused_as_written(self, before: Pointer, after: Pointer, target: Path) -> StepFailed:
        if before.previous != after.copy:
            folders.remove(target, self._trash)  # else the next plan would go on with it
        says = ("rows were written to the copy that serves while the new one was made: nothing "
                "was switched, nothing is lost")  # fmt: skip
        return failed(self._graph, "WR101", says, "apply again, when nobody writes")

    def _start_or_back(
        self, act: Switch, pointer: Pointer, source: Origin, before: Pointer | None, *, ran: bool
    ) -> None:
        try:
            self._servers.serve(pointer)
        except (UnitFailed, Unanswered) as error:
            # Tried again and again it would stop the server each time: the wish is held.
            back = replace(before, held=act.refused) if before else None
            self._servers.stop(self._servers.units(pointer).all)
            if source is not self:
                self._folder.pointer.unlink(missing_ok=True)  # the graph is where it was
            raise source.undone(self._not_up(error), back, serve=ran) from error

    def _serve_or_say(self, pointer: Pointer) -> None:
        try:
            self._servers.serve(pointer)
        except UnitFailed as error:
            raise self._not_up(error) from error

    def undone(self, failure: StepFailed, before: Pointer | None, *, serve: bool) -> StepFailed:
        """`failure`, once the copy answers again that did before, and what hinders that."""
        try:
            self._back(before, serve=serve)
        except StepFailed as second:
            return StepFailed(*failure.problems, *second.problems)
        return failure

    def _back(self, before: Pointer | None, *, serve: bool) -> None:
        """Let the copy answer that did before. Raises StepFailed when its server does not."""
        if before is None:
            self._folder.pointer.unlink(missing_ok=True)
            return
        self._write(before)
        if (serve or is_relayed(before, before)) and self._lookup.find(self._folder, before.copy):
            try:
                self._servers.serve(before)
            except (UnitFailed, Unanswered) as error:
                raise failed(self._graph,
                    "VF102", f"the copy before it does not answer again either: {error}",
                    "its rows are whole; the next apply starts its server",
                ) from error  # fmt: skip

    def _ready_to_listen(self, pointer: Pointer, units: Units) -> None:
        """Judge a port that is not ours yet before anything is stopped for it."""
        try:
            self._servers.claim_ports(pointer, units)
        except UnitFailed as error:
            raise self._not_up(error) from error

    def _not_up(self, error: UnitFailed | Unanswered) -> StepFailed:
        says = f"its server did not come up: {error}"
        last = "; ".join(error.log[-3:]) if isinstance(error, UnitFailed) else ""
        return failed(self._graph, "VF101", says, f"its last words: {last}" if last else "")
