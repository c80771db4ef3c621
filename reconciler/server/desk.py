"""All that the API stands on for one environment, put together by whoever keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.api import Planned
from reconciler.loop.bell import Bell
from reconciler.loop.orders import Orders
from reconciler.model.change import Change
from reconciler.model.estimate import Estimate
from reconciler.model.event import Event
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.server.asking import Asking
from reconciler.server.audit import Audit
from reconciler.server.auth import Gate
from reconciler.server.feed import Feed
from reconciler.server.history import History
from reconciler.server.metrics import Metrics
from reconciler.server.window import Window


@dataclass(frozen=True, slots=True)
class Words:
    """How things are spelled: as the command line's JSON has them."""

    plan: Callable[[Planned], Mapping[str, Any]]
    problem: Callable[[Problem], Mapping[str, Any]]
    event: Callable[[Event], tuple[str, Mapping[str, Any]]]
    version: str


@dataclass(frozen=True, slots=True)
class Phrases:
    """What pages say of a plan, in the very words of the command line; no line has a colour."""

    row: Callable[[Change], tuple[str, tuple[str, ...]]]  # its sign, and the lines beside it
    cost: Callable[[Estimate], str]
    sum: Callable[[Plan], str]
    problem: Callable[[Problem], str]
    policies: Callable[[Plan], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a request about an environment is answered from."""

    environment: str
    window: Window
    bell: Bell
    orders: Orders
    words: Words
    gate: Gate
    metrics: Metrics
    audit: Audit
    asking: Asking
    feed: Feed
    history: History
    folders: tuple[str, ...] = ()  # that are followed, where all documents lie in folders
