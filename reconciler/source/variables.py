"""`${name}` in the strings of documents.

A later layer wins: Project `spec.variables`, those of its overlay, `GSCTL_VAR_name`, `--var`.
Nothing is computed: no defaults, no nesting, no expressions.

Codes: VR101 unset, VR102 malformed, VR103 of another type than declared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Positions
from reconciler.source.scalars import HugeNumberError, resolve
from reconciler.source.yaml import Document

ENVIRONMENT_PREFIX = "GSCTL_VAR_"
Value = str | int | float | bool

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_USE = re.compile(r"\$\$\{|\$\{([^{}]*)\}|\$\{")
_WHOLE = re.compile(r"\$\{([^{}]*)\}")
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_VARIABLES: Path = ("spec", "variables")


@dataclass(frozen=True, slots=True)
class Variable:
    """A value, and how it reads inside a longer text."""

    value: Value = field(repr=False)
    text: str = field(repr=False)


def variables(
    project: Any, environ: Mapping[str, str], given: Mapping[str, str]
) -> tuple[Mapping[str, Variable], tuple[Problem, ...]]:
    """All variables. `project` is the plain Project document, overlay merged, or anything else.

    A text from outside takes the type of the variable that it overrides; that of one which no
    Project declares is read as a YAML scalar, so that `--var port=8080` is a number.
    """
    found: dict[str, Variable] = {}
    for name, value in _declared(project).items():
        if isinstance(value, Value):
            found[name] = Variable(value, _text(value))
    problems: list[Problem] = []
    start = len(ENVIRONMENT_PREFIX)
    outside = [
        (n[start:], t, n) for n, t in sorted(environ.items()) if n[:start] == ENVIRONMENT_PREFIX
    ]
    outside += [(name, text, f"--var {name}") for name, text in sorted(given.items())]
    for name, text, origin in outside:
        read = _read(text, found.get(name))
        if isinstance(read, str) and name in found and not isinstance(found[name].value, str):
            wanted = _WORDS[type(found[name].value)]
            says = f"{origin} must be {wanted}, as `{name}` in gsctl.yaml is"
            problems.append(Problem("error", says, "VR103"))
            continue
        found[name] = Variable(read, text)
    return found, tuple(problems)


def substitute(
    document: Document, known: Mapping[str, Variable]
) -> tuple[Document, tuple[Problem, ...]]:
    """`document` with every `${name}` replaced; the same object where its file has none."""
    if not document.templated:
        return document, ()
    walk = _Walk(known, document.positions)
    body = walk.value(document.body, ())
    if not walk.changed:
        return document, tuple(walk.problems)
    return Document(body, document.positions, document.problems), tuple(walk.problems)


class _Walk:
    """One pass over a document."""

    def __init__(self, known: Mapping[str, Variable], positions: Positions) -> None:
        self.known = known
        self.positions = positions
        self.problems: list[Problem] = []
        self.changed = False

    def value(self, value: Any, path: Path) -> Any:
        """`value` with its variables replaced."""
        if isinstance(value, str):
            return self._text(value, path) if "${" in value else value
        if isinstance(value, dict):
            return {key: self.value(item, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _text(self, text: str, path: Path) -> Any:
        self.changed = True
        if path[: len(_VARIABLES)] == _VARIABLES and text.replace("$${", "").count("${"):
            self._complain(path, "a variable cannot be made of variables", "VR102", "write it out")
            return text
        if whole := _WHOLE.fullmatch(text):
            variable = self._find(whole[1], path)
            return text if variable is None else variable.value
        return _USE.sub(lambda match: self._part(match, path), text)

    def _part(self, match: re.Match[str], path: Path) -> str:
        if match[0] == "$${":
            return "${"
        if match[1] is None:
            self._complain(path, "`${` is not closed", "VR102", "write `$${` for a literal `${`")
            return match[0]
        variable = self._find(match[1], path)
        return match[0] if variable is None else variable.text

    def _find(self, name: str, path: Path) -> Variable | None:
        if not re.fullmatch(_NAME, name):
            hint = "a variable is `${name}`; write `$${` for a literal `${`"
            self._complain(path, f"`${{{name}}}` names no variable", "VR102", hint)
        elif name in self.known:
            return self.known[name]
        else:
            hint = did_you_mean(name, self.known) or f"give it with --var {name}=…"
            self._complain(path, f"the variable `{name}` is not set", "VR101", hint)
        return None

    def _complain(self, path: Path, says: str, code: str, hint: str) -> None:
        self.problems.append(self.positions.problem(path, Problem("error", says, code, hint=hint)))


def _declared(project: Any) -> Mapping[str, Any]:
    spec = project.get("spec") if isinstance(project, dict) else None
    declared = spec.get("variables") if isinstance(spec, dict) else None
    return declared if isinstance(declared, dict) else {}


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(text: str, old: Variable | None) -> Value:
    """`text` as a value of the type of `old`, or as text where it is none of that type."""
    if old is not None and isinstance(old.value, str):
        return text
    try:
        value = resolve(text) if text else text
    except HugeNumberError:
        return text
    if old is not None and isinstance(old.value, float) and type(value) is int:
        return float(value)
    if value is None or (old is not None and type(value) is not type(old.value)):
        return text
    return value
