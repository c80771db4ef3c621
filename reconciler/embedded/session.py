"""One graph being changed: a copy is built, filled type by type, verified and sealed.

Every step ends with a checkpoint: a database whose changes wait in the log comes up with narrow
strings. Each fill commits its rows together with its record, so that a crash repeats none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import Floor, Progress
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder, GraphFolder
from reconciler.embedded.client import Host, Refused
from reconciler.embedded.dialect import Reading
from reconciler.embedded.failures import failed, refused
from reconciler.embedded.lookup import Lookup, rows
from reconciler.embedded.settling import Settling, not_opened
from reconciler.embedded.verify import agrees, multiplicities, runs
from reconciler.loads.checker import Checker
from reconciler.model.catalog import Catalog
from reconciler.model.catalog_op import CatalogOp, CreateType, DropType
from reconciler.model.record import Record
from reconciler.model.step import Amend, BuildCopy, GraphAt, VerifyCopy
from reconciler.model.unit import Unit

_HEAVY_BYTES = 8 << 20
_QUICK_S = 120.0  # for what takes milliseconds, on a machine that is busy


class Session:
    """The work on one graph, with a host and, once rows are loaded, a checker of its own."""

    def __init__(self, lookup: Lookup, floor: Floor, graph: GraphAt) -> None:
        self._lookup = lookup
        self.dialect = lookup.dialect
        self.floor = floor
        self.graph = graph
        self._pool = lookup.pool
        self._version = graph.engine.version
        self.host: Host = self._pool.host(self._version)
        self._checker: Checker | None = None
        self._open: Path | None = None
        self.engine = EngineFolder(Path(graph.engine.place.location))
        self.folder: GraphFolder = self.engine.graph(graph.uid)
        self.trash = self.engine.path / ".trash"
        self._heavy = False
        self.rows_checked = (0, 0)  # of the check that runs: so far, and in all
        self.checked: set[str] = set()  # vertex types whose keys the checker knows

    @property
    def checker(self) -> Checker:
        """The checker of this session's loads."""
        if self._checker is None:
            self._checker = self._pool.checker()
            self._checker.listen(self._note)
        return self._checker

    def has_turn(self, size_bytes: int, wait_s: float) -> bool:
        """Whether `size_bytes` of files may be loaded now, after waiting at most `wait_s`.

        Where they are much one session loads at a time, until it is left: the memory of a check
        grows with its keys, and side by side they would pass any bound.
        """
        if size_bytes > _HEAVY_BYTES and not self._heavy:
            self._heavy = self._pool.heavy.acquire(timeout=wait_s)
            return self._heavy
        return True

    def _note(self, _type: str, rows: int, fraction: float) -> None:
        self.rows_checked = (rows, round(rows / fraction) if fraction else 0)

    def leave(self) -> None:
        """Let go of the host and the checker, and of our turn."""
        if self._heavy:
            self._pool.heavy.release()
            self._heavy = False
        self._pool.give_back(self._version, self.host)
        if self._checker is not None:
            self._checker.listen(None)
            self._pool.give_back_checker(self._checker)

    def build(self, act: BuildCopy, unit: Unit | None) -> Iterator[Progress]:
        """Make a copy and bring its catalog to what is wished, in one transaction."""
        path = self.folder.building(act.copy)
        if self._open == path:  # this step was begun before, by this very session
            self.close()
        folders.remove(path, self.trash)  # what a crash left under this name
        path.parent.mkdir(parents=True, exist_ok=True)
        record = act.record
        if record.base:
            at = act.origin or act.graph
            if at.engine.type == self.graph.engine.type:
                source = Settling(self._lookup, self.floor, at).settled(record.base, unit)
                state = self.dialect.files.state(source) or ""
                if act.base:
                    state = self._clone(source, path)
                    yield Progress(f"cloned from {act.base}")
            else:
                state = self.floor.origin(at).settle(record.base)
            record = replace(record, base_state=state)
        self.open(path)
        self._change(act.ops, act.catalog, record)

    def amend(self, act: Amend, unit: Unit) -> Iterator[Progress]:
        """Change what is being served, through its server."""
        self._connect(unit)
        yield Progress("through its server")
        live = self.reading().record
        record = act.record
        if live:
            record = replace(record, base=live.base, base_state=live.base_state)
        multiplicities(self.host, self.graph, act.catalog)
        for name, procedure in sorted(record.procedures.items()):
            if live is None or live.procedures.get(name) != procedure:
                runs(self.host, self.graph, name, procedure)
        self._change(act.ops, act.catalog, record)

    def open(self, path: Path, mode: str = "rw") -> None:
        """Open a database in the host, if it is not open there already."""
        if self._open != path or mode != "rw":
            try:
                self.host.ask("open", path=str(path), mode=mode, lease=str(self.floor.lease),
                              epoch=self.floor.epoch(), within_s=_QUICK_S)  # fmt: skip
            except Refused as error:
                raise not_opened(self._lookup, self.graph, path, error) from error
            self._open = path if mode == "rw" else None

    def close(self) -> None:
        """Close what is open in the host."""
        self.host.ask("close", within_s=_QUICK_S)
        self._open = None

    def reading(self) -> Reading:
        """What the open database holds."""
        return self.dialect.speech.read(self.host.ask("schema", within_s=_QUICK_S))

    def write_record(self, record: Record) -> None:
        """Replace our record, inside the open transaction."""
        schema = self.host.ask("schema", within_s=_QUICK_S)
        for statement in self.dialect.speech.record_swap(schema, record):
            self.host.ask("execute", query=statement, write=True)

    def verify(self, act: VerifyCopy) -> Iterator[Progress]:
        """Open the copy as a reader will, count it, run its tests, give it its lasting place."""
        path = self.folder.building(act.copy)
        if not path.exists() and self.folder.sealed(act.copy).exists():
            return  # sealed before a crash
        self.close()
        self.open(path, "r")
        reading = self.reading()
        assert reading.record, "a copy of ours has a record"
        agrees(self.graph, rows(self.host, reading.catalog), reading.record)
        multiplicities(self.host, self.graph, reading.catalog)
        for name, procedure in sorted(act.procedures.items()):
            yield Progress(f"testing {name}")
            runs(self.host, self.graph, name, procedure)
        self.close()
        sealed = self.folder.sealed(act.copy)
        sealed.parent.mkdir(exist_ok=True)
        path.rename(sealed)

    def _clone(self, source: Path, target: Path) -> str:
        try:
            return self.dialect.files.clone(source, target)
        except OSError as error:
            says = f"{source} cannot be cloned: {error.strerror}"
            raise failed(self.graph, "ST103", says, "apply again, when nobody writes") from error

    def _connect(self, unit: Unit) -> None:
        self._open = None
        self.host.ask("connect", url=f"http://{unit.address}", lease=str(self.floor.lease),
                      epoch=self.floor.epoch(), within_s=_QUICK_S)  # fmt: skip

    def _change(self, ops: tuple[CatalogOp, ...], catalog: Catalog, record: Record) -> None:
        """Types that go leave first, in a transaction and checkpoint of their own, if others come.

        One that is dropped and made again in one transaction comes back with its old rows at the
        checkpoint, and the checkpoint aborts the process where it has more properties than before.
        """
        widths = {address: width for address, (_, width) in record.strings.items()}
        spelled, told = self.dialect.speech.spelled, self.dialect.types.statements
        makes = any(isinstance(op, CreateType) for op in ops)
        drops = tuple(op for op in ops if makes and isinstance(op, DropType))
        if drops:
            self._transact(told(drops, catalog, widths, spelled), None)
        rest = tuple(op for op in ops if op not in drops)
        self._transact(told(rest, catalog, widths, spelled), record)
        found = self.reading().catalog
        if found.plain() != catalog.plain():
            says = "the engine's catalog is not what its statements should have made"
            raise failed(self.graph, "NE101", says)

    def publish(self, record: Record) -> None:
        """Write our record, in a transaction and checkpoint of its own."""
        self._transact(iter(()), record)

    def checkpoint(self) -> None:
        """Make all that was committed whole on the disk."""
        self.host.ask("execute", query="CHECKPOINT", write=True)

    def _transact(self, statements: Iterator[str], record: Record | None) -> None:
        self.host.ask("begin")
        try:
            for statement in statements:
                self.host.ask("execute", query=statement, write=True)
            if record:
                self.write_record(record)
            self.host.ask("commit")
        except Refused as error:
            self.host.ask("rollback")
            raise refused(self.graph, error) from error
        self.host.ask("execute", query="CHECKPOINT", write=True, within_s=_QUICK_S)
