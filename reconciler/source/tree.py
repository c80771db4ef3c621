"""Builds one document, with its places, from the events of a YAML parser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.source.places import Branch, Mark, Node
from reconciler.source.scalars import LONGEST_NUMBER, HugeNumberError, resolve

_SCALAR_TAGS = frozenset((None, "!", "tag:yaml.org,2002:str"))
_COLLECTION_TAGS = frozenset((None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))
# Nobody reads on; and a document that is all mistakes must not cost a problem for each byte.
MOST_FAULTS = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """What is read at most. Nodes of a file count its documents too; those behind aliases anew."""

    file_bytes: int = 16 << 20
    depth: int = 64
    nodes: int = 1_000_000
    alias_nodes: int = 10_000  # of one document


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake at a mark; `first` is where the other one of two stands."""

    code: str
    says: str
    mark: Mark
    hint: str = ""
    first: Mark | None = None


class ExceededError(Exception):
    """A limit was passed: what follows in this document is not read."""

    def __init__(self, says: str, mark: Mark) -> None:
        super().__init__(says)
        self.fault = Fault("SY104", says, mark)


class Tree:
    """Takes a document's events one by one. `nodes` counts on from document to document."""

    __slots__ = (
        "_aliased", "_anchors", "_branch", "_key", "_key_mark", "_limits", "_stack", "_value",
        "faults", "line", "nodes", "place", "root",
    )  # fmt: skip

    def __init__(self, limits: Limits, nodes: int, mark: Mark) -> None:
        self._limits = limits
        self.nodes = nodes + 1
        self.faults: list[Fault] = []
        self.root: Any = None
        self.line = mark.line
        self.place: Node = mark
        self._value: dict[str, Any] | list[Any] | None = None  # the open collection
        self._branch = Branch(mark, {}, [])
        self._key: str | None = None
        self._key_mark = mark
        self._stack: list[tuple[Any, Branch, str | None, Mark, str | None, int]] = []
        self._anchors: dict[str, tuple[Any, Node, int]] = {}
        self._aliased = 0

    def scalar(self, event: Any) -> None:
        """A scalar: a key, a value or an item.

        Raises ExceededError.
        """
        mark, value = event.start_mark, event.value
        self._count(mark)
        if event.tag is None:
            if event.implicit[0]:
                value = self._resolve(value, mark)
        elif event.tag not in _SCALAR_TAGS:
            self._refuse_tag(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, mark, 1)
        if self._key is None and type(self._value) is dict:
            self._take_key(value, event)
        else:
            self._put(value, mark)

    def open(self, event: Any) -> None:
        """A mapping or a list begins.

        Raises ExceededError.
        """
        mark = event.start_mark
        self._count(mark)
        if len(self._stack) >= self._limits.depth:
            raise ExceededError(f"nested deeper than {self._limits.depth}", mark)
        if event.tag not in _COLLECTION_TAGS:
            self._refuse_tag(event)
        mapping = isinstance(event, MappingStartEvent)
        value: dict[str, Any] | list[Any] = {} if mapping else []
        branch = Branch(mark, {}, {} if mapping else [])
        if self._key is None and type(self._value) is dict:
            self._take_key(None, event)
        else:
            self._put(value, branch)
        self._stack.append((self._value, self._branch, self._key, self._key_mark, event.anchor,
                            self.nodes))  # fmt: skip
        self._value, self._branch, self._key = value, branch, None

    def close(self, _event: Any) -> None:
        """The innermost collection ends; only from here on may aliases name it."""
        value, branch = self._value, self._branch
        self._value, self._branch, self._key, self._key_mark, anchor, before = self._stack.pop()
        if anchor:
            self._anchors[anchor] = (value, branch, self.nodes - before + 1)

    def alias(self, event: Any) -> None:
        """A part is named again.

        Raises ExceededError where the aliases of the document stand for too much.
        """
        mark = event.start_mark
        value, node, size = self._anchors.get(event.anchor, (None, mark, 1))
        if event.anchor not in self._anchors:
            says = f"`*{event.anchor}` names nothing that was complete before it"
            self._note(Fault("SY101", says, mark))
        self._aliased += size
        self.nodes += size
        if self._aliased > self._limits.alias_nodes:
            says = f"aliases stand for more than {self._limits.alias_nodes} values"
            raise ExceededError(says, mark)
        if self._key is None and type(self._value) is dict:
            self._take_key(value, event)
        else:
            self._put(value, Branch(mark, node.keys, node.items) if type(node) is Branch else mark)

    def _count(self, mark: Mark) -> None:
        self.nodes += 1
        if self.nodes > self._limits.nodes:
            raise ExceededError(f"more than {self._limits.nodes} values in a file", mark)

    def _note(self, fault: Fault) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)

    def _put(self, value: Any, node: Node) -> None:
        if type(self._value) is dict:
            assert self._key is not None
            self._value[self._key] = value
            self._branch.items[self._key] = node  # type: ignore[call-overload]  # a mapping's, by its key
            self._key = None
        elif self._value is None:
            self.root, self.place = value, node
        else:
            self._value.append(value)  # type: ignore[union-attr]  # a list's
            self._branch.items.append(node)  # type: ignore[union-attr]  # a list's

    def _take_key(self, key: Any, event: Any) -> None:
        mark = event.start_mark
        keys = self._branch.keys
        if type(key) is not str:
            self._refuse_key(event)
            key = f"{mark.line}:{mark.column}"  # any that no other key has
        elif key in keys:
            says = f"`{key}` is given twice"
            self._note(Fault("SY102", says, mark, "keep one of the two", keys[key]))
        keys[key] = mark
        self._key = key

    def _refuse_key(self, event: Any) -> None:
        if isinstance(event, ScalarEvent):
            says, hint = f"the key `{event.value}` is not text", f'quote it: "{event.value}"'
        else:
            says, hint = "a key must be text, not a mapping, a list or an alias", ""
        self._note(Fault("SY106", says, event.start_mark, hint))

    def _refuse_tag(self, event: Any) -> None:
        says = f"the tag `{event.tag.replace('tag:yaml.org,2002:', '!!')}` is not allowed"
        self._note(Fault("SY103", says, event.start_mark, "remove it; quote what is text"))

    def _resolve(self, text: str, mark: Mark) -> Any:
        try:
            return resolve(text)
        except HugeNumberError:
            says = f"a number of {len(text)} characters; at most {LONGEST_NUMBER} are read"
            self._note(Fault("SY104", says, mark, "quote it when it is text"))
            return text


HANDLERS: Mapping[type, Callable[[Tree, Any], None]] = {
    ScalarEvent: Tree.scalar,
    MappingStartEvent: Tree.open,
    SequenceStartEvent: Tree.open,
    MappingEndEvent: Tree.close,
    SequenceEndEvent: Tree.close,
    AliasEvent: Tree.alias,
}
