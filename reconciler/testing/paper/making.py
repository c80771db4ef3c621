"""How a copy is made on Paper: built, filled and verified in its folder, each step whole or not."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import Floor, Progress, StepFailed
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder
from reconciler.loads.check import CopyFile
from reconciler.loads.files import changed_since
from reconciler.model.catalog import Catalog
from reconciler.model.problem import Problem
from reconciler.model.record import FillRecord, Record
from reconciler.model.step import Amend, BuildCopy, FillType, GraphAt, VerifyCopy
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.checks import Checks
from reconciler.testing.paper.page import Page, Row
from reconciler.testing.paper.speech import Wrong, answer


def failed(graph: GraphAt, code: str, says: str) -> StepFailed:
    """A failure of a step on `graph`."""
    key = str(graph.key)
    return StepFailed(Problem("error", f"{key}: {says}", code, address=key))


class Making:
    """The work of one session on one graph."""

    def __init__(self, floor: Floor, graph: GraphAt) -> None:
        self.floor = floor
        self.graph = graph
        self.engine = EngineFolder(Path(graph.engine.place.location))
        self.folder = self.engine.graph(graph.uid)
        self._held = contextlib.ExitStack()
        self._holds: Path | None = None
        self._checks = Checks()

    def leave(self) -> None:
        """Let go of the copy that was worked on, and of what was known of its rows."""
        self._checks.close()
        self.let_go()

    def let_go(self) -> None:
        """Let go of the copy that is held."""
        self._held.close()
        self._holds = None

    def open(self, path: Path) -> Page:
        """The page at `path`, held until the session is left. Raises StepFailed."""
        if self._holds != path:
            self.let_go()
            try:
                self._held.enter_context(pages.held(path))
            except pages.Held as error:
                raise failed(self.graph, "ST104", str(error)) from error
            self._holds = path
        page = pages.read(path)
        if page is None:
            raise failed(self.graph, "ST103", f"its copy {path.name} is gone")
        return page

    def build(self, act: BuildCopy) -> None:
        """Make a copy, from its base or from nothing."""
        self.floor.epoch()
        path = self.folder.building(act.copy)
        self.leave()
        folders.remove(path)
        path.mkdir(parents=True)
        page, record = Page(), act.record
        if act.base:
            base = pages.read(self.folder.sealed(act.base))
            if base is None:
                raise failed(self.graph, "ST103", f"its copy {act.base} is gone")
            page = Page(base.catalog, base.record, base.rows)
            record = replace(record, base_state=str(base.state))
        self.alter(page, act, record)
        pages.write(path, page)

    def amend(self, act: Amend) -> None:
        """Change the copy that serves; its server reads the page anew each time."""
        self.floor.epoch()
        path = self.folder.sealed(act.copy)
        page = pages.read(path)
        if page is None or page.record is None:
            raise failed(self.graph, "ST103", f"its copy {act.copy} is gone")
        record = replace(act.record, base=page.record.base, base_state=page.record.base_state)
        self.alter(page, act, record)
        pages.write(path, page)

    def alter(self, page: Page, act: BuildCopy | Amend, record: Record) -> None:
        """Change a page's types. Raises StepFailed where they are not those wished then."""
        page.alter(act.ops, act.catalog)
        page.catalog = _told(page.catalog, act.catalog)
        if page.catalog.plain() != act.catalog.plain():
            raise failed(self.graph, "NE101", "its operations do not make what is wished")
        page.record = record

    def fill(self, act: FillType) -> Iterator[Progress]:
        """Bring rows in, every one of them checked, together with their record."""
        self.floor.epoch()
        path = self.folder.building(act.copy)
        page = self.open(path)
        assert page.record, "a copy of ours has a record"
        type_ = act.load.type
        if self.is_done(act, page.record):
            return
        yield Progress(f"checking {type_}")
        fresh = act.fill.mode == "replace" or not page.record.fills.get(type_)
        report = self._checks.of(act, page, appends=not fresh)
        if faults := (*report.faults, *changed_since(report)):
            raise StepFailed(*(replace(f, address=str(act.graph.key)) for f in faults))
        rows = [row for file in report.files for row in self.rows_of(act, file)]
        there = [] if fresh else page.rows.get(type_, [])
        page.rows[type_] = [*there, *rows]
        if act.expect and not act.expect.holds(len(page.rows[type_])):
            says = f"{type_}: {len(page.rows[type_]):,} rows, which is not what `expect` says"
            raise failed(self.graph, "LD117", says)
        page.record = self.recorded(act, page.record, len(rows), fresh=fresh)
        self.floor.epoch()
        pages.write(path, page)
        yield Progress(f"{type_} loaded", len(rows), len(rows))

    def is_done(self, act: FillType, record: Record) -> bool:
        """Whether this very fill is recorded."""
        found = (f for f in record.fills.get(act.load.type, ()) if f.load == act.fill.load)
        return any(replace(f, rows=0) == replace(act.fill, rows=0) for f in found)

    def rows_of(self, act: FillType, file: CopyFile) -> list[Row]:
        """The rows of a file that was checked."""
        properties = _order(act.load.type, act.catalog)
        header = [*((":from", ":to") if file.pair else ()), *properties]
        pair = {":pair": pages.SEPARATOR.join(file.pair)} if file.pair else {}
        with Path(file.path).open(encoding="utf-8-sig", newline="") as handle:
            found = list(csv.reader(handle, delimiter=file.delimiter))[file.header :]
        return [{**pair, **dict(zip(header, row, strict=True))} for row in found if row]

    def recorded(self, act: FillType, before: Record, rows: int, *, fresh: bool) -> Record:
        """The record once `rows` came in."""
        if fresh and act.load.element == "vertex":
            before = before.without_fills(act.catalog.touching(act.load.type))
        fill: FillRecord = replace(act.fill, rows=(0 if fresh else act.fill.rows) + rows)
        return before.with_fill(act.load.type, fill)

    def verify(self, act: VerifyCopy) -> Iterator[Progress]:
        """Count a copy, run its tests, and seal it."""
        path = self.folder.building(act.copy)
        sealed = self.folder.sealed(act.copy)
        if not path.exists() and sealed.exists():
            return
        page = self.open(path)
        assert page.record, "a copy of ours has a record"
        for type_ in sorted(page.record.fills):
            have, want = len(page.rows.get(type_, ())), page.record.rows(type_)
            if have < want:
                raise failed(self.graph, "NE102", f"{type_}: {have:,} rows of {want:,} are there")
        for name, procedure in sorted(act.procedures.items()):
            yield Progress(f"testing {name}")
            try:
                table = answer(page, procedure.query, write=False, limit=None)
            except Wrong as error:
                raise failed(self.graph, "PR202", f"Procedure/{name}: {error}") from error
            if any(test["rows"] != len(table.rows) for test in procedure.tests):
                raise failed(self.graph, "PR201", f"Procedure/{name} gives {len(table.rows)} rows")
        self.let_go()
        self.floor.epoch()
        sealed.parent.mkdir(exist_ok=True)
        path.rename(sealed)


def _order(type_: str, catalog: Catalog) -> tuple[str, ...]:
    return tuple(catalog.properties(type_))


def _told(found: Catalog, goal: Catalog) -> Catalog:
    """`found` with the multiplicities that the record holds: no operation changes them."""
    edges = {
        name: replace(edge, multiplicity=goal.edges[name].multiplicity)
        for name, edge in found.edges.items()
        if name in goal.edges
    }
    return Catalog(found.vertices, {**found.edges, **edges})
