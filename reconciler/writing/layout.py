"""The canonical layout of a file, proven: it reads as the same values, and no comment is lost.

Codes: FM101 a document is left as it is, and why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model.problem import Location, Problem, errors
from reconciler.source.document import is_ours
from reconciler.source.yaml import read_documents
from reconciler.writing.order import in_order
from reconciler.writing.printer import printed
from reconciler.writing.scan import Span, comments, spans


class Unwritable(ValueError):
    """A document is written in a way that has no place in the layout."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A file laid out. `text` is what it was where nothing of ours stands in it, or with errors."""

    text: str
    problems: tuple[Problem, ...] = ()


def lay_out(file: str, data: bytes) -> Laid:
    """The text of a file with our documents in canonical layout; others stay to the letter.

    With an error among `problems` the file cannot be read. Idempotent. About 1 ms a document.
    """
    documents, found = read_documents(file, data)
    problems = (*found, *(p for d in documents for p in d.problems))
    if errors(problems):
        return Laid(data.decode("utf-8", "replace"), problems)
    text = data.decode("utf-8-sig")
    bodies = [document.body for document in documents]
    if not any(map(is_ours, bodies)):
        return Laid(data.decode("utf-8"))
    try:
        new = _joined(text.replace("\r\n", "\n"), bodies)
        _prove(file, text, new, bodies)
    except Unwritable as error:
        says = f"left as it is: {error}"
        hint = "lay it out by hand"
        return Laid(data.decode("utf-8"),
                    (Problem("warning", says, "FM101", Location(file, 1), hint),))  # fmt: skip
    return Laid(new)


def _joined(text: str, bodies: Sequence[Any]) -> str:
    found = spans(text)
    if len(found) != len(bodies):
        raise Unwritable("its documents cannot be told apart")
    parts: list[str] = []
    for span, body in zip(found, bodies, strict=True):
        if not is_ours(body):
            parts.append(_to_the_letter(text, span))
            continue
        if span.odd:
            raise Unwritable(span.odd)
        in_order(span.page)
        between = ("" if parts[-1].endswith("\n\n") else "\n") + "---\n" if parts else ""
        parts.append(between + printed(span.page))
    return "".join(parts).rstrip("\n") + "\n"


def _to_the_letter(text: str, span: Span) -> str:
    whole = text[span.begin : span.end]
    return whole if whole.endswith("\n") else whole + "\n"


def _prove(file: str, old: str, new: str, bodies: Sequence[Any]) -> None:
    """Raises Unwritable unless `new` means what `old` does."""
    documents, problems = read_documents(file, new.encode())
    again = [document.body for document in documents]
    if problems or any(document.problems for document in documents) or not same(again, bodies):
        raise Unwritable("laid out it would read otherwise")
    if comments(new) != comments(old):
        raise Unwritable("a comment has no place in the layout")


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, types and all: 1 is neither 1.0 nor true."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)
