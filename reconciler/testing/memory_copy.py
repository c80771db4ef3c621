"""A copy in memory: its catalog, its record, how many rows, and what operations do to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.catalog import Catalog
from reconciler.model.catalog_op import (
    CatalogOp,
    DropProperty,
    DropType,
    RenameProperty,
    RenameType,
)
from reconciler.model.record import Record
from reconciler.model.step import Carry
from reconciler.testing.catalogs import altered


@dataclass(slots=True)
class Copy:
    """A copy that can be changed.

    `by_hand` counts rows that nobody loaded, by type, and values that no load feeds, by
    `Type.property`. `state` is another after each write of a client.
    """

    catalog: Catalog
    record: Record
    rows: dict[str, int]
    verified: bool = False
    by_hand: dict[str, int] = field(default_factory=dict)
    state: int = 0

    def write(self, type_: str, rows: int) -> None:
        """Rows that a client writes."""
        self.rows[type_] = self.rows.get(type_, 0) + rows
        self.by_hand[type_] = self.by_hand.get(type_, 0) + rows
        self.state += 1

    def set(self, type_: str, name: str, rows: int) -> None:
        """Values that a client gives to a property of so many rows."""
        self.by_hand[f"{type_}.{name}"] = rows
        self.state += 1

    def forget(self, type_: str) -> None:
        """The rows of a type go, with their values."""
        self.rows.pop(type_, None)
        self.by_hand = {a: n for a, n in self.by_hand.items() if a.partition(".")[0] != type_}


def exported(copy: Copy, carry: Carry) -> tuple[int, dict[str, int]]:
    """The rows of a type under the names that they will have."""
    rows = copy.rows.get(carry.old, 0)
    named = {carry.old: carry.type}
    named |= {f"{carry.old}.{old}": f"{carry.type}.{new}" for new, old in carry.columns.items()}
    return rows, {named[a]: n for a, n in copy.by_hand.items() if a in named}


def alter(copy: Copy, op: CatalogOp, goal: Catalog) -> None:
    """What one operation does to a copy, as a strict engine does it."""
    copy.catalog = altered(copy.catalog, op, goal, copy.rows)
    match op:
        case DropType():
            copy.forget(op.type)
        case DropProperty():
            copy.by_hand.pop(f"{op.type}.{op.name}", None)
        case RenameType():
            _rename_by_hand(copy, {op.old: op.new})
        case RenameProperty():
            _rename_by_hand(copy, {f"{op.type}.{op.old}": f"{op.type}.{op.new}"})
        case _:
            pass  # what is new holds nothing


def _rename_by_hand(copy: Copy, names: Mapping[str, str]) -> None:
    def new(address: str) -> str:
        type_, dot, name = address.partition(".")
        return names.get(address) or f"{names.get(type_, type_)}{dot}{name}"

    copy.by_hand = {new(address): n for address, n in copy.by_hand.items()}
