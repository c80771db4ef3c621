"""The shape of a query, told from its words: what it looks for, what joins it, what it returns.

Enough for advice, at a hundredth of a tree's cost. What a subquery in braces holds is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reconciler.model.catalog import Element
from reconciler.queries.patterns import Part, parts, split
from reconciler.queries.words import Word, words

_CLAUSES = frozenset({
    "MATCH", "OPTIONAL", "WHERE", "RETURN", "WITH", "UNWIND", "CALL", "YIELD", "ORDER", "SKIP",
    "OFFSET", "LIMIT", "UNION",
})  # fmt: skip
_AGGREGATES = frozenset({
    "avg", "collect", "count", "max", "min", "percentilecont", "percentiledisc", "stdev", "sum",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """A type that a pattern names, and the character where."""

    element: Element
    name: str
    start: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """An equality that a vertex is looked up by: its property, and the type if it is named."""

    label: str
    property: str
    start: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What is told of a query. Places count its characters from 0.

    `scans` are patterns that name no type at all, `apart` those that nothing joins to the ones
    before, `endless` paths without an upper bound. `columns` is None where a `*` hides them.
    """

    labels: tuple[Label, ...] = ()
    scans: tuple[int, ...] = ()
    apart: tuple[int, ...] = ()
    endless: tuple[int, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    columns: tuple[str, ...] | None = None
    returned: int | None = None  # where the last RETURN stands
    aggregated: bool = False
    ordered: bool = False
    limited: int | None = None  # where the last LIMIT stands


def shape(text: str) -> Shape:
    """The shape of a query; of a text that is none, whatever can be told. Never raises."""
    reader = _Reader(text)
    for keyword, found in _clauses(tuple(words(text))):
        reader.read(keyword, found)
    return reader.shape()


def _clauses(tokens: Sequence[Word]) -> Iterator[tuple[Word, Sequence[Word]]]:
    """Each keyword that begins a clause outside of all brackets, with the words after it."""
    depth, begun = 0, -1
    for index, word in enumerate(tokens):
        if word.text in {"(", "[", "{"}:
            depth += 1
        elif word.text in {")", "]", "}"}:
            depth -= 1
        elif depth == 0 and word.sort in _CLAUSES and not _is_operator(tokens, index):
            if begun >= 0:
                yield tokens[begun], tokens[begun + 1 : index]
            begun = index
    if begun >= 0:
        yield tokens[begun], tokens[begun + 1 :]


def _is_operator(tokens: Sequence[Word], index: int) -> bool:
    """Whether a keyword belongs to the words before it: `STARTS WITH`, a property's name."""
    before = tokens[index - 1].text.upper() if index else ""
    return before in {"STARTS", "ENDS", ".", ":", "$"}


class _Reader:
    """Takes one clause after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._bound: set[str] = set()  # variables that stand for something already
        self._types: dict[str, str] = {}  # the type of a variable, where it is named
        self._groups: list[set[str]] = []  # variables that patterns join, since the last WITH
        self._starts: list[tuple[int, frozenset[str]]] = []  # patterns since the last WITH
        self._labels: list[Label] = []
        self._scans: list[tuple[int, frozenset[str]]] = []
        self._apart: list[int] = []
        self._endless: list[int] = []
        self._lookups: list[tuple[str, Lookup]] = []
        self._columns: tuple[str, ...] | None = None
        self._returned: int | None = None
        self._limited: int | None = None
        self._aggregated = self._ordered = False

    def read(self, keyword: Word, found: Sequence[Word]) -> None:
        """Note what a clause says."""
        match keyword.sort:
            case "MATCH":
                for part in parts(found):
                    self._match(part)
            case "WHERE":
                self._where(found)
            case "WITH":
                self._settle()
                self._bound |= {word.name for word in found if word.sort in {"NAME", "QUOTED"}}
            case "UNWIND" | "CALL" | "YIELD":
                self._bound |= {word.name for word in found if word.sort in {"NAME", "QUOTED"}}
            case "RETURN":
                self._return(keyword, found)
            case "UNION":
                self._settle()
                self._bound.clear()
                self._types.clear()
            case "ORDER":
                self._ordered = True
            case "LIMIT":
                self._limited = keyword.start

    def shape(self) -> Shape:
        """What was found."""
        self._settle()
        return Shape(
            tuple(self._labels),
            tuple(start for start, names in self._scans if not names & self._types.keys()),
            tuple(self._apart),
            tuple(self._endless),
            tuple(Lookup(self._types.get(v, each.label), each.property, each.start)
                  for v, each in self._lookups),
            self._columns, self._returned, self._aggregated, self._ordered, self._limited,
        )  # fmt: skip

    def _match(self, part: Part) -> None:
        names = frozenset(node.variable for node in part.nodes if node.variable)
        if not part.typed and not names & self._bound:
            self._scans.append((part.start, names))
        for node in part.nodes:
            self._labels += [Label("vertex", name, start) for name, start in node.labels]
            if node.variable and node.labels:
                self._types.setdefault(node.variable, node.labels[0][0])
            label = node.labels[0][0] if node.labels else ""
            self._lookups += [(node.variable, Lookup(label, p, at)) for p, at in node.properties]
        for edge in part.edges:
            self._labels += [Label("edge", name, start) for name, start in edge.labels]
            self._endless += [edge.start] if edge.endless else []
        joined = names | part.variables
        if not joined & self._bound:  # else it hangs on what was there before the last WITH
            self._starts.append((part.start, joined))
            self._join(set(joined))

    def _where(self, found: Sequence[Word]) -> None:
        for index in range(len(found) - 4):
            first, dot, name, sign = found[index : index + 4]
            equal = dot.text == "." and sign.text.upper() in {"=", "IN"} and first.sort == "NAME"
            if equal and "." not in {word.text for word in found[index + 5 : index + 6]}:
                self._lookups.append((first.name, Lookup("", name.name, name.start)))
        for condition in split(found, "AND"):
            self._join({w.name for w in condition if w.sort in {"NAME", "QUOTED"}}, known=True)

    def _join(self, names: set[str], *, known: bool = False) -> None:
        """Remember that `names` belong together; with `known` only those that patterns have."""
        if known:
            names &= {name for group in self._groups for name in group}
        touched = [group for group in self._groups if group & names]
        self._groups = [g for g in self._groups if not g & names]
        self._groups.append(names.union(*touched))

    def _settle(self) -> None:
        """Tell which patterns since the last WITH stand apart, and begin anew."""
        seen: list[set[str]] = []
        for start, names in self._starts:
            group = next((g for g in self._groups if names and names & g), {f"@{start}"})
            if seen and group not in seen:
                self._apart.append(start)
            seen.append(group)
        self._bound |= {name for group in self._groups for name in group}
        self._groups, self._starts = [], []

    def _return(self, keyword: Word, found: Sequence[Word]) -> None:
        items = [item for item in split(found, ",") if item]
        if items and items[0][0].sort == "DISTINCT":
            items[0] = items[0][1:]
        self._returned, self._ordered, self._limited = keyword.start, False, None
        self._aggregated = any(
            word.text.lower() in _AGGREGATES and after.text in {"(", "{"}
            for word, after in pairwise(found)
        )
        hidden = any(item and item[0].text == "*" for item in items)
        self._columns = None if hidden else tuple(self._column(item) for item in items if item)

    def _column(self, item: Sequence[Word]) -> str:
        if len(item) > 1 and item[-2].sort == "AS":
            return item[-1].name
        last = item[-1]
        return self._text[item[0].start : last.start + len(last.text)]
