"""A document as it is written: values, and the comments and blank lines between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on lines of its own. `text` with its `#`; `blank`: an empty line stands above."""

    text: str
    blank: bool = False
    column: int = 0  # where it was read


@dataclass(slots=True)
class Scalar:
    """A value that is no collection.

    `plain`: not text (a number, a truth, nothing), and `text` is how it is spelled. `folded` holds
    the lines of a folded block as they were written, which its value alone does not tell.
    """

    text: str
    plain: bool = False
    anchor: str = ""
    folded: tuple[str, ...] = ()
    header: str = ""  # of a folded block: `>`, `>-`


@dataclass(slots=True)
class Alias:
    """A part that is named again."""

    name: str


@dataclass(slots=True)
class Entry:
    """A key with its value, or an item of a list (`key` None)."""

    key: Scalar | None
    value: Node
    before: list[Comment] = field(default_factory=list)
    blank: bool = False  # an empty line stands directly above it
    after: list[str] = field(default_factory=list)  # comments at the ends of its lines


@dataclass(slots=True)
class Collection:
    """A mapping or a list. `tail`: comments below the last entry."""

    sort: Literal["mapping", "list"]
    entries: list[Entry] = field(default_factory=list)
    flow: bool = False
    anchor: str = ""
    tail: list[Comment] = field(default_factory=list)
    column: int = 0  # where it was read


Node = Scalar | Alias | Collection


@dataclass(slots=True)
class Page:
    """One document. `head`: comments above its first key, which stay on top."""

    root: Node
    head: list[Comment] = field(default_factory=list)


def commented(node: Node) -> bool:
    """Whether a comment stands in it, or text that only a block can hold: it takes lines then."""
    if isinstance(node, Scalar):
        return bool(node.folded)
    if isinstance(node, Alias):
        return False
    return bool(node.tail) or any(
        entry.before or entry.after or commented(entry.value) for entry in node.entries
    )


def anchored(node: Node) -> bool:
    """Whether parts of it are named, or named again: then their order has a meaning."""
    if isinstance(node, Alias):
        return True
    if node.anchor or isinstance(node, Scalar):
        return bool(node.anchor)
    return any(anchored(entry.value) for entry in node.entries)
