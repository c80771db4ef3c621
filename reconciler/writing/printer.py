"""From a document as it is written to its text: two spaces a level, short collections on a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.writing.nodes import (
    Alias,
    Collection,
    Comment,
    Entry,
    Node,
    Page,
    Scalar,
    commented,
)
from reconciler.writing.scalars import literal, spelled

WIDTH = 100


def printed(page: Page) -> str:
    """The text of a document, ending with a line end."""
    lines = list(_comments(page.head, 0, first=True))
    root = page.root
    if isinstance(root, Collection) and root.entries and not _fits(root, 0):
        lines += _block(root, 0)
    else:
        lines += _value(root, 0, "", [])
        lines += _comments(root.tail, 0) if isinstance(root, Collection) else ()
    return "\n".join(lines) + "\n"


def _block(node: Collection, indent: int) -> Iterator[str]:
    for number, entry in enumerate(node.entries):
        yield from _entry(entry, indent, first=number == 0)
    yield from _comments(node.tail, indent)


def _entry(entry: Entry, indent: int, *, first: bool) -> Iterator[str]:
    above = _above(entry, indent)
    yield from _comments(above, indent, first=first)
    if entry.blank and not (first and not above):
        yield ""
    lead = " " * indent + (f"{_key(entry.key)}:" if entry.key else "-")
    yield from _value(entry.value, indent, lead, _beside(entry, indent))


def _above(entry: Entry, indent: int) -> list[Comment]:
    """The comments that go above an entry: its own, and those that its lines have no room for."""
    beside = _beside(entry, indent)
    extra = [Comment(text) for text in entry.after[: len(entry.after) - len(beside)]]
    shared = _sharing(entry, indent)
    inner = _above(shared.entries[0], indent + 2) if shared else []
    return [*entry.before, *extra, *inner]


def _beside(entry: Entry, indent: int) -> list[str]:
    """The comment at the end of an entry's own line."""
    return [] if _sharing(entry, indent) else entry.after[-1:]


def _sharing(entry: Entry, indent: int) -> Collection | None:
    """The collection of an item whose first entry stands beside the item's dash."""
    node = entry.value
    if entry.key or not isinstance(node, Collection) or not node.entries or node.anchor:
        return None
    return None if _fits(node, indent + 2) else node


def _value(node: Node, indent: int, lead: str, after: list[str]) -> Iterator[str]:
    end = f"  {after[-1]}" if after else ""
    space = " " if lead else ""
    match node:
        case Alias():
            yield f"{lead}{space}*{node.name}{end}"
        case Scalar():
            yield from _scalar(node, indent, f"{lead}{space}{_anchor(node)}", end)
        case Collection() if not node.entries or _fits(node, len(lead) + len(space)):
            yield f"{lead}{space}{_anchor(node)}{_flow(node)}{end}"
            yield from _comments(node.tail, indent + 2)
        case Collection():
            yield from _below(node, indent, lead, end)


def _below(node: Collection, indent: int, lead: str, end: str) -> Iterator[str]:
    """A collection on lines of its own; that of an item begins beside the item's dash."""
    if lead.endswith("-") and not node.anchor:
        first, *rest = node.entries
        inner = indent + 2
        yield from _value(first.value, inner, _inner_lead(first, lead), _beside(first, inner))
        for entry in rest:
            yield from _entry(entry, inner, first=False)
        yield from _comments(node.tail, inner)
        return
    yield f"{lead} {_anchor(node)}".rstrip() + end
    yield from _block(node, indent + 2)


def _inner_lead(first: Entry, lead: str) -> str:
    return f"{lead} {_key(first.key)}:" if first.key else f"{lead} -"


def _scalar(node: Scalar, indent: int, lead: str, end: str) -> Iterator[str]:
    if node.plain:
        yield f"{lead}{node.text}{end}"
        return
    block = (node.header, list(node.folded)) if node.folded else literal(node.text)
    if block is None:
        yield f"{lead}{spelled(node.text)}{end}"
        return
    header, lines = block
    yield f"{lead}{header}{end}"
    yield from (f"{' ' * (indent + 2)}{line}" if line else "" for line in lines)


def _fits(node: Collection, taken: int) -> bool:
    """Whether a collection that was written on one line still goes there."""
    return node.flow and not commented(node) and taken + len(_flow(node)) <= WIDTH


def _flow(node: Node) -> str:
    match node:
        case Alias():
            return f"*{node.name}"
        case Scalar():
            text = node.text if node.plain else spelled(node.text, flow=True)
            return f"{_anchor(node)}{text}"
        case Collection():
            items = ", ".join(_flow_entry(entry) for entry in node.entries)
            return f"{{{items}}}" if node.sort == "mapping" else f"[{items}]"


def _flow_entry(entry: Entry) -> str:
    inner = entry.value
    value = f"{_anchor(inner)}{_flow(inner)}" if isinstance(inner, Collection) else _flow(inner)
    return f"{spelled(entry.key.text, flow=True)}: {value}" if entry.key else value


def _key(key: Scalar | None) -> str:
    assert key is not None, "a list has no keys"
    return spelled(key.text)


def _anchor(node: Scalar | Collection) -> str:
    return f"&{node.anchor} " if node.anchor else ""


def _comments(comments: Iterable[Comment], indent: int, *, first: bool = False) -> Iterator[str]:
    for comment in comments:
        if comment.blank and not first:
            yield ""
        first = False
        yield " " * indent + comment.text
