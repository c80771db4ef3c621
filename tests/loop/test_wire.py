"""What travels comes back as it went, and nothing else is made of what comes in."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from worlds import GRAPH, OWNER, plan, wishes

from reconciler import wire
from reconciler.model.key import Key
from reconciler.model.plan import Plan, Request
from reconciler.model.resource import Positions
from reconciler.testing.memory import MemoryWorld


@given(wishes(), wishes())
def test_plans_and_worlds_come_back_as_they_went(first, then) -> None:
    world = MemoryWorld(OWNER)
    for wish in (first, then):
        made, live = plan(wish, world.snapshot(0.0)), world.snapshot(0.0)
        assert wire.loaded(wire.dumped((made, live, wish)), tuple) == (made, live, wish)
        for step in made.steps:
            world.do(step.act)


@pytest.mark.parametrize(
    "value",
    [(), [1, (2,)], {"$": "Key"}, {"a": {"$": 1}}, {Key("t", "Graph", "g"): (1,)},
     frozenset({GRAPH}), Request(targets=frozenset({GRAPH})), 1.5, None, "ä", {"": {}}],
    ids=str,
)  # fmt: skip
def test_any_shape_of_value_comes_back(value: object) -> None:
    assert wire.loaded(wire.dumped(value), type(value)) == value


def test_what_is_shown_nowhere_stays_at_home() -> None:
    lines = Positions("secret.yaml", ("password: x",), {}, {})
    assert "password" not in wire.dumped(lines).decode()


@pytest.mark.parametrize(
    "text",
    ["{", "1", '{"$": "Path"}', '{"$": "Key"}', '{"$": "Key", "no": 1}', '{"$": ["Key"]}',
     '{"$": "set", "of": [[]]}', '{"$": "datetime", "of": "soon"}', '{"$": "Action", "of": "x"}',
     '{"$": "EngineSpec", "of": {"no": 1}}', "[" * 5000],
)  # fmt: skip
def test_what_is_no_noun_of_ours_is_said_to_be_none(text: str) -> None:
    with pytest.raises(wire.NotUnderstood):
        wire.loaded(text.encode(), Plan)


def test_what_does_not_travel_is_not_sent() -> None:
    class Stranger:
        pass

    with pytest.raises(TypeError):
        wire.dumped((Stranger(),))
    assert json.loads(wire.dumped(GRAPH)) == {
        "$": "Key", "tenant": "default", "kind": "Graph", "name": "g",
    }  # fmt: skip
