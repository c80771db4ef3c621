"""Quotas: nothing that is let in brings a tenant over its limits, and what fits is never refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import ENGINE, OWNER, PROJECT, TRAITS, engine

from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.estimate import NONE, Estimate, Estimates, Span
from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan
from reconciler.model.step import BuildCopy
from reconciler.model.tenant import Quota, Share, limits
from reconciler.model.wish import GraphWish, Settings
from reconciler.planner import World, make_plan, within_quota
from reconciler.planner.quota import used_by
from reconciler.testing.memory import MemoryWorld

MI = 1 << 20


def graphs(names: str, mode: str = "served", catalog: str = "P") -> dict[Key, GraphWish]:
    at = replace(engine(mode), resources={"memory": "1Mi", "cpu": "100m"})
    kept = Catalog({name: VertexTable("k", {"k": "int64"}) for name in catalog})
    return {
        key: GraphWish(key, OWNER, at, kept, Settings(strategy="blue-green"), (), {})
        for key in (Key("default", "Graph", name) for name in names)
    }


def planned(wishes: dict[Key, GraphWish], live: Snapshot) -> Plan:
    engines = {w.engine.key: w.engine for w in wishes.values()}
    return make_plan(World(PROJECT, engines, wishes, live, {"neug": TRAITS}))


def applied(wishes: dict[Key, GraphWish]) -> Snapshot:
    world = MemoryWorld(OWNER)
    for step in planned(wishes, world.snapshot()).steps:
        world.do(step.act)
    return world.snapshot()


def judged(made: Plan, live: Snapshot, disk: int = 0, each: Span = NONE, **quota: object) -> Plan:
    costs = {s.id: Estimate(disk_bytes=each) for s in made.steps if isinstance(s.act, BuildCopy)}
    used = used_by("default", live, {ENGINE: disk} if live.engines else {})
    share = Share("default", used, limits(Quota(**quota)))
    return within_quota(made, (share,), live, Estimates(steps=costs))


def refused(found: Plan) -> list[str]:
    return [f"{p.code} {p.address}" for p in (*found.refusals, *found.notes)]


NOTHING = Snapshot()


@given(
    st.sets(st.sampled_from("abcdef"), min_size=1),
    st.sets(st.sampled_from("abcdef")),
    st.integers(0, 7),
)
def test_as_many_are_let_in_as_fit_and_no_more(wished, lives, limit) -> None:
    live = applied(graphs("".join(sorted(lives)))) if lives else NOTHING
    made = planned(graphs("".join(sorted(wished))), live)
    found = judged(made, live, graphs=limit)
    new, kept = sorted(wished - lives), wished & lives
    room = max(0, limit - len(kept))
    assert refused(found) == [f"QT101 Graph/{name}" for name in new[room:]]


@pytest.mark.parametrize(
    ("mode", "quota", "says"),
    [
        ("served", {"memory": "3Mi"}, []),
        ("served", {"memory": "2Mi"}, ["QT101 Graph/c"]),
        ("served", {"cpu": "250m"}, ["QT101 Graph/c"]),
        ("served", {"cpu": "300m"}, []),
        ("embedded", {"memory": "3Mi"}, []),
        ("embedded", {"memory": "2Mi"}, ["QT101 Graph/c"]),
        ("served", {"engines": 0}, ["QT101 Engine/main"]),
        ("served", {"engines": 1, "graphs": 3}, []),
    ],
)  # fmt: skip
def test_units_count_as_their_engines_say(mode, quota, says) -> None:
    found = judged(planned(graphs("abc", mode), NOTHING), NOTHING, **quota)
    assert refused(found) == says


def test_of_what_is_built_as_much_counts_as_is_built_at_once() -> None:
    made = planned(graphs("abcdefgh", "embedded"), NOTHING)
    assert refused(judged(made, NOTHING, memory="4Mi")) == []


@pytest.mark.parametrize(("memory", "says"), [("4Mi", []), ("3Mi", ["QT101 Graph/b"]),
                                              ("2Mi", ["QT101 Graph/a", "QT101 Graph/b"])])  # fmt: skip
def test_a_copy_that_is_made_beside_one_that_serves_counts_too(memory, says) -> None:
    live = applied(graphs("ab"))
    made = planned(graphs("ab", catalog="PQ"), live)
    assert refused(judged(made, live, memory=memory)) == says


@pytest.mark.parametrize(
    ("disk", "each", "says"),
    [
        (10, Span(20, 20), ["QT101 Graph/c"]),
        (10, Span(20, 60), ["QT103 Graph/b", "QT101 Graph/c"]),
        (60, Span(1, 2), ["QT101 Graph/b", "QT101 Graph/c"]),
        (60, Span(0, 0), []),
        (0, Span(20, 25), ["QT103 Graph/c"]),
    ],
)  # fmt: skip
def test_disk_counts_as_it_is_and_as_it_will_be_at_least(disk, each, says) -> None:
    live = applied(graphs("a"))
    found = judged(planned(graphs("abc"), live), live, disk, each, storage="45")
    assert sorted(refused(found), key=lambda line: line[6:]) == says


def test_a_tenant_without_a_quota_and_those_of_others_are_left_alone() -> None:
    made = planned(graphs("abc"), NOTHING)
    assert refused(judged(made, NOTHING)) == []
    other = Share("other", {"graphs": 9}, {"graphs": 0})
    assert within_quota(made, (other,), NOTHING, Estimates()).refusals == ()


def test_what_an_engine_does_not_say_is_not_told() -> None:
    silent = {k: replace(w, engine=replace(w.engine, resources={})) for k, w in graphs("a").items()}
    live = applied(silent)
    assert live.graphs[Key("default", "Graph", "a")].unit
    assert used_by("default", live, {}) == {"engines": 1, "graphs": 1, "storage": 0}
