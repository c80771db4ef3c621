"""A graph that goes before it comes anew: it is stopped, and its copies make room."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from reconciler.contracts import Floor, StepFailed, Unanswered
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.copies.marks import Unreadable, write_pointer
from reconciler.embedded.client import Refused
from reconciler.embedded.failures import failed
from reconciler.embedded.lookup import Lookup, rows
from reconciler.embedded.servers import Servers
from reconciler.embedded.serving import Serving
from reconciler.model.step import ClearGraph

_QUICK_S = 120.0  # for what takes milliseconds, on a machine that is busy


def clear(lookup: Lookup, floor: Floor, act: ClearGraph) -> None:
    """Stop the graph and remove all its copies. Its pointer stays, and names one that is gone.

    Raises:
        StepFailed: somebody has it open, or wrote to it since it was counted. It answers again.
    """
    engine = EngineFolder(Path(act.graph.engine.place.location))
    folder, serving = engine.graph(act.graph.uid), Serving(lookup, floor, act.graph)
    servers = Servers(lookup, floor, act.graph, folder)
    before = serving.pointer()
    units = servers.units(before)
    floor.epoch()
    servers.stop(units.all)
    try:
        with _as_counted(lookup, serving, folder, act):
            write_pointer(folder.pointer, act.pointer, floor.epoch())
            for found, _ in list(folder.folders()):
                folders.remove(found, engine.path / ".trash")
    except StepFailed as error:
        raise serving.undone(error, before, serve=units.server is not None) from None


@contextmanager
def _as_counted(
    lookup: Lookup, serving: Serving, folder: GraphFolder, act: ClearGraph
) -> Iterator[None]:
    """Nobody has written rows since the plan told which would be lost, and nobody can meanwhile."""
    copy = act.pointer.copy
    path = lookup.find(folder, copy)
    if path is None:
        yield  # it went already: this is done again after a crash
        return
    state = serving.settle(copy)
    same = _rows(lookup, act, path) == dict(act.rows)
    with serving.left():
        if not same or serving.was_written(copy, state):
            says = "rows were written to it since the plan: nothing was removed"
            raise failed(act.graph, "WR101", says, "apply again, when nobody writes")
        yield


def _rows(lookup: Lookup, act: ClearGraph, path: Path) -> Mapping[str, int]:
    try:
        reading = lookup.reading(path)
        assert reading, "a copy that was found has a catalog"
        version = reading.record.version if reading.record else act.graph.engine.version
        with lookup.pool.lent(version) as host:
            host.ask("open", path=str(path), mode="r", within_s=_QUICK_S)
            return rows(host, reading.catalog)
    except (Unanswered, Unreadable, Refused) as error:
        says = f"its rows cannot be counted before they go: {error}"
        raise failed(act.graph, "ST100", says) from error
