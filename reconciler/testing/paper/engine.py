"""The driver of Paper."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reconciler.contracts import (
    Endpoint,
    Floor,
    Progress,
    Sight,
    StepFailed,
    Table,
    Unanswered,
    UnitFailed,
)
from reconciler.copies.engines import make_engine, remove_engine
from reconciler.copies.layout import EngineFolder
from reconciler.copies.marks import Unreadable
from reconciler.loads.forms import zero
from reconciler.model.catalog import Catalog
from reconciler.model.key import Key
from reconciler.model.observed import LiveCopy, LiveGraph
from reconciler.model.problem import Problem
from reconciler.model.step import (
    Act,
    Amend,
    BuildCopy,
    CarryType,
    ClearGraph,
    CreateEngine,
    ExportType,
    FillType,
    GraphAt,
    InstallRuntime,
    MarkGraph,
    RemoveCopy,
    RemoveEngine,
    RemoveGraph,
    StartUnit,
    Step,
    Switch,
    VerifyCopy,
)
from reconciler.model.types import PropertyType
from reconciler.model.unit import Unit
from reconciler.model.wish import Place
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.carrying import carry, export
from reconciler.testing.paper.making import Making
from reconciler.testing.paper.page import Page
from reconciler.testing.paper.serving import Serving
from reconciler.testing.paper.sight import Look, see
from reconciler.testing.paper.speech import Wrong, answer, ask, fits
from reconciler.testing.paper.traits import TRAITS


class Paper:
    """One for a run of gsctl; a session holds the copy that it works on."""

    traits = TRAITS
    making: type[Making] = Making
    serving: type[Serving] = Serving

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.sessions: dict[Key, Making] = {}

    def observe(self, key: Key, place: Place, units: Sequence[Unit]) -> Sight:
        """What lies at `place`."""
        return see(Look(key, place, self.floor.owner, {unit.mark.uid: unit for unit in units}))

    def count(self, graph: LiveGraph) -> LiveGraph:
        """The rows of the verified copies, counted."""
        found = {id_: self._counted(graph, copy) for id_, copy in graph.copies.items()}
        return replace(graph, copies=found)

    def execute(self, step: Step) -> Iterator[Progress]:
        """Do a step."""
        try:
            yield from self._do(step)
        except (Unanswered, Unreadable) as error:
            says = f"{step.key}: {error}"
            raise StepFailed(Problem("error", says, "ST100", address=str(step.key))) from error
        except UnitFailed as error:
            says = f"{step.key}: {error}"
            raise StepFailed(Problem("error", says, "ST103", address=str(step.key))) from error

    def leave(self, session: Key) -> None:
        """Let go of the copy that a session holds."""
        if found := self.sessions.pop(session, None):
            found.leave()

    def close(self) -> None:
        """Let go of all."""
        for session in list(self.sessions):
            self.leave(session)

    def statements(self, act: Act) -> Sequence[str]:
        """What would be written, in words."""
        match act:
            case BuildCopy() | Amend():
                return tuple(f"{type(op).__name__} {op.type}" for op in act.ops)
            case FillType():
                return tuple(f"read {file.path} into {act.load.type}"
                             for source in act.load.sources for file in source.files)  # fmt: skip
            case _:
                return ()

    def faults(self, catalog: Catalog, queries: Mapping[str, str]) -> Mapping[str, str]:
        """The sentences that do not fit."""
        return {name: why for name, text in queries.items() if (why := fits(text, catalog))}

    def query(  # noqa: PLR0913
        self, graph: LiveGraph, text: str, parameters: Mapping[str, Any], *, write: bool,
        limit: int, within_s: float = 3600.0,  # noqa: ARG002  it answers at once
    ) -> Table:  # fmt: skip
        """Say a sentence to a graph."""
        if parameters:
            says = f"{graph.key}: Paper's sentences take no parameters"
            raise StepFailed(Problem("error", says, "QR101", address=str(graph.key)))
        try:
            if graph.unit:
                return ask(graph.unit, text, write=write, limit=limit)
            path = self._path(graph)
            with pages.held(path):
                page = self._page(graph)
                table = answer(page, text, write=write, limit=limit)
                if write:
                    pages.write(path, page)
        except Wrong as error:
            says = f"{graph.key}: {error}"
            raise StepFailed(Problem("error", says, "QR101", address=str(graph.key))) from error
        except pages.Held as error:
            raise Unanswered(str(error)) from error
        return table

    def export(self, graph: LiveGraph, folder: Path) -> Iterator[Path]:
        """One CSV file a type; of an edge type with several pairs one a pair."""
        page = self._page(graph)
        for name, vertex in sorted(page.catalog.vertices.items()):
            yield self.write_rows(folder / f"{name}.csv", list(vertex.properties), page.rows[name])
        for name, edge in sorted(page.catalog.edges.items()):
            for pair in edge.pairs:
                several = f"{name}.{'.'.join(pair)}" if len(edge.pairs) > 1 else name
                of_pair = pages.SEPARATOR.join(pair)
                rows = [{**row, "from": row[":from"], "to": row[":to"]}
                        for row in page.rows[name] if row[":pair"] == of_pair]  # fmt: skip
                columns = ["from", "to", *edge.properties]
                yield self.write_rows(folder / f"{several}.csv", columns, rows)

    def write_rows(self, path: Path, columns: list[str], rows: list[dict[str, str]]) -> Path:
        """Write rows as a Load reads them."""
        with path.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerows([columns, *([row[name] for name in columns] for row in rows)])
        return path

    def endpoint(self, graph: LiveGraph) -> Endpoint | None:
        """The server's address, or the file to read."""
        if graph.pointer is None:
            return None
        if graph.unit and graph.unit.address:
            url = f"http://{graph.unit.address}"
            return Endpoint(url, f'curl -d \'{{"text": "count Person"}}\' {url}')
        if graph.pointer.mode == "served":
            return None
        path = self._path(graph) / pages.FILE
        return Endpoint(str(path), f"cat {path}")

    def _do(self, step: Step) -> Iterator[Progress]:
        act = step.act
        match act:
            case InstallRuntime():
                yield Progress("nothing to install")
            case CreateEngine():
                self.create(act)
            case RemoveEngine():
                self.remove(act)
            case BuildCopy():
                self._making(step.session, act.graph).build(act)
            case Amend():
                self._making(step.session, act.graph).amend(act)
            case FillType():
                yield from self._making(step.session, act.graph).fill(act)
            case ExportType():
                export(self.floor, self.serving(self.floor, act.graph).folder, act)
            case CarryType():
                carry(self._making(step.session, act.graph), act)
            case VerifyCopy():
                yield from self._making(step.session, act.graph).verify(act)
            case _:
                self.leave(step.session)
                yield from self._serve(act)

    def _serve(self, act: Act) -> Iterator[Progress]:
        match act:
            case Switch():
                yield from self.serving(self.floor, act.graph).switch(act)
            case MarkGraph():
                self.serving(self.floor, act.graph).mark(act.pointer)
            case ClearGraph():
                self.serving(self.floor, act.graph).clear(act)
            case StartUnit():
                yield from self.serving(self.floor, act.graph).start(act)
            case RemoveCopy():
                self.serving(self.floor, act.graph).remove_copy(act)
            case RemoveGraph():
                self.serving(self.floor, act.graph).remove(act)
            case _:
                says = f"Paper does not know how to do {type(act).__name__}"
                raise StepFailed(Problem("error", says, "NE100"))

    def create(self, act: CreateEngine) -> None:
        """Make the engine's folder, and mark it."""
        self.floor.epoch()
        make_engine(act, self.floor.root_path)

    def remove(self, act: RemoveEngine) -> None:
        """Remove the engine's folder, where nothing but ours is in it."""
        self.floor.epoch()
        remove_engine(act)

    def _making(self, session: Key, graph: GraphAt) -> Making:
        return self.sessions.get(session) or self.sessions.setdefault(
            session, self.making(self.floor, graph)
        )

    def _path(self, graph: LiveGraph) -> Path:
        assert graph.pointer, "only a graph that answers is read"
        folder = EngineFolder(Path(graph.place.location)).graph(graph.uid)
        return folder.sealed(graph.pointer.copy)

    def _page(self, graph: LiveGraph) -> Page:
        try:
            page = pages.read(self._path(graph))
        except Unreadable as error:
            raise Unanswered(str(error)) from error
        if page is None:
            raise Unanswered(f"{graph.key}: its page is gone")
        return page

    def _counted(self, graph: LiveGraph, copy: LiveCopy) -> LiveCopy:
        folder = EngineFolder(Path(graph.place.location)).graph(graph.uid)
        page = pages.read(folder.sealed(copy.id)) if copy.verified else None
        if page is None:
            return copy
        rows = {type_: len(found) for type_, found in page.rows.items()}
        return replace(copy, rows=rows, values=dict(_by_hand(page)))


def _by_hand(page: Page) -> Iterator[tuple[str, int]]:
    """For each property that no load feeds, the rows with a value of their own."""
    fills = page.record.fills if page.record else {}
    for type_, _ in page.catalog.types():
        fed = {p for fill in fills.get(type_, ()) for s in fill.sources for p in s.columns}
        vertex = page.catalog.vertices.get(type_)
        for name, text in page.catalog.properties(type_).items():
            if name not in fed and not (vertex and vertex.key == name):
                nothing = ("", zero(PropertyType.parse(text)))
                yield f"{type_}.{name}", sum(row[name] not in nothing for row in page.rows[type_])
