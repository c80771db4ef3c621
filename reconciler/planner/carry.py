"""Rows that leave their table: a declared load brings all of them back, or they come along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.catalog import Catalog
from reconciler.model.loading import LoadWish, TypeLoad
from reconciler.model.observed import LiveCopy
from reconciler.model.record import FillRecord
from reconciler.model.step import CarriedEnds, Carry
from reconciler.model.wish import GraphWish
from reconciler.planner.schema import SchemaDiff
from reconciler.planner.staleness import Recorded


@dataclass(frozen=True, slots=True)
class Leaving:
    """What happens to a live copy's rows on the way to a wish.

    `fills` is the copy's record in the words of the wish; `replaced` are types that a load brings
    anew; `types` all wished types whose rows leave their table, those and edge types that touch
    them included.
    """

    wish: GraphWish
    copy: LiveCopy
    schema: SchemaDiff
    fills: Recorded
    replaced: frozenset[str]

    @property
    def types(self) -> frozenset[str]:
        """The wished types whose rows do not stay where they are."""
        return touched(self.schema.emptied | self.replaced, self.wish.catalog)

    @property
    def written(self) -> bool:
        """Whether rows or values that nothing declared brings are to stay as they are."""
        return any(
            (self.beyond_record(t) if any(_feeding(self.wish, t)) else self.beyond(t))
            or self.by_hand(t)
            for t in self.schema.origins.keys() - self.replaced
        )

    def beyond_record(self, type_: str) -> int:
        """Rows of a wished type that no load brought; one that is forgotten brought none."""
        fills = self.fills.get(type_, ())
        known = (f.rows for f in fills if not f.forgotten or self._is_brought(type_, f))
        return self._beyond(type_, sum(known))

    def beyond(self, type_: str) -> int:
        """Rows of a wished type that no declared load would bring back."""
        fills = self.fills.get(type_, ())
        return self._beyond(type_, sum(f.rows for f in fills if self._is_brought(type_, f)))

    def _beyond(self, type_: str, known: int) -> int:
        return max(self.copy.rows_of(self.schema.origins[type_]) - known, 0)

    def by_hand(self, type_: str) -> int:
        """The most values of a property that stays and that no load feeds."""
        old, columns = self.schema.origins[type_], columns_of(self.schema, self.wish.catalog,
                                                              self.copy.catalog, type_)  # fmt: skip
        found = (self.copy.values.get(f"{old}.{name}", 0) for name in columns.values())
        return max(found, default=0)

    def unfed(self, type_: str, name: str) -> int:
        """Values that a load brought into a property, where no column of the wish feeds it."""
        sources = (s for _, content in _feeding(self.wish, type_) for s in content.sources)
        if any(name in source.columns for source in sources):
            return 0
        fills = self.fills.get(type_, ())
        return sum(f.rows for f in fills if any(name in s.columns for s in f.sources))

    def _is_brought(self, type_: str, fill: FillRecord) -> bool:
        return any(_brings(load, content, fill) for load, content in _feeding(self.wish, type_))


def touched(types: frozenset[str], catalog: Catalog) -> frozenset[str]:
    """`types`, and the edge types with one of them at an end."""
    ends = {edge for vertex in types & catalog.vertices.keys() for edge in catalog.touching(vertex)}
    return types | ends


def carries(leaving: Leaving) -> tuple[Carry, ...]:
    """The types whose rows come along, vertices first: what a load replaces does not."""
    catalog = leaving.wish.catalog
    found: dict[str, Carry] = {}
    for type_, element in catalog.types():
        if type_ not in leaving.types & leaving.schema.origins.keys() - leaving.replaced:
            continue
        if not (leaving.beyond(type_) or leaving.by_hand(type_)):
            continue
        old = leaving.schema.origins[type_]
        columns = columns_of(leaving.schema, catalog, leaving.copy.catalog, type_)
        ends: tuple[CarriedEnds, ...] = ()
        if element == "edge":
            ends = _ends(leaving, type_, frozenset(found))
        if ends if element == "edge" else catalog.vertices[type_].key in columns:
            rows = leaving.copy.rows_of(old)
            found[type_] = Carry(type_, element, old, columns, ends, rows=rows)
    return tuple(found.values())


def columns_of(schema: SchemaDiff, wish: Catalog, live: Catalog, type_: str) -> Mapping[str, str]:
    """Each property of a wished type that has one before, with that one's name."""
    before = live.properties(schema.origins[type_])
    named = {name: schema.property_before(type_, name) for name in wish.properties(type_)}
    return {name: old for name, old in named.items() if old in before}


def _ends(leaving: Leaving, type_: str, along: frozenset[str]) -> tuple[CarriedEnds, ...]:
    """How the edges of a type find their ends again; none where one pair of them cannot."""
    wish, live, schema = leaving.wish.catalog, leaving.copy.catalog, leaving.schema
    new_of = {old: new for new, old in schema.origins.items() if new in wish.vertices}
    found = []
    for old in live.edges[schema.origins[type_]].pairs:
        a, b = (new_of.get(vertex, "") for vertex in old)
        if (a, b) not in wish.edges[type_].pairs or any(_lost(leaving, v, along) for v in (a, b)):
            return ()
        keys = [columns_of(schema, wish, live, v).get(wish.vertices[v].key) for v in (a, b)]
        if keys[0] is None or keys[1] is None:
            return ()  # the new key was no property before: nobody can say which end is meant
        found.append(CarriedEnds((a, b), old, (keys[0], keys[1])))
    return tuple(found)


def _lost(leaving: Leaving, vertex: str, along: frozenset[str]) -> bool:
    """Whether the rows of a vertex type go, and nothing brings any back."""
    had = leaving.copy.rows_of(leaving.schema.origins[vertex])
    fed = any(_feeding(leaving.wish, vertex))
    return vertex in leaving.types and vertex not in along and not fed and had > 0


def _feeding(wish: GraphWish, type_: str) -> Iterator[tuple[LoadWish, TypeLoad]]:
    for load in wish.loads:
        yield from ((load, content) for content in load.types if content.type == type_)


def _brings(load: LoadWish, content: TypeLoad, fill: FillRecord) -> bool:
    """Whether a declared load brings what `fill` brought: an appending one lists all its files."""
    if load.key.name != fill.load:
        return False
    listed = {file.sha256 for source in content.sources for file in source.files}
    had = {file.sha256 for source in fill.sources for file in source.files}
    return load.mode == "replace" or had <= listed
