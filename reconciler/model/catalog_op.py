"""What a change of a catalog consists of: the statements of an engine, one by one, as values."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.catalog import Element


@dataclass(frozen=True, slots=True)
class CreateType:
    """A new, empty type, as it stands in the catalog that the step carries."""

    type: str
    element: Element


@dataclass(frozen=True, slots=True)
class DropType:
    """A type goes, and with a vertex type the edge types that touch it."""

    type: str
    element: Element


@dataclass(frozen=True, slots=True)
class AddProperty:
    """A new property; old rows get the type's zero."""

    type: str
    element: Element
    name: str


@dataclass(frozen=True, slots=True)
class DropProperty:
    """A property goes with its values."""

    type: str
    element: Element
    name: str


@dataclass(frozen=True, slots=True)
class RenameProperty:
    """A property keeps its values under another name."""

    type: str
    element: Element
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class RenameType:
    """A type keeps its rows under another name; edge types that touch it follow."""

    element: Element
    old: str
    new: str

    @property
    def type(self) -> str:
        """The type, as it is called after."""
        return self.new


CatalogOp = CreateType | DropType | AddProperty | DropProperty | RenameProperty | RenameType
