"""Laws of the checker, over queries that are made from a schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.queries import Binder
from reconciler.queries.syntax import parse
from reconciler.queries.uses import uses
from reconciler.queries.verdict import Answer, judge

CATALOG = Catalog(
    {
        "Person": VertexTable("id", {"id": "int64", "name": "string", "age": "int64"}),
        "City": VertexTable("id", {"id": "int64", "title": "string", "match": "int64"}),
    },
    {
        "KNOWS": EdgeTable((("Person", "Person"),), {"since": "int64"}),
        "LIVES_IN": EdgeTable((("Person", "City"),), {"until": "int64"}),
    },
)
PARAMETERS = {"x": "int64", "limit": "int64"}
MISSPELT = "zz_not_there"


@dataclass(frozen=True)
class Query:
    """A query with its parts to rename: (text before, what it names) in the order of the text."""

    pieces: tuple[str, ...]
    names: Mapping[int, str]  # index of a piece -> label | edge | property | parameter

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def renamed(self, index: int) -> Query:
        pieces = (*self.pieces[:index], MISSPELT, *self.pieces[index + 1 :])
        return replace(self, pieces=pieces)


few = settings(max_examples=25)  # a tree takes 15 ms and more


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.names: dict[int, str] = {}

    def put(self, *texts: str) -> None:
        self.pieces += texts

    def name(self, sort: str, text: str) -> None:
        self.names[len(self.pieces)] = sort
        self.pieces.append(text)


@st.composite
def queries(draw: st.DrawFn) -> Query:
    """MATCH (a:L {p: $x})-[e:T]->(b) WHERE … [WITH …] RETURN …, all of declared names."""
    writer = _Writer()
    edge, (source, target) = draw(st.sampled_from([
        ("KNOWS", ("Person", "Person")), ("LIVES_IN", ("Person", "City"))]))  # fmt: skip
    space = draw(st.sampled_from([" ", "\n", "\n  ", " /* c */ ", " // c\n"]))
    writer.put(draw(st.sampled_from(["MATCH", "match", "OPTIONAL MATCH"])), space, "(a:")
    writer.name("label", source)
    if draw(st.booleans()):
        writer.put(" {")
        writer.name("property", "age")
        writer.put(": $")
        writer.name("parameter", "x")
        writer.put("}")
    writer.put(")-[e:")
    writer.name("edge", edge)
    writer.put("]->(b:")
    writer.name("label", target)
    writer.put(")", space, "WHERE ")
    properties = [("a", p) for p in ("id", "age")] + [
        ("e", next(iter(CATALOG.edges[edge].properties)))
    ]
    properties += [
        ("b", p) for p, type_ in CATALOG.vertices[target].properties.items() if type_ == "int64"
    ]
    for index, (variable, name) in enumerate(
        draw(st.lists(st.sampled_from(properties), min_size=1, max_size=4))
    ):
        writer.put(" AND " * (index > 0), draw(st.sampled_from(["", "NOT "])), f"{variable}.")
        writer.name("property", name)
        writer.put(draw(st.sampled_from([" = 1", " < -1", " IN [1, 2]", " >= $"])))
        if writer.pieces[-1].endswith("$"):
            writer.name("parameter", "x")
    if draw(st.booleans()):
        writer.put(space, "WITH a AS c, b, e", space, "RETURN c.")
    else:
        writer.put(space, "RETURN a.")
    writer.name("property", "name")
    writer.put(" AS n, b.")
    writer.name("property", draw(st.sampled_from(sorted(CATALOG.vertices[target].properties))))
    writer.put(" AS m ORDER BY n", draw(st.sampled_from(["", " DESC"])), " LIMIT $")
    writer.name("parameter", "limit")
    return Query(tuple(writer.pieces), writer.names)


CODES = {"label": "PR101", "edge": "PR102", "property": "PR103", "parameter": "PR105"}


@few
@given(queries())
def test_a_query_of_declared_names_has_no_error(query: Query) -> None:
    assert [f for f in judge(query.text, CATALOG, PARAMETERS, None) if f.severity == "error"] == []


@few
@given(queries(), st.data())
def test_a_name_that_is_not_declared_is_found_where_it_stands(
    query: Query, data: st.DataObject
) -> None:
    index = data.draw(st.sampled_from(sorted(query.names)))
    wrong = query.renamed(index)
    found = [f for f in judge(wrong.text, CATALOG, PARAMETERS, None) if f.severity == "error"]
    start = sum(len(piece) for piece in wrong.pieces[:index])
    assert (CODES[query.names[index]], start) in [(f.code, f.start) for f in found]
    assert {f.name for f in found} == {MISSPELT}


@few
@given(queries(), st.sets(st.integers(0, 40), min_size=2))
def test_every_one_of_several_faults_is_found_at_once(query: Query, chosen: set[int]) -> None:
    wrong, places = query, []
    for index in sorted(chosen & query.names.keys()):
        wrong = wrong.renamed(index)
        places.append((CODES[query.names[index]], index))
    found = {f.code for f in judge(wrong.text, CATALOG, PARAMETERS, None) if f.severity == "error"}
    labels = {code for code, _ in places if code != "PR103"}
    assert labels <= found  # a property of a type that is not there is nobody's


@few
@given(queries())
def test_what_an_engine_accepts_needs_no_tree_to_tell_its_parameters(query: Query) -> None:
    accepted = judge(query.text, CATALOG, {}, Answer("some 1.0"))
    tree = parse(query.text)
    assert not hasattr(tree, "code")
    used = {use.name for use in uses(tree) if use.sort == "parameter"}  # type: ignore[arg-type]
    assert {f.name for f in accepted if f.code == "PR105"} == used


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_checker(text: str) -> None:
    for answer in (
        None,
        Answer("some 1.0"),
        Answer("some 1.0", "Parser exception: Invalid input <x>"),
    ):
        for fault in judge(text, CATALOG, PARAMETERS, answer):
            assert fault.start is None or 0 <= fault.start <= max(len(text) - 1, 0)


@few
@given(queries(), st.integers(0, 200), st.integers(1, 20))
def test_no_torn_query_breaks_the_checker(query: Query, start: int, length: int) -> None:
    torn = query.text[:start] + query.text[start + length :]
    for fault in judge(torn, CATALOG, PARAMETERS, None):
        assert fault.start is None or 0 <= fault.start < len(torn)


@pytest.mark.engine
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(queries(), min_size=20, max_size=40))
def test_the_engine_agrees_that_queries_of_declared_names_fit(
    neug: Mapping[str, Binder], made: list[Query]
) -> None:
    texts = {query.text: query.text for query in made}
    assert neug["neug"].bind(CATALOG, texts) == {}
