"""NM: names that will be mistaken for one another, or must be quoted."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from reconciler.lint.rule import Finding, Rule
from reconciler.lint.subject import Subject, Whole
from reconciler.model.resource import Path, Resource
from reconciler.queries.words import KEYWORDS

_STYLES = (
    ("UPPER_CASE", re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|[A-Z]{2,}[0-9]*")),
    ("snake_case", re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")),
    ("camelCase", re.compile(r"[a-z][a-z0-9]*([A-Z][A-Za-z0-9]*)+")),
    ("PascalCase", re.compile(r"[A-Z][a-z0-9]+([A-Z][A-Za-z0-9]*)*|([A-Z][a-z0-9]+)+")),
    ("lower case", re.compile(r"[a-z][a-z0-9]*")),
)
# One word in lower case is written so in both: it takes no side.
_SILENT = {"lower case": frozenset({"snake_case", "camelCase"})}
_Named = tuple[str, Path]


def style(name: str) -> str:
    """How a name is written; empty where that cannot be told."""
    return next((style for style, pattern in _STYLES if pattern.fullmatch(name)), "")


def mixed_style(subject: Subject) -> Iterator[Finding]:
    """NM101: a few names are written in another style than most of their sort."""
    for what, names in _sorts(subject):
        told = Counter(found for name, _ in names if (found := style(name)))
        spoken = {s: n for s, n in told.items() if not _SILENT.get(s, frozenset()) & told.keys()}
        if len(spoken) < 2:
            continue
        usual, number = max(spoken.items(), key=lambda pair: (pair[1], pair[0]))
        if list(spoken.values()).count(number) > 1:
            continue  # nobody can say which is the rule and which the exception
        for name, path in names:
            if (own := style(name)) in spoken and own != usual:
                says = f"`{name}` is in {own}, most {what} here are in {usual}"
                yield Finding(subject.graph, path, says, "one style is easier to remember")


def _sorts(subject: Subject) -> Iterator[tuple[str, Sequence[_Named]]]:
    spec = subject.spec
    yield "vertex types", [(name, ("spec", "vertices", name)) for name in spec.vertices]
    yield "edge types", [(name, ("spec", "edges", name)) for name in spec.edges]
    yield (
        "properties",
        [
            (name, ("spec", group, type_, "properties", name))
            for group, type_, name in _owned(subject)
        ],
    )


def _owned(subject: Subject) -> Iterator[tuple[str, str, str]]:
    for group, types in (("vertices", subject.spec.vertices), ("edges", subject.spec.edges)):
        for type_, declared in types.items():
            yield from ((group, type_, name) for name in declared.properties)


def same_but_for_case(subject: Subject) -> Iterator[Finding]:
    """NM102: two names that differ by case only, where queries compare names without it."""
    spec = subject.spec
    types = [(n, ("spec", "vertices", n)) for n in spec.vertices]
    types += [(n, ("spec", "edges", n)) for n in spec.edges]
    yield from _twins(subject.graph, types)
    for group, declared in (("vertices", spec.vertices), ("edges", spec.edges)):
        for type_, one in declared.items():
            path: Path = ("spec", group, type_, "properties")
            yield from _twins(subject.graph, [(n, (*path, n)) for n in one.properties])


def _twins(resource: Resource, names: Iterable[tuple[str, Path]]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, path in names:
        twin = first.setdefault(name.casefold(), name)
        if twin != name:
            says = f"`{name}` and `{twin}` differ by case only"
            yield Finding(resource, path, says, "name them apart: queries may take one for both")


def things_same_but_for_case(whole: Whole) -> Iterator[Finding]:
    """NM103: two things whose names differ by case only: not every file system tells them apart."""
    first: dict[tuple[str, str, str], str] = {}
    for key, resource in whole.desired.resources.items():
        twin = first.setdefault((key.tenant, key.kind, key.name.casefold()), key.name)
        if twin != key.name:
            says = f"{key} and {key.kind}/{twin} differ by case only"
            hint = "rename one: some disks keep only one of the two"
            yield Finding(resource, ("metadata", "name"), says, hint, key=False)


def must_be_quoted(subject: Subject) -> Iterator[Finding]:
    """NM104: a name that is a word of Cypher."""
    for name, path in _all_names(subject):
        if name.upper() in KEYWORDS:
            says = f"`{name}` is a word of Cypher"
            hint = f"another name needs no quotes: queries must write `` `{name}` ``"
            yield Finding(subject.graph, path, says, hint)


def _all_names(subject: Subject) -> Iterator[_Named]:
    for _, names in _sorts(subject):
        yield from names


def elsewhere_reserved(whole: Whole) -> Iterator[Finding]:
    """NM105: a name that another installed engine cannot keep: the graph cannot move there."""
    for subject in whole.subjects:
        others = [t for t in whole.traits.values() if t is not subject.traits]
        for name, path in _all_names(subject):
            refusing = [t.type for t in others if t.names.refuse(name)]
            if refusing:
                says = f"`{name}` cannot be kept by {', '.join(sorted(refusing))}"
                yield Finding(subject.graph, path, says, "rename it if the graph may move there")


def one_and_many(subject: Subject) -> Iterator[Finding]:
    """NM106: two types whose names differ in number only, such as Package and Packages."""
    by_stem: dict[str, list[_Named]] = defaultdict(list)
    for group, names in (("vertices", subject.spec.vertices), ("edges", subject.spec.edges)):
        for name in names:
            by_stem[name.casefold().removesuffix("s")].append((name, ("spec", group, name)))
    for found in by_stem.values():
        first, *others = found
        for name, path in others:
            if name.casefold() != first[0].casefold():
                says = f"`{name}` and `{first[0]}` differ by an s only"
                yield Finding(subject.graph, path, says, "name them apart, or make them one type")


RULES = (
    Rule("NM101", "note", "a name in another style than most of its sort", mixed_style),
    Rule("NM102", "warning", "two names of a graph differ by case only", same_but_for_case),
    Rule("NM103", "warning", "two things differ by case only", whole=things_same_but_for_case),
    Rule("NM104", "note", "a name that is a word of Cypher", must_be_quoted),
    Rule("NM105", "note", "a name that another engine cannot keep", whole=elsewhere_reserved),
    Rule("NM106", "note", "two types whose names differ by an s only", one_and_many),
)
