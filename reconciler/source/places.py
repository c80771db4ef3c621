"""Where each part of a document stands: a tree made while reading, asked only for problems."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

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


class Flat:
    """The places of a whole document as numbers, a twentieth of the tree: for one that stays.

    The document itself has the tree's shape, so that the tree can be made again.
    """

    __slots__ = ("_body", "_marks")

    def __init__(self, body: Any, root: Node) -> None:
        """`root` is the tree of `body`, of which nothing is missing."""
        self._body = body
        self._marks = array("Q", _marks(body, root))

    def tree(self) -> Node:
        """The tree, made anew: about a microsecond a value."""
        return _tree(self._body, iter(self._marks))


def _marks(value: Any, node: Node) -> Iterator[int]:
    """Of each value in the order of the document; of each key before its value."""
    yield _packed(_mark(node))
    if isinstance(node, Branch):
        if isinstance(value, dict):
            for key, item in value.items():
                yield _packed(node.keys[key])
                yield from _marks(item, node.items[key])
        else:
            for item, inner in zip(value, node.items, strict=True):
                yield from _marks(item, inner)  # type: ignore[arg-type]  # a list's


def _tree(value: Any, marks: Iterator[int]) -> Node:
    mark = _spot(next(marks))
    if isinstance(value, dict):
        branch = Branch(mark, {}, items := {})
        for key, item in value.items():
            branch.keys[key] = _spot(next(marks))
            items[key] = _tree(item, marks)
        return branch
    if isinstance(value, list):
        return Branch(mark, {}, [_tree(item, marks) for item in value])
    return mark


def _packed(mark: Mark) -> int:
    return mark.line << 32 | mark.column


def _spot(packed: int) -> Spot:
    return Spot(packed >> 32, packed & 0xFFFFFFFF)


class Places(Mapping[Path, tuple[int, int]]):
    """The place (line, column, from 1) of each value of a document, or of each key.

    A look-up walks down the tree: nothing is made of the many places that nobody asks for. Index
    0 of what was written without a list is the thing itself, as in the models.
    """

    __slots__ = ("_first_line", "_of_keys", "_root")

    def __init__(self, root: Node | Flat, first_line: int, *, of_keys: bool = False) -> None:
        self._root = root
        self._first_line = first_line
        self._of_keys = of_keys

    @property
    def root(self) -> Node:
        """The tree."""
        return self._root.tree() if isinstance(self._root, Flat) else self._root

    def flatten(self, flat: Flat) -> None:
        """Keep the same places as `flat` from now on."""
        self._root = flat

    def __getitem__(self, path: Path) -> tuple[int, int]:
        mark = self._key(path) if self._of_keys and path else _mark(self._find(path))
        return mark.line + self._first_line, mark.column + 1

    def __iter__(self) -> Iterator[Path]:
        yield from _paths(self.root, ())

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
        node = self.root
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
