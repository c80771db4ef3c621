"""Values of parameters, from the command line's text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gsctl.exits import Stop
from reconciler.model.problem import Problem
from reconciler.model.types import PropertyType

_WHOLE = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
}
_TRUTH = {"true": True, "false": False}


def pairs(given: Iterable[str]) -> dict[str, str]:
    """`name=text` taken apart. Raises Stop with all that are not so."""
    found, problems = {}, []
    for text in given:
        name, equals, rest = text.partition("=")
        if equals and name:
            found[name] = rest
        else:
            problems.append(Problem("error", f"`{text}` is no parameter", "CL106",
                                    hint=f"write `{text or 'name'}=value`"))  # fmt: skip
    if problems:
        raise Stop(*problems)
    return found


def typed(given: Mapping[str, str], declared: Mapping[str, str]) -> dict[str, Any]:
    """Parameters as their procedure declares them. Raises Stop with everything that is wrong."""
    problems = [
        Problem("error", f"the parameter `{name}: {type_}` has no value", "CL109",
                hint=f"write `{name}=…`")
        for name, type_ in declared.items() if name not in given
    ]  # fmt: skip
    found = {}
    for name, text in given.items():
        if name not in declared:
            known = ", ".join(declared) or "none"
            problems.append(Problem("error", f"there is no parameter `{name}`", "CL109",
                                    hint=f"its parameters are {known}"))  # fmt: skip
            continue
        try:
            found[name] = _read(text, PropertyType.parse(declared[name]))
        except ValueError as error:
            says = f"`{name}` must be {declared[name]}, and `{text}` is none"
            problems.append(Problem("error", says, "CL109", hint=str(error)))
    if problems:
        raise Stop(*problems)
    return found


def _read(text: str, type_: PropertyType) -> Any:
    """A value of a type. Raises ValueError with what would do."""
    if type_.many:
        listed = json.loads(text) if text.startswith("[") else text.split(",") if text else []
        inner = PropertyType(type_.name, type_.width)
        return [_read(item if isinstance(item, str) else json.dumps(item), inner)
                for item in listed]  # fmt: skip
    if type_.name in _WHOLE:
        least, most = _WHOLE[type_.name]
        number = int(text)
        if not least <= number <= most:
            raise ValueError(f"from {least} to {most}")
        return number
    if type_.name in ("float", "double"):
        return float(text)
    if type_.name == "bool":
        if text.lower() not in _TRUTH:
            raise ValueError("`true` or `false`")
        return _TRUTH[text.lower()]
    return text


def guessed(given: Mapping[str, str]) -> dict[str, Any]:
    """Parameters of a query, which declares no types: what reads as JSON is that, else text.

    `name=5` is a number and `name='"5"'` text.
    """
    return {name: _guess(text) for name, text in given.items()}


def _guess(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, dict) else value
