"""Repositories as data: each file of `cases/` holds files, and all that must be said of them.

A line is `CODE file:line:column summary [hint]`. To add a case, add a file.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from source_repository import desired, said

from reconciler.source.yaml import read_documents

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=[case.stem.replace("-", " ") for case in CASES])
def test_all_that_is_wrong_is_said_at_once_with_its_place(case: Path, tmp_path: Path) -> None:
    documents, problems = read_documents(case.name, case.read_bytes())
    assert not problems
    body = documents[0].body
    found = desired(tmp_path, body["files"], environment=body.get("environment", "default"))
    assert said(found) == body["says"]
    assert found.skipped == body.get("skipped", 0)
