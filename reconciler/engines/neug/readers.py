"""Reading graphs: through their servers where these run, else with a host that opens them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.contracts import Endpoint, StepFailed, Table, Unanswered
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder
from reconciler.engines.neug import ddl
from reconciler.engines.neug.client import Host, Refused, core_of
from reconciler.engines.neug.lookup import rows
from reconciler.engines.neug.pool import Pool
from reconciler.engines.neug.traits import TRAITS
from reconciler.model.catalog import Catalog, Pair
from reconciler.model.observed import LiveCopy, LiveGraph
from reconciler.model.problem import Problem


class Readers:
    """Answers what is asked of graphs, and of catalogs that no graph has yet."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def count(self, graph: LiveGraph) -> LiveGraph:
        """Count the copy that serves, and those kept."""
        found = {
            id_: self._counted(graph, copy) if copy.verified else copy
            for id_, copy in graph.copies.items()
        }
        return replace(graph, copies=found)

    def _counted(self, graph: LiveGraph, copy: LiveCopy) -> LiveCopy:
        try:
            with self._reader(graph, write=False, copy=copy) as host:
                counted, values = rows(host, copy.catalog), dict(_by_hand(host, copy))
        except Refused as error:
            raise Unanswered(f"{graph.key}: its rows cannot be counted: {error}") from error
        size = folders.size_of(self._path(graph, copy))
        return replace(copy, rows=counted, values=values, size_bytes=size)

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

    def replay(self, database: Path) -> Mapping[str, Any]:
        """The schema of a database with a log, which only the engine can read back."""
        with self._host(TRAITS.versions[0]) as host:
            try:
                host.ask("open", path=str(database), mode="r", within_s=120)
                return dict(host.ask("schema", within_s=60))
            except Refused as error:
                raise Unanswered(f"{database}: {error}") from error

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


def _by_hand(host: Host, copy: LiveCopy) -> Iterator[tuple[str, int]]:
    """For each property that no load feeds, the rows with a value of their own."""
    fills = copy.record.fills if copy.record else {}
    for type_, element in copy.catalog.types():
        fed = {p for fill in fills.get(type_, ()) for s in fill.sources for p in s.columns}
        pairs: list[Pair | None] = [None]
        if element == "edge":
            pairs = list(copy.catalog.edges[type_].pairs)
        key = copy.catalog.vertices[type_].key if element == "vertex" else ""
        for name, kind in copy.catalog.properties(type_).items():
            if name in fed or name == key:
                continue
            asked = [ddl.by_hand(type_, pair, name, kind) for pair in pairs]
            if all(asked):
                yield f"{type_}.{name}", sum(host.number(query) for query in asked if query)


def endpoint(graph: LiveGraph) -> Endpoint | None:
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


def _export(host: Host, path: Path, columns: Sequence[str], query: str) -> Path:
    table = host.rows(query)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_text(value) for value in row] for row in table.rows)
    return path


def _text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
