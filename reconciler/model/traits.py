"""What an engine can do and what a change costs on it: a driver's answers, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from reconciler.model.estimate import Rates
from reconciler.model.types import PropertyType


class Effect(StrEnum):
    """What changing a field costs, cheapest first."""

    MARK = "mark"  # only our record changes
    IN_PLACE = "in place"  # the live copy takes it
    RESTART = "restart"
    REBUILD = "rebuild"  # of the type that holds the field, and of what touches it
    MOVE = "move"  # a new copy elsewhere
    REFUSED = "refused"


Happening = Literal["add", "drop", "change", "rename"]


@dataclass(frozen=True, slots=True)
class Rule:
    """The effect of changing whatever `path` matches. `*` stands for one name; the longest wins.

    `reason` completes the sentence "because …" in a plan.
    """

    path: tuple[str, ...]
    effect: Effect
    reason: str = ""
    happening: Happening | None = None  # any

    def matches(self, path: tuple[str, ...], happening: Happening) -> bool:
        """Whether the rule speaks of `path`, or of what lies above it."""
        if self.happening not in (None, happening) or len(self.path) > len(path):
            return False
        return all(part in ("*", path[i]) for i, part in enumerate(self.path))


@dataclass(frozen=True, slots=True)
class Names:
    """Which names of types and properties an engine keeps uncorrupted."""

    pattern: str = r"[A-Za-z_][A-Za-z0-9_]*"
    reserved: frozenset[str] = frozenset()  # lower case
    max_length: int = 255
    folds_case: bool = False  # `A` and `a` are one name to it

    def refuse(self, name: str) -> str | None:
        """Why `name` cannot be kept, or None."""
        if not re.fullmatch(self.pattern, name) or len(name) > self.max_length:
            return f"must match {self.pattern}, up to {self.max_length} characters"
        if name.lower() in self.reserved:
            return "is a word that the engine reads back as something else"
        return None


@dataclass(frozen=True, slots=True)
class Strings:
    """How an engine keeps `string`. Widths in bytes; `smallest` doubles up to `largest`."""

    smallest: int | None = None  # None: strings have no width
    largest: int = 1 << 31

    def width_for(self, longest: int) -> int | None:
        """The width to declare for values of up to `longest` bytes."""
        if self.smallest is None:
            return None
        width = self.smallest
        while width < min(longest, self.largest):
            width *= 2
        return min(width, self.largest)


@dataclass(frozen=True, slots=True)
class Traits:
    """An engine type, as far as checks and the planner need to know it."""

    type: str
    versions: tuple[str, ...]  # tested ones, newest first
    modes: tuple[Literal["embedded", "served"], ...]  # the first is the default
    property_types: frozenset[str]
    key_types: frozenset[str]
    lists: bool = True
    several_pairs: bool = False
    nulls: bool = False  # a property other than a string may be without a value
    reads_only: frozenset[str] = frozenset()  # modes in which clients cannot write
    names: Names = Names()
    strings: Strings = Strings()
    clones: bool = False  # cheap copies of a live copy
    crosses: bool = False  # graphs move to engines of other types, and come from them
    reads_newer: bool = False  # a version opens what a newer one wrote: it can be gone back to
    online: frozenset[tuple[str, Happening]] = frozenset()  # e.g. ("property", "add")
    # What a running server can take as well, where no copy is kept to go back to.
    online_for_good: frozenset[tuple[str, Happening]] = frozenset()
    procedures: frozenset[str] = frozenset()  # languages
    rules: tuple[Rule, ...] = ()
    rates: Rates = field(default_factory=Rates)
    options_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object"})

    def is_older(self, version: str, than: str) -> bool:
        """Whether `version` came before `than`, as far as both are known."""
        known = self.versions
        both = version in known and than in known
        return both and known.index(version) > known.index(than)

    def refuse_type(self, type_: PropertyType, *, key: bool = False) -> str | None:
        """Why a property of `type_` cannot be kept, or None."""
        allowed = self.key_types if key else self.property_types
        if type_.name not in allowed or (type_.many and key):
            what = "a key" if key else "a property"
            return (
                f"{self.type} keeps no `{type_}` as {what}; it keeps {', '.join(sorted(allowed))}"
            )
        if type_.many and not self.lists:
            return f"{self.type} keeps no lists"
        if type_.width is not None and type_.width > self.strings.largest:
            return f"{self.type} keeps strings of up to {self.strings.largest} bytes"
        return None

    def rule(self, path: tuple[str, ...], happening: Happening) -> Rule:
        """The rule for a change; the most specific one wins, then the first."""
        found = [rule for rule in self.rules if rule.matches(path, happening)]
        default = Rule((), Effect.REBUILD)
        return max(found, key=lambda r: (len(r.path), r.happening is not None), default=default)
