"""The layout of documents: it reads as the same, loses no comment, and is its own layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.source.yaml import read_documents
from reconciler.writing.layout import lay_out, same
from reconciler.writing.scan import comments

ROOT = Path(__file__).parents[2]
SUITE = json.loads((ROOT / "tests/source/yaml_test_suite.json").read_text("utf-8"))
OURS = "kind: Graph\n"


def bodies(text: str) -> list[Any] | None:
    """The documents of a text that is right, else None."""
    documents, problems = read_documents("f.yaml", text.encode())
    wrong = problems or any(document.problems for document in documents)
    return None if wrong else [document.body for document in documents]


def holds(text: str) -> str | None:
    """The layout of `text`, with every law held; None where it is left as it is, and said so."""
    before = bodies(text)
    assert before is not None
    laid = lay_out("f.yaml", text.encode())
    again = lay_out("f.yaml", laid.text.encode())
    assert again.text == laid.text
    if laid.problems:
        assert [problem.code for problem in laid.problems] == ["FM101"]
        assert laid.text == text
        return None
    assert same(bodies(laid.text), before)
    assert comments(laid.text) == comments(text)
    return laid.text


def suite_as_ours() -> Iterator[Any]:
    """The official cases inside documents of ours: below a key, as an item, and beside one."""
    for case in SUITE:
        lines = case["yaml"].rstrip("\n").split("\n")
        below = OURS + "spec:\n" + "".join(f"  {line}\n" if line else "\n" for line in lines)
        inner = "".join(f"      {line}\n" if line else "\n" for line in lines)[6:]
        item = f"{OURS}spec:\n  a:\n    - {inner}    - z # end\n  # tail\n"
        ways = {"below": below, "item": item, "root": OURS + case["yaml"],
                "beside": f"{case['yaml']}\n---\n{OURS}"}  # fmt: skip
        for way, text in ways.items():
            if bodies(text) is not None:
                yield pytest.param(text, id=f"{case['id']} {way}")


# Right documents of ours that are left as they are, each told; nothing else may be.
LEFT = {
    *("26DV below", "26DV root", "26DV item"),  # a key that is an alias
    *("E76Z below", "E76Z root", "E76Z item"),
    *("HMQ5 below", "HMQ5 root", "HMQ5 item"),  # an anchor on a key
    *("HWV9 root", "M29M root", "QT73 root", "S4T7 root", "9MMA beside", "RTP8 beside"),  # `...`, %
    *("2G84/3 beside", "JEF9/2 beside"),  # lines at the end of a document not of ours
}


@pytest.mark.parametrize("text", list(suite_as_ours()))
def test_the_official_cases_keep_their_meaning(text: str, request: pytest.FixtureRequest) -> None:
    id_ = request.node.callspec.id
    assert (holds(text) is None) == (id_ in LEFT)


FILES = [*ROOT.glob("examples/**/*.yaml"), *ROOT.glob("tests/source/cases/*.yaml")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_documents_of_this_repository_keep_their_meaning(file: Path) -> None:
    texts = [file.read_text("utf-8")]
    if file.parent.name == "cases":
        found = bodies(texts[0])
        assert found
        texts = [text for text in found[0]["files"].values() if isinstance(text, str)]
    for text in texts:
        if bodies(text) is not None:
            holds(text)


WORDS = st.sampled_from(
    ("Person", "a b", "yes", "0.3.0", "1", "1e3", "null", "~", "", " x", "a: b", "a #b", "#", "-", "- a",
     "{x}", "${x}", "it's", 'say "x"', "a\\b", "a\nb\n", "a\n\n b", "\n", "2026-01-01", "ä€", "\x07", "x:",
     "12:30", "0o7", "?", "|", "%", "@a", "`", "!", "&a", "*a", "=", "<<", "end ", "tab\there"),
)  # fmt: skip
SCALARS = WORDS | st.integers(-9, 9) | st.booleans() | st.none() | st.floats(allow_nan=False)
KEYS = WORDS | st.sampled_from(
    ("kind", "apiVersion", "metadata", "spec", "name", "engine", "files")
)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(KEYS, v, max_size=3), max_leaves=12
)


@st.composite
def written(draw: st.DrawFn) -> str:
    """A document in one of many handwritings, with comments and empty lines put between."""
    kind = draw(st.sampled_from(("Graph", "Load", "Engine", "Procedure")))
    body = {"kind": kind, **draw(st.dictionaries(KEYS, VALUES, max_size=3)), "kind ": 1}
    text = yaml.dump(
        body, sort_keys=False, allow_unicode=True,
        default_flow_style=draw(st.sampled_from((None, False))),
        indent=draw(st.integers(2, 5)), width=draw(st.sampled_from((20, 80))),
        default_style=draw(st.sampled_from((None, None, '"', "'", "|", ">"))),
    )  # fmt: skip
    lines = text.split("\n")
    for number in draw(st.lists(st.integers(0, 30), max_size=6)):
        lines = _with_note(
            lines, number % len(lines), draw(st.sampled_from(("own", "end", "blank")))
        )
    return "\n".join(lines)


def _with_note(lines: list[str], at: int, sort: str) -> list[str]:
    """The lines with a comment, where that changes no value."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    note = {"own": " " * indent + f"# n{at}", "blank": "", "end": f"{lines[at]}   # e{at}"}[sort]
    new = [*lines[:at], note, *lines[at + (sort == "end") :]]
    before, after = bodies("\n".join(lines)), bodies("\n".join(new))
    return new if before is not None and after is not None and same(before, after) else lines


@given(written())
def test_any_document_in_any_handwriting_keeps_its_meaning(text: str) -> None:
    if bodies(text) is not None:
        assert holds(text) is not None


@given(st.lists(written(), min_size=1, max_size=3), st.booleans())
def test_documents_of_others_stay_to_the_letter(texts: list[str], first: bool) -> None:
    foreign = "other:    {a:   1}   # theirs\nb:\n    - 'x'\n"
    parts = [foreign, *texts] if first else [*texts, foreign]
    text = "---\n".join(f"{part}\n" for part in parts)
    if bodies(text) is not None:
        laid = holds(text)
        assert laid is not None
        assert foreign in laid
