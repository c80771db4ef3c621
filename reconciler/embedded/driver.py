"""The driver of an embedded engine: a database a graph, opened in place or behind a server."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler import lease
from reconciler.contracts import (
    Endpoint,
    Floor,
    Origin,
    Progress,
    Sight,
    StepFailed,
    Table,
    Unanswered,
    UnitFailed,
)
from reconciler.copies.engines import make_engine, remove_engine
from reconciler.embedded.carry import carry, export, reads
from reconciler.embedded.clearing import clear
from reconciler.embedded.client import Refused
from reconciler.embedded.dialect import Dialect
from reconciler.embedded.failures import unanswered
from reconciler.embedded.fill import fill
from reconciler.embedded.locks import locks
from reconciler.embedded.look import Look
from reconciler.embedded.lookup import Lookup
from reconciler.embedded.pool import Pool
from reconciler.embedded.readers import Readers
from reconciler.embedded.serving import Serving
from reconciler.embedded.session import Session
from reconciler.embedded.sight import see
from reconciler.model.catalog import Catalog
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph
from reconciler.model.problem import Problem
from reconciler.model.step import (
    Act,
    AdoptGraph,
    Amend,
    BuildCopy,
    CarryType,
    ClearGraph,
    CreateEngine,
    ExportType,
    FillType,
    GraphAt,
    InstallRuntime,
    MarkGraph,
    RemoveCopy,
    RemoveEngine,
    RemoveGraph,
    StartUnit,
    Step,
    Switch,
    VerifyCopy,
)
from reconciler.model.unit import Unit
from reconciler.model.wish import Place


class Embedded:
    """The driver. One for a run of gsctl; sessions are kept by graph until they are left."""

    def __init__(self, dialect: Dialect, floor: Floor) -> None:
        self.traits = dialect.traits
        self._dialect = dialect
        self._floor = floor
        self._pool = Pool(dialect, self._runtime, floor.scratch)
        self._lookup = Lookup(dialect, self._pool)
        self._readers = Readers(self._lookup, lambda: _beside_a_writer(floor.lease))
        self._sessions: dict[Key, Session] = {}
        self._lock = threading.Lock()

    def observe(self, key: Key, place: Place, units: Sequence[Unit]) -> Sight:
        """What lies at `place`, from files and servers."""
        by_uid: dict[str, list[Unit]] = {}
        for unit in units:
            by_uid.setdefault(unit.mark.uid, []).append(unit)
        beside = _beside_a_writer(self._floor.lease)
        return see(Look(self._dialect, key, place, self._floor.owner, by_uid, locks(),
                        self._lookup.replay, beside=beside))  # fmt: skip

    def count(self, graph: LiveGraph) -> LiveGraph:
        """Count the copy that serves, and those kept."""
        return self._readers.count(graph)

    def execute(self, step: Step) -> Iterator[Progress]:
        """Do a step."""
        act = step.act
        try:
            match act:
                case InstallRuntime():
                    yield from self._install(act)
                case CreateEngine():
                    self._floor.epoch()
                    make_engine(act, self._floor.root_path)
                case RemoveEngine():
                    self._floor.epoch()
                    remove_engine(act)
                case ExportType():
                    unit = self._serving(act.graph).unit()
                    yield from export(self._lookup, self._floor, act, unit)
                case BuildCopy() | Amend() | FillType() | CarryType() | VerifyCopy():
                    yield from self._change(step.session, act)
                case _:
                    self.leave(step.session)  # a database must be closed to change hands
                    yield from self._serve(act)
        except Unanswered as error:
            self._drop(step.session)
            raise StepFailed(unanswered(step, error)) from error
        except UnitFailed as error:
            says = f"{step.key}: {error}"
            raise StepFailed(Problem("error", says, "ST103", address=str(step.key))) from error
        except Refused as error:
            says = f"{step.key}: the engine refuses: {error}"
            raise StepFailed(Problem("error", says, "NE100", address=str(step.key))) from error

    def leave(self, session: Key) -> None:
        """Let go of a session's host."""
        with self._lock:
            found = self._sessions.pop(session, None)
        if found:
            found.leave()

    def close(self) -> None:
        """End every host and checker that waits."""
        for key in list(self._sessions):
            self.leave(key)
        self._pool.close()

    def statements(self, act: Act) -> Sequence[str]:
        """What the engine is told for an act."""
        speech = self._dialect.speech
        match act:
            case BuildCopy() | Amend():
                widths = {a: width for a, (_, width) in act.record.strings.items()}
                types = self._dialect.types
                told = types.statements(act.ops, act.catalog, widths, speech.spelled)
                return (*told, "-- our record")
            case FillType():
                return tuple(
                    speech.copy_from(act.load.type, file.path, source.pair, act.options.delimiter,
                                     header=act.options.header)
                    for source in act.load.sources for file in source.files
                )  # fmt: skip
            case ExportType():
                return reads(self._dialect.questions, act.carry)
            case CarryType():
                source = act.carry.ends[0].pair if act.carry.ends else None
                return (speech.copy_from(act.carry.type, act.file, source, ",", header=True),)
            case VerifyCopy():
                return tuple(f"-- test {name}" for name, p in sorted(act.procedures.items())
                             if p.tests)  # fmt: skip
            case _:
                return ()

    def faults(self, catalog: Catalog, queries: Mapping[str, str]) -> Mapping[str, str]:
        """Bind the queries on an empty database in a temporary folder."""
        return self._readers.faults(catalog, queries)

    def query(  # noqa: PLR0913  what is asked, and within which bounds
        self, graph: LiveGraph, text: str, parameters: Mapping[str, Any], *, write: bool,
        limit: int, within_s: float = 3600.0,
    ) -> Table:  # fmt: skip
        """Ask a graph through its server, or open it."""
        return self._readers.query(
            graph, text, parameters, write=write, limit=limit, within_s=within_s
        )

    def export(self, graph: LiveGraph, folder: Path) -> Iterator[Path]:
        """Write one CSV file a type, and for edges one a pair."""
        return self._readers.export(graph, folder)

    def endpoint(self, graph: LiveGraph) -> Endpoint | None:
        """The server's address, or the folder to open."""
        return self._readers.endpoint(graph)

    def origin(self, graph: GraphAt) -> Origin:
        """Where a graph answers that moves to an engine of another type."""
        return self._serving(graph)

    def _install(self, act: InstallRuntime) -> Iterator[Progress]:
        yield Progress(f"{self.traits.type} {act.version}")
        self._runtime(act.version)

    def _change(
        self, key: Key, act: BuildCopy | Amend | FillType | CarryType | VerifyCopy
    ) -> Iterator[Progress]:
        session = self._session(key, act.graph)
        match act:
            case BuildCopy():
                yield from session.build(act, self._serving(act.graph).unit())
            case Amend():
                unit = self._serving(act.graph).unit()
                if unit is None:
                    raise Unanswered("its server is gone")
                yield from session.amend(act, unit)
            case FillType():
                yield from fill(session, act)
            case CarryType():
                yield from carry(session, act)
            case VerifyCopy():
                yield from session.verify(act)

    def _serve(self, act: Act) -> Iterator[Progress]:
        match act:
            case Switch():
                yield from self._serving(act.graph).switch(act)
            case AdoptGraph():
                self._serving(act.graph).adopt(act)
            case MarkGraph():
                self._serving(act.graph).mark(act.pointer)
            case ClearGraph():
                clear(self._lookup, self._floor, act)
            case StartUnit():
                yield from self._serving(act.graph).start(act)
            case RemoveCopy():
                self._serving(act.graph).remove_copy(act)
            case RemoveGraph():
                self._serving(act.graph).remove(act)

    def _runtime(self, version: str) -> Path:
        return self._dialect.python(version, self._floor.runtime)

    def _serving(self, graph: GraphAt) -> Serving:
        return Serving(self._lookup, self._floor, graph)

    def _session(self, key: Key, graph: GraphAt) -> Session:
        with self._lock:
            found = self._sessions.get(key)
        if found is None:
            found = Session(self._lookup, self._floor, graph)
            with self._lock:
                self._sessions[key] = found
        return found

    def _drop(self, session: Key) -> None:
        """A host that does not answer is not waited for."""
        with self._lock:
            found = self._sessions.pop(session, None)
        if found:
            found.host.kill()
            found.leave()


def _beside_a_writer(file: Path) -> bool:
    """Whether another process writes at this moment."""
    state = lease.read(file)
    return bool(state and state.in_force() and state.holder and state.holder.pid != os.getpid())
