"""What an extension implements, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from reconciler.model.catalog import Catalog
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveEngine, LiveGraph, Pointer
from reconciler.model.problem import Problem
from reconciler.model.step import Act, GraphAt, Step
from reconciler.model.traits import Traits
from reconciler.model.unit import Unit, UnitSpec
from reconciler.model.wish import Place


class Substrate(Protocol):
    """Where units run. Units are found by their marks, from the live system alone."""

    def units(self) -> Sequence[Unit]:
        """Every unit of this owner and root, in key order."""
        ...

    def elsewhere(self) -> Sequence[Unit]:
        """Units of the same owner under another root: named, never touched."""
        ...

    def start(self, spec: UnitSpec, ready: Callable[[], bool], deadline_s: float) -> Unit:
        """Start a unit and wait until `ready`. Same name and spec twice is one unit.

        Raises:
            UnitFailed: it ended, or was not ready in time; with the last lines of its log.
        """
        ...

    def stop(self, unit: Unit, grace_s: float) -> None:
        """Ask a unit to end, and after `grace_s` make it."""
        ...

    def deaths(self, ended: Callable[[Unit], None]) -> Watch:
        """Something that calls `ended`, from any thread, for each watched unit that ends."""
        ...

    def logs(self, name: str, tail_lines: int, after: str = "") -> Written:
        """The last lines of a unit's log, or those written after an earlier answer's `place`."""
        ...

    def trim_logs(self) -> None:
        """Keep the units' logs bounded."""
        ...

    def free_port(self, name: str, preferred: int | None, taken: frozenset[int]) -> int:
        """A port for a unit: `preferred` where given, else one that follows from the name."""
        ...

    def keep_port(self, port: int) -> None:
        """A unit of ours is about to leave the port to the next one: nobody else takes it."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """Whole lines of a log, without line ends, and the place that they go up to."""

    lines: tuple[str, ...]
    place: str  # only its substrate reads it
    rest: str = ""  # beyond the place: a line that has no end yet

    @property
    def every(self) -> tuple[str, ...]:
        """Also the line that has no end yet."""
        return (*self.lines, self.rest) if self.rest else self.lines


class Watch(Protocol):
    """Tells of units that end."""

    def watch(self, units: Sequence[Unit]) -> None:
        """Watch these units and no others; one that is gone already is told at once."""
        ...

    def close(self) -> None:
        """Watch nothing any more."""
        ...


class UnitFailed(RuntimeError):
    """A unit did not come up; `log` holds the last lines that it wrote."""

    def __init__(self, says: str, log: Sequence[str] = ()) -> None:
        super().__init__(says)
        self.log = tuple(log)


class StepFailed(RuntimeError):
    """A step could not be done, for reasons that a person can act on."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.summary for problem in problems))
        self.problems = problems


class Unanswered(RuntimeError):
    """An engine, or a server, did not answer: what it keeps is unknown."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step is. `done` of `total` rows, where there is something to count.

    `note` is for the step's end: what a person should know of how it went.
    """

    says: str
    done: int | None = None
    total: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The answer to a query."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool = False  # rows were left out beyond a limit


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a graph answers, and how a user's program speaks with it."""

    address: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What a driver saw at one place. A graph in neither mapping is absent."""

    engine: LiveEngine | None
    graphs: Mapping[Key, LiveGraph] = field(default_factory=dict)
    unknown: Mapping[Key, Problem] = field(default_factory=dict)


class Origin(Protocol):
    """Where a graph answers that moves to an engine of another type: what only its driver knows.

    The driver of the engine that it moves to asks, while it makes the copy and while it switches.
    """

    def pointer(self) -> Pointer | None:
        """The pointer as it is now; None where there is none that can be read."""
        ...

    def settle(self, copy: str) -> str:
        """Bring all that was written to `copy` to the disk. Its state, for `was_written`.

        Raises:
            StepFailed: it is gone, or somebody writes to it.
        """
        ...

    def was_written(self, copy: str, state: str) -> bool:
        """Whether `copy` was written to since it was in that state. Its server has ended."""
        ...

    def left(self) -> AbstractContextManager[None]:
        """Nobody opens the database to write meanwhile. Raises StepFailed where somebody has."""
        ...

    def undone(self, failure: StepFailed, before: Pointer | None, *, serve: bool) -> StepFailed:
        """`failure`, once the graph answers again as `before` says, and what hinders that.

        With `serve` its server is started: one ran.
        """
        ...


def alone(graph: GraphAt) -> Origin:
    """The way to graphs of other types for a driver that stands alone: there is none."""
    raise AssertionError(f"{graph.key} comes from {graph.engine.type}, and nobody here knows that")


@dataclass(frozen=True, slots=True)
class Floor:
    """What a driver stands on: everything of the outside that it may use."""

    owner: Owner
    substrate: Substrate
    root_id: str
    root_path: Path
    scratch: Path | None  # for files that may vanish at any time
    lease: Path  # the file that holds the epoch
    epoch: Callable[[], int]  # of our lease; raises when it is lost
    runtime: Callable[[str], Path]  # requirement, such as `neug==0.3.0` -> its python
    origin: Callable[[GraphAt], Origin] = alone  # of a graph on an engine of another type


class Driver(Protocol):
    """One engine type. Reads and acts; it never decides."""

    traits: Traits

    def observe(self, key: Key, place: Place, units: Sequence[Unit]) -> Sight:
        """What lies at `place`. Reads only, and disturbs no writer.

        Raises:
            Unanswered: nobody can say what is there.
        """
        ...

    def count(self, graph: LiveGraph) -> LiveGraph:
        """The graph with the rows of its verified copies counted. Raises Unanswered."""
        ...

    def execute(self, step: Step) -> Iterator[Progress]:
        """Do a step; doing it twice is doing it once.

        Raises:
            StepFailed: it was not done; what it had begun is undone, or found by the next plan.
        """
        ...

    def leave(self, session: Key) -> None:
        """A session has ended, well or not: let go of what was kept open for it. Twice is once."""
        ...

    def close(self) -> None:
        """Let go of everything that was kept for the next session."""
        ...

    def statements(self, act: Act) -> Sequence[str]:
        """What the engine would be told for an act, for explaining a plan."""
        ...

    def faults(self, catalog: Catalog, queries: Mapping[str, str]) -> Mapping[str, str]:
        """Those of `queries` that do not fit `catalog`, with the reason. Touches no graph."""
        ...

    def query(  # noqa: PLR0913  what is asked, and within which bounds
        self, graph: LiveGraph, text: str, parameters: Mapping[str, Any], *, write: bool,
        limit: int, within_s: float = 3600.0,
    ) -> Table:  # fmt: skip
        """Ask a graph, for so many seconds at most.

        Raises StepFailed for what the engine refuses, Unanswered.
        """
        ...

    def export(self, graph: LiveGraph, folder: Path) -> Iterator[Path]:
        """Write each type to a CSV file that a Load can read back. Raises Unanswered.

        `Type.csv` has a header of properties; that of an edge type begins with `from` and `to`, the
        keys of both ends, and where it has several pairs there is one `Type.From.To.csv` a pair.
        """
        ...

    def endpoint(self, graph: LiveGraph) -> Endpoint | None:
        """Where the graph answers now."""
        ...


@runtime_checkable
class Leavable(Protocol):
    """A driver whose graphs can move to engines of another type, as `Traits.crosses` says."""

    def origin(self, graph: GraphAt) -> Origin:
        """Where a graph of this type answers."""
        ...
