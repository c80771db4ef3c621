"""A law: a sentence that holds for every driver, and the trial that shows it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

from reconciler.testing.bench import Bench, Skip


@dataclass(frozen=True, slots=True)
class Law:
    """`why` tells what users would meet without it. `check` raises what it finds wrong, or Skip."""

    name: str
    why: str
    check: Callable[[Bench], None]

    def __str__(self) -> str:
        return self.name


def law(check: Callable[[Bench], None]) -> Law:
    """Make a law of a function: its name is the sentence, its docstring the reason."""
    name = check.__name__.strip("_").replace("_", " ")
    return Law(name, inspect.cleandoc(check.__doc__ or ""), check)


def only(mode: str, bench: Bench) -> None:
    """Skip where graphs are not tried in that mode."""
    if bench.subject.mode != mode:
        raise Skip(f"of {mode} graphs only")
