"""What travels comes back as it went, and nothing else is made of what comes in."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
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


@given(st.lists(st.text()), st.data())
def test_what_is_told_in_lines_comes_back_however_it_is_cut(told, data) -> None:
    sent = b"".join(wire.line((text,)) for text in told)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)))))
    chunks = [sent[a:b] for a, b in pairwise((0, *cuts, len(sent)))]
    assert [wire.loaded(line, tuple) for line in wire.lines(chunks)] == [(text,) for text in told]


@pytest.mark.parametrize(
    ("chunks", "found"),
    [([], []), ([b"a"], [b"a"]), ([b"a\n\nb"], [b"a", b"", b"b"]), ([b"a", b"\n"], [b"a"]),
     (["\u2028\x85\n".encode()], ["\u2028\x85".encode()])],
)  # fmt: skip
def test_an_empty_line_is_one_and_the_last_needs_no_end(chunks, found) -> None:
    assert list(wire.lines(chunks)) == found


def test_what_is_shown_nowhere_stays_at_home() -> None:
    positions = Positions("secret.yaml", ("password: x",), {}, {})
    assert "password" not in wire.dumped(positions).decode()


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
