"""Laws of what holds changes back: whatever the Policies, nothing is lost and nothing slips by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ENGINE, GRAPH, OWNER, PROJECT, engine, wishes

from reconciler.engines.neug import TRAITS
from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.change import Action
from reconciler.model.key import Key
from reconciler.model.plan import Request
from reconciler.model.policy import (
    APPROVALS,
    Approval,
    Opening,
    Restraint,
    Rules,
    Select,
    Suspension,
)
from reconciler.model.wish import GraphWish, Place, Settings
from reconciler.planner import World, make_plan
from reconciler.planner.policy import Policies, PolicyWish
from reconciler.planner.windows import opens
from reconciler.testing.memory import MemoryWorld

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()  # a Monday
ALLOW = Request(allow_deletes=True)
GROUPS = [
    (Opening("allow", "0 12 * * *", 3600, "UTC"),),
    (Opening("allow", "0 22 * * *", 3600, "UTC"),),
    (Opening("deny", "0 11 * * 1", 7200, "Europe/Berlin"),),
]


@st.composite
def rules(draw) -> Rules:
    groups = draw(st.lists(st.sampled_from(GROUPS), max_size=2, unique=True))
    return Rules(draw(st.sampled_from(APPROVALS)), tuple(sorted(groups)), draw(st.booleans()))


@st.composite
def some_policies(draw) -> Policies:
    kinds = st.sampled_from([(), ("Graph",), ("Engine",), ("Load",), ("Procedure",)])
    paths = st.sampled_from([(), ("keepPrevious", "vertices.*.properties.*"), ("vertices.*",)])
    found = [
        PolicyWish(Key("default", "Policy", f"p{n}"), Select(kinds=draw(kinds)), draw(rules()),
                   draw(paths), draw(st.sampled_from(["fix", "report"])))
        for n in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    return Policies(tuple(found))


def made(wish, live, policies=None, request=ALLOW, approvals=()):
    engines, graphs = ({ENGINE: wish.engine}, {GRAPH: wish}) if wish else ({}, {})
    return make_plan(World(PROJECT, engines, graphs, live, {"neug": TRAITS}, request,
                           policies=policies or Policies(), approvals=tuple(approvals)))  # fmt: skip


def applied(world: MemoryWorld, wish, policies=None) -> None:
    for step in made(wish, world.snapshot(NOW), policies).steps:
        world.do(step.act)


def rows(changes) -> list[tuple[str, str]]:
    return sorted((str(c.key), str(c.action)) for c in changes if c.action is not Action.MARK)


@given(rules(), rules(), rules())
def test_the_stricter_is_a_join(a: Rules, b: Rules, c: Rules) -> None:
    assert a.with_(b) == b.with_(a)
    assert a.with_(a) == a
    assert a.with_(b).with_(c) == a.with_(b.with_(c))
    strictest = max(APPROVALS.index(a.approve), APPROVALS.index(b.approve))
    assert APPROVALS.index(a.with_(b).approve) == strictest
    assert a.with_(b).suspend == (a.suspend or b.suspend)
    both = opens(a.with_(b).windows, NOW)
    alone = opens(a.windows, NOW)
    assert both is None or (alone is not None and both >= alone)


@settings(max_examples=150)
@given(wishes(), st.none() | wishes(), some_policies(), st.booleans())
def test_what_is_withheld_and_what_is_done_are_the_whole(first, second, policies, begun) -> None:
    world = MemoryWorld(OWNER)
    if begun:
        applied(world, first)
    only_rules = Policies(tuple(replace(w, ignore=(), heal="fix") for w in policies.wishes))
    live = world.snapshot(NOW)
    whole, held = made(second, live), made(second, live, only_rules)
    waiting = [one.change for one in held.withheld]
    assert rows(whole.changes) == rows((*held.changes, *waiting))
    stopped = {one.session for one in held.withheld}
    acts = {c.key: c.action for c in whole.changes if c.action is not Action.MARK}
    if ENGINE in stopped and acts.get(GRAPH, Action.DELETE) is not Action.DELETE:
        assert GRAPH in stopped, "what stands on something that waits, waits"
    if GRAPH in stopped and acts.get(ENGINE) is Action.DELETE:
        assert ENGINE in stopped, "what something that waits stands on stays"
    own = {step.id for step in whole.steps}
    for step in held.steps:
        assert step.session not in stopped or step.id not in own or "Mark" in step.id \
            or "CreateEngine" in step.id, "a step of what waits"  # fmt: skip
        assert step.waits <= {other.id for other in held.steps}


@settings(max_examples=150)
@given(wishes(), st.none() | wishes(), some_policies())
def test_a_rule_that_was_applied_binds_until_an_apply_has_taken_it_back(
    first, second, policies
) -> None:
    policies = Policies(tuple(replace(w, ignore=(), heal="fix") for w in policies.wishes))
    world = MemoryWorld(OWNER)
    applied(world, first)
    applied(world, first, policies)
    live = world.snapshot(NOW)
    with_it, without = made(second, live, policies), made(second, live)
    kept = {k for k, e in live.engines.items() if e.restraint.rules}
    kept |= {k for k, g in live.graphs.items() if g.pointer and g.pointer.restraint.rules}
    for one in with_it.withheld:
        own = one.reason not in ("Together", "Dependency")  # a new Load may be bound anew
        if one.session in kept and own and one.change.key in (ENGINE, GRAPH):
            assert one.change.key in {w.change.key for w in without.withheld}


@settings(max_examples=150)
@given(wishes(), st.none() | wishes(), some_policies())
def test_what_is_ignored_hides_no_delete_and_is_always_listed(first, second, policies) -> None:
    world = MemoryWorld(OWNER)
    applied(world, first)
    leaves = Policies(tuple(replace(w, rules=Rules(), heal="fix") for w in policies.wishes))
    live = world.snapshot(NOW)
    whole, left = made(second, live), made(second, live, leaves)
    deletes = {c.key for c in whole.changes if c.action is Action.DELETE}
    assert deletes <= {c.key for c in left.changes if c.action is Action.DELETE}
    told = {f.path for d in left.drift for f in d.change.fields}
    after = {f.path for c in left.changes for f in c.fields}
    for change in whole.changes:
        if change.key == GRAPH:
            lost = {f.path for f in change.fields} - after - told
            assert not lost, "neither changed nor listed"


@settings(max_examples=100)
@given(wishes(), wishes())
def test_an_approval_lets_through_what_it_is_for_and_nothing_else(first, second) -> None:
    always = Policies((PolicyWish(Key("default", "Policy", "p"), Select(), Rules("always")),))
    world = MemoryWorld(OWNER)
    applied(world, first)
    live = world.snapshot(NOW)
    held = made(second, live, always)
    given_ = [Approval(str(a.key), a.digest, "me", NOW, NOW + 60) for a in held.asks]
    through = made(second, live, always, approvals=given_)
    assert not through.withheld
    assert held.fingerprint == through.fingerprint, "an approval makes no other plan"
    late = [replace(a, expires=NOW) for a in given_]
    assert rows(made(second, live, always, approvals=late).changes) == rows(held.changes)
    for step in through.steps:
        world.do(step.act)
    if held.withheld:
        again = made(first, world.snapshot(NOW), always, approvals=given_)
        assert not again.approved, "it was for another change"


@pytest.mark.parametrize(("at", "open_"), [
    ("2026-03-29T00:59:00+00:00", False),  # 01:59 in Berlin, a minute before 3 o'clock there
    ("2026-03-29T01:00:00+00:00", True),  # 2:30 is left out that night: it opens right after
    ("2026-10-25T00:30:00+00:00", True),  # 2:30 for the first time
    ("2026-10-25T01:45:00+00:00", False),  # 2:45 for the second time: it had opened once
])  # fmt: skip
def test_a_window_where_clocks_change_opens_once(at: str, open_: bool) -> None:
    window = Opening("allow", "30 2 * * *", 1800, "Europe/Berlin")
    moment = datetime.fromisoformat(at).timestamp()
    assert (opens([(window,)], moment) == moment) is open_


def test_a_denial_wins_over_an_allowance() -> None:
    group = (
        Opening("allow", "0 12 * * *", 7200, "UTC"),
        Opening("deny", "0 12 * * *", 3600, "UTC"),
    )
    assert opens([group], NOW) == NOW + 3600


def test_a_rule_that_was_taken_back_binds_no_move_for_ever() -> None:
    wish = replace(WISH, engine=replace(WISH.engine, place=Place("local", "/elsewhere")))
    suspend = Policies((PolicyWish(Key("default", "Policy", "p"), Select(), Rules(suspend=True)),))
    world = MemoryWorld(OWNER)
    applied(world, WISH)
    applied(world, WISH, suspend)
    for _ in range(2):  # the first takes the rule back, where the graph is
        applied(world, wish)
    live = world.snapshot(NOW)
    assert live.graphs[GRAPH].place == wish.engine.place
    assert not made(wish, live).changes


def test_what_is_suspended_keeps_the_copy_before_beyond_its_time() -> None:
    world = MemoryWorld(OWNER)
    applied(world, WISH)
    wider = Catalog({"P": VertexTable("k", {"k": "int64", "more": "int64"})})
    wish = replace(WISH, catalog=wider, settings=Settings(100, strategy="blue-green"))
    applied(world, wish)
    suspend = Policies((PolicyWish(Key("default", "Policy", "p"), Select(), Rules(suspend=True)),))
    late = world.snapshot(NOW * 2)
    assert made(wish, late).housekeeping
    assert not made(wish, late, suspend).housekeeping
    pointer = world.graphs[next(iter(world.graphs))].pointer
    asleep = replace(pointer, restraint=Restraint({}, Suspension("me", NOW)))
    world.graphs[next(iter(world.graphs))].pointer = asleep
    assert not made(wish, world.snapshot(NOW * 2)).housekeeping


WISH = GraphWish(GRAPH, OWNER, engine(), Catalog({"P": VertexTable("k", {"k": "int64"})}))
