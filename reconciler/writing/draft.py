"""Documents that a program writes, with comments for people: laid out as any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.writing.nodes import Collection, Comment, Entry, Node, Page, Scalar
from reconciler.writing.order import in_order
from reconciler.writing.printer import printed

Path = tuple[str | int, ...]
_WIDE = frozenset(("spec", "vertices", "edges"))  # their entries have lines of their own
_DEEPEST = 2  # what holds no more than collections of scalars goes on a line, where it fits


@dataclass(frozen=True, slots=True)
class Draft:
    """A document for the file `path`. `comments`: lines without `#` above the part at a path."""

    path: str
    document: Mapping[str, Any]
    comments: Mapping[Path, tuple[str, ...]] = field(default_factory=dict)


def text_of(drafts: Iterable[Draft]) -> str:
    """The text of a file with these documents."""
    return "\n---\n".join(_text(draft) for draft in drafts)


def _text(draft: Draft) -> str:
    root = _node(draft.document, (), draft.comments, "")
    page = Page(root, _above((), draft.comments))
    in_order(page)
    return printed(page)


def _above(path: Path, comments: Mapping[Path, tuple[str, ...]]) -> list[Comment]:
    return [Comment(f"# {line}".rstrip()) for line in comments.get(path, ())]


def _node(value: Any, path: Path, comments: Mapping[Path, tuple[str, ...]], name: str) -> Node:
    if isinstance(value, Mapping):
        entries = [
            Entry(Scalar(str(key)), _node(item, (*path, key), comments, str(key)),
                  _above((*path, key), comments))
            for key, item in value.items()
        ]  # fmt: skip
        flow = bool(path) and name not in _WIDE and _depth(value) <= _DEEPEST
        return Collection("mapping", entries, flow=flow)
    if isinstance(value, list | tuple):
        items = [Entry(None, _node(item, (*path, n), comments, "")) for n, item in enumerate(value)]
        return Collection("list", items, flow=_depth(value) <= _DEEPEST)
    if isinstance(value, str):
        return Scalar(value)
    words = {None: "null", True: "true", False: "false"}
    return Scalar(
        words[value] if value is None or isinstance(value, bool) else repr(value), plain=True
    )


def _depth(value: Any) -> int:
    inner = (
        value.values()
        if isinstance(value, Mapping)
        else value
        if isinstance(value, list | tuple)
        else None
    )
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)
