"""A Load, resolved against its files: headers read, columns found, bytes digested.

Codes: LD103 a type or pair that the graph does not have, LD104 no column for the key, LD105 no
columns for the ends, or several pairs and none named, LD106 a file that is not there, LD107 a
column that is not in the header, LD108 a name that stands twice in the header, LD109 files of one
source with different headers, LD110 a format that no reader can take, LD111 a header that cannot
be read; warning LD112 a property that no column feeds; note LD113 columns that no property takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from reconciler.loads.columns import SourceColumns, nearest
from reconciler.loads.digest import DigestCache
from reconciler.loads.header import Columns, read_header
from reconciler.loads.locate import Find, locate
from reconciler.model.catalog import Pair
from reconciler.model.key import Key
from reconciler.model.kinds import EdgeSource, EdgeType, GraphSpec, LoadSpec, Range, VertexSource
from reconciler.model.loading import (
    DataFile,
    Expected,
    LoadOptions,
    LoadWish,
    TypeLoad,
    TypeSource,
)
from reconciler.model.problem import Problem, errors
from reconciler.model.resource import Path, Positions


def resolve_load(  # noqa: PLR0913, PLR0917  all that a load is resolved against
    key: Key,
    spec: LoadSpec,
    graph: GraphSpec,
    find: Find,
    positions: Positions,
    cache: DigestCache,
    prefix: Path = ("spec",),
    root: str = "",
) -> tuple[LoadWish | None, tuple[Problem, ...]]:
    """The wish, or None when there is an error among the problems. Reads files that changed.

    `find` gives the real path of a file as the spec names it, or why it may not be read. A file
    below `root` (a real path) is recorded by its path from there, another one as it is named.
    `prefix` is where the load's body stands in its document (`("spec", "load")` inside a Graph).
    The caller saves the cache.
    """
    work = _Resolving(spec, graph, find, positions, prefix)
    work.check_names()
    types = [] if work.problems else [*work.vertex_types(), *work.edge_types()]
    if errors(work.problems):
        return None, tuple(work.problems)
    return LoadWish(
        key,
        key.sibling("Graph", spec.graph),
        spec.mode,
        load_options(spec),
        tuple(_digested(types, cache, root)),
        {name: _expected(rows) for name, rows in spec.expect.items()},
        positions.at(prefix[:-1]),
    ), tuple(work.problems)


def load_options(spec: LoadSpec) -> LoadOptions:
    """How a load's files are read."""
    how = spec.format
    return LoadOptions(
        how.delimiter, how.header, how.quote, how.null_values,
        spec.on_duplicate_key, spec.on_dangling_edge, spec.on_null, spec.limit,
    )  # fmt: skip


def _expected(rows: int | Range) -> Expected:
    return Expected(rows, rows) if isinstance(rows, int) else Expected(rows.min, rows.max)


def _digested(types: Iterable[TypeLoad], cache: DigestCache, root: str) -> list[TypeLoad]:
    """The types with size and sha256 of every file; all unknown files are read together."""
    types = list(types)
    known = cache.digests(f.where for t in types for s in t.sources for f in s.files)

    def source(of: TypeSource) -> TypeSource:
        files = (DataFile(_recorded(f, root), *known[f.where], f.where) for f in of.files)
        return replace(of, files=tuple(files))

    return [replace(t, sources=tuple(map(source, t.sources))) for t in types]


def _recorded(file: DataFile, root: str) -> str:
    """The same name for a file on every machine, whichever document names it."""
    inside = root and file.where.startswith(f"{root.rstrip('/')}/")
    return file.where[len(root.rstrip("/")) + 1 :] if inside else file.path


@dataclass(slots=True)
class _Resolving:
    """Resolves source by source, and gathers what is wrong."""

    spec: LoadSpec
    graph: GraphSpec
    find: Find
    positions: Positions
    prefix: Path
    problems: list[Problem] = field(default_factory=list)

    def check_names(self) -> None:
        """Complain of types that the graph lacks, and of a format that no reader takes."""
        vertices, edges = self.graph.vertices, self.graph.edges
        self._check_types("vertices", self.spec.vertices, vertices)
        self._check_types("edges", self.spec.edges, edges)
        self._check_types("expect", self.spec.expect, [*vertices, *edges])
        how = self.spec.format
        if how.quote == how.delimiter or {how.quote, how.delimiter} & {"\r", "\n", "\0"}:
            said = "`delimiter` and `quote` must differ, and be no line ends"
            self._add(("format",), Problem("error", said, "LD110"))

    def vertex_types(self) -> list[TypeLoad]:
        """Those named under `vertices`, in name order."""
        loads = []
        for name, sources in sorted(self.spec.vertices.items()):
            found = [
                self._vertex_source(self._path("vertices", name, sources, i), name, source)
                for i, source in enumerate(sources)
            ]
            loads.append(TypeLoad(name, "vertex", tuple(s for s in found if s)))
        return loads

    def edge_types(self) -> list[TypeLoad]:
        """Those named under `edges`, in name order."""
        loads = []
        for name, sources in sorted(self.spec.edges.items()):
            found = [
                self._edge_source(self._path("edges", name, sources, i), name, source)
                for i, source in enumerate(sources)
            ]
            loads.append(TypeLoad(name, "edge", tuple(s for s in found if s)))
        return loads

    def _vertex_source(self, path: Path, name: str, source: VertexSource) -> TypeSource | None:
        known = self.graph.vertices[name]
        files, header = self._files(path, source.files)
        if header is None:
            return None
        columns = SourceColumns(header, source.columns, tuple(known.properties), name)
        self._add_all(path, columns.problems(key=known.key))
        return TypeSource(files, header.width, columns.found)

    def _edge_source(self, path: Path, name: str, source: EdgeSource) -> TypeSource | None:
        known = self.graph.edges[name]
        pair = self._pair(path, name, known, source)
        files, header = self._files(path, source.files)
        if header is None:
            return None
        columns = SourceColumns(
            header, source.columns, tuple(known.properties), name,
            (source.from_column, source.to_column),
        )  # fmt: skip
        self._add_all(path, columns.problems())
        return TypeSource(files, header.width, columns.found, pair, columns.ends)

    def _pair(self, path: Path, name: str, known: EdgeType, source: EdgeSource) -> Pair | None:
        pairs = known.ends
        shown = ", ".join(f"{{from: {a}, to: {b}}}" for a, b in pairs)
        if source.pair is None and len(pairs) == 1:
            return pairs[0]
        if source.pair is None:
            said = f"`{name}` has several pairs; say which one these files fill"
            self._add(path, Problem("error", said, "LD105", hint=f"`pair:` one of {shown}"))
            return None
        pair = (source.pair.from_, source.pair.to)
        if pair not in pairs:
            said = f"`{name}` has no pair from {pair[0]} to {pair[1]}"
            self._add((*path, "pair"), Problem("error", said, "LD103", hint=f"it has {shown}"))
        return pair

    def _files(
        self, path: Path, names: Sequence[str]
    ) -> tuple[tuple[DataFile, ...], Columns | None]:
        """The files of a source, and what all their headers say; None after a complaint."""
        before = len(self.problems)
        files: list[DataFile] = []
        first: tuple[str, Columns] | None = None
        for i, name in enumerate(names):
            at = (*path, "files", i)
            found = locate(name, self.find)
            if isinstance(found, Problem):
                self._add(at, found)
                continue
            for file in found:
                files.append(file)
                header = self._header(at, file, first)
                if header and not first:
                    first = (file.path, header)
        return tuple(files), first[1] if first and len(self.problems) == before else None

    def _header(
        self, at: Path, file: DataFile, first: tuple[str, Columns] | None
    ) -> Columns | None:
        header = read_header(file.where, self.spec.format)
        if isinstance(header, str):
            said = f"{file.path}:1: the header cannot be read: {header}"
            self._add(at, Problem("error", said, "LD111"))
            return None
        if first and header != first[1]:
            what = "header" if self.spec.format.header else "number of columns"
            said = f"{file.path}:1: another {what} than {first[0]}:1"
            hint = "files of one source have the same columns in the same order; make two sources"
            self._add(at, Problem("error", said, "LD109", hint=hint))
        return header

    def _check_types(self, where: str, named: Iterable[str], known: Iterable[str]) -> None:
        known = list(known)
        for name in named:
            if name not in known:
                said = f"the graph `{self.spec.graph}` has no type `{name}` for `{where}`"
                problem = Problem("error", said, "LD103", hint=nearest(name, known))
                self._add((where, name), problem, key=True)

    def _path(self, element: str, name: str, sources: Sequence[object], i: int) -> Path:
        """Where a source stands, below the prefix; one may be written without a list."""
        bare = len(sources) == 1 and (*self.prefix, element, name, 0) not in self.positions.places
        return (element, name) if bare else (element, name, i)

    def _add_all(self, path: Path, problems: Iterable[tuple[Path, Problem]]) -> None:
        for below, problem in problems:
            self._add((*path, *below), problem)

    def _add(self, path: Path, problem: Problem, *, key: bool = False) -> None:
        self.problems.append(self.positions.problem((*self.prefix, *path), problem, key=key))
