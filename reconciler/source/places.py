"""Where each part of a document stands: a tree made while reading, asked only for problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from reconciler.model.resource import Path


class Mark(Protocol):
    """A place as libyaml tells it. Line and column count from 0."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A mark where libyaml has none."""

    line: int
    column: int


class Branch:
    """A mapping or a list: its own place, and those of its keys and items."""

    __slots__ = ("items", "keys", "mark")

    def __init__(
        self, mark: Mark, keys: dict[str, Mark], items: dict[str, Node] | list[Node]
    ) -> None:
        self.mark = mark
        self.keys = keys
        self.items = items


Node = Branch | Mark


class Places(Mapping[Path, tuple[int, int]]):
    """The place (line, column, from 1) of each value of a document, or of each key.

    A look-up walks down the tree: nothing is made of the many places that nobody asks for. Index
    0 of what was written without a list is the thing itself, as in the models.
    """

    __slots__ = ("_first_line", "_of_keys", "_root")

    def __init__(self, root: Node, first_line: int, *, of_keys: bool = False) -> None:
        self._root = root
        self._first_line = first_line
        self._of_keys = of_keys

    def __getitem__(self, path: Path) -> tuple[int, int]:
        mark = self._key(path) if self._of_keys and path else _mark(self._find(path))
        return mark.line + self._first_line, mark.column + 1

    def __iter__(self) -> Iterator[Path]:
        yield from _paths(self._root, ())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def below(self, path: Path, under: str) -> Places:
        """The places of the part at `path`, as if it stood at `under` of a document of its own."""
        node = self._find(path)
        root = Branch(_mark(node), {under: _mark(node)}, {under: node})
        return Places(root, self._first_line, of_keys=self._of_keys)

    def _key(self, path: Path) -> Mark:
        parent = self._find(path[:-1])
        if isinstance(parent, Branch) and path[-1] in parent.keys:
            return parent.keys[str(path[-1])]
        return _mark(self._find(path))

    def _find(self, path: Path) -> Node:
        node = self._root
        for part in path:
            if not isinstance(node, Branch):
                raise KeyError(path)
            items = node.items
            if isinstance(items, list):
                if not isinstance(part, int) or not 0 <= part < len(items):
                    raise KeyError(path)
                node = items[part]
            elif part in items:
                node = items[str(part)]
            elif part != 0:
                raise KeyError(path)
        return node


def _mark(node: Node) -> Mark:
    return node.mark if isinstance(node, Branch) else node


def _paths(node: Node, path: Path) -> Iterator[Path]:
    yield path
    if isinstance(node, Branch):
        items = node.items
        inner = items.items() if isinstance(items, dict) else enumerate(items)
        for part, item in inner:
            yield from _paths(item, (*path, part))
