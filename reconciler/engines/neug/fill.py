"""Bringing rows into a type: COPY and the check of every row go side by side in one transaction.

NeuG loses and alters rows in silence (duplicate keys, dangling edges, long strings), so nothing is
committed before the check has found no fault and the engine holds as many rows as were checked.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from reconciler.contracts import Progress, StepFailed, Unanswered
from reconciler.engines.neug import ddl
from reconciler.engines.neug.checking import asked
from reconciler.engines.neug.client import STALL_S, Refused
from reconciler.engines.neug.failures import failed, moved_files
from reconciler.engines.neug.lookup import rows
from reconciler.engines.neug.session import Session
from reconciler.engines.neug.traits import TRAITS
from reconciler.loads.check import (
    CopyFile,
    TypeCheck,
    TypeReport,
    plan_copy,
)
from reconciler.model.catalog import Catalog
from reconciler.model.record import Record
from reconciler.model.step import FillType
from reconciler.model.types import PropertyType

_BEAT_S = 0.5


@dataclass(frozen=True, slots=True)
class _Fill:
    """A fill under way."""

    act: FillType
    check: TypeCheck
    before: Record
    replaces: bool
    widths: Mapping[str, int]


def fill(session: Session, act: FillType) -> Iterator[Progress]:
    """Do `act` in its unpublished copy. Raises StepFailed with every fault found."""
    session.open(session.folder.building(act.copy))
    reading = session.reading()
    assert reading.record, "a copy of ours has a record"
    if _is_done(act, reading.record):
        return
    size = sum(file.size for source in act.load.sources for file in source.files)
    while not session.has_turn(size, _BEAT_S):
        yield Progress(f"{act.load.type} waits for another large load")
    replaces = act.fill.mode == "replace" or not reading.record.fills.get(act.load.type)
    check = asked(session, act, appends=not replaces)
    under_way = _Fill(act, check, reading.record, replaces, reading.widths)
    session.rows_checked = (0, 0)
    report: Future[TypeReport] = session.checker.submit(check)
    with ThreadPoolExecutor(1) as pool:
        yield from _run(session, under_way, report, pool)
    if act.load.element == "vertex":
        session.checked.add(act.load.type)


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
    widths = _wide_enough(fill, report.result())
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
    for beat in _await(session, report, f"checking {fill.act.load.type}"):
        yield beat
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
        raise StepFailed(*(replace(f, address=str(fill.act.graph.key)) for f in report.faults))
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
    for statement in _made_anew(act, widths) if widths else ():
        host.ask("execute", query=statement, write=True)
    for file in files:
        statement = ddl.copy_from(act.load.type, file.path, file.pair, file.delimiter,
                                  header=file.header)  # fmt: skip
        host.ask("execute", query=statement, write=True, limit=0)


def _made_anew(act: FillType, widths: Mapping[str, int]) -> Iterator[str]:
    """The type with wider strings. It is empty, and so are the edge types that go with it."""
    type_, catalog = act.load.type, act.catalog
    yield f"DROP TABLE {ddl.quoted(type_)}"
    yield ddl.create(type_, catalog, widths)
    if act.load.element == "vertex":
        yield from (ddl.create(edge, catalog, widths) for edge in sorted(catalog.touching(type_)))


def _wide_enough(fill: _Fill, report: TypeReport) -> Mapping[str, int] | None:
    """The widths to start over with, where the check found longer strings than were provided for.

    None when all fit.
    """
    type_ = fill.act.load.type
    short = {
        f"{type_}.{name}": TRAITS.strings.width_for(longest) or 0
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
    counted = rows(session.host, _only(act))[act.load.type]
    known = 0 if fill.replaces else fill.before.rows(act.load.type)
    if counted - known != report.rows:
        says = (f"{act.load.type}: the engine holds {counted - known:,} rows of {report.rows:,} "
                "that were checked")  # fmt: skip
        raise failed(act.graph, "NE102", says)
    if act.expect and not act.expect.holds(counted):
        says = f"{act.load.type}: {counted:,} rows, which is not what `expect` says"
        raise failed(act.graph, "LD117", says)
    session.write_record(_recorded(fill, report, widths))
    session.host.ask("commit")
    return report.rows


def _recorded(fill: _Fill, report: TypeReport, widths: Mapping[str, int]) -> Record:
    act = fill.act
    before = fill.before
    if fill.replaces:
        gone = {act.load.type} | set(
            act.catalog.touching(act.load.type) if act.load.element == "vertex" else ()
        )
        before = before.without_fills(gone)
    # An appending fill is recorded whole: `act.fill.rows` is what its load had brought before.
    known = 0 if fill.replaces else act.fill.rows
    record = before.with_fill(act.load.type, replace(act.fill, rows=known + report.rows))
    strings = {a: (text, widths.get(a, width)) for a, (text, width) in record.strings.items()}
    return replace(record, strings=strings)


def _only(act: FillType) -> Catalog:
    type_, catalog = act.load.type, act.catalog
    if act.load.element == "vertex":
        return Catalog({type_: catalog.vertices[type_]})
    return Catalog({}, {type_: catalog.edges[type_]})


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
