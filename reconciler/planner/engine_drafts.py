"""Engines in a plan: the row and the session of each, and which of them stays for its graphs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.change import Action
from reconciler.model.key import Key
from reconciler.model.wish import Place
from reconciler.planner.adoption import wanted
from reconciler.planner.blocked import blocked, holding
from reconciler.planner.draft import Draft, World
from reconciler.planner.engines import engine_plan, left_places, shared_place
from reconciler.planner.ignoring import ignore_engine, ignored
from reconciler.planner.moves import leaving_places
from reconciler.planner.order import Session
from reconciler.planner.policy import changed_rules, engine_rules, restraint_of


def draft_engine(world: World, draft: Draft, key: Key) -> None:
    """Add an engine's row, its session, and the places that it is to leave."""
    if problem := world.live.unknown.get(key):
        draft.changes.append(blocked(key, problem))
        return
    wish, live = world.engines.get(key), world.live.engines.get(key)
    if wish and (problem := shared_place(wish, world.engines, live)):
        draft.changes.append(blocked(key, problem))
        return
    if wish:
        wish = replace(wish, rules=engine_rules(world.policies, wish))
        draft.bound += changed_rules(key, restraint_of(key, world.live), wish.rules)
        wish, fields = ignore_engine(wish, live, world.policies.ignored(key))
        draft.drift += ignored(key, fields)
        draft.engines[key] = wish
    change, acts = engine_plan(wish, live, world.project.owner, world.project.guard,
                               adopt=wish is not None and wanted(wish, world.request))  # fmt: skip
    if change:
        draft.changes.append(change)
    if left := left_places(wish, live):
        draft.left[key] = () if change and change.blocked else left
    takes = frozenset({f"engine:{key}"})
    draft.sessions.append(Session(key, acts, frozenset(), takes, leaves=wish is None))


def keep_engines(world: World, draft: Draft) -> None:
    """An engine's folder goes whole, so it stays while anything in it is not clear."""
    for number, change in enumerate(draft.changes):
        if change.key.kind != "Engine" or change.action is not Action.DELETE:
            continue
        if problem := holding(change.key, draft.changes, world.live):
            draft.changes[number] = blocked(change.key, problem)
            draft.sessions = [s for s in draft.sessions if s.key != change.key]
    for key, left in draft.left.items():
        stays = any(part.place in _kept_places(world, draft.staying) for part in left)
        if stays or holding(key, draft.changes, world.live):
            _stay(world, draft, key)
        else:
            draft.sessions += leaving_places(key, left)


def _kept_places(world: World, staying: Iterable[Key]) -> frozenset[Place]:
    graphs = (world.live.graphs[key] for key in staying)
    return frozenset(part.place for graph in graphs for part in (graph, *graph.elsewhere))


def _stay(world: World, draft: Draft, key: Key) -> None:
    """An engine that has its new place already keeps the old one too, as if it lay at one alone."""
    wish, live = draft.engines[key], world.live.engines[key]
    here = live.at(wish.place)
    if here is None or not here.ours:
        return
    change, acts = engine_plan(wish, replace(here, elsewhere=()), world.project.owner,
                               world.project.guard, adopt=False)  # fmt: skip
    draft.changes = [c for c in draft.changes if c.key != key] + ([change] if change else [])
    draft.sessions = [replace(s, acts=acts) if s.key == key else s for s in draft.sessions]
