"""Comments of YAML, and what they speak of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.source.comments import comments

CASES = {
    "behind a value": ("a: 1\nb: 2 # c\n", [("c", 2, 6, (2, 2))]),
    "on a line of its own": ("a: 1\n# c\n\nb: 2\n", [("c", 2, 1, (4, 4))]),
    "two of them": ("a: 1\n# c\n# d\nb: 2\n", [("c", 2, 1, (4, 4)), ("d", 3, 1, (4, 4))]),
    "before the first document": ("# c\na: 1\nb: 2\n", [("c", 1, 1, (2, 3))]),
    "before a document": ("a: 1\n# c\n---\nb: 2\nc: 3\n", [("c", 2, 1, (4, 5))]),
    "after the mark of a document": ("a: 1\n---\n# c\nb: 2\nc: 3\n", [("c", 3, 1, (4, 5))]),
    "behind a block's sign": ("a: | # c\n  x # no\n  y\nb: 2\n", [("c", 1, 6, (1, 3))]),
    "above a block": ("b: 2\n# c\na: >-\n  x # no\n  y\n", [("c", 2, 1, (3, 5))]),
    "in a flow": ("a: [1, # c\n  2]\n", [("c", 1, 8, (1, 1))]),
    "at the end": ("a: 1\n# c", [("c", 2, 1, (2, 2))]),
    "none in quotes": ("a: '# x'\nb: \"y # z\"\nc: 'it''s # d'\n", []),
    "none in a word": ("a: x#y\nb: http://h/#f\n", []),
    "none in a block": ("a: |\n  # x\n  y\n", []),
    "after a document that is broken": ("a: 'x\n---\nb: 2 # c\n", [("c", 3, 6, (3, 3))]),
    "with letters of all sorts": ("ä: 𝄞 # ü\n", [("ü", 1, 6, (1, 1))]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "found"), CASES.values(), ids=CASES)
def test_a_comment_speaks_of_what_it_stands_at(text: str, found: list) -> None:
    told = [(c.text, c.line, c.column, c.lines) for c in comments(text.split("\n"))]
    assert told == found


@given(st.text(st.sampled_from("ab:#-'\"|>[]{}, \t&*!%@`?\\"), max_size=40), st.integers(0, 5))
def test_no_text_makes_it_raise_and_places_are_inside(text: str, breaks: int) -> None:
    lines = [text[n::6] for n in range(breaks + 1)]
    for comment in comments(lines):
        assert lines[comment.line - 1][comment.column - 1] == "#"
        assert 1 <= comment.lines[0] <= comment.lines[1] <= len(lines)
