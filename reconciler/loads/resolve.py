"""A Load, resolved against its files: headers read, columns found, bytes digested.

Codes: LD103 a type or pair that the graph does not have, LD104 no column for the key, LD105 no
columns for the ends, or several pairs and none named, LD106 a file that is not there, LD107 a
column that is not in the header, LD108 a name that stands twice in the header, LD109 files of one
source with different headers, LD110 a format that no reader can take, LD111 a header that cannot
be read; warning LD112 a property that no column feeds; note LD113 columns that no property takes.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from reconciler.loads.digest import DigestCache
from reconciler.loads.header import Columns, read_header
from reconciler.model.key import Key
from reconciler.model.kinds import EdgeSource, EdgeType, GraphSpec, LoadSpec, Range, VertexSource
from reconciler.model.loading import (
    Column,
    DataFile,
    Expected,
    LoadOptions,
    LoadWish,
    TypeLoad,
    TypeSource,
)
from reconciler.model.problem import Problem, errors
from reconciler.model.resource import Path as YamlPath
from reconciler.model.resource import Positions

Find = Callable[[str], "str | Problem"]


def resolve_load(  # noqa: PLR0913, PLR0917  all that a load is resolved against
    key: Key,
    spec: LoadSpec,
    graph: GraphSpec,
    find: Find,
    positions: Positions,
    cache: DigestCache,
) -> tuple[LoadWish | None, tuple[Problem, ...]]:
    """The wish, or None when there is an error among the problems. Reads files that changed.

    `find` gives the real path of a file as the YAML names it, or why it may not be read. The
    caller saves the cache.
    """
    work = _Resolving(spec, graph, find, positions, cache)
    types = [*work.vertex_types(), *work.edge_types()]
    work.check_names()
    if errors(work.problems):
        return None, tuple(work.problems)
    wish = LoadWish(
        key,
        key.sibling("Graph", spec.graph),
        spec.mode,
        load_options(spec),
        tuple(types),
        {name: _expected(rows) for name, rows in spec.expect.items()},
        positions.at(()),
    )
    return wish, tuple(work.problems)


def load_options(spec: LoadSpec) -> LoadOptions:
    """How a load's files are read."""
    how = spec.format
    return LoadOptions(
        how.delimiter, how.header, how.quote, how.null_values,
        spec.on_duplicate_key, spec.on_dangling_edge, spec.on_null, spec.limit,
    )  # fmt: skip


def _expected(rows: int | Range) -> Expected:
    return Expected(rows, rows) if isinstance(rows, int) else Expected(rows.min, rows.max)


@dataclass(slots=True)
class _Resolving:
    """Resolves source by source, and gathers what is wrong."""

    spec: LoadSpec
    graph: GraphSpec
    find: Find
    positions: Positions
    cache: DigestCache
    problems: list[Problem] = field(default_factory=list)

    def vertex_types(self) -> list[TypeLoad]:
        """Those named under `vertices`, in name order."""
        loads = []
        for name, sources in sorted(self.spec.vertices.items()):
            known = self.graph.vertices.get(name)
            if known is None:
                self._unknown_type(("spec", "vertices", name), name, self.graph.vertices)
                continue
            found = [
                self._source(path, source, known.properties, key=known.key)
                for path, source in self._paths("vertices", name, sources)
            ]
            loads.append(TypeLoad(name, "vertex", tuple(s for s in found if s)))
        return loads

    def edge_types(self) -> list[TypeLoad]:
        """Those named under `edges`, in name order."""
        loads = []
        for name, sources in sorted(self.spec.edges.items()):
            known = self.graph.edges.get(name)
            if known is None:
                self._unknown_type(("spec", "edges", name), name, self.graph.edges)
                continue
            found = [
                self._edge_source(path, source, name, known)
                for path, source in self._paths("edges", name, sources)
            ]
            loads.append(TypeLoad(name, "edge", tuple(s for s in found if s)))
        return loads

    def check_names(self) -> None:
        """Complain of `expect` for what is no type, and of a format that no reader takes."""
        types = [*self.graph.vertices, *self.graph.edges]
        for name in self.spec.expect:
            if name not in types:
                self._unknown_type(("spec", "expect", name), name, types)
        how = self.spec.format
        if how.quote == how.delimiter or {how.quote, how.delimiter} & {"\r", "\n", "\0"}:
            said = "`delimiter` and `quote` must differ, and be no line ends"
            self._add(("spec", "format"), Problem("error", said, "LD110"))

    def _paths[S](
        self, element: str, name: str, sources: Sequence[S]
    ) -> list[tuple[YamlPath, S]]:
        path: YamlPath = ("spec", element, name)
        if len(sources) == 1 and (*path, 0) not in self.positions.places:
            return [(path, sources[0])]  # written without a list
        return [((*path, i), source) for i, source in enumerate(sources)]
