"""LD and DG: loads that leave something out, count it twice, or point at nothing."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.lint.rule import Finding, Needs, Rule
from reconciler.lint.subject import Subject
from reconciler.loads.check import TypeReport
from reconciler.model.kinds import EdgeSource, LoadSpec, VertexSource
from reconciler.model.resource import Path, Resource
from reconciler.model.units import show_count

_Source = VertexSource | EdgeSource


def _sources(load: LoadSpec) -> Iterator[tuple[str, str, tuple[_Source, ...]]]:
    yield from (("vertices", name, (*sources,)) for name, sources in load.vertices.items())
    yield from (("edges", name, (*sources,)) for name, sources in load.edges.items())


def never_filled(subject: Subject) -> Iterator[Finding]:
    """LD301: some types are loaded and this one is not, and nobody else may write."""
    if not subject.fed or subject.spec.writes == "open":
        return
    ends = {end for name in subject.fed & subject.spec.edges.keys()
            for pair in subject.spec.edges[name].ends for end in pair}  # fmt: skip
    for group, types in (("vertices", subject.spec.vertices), ("edges", subject.spec.edges)):
        for name in types:
            if name not in subject.fed and name not in ends:  # of ends DG101 speaks
                says = f"no Load fills `{name}`"
                yield Finding(subject.graph, ("spec", group, name), says,
                              "name its files in a Load, or remove the type")  # fmt: skip


def trial_limit(subject: Subject) -> Iterator[Finding]:
    """LD302: a limit for trying out is still there."""
    for resource, load in subject.loads:
        if load.limit is not None:
            says = f"only the first {load.limit:,} rows of each vertex file are loaded"
            yield Finding(resource, ("spec", "limit"), says, "remove `limit` once you tried")


def listed_twice(subject: Subject) -> Iterator[Finding]:
    """LD303: a file is named twice for a type: its rows come twice, or clash."""
    for resource, load in subject.loads:
        for group, name, sources in _sources(load):
            seen: set[tuple[str, object]] = set()
            for number, source in enumerate(sources):
                pair = getattr(source, "pair", None)
                for index, file in enumerate(source.files):
                    if (file, pair) in seen:
                        path: Path = ("spec", group, name, number, "files", index)
                        says = f"`{file}` is named twice for {name}"
                        yield Finding(resource, path, says, "list it once", key=False)
                    seen.add((file, pair))


def by_number(subject: Subject) -> Iterator[Finding]:
    """LD304: a column is named by its number although the files have a header."""
    for resource, load in subject.loads:
        if not load.format.header:
            continue
        for group, type_, sources in _sources(load):
            for number, source in enumerate(sources):
                path: Path = ("spec", group, type_, number)
                for at, column in _columns(source):
                    if isinstance(column, int):
                        says = f"column {column} is named by its number; the files have a header"
                        yield Finding(resource, (*path, *at), says,
                                      "name it as the header does", key=False)  # fmt: skip


def _columns(source: _Source) -> Iterator[tuple[Path, str | int]]:
    yield from ((("columns", name), column) for name, column in source.columns.items())
    if isinstance(source, EdgeSource):
        yield ("fromColumn",), source.from_column
        yield ("toColumn",), source.to_column


def duplicates_hidden(subject: Subject) -> Iterator[Finding]:
    """LD305: rows with a key that was there before are left out."""
    for resource, load in subject.loads:
        if load.on_duplicate_key == "first":
            says = "of vertices with the same key only the first is kept"
            hint = "leave `onDuplicateKey` out to be told of them"
            yield Finding(resource, ("spec", "onDuplicateKey"), says, hint, key=False)


def empty_ends(subject: Subject) -> Iterator[Finding]:
    """DG101: edges are loaded whose ends no Load fills: every one of them dangles."""
    if subject.spec.writes == "open":
        return
    for resource, load in subject.loads:
        for name in load.edges:
            edge = subject.spec.edges.get(name)
            ends = {end for pair in edge.ends for end in pair} if edge else set()
            for end in sorted(ends - subject.fed):
                says = f"`{name}` needs vertices of `{end}`, which no Load fills"
                yield Finding(resource, ("spec", "edges", name), says,
                              f"name the files of `{end}` under `vertices`")  # fmt: skip


def dangling_hidden(subject: Subject) -> Iterator[Finding]:
    """DG102: edges without a vertex at an end are left out."""
    for resource, load in subject.loads:
        if load.on_dangling_edge == "drop":
            says = "edges whose ends are no vertices are left out"
            hint = "leave `onDanglingEdge` out to be told of them, or say with `expect` how many"
            yield Finding(resource, ("spec", "onDanglingEdge"), says, hint, key=False)


def left_out(subject: Subject) -> Iterator[Finding]:
    """DG201: how many edges dangle, and are left out."""
    for resource, name, report in _read(subject):
        if report.dropped:
            says = f"{show_count(report.dropped, 'row')} of `{name}` dangle, and are left out"
            yield Finding(resource, ("spec", "edges", name), says,
                          "look for their ends in the files of vertices")  # fmt: skip


def passed_over(subject: Subject) -> Iterator[Finding]:
    """LD306: how many rows have a key that came before, and are left out."""
    for resource, name, report in _read(subject):
        if report.duplicates_skipped:
            rows = show_count(report.duplicates_skipped, "row")
            says = f"{rows} of `{name}` have a key that came before"
            yield Finding(resource, ("spec", "vertices", name), says,
                          "only the first of each is loaded")  # fmt: skip


def _read(subject: Subject) -> Iterator[tuple[Resource, str, TypeReport]]:
    for resource, load in subject.loads:
        for name in (*load.vertices, *load.edges):
            if report := subject.reports.get(name):
                yield resource, name, report


RULES = (
    Rule("LD112", "warning", "no column feeds a property"),
    Rule("LD113", "note", "columns that no property takes"),
    Rule("LD301", "note", "a type that no Load fills, though others are", never_filled),
    Rule("LD302", "warning", "a limit for trying out is still there", trial_limit),
    Rule("LD303", "warning", "a file is named twice for a type", listed_twice),
    Rule("LD304", "note", "a column by its number, in files with a header", by_number),
    Rule("LD305", "note", "rows with a key that came before are left out", duplicates_hidden),
    Rule("LD306", "warning", "rows with a key that came before, counted", passed_over,
         needs=Needs.DATA),
    Rule("DG101", "error", "edges are loaded, and an end of theirs is not", empty_ends),
    Rule("DG102", "warning", "edges that dangle are left out", dangling_hidden),
    Rule("DG201", "warning", "edges that dangle, counted", left_out, needs=Needs.DATA),
)  # fmt: skip
