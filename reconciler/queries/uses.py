"""Which labels, properties and parameters a query uses, and what its variables stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lark import Token, Tree

from reconciler.model.catalog import Element
from reconciler.queries.syntax import Node
from reconciler.queries.words import unquoted


@dataclass(frozen=True, slots=True)
class Binding:
    """What a variable stands for. No labels: any type."""

    element: Element
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Use:
    """A name in a query. Of a property, `of` tells whose; of a write, `name` is the keyword."""

    sort: Literal["vertex", "edge", "property", "parameter", "write"]
    name: str
    start: int
    of: Binding | None = None


_WRAPPERS = frozenset({"expr", "operand", "parens"})  # what may stand around a bare variable
Scope = dict[str, Binding | None]  # None: a value, or what cannot be told


def uses(tree: Node) -> tuple[Use, ...]:
    """Every use in the query, in the order of its text."""
    reader = _Reader()
    reader.read(tree, {})
    return tuple(sorted(reader.found, key=lambda use: use.start))


class _Reader:
    """Walks a tree with what is in scope. A rule without a method is read part by part."""

    def __init__(self) -> None:
        self.found: list[Use] = []
        self._rules: Mapping[str, Callable[[Node, Scope], None]] = {
            "single": self._inside, "subquery": self._inside, "part": self._part,
            "chain": self._chain, "path": self._path, "path_comprehension": self._path_values,
            "node": self._element, "edge": self._element,
            "with": self._with, "return": self._return, "unwind": self._unwind,
            "yielded": self._yielded, "operand": self._operand, "projection": self._projection,
            "comprehension": self._values, "quantifier": self._values, "reduce": self._values,
            "lambda": self._values, "parameter": self._parameter,
            "create": self._write, "merge": self._write, "set": self._write,
            "delete": self._write, "remove": self._write,
        }  # fmt: skip

    def read(self, node: Node, scope: Scope) -> None:
        """Note the uses below `node`, and bind in `scope` what it introduces."""
        rule = self._rules.get(str(node.data))
        if rule:
            rule(node, scope)
        else:
            self._parts(node, scope)

    def _parts(self, node: Node, scope: Scope) -> None:
        for child in _trees(node):
            self.read(child, scope)

    def _inside(self, node: Node, scope: Scope) -> None:
        self._parts(node, dict(scope))

    # --- patterns --------------------------------------------------------------------------

    def _part(self, node: Node, scope: Scope) -> None:
        for name in _variables(node):
            scope[name] = None  # a path
        self._parts(node, scope)

    def _chain(self, node: Node, scope: Scope) -> None:
        for child in _trees(node):  # all first: a condition inside may speak of a later one
            self._bind(child, scope)
        self._parts(node, scope)

    def _path(self, node: Node, scope: Scope) -> None:
        self._chain(node, dict(scope))

    def _path_values(self, node: Node, scope: Scope) -> None:
        inner = dict(scope)
        for child in _trees(node):
            if child.data == "path":
                self._chain(child, inner)
            elif child.data != "variable":
                self.read(child, inner)

    def _bind(self, node: Node, scope: Scope) -> None:
        element, labels = _element_of(node), frozenset(name for name, _ in _labels(node))
        for name in _variables(node):
            old = scope.get(name)
            if name in scope and (old is None or old.element != element):
                scope[name] = None
            elif any(child.data == "hops" for child in _trees(node)):
                scope[name] = None  # a list of edges
            else:
                scope[name] = Binding(element, labels | old.labels if old else labels)

    def _element(self, node: Node, scope: Scope) -> None:
        element, labels = _element_of(node), _labels(node)
        own = Binding(element, frozenset(name for name, _ in labels))
        for name in _variables(node):
            own = scope.get(name) or own
        self.found += [Use(element, name, start) for name, start in labels]
        for child in _trees(node):
            if child.data == "map":
                self._entries(child, own, scope)
            elif child.data == "hops":
                self._hops(child, own, scope)
            elif child.data not in {"variable", "labels"}:
                self.read(child, scope)

    def _entries(self, node: Node, of: Binding, scope: Scope) -> None:
        for entry in _trees(node):
            self._property(entry, of)
            self._parts(entry, scope)

    def _hops(self, node: Node, edges: Binding, scope: Scope) -> None:
        """`*1..3 (r, n | WHERE …)`: within the brackets r is each edge, n each vertex."""
        inner = dict(scope)
        for child in _trees(node):
            names = _variables(child) if child.data == "step_filter" else []
            inner |= dict(zip(names, (edges, Binding("vertex")), strict=False))
            self._parts(child, inner)

    # --- clauses ---------------------------------------------------------------------------

    def _with(self, node: Node, scope: Scope) -> None:
        after = self._results(node, scope)
        scope.clear()
        scope.update(after)

    def _return(self, node: Node, scope: Scope) -> None:
        self._results(node, scope)

    def _results(self, node: Node, scope: Scope) -> Scope:
        """Read a WITH or a RETURN; what is in scope behind it."""
        after: Scope = {}
        for child in _trees(node):
            if child.data == "items":
                self._parts(child, scope)
                after = _carried(child, scope)
            else:
                self.read(child, scope | after)  # both sides: ORDER BY may use either
        return after

    def _unwind(self, node: Node, scope: Scope) -> None:
        self._parts(node, scope)
        scope |= dict.fromkeys(_variables(node))

    def _yielded(self, node: Node, scope: Scope) -> None:
        names = [unquoted(str(token)) for token in node.scan_values(_is_name)]
        scope |= dict.fromkeys(names[-1:])

    def _write(self, node: Node, scope: Scope) -> None:
        keyword = next(child for child in node.children if isinstance(child, Token))
        self.found.append(Use("write", keyword.upper(), keyword.start_pos or 0))
        self._parts(node, scope)

    # --- expressions -----------------------------------------------------------------------

    def _operand(self, node: Node, scope: Scope) -> None:
        self._parts(node, scope)
        children = _trees(node)
        if len(children) < 2 or children[0].data != "variable":
            return
        if of := scope.get(_variables(node)[0]):
            if children[1].data == "property":
                self._property(children[1], of)
            elif children[1].data == "labels":
                self.found += [Use(of.element, *label) for label in _labels(node)]

    def _projection(self, node: Node, scope: Scope) -> None:
        self._parts(node, scope)
        of = scope.get(_variables(node)[0])
        for projected in node.find_data("projected"):
            for child in _trees(projected):
                if of and child.data == "property":
                    self._property(child, of)

    def _values(self, node: Node, scope: Scope) -> None:
        """An expression with variables of its own, which stand for values."""
        self._parts(node, scope | dict.fromkeys(_variables(node)))

    def _parameter(self, node: Node, _: Scope) -> None:
        for name, start in _names(node):
            self.found.append(Use("parameter", name, start))

    def _property(self, node: Node, of: Binding) -> None:
        name, start = next(_names(node))
        self.found.append(Use("property", name, start, of))


def _carried(items: Node, scope: Scope) -> Scope:
    """What the items of a WITH leave in scope, by their new names."""
    after: Scope = {}
    for child in items.children:
        if isinstance(child, Token):
            after |= scope  # `*`
            continue
        source = _plain_variable(child.children[0])
        names = _variables(child) or ([source] if source else [])
        after |= dict.fromkeys(names, scope.get(source) if source else None)
    return after


def _plain_variable(expression: Node | Token) -> str | None:
    """The variable that an expression consists of, if it is nothing else."""
    node = expression
    while isinstance(node, Tree) and node.data in _WRAPPERS and len(node.children) == 1:
        node = node.children[0]
    if isinstance(node, Tree) and node.data == "variable":
        return next(_names(node))[0]
    return None


def _element_of(node: Node) -> Element:
    return "vertex" if node.data == "node" else "edge"


def _trees(node: Node) -> list[Node]:
    return [child for child in node.children if isinstance(child, Tree)]


def _variables(node: Node) -> list[str]:
    """The variables that stand directly in a node."""
    return [next(_names(child))[0] for child in _trees(node) if child.data == "variable"]


def _labels(node: Node) -> list[tuple[str, int]]:
    """The labels that stand directly in a node, with their places."""
    found = [child for child in _trees(node) if child.data == "labels"]
    return [name for labels in found for label in _trees(labels) for name in _names(label)]


def _names(node: Node) -> Iterator[tuple[str, int]]:
    """The name that a node begins with, and its place; `label` and `entry` hold theirs deeper."""
    for child in node.children[:1]:
        if isinstance(child, Token):
            yield unquoted(str(child)), child.start_pos or 0
        elif child.data in {"word", "variable"}:
            yield from _names(child)


def _is_name(token: Node | Token) -> bool:
    return isinstance(token, Token) and token.type != "AS"
