"""One graph, with all that its plan depends on; and the plan that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model.change import Change, Route
from reconciler.model.observed import LiveCopy, LiveGraph
from reconciler.model.plan import Request
from reconciler.model.problem import Problem
from reconciler.model.step import (
    Act,
    GraphAt,
    RemoveGraph,
)
from reconciler.model.traits import Traits
from reconciler.model.wish import GraphWish
from reconciler.planner.target import Distance


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the plan of one graph depends on."""

    wish: GraphWish
    live: LiveGraph | None
    traits: Traits
    request: Request
    now: float
    uid: str
    restored: bool = False  # the pointer is our conclusion, and is to be written
    origin: GraphAt | None = None  # where the graph answers, if it is wished elsewhere
    begun: LiveGraph | None = None  # what a move made there before it was interrupted
    left: tuple[RemoveGraph, ...] = ()  # what lies of it at other places, and goes in the end
    applied: str = ""  # a digest of the wish as declared

    @property
    def serving(self) -> LiveCopy | None:
        """The copy that answers now."""
        return self.live.serving if self.live else None

    @property
    def rebuild(self) -> bool:
        """Whether a fresh copy was asked for."""
        return self.wish.key in self.request.rebuild

    @property
    def clones(self) -> bool:
        """Whether a copy can begin as a clone of the one that serves."""
        return self.traits.clones and not self.crosses

    @property
    def crosses(self) -> bool:
        """Whether it moves to an engine of another type: by files, and none of its copies as is."""
        return self.origin is not None and self.origin.engine.type != self.wish.engine.type

    @property
    def recreates(self) -> bool:
        """Whether what answers is to go before a copy is made. A move makes one elsewhere."""
        return self.wish.settings.strategy == "recreate" and self.origin is None

    @property
    def target(self) -> LiveGraph | None:
        """What lies of the graph where it is wished."""
        return self.begun if self.origin else self.live


@dataclass(frozen=True, slots=True)
class GraphPlan:
    """The plan of one graph, before guards and order."""

    route: Route
    changes: tuple[Change, ...] = ()
    acts: tuple[Act, ...] = ()
    housekeeping: tuple[Act, ...] = ()
    problems: tuple[Problem, ...] = ()
    far: Distance | None = field(default=None, repr=False)  # from the copy that serves


def graph_at(case: Case) -> GraphAt:
    """The graph, for its steps."""
    return GraphAt(case.wish.key, case.wish.owner, case.uid, case.wish.engine)
