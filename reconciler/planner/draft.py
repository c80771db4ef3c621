"""What a plan is made of, both sides whole, and what is gathered on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.plan import Bound, Drift, HeldGraph, Request
from reconciler.model.policy import Approval
from reconciler.model.problem import Problem
from reconciler.model.resource import Project
from reconciler.model.traits import Traits
from reconciler.model.wish import EngineWish, GraphWish
from reconciler.planner.order import Session
from reconciler.planner.policy import Policies


@dataclass(frozen=True, slots=True)
class World:
    """Both sides, whole, and what is asked."""

    project: Project
    engines: Mapping[Key, EngineWish]
    graphs: Mapping[Key, GraphWish]
    live: Snapshot
    traits: Mapping[str, Traits]
    request: Request = field(default_factory=Request)
    revision: str = ""
    notes: tuple[Problem, ...] = ()  # warnings of the documents, passed on
    foreign: Mapping[Key, LiveGraph] = field(default_factory=dict)  # that are taken over: as seen
    policies: Policies = field(default_factory=Policies)
    approvals: tuple[Approval, ...] = ()


@dataclass(slots=True)
class Draft:
    """What is gathered while going through the things in key order."""

    changes: list[Change] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    housekeeping: list[Session] = field(default_factory=list)
    held: list[HeldGraph] = field(default_factory=list)
    left: dict[Key, tuple[LiveEngine, ...]] = field(default_factory=dict)  # places to be left
    drift: list[Drift] = field(default_factory=list)
    bound: list[Bound] = field(default_factory=list)
    engines: dict[Key, EngineWish] = field(default_factory=dict)  # with their rules, as minded
    staying: set[Key] = field(default_factory=set)  # graphs that answer from where they do

    def stuck(self) -> Mapping[Key, Problem]:
        """What is blocked so far."""
        return {c.key: c.blocked for c in self.changes if c.blocked}
