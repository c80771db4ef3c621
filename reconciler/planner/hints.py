"""Hints of renames, judged inside the live catalog that they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable

SWAP = "gsctl_swap_"  # begins the name that one of a cycle has for a moment


@dataclass(frozen=True, slots=True)
class Hint:
    """`new` was called `old`. Of a property with its type, under the type's new name."""

    new: str
    old: str

    @property
    def address(self) -> tuple[str, str | None]:
        """The type, and the property where it is one."""
        type_, dot, name = self.new.partition(".")
        return type_, name if dot else None


def applying(renames: Mapping[str, str], live: Catalog) -> Mapping[str, str]:
    """Those of `renames` that happen now, by new address.

    One whose new name is live happens only where that one is renamed away: a chain, or a swap.
    """
    types = _applying({n: o for n, o in renames.items() if "." not in n}, _types(live))
    found = dict(types)
    for type_ in sorted({new.partition(".")[0] for new in renames if "." in new}):
        names = {
            new.partition(".")[2]: old
            for new, old in renames.items()
            if new.startswith(f"{type_}.")
        }
        properties = set(live.properties(types.get(type_, type_)))
        found |= {f"{type_}.{n}": o for n, o in _applying(names, properties).items()}
    return found


def astray(renames: Mapping[str, str], live: Catalog) -> Iterator[tuple[Hint, bool]]:
    """The hints that hit nothing (False) or meet a name that stays (True), by new address."""
    types = {new: old for new, old in renames.items() if "." not in new}
    happening = applying(renames, live)
    for new, old in sorted(renames.items()):
        hint = Hint(new, old)
        type_, name = hint.address
        here = _types(live) if name is None else set(live.properties(types.get(type_, type_)))
        if name is not None and types.get(type_, type_) not in _types(live):
            continue  # its type is new
        if new in happening or ((name or type_) in here) != (old in here):
            continue
        yield hint, old in here


def renamed(live: Catalog, renames: Mapping[str, str]) -> Catalog:
    """`live` under the names that it is to have."""
    type_of = {old: new for new, old in renames.items() if "." not in new}
    property_of = {
        (new.partition(".")[0], old): new.partition(".")[2]
        for new, old in renames.items()
        if "." in new
    }

    def names(type_: str, properties: Mapping[str, str]) -> Mapping[str, str]:
        return {property_of.get((type_, p), p): text for p, text in properties.items()}

    vertices: dict[str, VertexTable] = {}
    for old, vertex in live.vertices.items():
        new = type_of.get(old, old)
        key = property_of.get((new, vertex.key), vertex.key)
        vertices[new] = VertexTable(key, names(new, vertex.properties))
    edges: dict[str, EdgeTable] = {}
    for old, edge in live.edges.items():
        new = type_of.get(old, old)
        pairs = tuple((type_of.get(a, a), type_of.get(b, b)) for a, b in edge.pairs)
        edges[new] = replace(edge, pairs=pairs, properties=names(new, edge.properties))
    return Catalog(vertices, edges)


def _types(live: Catalog) -> set[str]:
    return {name for name, _ in live.types()}


def _applying(names: Mapping[str, str], live: set[str]) -> dict[str, str]:
    there = {new: old for new, old in names.items() if old in live}
    leaving = set(there.values())
    return {new: old for new, old in there.items() if new not in live or new in leaving}


def ordered(names: Mapping[str, str], live: set[str]) -> Iterator[tuple[str, str]]:
    """Renames, old and new, in an order in which no new name is taken.

    `names` maps old to new; a cycle goes through a name of ours.
    """
    left, taken = dict(names), live | names.keys()
    while left:
        free = sorted(old for old, new in left.items() if new not in taken)
        old = free[0] if free else min(left)
        goal = left.pop(old)
        new = goal if free else f"{SWAP}{old}"
        if not free:
            left[new] = goal
        taken = taken - {old} | {new}
        yield old, new


def path_before(path: tuple[str, ...], renames: Mapping[str, str]) -> tuple[str, ...]:
    """A path below a graph (`vertices`, type, `properties`, name) by the names before `renames`."""
    if len(path) < 2:
        return path
    type_ = renames.get(path[1], path[1])
    name = [renames.get(f"{path[1]}.{path[3]}", path[3])] if len(path) > 3 else []
    return (path[0], type_, *path[2:3], *name, *path[4:])
