"""The checks of a session's loads, in our own process: Paper is small."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

from reconciler.loads.check import EdgeEnds, ExistingKeys, TypeCheck, TypeReport
from reconciler.loads.session import Session
from reconciler.model.catalog import Catalog
from reconciler.model.step import FillType
from reconciler.testing.paper.page import Page
from reconciler.testing.paper.traits import TRAITS

_MEMORY = "100MB"


class Checks:
    """Knows the keys of the types that it has checked; those of others are told from the page."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._session: Session | None = None
        self._known: set[str] = set()

    def of(self, act: FillType, page: Page, *, appends: bool) -> TypeReport:
        """What the files of a fill hold."""
        if self._session is None or self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="gsctl-paper-")
            self._session = Session(Path(self._folder.name), _MEMORY, lambda _: None)
        report = self._session.check(self._asked(act, page, appends=appends))
        if act.load.element == "vertex":
            self._known.add(act.load.type)
        return report

    def close(self) -> None:
        """Forget all, and remove what was staged."""
        if self._session:
            self._session.connection.close()
        if self._folder:
            self._folder.cleanup()
        self._folder = self._session = None
        self._known.clear()

    def _asked(self, act: FillType, page: Page, *, appends: bool) -> TypeCheck:
        type_, catalog = act.load.type, act.catalog
        edge, vertex = catalog.edges.get(type_), catalog.vertices.get(type_)
        pairs = edge.pairs if edge else ()
        needed = {v for pair in pairs for v in pair} | ({type_} if vertex and appends else set())
        return TypeCheck(
            type_, act.load.element, dict(catalog.properties(type_)),
            tuple(catalog.properties(type_)), act.load, act.options, vertex.key if vertex else None,
            tuple(EdgeEnds(p, _key_type(catalog, p[0]), _key_type(catalog, p[1])) for p in pairs),
            edge.multiplicity if edge else "many-to-many", TRAITS.strings.largest,
            {v: self._keys(page, v, catalog) for v in sorted(needed - self._known)},
        )  # fmt: skip

    def _keys(self, page: Page, type_: str, catalog: Catalog) -> ExistingKeys:
        assert self._folder, "there is a folder while there is a session"
        path, key = Path(self._folder.name) / f"keys-{type_}.csv", catalog.vertices[type_].key
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerows([["k"], *([row[key]] for row in page.rows.get(type_, ()))])
        return ExistingKeys(str(path), ",", '"')


def _key_type(catalog: Catalog, vertex: str) -> str:
    return catalog.vertices[vertex].properties[catalog.vertices[vertex].key]
