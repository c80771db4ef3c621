"""The words and the shape of a query, told without the grammar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark.exceptions import UnexpectedInput

from reconciler.queries.shape import shape
from reconciler.queries.syntax import _parser
from reconciler.queries.words import KEYWORDS, words

PIECES = [
    *sorted(KEYWORDS), "match", "Match", "a", "_b1", "é", "`q u`", "`a``b`", "'s'", "'it''s'", '"d\\"q"', "1", "0xfF",
    "1.5", ".5", "1e3", "1.e", "..", ".", ":=", ":", "<>", "!=", "<=", ">=", "=~", "||", "|", "+=", "<<", ">>", "<", ">",
    "=", "*", "/", "%", "^", "&", ",", ";", "$", "-", "+", "(", ")", "[", "]", "{", "}", "// c\n", "/* c */", " ", "\n",
    "!", "'open", "`", "#",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_words_are_those_of_the_grammars_lexer(text: str) -> None:
    told = []
    try:
        for token in _parser().lex(text):
            sort = token.type if token.type in {"NAME", "QUOTED", "STRING", "INT", "FLOAT"} else ""
            told.append((sort or token.upper(), str(token), token.start_pos))
    except UnexpectedInput:
        pass
    plain = {"NAME", "QUOTED", "STRING", "INT", "FLOAT"}
    found = [(w.sort if w.sort in plain else w.text.upper(), w.text, w.start) for w in words(text)]
    assert found == told


@given(st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join))
def test_no_text_breaks_a_shape(text: str) -> None:
    shape(text)


@pytest.mark.parametrize(
    ("query", "apart"),
    [
        ("MATCH (a:A), (b:B) RETURN a", 1),
        ("MATCH (a:A) MATCH (b:B) RETURN a", 1),
        ("MATCH (a:A), (b:B), (c:C) RETURN a", 2),
        ("MATCH (a:A), (b:B) WHERE a.x = b.y RETURN a", 0),
        ("MATCH (a:A), (b:B) WHERE a.x = 1 AND b.y = 2 RETURN a", 1),
        ("MATCH (a:A)-[]->(b), (b)-[]->(c:C) RETURN a", 0),
        ("MATCH (a:A) WITH a MATCH (a)-->(b) RETURN b", 0),
        ("MATCH (a:A)-->(b:B) WITH a, b MATCH (a)-->(c), (b)-->(d) RETURN c", 0),
        ("MATCH (a:A) WITH count(a) AS n MATCH (b:B) RETURN n, b", 0),
        ("UNWIND $ids AS id MATCH (a:A {id: id}) RETURN a", 0),
        ("MATCH (a:A) RETURN a UNION MATCH (b:B) RETURN b", 0),
        ("MATCH (a:A) OPTIONAL MATCH (a)-->(b:B) RETURN a", 0),
        ("MATCH (a:A {name: 'x, (y)'}) RETURN a", 0),
    ],
)
def test_patterns_stand_apart_where_nothing_joins_them(query: str, apart: int) -> None:
    assert len(shape(query).apart) == apart


@pytest.mark.parametrize(
    ("query", "scans"),
    [
        ("MATCH (n) RETURN n", 1),
        ("MATCH ()-[e]->() RETURN e", 1),
        ("MATCH (n)-[:KNOWS]->() RETURN n", 0),
        ("MATCH (n:A)-->(m) RETURN m", 0),
        ("MATCH (n:A) MATCH (n)-->(m) RETURN m", 0),
        ("MATCH (n) MATCH (n:A) RETURN n", 0),
        ("MATCH (n IS A) RETURN n", 0),
    ],
)
def test_a_pattern_without_any_type_is_a_scan(query: str, scans: int) -> None:
    assert len(shape(query).scans) == scans


@pytest.mark.parametrize(
    ("hops", "endless"),
    [
        ("*", 1), ("*2..", 1), ("*1..", 1), ("* TRAIL", 1), ("*3", 0), ("*1..3", 0), ("*..3", 0),
        ("", 0), ("* SHORTEST 1..16", 0), ("* ALL SHORTEST 1..16", 0), ("* TRAIL 1..4", 0),
    ],
)  # fmt: skip
def test_a_path_without_an_upper_bound_is_endless(hops: str, endless: int) -> None:
    found = shape(f"MATCH (a:A)-[e:K{hops}]->(b:A) RETURN b.x AS x")
    assert len(found.endless) == endless
    assert [label.name for label in found.labels] == ["A", "A", "K"]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("MATCH (a:A) RETURN a.x AS x, count(*), a", ("x", "count(*)", "a")),
        ("MATCH (a:A) RETURN DISTINCT a.x ORDER BY a.x LIMIT 1", ("a.x",)),
        ("MATCH (a:A) RETURN *", None),
        ("MATCH (a:A) RETURN coalesce(a.x, a.y) AS `a b`", ("a b",)),
        ("MATCH (a:A) WITH a.x AS y RETURN y", ("y",)),
        ("MATCH (a:A)", None),
    ],
)
def test_the_columns_are_those_of_the_last_return(query: str, columns) -> None:
    assert shape(query).columns == columns


@pytest.mark.parametrize(
    ("query", "lookups"),
    [
        ("MATCH (a:A {x: $x}) RETURN a", [("A", "x")]),
        ("MATCH (a:A) WHERE a.x = $x RETURN a", [("A", "x")]),
        ("MATCH (a:A) WHERE a.x IN [1, 2] RETURN a", [("A", "x")]),
        ("MATCH (a:A), (b:B) WHERE a.x = b.y RETURN a", []),
        ("MATCH (a:A) WHERE a.x > 1 RETURN a", []),
        ("MATCH (a:A WHERE a.of = {x: 1}) RETURN a", []),
    ],
)
def test_an_equality_is_a_lookup(query: str, lookups) -> None:
    assert [(each.label, each.property) for each in shape(query).lookups] == lookups
