"""Findings of the linter: for people, for programs, for GitHub."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gsctl.call import Call, repository
from gsctl.version import number
from gsctl.views.annotations import workflow_commands
from gsctl.views.problems import problem_plain, problem_text, tally
from gsctl.views.sarif import sarif
from gsctl.views.tables import Listing, json_text
from reconciler.lint import RULES
from reconciler.model.problem import Problem

PAGES = "https://github.com/graphscope/gsctl/blob/main/docs/lint/"


def findings_text(found: Sequence[Problem], form: str, call: Call) -> str:
    """All findings in a format."""
    if form == "json":
        numbers = dict(sorted(Counter(each.code for each in found).items()))
        return json_text({"findings": [finding_plain(p) for p in found], "summary": numbers})
    if form == "table":
        return _text(found, call)
    prefix = _prefix(repository(call.choices.directory))
    if form == "github":
        return "\n".join(workflow_commands(found, prefix))
    return json_text(sarif(found, number(), prefix, PAGES))


def _text(found: Sequence[Problem], call: Call) -> str:
    if not found:
        return "Lint: nothing found."
    blocks = [problem_text(problem, call.screen.paint) for problem in found]
    return "\n\n".join([*blocks, f"Lint: {tally(found)}. {_pages(found, call)}".rstrip()])


def _pages(found: Sequence[Problem], call: Call) -> str:
    code = next((problem.code for problem in found if problem.code in RULES), "")
    return f"`{call.repeat(f'lint --explain {code}')}` tells more." if code else ""


def finding_plain(problem: Problem) -> dict[str, Any]:
    """A finding for programs, with the page of its rule."""
    page = f"{PAGES}{problem.code}.md" if problem.code in RULES else None
    return {**problem_plain(problem), "docs": page}


def rules() -> Listing:
    """All rules, by code."""
    plain = [
        {"code": rule.code, "severity": rule.severity, "title": rule.title,
         "needs": str(rule.needs), "docs": f"{PAGES}{rule.code}.md"}
        for rule in RULES.values()
    ]  # fmt: skip
    rows = [(r.code, r.severity, str(r.needs), r.title) for r in RULES.values()]
    return Listing(("CODE", "SEVERITY", "NEEDS", "MEANS"), rows, plain)


def _prefix(folder: Path) -> str:
    """What leads from the checkout of CI, else from here, to the repository's files."""
    for top in (os.environ.get("GITHUB_WORKSPACE"), Path.cwd()):
        if top and folder.is_relative_to(top):
            inner = folder.relative_to(top).as_posix()
            return "" if inner == "." else f"{inner}/"
    return ""
