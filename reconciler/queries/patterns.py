"""The patterns of a MATCH, read from its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.queries.words import Word

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_NAMES = frozenset({"NAME", "QUOTED"})


@dataclass(frozen=True, slots=True)
class Item:
    """A vertex `(…)` or an edge `[…]` of a pattern. `properties` are those of its map."""

    start: int
    variable: str = ""
    labels: tuple[tuple[str, int], ...] = ()
    properties: tuple[tuple[str, int], ...] = ()
    endless: bool = False  # a path of any length


@dataclass(frozen=True, slots=True)
class Part:
    """A pattern between two commas. `variables` are all names in it, those of values too."""

    start: int
    nodes: tuple[Item, ...]
    edges: tuple[Item, ...]
    variables: frozenset[str]

    @property
    def typed(self) -> bool:
        """Whether it names any type."""
        return any(item.labels for item in (*self.nodes, *self.edges))


def parts(tokens: Sequence[Word]) -> Iterator[Part]:
    """The patterns of a MATCH."""
    for found in split(tokens, ","):
        items = list(_items(found))
        nodes = tuple(item for opened, item in items if opened == "(")
        edges = tuple(item for opened, item in items if opened == "[")
        if nodes:
            yield Part(found[0].start, nodes, edges, _variables(found))


def split(tokens: Sequence[Word], sign: str) -> Iterator[Sequence[Word]]:
    """The words between each two `sign` that stand outside of brackets."""
    depth, begun = 0, 0
    for index, word in enumerate(tokens):
        depth += (word.text in _OPENING) - (word.text in _CLOSING)
        if depth == 0 and sign in {word.text, word.sort}:
            yield tokens[begun:index]
            begun = index + 1
    yield tokens[begun:]


def _items(tokens: Sequence[Word]) -> Iterator[tuple[str, Item]]:
    """Vertices and edges in their order. A function's brackets, as of a path, are looked into."""
    index = 0
    while index < len(tokens):
        opened = tokens[index].text
        called = index > 0 and tokens[index - 1].sort in _NAMES
        if opened == "[" or (opened == "(" and not called):
            end = _closing(tokens, index)
            yield opened, _item(tokens[index].start, tokens[index + 1 : end])
            index = end
        index += 1


def _closing(tokens: Sequence[Word], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += (tokens[index].text in _OPENING) - (tokens[index].text in _CLOSING)
        if depth == 0:
            return index
    return len(tokens)


def _item(start: int, tokens: Sequence[Word]) -> Item:
    variable = tokens[0].name if tokens and tokens[0].sort in _NAMES else ""
    labels: list[tuple[str, int]] = []
    properties: list[tuple[str, int]] = []
    endless, depth = False, 0
    for index, word in enumerate(tokens):
        before = tokens[index - 1].text if index else ""
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        if word.sort == "WHERE":
            break
        if word.text in _OPENING or word.text in _CLOSING:
            depth += 1 if word.text in _OPENING else -1
        elif depth == 0 and before in {":", "|", "&", "IS"} and word.sort != "SIGN":
            labels.append((word.name, word.start))
        elif depth == 1 and after == ":" and before in {"{", ","}:
            properties.append((word.name, word.start))
        elif depth == 0 and word.text == "*":
            endless = _is_endless(tokens[index + 1 :])
    return Item(start, variable, tuple(labels), tuple(properties), endless)


def _is_endless(hops: Sequence[Word]) -> bool:
    """Whether `*`, `*2..` and the like end nowhere; `*3`, `*1..3`, `*..3` and shortest paths do."""
    if any("SHORTEST" in word.text.upper() for word in hops[:2]):
        return False
    texts = ["INT" if word.sort == "INT" else word.text for word in hops if word.sort != "NAME"]
    if texts[:1] == ["INT"] and texts[1:2] != [".."]:
        return False
    return texts[:2] != ["..", "INT"] and texts[:3] != ["INT", "..", "INT"]


def _variables(tokens: Sequence[Word]) -> frozenset[str]:
    """Names that may stand for something: no types, no properties."""
    return frozenset(
        word.name
        for before, word in zip([None, *tokens], tokens, strict=False)
        if word.sort in _NAMES and (before is None or before.text not in {":", ".", "|", "$", "&"})
    )
