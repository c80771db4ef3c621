"""One module a command, or a few that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gsctl.commands import apply, plan, validate

COMMANDS: Mapping[str, Callable[..., int]] = {
    "validate": validate.validate,
    "plan": plan.plan,
    "apply": apply.apply,
    "destroy": apply.destroy,
}
GROUPS: Mapping[str, tuple[str, Mapping[str, Callable[..., int]]]] = {}
