"""What a plan may cost, in words and as JSON. Ranges stay ranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gsctl.views.text import safe
from reconciler.model.estimate import Estimate, Rerun, Span
from reconciler.model.units import show_bytes, show_count, show_duration

_SHORT_S = 0.05
_BASES_TOLD = 8
_WORTH_A_WORD = 1 << 20  # bytes
WORTH_A_LINE_S = 2.0  # a change that costs less gets no line of its own


def estimated_line(whole: Estimate) -> str:
    """`Estimated: 12-18 s, 600 MiB of memory, 28 MiB of disk, reads pause 0.2-0.4 s.`."""
    return f"Estimated: {', '.join(parts(whole))}."


def parts(found: Estimate) -> Iterator[str]:
    """Its numbers, those that matter; memory and disk as what must be there at worst."""
    yield span_s(found.seconds)
    if found.memory_bytes.high >= _WORTH_A_WORD:
        yield f"{size(found.memory_bytes)} of memory"
    if found.disk_bytes.high >= _WORTH_A_WORD:
        yield f"{size(found.disk_bytes)} of disk"
    if found.reads_pause_s.high:
        yield f"reads pause {span_s(found.reads_pause_s)}"
    if found.writes_pause_s.high > found.reads_pause_s.high + _SHORT_S:
        yield f"writes {span_s(found.writes_pause_s)}"


def span_s(span: Span) -> str:
    """`12-18 s`, `0.2-0.4 s`, `up to 0.1 s`, `under 0.1 s`, `40 s-1 m 20 s`."""
    if span.high < _SHORT_S:
        return "under 0.1 s"
    if span.low < _SHORT_S:
        return f"up to {show_duration(span.high)}"
    low, high = show_duration(span.low), show_duration(span.high)
    if low == high:
        return high
    same_unit = low.count(" ") == high.count(" ") == 1 and low[-1] == high[-1]
    return f"{low.split()[0]}-{high}" if same_unit else f"{low}-{high}"


def size(span: Span) -> str:
    """What must be there at worst, to two or three digits: `140 MiB`, `1.3 GiB`."""
    number, unit = show_bytes(round(span.high)).split()
    short = f"{float(number):.1f}" if float(number) < 10 else f"{_rounded(float(number)):d}"
    return f"{short.removesuffix('.0')} {unit}"


def rows_told(span: Span) -> str:
    """`63,666 rows`, `about 1,000-1,200 rows`."""
    low, high = _rounded(span.low), _rounded(span.high)
    if low == high:
        told = show_count(high, "row")
        return told if span.low == span.high else f"about {told}"
    return f"about {low:,}-{high:,} rows"


def _rounded(number: float) -> int:
    """To three digits, where it is not exact anyway."""
    whole = round(number)
    unit = 10 ** max(0, len(str(whole)) - 3)
    return whole if whole == number else round(whole / unit) * unit


def cost_line(found: Estimate) -> str:
    """What one change costs, for the line under its row."""
    told = [rows_told(found.rows)] if found.rows.high else []
    seconds, *more = parts(found)
    return ", ".join([seconds, *told, *more])


def basis_told(found: Estimate) -> str:
    """On what the numbers rest, in words; of many the first."""
    kept = "; ".join(found.basis[:_BASES_TOLD])
    more = len(found.basis) - _BASES_TOLD
    return f"{kept}; and {more:,} more" if more > 0 else kept


def rerun_line(reruns: tuple[Rerun, ...]) -> str:
    """`runs again: Load/packages (DEPENDS_ON), Procedure/x (1 test)`."""
    told = (f"{rerun.key} ({', '.join(rerun.what)})" for rerun in reruns)
    return safe(f"runs again: {', '.join(told)}")


def estimate_plain(found: Estimate | None) -> dict[str, Any] | None:
    """For programs, by the contract's names; every range as its two ends."""
    if found is None:
        return None
    return {
        "rows": _span(found.rows, whole=True),
        "bytes": {"read": found.read_bytes, "disk": _span(found.disk_bytes, whole=True)},
        "seconds": _span(found.seconds),
        "peak_memory_bytes": _span(found.memory_bytes, whole=True),
        "read_gap_seconds": _span(found.reads_pause_s),
        "write_gap_seconds": _span(found.writes_pause_s),
        "basis": basis_told(found),
    }


def _span(span: Span, *, whole: bool = False) -> Mapping[str, float]:
    if whole:
        return {"low": round(span.low), "high": round(span.high)}
    return {"low": round(span.low, 3), "high": round(span.high, 3)}
