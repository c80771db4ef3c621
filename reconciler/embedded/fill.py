"""Bringing rows into a type: COPY and the check of every row go side by side in one transaction.

Engines lose and alter rows in silence (duplicate keys, dangling edges, long strings), so nothing is
committed before the check has found no fault and the engine holds as many rows as were checked.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from reconciler.contracts import Progress, StepFailed, Unanswered
from reconciler.embedded.checking import asked
from reconciler.embedded.client import LONGEST_S, STALL_S, Refused
from reconciler.embedded.dialect import Dialect
from reconciler.embedded.failures import carried_faults, failed, moved_files
from reconciler.embedded.recording import came_before, counted, recorded, with_widths
from reconciler.embedded.session import Session
from reconciler.loads.check import (
    CopyFile,
    TypeCheck,
    TypeReport,
    plan_copy,
)
from reconciler.model.catalog import Catalog
from reconciler.model.record import Record
from reconciler.model.step import Carry, FillType
from reconciler.model.traits import Strings
from reconciler.model.types import PropertyType

_BEAT_S = 0.5


@dataclass(frozen=True, slots=True)
class _Fill:
    """A fill under way."""

    act: FillType
    check: TypeCheck
    before: Record
    held: int  # rows of the type before
    widths: Mapping[str, int]
    live: Catalog  # as the engine tells it, in the order of its tables
    carry: Carry | None = None  # where rows come along, and no load brings them

    @property
    def replaces(self) -> bool:
        """Whether all rows of the type are those of this fill."""
        return self.held == 0


def fill(session: Session, act: FillType) -> Iterator[Progress]:
    """Do `act` in its unpublished copy. Raises StepFailed with every fault found."""
    session.open(session.folder.building(act.copy))
    reading = session.reading()
    assert reading.record, "a copy of ours has a record"
    if _is_done(act, reading.record):
        return
    yield from bring(session, act)


def bring(session: Session, act: FillType, carry: Carry | None = None) -> Iterator[Progress]:
    """Bring rows into a type of the copy that is open. Raises StepFailed with every fault found."""
    type_, reading = act.load.type, session.reading()
    assert reading.record, "a copy of ours has a record"
    size = sum(file.size for source in act.load.sources for file in source.files)
    while not session.has_turn(size, _BEAT_S):
        yield Progress(f"{type_} waits for another large load")
    held = 0 if act.fill.mode == "replace" else counted(session, act)
    record = reading.record
    if session.dialect.speech.ROWS_FIRST:
        if came := came_before(session, act, record):
            held = record.filling[type_]
            session.publish(recorded(act, record, held, came, carry))
            yield Progress(f"{type_} was loaded before", came, came)
            return
        record = replace(record, filling={type_: held})
        session.publish(record)
    check = asked(session, act, reading.catalog, appends=held > 0)
    under_way = _Fill(act, check, record, held, reading.widths, reading.catalog, carry)
    session.rows_checked = (0, 0)
    report: Future[TypeReport] = session.checker.submit(check)
    with ThreadPoolExecutor(1) as pool:
        yield from _run(session, under_way, report, pool)
    if act.load.element == "vertex":
        session.checked.add(type_)


def _is_done(act: FillType, record: Record) -> bool:
    """Whether a fill before a crash was this very one."""
    have = next((f for f in record.fills.get(act.load.type, ()) if f.load == act.fill.load), None)
    return have is not None and replace(have, rows=0) == replace(act.fill, rows=0)


def _run(
    session: Session, fill: _Fill, report: Future[TypeReport], pool: ThreadPoolExecutor
) -> Iterator[Progress]:
    try:
        yield from _bring(session, fill, report, pool)
    except RuntimeError as error:  # of the engine, its host, the checker, or a fault that was found
        if not isinstance(error, Unanswered):  # else there is nobody to tell
            _roll_back(session)
        failure = _failure(fill, report, error)
        if failure is error:
            raise
        raise failure from error


def _bring(
    session: Session, fill: _Fill, report: Future[TypeReport], pool: ThreadPoolExecutor
) -> Iterator[Progress]:
    type_, direct = fill.act.load.type, plan_copy(fill.check)
    if direct is None:
        yield from _checked(session, fill, report)
        direct = _clean(fill, report.result()).files
    copying = pool.submit(_copy, session, fill, direct)
    yield from _await(session, copying, f"loading {type_}")
    yield from _checked(session, fill, report)
    _clean(fill, report.result())  # a fault explains more than the engine's own words
    copying.result()
    widths = _wide_enough(session.dialect.traits.strings, fill, report.result())
    if widths is not None:
        yield Progress(f"{type_}: longer strings than expected, once more")
        session.host.ask("rollback")
        copying = pool.submit(_copy, session, fill, report.result().files or direct, widths)
        yield from _await(session, copying, f"loading {type_}")
        copying.result()
    loaded = _commit(session, fill, report.result(), widths or fill.widths)
    yield Progress(f"{type_} loaded", loaded, loaded, _left_out(report.result()))


def _failure(fill: _Fill, report: Future[TypeReport], error: RuntimeError) -> RuntimeError:
    """What to tell. A file that was changed explains whatever else went wrong with it."""
    type_, ended = fill.act.load.type, report.done() and not report.exception()
    if isinstance(error, StepFailed):
        return error
    if ended and (moved := moved_files(fill.act, report.result())):
        return StepFailed(*moved)
    match error:
        case Unanswered():
            return error
        case Refused():
            says = f"{type_}: the engine refuses the rows: {error}"
            return failed(fill.act.graph, "NE103", says)
        case _:
            return failed(fill.act.graph, "LD121", f"{type_}: {error}")


def _await(
    session: Session, work: Future[None] | Future[TypeReport], says: str
) -> Iterator[Progress]:
    """Beat while `work` goes on. The engine tells nothing on its way, the check beside it does."""
    while not work.done():
        with contextlib.suppress(TimeoutError):
            work.exception(timeout=_BEAT_S)
        done, total = session.rows_checked
        yield Progress(says, done or None, total or None)


def _checked(session: Session, fill: _Fill, report: Future[TypeReport]) -> Iterator[Progress]:
    """Wait for the check, which can be slower than the engine, but not for one that is stopped."""
    stopped_since: float | None = None
    begun = time.monotonic()
    for beat in _await(session, report, f"checking {fill.act.load.type}"):
        yield beat
        if time.monotonic() - begun > LONGEST_S:
            says = f"the checker of loads did not end within {LONGEST_S:.0f} s: pid"
            raise failed(fill.act.graph, "LD121", f"{says} {session.checker.pid}")
        if not session.checker.stopped:
            stopped_since = None
            continue
        stopped_since = stopped_since or time.monotonic()
        if time.monotonic() - stopped_since > STALL_S:
            says = f"the checker of loads is stopped (SIGSTOP): pid {session.checker.pid}"
            raise failed(fill.act.graph, "LD121", says)


def _roll_back(session: Session) -> None:
    try:
        session.host.ask("rollback")
    except (Refused, Unanswered):
        return  # the engine did it already, or it is done with the process that died


def _clean(fill: _Fill, report: TypeReport) -> TypeReport:
    if report.faults:
        address = str(fill.act.graph.key)
        told = carried_faults(fill.act.load, report.faults) if fill.carry else report.faults
        raise StepFailed(*(replace(fault, address=address) for fault in told))
    return report


def _copy(
    session: Session,
    fill: _Fill,
    files: tuple[CopyFile, ...],
    widths: Mapping[str, int] | None = None,
) -> None:
    """Bring the files in, inside a new transaction. With `widths` the type is made anew first."""
    act, host = fill.act, session.host
    host.ask("begin")
    for statement in _made_anew(session.dialect, fill, widths) if widths else ():
        host.ask("execute", query=statement, write=True)
    for file in files:
        statement = session.dialect.speech.copy_from(
            act.load.type, file.path, file.pair, file.delimiter, header=file.header
        )
        host.ask("execute", query=statement, write=True, limit=0)


def _made_anew(dialect: Dialect, fill: _Fill, widths: Mapping[str, int]) -> Iterator[str]:
    """The type with wider strings. It is empty, and so are the edge types that go with it."""
    type_, catalog = fill.act.load.type, fill.live
    types, spelled = dialect.types, dialect.speech.spelled
    yield types.drop(type_)
    yield types.create(type_, catalog, widths, spelled)
    if fill.act.load.element == "vertex":
        for edge in sorted(catalog.touching(type_)):
            yield types.create(edge, catalog, widths, spelled)


def _wide_enough(strings: Strings, fill: _Fill, report: TypeReport) -> Mapping[str, int] | None:
    """The widths to start over with, where the check found longer strings than were provided for.

    None when all fit.
    """
    if strings.smallest is None:
        return None
    type_ = fill.act.load.type
    short = {
        f"{type_}.{name}": strings.width_for(longest) or 0
        for name, longest in report.longest.items()
        if longest > fill.widths.get(f"{type_}.{name}", 0)
        and PropertyType.parse(fill.check.properties[name]).width is None
    }
    if not short:
        return None
    if not fill.replaces:
        says = (f"{type_}: a string is longer than its table is wide, and rows are only appended: "
                "load it anew")  # fmt: skip
        raise failed(fill.act.graph, "LD116", says)
    return {**fill.widths, **short}


def _commit(session: Session, fill: _Fill, report: TypeReport, widths: Mapping[str, int]) -> int:
    """Count what the engine holds; the record goes in with the rows, or nothing does."""
    act = fill.act
    if moved := moved_files(act, report):
        raise StepFailed(*moved)
    live = counted(session, act)
    if (came := live - fill.held) != report.rows:
        says = (f"{act.load.type}: the engine holds {came:,} rows of {report.rows:,} that were "
                "checked")  # fmt: skip
        raise failed(act.graph, "NE102", says)
    if act.expect and not act.expect.holds(live):
        says = f"{act.load.type}: {live:,} rows, which is not what `expect` says"
        raise failed(act.graph, "LD117", says)
    record = recorded(act, fill.before, fill.held, report.rows, fill.carry)
    record = with_widths(record, widths)
    if session.dialect.speech.ROWS_FIRST:
        session.host.ask("commit")
        session.checkpoint()
        session.publish(record)
        return report.rows
    session.write_record(record)
    session.host.ask("commit")
    return report.rows


def _left_out(report: TypeReport) -> str:
    """What was left out as the load asks for, counted."""
    told = [
        f"{number:,} {what}"
        for number, what in (
            (report.dropped, "dangling edges dropped"),
            (report.duplicates_skipped, "duplicate keys skipped"),
        )
        if number
    ]
    return ", ".join(told)
