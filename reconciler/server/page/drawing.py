"""The picture of a schema: where each type and each edge is drawn. Pure: no colour, no markup.

Vertex types stand in columns, each to the right of those that point at it, as far as circles allow;
within a column near what they are joined to. Lengths are in pixels, from the upper left corner.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count, pairwise

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable

MOST_TYPES = 40
_MOST_LINES = 12
_LONGEST = 34  # characters of a line
_LETTER = 7.3
_LINE = 18.0
_HEAD = 26.0
_EDGE = 12.0  # around the picture
_BETWEEN = 26.0  # two boxes of a column
_LOOP = 34.0
_LANE = 22.0  # two arrows that go below
_SHORT = {"many-to-one": "n:1", "one-to-many": "1:n", "one-to-one": "1:1"}


@dataclass(frozen=True, slots=True)
class Box:
    """A vertex type. Of `lines` the first is its key."""

    name: str
    lines: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Arrow:
    """A pair of ends of an edge type: a path as SVG has it, and where its label is centred."""

    label: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Picture:
    """All of it."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: float
    height: float


def drawn(catalog: Catalog) -> Picture | None:
    """None where there is nothing to draw, or more than a picture can show."""
    if not catalog.vertices or len(catalog.vertices) > MOST_TYPES:
        return None
    labels = {name: _label(name, edge) for name, edge in catalog.edges.items()}
    gap = max((_long(label) for label in labels.values()), default=0.0) + 44
    boxes = _placed(catalog, gap)
    places = {name: number for number, column in enumerate(columns(catalog)) for name in column}
    ends = _Ends(boxes, places, gap)
    pairs = [(name, pair) for name, edge in sorted(catalog.edges.items()) for pair in edge.pairs]
    arrows = tuple(ends.arrow(labels[name], pair) for name, pair in pairs)
    looped = any(a == b for _, (a, b) in pairs)
    right = max(box.right for box in boxes.values()) + (gap if ends.beside or looped else 0)
    return Picture(tuple(boxes.values()), arrows, right + _EDGE, ends.low + _EDGE)


def columns(catalog: Catalog) -> list[list[str]]:
    """The vertex types by column, in the order in which they stand."""
    ranks = _ranks(catalog)
    found: list[list[str]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for name in catalog.vertices:
        found[ranks[name]].append(name)
    for before, column in pairwise(found):
        place = {name: number for number, name in enumerate(before)}
        joined = _neighbours(catalog)
        column.sort(key=lambda name: _middle([place[n] for n in joined[name] if n in place]))
    return found


def _ranks(catalog: Catalog) -> Mapping[str, int]:
    """One more than the highest of what points there; an edge that closes a circle counts not."""
    above: dict[str, set[str]] = {name: set() for name in catalog.vertices}
    for edge in catalog.edges.values():
        for a, b in edge.pairs:
            if a != b and b not in _reach(above, a):
                above[b].add(a)
    ranks: dict[str, int] = {}

    def rank(name: str) -> int:
        if name not in ranks:
            ranks[name] = max((rank(other) + 1 for other in sorted(above[name])), default=0)
        return ranks[name]

    return {name: rank(name) for name in catalog.vertices}


def _reach(above: Mapping[str, set[str]], name: str) -> set[str]:
    """All that a type stands to the right of, itself among them."""
    found, open_ = {name}, [name]
    while open_:
        new = above[open_.pop()] - found
        found |= new
        open_ += new
    return found


def _neighbours(catalog: Catalog) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {name: set() for name in catalog.vertices}
    for edge in catalog.edges.values():
        for a, b in edge.pairs:
            found[a].add(b)
            found[b].add(a)
    return found


def _middle(places: list[int]) -> float:
    return sum(places) / len(places) if places else float("inf")


def _placed(catalog: Catalog, gap: float) -> dict[str, Box]:
    """Columns from left to right, each in the middle of the height."""
    looped = {a for edge in catalog.edges.values() for a, b in edge.pairs if a == b}
    sizes = {name: _box(name, table) for name, table in catalog.vertices.items()}
    tall = {name: box.height + (_LOOP if name in looped else 0) for name, box in sizes.items()}
    every = columns(catalog)
    heights = [sum(tall[name] + _BETWEEN for name in column) - _BETWEEN for column in every]
    found: dict[str, Box] = {}
    x = _EDGE
    for column, height in zip(every, heights, strict=True):
        y = _EDGE + (max(heights) - height) / 2
        for name in column:
            box, lead = sizes[name], tall[name] - sizes[name].height
            found[name] = Box(name, box.lines, x, y + lead, box.width, box.height)
            y += tall[name] + _BETWEEN
        x += max(sizes[name].width for name in column) + gap
    return found


def _box(name: str, table: VertexTable) -> Box:
    told = [f"{table.key}: {table.properties[table.key]}"]
    told += [f"{p}: {type_}" for p, type_ in table.properties.items() if p != table.key]
    if len(told) > _MOST_LINES:
        told[_MOST_LINES - 1 :] = [f"… {len(told) - _MOST_LINES + 1} more"]
    lines = tuple(map(_cut, told))
    width = max(map(_long, (*lines, _cut(name)))) + 24
    return Box(name, lines, 0, 0, width, _HEAD + _LINE * len(lines) + 8)


class _Ends:
    """Gives each arrow a place of its own at both of its boxes."""

    def __init__(self, boxes: Mapping[str, Box], places: Mapping[str, int], gap: float) -> None:
        """`places` has the column of each box, `gap` is what lies between two columns."""
        self._boxes = boxes
        self._places = places
        self._gap = gap
        self._used = {name: count() for name in boxes}
        self.beside = False  # whether an arrow goes around on the right
        self.low = max(box.y + box.height for box in boxes.values())  # where the picture ends

    def arrow(self, label: str, pair: tuple[str, str]) -> Arrow:
        """A curve between two boxes, or a loop above one."""
        a, b = (self._boxes[name] for name in pair)
        if a is b:
            return self._loop(label, a)
        start, end = self._height(a), self._height(b)
        if abs(self._places[a.name] - self._places[b.name]) > 1:
            return self._below(label, (a, start), (b, end))
        if a.right < b.x:
            return _curve(label, (a.right, start), (b.x, end), 1, 1)
        if b.right < a.x:
            return _curve(label, (a.x, start), (b.right, end), -1, -1)
        self.beside = True
        return _curve(label, (a.right, start), (b.right, end), 1, -1)

    def _below(self, label: str, start: tuple[Box, float], end: tuple[Box, float]) -> Arrow:
        """Around what stands between: down, below all boxes, and up again."""
        (a, y1), (b, y2) = start, end
        way = 1 if a.x < b.x else -1
        x1, x2 = (a.right, b.x) if way > 0 else (a.x, b.right)
        self.low += _LANE
        low, bend = self.low, way * min(self._gap / 2, 30.0)
        path = (f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x1:.1f} {low:.1f} "
                f"{x1 + bend:.1f} {low:.1f}H{x2 - bend:.1f}"
                f"C{x2:.1f} {low:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}")  # fmt: skip
        return Arrow(label, path, (x1 + x2) / 2, low)

    def _height(self, box: Box) -> float:
        return box.y + min(_HEAD / 2 + 15.0 * next(self._used[box.name]), box.height - 6)

    def _loop(self, label: str, box: Box) -> Arrow:
        number = next(self._used[box.name])
        x, y, wide = box.x + 18 + 10 * number, box.y, 46.0
        path = f"M{x:.1f} {y:.1f}c0 -32 {wide:.1f} -32 {wide:.1f} -1"
        return Arrow(label, path, x + wide + 4 + _long(label) / 2, y - 17)


def _curve(
    label: str, start: tuple[float, float], end: tuple[float, float], out: int, back: int
) -> Arrow:
    """`out` and `back` are the directions, left or right, in which it leaves and comes."""
    (x1, y1), (x2, y2) = start, end
    bow = max(40.0, abs(x2 - x1) / 2)
    c1, c2 = x1 + out * bow, x2 - back * bow
    path = f"M{x1:.1f} {y1:.1f}C{c1:.1f} {y1:.1f} {c2:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    return Arrow(label, path, (x1 + 3 * c1 + 3 * c2 + x2) / 8, (y1 + y2) / 2)


def _label(name: str, edge: EdgeTable) -> str:
    return " ".join(part for part in (_cut(name), _SHORT.get(edge.multiplicity, "")) if part)


def _long(text: str) -> float:
    return _LETTER * sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
