"""NeuG: a database a graph, in a folder; embedded, or each behind a server of its own."""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
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
from reconciler.copies.layout import EngineFolder
from reconciler.copies.marks import EngineMark, write_engine
from reconciler.engines.neug import ddl, store
from reconciler.engines.neug.client import Host, Refused, core_of
from reconciler.engines.neug.codec import encode
from reconciler.engines.neug.failures import unanswered
from reconciler.engines.neug.fill import fill
from reconciler.engines.neug.pool import Pool
from reconciler.engines.neug.serving import Serving
from reconciler.engines.neug.session import Session
from reconciler.engines.neug.sight import Look, see
from reconciler.engines.neug.traits import TRAITS
from reconciler.model.catalog import Catalog
from reconciler.model.key import Key
from reconciler.model.observed import LiveCopy, LiveGraph
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
        self._sessions: dict[Key, Session] = {}
        self._lock = threading.Lock()

    def observe(self, key: Key, place: Place, units: Sequence[Unit]) -> Sight:
        """What lies at `place`, from files and servers."""
        by_uid = {unit.mark.uid: unit for unit in units}
        return see(Look(key, place, self._floor.owner, by_uid, store.locks(), self._replay,
                        beside=_beside_a_writer(self._floor.lease)))  # fmt: skip

    def count(self, graph: LiveGraph) -> LiveGraph:
        """Count the copy that serves, and those kept."""
        found = {
            id_: replace(
                copy,
                rows=self._rows(graph, copy),
                size_bytes=folders.size_of(self._path(graph, copy)),
            )
            if copy.verified
            else copy
            for id_, copy in graph.copies.items()
        }
        return replace(graph, copies=found)

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
        widths = {f"{t}.{p}": 256 for t, _ in catalog.types() for p in catalog.properties(t)}
        statements = [ddl.create(type_, catalog, widths) for type_, _ in catalog.types()]
        names = sorted(queries)
        version = TRAITS.versions[0]
        with self._host(version) as host:
            try:
                told = host.ask("prepare", statements=statements, within_s=120,
                                queries=[queries[name] for name in names])  # fmt: skip
            except Refused as error:  # of a type: then there is nothing to bind queries on
                raise Unanswered(f"neug refuses the types: {error}") from error
        return {n: core_of(says) for n, says in zip(names, told, strict=True) if says}

    def query(
        self, graph: LiveGraph, text: str, parameters: Mapping[str, Any], *, write: bool, limit: int
    ) -> Table:
        """Ask a graph through its server, or open it."""
        with self._reader(graph, write=write) as host:
            try:
                return host.rows(text, parameters, write=write, limit=limit)
            except Refused as error:
                says = f"{graph.key}: {error}"
                raise StepFailed(Problem("error", says, "QR101", address=str(graph.key))) from error

    def export(self, graph: LiveGraph, folder: Path) -> Iterator[Path]:
        """Write one CSV file a type, and for edges one a pair."""
        assert graph.serving, "only a graph that answers is exported"
        catalog = graph.serving.catalog
        with self._reader(graph, write=False) as host:
            for name, vertex in sorted(catalog.vertices.items()):
                columns = [p for p, _ in ddl.in_order(name, catalog)]
                yield _export(host, folder / f"{name}.csv", columns,
                              ddl.vertices(name, columns, vertex.key))  # fmt: skip
            for name, edge in sorted(catalog.edges.items()):
                for a, b in edge.pairs:
                    ends = (catalog.vertices[a].key, catalog.vertices[b].key)
                    several = f"{name}.{a}.{b}" if len(edge.pairs) > 1 else name
                    columns = ["from", "to", *edge.properties]
                    yield _export(host, folder / f"{several}.csv", columns,
                                  ddl.edges(name, (a, b), ends, list(edge.properties)))  # fmt: skip

    def endpoint(self, graph: LiveGraph) -> Endpoint | None:
        """The server's address, or the folder to open."""
        if graph.pointer is None:
            return None
        if graph.unit and graph.unit.address:
            url = f"http://{graph.unit.address}"
            return Endpoint(
                url,
                f'from neug import Session\nsession = Session("{url}")\n'
                'rows = list(session.execute("MATCH (n) RETURN count(n) AS n"))',
            )
        if graph.pointer.mode == "served":
            return None
        path = EngineFolder(Path(graph.place.location)).path / graph.key.name / "current"
        return Endpoint(
            str(path),
            f'from neug import Database\ndb = Database("{path}", "r")\n'
            'rows = list(db.connect().execute("MATCH (n) RETURN count(n) AS n"))',
        )

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

    def _rows(self, graph: LiveGraph, copy: LiveCopy) -> Mapping[str, int] | None:
        try:
            with self._reader(graph, write=False, copy=copy) as host:
                found = {n: host.number(ddl.count(n, None)) for n in copy.catalog.vertices}
                for name, edge in copy.catalog.edges.items():
                    found[name] = sum(host.number(ddl.count(name, pair)) for pair in edge.pairs)
                return found
        except Refused as error:
            raise Unanswered(f"{graph.key}: its rows cannot be counted: {error}") from error

    @contextmanager
    def _reader(
        self, graph: LiveGraph, *, write: bool, copy: LiveCopy | None = None
    ) -> Iterator[Host]:
        """A host that has a graph's copy before it: through its server, or opened."""
        copy = copy or graph.serving
        assert copy, "a graph without a copy has no rows"
        version = copy.record.version if copy.record else TRAITS.versions[0]
        with self._host(version) as host:
            if graph.unit and graph.unit.address and graph.unit.copy == copy.id:
                host.ask("connect", url=f"http://{graph.unit.address}", within_s=30)
            else:
                path = self._path(graph, copy)
                host.ask("open", path=str(path), mode="rw" if write else "r", within_s=120)
            yield host

    def _path(self, graph: LiveGraph, copy: LiveCopy) -> Path:
        folder = EngineFolder(Path(graph.place.location)).graph(graph.uid)
        current = folder.current
        if graph.pointer and graph.pointer.mode == "embedded" and graph.pointer.copy == copy.id:
            return current.resolve()
        sealed = folder.sealed(copy.id)
        return sealed if sealed.exists() else current

    @contextmanager
    def _host(self, version: str) -> Iterator[Host]:
        host = self._pool.host(version)
        try:
            yield host
        except Unanswered:
            host.kill()
            raise
        finally:
            self._pool.give_back(version, host)

    def _replay(self, database: Path) -> Mapping[str, Any]:
        """The schema of a database with a log, which only the engine can read back."""
        with self._host(TRAITS.versions[0]) as host:
            try:
                host.ask("open", path=str(database), mode="r", within_s=120)
                return dict(host.ask("schema", within_s=60))
            except Refused as error:
                raise Unanswered(f"{database}: {error}") from error


def _beside_a_writer(file: Path) -> bool:
    """Whether another process writes at this moment."""
    state = lease.read(file)
    return bool(state and state.in_force() and state.holder and state.holder.pid != os.getpid())


def _export(host: Host, path: Path, columns: Sequence[str], query: str) -> Path:
    table = host.rows(query)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(value) for value in row] for row in table.rows)
    return path


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
