"""Reading graphs: through their servers where these run, else with a host that opens them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.contracts import Endpoint, StepFailed, Table, Unanswered
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder
from reconciler.embedded import cypher
from reconciler.embedded.client import Host, Refused
from reconciler.embedded.lookup import Lookup, rows
from reconciler.model.catalog import Catalog, Pair
from reconciler.model.observed import LiveCopy, LiveGraph
from reconciler.model.problem import Problem
from reconciler.model.types import is_type


class Readers:
    """Answers what is asked of graphs, and of catalogs that no graph has yet."""

    def __init__(self, lookup: Lookup, beside: Callable[[], bool]) -> None:
        """`beside` tells whether somebody else writes at this moment."""
        self._lookup = lookup
        self._beside = beside
        self._dialect = lookup.dialect
        self._pool = lookup.pool

    def count(self, graph: LiveGraph) -> LiveGraph:
        """Count the copy that serves, and those kept."""
        found = {
            id_: self._counted(graph, copy) if copy.verified else copy
            for id_, copy in graph.copies.items()
        }
        return replace(graph, copies=found)

    def _counted(self, graph: LiveGraph, copy: LiveCopy) -> LiveCopy:
        try:
            with self._reader(graph, copy=copy, at=self._server(graph, copy)) as host:
                counted, values = rows(host, copy.catalog), dict(self._by_hand(host, copy))
        except Refused as error:
            raise Unanswered(f"{graph.key}: its rows cannot be counted: {error}") from error
        size = folders.size_of(self._path(graph, copy))
        return replace(copy, rows=counted, values=values, size_bytes=size)

    def query(  # noqa: PLR0913  what is asked, and within which bounds
        self, graph: LiveGraph, text: str, parameters: Mapping[str, Any], *, write: bool,
        limit: int, within_s: float = 3600.0,
    ) -> Table:  # fmt: skip
        """Ask a graph where its clients do: at its port; one that is not served is opened."""
        mode = graph.pointer.mode if graph.pointer else ""
        if write and mode in self._dialect.traits.reads_only:
            says = f"{graph.key}: its server only reads"
            hint = "rows come from Loads; with `mode: embedded` the database can be opened to write"
            raise StepFailed(Problem("error", says, "QR101", hint=hint, address=str(graph.key)))
        with self._reader(graph, write=write, at=self._published(graph)) as host:
            try:
                return host.rows(text, parameters, write=write, limit=limit, within_s=within_s)
            except Refused as error:
                says = f"{graph.key}: {error}"
                raise StepFailed(Problem("error", says, "QR101", address=str(graph.key))) from error
            except Unanswered as error:
                if not write:
                    raise
                host.kill()
                says = f"{graph.key}: the write lost its answer; it may have been done ({error})"
                hint = "look whether it was before it is tried again"
                raise StepFailed(
                    Problem("error", says, "QR102", hint=hint, address=str(graph.key))
                ) from error

    def export(self, graph: LiveGraph, folder: Path) -> Iterator[Path]:
        """Write one CSV file a type, and for edges one a pair."""
        copy = next(iter(graph.copies.values()), None) if graph.bare else graph.serving
        assert copy, "only a graph that has rows is exported"
        catalog = copy.catalog
        with self._reader(graph, copy=copy, at=self._server(graph, copy)) as host:
            for name, vertex in sorted(catalog.vertices.items()):
                columns = dict(cypher.in_order(name, catalog))
                yield _export(host, folder / f"{name}.csv", columns,
                              host.questions.vertices(name, columns, vertex.key))  # fmt: skip
            for name, edge in sorted(catalog.edges.items()):
                for a, b in edge.pairs:
                    ends = (catalog.vertices[a].key, catalog.vertices[b].key)
                    several = f"{name}.{a}.{b}" if len(edge.pairs) > 1 else name
                    columns = {"from": "", "to": "", **edge.properties}
                    query = host.questions.edges(name, (a, b), ends, list(edge.properties))
                    yield _export(host, folder / f"{several}.csv", columns, query)

    def faults(self, catalog: Catalog, queries: Mapping[str, str]) -> Mapping[str, str]:
        """Bind the queries on an empty database in a temporary folder."""
        widths = {f"{t}.{p}": 256 for t, _ in catalog.types() for p in catalog.properties(t)}
        spelled = self._dialect.speech.spelled
        create = self._dialect.types.create
        statements = [create(t, catalog, widths, spelled) for t, _ in catalog.types()]
        names = sorted(queries)
        with self._pool.lent(self._newest) as host:
            try:
                told = host.ask("prepare", statements=statements, within_s=120,
                                queries=[queries[name] for name in names])  # fmt: skip
            except Refused as error:  # of a type: then there is nothing to bind queries on
                raise Unanswered(
                    f"{self._dialect.traits.type} refuses the types: {error}"
                ) from error
        reason = self._dialect.program.reason
        return {n: reason(says) for n, says in zip(names, told, strict=True) if says}

    def endpoint(self, graph: LiveGraph) -> Endpoint | None:
        """The server's address, or the folder to open."""
        if graph.pointer is None:
            return None
        folder = EngineFolder(Path(graph.place.location)).path / graph.key.name / "current"
        if graph.unit and graph.address:
            return self._dialect.program.endpoint(folder, f"http://{graph.address}")
        return (
            None if graph.pointer.mode == "served" else self._dialect.program.endpoint(folder, None)
        )

    @contextmanager
    def _reader(
        self,
        graph: LiveGraph,
        *,
        at: str | None,
        write: bool = False,
        copy: LiveCopy | None = None,
    ) -> Iterator[Host]:
        """A host with a copy of a graph before it: through the server at `at`, or opened."""
        copy = copy or graph.serving
        assert copy, "a graph without a copy has no rows"
        version = copy.record.version if copy.record else self._newest
        with self._pool.lent(version) as host:
            if at:
                host.ask("connect", url=f"http://{at}", within_s=30)
            else:
                path = self._path(graph, copy)
                host.ask("open", path=str(path), mode="rw" if write else "r", within_s=120)
            yield host

    def _published(self, graph: LiveGraph) -> str | None:
        """Where clients reach a graph; None where its copy is opened.

        Beside a writer the server may be between its end and its beginning. Whoever opened the
        copy then would keep it from beginning: the port is asked, whether anybody answers or not.
        """
        pointer, copy = graph.pointer, graph.serving
        if pointer is None or copy is None or self._dialect.files.SHARED:
            return None
        if pointer.mode == "served" and pointer.port and self._beside():
            return f"127.0.0.1:{pointer.port}"
        return graph.address if self._server(graph, copy) else None

    def _server(self, graph: LiveGraph, copy: LiveCopy) -> str | None:
        """The address of the server to ask; None where the copy is opened."""
        if graph.bare:
            return graph.served_at or None
        servers = (unit for unit in (graph.unit, *graph.strays) if unit and unit.copy == copy.id)
        found = next(servers, None)
        return found.address if found and not self._dialect.files.SHARED else None

    def _path(self, graph: LiveGraph, copy: LiveCopy) -> Path:
        """Where a copy lies: by its own record, for a crash may have left it in another's place."""
        place = EngineFolder(Path(graph.place.location))
        if graph.bare:
            return place.path / graph.uid
        folder = place.graph(graph.uid)
        return self._lookup.find(folder, copy.id) or folder.current.resolve()

    @property
    def _newest(self) -> str:
        return self._dialect.traits.versions[0]

    def _by_hand(self, host: Host, copy: LiveCopy) -> Iterator[tuple[str, int]]:
        """For each property that no load feeds, the rows with a value of their own."""
        speech = self._dialect.speech
        fills = copy.record.fills if copy.record else {}
        for type_, element in copy.catalog.types():
            fed = {p for fill in fills.get(type_, ()) for s in fill.sources for p in s.columns}
            pairs: list[Pair | None] = [None]
            if element == "edge":
                pairs = list(copy.catalog.edges[type_].pairs)
            key = copy.catalog.vertices[type_].key if element == "vertex" else ""
            for name, kind in copy.catalog.properties(type_).items():
                if name in fed or name == key or not is_type(kind):
                    continue  # of a type that only the engine has, all rows count
                asked = [speech.by_hand(type_, pair, name, kind) for pair in pairs]
                if all(asked):
                    yield f"{type_}.{name}", sum(host.number(query) for query in asked if query)


def _export(host: Host, path: Path, columns: Mapping[str, str], query: str) -> Path:
    """Write the answer to a query; `columns` maps the names of its columns to their types."""
    table, kinds = host.rows(query), tuple(columns.values())
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(map(_text, row, kinds) for row in table.rows)
    return path


def _text(value: Any, kind: str) -> Any:
    """A value as a load takes it: each has one form, and an engine's own may be another."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(str(_text(item, kind.removesuffix('[]'))) for item in value)}]"
    if kind == "timestamp" and isinstance(value, str):
        whole, _, fraction = value.partition(".")  # microseconds, of which three digits are kept
        return f"{whole}.{fraction[:3]}" if fraction.rstrip("0") else whole
    return value
