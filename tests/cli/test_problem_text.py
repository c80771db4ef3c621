"""A caret stands under what is meant, and nobody's text moves the cursor."""

from __future__ import annotations

import unicodedata

from hypothesis import assume, given
from hypothesis import strategies as st

from gsctl.views.problems import problem_text
from gsctl.views.text import Paint, cells, safe
from reconciler.model.problem import Location, Problem

PLAIN = Paint()


def test_an_error_shows_its_line_a_caret_and_a_hint():
    problem = Problem("error", "`workers` must be a whole number, not `many`", "SC104",
                      Location("graphs/modern.yaml", 4, 12), "write `workers: 4`",
                      "  workers: many")  # fmt: skip
    assert problem_text(problem, PLAIN) == (
        "error: `workers` must be a whole number, not `many` [SC104]\n"
        "  --> graphs/modern.yaml:4:12\n"
        " 4 |   workers: many\n"
        "   |            ^^^^\n"
        "hint: write `workers: 4`"
    )


def test_a_problem_without_a_place_is_one_line():
    assert problem_text(Problem("warning", "the ledger is lost"), PLAIN) == (
        "warning: the ledger is lost"
    )


def test_wide_letters_push_the_caret_along():
    problem = Problem("error", "x", at=Location("f", 10, 8), excerpt="名: {键: bad}")
    lines = problem_text(problem, PLAIN).splitlines()
    assert lines[2] == " 10 | 名: {键: bad}"
    assert lines[3] == "    |          ^^^"


@given(st.text(max_size=60), st.data())
def test_the_caret_is_as_far_right_as_the_text_before_it_is_wide(line, data):
    assume("\n" not in line and "\r" not in line and line.strip())
    column = data.draw(st.integers(1, len(line)))
    problem = Problem("error", "x", at=Location("f", 1, column), excerpt=line)
    shown = problem_text(problem, PLAIN).split("\n")
    caret = shown[3].index("^")
    before = safe(line[: column - 1].replace("\t", " "))
    assert caret == len(" 1 | ") + cells(before)
    assert shown[2].removeprefix(" 1 | ").startswith(before.rstrip(" "))


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_control_character_reaches_the_terminal(summary, hint, excerpt):
    problem = Problem("error", summary, "X1", Location("f", 1, 1), hint, excerpt)
    text = problem_text(problem, PLAIN).replace("\n", "")
    assert all(unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp") for char in text)


def test_a_line_of_a_megabyte_is_shown_around_the_place():
    line = "x" * 500_000 + "BAD" + "y" * 500_000
    problem = Problem("error", "x", at=Location("f", 1, 500_001), excerpt=line)
    text = problem_text(problem, PLAIN)
    shown = text.split("\n")
    assert len(text) < 2_000
    assert shown[2][shown[3].index("^") :].startswith("BAD")
