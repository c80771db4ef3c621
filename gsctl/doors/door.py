"""What commands ask of what lives: on this machine, or of a coordinator. They cannot tell which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gsctl.requests import words_of
from reconciler.model.key import Key
from reconciler.model.plan import Request

if TYPE_CHECKING:
    from gsctl.views.progress import Narrator
    from reconciler.api import Applied, Planned
    from reconciler.contracts import Endpoint, Table
    from reconciler.ledger import Run
    from reconciler.model.policy import Approval
    from reconciler.model.step import Step
    from reconciler.saved import SavedPlan
    from reconciler.things import Thing
    from reconciler.trials import Trial
    from reconciler.why import Story


@dataclass(frozen=True, slots=True)
class Way:
    """How to go about a change."""

    request: Request
    nothing: bool = False  # wish for nothing: destroy
    approved: bool = False  # nobody need be asked
    wait_s: float = 0.0  # for the lease
    parallel: int = 4
    saved: SavedPlan | None = None  # exactly this, or nothing

    @property
    def words(self) -> str:
        """The command that goes about it so."""
        return words_of(self.request, nothing=self.nothing)


@dataclass(frozen=True, slots=True)
class Question:
    """A query of a graph, which is named as people name it."""

    graph: str
    cypher: str
    given: Mapping[str, Any] = field(default_factory=dict)
    write: bool = False
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class Lines:
    """Which lines of a log: the last so many, of the relay instead of the server, and on."""

    tail: int
    relay: bool = False
    follow: bool = False


class Door(Protocol):
    """All of these raise Stop for what a person can act on."""

    def look(self) -> tuple[Planned, tuple[Thing, ...]]:
        """Everything that is wished or lives, in key order. Raises NoProject."""
        ...

    def plan(self, request: Request, *, nothing: bool = False) -> Planned:
        """Desired x live, of the documents that are kept there: what is to be acted on."""
        ...

    def propose(self, request: Request, *, explain: bool) -> Planned:
        """The same, to be looked at, of the documents that are here."""
        ...

    def statements(self, step: Step) -> tuple[str, ...]:
        """What the engine would be told for a step of the last story, or proposal to `explain`."""
        ...

    def why(self, address: str) -> Story:
        """Why a thing, or a part of it, is as it is. Raises NoProject."""
        ...

    def endpoint(self, graph: str) -> Endpoint:
        """Where a graph answers now."""
        ...

    def log(self, graph: str, wanted: Lines) -> Iterable[str]:
        """What its server wrote."""
        ...

    def runs(self) -> tuple[Run, ...]:
        """The applies of the past, oldest first, as far as they are kept."""
        ...

    def query(self, question: Question) -> Table:
        """Rows of a graph."""
        ...

    def call(self, procedure: str, texts: Mapping[str, str], limit: int) -> Table:
        """Rows of a procedure as it was applied; its parameters as text."""
        ...

    def tests(self, procedure: str | None) -> tuple[Trial, ...]:
        """What the declared tests of an applied procedure come to; None: of all."""
        ...

    def export(self, graph: str, out: Path) -> Iterator[Path]:
        """Write a graph's rows into a folder, then the Load that reads them back: each as written.

        Makes the folder, once there is something to write.
        """
        ...

    def approve(self, planned: Planned, key: Key | None, for_s: float) -> tuple[Approval, ...]:
        """Agree to what that plan asks for a thing; None: all of it."""
        ...

    def await_turn(self, way: Way) -> None:
        """Before a plan to act on: wait while somebody else writes."""
        ...

    def act(self, planned: Planned, way: Way, told: Narrator) -> Applied:
        """Do what was shown. Raises WorldChanged where that is another plan by now."""
        ...

    def after(self, way: Way) -> Planned | None:
        """A plan of everything anew, to prove what was done; None where others prove it."""
        ...

    def close(self) -> None:
        """Let go of what was kept for later."""
        ...
