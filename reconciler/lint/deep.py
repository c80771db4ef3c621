"""Reads the rows that Loads name, as an apply would; no engine is asked, and nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.lint.subject import Subject
from reconciler.loads.check import EdgeEnds, TypeCheck, TypeReport
from reconciler.loads.checker import Checker, CheckerDied
from reconciler.model.catalog import Catalog
from reconciler.model.key import Key
from reconciler.model.loading import LoadOptions, LoadWish, TypeLoad
from reconciler.model.problem import Problem

Reports = Mapping[Key, Mapping[str, TypeReport]]  # by graph, then by type


def read_rows(graphs: Iterable[Subject], loads: Iterable[LoadWish]) -> Reports:
    """What the files of each graph's types hold. One bounded process reads them all, in turn.

    Not read are edges to vertices that no Load fills, and types that several Loads read each in
    its own way: what would dangle among them cannot be told from files.
    """
    wishes = [*loads]
    found: dict[Key, Mapping[str, TypeReport]] = {}
    with Checker() as checker:
        for subject in graphs:
            own = [wish for wish in wishes if wish.graph == subject.graph.key]
            if own:
                found[subject.graph.key] = _reports(subject, _contents(own), checker)
                checker.forget()
    return found


def _contents(loads: Iterable[LoadWish]) -> Mapping[str, tuple[TypeLoad, LoadOptions]]:
    """The sources of each type, those of several Loads as one where they are read alike."""
    found: dict[str, tuple[TypeLoad, LoadOptions]] = {}
    unlike: set[str] = set()
    for load in loads:
        for content in load.types:
            if content.type in found:
                before, options = found[content.type]
                unlike |= {content.type} if options != load.options else set()
                joined = replace(before, sources=(*before.sources, *content.sources))
                found[content.type] = joined, options
            else:
                found[content.type] = content, load.options
    return {name: one for name, one in found.items() if name not in unlike}


def _reports(
    subject: Subject, contents: Mapping[str, tuple[TypeLoad, LoadOptions]], checker: Checker
) -> Mapping[str, TypeReport]:
    catalog = subject.catalog
    vertices = [name for name in contents if name in catalog.vertices]
    edges = [
        name
        for name in contents
        if name in catalog.edges
        and all(end in contents for pair in catalog.edges[name].pairs for end in pair)
    ]
    asked = {
        name: checker.submit(_check(catalog, *contents[name], _largest(subject)))
        for name in (*vertices, *edges)
    }
    found: dict[str, TypeReport] = {}
    for name, answer in asked.items():
        try:
            found[name] = answer.result()
        except (CheckerDied, RuntimeError) as error:
            says = f"{subject.address(name)}: {error}"
            found[name] = TypeReport(name, faults=(Problem("error", says, "LD121"),))
    return found


def _largest(subject: Subject) -> int:
    return subject.traits.strings.largest if subject.traits else 1 << 16


def _check(catalog: Catalog, load: TypeLoad, options: LoadOptions, largest: int) -> TypeCheck:
    edge, vertex = catalog.edges.get(load.type), catalog.vertices.get(load.type)
    properties = dict(catalog.properties(load.type))
    return TypeCheck(
        load.type,
        load.element,
        properties,
        tuple(properties),
        load,
        options,
        vertex.key if vertex else None,
        tuple(_ends(catalog, pair) for pair in (edge.pairs if edge else ())),
        edge.multiplicity if edge else "many-to-many",
        largest,
    )


def _ends(catalog: Catalog, pair: tuple[str, str]) -> EdgeEnds:
    first, second = (catalog.vertices[end] for end in pair)
    return EdgeEnds(pair, first.properties[first.key], second.properties[second.key])


def faults(reports: Reports) -> Iterator[Problem]:
    """What no apply would let pass, with the graph's address."""
    for key, found in sorted(reports.items()):
        for report in found.values():
            yield from (replace(problem, address=str(key)) for problem in report.faults)
