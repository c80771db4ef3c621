"""Findings as workflow commands: GitHub shows them beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.problem import Problem

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
_IN_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_PROPERTY = {**_IN_TEXT, ":": "%3A", ",": "%2C"}


def workflow_commands(found: Iterable[Problem], prefix: str) -> Iterator[str]:
    """One command a line. `prefix` leads from the checkout to the files."""
    for problem in found:
        properties = {"title": problem.code}
        if problem.at:
            properties = {"file": f"{prefix}{problem.at.file}", "line": str(problem.at.line),
                          "col": str(max(1, problem.at.column)), **properties}  # fmt: skip
        told = ",".join(f"{name}={_escaped(v, _IN_PROPERTY)}" for name, v in properties.items())
        hint = f"\nhint: {problem.hint}" if problem.hint else ""
        text = _escaped(f"{problem.summary}{hint}", _IN_TEXT)
        yield f"::{_COMMANDS[problem.severity]} {told}::{text}"


def _escaped(text: str, signs: Mapping[str, str]) -> str:
    return "".join(signs.get(sign, sign) for sign in text)
