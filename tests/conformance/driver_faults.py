"""Faults in how a driver looks, answers and goes."""

from __future__ import annotations

import fcntl
import os
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import Sight, Table, Unanswered
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.engine import Paper


class TakesUnknownForAbsent(Paper):
    """What cannot be seen is not there."""

    def observe(self, key, place, units):
        return replace(super().observe(key, place, units), unknown={})


class TakesNoMarkForNobodys(Paper):
    """A mark that cannot be read is no mark."""

    def observe(self, key, place, units):
        try:
            return super().observe(key, place, units)
        except Unanswered:
            return Sight(None)


class TakesAllForOurs(Paper):
    """Whatever lies here is ours."""

    def observe(self, key, place, units):
        sight = super().observe(key, place, units)
        graphs = {k: replace(g, ours=True) for k, g in sight.graphs.items()}
        engine = replace(sight.engine, ours=True) if sight.engine else None
        return replace(sight, engine=engine, graphs=graphs)


class SeesNoStrangers(Paper):
    """What is not ours is not told."""

    def observe(self, key, place, units):
        sight = super().observe(key, place, units)
        return replace(sight, engine=sight.engine and replace(sight.engine, strangers=()))


class RemovesStrangers(Paper):
    """An engine that goes takes along what others put there."""

    def remove(self, act):
        folder = EngineFolder(Path(act.place.location))
        if any(graph.holds_something() for graph in folder.graphs()):
            super().remove(act)
        folders.remove(folder.path)


class RemovesGraphs(Paper):
    """An engine that goes takes its graphs along."""

    def remove(self, act):
        if EngineFolder(Path(act.place.location)).strangers():
            super().remove(act)
        folders.remove(Path(act.place.location))


class LocksWhatItSees(Paper):
    """A look takes the lock of what is not finished, and has it until the run is over."""

    def observe(self, key, place, units):
        for graph in EngineFolder(Path(place.location)).graphs():
            for path in (path for path, verified in graph.folders() if not verified):
                lock = os.open(path / pages.LOCK, os.O_RDWR | os.O_CREAT)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self.locks = [*getattr(self, "locks", []), lock]
                except BlockingIOError:
                    os.close(lock)
        return super().observe(key, place, units)

    def close(self):
        super().close()
        for lock in getattr(self, "locks", []):
            os.close(lock)
        self.locks = []


class NotesItsLooks(Paper):
    """A look leaves a note."""

    def observe(self, key, place, units):
        for graph in EngineFolder(Path(place.location)).graphs():
            (graph.path / "looked-at").write_text("by me")
        return super().observe(key, place, units)


class ForgetsProtection(Paper):
    """The engine's mark is written without its protection."""

    def create(self, act):
        super().create(replace(act, engine=replace(act.engine, protect=False)))


class CountsByTheRecord(Paper):
    """Rows are told as they were loaded, whatever is there."""

    def count(self, graph):
        counted = super().count(graph)
        return replace(counted, copies={
            id_: replace(c, rows={t: c.record.rows(t) for t, _ in c.catalog.types()})
            for id_, c in counted.copies.items()
        })  # fmt: skip


class CountsNoValues(Paper):
    """Values that people set are not counted."""

    def count(self, graph):
        counted = super().count(graph)
        return replace(
            counted, copies={i: replace(c, values={}) for i, c in counted.copies.items()}
        )


class ExportsWithoutNulls(Paper):
    """A row with an empty value is left out of an export."""

    def write_rows(self, path, columns, rows):
        whole = [row for row in rows if "" not in [row[name] for name in columns]]
        return super().write_rows(path, columns, whole)


class ExportsBooleansItsWay(Paper):
    """Lists of booleans are written as Python writes them."""

    def write_rows(self, path, columns, rows):
        said = {"[true]": "[True]", "[true,false]": "[True, False]"}
        told = [{name: said.get(text, text) for name, text in row.items()} for row in rows]
        return super().write_rows(path, columns, told)


class AnswersAll(Paper):
    """A limit is not kept."""

    def query(self, graph, text, parameters, *, write, limit):
        return super().query(graph, text, parameters, write=write, limit=None)


class TellsNoMore(Paper):
    """What was cut off is not told."""

    def query(self, graph, text, parameters, *, write, limit):
        table = super().query(graph, text, parameters, write=write, limit=limit)
        return Table(table.columns, table.rows)


class WritesWhatItIsAsked(Paper):
    """A question that writes, writes."""

    def query(self, graph, text, parameters, *, write, limit):
        return super().query(graph, text, parameters, write=True, limit=limit)


class FindsNoFaults(Paper):
    """Every query fits."""

    def faults(self, catalog, queries):
        return {}


class SaysNothing(Paper):
    """What would be done is not told."""

    def statements(self, act):
        return ()


class AnswersElsewhere(Paper):
    """The address is another one than the program shown asks."""

    def endpoint(self, graph):
        found = super().endpoint(graph)
        return found and replace(found, snippet="curl http://localhost:1")


class SwallowsFailures(Paper):
    """A step that cannot be done is told to be done."""

    def execute(self, step):
        try:
            yield from super().execute(step)
        except Exception:  # noqa: BLE001  the fault itself
            return
