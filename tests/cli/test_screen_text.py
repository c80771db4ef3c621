"""What people read: lines fit the terminal, nothing is said twice, and nothing is made of nothing."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from gsctl.views.problems import problem_texts
from gsctl.views.progress import Lines
from gsctl.views.rows import rows_of
from gsctl.views.screen import Screen
from gsctl.views.tables import Listing, render
from gsctl.views.text import Paint, cells, wrapped
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.event import Failed, Finished, Skipped, Started
from reconciler.model.key import Key
from reconciler.model.problem import Problem
from reconciler.model.traits import Effect

PLAIN = Paint()
SHOP, TOWN = Key("default", "Graph", "shop"), Key("default", "Graph", "town")


def _said(*events):
    talk = io.StringIO()
    lines = Lines(Screen(io.StringIO(), talk, PLAIN, PLAIN, 80))
    lines.begin(sum(not isinstance(event, Started) for event in events))
    for event in events:
        lines(event)
    lines.close()
    return talk.getvalue().splitlines()


def test_a_step_that_failed_is_named_and_what_waits_for_it_takes_one_line():
    why = "what comes before it was not done"
    assert _said(
        Started("1", SHOP, "clone copy a as b"),
        Finished("1", SHOP, "clone copy a as b", 0.3),
        Started("2", SHOP, "load Person from shop"),
        Failed("2", SHOP, (), 2.0),
        *(Skipped(str(n), SHOP, why) for n in (3, 4, 5)),
        Skipped("6", TOWN, "interrupted"),
    ) == [
        "Graph/shop: [1/6] clone copy a as b: done in 0.3 s",
        "Graph/shop: [2/6] load Person from shop: failed after 2.0 s",
        f"Graph/shop: [3-5/6] not tried: {why}",
        "Graph/town: [6/6] not tried: interrupted",
    ]


def test_what_was_not_tried_is_told_before_what_goes_on_beside_it():
    assert _said(
        Skipped("1", SHOP, "interrupted"),
        Started("2", TOWN, "verify copy a"),
        Finished("2", TOWN, "verify copy a", 1.0),
    ) == [
        "Graph/shop: [1/2] not tried: interrupted",
        "Graph/town: [2/2] verify copy a: done in 1.0 s",
    ]


def test_a_hint_is_given_once_for_all_that_it_is_about():
    dangling = [Problem("error", f"line {n}", "LD204", hint="drop them") for n in (1, 2)]
    other = Problem("error", "rows would be lost", "DS101", hint="drop them")
    texts = list(problem_texts([*dangling, other], PLAIN))
    assert [text.count("hint:") for text in texts] == [0, 1, 1]


def test_an_answer_without_columns_is_no_table():
    nothing = Listing((), (), {"columns": [], "rows": []})
    assert [render(nothing, form, PLAIN) for form in ("table", "csv")] == ["", ""]


def test_a_text_of_several_lines_differs_line_by_line():
    old, new = (f"MATCH (a:{t})\nRETURN a.x AS x\nORDER BY x\n" for t in ("A", "B"))
    fields = (FieldChange(("query",), old, new, Effect.IN_PLACE),
              FieldChange(("language",), "cypher", "gremlin", Effect.IN_PLACE))  # fmt: skip
    assert list(rows_of(Change(SHOP, Action.UPDATE, fields), PLAIN)) == [
        "",
        "~ query:",
        "    - MATCH (a:A)",
        "    + MATCH (a:B)",
        "      RETURN a.x AS x",
        "~ language: cypher -> gremlin",
    ]


def test_what_is_blocked_is_not_named_twice():
    change = Change(SHOP, Action.BLOCKED, reason=f"{SHOP}: it is held open")
    assert list(rows_of(change, PLAIN)) == ["it is held open"]


@given(
    st.lists(st.text("ab名:`", min_size=1, max_size=30), min_size=1, max_size=30),
    st.integers(24, 100),
    st.booleans(),
)
def test_a_line_is_broken_at_blanks_where_it_must_and_loses_nothing(words, width, coloured):
    hang = 11
    paint = Paint(on=coloured)
    line = " " * 9 + " ".join(paint(word, "dim") for word in words)
    found = wrapped(line, width, hang).split("\n")
    assert " ".join(part.strip() for part in found) == line.strip()
    for number, part in enumerate(found):
        bare = part.replace("\x1b[2m", "").replace("\x1b[0m", "")
        assert number == 0 or bare.startswith(" " * hang)
        assert cells(bare) <= width or len(bare.split()) == 1
    assert wrapped(line, None, hang) == line
