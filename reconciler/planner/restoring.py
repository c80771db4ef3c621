"""A graph whose pointer was lost, as far as its copies and its server tell it."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.change import Action, Change
from reconciler.model.observed import LiveGraph, Pointer
from reconciler.model.policy import Restraint
from reconciler.model.step import Act, GraphAt, MarkGraph
from reconciler.model.wish import GraphWish
from reconciler.planner.case import Case


def restored_graph(wish: GraphWish, live: LiveGraph) -> LiveGraph:
    """A graph whose pointer was lost: what runs, or the only verified copy, tells it."""
    if live.pointer is not None:
        return live
    verified = sorted(id_ for id_, copy in live.copies.items() if copy.verified)
    if not verified:
        return live  # its first copy is not finished: nothing was ever published
    runs = live.unit.copy if live.unit and live.unit.copy in verified else verified[0]
    pointer = Pointer(
        live.uid, wish.key.name, wish.key.tenant, wish.owner, runs, wish.engine.mode,
        wish.settings, live.unit.port if live.unit else None, protect=wish.protect,
        engine=wish.engine.key.name, restraint=Restraint(wish.rules, live.suspended),
    )  # fmt: skip
    return replace(live, pointer=pointer)


def restored_alone(case: Case, at: GraphAt) -> tuple[Change, Act] | None:
    """Of a graph that is suspended nothing but its lost pointer is made: the next plan sees it."""
    pointer = case.live.pointer if case.live else None
    if pointer is None or not case.restored or pointer.restraint.suspended is None:
        return None
    change = Change(case.wish.key, Action.MARK, reason="its lost pointer is restored, suspended")
    return change, MarkGraph(at, pointer)
