"""The YAML core: what scalars mean, where things stand, what is refused, and that nothing raises."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.problem import Problem
from reconciler.model.resource import Path
from reconciler.source.tree import Limits
from reconciler.source.yaml import Document, read_documents


def read(text: str | bytes, limits: Limits = Limits()) -> tuple[list[Document], list[Problem]]:  # noqa: B008
    data = text.encode() if isinstance(text, str) else text
    documents, problems = read_documents("f.yaml", data, limits)
    return list(documents), [*problems, *(p for d in documents for p in d.problems)]


def said(text: str | bytes, limits: Limits = Limits()) -> list[str]:  # noqa: B008
    return [f"{p.code} {p.at} {p.summary}" for p in read(text, limits)[1]]


# Chapter 10.3.2 of YAML 1.2.2, and what older YAML would make of the same text.
SCALARS: list[tuple[str, Any]] = [
    ("null", None), ("Null", None), ("NULL", None), ("~", None), ("", None),
    ("nULL", "nULL"), ("none", "none"),
    ("true", True), ("True", True), ("TRUE", True), ("tRUE", "tRUE"),
    ("false", False), ("False", False), ("FALSE", False),
    ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("n", "n"), ("NO", "NO"),
    ("0", 0), ("-19", -19), ("+12", 12), ("007", 7), ("0o14", 12), ("0x3A", 58), ("-0x3A", "-0x3A"),
    ("0o8", "0o8"), ("0b11", "0b11"), ("1_000", "1_000"), ("12:30:45", "12:30:45"), ("1,000", "1,000"),
    ("0.", 0.0), ("-0.0", -0.0), (".5", 0.5), ("+12e03", 12000.0), ("-2E+05", -200000.0), ("1e3", 1e3),
    (".", "."), ("+", "+"), ("e3", "e3"), (".e3", ".e3"), ("1.2.3", "1.2.3"),
    (".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf), ("inf", "inf"),
    ("2026-11-24", "2026-11-24"), ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z"),
    ("=", "="), ("<<", "<<"), ("\u0663", "\u0663"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SCALARS, ids=[f"{t!r} is {v!r}" for t, v in SCALARS])
def test_a_plain_scalar_means_what_the_core_schema_says(text: str, value: Any) -> None:
    documents, problems = read(f"a: {text}\n")
    assert not problems
    got = documents[0].body["a"]
    assert got == value
    assert type(got) is type(value)


def test_not_a_number_is_a_float() -> None:
    assert math.isnan(read("a: .NaN")[0][0].body["a"])


@pytest.mark.parametrize("quoted", ["'1'", '"1"', "!!str 1", "! 1", "|\n  1", ">-\n  1"])
def test_quoted_text_stays_text(quoted: str) -> None:
    assert read(f"a: {quoted}")[0][0].body["a"].strip() == "1"


def written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # YAML has no surrogate pairs


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x7f", exclude_categories=["Cc", "Cs"])),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text("abcxyz_-. é", min_size=1, max_size=8), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(values)
def test_json_reads_as_the_values_it_was_written_from(value: Any) -> None:
    documents, problems = read(written(value))
    assert not problems
    assert [d.body for d in documents] == [value]


def block(value: Any, depth: int = 0) -> str:
    """`value` in block style, by a writer that shares nothing with the reader."""
    pad = "\n" + "  " * depth
    if isinstance(value, dict) and value:
        return "".join(f"{pad}{written(k)}: {block(v, depth + 1)}" for k, v in value.items())
    if isinstance(value, list) and value:
        return "".join(f"{pad}- {block(v, depth + 1)}" for v in value)
    return written(value)


@given(values)
def test_block_style_reads_as_flow_style(value: Any) -> None:
    documents, problems = read(block(value))
    assert not problems
    assert [d.body for d in documents] == [value]


def parts(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [(path, value), *(found for k, v in inner for found in parts(v, (*path, k)))]


@given(values)
def test_every_value_and_key_stands_where_its_position_says(value: Any) -> None:
    text = block(value)
    document = read(text)[0][0]
    lines = text.split("\n")
    assert set(document.positions.places) == {path for path, _ in parts(value)}
    for path, part in parts(value):
        at = document.positions.at(path)
        rest = lines[at.line - 1][at.column - 1 :]
        if not isinstance(part, dict | list) or not part:
            assert rest.startswith(written(part))
        if path and isinstance(path[-1], str):
            at = document.positions.at(path, key=True)
            assert lines[at.line - 1][at.column - 1 :].startswith(written(path[-1]) + ":")


def test_a_duplicate_key_tells_both_places() -> None:
    _, problems = read("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n")
    [problem] = problems
    assert (problem.code, str(problem.at)) == ("SY102", "f.yaml:5:3")
    assert problem.hint == "keep one of the two; the first is on line 3, column 3"
    assert problem.excerpt == "  c: 3"


# Each must give a problem with a place; what is expected stands first.
BROKEN: list[tuple[str, str, str | bytes]] = [
    ("a tag that runs code", "SY103 f.yaml:1:4", "a: !!python/object/apply:os.system [id]"),
    ("a tag on a scalar", "SY103 f.yaml:1:4", "a: !!python/name:os.system x"),
    ("a tag of the core schema that casts", "SY103 f.yaml:1:4", "a: !!int '1'"),
    ("a tag on a key", "SY103 f.yaml:1:1", "!!binary a: 1"),
    ("two keys that are equal", "SY102 f.yaml:2:1", "a: 1\na: 2"),
    ("two keys that are equal in flow style", "SY102 f.yaml:1:8", "{a: 1, a: 2}"),
    ("a number as key", "SY106 f.yaml:1:1", "1: a"),
    ("null as key", "SY106 f.yaml:1:1", "~: a"),
    ("a list as key", "SY106 f.yaml:1:3", "? [a]\n: b"),
    ("an alias of a list as key", "SY106 f.yaml:2:1", "a: &x [b]\n*x : c"),
    ("an alias to nothing", "SY101 f.yaml:1:4", "a: *x"),
    ("an alias to what holds it", "SY101 f.yaml:1:8", "a: &x [*x]"),
    ("an alias into another document", "SY101 f.yaml:3:4", "a: &x 1\n---\nb: *x"),
    ("a tab as indentation", "SY101 f.yaml:2:1", "a:\n\tb: 1"),
    ("a colon in plain text", "SY101 f.yaml:1:5", "a: b: c"),
    ("a bracket never closed", "SY101 f.yaml:1:4", "a: [1"),
    ("a quote never closed", "SY101 f.yaml:1:4", "a: 'b\n"),
    ("a bad escape", "SY101 f.yaml:1:5", r'a: "\q"'),
    ("a surrogate as escape", "SY101 f.yaml:1:7", r'a: "\ud800"'),
    ("a NUL", "SY105 f.yaml:1:4", "a: \0"),
    ("a control character far down", "SY105 f.yaml:3:2", "a: 1\n---\nb\x01: 2"),
    ("a byte that is no UTF-8", "SY105 f.yaml:2", b"a: 1\nb: \xff"),
    ("UTF-16", "SY105 f.yaml:1", "a: 1".encode("utf-16")),
    ("a number of 5000 digits", "SY104 f.yaml:1:4", "a: " + "9" * 5000),
    ("a hexadecimal number of 5000 digits", "SY104 f.yaml:1:4", "a: 0x" + "f" * 5000),
    ("a directive of another YAML", "SY101 f.yaml:1:1", "%YAML 2.0\n--- a"),
    ("a question mark that libyaml misreads", "SY101 f.yaml:1:3", "{?a: 1}"),
]  # fmt: skip


@pytest.mark.parametrize(("expected", "text"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_what_is_broken_is_told_with_its_place(expected: str, text: str | bytes) -> None:
    assert any(one.startswith(expected + " ") for one in said(text)), said(text)


def test_a_tag_is_never_obeyed() -> None:
    assert read("a: !!python/object/apply:os.getcwd []")[0][0].body == {"a": []}


def test_a_broken_document_hides_no_other() -> None:
    text = "a: 1\n---\nb: [\n---\nc: {d: 1, d: 2}\n---\n\te\n---\nf: 'x\n---\ng: 2\n"
    documents, _ = read(text)
    assert [d.body for d in documents if not d.problems] == [{"a": 1}, {"g": 2}]
    assert [line.split(" ")[0:2] for line in said(text)] == [
        ["SY101", "f.yaml:4:1"], ["SY102", "f.yaml:5:11"], ["SY101", "f.yaml:7:1"],
        ["SY101", "f.yaml:9:4"],
    ]  # fmt: skip


def test_positions_after_a_broken_document_are_those_of_the_file() -> None:
    documents, _ = read("a: ]\n---\nb:\n  c: 1\n")
    assert str(documents[-1].positions.at(("b", "c"))) == "f.yaml:4:6"


def test_endlessly_broken_text_is_given_up() -> None:
    documents, problems = read("---\n]\n" * 1000)
    assert len(documents) < 30
    assert "too many" in problems[-1].summary


def bomb(levels: int, width: int = 10) -> str:
    lines = ["a0: &a0 x"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("levels", [6, 9, 100])
def test_an_alias_bomb_is_refused_at_its_line(levels: int) -> None:
    [one] = said(bomb(levels))
    assert one.startswith("SY104 f.yaml:5:")


def test_a_few_aliases_are_shared_not_copied() -> None:
    body = read("a: &x {b: 1}\nc: *x\nd: [*x]\n")[0][0].body
    assert body["c"] is body["a"] is body["d"][0]


def test_what_stands_behind_an_alias_has_the_place_of_its_anchor() -> None:
    positions = read("a: &x {b: 1}\nc: *x\n")[0][0].positions
    assert str(positions.at(("c",))) == "f.yaml:2:4"
    assert str(positions.at(("c", "b"))) == "f.yaml:1:11"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_without_deep_work(opening: str) -> None:
    assert any("SY104" in one and "64" in one for one in said(opening * 100_000))


def test_sixty_four_levels_are_read() -> None:
    assert not said("[" * 64 + "]" * 64)
    assert said("[" * 65 + "]" * 65)


def test_a_file_may_hold_only_so_many_values() -> None:
    limits = Limits(nodes=1000)
    assert not said("[" + "1, " * 900 + "1]", limits)
    assert any("SY104" in one for one in said("[" + "1, " * 1000 + "1]", limits))
    assert any("SY104" in one for one in said("---\n" * 1000, limits))
    assert any("SY104" in one for one in said("- [1, 2, 3]\n" * 900, limits))
    assert any("SY104" in one for one in said("--- {a: 1}\n" * 900, limits))


def test_of_very_many_mistakes_in_a_document_the_first_are_told() -> None:
    assert len(said("a: 1\n" * 5000)) == 100


def test_a_file_that_is_too_large_is_not_parsed() -> None:
    [one] = said("a: " + "x" * 100, Limits(file_bytes=50))
    assert one == "SY104 f.yaml:1 the file has 103 bytes; at most 50 are read"


def test_a_byte_order_mark_moves_nothing() -> None:
    documents, problems = read(b"\xef\xbb\xbfa: 1\n")
    assert not problems
    assert str(documents[0].positions.at(("a",), key=True)) == "f.yaml:1:1"


def test_windows_line_ends_count_once() -> None:
    assert str(read("a: 1\r\nb: 2\r\n")[0][0].positions.at(("b",))) == "f.yaml:2:4"


alphabet = st.sampled_from("a b:-[]{}#&*!|>'\"%@`?,\n\t\\~0x.\r\u2028é\0=<")
yamlish = st.lists(
    alphabet | st.sampled_from(["---\n", "...\n", "  ", ": ", "- ", "<<: ", "&a ", "*a "])
)


@given(st.binary(max_size=60) | yamlish.map("".join).map(str.encode))
def test_no_bytes_make_the_reader_raise_and_every_problem_has_a_place(data: bytes) -> None:
    documents, problems = read(data)
    for problem in problems:
        assert problem.code.startswith("SY1")
        assert problem.at is not None
        assert problem.at.line >= 1
        assert problem.severity == "error"
    for document in documents:
        for path in document.positions.places:
            assert document.positions.at(path).line >= 1


@given(yamlish.map("".join))
def test_a_good_document_is_found_behind_anything(text: str) -> None:
    documents, _ = read(f"{text}\n---\ngood: [1]\n")
    assert documents[-1].body == {"good": [1]} or any(d.problems for d in documents)
