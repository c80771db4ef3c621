"""The file of receivers: what is wrong with it is told with its place, an address never."""

from __future__ import annotations

from pathlib import Path

import pytest

from gsctl.views.problems import problem_texts
from gsctl.views.text import Paint
from reconciler.notify.receivers import Target, read_targets

CANARY = "T0-B0-kept-to-yourself"
URL = f"https://hooks.example/services/{CANARY}"

WRONG = {
    "no file": (None, ["NT101"]),
    "empty": ("", ["NT101"]),
    "a list": ("- name: a\n", ["NT101"]),
    "two documents": ("receivers: []\n---\nreceivers: []\n", ["NT101"]),
    "no text of YAML": ("receivers: [", ["SY101"]),
    "an unknown field": (f"receivers:\n- {{name: a, url: '{URL}', uri: x}}\n", ["SC104"]),
    "no address": ("receivers:\n- {name: a}\n", ["SC108"]),
    "no name of ours": (f"receivers:\n- {{name: 'a b', url: '{URL}'}}\n", ["SC107"]),
    "two of one name": (
        f"receivers:\n- {{name: a, url: '{URL}'}}\n- {{name: a, url: '{URL}'}}\n", ["SC107"]),
    "another scheme": (f"receivers:\n- {{name: a, url: 'file:///{CANARY}'}}\n", ["SC107"]),
    "a password in the address": (
        f"receivers:\n- {{name: a, url: 'https://u:{CANARY}@hooks.example'}}\n", ["SC107"]),
    "a line end in the address": (
        f'receivers:\n- {{name: a, url: "https://hooks.example/{CANARY}\\r\\nHost: x"}}\n', ["SC107"]),
    "a port that is none": (
        f"receivers:\n- {{name: a, url: 'https://hooks.example:99999/{CANARY}'}}\n", ["SC107"]),
    "a sort that is none": (f"receivers:\n- {{name: a, url: '{URL}', tell: [all]}}\n", ["SC107"]),
    "a template of an unknown field": (
        f"receivers:\n- {{name: a, url: '{URL}', template: '$secret'}}\n", ["SC107"]),
    "a template that reaches into objects": (
        f"receivers:\n- {{name: a, url: '{URL}', template: '${{owner.__class__}}'}}\n", ["SC107"]),
    "a token written out": (
        f"receivers:\n- {{name: a, url: '{URL}', token: {{secret: {CANARY}}}}}\n", ["SC107"]),
    "a secret that is not set": (
        "receivers:\n- {name: a, url: {secret: {env: NOT_SET_HERE}}}\n", ["SE101"]),
    "a secret that is no address": ("receivers:\n- {name: a, url: {secret: {env: ODD}}}\n", ["NT102"]),
    "all mistakes at once": (
        f"receivers:\n- {{name: a, url: '{URL}', tell: [all]}}\n- {{url: 'ftp://{CANARY}'}}\n",
        ["SC107", "SC107", "SC108"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "codes"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_wrong_is_told_with_its_place_and_without_an_address(
    tmp_path: Path, text: str | None, codes: list[str]
) -> None:
    path = tmp_path / "notify.yaml"
    if text is not None:
        path.write_text(text)
    targets, problems = read_targets(path, {"ODD": f"not-an-address-{CANARY}"})
    assert targets == ()
    assert sorted(problem.code for problem in problems) == codes
    for problem in problems:
        assert problem.at or problem.code in ("NT101", "NT102", "SE101")
    shown = "\n".join(problem_texts(problems, Paint(on=False)))
    assert CANARY not in shown


def test_addresses_and_tokens_come_from_files_and_variables(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"{URL}\n")
    path = tmp_path / "notify.yaml"
    path.write_text(
        "receivers:\n"
        "- {name: a, type: slack, url: {secret: {file: url}}, tell: [failed, refused]}\n"
        f"- {{name: b, url: '{URL}', token: {{secret: {{env: KEY}}}}}}\n"
    )
    targets, problems = read_targets(path, {"KEY": CANARY})
    assert problems == ()
    assert [(t.receiver.name, t.url, t.token) for t in targets] == [
        ("a", URL, None), ("b", URL, CANARY)]  # fmt: skip
    assert CANARY not in repr([Target(t.receiver, t.url, t.token) for t in targets[:1]])
