"""Every rule has a page, and its examples are met, or not, exactly as it says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from lint_pages import PAGES, Page, judged, said, write

from reconciler.lint import RULES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs/lint"
IGNORED = [page for page in PAGES if not page.rule.code.startswith("IG")]


@pytest.mark.parametrize("page", PAGES, ids=[page.rule.code for page in PAGES])
def test_the_bad_example_is_met_and_the_good_one_is_not(page: Page, tmp_path: Path) -> None:
    before = write(tmp_path / "before", page.before) if page.before else None
    bad = judged(write(tmp_path / "bad", page.bad), before, deep=page.deep)
    good = judged(write(tmp_path / "good", page.good), before, deep=page.deep)
    assert {problem.code for problem in bad} == page.codes, said(bad)
    assert {problem.code for problem in good} <= page.codes - {page.rule.code}, said(good)
    assert all(p.severity == page.rule.severity for p in bad if p.code == page.rule.code)


@pytest.mark.parametrize("page", IGNORED, ids=[page.rule.code for page in IGNORED])
def test_an_ignore_at_the_line_takes_exactly_that_finding(page: Page, tmp_path: Path) -> None:
    before = write(tmp_path / "before", page.before) if page.before else None
    folder = write(tmp_path / "bad", page.bad)
    whole = judged(folder, before, deep=page.deep)
    met = next(problem for problem in whole if problem.code == page.rule.code)
    assert met.at
    path = folder / met.at.file
    lines = path.read_text("utf-8").splitlines()
    line = met.at.line
    if "query: |" in "\n".join(lines[:line]):  # inside of a text there are no comments
        line = next(n for n in range(line, 0, -1) if "query: |" in lines[n - 1])
    lines[line - 1] += f"  # gsctl:ignore {page.rule.code} that is how it is"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    same_line = {said((p,))[0] for p in whole
                 if p.code == met.code and p.at and p.at.line == met.at.line}  # fmt: skip
    assert [s for s in said(whole) if s not in same_line] == said(
        judged(folder, before, deep=page.deep)
    )


def test_the_pages_in_docs_are_those_of_the_rules() -> None:
    written = runpy.run_path(str(ROOT / "docs/write_lint.py"))["render"]()
    there = {path.name: path.read_text("utf-8") for path in DOCS.glob("*.md")}
    assert there == dict(written), "docs/lint is stale: `make docs` writes it"


def test_the_page_of_codes_says_the_same_of_every_rule() -> None:
    codes = (ROOT / "docs/errors.md").read_text("utf-8")
    shared = {"LD112", "LD113", "PR105"}  # told by the reader of documents, and explained there
    rows = [f"| {r.code} | ({r.severity}) {r.title} | [lint/{r.code}](lint/{r.code}.md) |"
            for r in RULES.values() if r.code not in shared]  # fmt: skip
    assert [row for row in rows if row not in codes] == []


def test_a_type_that_is_renamed_and_changed_is_made_anew_once(tmp_path: Path) -> None:
    text = (
        "kind: Graph\nmetadata: {name: shop}\nspec:\n  engine: main\n  vertices:\n"
        "    Human: {renamedFrom: Person, key: id, properties: {id: int64, born: int32}}\n"
    )
    old = text.replace("Human: {renamedFrom: Person, ", "Person: {").replace("int32", "int64")
    before = write(tmp_path / "before", {"graph.yaml": old})
    found = judged(write(tmp_path / "after", {"graph.yaml": text}), before)
    anew = [problem.summary for problem in found if problem.code == "RB201"]
    assert len(anew) == 1, said(found)
    assert anew[0].startswith("`Person` is made anew")
