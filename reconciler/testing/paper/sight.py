"""What lies at the place of a Paper engine: read from its files, and from its servers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.contracts import Sight, Unanswered
from reconciler.copies.engines import seen_engine
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.copies.marks import Unreadable, read_pointer, read_suspension
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveCopy, LiveGraph, Pointer
from reconciler.model.problem import Problem
from reconciler.model.unit import Unit
from reconciler.model.wish import Place
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.page import Page
from reconciler.testing.paper.speech import says_its_copy


class Hidden(Exception):
    """A graph is there and cannot be seen."""


@dataclass(frozen=True, slots=True)
class Look:
    """All that looking depends on."""

    key: Key
    place: Place
    owner: Owner
    units: Mapping[str, Unit]  # by uid


def see(look: Look) -> Sight:
    """The engine and its graphs. Raises Unanswered where its own mark cannot be read."""
    engine = seen_engine(look.key, look.place, look.owner)
    if engine is None:
        return Sight(None)
    folder = EngineFolder(Path(look.place.location))
    graphs: dict[Key, LiveGraph] = {}
    unknown: dict[Key, Problem] = {}
    for found in folder.graphs():
        try:
            graph = _graph(look, found)
        except Hidden as hidden:
            key = _called(look, folder, found)
            says = f"{key}: {hidden}"
            unknown[key] = Problem("error", says, "ST100", address=str(key))
        else:
            if graph.pointer or graph.copies or graph.unit:
                graphs[graph.key] = graph
    return Sight(engine, graphs, unknown)


def _called(look: Look, folder: EngineFolder, graph: GraphFolder) -> Key:
    """What a graph is called that cannot be seen. Raises Unanswered where nothing tells."""
    unit = look.units.get(graph.uid)
    names = [unit.mark.name] if unit else []
    try:
        names = [str(json.loads(graph.pointer.read_bytes())["name"])]
    except (OSError, ValueError, KeyError, TypeError):
        names += folder.names(graph.uid)
        names += [page.record.graph for page in _readable(graph) if page.record]
    if not names:
        raise Unanswered(f"a graph cannot be seen, nor what it is called: {graph.path}")
    return look.key.sibling("Graph", names[0])


def _readable(folder: GraphFolder) -> list[Page]:
    found = []
    for path, _ in folder.folders():
        try:
            page = pages.read(path)
        except Unreadable:
            continue
        if page:
            found.append(page)
    return found


def _graph(look: Look, folder: GraphFolder) -> LiveGraph:
    unit = look.units.get(folder.uid)
    if unit and (unit.state != "up" or not says_its_copy(unit)):
        raise Hidden(f"its server does not answer: {unit.id}")
    try:
        pointer = read_pointer(folder.pointer)
        suspended = None if pointer else read_suspension(folder.pointer)
    except Unreadable as error:
        raise Hidden(str(error)) from error
    copies, leftovers = _copies(folder, pointer, unit)
    told = {copy.record.owner for copy in copies.values() if copy.record}
    owner = pointer.owner if pointer else told.pop() if len(told) == 1 else None
    names = sorted({copy.record.graph for copy in copies.values() if copy.record})
    name = pointer.name if pointer else names[0] if names else folder.uid
    tenant = pointer.tenant if pointer else look.key.tenant
    key, ours = Key(tenant, "Graph", name), owner == look.owner
    return LiveGraph(key, look.key, look.place, folder.uid, ours, owner, pointer, copies, unit,
                     tuple(leftovers), suspended=suspended)  # fmt: skip


def _copies(
    folder: GraphFolder, pointer: Pointer | None, unit: Unit | None
) -> tuple[dict[str, LiveCopy], list[str]]:
    copies: dict[str, LiveCopy] = {}
    leftovers: list[str] = []
    for path, verified in folder.folders():
        serves = verified and (pointer is None or path.name == pointer.copy)
        if unit is None and serves and pages.is_held(path):
            raise Hidden(f"its page {path} is held open by another program")
        try:
            page = pages.read(path)
        except Unreadable as error:
            if serves:
                raise Hidden(str(error)) from error
            page = None
        if page is None and serves:
            raise Hidden(f"its page {path} is not there any more")
        if page is None or page.record is None or page.record.copy != path.name:
            leftovers.append(path.name)
            continue
        widths = {name: width for name, (_, width) in page.record.strings.items()}
        copies[path.name] = LiveCopy(path.name, page.catalog, page.record, verified, widths)
    return copies, leftovers
