"""What a plan may cost: ranges, what they rest on, and what past applies took. Facts, no people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.key import Key
from reconciler.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`, in whatever unit the field's name says."""

    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: Span) -> Span:
        return Span(self.low + other.low, self.high + other.high)

    def times(self, factor: Span) -> Span:
        """Both ends by those of `factor`."""
        return Span(self.low * factor.low, self.high * factor.high)

    def either(self, other: Span) -> Span:
        """Whichever of the two is larger: they are not there at once."""
        return Span(max(self.low, other.low), max(self.high, other.high))


NONE = Span()


@dataclass(frozen=True, slots=True)
class Rates:
    """What an engine does and needs where nothing was measured: a driver's answers, as data.

    Seconds are those of one step on two cores; memory is the engine's own, without gsctl's.
    """

    vertices_per_s: float = 300_000.0  # filled, every row checked beside
    edges_per_s: float = 400_000.0
    counted_per_s: float = 10_000_000.0
    vertex_disk_bytes: float = 120.0
    edge_disk_bytes: float = 60.0
    copy_disk_bytes: float = 4e6  # of a copy or clone, beside its new rows
    engine_memory_bytes: float = 100e6  # of an engine without rows
    vertex_memory_bytes: float = 200.0
    edge_memory_bytes: float = 120.0
    begin_s: float = 0.4  # the engine and the checker, paid once for the graphs of a plan
    build_s: float = 0.1
    fill_s: float = 0.05  # beside its rows
    verify_s: float = 0.05
    amend_s: float = 0.2
    switch_s: float = 0.3  # of a served graph: the old server ends, the new one answers
    start_s: float = 0.3
    mark_s: float = 0.01
    install_s: float = 20.0  # only where the runtime is not there yet


@dataclass(frozen=True, slots=True)
class Spent:
    """What steps of one sort took in one apply.

    `what` is the type that a fill fed (`Graph/packages.Package`), empty for other acts and where
    several were added up; `bytes` are those of the files that were read.
    """

    engine: str
    act: str
    seconds: float
    steps: int = 1
    what: str = ""
    element: str = ""
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured, for a plan to be estimated from. All of it may be missing."""

    spent: tuple[Spent, ...] = ()  # oldest first
    samples: Mapping[str, Span] = field(default_factory=dict)  # rows of a file, by its sha256
    free: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # location: disk, bytes
    missing: frozenset[tuple[str, str]] = frozenset()  # runtimes not installed: type, version


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one change, or a whole plan, may cost.

    `reads_pause` and `writes_pause` in seconds: how long a graph's clients cannot read, or must
    not write. `basis` says in words what the numbers rest on.
    """

    seconds: Span = NONE
    rows: Span = NONE
    read_bytes: int = 0  # of data files
    disk_bytes: Span = NONE  # needed beside what is there
    memory_bytes: Span = NONE  # of the engine's processes at their peak
    reads_pause_s: Span = NONE
    writes_pause_s: Span = NONE
    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rerun:
    """What is run again only because what it stands on changes: a load's types, or tests."""

    key: Key
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimates:
    """The costs of a plan: of each row, of the whole, and what does not fit.

    Every step's cost belongs to exactly one row, so the rows' rows and bytes add up to the whole.
    """

    whole: Estimate = Estimate()
    changes: Mapping[Key, Estimate] = field(default_factory=dict)
    steps: Mapping[str, Estimate] = field(default_factory=dict)  # by the step's id
    reruns: Mapping[Key, tuple[Rerun, ...]] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()
