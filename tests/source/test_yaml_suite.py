"""The official YAML test suite over our core: 402 cases, and each one where we differ, with why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.source.yaml import read_documents

CASES = json.loads((Path(__file__).parent / "yaml_test_suite.json").read_text("utf-8"))

# ruff: noqa: ISC004 -- long lists of ids
# Right YAML that we refuse, with the code of the refusal.
REFUSED: dict[str, tuple[str, str]] = {
    "a tag that builds an object, or of somebody's own": (
        "SY103",
        "2AUY 2XXW 33X3 565N 5TYM 6CK3 6WLZ 74H7 7FWL 9WXW C4HZ CC74 CUP7 F2C7 FH7J J7PZ L94M M5C3 "
        "P76L UGM3 Z67P Z9M4",
    ),
    "a key that is no text: our documents are mappings of names": (
        "SY106",
        "2SXE 4FJ6 6BFJ 6PBE 9MMW DFF7 KK5P LX3P M2N8/0 M2N8/1 M5DY PW8X Q9WF RZP5 SBG9 V9D5 X38W "
        "XW4D",
    ),
    "libyaml: an empty key": (
        "SY101",
        "2JQS 6M2F CFD4 FRK4 4ABK NHX8 NKF9 S3PD SM9W/1 UKK6/0",
    ),
    "libyaml: `:` beside a value in a flow mapping": (
        "SY101",
        "4MUZ/0 4MUZ/1 4MUZ/2 58MP 5MUD 5T43 9SA2 DBG4 HM87/0 K3WX NJ66 UT92 VJP3/1",
    ),
    "libyaml: text that begins with `?` in a flow collection; refused by us, lest it be misread": (
        "SY101",
        "652Z HM87/1",
    ),
    "libyaml: an anchor with a colon or a sign in its name": ("SY101", "8XYN W5VH Y2GN"),
    "libyaml: a directive after a bare document, a reserved one, or one of YAML 1.3": (
        "SY101",
        "2LFX 6LVF BEC7 MUS6/5 MUS6/6 W4TN",
    ),
    "libyaml: what follows `...` or a comment at the margin": (
        "SY101",
        "7Z25 DK3J FP8R HWV9 M7A3 QT73",
    ),
    "libyaml: a tab between tokens or before text": (
        "SY101",
        "6BCT 6CA3 96NN/0 96NN/1 A2M4 DK95/0 DK95/3 DK95/4 Q5MG R4YG Y79Y/1 Y79Y/10",
    ),
}
# Wrong YAML that libyaml takes; each reads as what its writer meant.
TAKEN = frozenset(
    "9C9N 9JBA CVW2 DK95/1 EB22 G5U8 MUS6/0 MUS6/1 QB6E RHX7 S98Z SU5Z X4QW Y79Y/3 YJV2".split()  # noqa: SIM905
)
# A last line of spaces, without a line end, in a literal: libyaml adds the line end.
OTHERWISE = frozenset(("L24T/1",))
REASONS = {id_: (code, reason) for reason, (code, ids) in REFUSED.items() for id_ in ids.split()}


def documents_of(text: str) -> list[Any]:
    decoder, found, text = json.JSONDecoder(), [], text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


def exact(values: list[Any]) -> str:
    return json.dumps(values, sort_keys=True)  # tells 1, 1.0 and true apart


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['name']}" for case in CASES])
def test_a_case_of_the_suite_reads_as_it_says_or_is_a_known_difference(
    case: dict[str, Any],
) -> None:
    documents, problems = read_documents("suite.yaml", case["yaml"].encode())
    problems = (*problems, *(p for document in documents for p in document.problems))
    codes = {problem.code for problem in problems}
    if case["id"] in REASONS:
        assert REASONS[case["id"]][0] in codes
        assert all(problem.at and problem.at.line > 0 for problem in problems)
        return
    assert bool(problems) == (case.get("fail", False) and case["id"] not in TAKEN)
    if case["json"] is not None and not case.get("fail"):
        same = exact([d.body for d in documents]) == exact(documents_of(case["json"]))
        assert same == (case["id"] not in OTHERWISE)


def test_every_known_difference_names_a_case() -> None:
    assert (set(REASONS) | TAKEN | OTHERWISE) <= {case["id"] for case in CASES}
