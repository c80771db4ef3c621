"""Reads a file as it is written: libyaml's events for the values, the gaps for the comments.

Only for files in which the reader of wishes finds no mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from reconciler.writing.nodes import Alias, Collection, Comment, Entry, Node, Page, Scalar
from reconciler.writing.scalars import canonical, is_text

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#.*")
_TEXT_TAGS = frozenset(("!", "tag:yaml.org,2002:str"))


@dataclass(slots=True)
class Span:
    """A document in its file: the text from `begin` to `end` (characters), and what is written.

    `odd` tells why it cannot be written again from `page`.
    """

    begin: int
    end: int
    page: Page
    odd: str = ""


def spans(text: str) -> list[Span]:
    """The documents of a file, in order; a `---` belongs to the document that it begins."""
    return _Scan(text).run()


def comments(text: str) -> list[str]:
    """All comments of a file, sorted, without what follows them."""
    scan = _Scan(text)
    scan.run()
    return sorted(scan.seen)


@dataclass(slots=True)
class _Open:
    """A collection whose end was not met yet, with the key that waits for its value."""

    node: Collection
    key: Scalar | None = None
    waiting: Entry | None = None


@dataclass(slots=True)
class _Scan:
    text: str
    seen: list[str] = field(default_factory=list)
    position: int = 0  # in the text: all before it is understood
    pending: list[Comment] = field(default_factory=list)
    blank: bool = False  # an empty line stands above what comes next
    stack: list[_Open] = field(default_factory=list)
    last: Entry | None = None  # what a comment on the same line belongs to
    root: Node | None = None
    head: list[Comment] = field(default_factory=list)
    odd: str = ""
    below_block: bool = False  # a block of text ended with an empty line

    def run(self) -> list[Span]:
        next_event = CParser(self.text).get_event
        next_event()  # the stream's begin
        found: list[Span] = []
        while not isinstance(event := next_event(), StreamEndEvent):
            match event:
                case DocumentStartEvent():
                    begin = _begins(event) if found else 0
                    if found:
                        found[-1].end = begin
                    self._start(event)
                    found.append(Span(begin, len(self.text), Page(Scalar("null", plain=True))))
                case DocumentEndEvent():
                    self._finish(event)
                    found[-1].odd = self.odd
                    if self.root is not None:
                        found[-1].page = Page(self.root, self.head)
                case _:
                    self._take(event)
        return found

    def _start(self, event: Any) -> None:
        self.odd = "it has a %-directive" if event.version or event.tags else ""
        self.root, self.head, self.stack, self.last = None, [], [], None
        self.pending, self.blank = [], False
        if event.explicit:
            self._gap(event.start_mark.index)  # comments above the first `---`
            self.position = event.end_mark.index

    def _finish(self, event: Any) -> None:
        if event.explicit:
            self.odd = "it ends with `...`"
        self._gap(self._end_of_document(event.start_mark.index))
        if isinstance(self.root, Collection):
            self.root.tail += _tail(self.root, self.pending, -1)
        elif self.pending:
            self.odd = "comments stand around a single value"

    def _end_of_document(self, at: int) -> int:
        """Where the comments of a document end: at the next `---`, or with the file."""
        match = re.compile(r"^---(?=\s|$)", re.MULTILINE).search(self.text, self.position)
        return match.start() if match and match.start() <= max(at, self.position) else at

    def _take(self, event: Any) -> None:
        if isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self._close(event)
            return
        self._gap(event.start_mark.index)
        if self.root is None and not self.stack:
            self.head, self.pending = self.pending, []
        take = {ScalarEvent: self._text, AliasEvent: self._alias}.get(type(event), self._open)
        take(event)

    def _alias(self, event: Any) -> None:
        self.position = event.end_mark.index
        self._put(Alias(event.anchor), event)

    def _open(self, event: Any) -> None:
        mapping = isinstance(event, MappingStartEvent)
        node = Collection("mapping" if mapping else "list", flow=bool(event.flow_style),
                          anchor=event.anchor or "", column=event.start_mark.column)  # fmt: skip
        self._put(node, event)
        self.stack.append(_Open(node))
        self.position = max(self.position, event.end_mark.index)

    def _close(self, event: Any) -> None:
        node = self.stack.pop().node
        if node.flow:
            self._gap(event.start_mark.index)
            node.tail += self.pending
            self.pending = []
            self.position = event.end_mark.index
            if self.stack:
                self.last = self.stack[-1].node.entries[-1]

    def _put(self, node: Node, event: Any) -> None:
        """Take a value where one is waited for: a key, its value, an item, the root."""
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if top.node.sort == "list":
            self._enter(top, Entry(None, node), event.start_mark.column)
        elif top.key is None:
            if not isinstance(node, Scalar):
                self.odd, node = "a key is an alias", Scalar("")
            node.plain = False
            top.key = node
            top.waiting = Entry(node, Scalar("null", plain=True))
            self._enter(top, top.waiting, event.start_mark.column)
        else:
            assert top.waiting, "a key waits with its entry"
            top.waiting.value = node
            self.last = top.waiting
            if not isinstance(node, Collection) or node.flow:
                top.waiting.before += self.pending
                self.pending, self.blank = [], False
            top.key = top.waiting = None

    def _enter(self, top: _Open, entry: Entry, column: int) -> None:
        if top.node.entries and not top.node.flow:
            below = top.node.column if top.node.sort == "list" else column
            self.pending = _tail(top.node.entries[-1].value, self.pending, below)
        entry.before, self.pending = self.pending, []
        entry.blank, self.blank = self.blank, False
        top.node.entries.append(entry)
        self.last = entry

    def _text(self, event: Any) -> None:
        """A scalar, with the comment that stands beside the `|` of a block."""
        self.position = event.end_mark.index
        raw = self.text[event.start_mark.index : event.end_mark.index]
        if event.style not in ("|", ">"):
            self._put(_scalar(event), event)
            return
        header, _, body = raw.partition("\n")
        match = _COMMENT.search(header)
        mark = header.partition("#")[0].split()[-1]
        self._put(_block(event, mark, body), event)
        self.below_block = "+" not in mark and body.endswith("\n\n")
        if match:
            self._note_after(match.group().rstrip())

    def _note_after(self, text: str) -> None:
        self.seen.append(text)
        owner = self.last
        if self.stack and self.stack[-1].waiting:
            owner = self.stack[-1].waiting
        if owner is None:
            self.pending.append(Comment(text))
        else:
            owner.after.append(text)

    def _gap(self, end: int) -> None:
        """Understand the text up to `end`: indicators, comments, empty lines."""
        lines = self.text[self.position : end].split("\n")
        begins = self.text.rfind("\n", 0, self.position) + 1
        same_line = self.position > begins and bool(self.last or self.stack)
        blank, self.below_block = self.below_block, False
        for number, line in enumerate(lines):
            match = _COMMENT.search(line)
            if number == 0 and same_line and not (match and "-" in line[: match.start()].split()):
                if match:
                    self._note_after(match.group().rstrip())
            elif match:
                self._note_above(match, line, blank=blank)
                blank = False
            elif not line.strip() and number < len(lines) - 1:
                blank = True
        self.blank = blank or (self.blank and len(lines) == 1)
        self.position = max(self.position, end)

    def _note_above(self, match: re.Match[str], line: str, *, blank: bool) -> None:
        text = match.group().rstrip()
        self.seen.append(text)
        column = len(line) - len(line.lstrip())
        self.pending.append(Comment(text, blank, column))


def _tail(node: Node, pending: list[Comment], below: int) -> list[Comment]:
    """Give a collection the comments that are indented into it; what is left over."""
    while pending and pending[0].column > below and isinstance(node, Collection) and not node.flow:
        home, inner = node, node.entries[-1].value if node.entries else None
        while isinstance(inner, Collection) and not inner.flow and inner.entries:
            if inner.column > pending[0].column:
                break
            home, inner = inner, inner.entries[-1].value
        home.tail.append(pending[0])
        pending = pending[1:]
    return pending


def _begins(event: Any) -> int:
    return int(event.start_mark.index)


def _scalar(event: Any) -> Scalar:
    text, anchor = event.value, event.anchor or ""
    if not event.style and event.tag not in _TEXT_TAGS and not is_text(text):
        return Scalar(canonical(text), plain=True, anchor=anchor)
    return Scalar(text, anchor=anchor)


def _block(event: Any, mark: str, body: str) -> Scalar:
    """A block of text; one that is folded keeps its lines, which its value does not tell."""
    anchor = event.anchor or ""
    if event.style == "|" or re.search("[0-9+]", mark):
        return Scalar(event.value, anchor=anchor)
    return Scalar(event.value, anchor=anchor, folded=_dedented(body.split("\n")), header=mark)


def _dedented(lines: list[str]) -> tuple[str, ...]:
    while lines and not lines[-1].strip():
        lines.pop()
    indent = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return tuple(line[indent:] if line.strip() else "" for line in lines)
