"""Findings as SARIF 2.1.0, the format that code scanning reads."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from reconciler.lint import RULES, page_of
from reconciler.model.problem import Location, Problem

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_PROJECT = Location("gsctl.yaml", 1)  # what stands nowhere is about the whole


def sarif(found: Sequence[Problem], version: str, prefix: str, pages: str) -> dict[str, Any]:
    """A log with one run. `prefix` leads from the checkout to the files; `pages` to the rules'."""
    codes = sorted({problem.code for problem in found})
    index = {code: number for number, code in enumerate(codes)}
    seen: Counter[str] = Counter()
    results = [_result(problem, index[problem.code], prefix, seen) for problem in found]
    driver = {"name": "gsctl", "version": version, "rules": [_rule(c, pages) for c in codes],
              "informationUri": "https://github.com/graphscope/gsctl"}  # fmt: skip
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, pages: str) -> dict[str, Any]:
    rule = RULES.get(code)
    if rule is None:
        text = {"text": f"A problem of the documents, {code}: docs/errors.md explains it."}
        return {"id": code, "shortDescription": text, "fullDescription": text, "help": text}
    title = {"text": f"{rule.title[0].upper()}{rule.title[1:]}."}
    page = page_of(rule)
    return {
        "id": code,
        "shortDescription": title,
        "fullDescription": title,
        "help": {"text": page, "markdown": page},
        "helpUri": f"{pages}{code}.md",
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(problem: Problem, rule: int, prefix: str, seen: Counter[str]) -> dict[str, Any]:
    at = problem.at or _PROJECT
    region = {"startLine": at.line} | ({"startColumn": at.column} if at.column else {})
    where = {"artifactLocation": {"uri": quote(f"{prefix}{at.file}")}, "region": region}
    hint = f" ({problem.hint})" if problem.hint else ""
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": f"{problem.summary}{hint}"},
        "locations": [{"physicalLocation": where}],
        "partialFingerprints": {"finding/v1": _fingerprint(problem, at, seen)},
    }


def _fingerprint(problem: Problem, at: Location, seen: Counter[str]) -> str:
    """What a finding is known by when lines move: never its line."""
    text = repr((problem.code, at.file, problem.address, problem.summary))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"
