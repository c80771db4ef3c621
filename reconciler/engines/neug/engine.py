"""NeuG: a database a graph, in a folder; embedded, or each behind a server of its own."""

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
    Progress,
    Sight,
    StepFailed,
    Table,
    Unanswered,
    UnitFailed,
)
from reconciler.copies import folders
from reconciler.copies.layout import IGNORE, EngineFolder
from reconciler.copies.marks import EngineMark, write_engine
from reconciler.engines.neug import ddl, store
from reconciler.engines.neug.client import Refused
from reconciler.engines.neug.codec import encode
from reconciler.engines.neug.failures import unanswered
from reconciler.engines.neug.fill import fill
from reconciler.engines.neug.pool import Pool
from reconciler.engines.neug.readers import Readers, endpoint
from reconciler.engines.neug.serving import Serving
from reconciler.engines.neug.session import Session
from reconciler.engines.neug.sight import Look, see
from reconciler.engines.neug.traits import TRAITS
from reconciler.model.catalog import Catalog
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph
from reconciler.model.problem import Problem
from reconciler.model.step import (
    Act,
    Amend,
    BuildCopy,
    CreateEngine,
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


class NeuG:
    """The driver. One for a run of gsctl; sessions are kept by graph until they are left."""

    traits = TRAITS

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._pool = Pool(lambda version: floor.runtime(f"neug=={version}"), floor.scratch)
        self._readers = Readers(self._pool)
        self._sessions: dict[Key, Session] = {}
        self._lock = threading.Lock()

    def observe(self, key: Key, place: Place, units: Sequence[Unit]) -> Sight:
        """What lies at `place`, from files and servers."""
        by_uid = {unit.mark.uid: unit for unit in units}
        return see(Look(key, place, self._floor.owner, by_uid, store.locks(), self._readers.replay,
                        beside=_beside_a_writer(self._floor.lease)))  # fmt: skip

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
                    self._create(act)
                case RemoveEngine():
                    self._remove_engine(act)
                case BuildCopy() | Amend() | FillType() | VerifyCopy():
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
        """What NeuG is told for an act."""
        match act:
            case BuildCopy() | Amend():
                widths = {a: width for a, (_, width) in act.record.strings.items()}
                return (
                    *ddl.statements(act.ops, act.catalog, widths),
                    f"-- our record: {len(''.join(encode(act.record)))} characters",
                )
            case FillType():
                return tuple(
                    ddl.copy_from(act.load.type, file.path, source.pair, act.options.delimiter,
                                  header=act.options.header)
                    for source in act.load.sources for file in source.files
                )  # fmt: skip
            case VerifyCopy():
                return tuple(f"-- test {name}" for name, p in sorted(act.procedures.items())
                             if p.tests)  # fmt: skip
            case _:
                return ()

    def faults(self, catalog: Catalog, queries: Mapping[str, str]) -> Mapping[str, str]:
        """Bind the queries on an empty database in a temporary folder."""
        return self._readers.faults(catalog, queries)

    def query(
        self, graph: LiveGraph, text: str, parameters: Mapping[str, Any], *, write: bool, limit: int
    ) -> Table:
        """Ask a graph through its server, or open it."""
        return self._readers.query(graph, text, parameters, write=write, limit=limit)

    def export(self, graph: LiveGraph, folder: Path) -> Iterator[Path]:
        """Write one CSV file a type, and for edges one a pair."""
        return self._readers.export(graph, folder)

    def endpoint(self, graph: LiveGraph) -> Endpoint | None:
        """The server's address, or the folder to open."""
        return endpoint(graph)

    def _install(self, act: InstallRuntime) -> Iterator[Progress]:
        yield Progress(f"neug {act.version}")
        self._floor.runtime(f"neug=={act.version}")

    def _create(self, act: CreateEngine) -> None:
        folder = EngineFolder(Path(act.engine.place.location))
        self._floor.epoch()
        # Of a place of the user's own choice only the last folder is made: its parent may be a
        # disk that is not mounted.
        inside = folder.path.is_relative_to(self._floor.root_path)
        folder.path.mkdir(mode=0o700, parents=inside, exist_ok=True)
        (folder.path / IGNORE).write_text("*\n", encoding="ascii")
        mark = EngineMark(act.owner, act.engine.key, act.engine.plain(), act.engine.protect,
                          dict(act.guard))  # fmt: skip
        write_engine(folder.mark, mark)

    def _remove_engine(self, act: RemoveEngine) -> None:
        folder = EngineFolder(Path(act.place.location))
        self._floor.epoch()
        if kept := next((g for g in folder.graphs() if g.holds_something()), None):
            says = f"{act.place} still holds the graph {kept.uid}: the folder stays"
            raise StepFailed(Problem("error", says, "ST106", address=str(act.key)))
        if strangers := folder.strangers():
            says = f"{act.place} also holds {strangers[0]}, which is not ours: the folder stays"
            raise StepFailed(Problem("error", says, "DS107", address=str(act.key)))
        folders.remove(folder.path)

    def _change(
        self, key: Key, act: BuildCopy | Amend | FillType | VerifyCopy
    ) -> Iterator[Progress]:
        session = self._session(key, act.graph)
        match act:
            case BuildCopy():
                yield from session.build(act, Serving(self._floor, act.graph).unit())
            case Amend():
                unit = Serving(self._floor, act.graph).unit()
                if unit is None:
                    raise Unanswered("its server is gone")
                yield from session.amend(act, unit)
            case FillType():
                yield from fill(session, act)
            case VerifyCopy():
                yield from session.verify(act)

    def _serve(self, act: Act) -> Iterator[Progress]:
        match act:
            case Switch():
                yield from Serving(self._floor, act.graph).switch(act)
            case MarkGraph():
                Serving(self._floor, act.graph).mark(act.pointer)
            case StartUnit():
                yield from Serving(self._floor, act.graph).start(act)
            case RemoveCopy():
                Serving(self._floor, act.graph).remove_copy(act)
            case RemoveGraph():
                Serving(self._floor, act.graph).remove(act)

    def _session(self, key: Key, graph: GraphAt) -> Session:
        with self._lock:
            found = self._sessions.get(key)
        if found is None:
            found = Session(self._floor, self._pool, graph)
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
