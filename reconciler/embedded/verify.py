"""Whether a copy may be published: a reader must find what was declared and loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.embedded.client import Host, Refused
from reconciler.embedded.dialect import Questions
from reconciler.embedded.failures import failed
from reconciler.model.catalog import Catalog, EdgeTable
from reconciler.model.record import ProcedureRecord, Record
from reconciler.model.step import GraphAt


def agrees(graph: GraphAt, rows: Mapping[str, int], record: Record) -> None:
    """What the engine holds must be no less than what was loaded. Raises StepFailed."""
    for type_ in sorted(record.fills):
        recorded = record.rows(type_)
        if rows.get(type_, 0) < recorded:
            says = f"{type_}: {rows.get(type_, 0):,} rows are there, {recorded:,} were loaded"
            raise failed(graph, "NE102", says)


def multiplicities(host: Host, graph: GraphAt, catalog: Catalog) -> None:
    """Every edge type must keep its multiplicity: the engine does not see to it.

    Raises StepFailed with the first vertices that have too many edges.
    """
    for name, edge in sorted(catalog.edges.items()):
        for query, says in _offences(host.questions, name, edge, catalog):
            if rows := host.rows(query).rows:
                shown = ", ".join(f"{key} has {count}" for key, count in rows[:3])
                raise failed(graph, "LD212", f"{name} is {edge.multiplicity}: {says} {shown}")


def _offences(
    questions: Questions, name: str, edge: EdgeTable, catalog: Catalog
) -> Iterator[tuple[str, str]]:
    for pair in edge.pairs:
        if edge.multiplicity in ("many-to-one", "one-to-one"):
            key = catalog.vertices[pair[0]].key
            yield questions.crowded(name, pair, key, end="from"), f"of {pair[0]}"
        if edge.multiplicity in ("one-to-many", "one-to-one"):
            key = catalog.vertices[pair[1]].key
            yield questions.crowded(name, pair, key, end="to"), f"of {pair[1]}"


def runs(host: Host, graph: GraphAt, name: str, procedure: ProcedureRecord) -> None:
    """A procedure must fit the catalog, and its tests give as many rows as they say.

    Raises StepFailed.
    """
    try:
        host.rows(f"EXPLAIN {procedure.query}")
    except Refused as error:
        raise failed(graph, "PR202", f"Procedure/{name}: {error}") from error
    for test in procedure.tests:
        called = ", ".join(f"{k}={v}" for k, v in sorted(test["call"].items()))
        try:
            rows = len(host.rows(procedure.query, test["call"]).rows)
        except Refused as error:
            raise failed(graph, "PR202", f"Procedure/{name}({called}): {error}") from error
        if not within(test["rows"], rows):
            says = f"Procedure/{name}({called}) gives {rows} rows, not {bounds(test['rows'])}"
            raise failed(graph, "PR201", says)


def within(wanted: int | Mapping[str, int | None], rows: int) -> bool:
    """Whether `rows` is the number, or between the bounds, that a test asks for."""
    if isinstance(wanted, int):
        return rows == wanted
    low, high = wanted.get("min"), wanted.get("max")
    return (low is None or rows >= low) and (high is None or rows <= high)


def bounds(wanted: int | Mapping[str, int | None]) -> str:
    """What a test asks for, in words."""
    if isinstance(wanted, int):
        return str(wanted)
    low, high = wanted.get("min"), wanted.get("max")
    told = [f"at least {low}"] if low is not None else []
    return " and ".join([*told, *([f"at most {high}"] if high is not None else [])])
