"""Engines by entry point. A broken plugin is a problem, not a crash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, cast

from reconciler.contracts import Driver, Floor
from reconciler.model.problem import Problem
from reconciler.model.traits import Traits

GROUP = "gsctl.engines"


class Plugin(Protocol):
    """What an entry point names: a module, or anything else with these two."""

    TRAITS: Traits

    def driver(self, floor: Floor) -> Driver:
        """The driver, on a floor."""
        ...


@dataclass(frozen=True, slots=True)
class Engines:
    """The engine types that are installed."""

    plugins: Mapping[str, Plugin] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def traits(self) -> Mapping[str, Traits]:
        """What each type can do."""
        return {name: plugin.TRAITS for name, plugin in self.plugins.items()}


def engines() -> Engines:
    """All engine types, by name. Imports each plugin, so its module must be light."""
    found: dict[str, Plugin] = {}
    problems: list[Problem] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        plugin = _load(point)
        if isinstance(plugin, Problem):
            problems.append(plugin)
        else:
            found[point.name] = plugin
    return Engines(found, tuple(problems))


def _load(point: EntryPoint) -> Plugin | Problem:
    try:
        plugin = point.load()
    except Exception as error:  # noqa: BLE001  somebody else's code: whatever it throws
        return Problem(
            "warning",
            f"the engine plugin `{point.name}` cannot be loaded: {error}",
            "PL101",
            hint=f"{point.value} is broken; the other engines go on",
        )
    if not hasattr(plugin, "TRAITS") or not hasattr(plugin, "driver"):
        return Problem("warning", f"the engine plugin `{point.name}` has no TRAITS and driver",
                       "PL101", hint="see docs/write-an-engine.md")  # fmt: skip
    return cast("Plugin", plugin)
