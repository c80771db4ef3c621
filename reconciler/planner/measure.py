"""What one step may cost: an engine's usual rates, set right by what the like of it took here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.model.estimate import NONE, Evidence, Rates, Span, Spent
from reconciler.model.loading import TypeLoad
from reconciler.model.observed import LiveCopy
from reconciler.model.record import FillRecord
from reconciler.model.step import (
    Act,
    Amend,
    BuildCopy,
    CarryType,
    ClearGraph,
    ExportType,
    FillType,
    InstallRuntime,
    RemoveGraph,
    StartUnit,
    Step,
    Switch,
    VerifyCopy,
)

UNSURE = Span(0.7, 1.5)  # how far an engine's usual rates may be off
_SEEN_ONCE = Span(0.75, 1.35)
_SEEN_OFTEN = Span(0.9, 1.15)
LANES = 4  # graphs that are worked on at once, each by an engine of its own
_REMEMBERED = 8  # of each sort, the newest
_READ_OUT = 5  # times a count: a row that is written to a file
_SHORT_S = 0.005  # below that a clock tells little
_PLAIN_ROW_BYTES = Span(20, 120)  # of a line, where nobody looked


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows a fill brings, and how that is known."""

    number: Span
    basis: str


def rows_to_fill(act: FillType, serving: LiveCopy | None, evidence: Evidence) -> Rows:
    """From `expect`, else from what was loaded before, else from a look at the files."""
    if act.expect and act.expect.min is not None and act.expect.max is not None:
        return Rows(Span(act.expect.min, act.expect.max), "rows as `expect` says")
    found = _recorded(act, serving) or _sampled(act.load, evidence)
    if act.options.limit is None or act.load.element == "edge":
        return found
    most = act.options.limit * sum(len(source.files) for source in act.load.sources)
    return Rows(Span(min(found.number.low, most), min(found.number.high, most)), found.basis)


def rows_moved(act: Act, serving: LiveCopy | None, evidence: Evidence) -> Rows | None:
    """The rows that an act brings into a copy, or reads out of one; None where it moves none."""
    match act:
        case FillType():
            return rows_to_fill(act, serving, evidence)
        case ExportType() | CarryType():
            return Rows(Span(act.carry.rows, act.carry.rows), "rows as counted")
        case _:
            return None


def _recorded(act: FillType, serving: LiveCopy | None) -> Rows | None:
    record = serving.record if serving else None
    fills = record.fills.get(act.load.type, ()) if record else ()
    known = next((f for f in fills if f.load == act.fill.load and f.rows), None)
    if known is None:
        return None
    before, now = _sizes(known), read_sizes(act.load)
    if before == now:
        return Rows(Span(known.rows, known.rows), "rows as recorded")
    size = sum(before.values())
    if not size:
        return None
    rows = known.rows * sum(now.values()) / size
    return Rows(Span(0.95 * rows, 1.05 * rows), "rows as dense as those loaded before")


def _sizes(fill: FillRecord) -> Mapping[str, int]:
    return {f.sha256: f.size for source in fill.sources for f in source.files}


def read_sizes(load: TypeLoad) -> Mapping[str, int]:
    """The bytes of each file that a fill reads, by its sha256."""
    return {file.sha256: file.size for source in load.sources for file in source.files}


def _sampled(load: TypeLoad, evidence: Evidence) -> Rows:
    rows, guessed = NONE, False
    for sha, size in read_sizes(load).items():
        found = evidence.samples.get(sha)
        guessed = guessed or found is None
        rows += found or Span(size / _PLAIN_ROW_BYTES.high, size / _PLAIN_ROW_BYTES.low)
    return Rows(rows, "rows guessed from sizes" if guessed else "rows from a look at the files")


def usual_s(  # noqa: PLR0911  one line for each sort of act
    rates: Rates, act: str, element: str, rows: float, steps: int = 1
) -> float:
    """Seconds by an engine's usual rates. `act` is the name of the act's class."""
    match act:
        case "BuildCopy":
            return steps * rates.build_s + min(steps, LANES) * rates.begin_s
        case "ExportType":
            return steps * rates.mark_s + rows / rates.counted_per_s * _READ_OUT
        case "FillType" | "CarryType":
            rate = rates.edges_per_s if element == "edge" else rates.vertices_per_s
            return steps * rates.fill_s + rows / rate
        case "VerifyCopy":
            return steps * rates.verify_s + rows / rates.counted_per_s
        case "Switch":
            return steps * rates.switch_s
        case "StartUnit" | "RemoveGraph" | "ClearGraph":
            return steps * rates.start_s
        case "Amend":
            return steps * rates.amend_s
        case "InstallRuntime":
            return steps * rates.install_s
        case _:
            return steps * rates.mark_s


@dataclass(frozen=True, slots=True)
class Experience:
    """How much slower than usual, or faster, the steps of the past were; by how alike they are."""

    _alike: Mapping[tuple[str, ...], list[float]] = field(repr=False)

    @classmethod
    def of(cls, spent: Iterable[Spent], rates: Mapping[str, Rates]) -> Experience:
        """From past applies, oldest first. What took next to no time tells nothing."""
        alike: dict[tuple[str, ...], list[float]] = {}
        for one in spent:
            usual = usual_s(rates.get(one.engine, Rates()), one.act, one.element, one.rows,
                            one.steps)  # fmt: skip
            if one.seconds < _SHORT_S * one.steps or one.act == "InstallRuntime":
                continue
            sort = (one.engine, one.act, one.element)
            alike.setdefault(sort, []).append(one.seconds / usual)
            if one.what:
                alike.setdefault((*sort, one.what), []).append(one.seconds / usual)
        return cls(alike)

    def factor(self, engine: str, act: str, element: str = "", what: str = "") -> tuple[Span, str]:
        """What to multiply the usual seconds with, and on what that rests, in words."""
        for name in ((engine, act, element, what), (engine, act, element)):
            if found := self._alike.get(name, [])[-_REMEMBERED:]:
                sure = _SEEN_ONCE if len(found) == 1 else _SEEN_OFTEN
                times = "once" if len(found) == 1 else f"{len(found)} times"
                told = f"{what if len(name) == 4 else _word(act, element)} took here {times}"
                return Span(min(found), max(found)).times(sure), f"time as {told}"
        return UNSURE, f"time by {engine}'s usual rates"


def _word(act: str, element: str) -> str:
    words = {"FillType": f"a load of {'edges' if element == 'edge' else 'vertices'}",
             "CarryType": "rows carried over", "ExportType": "rows read out",
             "BuildCopy": "a copy", "VerifyCopy": "a verification", "Switch": "a switch",
             "StartUnit": "a start", "Amend": "a change through the server"}  # fmt: skip
    return words.get(act, "the like of it")


def sort_of(act: Act) -> tuple[str, str, str]:
    """Class, element and type of an act, as past applies are remembered."""
    if isinstance(act, FillType):
        return "FillType", act.load.element, f"{act.graph.key}.{act.load.type}"
    if isinstance(act, ExportType | CarryType):
        return type(act).__name__, act.carry.element, f"{act.graph.key}.{act.carry.type}"
    if isinstance(act, Switch) and act.pointer.mode != "served":
        return "MarkGraph", "", ""  # two folders change their names
    if isinstance(act, RemoveGraph) and act.mode != "served":
        return "MarkGraph", "", ""
    return type(act).__name__, "", ""


def engine_of(act: Act) -> str:
    """The engine type that does an act; empty where none is concerned."""
    graph = getattr(act, "graph", None)
    if graph is not None:
        return str(graph.engine.type)
    return act.type if isinstance(act, InstallRuntime) else ""


def pauses_reads(act: Act, *, relayed: bool) -> bool:
    """Whether nobody can read the graph while `act` is done. `relayed`: a relay of its runs."""
    if relayed and isinstance(act, Switch) and act.pointer.settings.relay:
        return False  # the new server is up before the old one goes
    return leaves_copy(act)


def leaves_copy(act: Act) -> bool:
    """Whether a server of the graph ends with `act`."""
    served = isinstance(act, Switch) and act.pointer.mode == "served"
    return served or isinstance(act, StartUnit)


def between(steps: Sequence[Step]) -> Sequence[Step]:
    """The steps of a graph that goes before it comes anew, until it answers; else none."""
    cleared = [n for n, step in enumerate(steps) if isinstance(step.act, ClearGraph)]
    answers = [n for n, step in enumerate(steps) if isinstance(step.act, Switch)]
    return steps[cleared[0] : answers[-1] + 1] if cleared and answers else ()


def begins_fence(act: Act) -> bool:
    """Whether what clients write from here on would be lost."""
    return isinstance(act, BuildCopy | Amend)


def counts_rows(act: Act) -> bool:
    """Whether an act goes through all rows of its copy."""
    return isinstance(act, VerifyCopy)
