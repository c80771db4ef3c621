"""A procedure's parameters and its tests: types that the engine has, and calls that fit.

Code PR109.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from reconciler.model.kinds import ProcedureSpec
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path
from reconciler.model.traits import Traits
from reconciler.model.types import PropertyType

CODE = "PR109"
Complaint = tuple[Path, Problem, bool]  # where, what, and whether at the key
_WHOLE = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "uint64": (0, (1 << 64) - 1),
}


def check_types(spec: ProcedureSpec, traits: Traits | None) -> Iterator[Complaint]:
    """Parameters of types that the engine does not have."""
    for name, text in spec.parameters.items():
        type_ = _type(text)
        if traits and (
            type_.name not in traits.property_types or (type_.many and not traits.lists)
        ):
            hint = f"it has {', '.join(sorted(traits.property_types))}"
            says = f"{traits.type} has no parameters of type `{text}`"
            yield ("spec", "parameters", name), Problem("error", says, CODE, hint=hint), False


def check_calls(spec: ProcedureSpec) -> Iterator[Complaint]:
    """Tests whose call does not give exactly the declared parameters, each of its type."""
    for index, test in enumerate(spec.tests):
        path: Path = ("spec", "tests", index, "call")
        for name in [name for name in spec.parameters if name not in test.call]:
            hint = f"add `{name}: <{spec.parameters[name]}>`"
            says = f"the test's call does not give `{name}`"
            yield path, Problem("error", says, CODE, hint=hint), False
        for name, value in test.call.items():
            if name not in spec.parameters:
                hint = did_you_mean(name, spec.parameters)
                says = f"the procedure has no parameter `{name}`"
                yield (*path, name), Problem("error", says, CODE, hint=hint), True
            elif not fits(value, _type(spec.parameters[name])):
                says = f"`{name}` must be of type {spec.parameters[name]}, not {_shown(value)}"
                hint = _hint(value, spec.parameters[name])
                yield (*path, name), Problem("error", says, CODE, hint=hint), False


@cache
def _type(text: str) -> PropertyType:
    return PropertyType.parse(text)


def fits(value: Any, type_: PropertyType) -> bool:
    """Whether a value read from YAML can be given for a parameter."""
    if type_.many:
        one = PropertyType(type_.name, type_.width)
        return isinstance(value, list | tuple) and all(fits(item, one) for item in value)
    if type_.name in _WHOLE:
        low, high = _WHOLE[type_.name]
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    if type_.name == "bool":
        return isinstance(value, bool)
    if type_.name in {"float", "double"}:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str) and _reads(type_.name, value)


def _reads(name: str, text: str) -> bool:
    """Whether a text says a value of a type that is written as text."""
    try:
        if name == "date":
            date.fromisoformat(text)
        elif name == "timestamp":
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
    return f"`{text[:40]}`"


def _hint(value: Any, type_: str) -> str:
    if type_.startswith("string") and isinstance(value, int | float):
        return f'quote it: "{_shown(value)[1:-1]}"'
    return {"date": "write `2026-01-31`", "timestamp": "write `2026-01-31T12:00:00`"}.get(type_, "")
