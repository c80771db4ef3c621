"""Faults in how a copy is made."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from dataclasses import replace

from reconciler.contracts import Progress
from reconciler.model.catalog import Catalog
from reconciler.model.catalog_op import AddProperty, DropProperty, RenameProperty
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.checks import Checks
from reconciler.testing.paper.making import Making


class LosesRows(Making):
    """A text that says NULL is taken for nothing, and its row left out."""

    def rows_of(self, act, file):
        return [row for row in super().rows_of(act, file) if "NULL" not in row.values()]


class AltersValues(Making):
    """Blanks around a value are cut."""

    def rows_of(self, act, file):
        return [{n: v.strip() for n, v in row.items()} for row in super().rows_of(act, file)]


class IgnoresDrops(Making):
    """A property that is to go stays."""

    def alter(self, page, act, record):
        ops = tuple(op for op in act.ops if not isinstance(op, DropProperty))
        page.alter(ops, act.catalog)
        page.record = record


class RenamesWithoutValues(Making):
    """A renamed property is a new one: its values are gone."""

    def alter(self, page, act, record):
        super().alter(page, act, record)
        for op in act.ops:
            if isinstance(op, RenameProperty):
                for row in page.rows[op.type]:
                    row[op.new] = ""


class ShiftsColumns(Making):
    """A property that is added gets its neighbour's values."""

    def alter(self, page, act, record):
        super().alter(page, act, record)
        for op in act.ops:
            if isinstance(op, AddProperty):
                for row in page.rows[op.type]:
                    row[op.name] = row[next(n for n in row if not n.startswith(":"))]


class DropsTooMuch(Making):
    """With a type all others that nothing was changed of lose their rows."""

    def alter(self, page, act, record):
        super().alter(page, act, record)
        if any(type(op).__name__ == "DropType" and op.type == "LIVES" for op in act.ops):
            page.rows["KNOWS"] = page.rows.get("KNOWS", [])[:-1]


class CutsRecords(Making):
    """A description of more than 255 characters is cut."""

    def alter(self, page, act, record):
        cut = {name: text[:255] for name, text in record.descriptions.items()}
        super().alter(page, act, replace(record, descriptions=cut))


class RecordsLate(Making):
    """The record of a fill is written with the next step, not with its rows."""

    late = None

    def fill(self, act):
        self.catch_up(act)
        page = pages.read(self.folder.building(act.copy))
        yield from super().fill(act)
        after = pages.read(self.folder.building(act.copy))
        self.late, after.record = after.record, page.record
        pages.write(self.folder.building(act.copy), after)

    def verify(self, act):
        self.catch_up(act)
        yield from super().verify(act)

    def catch_up(self, act):
        if self.late is not None:
            path = self.folder.building(act.copy)
            page = pages.read(path)
            page.record, self.late = self.late, None
            pages.write(path, page)


class SharesItsBase(Making):
    """Clone and base are one file: what is filled into one is in both."""

    def verify(self, act):
        path = self.folder.building(act.copy)
        page = pages.read(path) if path.exists() else None
        yield from super().verify(act)
        if page and page.record.base:
            base = self.folder.sealed(page.record.base)
            old = pages.read(base)
            old.rows["KNOWS"] = page.rows["KNOWS"]
            old.state -= 1
            pages.write(base, old)


class CountsNothing(Making):
    """Verification believes the record."""

    def verify(self, act):
        page = self.open(self.folder.building(act.copy)) if self._unsealed(act) else None
        if page:
            real = page.rows
            page.rows = {
                t: [*real.get(t, ()), *[{}] * (page.record.rows(t) - len(real.get(t, ())))]
                for t in {*real, *page.record.fills}
            }
            pages.write(self.folder.building(act.copy), page)
            yield from super().verify(act)
            page.rows = real
            page.state -= 2
            pages.write(self.folder.sealed(act.copy), page)

    def _unsealed(self, act):
        return self.folder.building(act.copy).exists()


class RunsNoTests(Making):
    """Procedures are published untried."""

    def verify(self, act):
        yield from super().verify(replace(act, procedures={}))


class FillsTwice(Making):
    """A fill that was done is done again, on top."""

    def is_done(self, act, record):
        return False

    def recorded(self, act, before, rows, *, fresh):
        page = pages.read(self.folder.building(act.copy))
        self.earlier = page.rows.get(act.load.type, []) if fresh else []
        return super().recorded(act, before, rows, fresh=fresh)

    def fill(self, act):
        self.earlier = []
        yield from super().fill(act)
        path = self.folder.building(act.copy)
        page = pages.read(path)
        page.rows[act.load.type] += self.earlier
        pages.write(path, page)


class BuildsOnTop(Making):
    """A copy that was begun is in the way of itself."""

    def build(self, act):
        if self.folder.building(act.copy).exists():
            raise FileExistsError(act.copy)
        super().build(act)


class DropsEdgesInSilence(Making):
    """An edge whose end is no vertex is left out without a word."""

    def fill(self, act):
        yield from super().fill(replace(act, options=replace(act.options, on_dangling_edge="drop")))

    def is_done(self, act, record):
        return super().is_done(act, record)


class TakesTheFirst(Making):
    """Of two rows of one key the first is kept without a word."""

    def fill(self, act):
        yield from super().fill(
            replace(act, options=replace(act.options, on_duplicate_key="first"))
        )


class ExpectsNothing(Making):
    """`expect` only parses."""

    def fill(self, act):
        yield from super().fill(replace(act, expect=None))


class AllowsManyEdges(Making):
    """Nobody sees to the multiplicity."""

    def fill(self, act):
        edges = {n: replace(e, multiplicity="many-to-many") for n, e in act.catalog.edges.items()}
        yield from super().fill(replace(act, catalog=Catalog(act.catalog.vertices, edges)))


class TellsOneFault(Checks):
    """The first fault of a file is told, and no other."""

    def of(self, act, page, *, appends):
        report = super().of(act, page, appends=appends)
        return replace(report, faults=report.faults[:1])


class StopsAtTheFirst(Making):
    def __init__(self, floor, graph):
        super().__init__(floor, graph)
        self._checks = TellsOneFault()


class KeepsItsLock(Making):
    """What was worked on is never let go."""

    kept = ExitStack()

    def leave(self):
        self.kept.push(self._held.pop_all())
        super().leave()

    def let_go(self):
        super().let_go()


class LeavesAProcess(Making):
    """Something is started for each fill, and nobody ends it."""

    def fill(self, act):
        if act.load.type == "Person":
            yield Progress("starting something")
            process = subprocess.Popen(["sleep", "20"])
            process.returncode = 0  # nobody waits for it
        yield from super().fill(act)


class LeavesFiles(Making):
    """What was staged stays."""

    def leave(self):
        folder, self._checks._folder = self._checks._folder, None
        if folder:
            folder._finalizer.detach()
        super().leave()


class AsksNobody(Making):
    """The lease is asked for at no write of a copy."""

    def __init__(self, floor, graph):
        super().__init__(replace(floor, epoch=lambda: 1), graph)
