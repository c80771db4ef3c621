"""Faults in which copy answers."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import suppress
from dataclasses import replace

from reconciler.contracts import UnitFailed
from reconciler.copies import folders
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.making import failed
from reconciler.testing.paper.serving import Serving


class DoesNotWait(Serving):
    """The switch is told to be done before the new server answers."""

    def start_unit(self, spec, pointer):
        substrate = self.floor.substrate

        def start():
            # Once: a server that is killed as it begins, as by who tidies up, is begun anew else.
            with suppress(UnitFailed):
                substrate._started(spec, lambda: True, 5.0)

        threading.Thread(target=start).start()
        while all(unit.mark != spec.mark for unit in substrate.units()):
            time.sleep(0.001)


class DoesNotGoBack(Serving):
    """A server that does not come up leaves its pointer standing."""

    def back(self, before, unit):
        pass


class HoldsNothing(Serving):
    """A wish whose server did not come up is tried again by every apply."""

    def back(self, before, unit):
        super().back(replace(before, held=None) if before else None, unit)


class StopsFirst(Serving):
    """The old server is stopped before anybody looks at the new port."""

    def listenable(self, pointer, unit):
        if unit:
            self.floor.substrate.stop(unit, 1.0)

    def with_port(self, pointer):
        try:
            self.floor.substrate.free_port(pointer.name, pointer.port, frozenset())
        except UnitFailed as error:
            self.serve(self.pointer())
            raise failed(self.graph, "VF101", str(error)) from error
        return super().with_port(pointer)


class RestartsForAMark(Serving):
    """Whatever changes in the pointer, the server is started anew."""

    def mark(self, pointer):
        super().mark(pointer)
        if unit := self.unit():
            self.floor.substrate.stop(unit, 1.0)
            self.serve(pointer)


class LeavesWritesBehind(Serving):
    """Nobody looks whether the old copy was written to."""

    def unwritten(self, before, after):
        pass


class ForgetsThePrevious(Serving):
    """With the switch the copy before goes."""

    def write(self, pointer):
        super().write(pointer)
        if pointer.previous:
            folders.remove(self.folder.sealed(pointer.previous))


class RemovesAll(Serving):
    """A copy that goes takes along whatever does not answer."""

    def remove_copy(self, act):
        pointer = self.pointer()
        for path, _ in list(self.folder.folders()):
            if pointer and path.name != pointer.copy:
                shutil.rmtree(path)


class RemovesWhatAnswers(Serving):
    """Who asks for it gets it removed."""

    def remove_copy(self, act):
        folders.remove(self.folder.sealed(act.copy))


class KeepsACopy(Serving):
    """What should make room stays."""

    def clear(self, act):
        for path, _ in list(self.folder.folders()):
            shutil.copytree(path, self.folder.path / "kept")
        super().clear(act)
        (self.folder.path / "copies").mkdir(exist_ok=True)
        (self.folder.path / "kept").rename(self.folder.sealed(act.pointer.copy))


class ForgetsItsPort(Serving):
    """What makes room takes along where it answered."""

    def clear(self, act):
        super().clear(replace(act, pointer=replace(act.pointer, port=None)))


class ClearsUnseen(Serving):
    """Whatever is there goes, counted or not."""

    def clear(self, act):
        page = pages.read(self.folder.sealed(act.pointer.copy))
        rows = {type_: len(rows) for type_, rows in page.rows.items()} if page else {}
        super().clear(replace(act, rows=rows))


class RemovesNeighbours(Serving):
    """A graph that goes takes its neighbours along."""

    def remove(self, act):
        super().remove(act)
        for graph in self.engine.graphs():
            shutil.rmtree(graph.path / "copies", ignore_errors=True)


class LeavesALink(Serving):
    """A graph that goes leaves its name."""

    def remove(self, act):
        names = self.engine.names(self.graph.uid)
        super().remove(act)
        for name in names:
            self.engine.link(name, self.graph.uid)


class LeavesItsServer(Serving):
    """A graph that goes leaves its server running."""

    def unit(self):
        return None if getattr(self, "going", False) else super().unit()

    def remove(self, act):
        self.going = True
        super().remove(act)


class PointsWithoutLease(Serving):
    """The pointer is written by whoever comes."""

    def __init__(self, floor, graph):
        super().__init__(replace(floor, epoch=lambda: 1), graph)


class MarksAnother(Serving):
    """A server's mark names another digest than that of its settings."""

    def start_unit(self, spec, pointer):
        super().start_unit(replace(spec, mark=replace(spec.mark, digest="0" * 16)), pointer)
