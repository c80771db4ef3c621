"""Checks types one after the other with DuckDB, vertices before the edges between them.

The fast way reads each file once with DuckDB and answers only "clean" or "not known". It is
believed when the bytes hold nothing that DuckDB reads otherwise than csv (`scan`) and when every
line is accounted for: lines = rows + line ends inside values. Anything else is walked by csv.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb

from reconciler.loads.check import CopyFile, TypeCheck, TypeReport, plan_copy, refuse_types
from reconciler.loads.exact import Exact
from reconciler.loads.fast import Tally, fast_edges, fast_vertices
from reconciler.loads.files import Files, changed_since, prepare
from reconciler.loads.forms import text
from reconciler.loads.keys import KeyTables
from reconciler.loads.relation import Group, groups, is_text, scan, staged, staged_names, walked
from reconciler.loads.report import problems
from reconciler.loads.walk import Faults, Shape, walk
from reconciler.model.types import PropertyType

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,  # the engine's COPY runs beside it
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class Session:
    """One DuckDB with the keys of the types checked so far. Not for several threads."""

    def __init__(self, folder: Path, memory_limit: str, lines: Callable[[int], None]) -> None:
        """Spill, unpack and stage below `folder`; `lines` is told how many a type's files have."""
        spill = {"memory_limit": memory_limit, "temp_directory": str(folder / "spill")}
        self.connection = duckdb.connect(config={**_SETTINGS, **spill})
        self._folder = folder
        self._keys = KeyTables(self.connection)
        self._lines = lines

    def forget(self) -> None:
        """Know no keys any more: what comes next is of another graph."""
        self._keys.drop()
        self._keys = KeyTables(self.connection)

    def check(self, check: TypeCheck) -> TypeReport:
        """Judge a type. Raises duckdb.Error, LookupError for what is no fault of the files."""
        if refused := refuse_types(check):
            return TypeReport(check.type, faults=refused, counts={"LD216": len(refused)})
        files = prepare(check, self._folder)
        self._lines(sum(ready.facts.lines for ready in files.ready))
        tallies = [(group, self._tally(group, files)) for group in groups(check)]
        report = self._report(check, files, tallies)
        self._clear(f"walked-{check.type}-")
        self._clear(f"plain-{check.type}-")
        moved = changed_since(report)
        return replace(report, faults=report.faults + moved, files=()) if moved else report

    def _tally(self, group: Group, files: Files) -> Tally:
        if files.faults.counts:  # a file is missing or another one: nothing more can be said
            if not group.pair:
                self._keys.keep(group.check.type, "", None, whole=False)
            return Tally()
        return self._fast(group, files) or self._exact(group, files)

    def _fast(self, group: Group, files: Files) -> Tally | None:
        of_group = [ready for n, _ in group.sources for ready in files.of(n)]
        limited = group.check.options.limit is not None and not group.pair
        if limited or not all(ready.facts.believable for ready in of_group):
            return None
        paths = {n: [ready.path for ready in files.of(n)] for n, _ in group.sources}
        relation = scan(group, paths, quotes=any(ready.facts.quotes for ready in of_group))
        look = fast_edges if group.pair else fast_vertices
        lines = sum(ready.facts.lines for ready in of_group)
        try:
            return look(self.connection, group, relation, lines, self._keys)
        except duckdb.OutOfMemoryException:
            raise
        except (duckdb.InvalidInputException, duckdb.ConversionException):
            return None  # DuckDB stumbled over the file; csv says whether it is at fault

    def _exact(self, group: Group, files: Files) -> Tally:
        target = self._folder / f"walked-{group.check.type}-{group.sources[0][0]}.csv"
        lost = files.faults.counts.total()
        with target.open("w", encoding="utf-8", newline="") as handle:
            write = csv.writer(handle, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
            for number, source in group.sources:
                limit = None if group.pair else group.check.options.limit
                for ready in files.of(number):
                    shape = Shape(ready.number, number, source.width, group.picks(source), limit)
                    walk(ready.path, shape, group.check.options, files.faults, write)
        whole = files.faults.counts.total() == lost
        exact = Exact(self.connection, group, walked(group, str(target)), self._keys)
        if group.pair:
            return exact.edges(files.faults)
        return exact.vertices(files.faults, whole=whole)

    def _report(
        self, check: TypeCheck, files: Files, tallies: list[tuple[Group, Tally]]
    ) -> TypeReport:
        faults: Faults = files.faults
        copies: tuple[CopyFile, ...] = ()
        if not faults.counts:
            direct = plan_copy(check)
            copies = direct if direct is not None else tuple(self._stage(g, t) for g, t in tallies)
        longest: dict[str, int] = {}
        for _, tally in tallies:
            longest = {n: max(longest.get(n, 0), m) for n, m in (longest | tally.longest).items()}
        return TypeReport(
            check.type,
            sum(tally.rows for _, tally in tallies),
            {group.pair: tally.rows for group, tally in tallies if group.pair},
            longest,
            sum(tally.dropped for _, tally in tallies),
            sum(tally.skipped for _, tally in tallies),
            problems(faults, files.names, files.paths),
            dict(faults.counts),
            copies,
            files.stamps,
        )

    def _stage(self, group: Group, tally: Tally) -> CopyFile:
        target = self._folder / f"staged-{group.check.type}-{group.sources[0][0]}.csv"
        types = {n: PropertyType.parse(t) for n, t in group.check.properties.items()}
        quoted = [f'"{n}"' for n in staged_names(group) if n not in types or is_text(types[n])]
        force = f", FORCE_QUOTE ({', '.join(quoted)})" if quoted else ""
        written = self.connection.execute(
            f"COPY ({staged(group, tally.relation)}) TO {text(str(target))}"
            f" (FORMAT csv, HEADER true, DELIMITER ',', NULLSTR '\x01'{force})"
        ).fetchone()
        if written is None or written[0] != tally.rows:
            raise RuntimeError(f"{group.check.type}: staged {written}, counted {tally.rows} rows")
        return CopyFile(str(target), group.pair, ",", header=True)

    def _clear(self, prefix: str) -> None:
        for path in self._folder.glob(f"{prefix}*"):
            with contextlib.suppress(OSError):
                path.unlink()
