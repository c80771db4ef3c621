"""What must come to be once nothing fails any more: everything as declared, and then no act."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.loop.recent import WINDOW_S
from reconciler.model.change import Action
from reconciler.model.key import Key
from reconciler.model.plan import Plan, Request
from reconciler.model.wish import GraphWish
from reconciler.planner.policy import Policies

from .coordinator import Coordinator
from .documents import THEIRS

if TYPE_CHECKING:
    from .story import Story

LONGEST_S = 2 * WINDOW_S  # the longest wait of all, and as much for what it uncovers
TURNS = 150


def check_calm(story: Story) -> None:
    """The world calms down; a person allows what only people may; then all is as declared."""
    story.faults.rates = dict.fromkeys(story.faults.rates, 0.0)
    story.world.hidden.clear()
    story.world.skew = 0.0
    if story.chance.random() < 0.8:
        story.world.cursed.clear()
        story.world.frail.clear()
    if story.documents.broken:
        story.documents = next((d for d in reversed(story.history) if not d.broken), None) \
            or replace(story.documents, broken=False)  # fmt: skip
    broken = story.world.cursed | story.world.frail
    story.say(f"all is calm; broken: {sorted(map(str, broken)) or 'nothing'}")
    story.world.starts.clear()
    began = story.world.now
    _until_quiet(story)
    _check_starts(story, story.world.now - began)
    plan = _whole(story)
    _check_answers(story, _left(story, plan))
    story.world.cursed.clear()
    story.world.frail.clear()
    _allow(story)
    _until_quiet(story)
    _check_done(story)


def _until_quiet(story: Story) -> None:
    """Turns until twice nothing is left to do that may be done; then no act follows."""
    began, quiet, acts = story.world.now, 0, story.world.acts
    for _ in range(TURNS):
        who = story.pair[0] if story.pair[0].turns or not story.pair[1].turns else story.pair[1]
        pause = who.turn()
        quiet = quiet + 1 if _is_quiet(story, who) and acts == story.world.acts else 0
        acts = story.world.acts
        if quiet == 2:
            return
        assert story.world.now - began < LONGEST_S, f"no end: {_told(who)}"
        story.let_pass(pause)
    raise AssertionError(f"no end after {TURNS} turns: {_told(who)}")


def _check_starts(story: Story, seconds: float) -> None:
    """Frail servers are started after 1, 2, 4 … s: so many fit, and some where leaders change."""
    most = 4 + math.log2(1 + seconds) + seconds / LONGEST_S
    assert all(count <= most for count in story.world.starts.values()), story.world.starts


def _is_quiet(story: Story, who: Coordinator) -> bool:
    tick = who.last
    return tick is not None and tick.result in ("settled", "refused") and not (
        tick.waiting.keys() - story.world.cursed - story.world.frail)  # fmt: skip


def _told(who: Coordinator) -> str:
    tick = who.last
    return f"{tick.result} {tick.problems} {dict(tick.waiting)}" if tick else "nobody leads"


def _whole(story: Story) -> Plan:
    """What anybody would be shown now."""
    return story.ground("somebody").plan(Request()).plan


def _left(story: Story, plan: Plan) -> frozenset[Key]:
    """What need not be as declared yet: it waits for people, or for what is broken."""
    own = {one.session for one in plan.withheld} | {one.key for one in plan.held}
    own |= {ask.session for ask in plan.asks} | story.world.cursed | story.world.frail
    own |= {change.key for change in plan.changes if change.blocked}
    refused = {problem.address for problem in plan.refusals}
    wishes = story.documents.graphs
    own |= {key for key in (*wishes, *story.documents.engines) if str(key) in refused}
    grown = True
    while grown:
        more = {key for key, wish in wishes.items()
                if key not in own and own & {wish.engine.key, *wish.needs}}  # fmt: skip
        grown = bool(more)
        own |= more
    return frozenset(own)


def _allow(story: Story) -> None:
    """A person agrees to everything, in the order in which it can be agreed to."""
    for who in story.pair:
        who.die()
    story.documents = replace(story.documents, policies=Policies())
    asleep = frozenset(g.key for g in story.world.ours() if g.pointer.restraint.suspended)
    if asleep:
        story.person(Request(resume=asleep, by="me"))
    for _ in range(4):  # a graph that is released changes only in the plan after
        plan = _whole(story)
        if not (plan.steps or plan.held or plan.withheld or plan.refusals):
            break
        held = frozenset(one.key for one in plan.held)
        story.person(Request(allow_deletes=True, unhold=held))
    story.say("all is allowed")


def _check_done(story: Story) -> None:
    """Only what is not ours stays, and what a Policy bound that went together with its things."""
    plan = _whole(story)
    blocks = {change.key: change.blocked.code for change in plan.changes if change.blocked}
    wished = story.documents.graphs.keys() | story.documents.engines.keys()
    waits = {one.session for one in plan.withheld}
    bound = {one.session for one in plan.withheld if one.reason != "Dependency"}
    assert set(blocks.values()) <= {"DS107", "ST101"}, f"blocked: {plan.problems}"
    todo = [f"{c.key} {c.action}" for c in plan.changes if c.action is not Action.BLOCKED]
    assert not todo, f"left to do: {todo}"
    assert not plan.steps, "left to do"
    assert not plan.refusals, f"refused: {plan.refusals}"
    assert not plan.held, "somebody still holds back"
    assert not bound & wished, "somebody still withholds"
    stays = frozenset(blocks) | waits
    _check_answers(story, stays)
    lives = {graph.key for graph in story.world.ours()}
    lives |= {key for key, engine in story.world.memory.engines.items() if engine.ours}
    assert lives - stays <= wished, "what nobody wishes lives"


def _check_answers(story: Story, left: Iterable[Key]) -> None:
    """Everything that is wished and need not wait answers as declared."""
    answering = {graph.key: graph for graph in story.world.ours()}
    for key, wish in story.documents.graphs.items():
        if key in left or key == THEIRS[1]:
            continue
        assert key in answering, f"{key} is not there"
        graph = answering[key]
        copy = graph.copies[graph.pointer.copy]
        assert copy.catalog.plain() == wish.catalog.plain(), f"{key} has other types"
        assert graph.place == wish.engine.place, f"{key} is elsewhere"
        served = wish.engine.mode == "served"
        up = graph.unit is not None and graph.unit.state == "up"
        assert up == served, f"{key} is not served as wished"
        assert not served or graph.unit.copy == graph.pointer.copy, f"{key} answers from another"
        assert not served or (graph.relay is not None) == wish.settings.relay, f"{key}: its relay"
        _check_rows(key, wish, copy.rows)


def _check_rows(key: Key, wish: GraphWish, rows: dict[str, int]) -> None:
    for load in wish.loads:
        for content in load.types:
            brought = sum(file.size for source in content.sources for file in source.files)
            assert rows.get(content.type, 0) >= brought, f"{key} lacks rows of {content.type}"
