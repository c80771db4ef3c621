"""Reads YAML 1.2 in one pass over libyaml's events: plain values, their places, all mistakes.

libyaml scans and parses; what a scalar means, duplicate keys, aliases, tags and limits are judged
by us. A mistake spoils its own document only: reading goes on with the next `---`.

Codes: SY101 syntax, SY102 duplicate key, SY103 tag, SY104 limit, SY105 encoding, SY106 key.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.events import DocumentEndEvent, DocumentStartEvent, ScalarEvent, StreamEndEvent

from reconciler.model.problem import Location, Problem
from reconciler.model.resource import Positions
from reconciler.source.places import Places, Spot
from reconciler.source.tree import HANDLERS, ExceededError, Fault, Limits, Tree

LIMITS = Limits()
# Each broken document costs a new parse of all that follows it.
MOST_BROKEN = 20

# The breaks by which libyaml counts lines.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# libyaml reads ahead, and such a character would hide whole documents before it.
_UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)
_MISREAD = re.compile(r"\?\S|&\S+:")
_TOO_DEEP = "maximum nesting depth"
_DOCUMENT = re.compile(r"---(?:[ \t]|$)")
_ADVICE = {
    "found character that cannot start any token": "indent by spaces; quote text that begins with "
    "@, ` or %",
    "mapping values are not allowed in this context": "quote text that holds `: `, or check the "
    "indentation",
    "could not find expected ':'": "write `key: value`, or check the indentation",
    "did not find expected key": "check the indentation of this line and of those above it",
    "found unexpected end of stream": "close the quote or the bracket",
    "found unexpected document indicator": "close the quote before the `---`",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document as plain dicts, lists and scalars; what aliases name is shared, not copied.

    With an error among `problems`, `body` is what could be made of it. `templated`: `${` stands
    somewhere in its file.
    """

    body: Any
    positions: Positions = field(repr=False)
    problems: tuple[Problem, ...] = ()
    templated: bool = False


def read_documents(
    file: str, data: bytes, limits: Limits = LIMITS
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """The documents of a file, in order, and what is wrong with the file apart from them.

    Never raises for what is in `data`. About 0.1 ms a document of 30 values.
    """
    if len(data) > limits.file_bytes:
        return (), (too_large(file, len(data), limits),)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return (), (_no_utf8(file, data, error.start),)
    problems: tuple[Problem, ...] = ()
    if bad := _UNPRINTABLE.search(text):
        problems = (_unprintable(file, text, bad.start()),)
        text = _UNPRINTABLE.sub("\ufffd", text)
    return tuple(_File(file, text, limits).documents()), problems


def too_large(file: str, size: int, limits: Limits = LIMITS) -> Problem:
    """The problem of a file of `size` bytes."""
    says = f"the file has {size} bytes; at most {limits.file_bytes} are read"
    return Problem("error", says, "SY104", Location(file, 1))


def _no_utf8(file: str, data: bytes, position: int) -> Problem:
    line = len(_BREAK.findall(data[:position].decode("utf-8", "replace"))) + 1
    says = f"byte 0x{data[position]:02x} is not UTF-8"
    return Problem("error", says, "SY105", Location(file, line), "save the file as UTF-8")


def _unprintable(file: str, text: str, position: int) -> Problem:
    before = _BREAK.split(text[:position])
    at = Location(file, len(before), len(before[-1]) + 1)
    says = f"the character U+{ord(text[position]):04X} is not allowed in YAML"
    return Problem("error", says, "SY105", at, "write it as an escape in double quotes")


class _File:
    """The text of one file, and how far it was read."""

    def __init__(self, name: str, text: str, limits: Limits) -> None:
        self.name = name
        self.text = text
        self.lines = tuple(_BREAK.split(text))
        self.limits = limits
        self.templated = "${" in text
        self.nodes = 0
        self.first = 1  # line of the file where the parser's text begins

    def documents(self) -> Iterator[Document]:
        """Every document; after one that cannot be read to its end, those from the next `---`."""
        for _ in range(MOST_BROKEN):
            following = yield from self._read_on()
            if following is None:
                return
            self.first = following
            self.text = "\n".join(self.lines[following - 1 :])
        fault = Fault("SY101", "too many broken documents; the rest is not read", Spot(0, 0))
        yield self._document(Tree(self.limits, 0, fault.mark), fault)

    def _read_on(self) -> Generator[Document, None, int | None]:
        """Yield documents; return the line to go on from when one of them cannot be read on."""
        next_event = CParser(self.text).get_event
        suspect = bool(_MISREAD.search(self.text))
        tree = Tree(self.limits, self.nodes, Spot(0, 0))
        try:
            while True:
                event: Any = next_event()
                type_ = type(event)
                if handle := HANDLERS.get(type_):
                    handle(tree, event)
                    if suspect and type_ is ScalarEvent:
                        self._refuse_misread(tree, event)
                elif type_ is DocumentStartEvent:
                    tree = Tree(self.limits, self.nodes, event.start_mark)
                elif type_ is DocumentEndEvent:
                    self.nodes = tree.nodes
                    yield self._document(tree)
                elif type_ is StreamEndEvent:
                    return None
        except MarkedYAMLError as error:
            fault = self._syntax(error)
        except ExceededError as error:
            fault = error.fault
        yield self._document(tree, fault)
        return self._next_document(max(self.first + fault.mark.line, tree.line + self.first + 1))

    def _syntax(self, error: MarkedYAMLError) -> Fault:
        mark = error.problem_mark or error.context_mark or Spot(0, 0)
        here = (
            self.lines[mark.line + self.first - 1]
            if mark.line + self.first <= len(self.lines)
            else ""
        )
        at_end = getattr(mark, "index", 0) >= len(self.text.rstrip())
        if error.context_mark and (at_end or _DOCUMENT.match(here)):
            mark = error.context_mark  # what is never closed, not where that was noticed
        text = str(error.problem)
        if _TOO_DEEP in text:  # libyaml looks ahead, and has a limit of its own
            return Fault("SY104", f"nested deeper than {self.limits.depth}", mark)
        context = f" {error.context}" if error.context else ""
        return Fault("SY101", f"{text}{context}", mark, _ADVICE.get(text, ""))

    def _refuse_misread(self, tree: Tree, event: Any) -> None:
        """Refuse what libyaml reads as something else than YAML 1.2 says."""
        mark = event.start_mark
        if self.text[mark.index - 1 : mark.index] == "?":
            tree.faults.append(
                Fault("SY101", "text that begins with `?` is ambiguous", mark, "quote it")
            )
        elif event.anchor and event.value.startswith(":"):
            says = "the name of an anchor ends at a `:`"
            tree.faults.append(Fault("SY101", says, mark, "name it with letters and digits"))

    def _document(self, tree: Tree, *faults: Fault) -> Document:
        positions = Positions(
            self.name,
            self.lines,
            Places(tree.place, self.first),
            Places(tree.place, self.first, of_keys=True),
        )
        problems = tuple(self._problem(fault) for fault in (*tree.faults, *faults))
        return Document(tree.root, positions, problems, self.templated)

    def _problem(self, fault: Fault) -> Problem:
        line = fault.mark.line + self.first
        hint = fault.hint
        if fault.first:
            hint += f"; the first is on line {fault.first.line + self.first}"
            hint += f", column {fault.first.column + 1}"
        at = Location(self.name, line, fault.mark.column + 1)
        excerpt = self.lines[line - 1] if line <= len(self.lines) else ""
        return Problem("error", fault.says, fault.code, at, hint, excerpt)

    def _next_document(self, line: int) -> int | None:
        """The first line from `line` on that begins a document."""
        for number in range(line, len(self.lines) + 1):
            if _DOCUMENT.match(self.lines[number - 1]):
                return number
        return None
