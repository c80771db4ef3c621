"""What the checker of loads is asked about one type that is to be filled."""

from __future__ import annotations

from pathlib import Path

from reconciler.embedded import cypher
from reconciler.embedded.session import Session
from reconciler.loads.check import EdgeEnds, ExistingKeys, TypeCheck
from reconciler.model.catalog import Catalog
from reconciler.model.step import FillType


def asked(session: Session, act: FillType, live: Catalog, *, appends: bool) -> TypeCheck:
    """The check; keys that the session did not bring itself are read from the live copy.

    Columns go in the order of the `live` table, where one that was added lies last.
    """
    type_, catalog = act.load.type, act.catalog
    edge = catalog.edges.get(type_)
    vertex = catalog.vertices.get(type_)
    ends = tuple(
        EdgeEnds(pair, _key_type(catalog, pair[0]), _key_type(catalog, pair[1]))
        for pair in (edge.pairs if edge else ())
    )
    needed = {v for pair in (edge.pairs if edge else ()) for v in pair} | (
        {type_} if vertex and appends else set()
    )
    existing = {v: _keys(session, catalog, v) for v in sorted(needed - session.checked)}
    return TypeCheck(
        type=type_,
        element=act.load.element,
        properties=dict(catalog.properties(type_)),
        order=tuple(name for name, _ in cypher.in_order(type_, live)),
        load=act.load,
        options=act.options,
        key=vertex.key if vertex else None,
        ends=ends,
        multiplicity=edge.multiplicity if edge else "many-to-many",
        reading=session.dialect.speech.CSV,
        largest_string=session.dialect.traits.strings.largest,
        existing=existing,
    )


def _key_type(catalog: Catalog, vertex: str) -> str:
    table = catalog.vertices[vertex]
    return table.properties[table.key]


def _keys(session: Session, catalog: Catalog, vertex: str) -> ExistingKeys:
    """Write the live keys of a vertex type where the checker can read them."""
    path: Path = session.checker.folder / f"keys-{session.graph.uid}-{vertex}.csv"
    path.unlink(missing_ok=True)
    key = catalog.vertices[vertex].key
    statement = session.dialect.questions.keys_to(vertex, key, str(path))
    session.host.ask("execute", query=statement, write=True)
    return ExistingKeys(str(path), ",", session.dialect.speech.KEYS_ESCAPE)
