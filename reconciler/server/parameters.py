"""Parameters of a call as JSON has them, held against what their procedure declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.model.problem import Problem
from reconciler.model.types import PropertyType
from reconciler.queries.calls import fits


def unfit(given: Mapping[str, Any], declared: Mapping[str, str]) -> tuple[Problem, ...]:
    """What is missing, unknown or of another type; the values themselves are not told."""
    known = f"its parameters are {', '.join(declared) or 'none'}"
    return (
        *(Problem("error", f"the parameter `{name}: {type_}` has no value", "CL109")
          for name, type_ in declared.items() if name not in given),
        *(Problem("error", f"there is no parameter `{name[:63]}`", "CL109", hint=known)
          for name in given if name not in declared),
        *(Problem("error", f"`{name}` must be {type_}", "CL109")
          for name, type_ in declared.items()
          if name in given and not fits(given[name], PropertyType.parse(type_))),
    )  # fmt: skip
