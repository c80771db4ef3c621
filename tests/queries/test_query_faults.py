"""A table of queries on one schema, and what is said of each: by the grammar alone, and with NeuG.

A block begins on line 7; its first column is 5. Where `alone` and `engine` differ, the engine knows
better: what it accepts is no fault, and what only it refuses is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from query_repository import block, problems, said

from reconciler.contracts import Unanswered
from reconciler.queries import Binder

READS = "[a procedure only reads: declare rows with a Load, or use `gsctl query --write`]"
SAME = None


@dataclass(frozen=True)
class Case:
    says: str
    query: str
    alone: tuple[str, ...] = ()
    engine: tuple[str, ...] | None = SAME


CASES = [
    Case("a query of declared names is right",
         "MATCH (p:Person)-[k:KNOWS]->(q:Person) WHERE k.since > 3 RETURN p.name, q.age"),
    Case("a label that is not declared is found with the nearest one",
         "MATCH (p:Persn) RETURN p.name",
         ("PR101 7:14 `Persn` is not a vertex type of the graph [did you mean `Person`?]",)),
    Case("an edge type that is not declared is found with the nearest one",
         "MATCH (p:Person)-[:KNOW]->(q) RETURN p.name",
         ("PR102 7:24 `KNOW` is not an edge type of the graph [did you mean `KNOWS`?]",)),
    Case("an edge type in the place of a label says what it is",
         "MATCH (p:KNOWS) RETURN p",
         ("PR101 7:14 `KNOWS` is not a vertex type of the graph [it is an edge type]",)),
    Case("a label in the place of an edge type says what it is",
         "MATCH ()-[e:City]->() RETURN e",
         ("PR102 7:17 `City` is not an edge type of the graph [it is a vertex type]",)),
    Case("a property is looked for in the type of its variable",
         "MATCH (p:Person)-[:LIVES_IN]->(c:City) RETURN p.title, c.title",
         ("PR103 7:53 `Person` has no property `title` [known: age, id, name]",)),
    Case("a property in the braces of a pattern is looked for too",
         "MATCH (p:Person {nam: 'x'}) RETURN p.id",
         ("PR103 7:22 `Person` has no property `nam` [did you mean `name`?]",)),
    Case("a property of an edge is looked for in the type of the edge",
         "MATCH (:Person)-[k:LIVES_IN]->() RETURN k.since",
         ("PR103 7:47 `LIVES_IN` has no property `since`",)),
    Case("a variable of several types needs the property in one of them",
         "MATCH ()-[k:LIVES_IN|KNOWS]->() RETURN k.since, k.until",
         ("PR103 7:55 none of KNOWS, LIVES_IN has a property `until` [known: since]",)),
    Case("a variable without a label may be of any type",
         "MATCH (n) RETURN n.title, n.age, n.size",
         ("PR103 7:40 no vertex type has a property `size` [known: age, id, name, title]",)),
    Case("a variable keeps its type under the name that WITH gives it",
         "MATCH (p:Person) WITH p AS q, count(*) AS n WHERE n > 1 RETURN q.title",
         ("PR103 7:70 `Person` has no property `title` [known: age, id, name]",)),
    Case("a name that stands for a value has no type",
         "MATCH (p:Person) WITH p.age AS p RETURN p"),
    Case("the second query of a UNION has variables of its own",
         "MATCH (x:Person) RETURN x.name AS n UNION ALL MATCH (x:City) RETURN x.title AS n"),
    Case("a condition may stand inside a subquery",
         "MATCH (p:Person) WHERE EXISTS { MATCH (p)-[:KNOW]->(q:Person) } RETURN p.nam",
         ("PR102 7:49 `KNOW` is not an edge type of the graph [did you mean `KNOWS`?]",
          "PR103 7:78 `Person` has no property `nam` [did you mean `name`?]")),
    Case("all faults of a query are told at once, in the order of its lines",
         "MATCH (p:Persn)-[:KNOW]->(q:Person {nam: $x})\n  WHERE q.size > 3\nRETURN q.size",
         ("PR101 7:14 `Persn` is not a vertex type of the graph [did you mean `Person`?]",
          "PR102 7:23 `KNOW` is not an edge type of the graph [did you mean `KNOWS`?]",
          "PR103 7:41 `Person` has no property `nam` [did you mean `name`?]",
          "PR105 7:47 the parameter `x` is not declared [add `x: <type>` to `parameters`]",
          "PR103 8:15 `Person` has no property `size` [known: age, id, name]")),
    Case("a misspelt keyword is a fault of syntax with a hint",
         "MATCH (p:Person)\nRETRUN p.name",
         ("PR106 8:5 `RETRUN` cannot stand here [did you mean `RETURN`?]",)),
    Case("a query that ends too early says so at its end",
         "MATCH (p:Person) RETURN",
         ("PR106 7:27 the query ends before it is complete",)),
    Case("two queries are one too many",
         "MATCH (p:Person) RETURN p.id; MATCH (p:Person) RETURN p.id",
         ("PR106 7:35 `MATCH` cannot stand here",)),
    Case("a query that writes is an error at the keyword",
         "MATCH (p:Person) SET p.age = 3 RETURN p.age",
         (f"PR108 7:22 the query writes: `SET` {READS}",)),
    Case("a property may have the name of a keyword",
         "MATCH (p:Person) RETURN p.set",
         ("PR103 7:31 `Person` has no property `set` [known: age, id, name]",)),
    Case("a statement that is no query is refused by name",
         "DROP TABLE Person",
         (f"PR108 7:5 the query writes: `DROP` {READS}",)),
    Case("names in backticks and names in another case are the same names",
         "MATCH (p:`person`) RETURN p.`Name`, p.AGE"),
    Case("paths of many steps may filter each of them",
         "MATCH (p:Person)-[k:KNOWS*1..3 (r, n | WHERE r.since > 1)]->(q) RETURN p.id"),
    Case("the variable of a path of many steps is a list: it has no type",
         "MATCH (:Person)-[k:KNOWS*1..2]->() RETURN k.nope", (),
         ("PR107 7:22 neug 0.3.0 refuses the query: Binder exception: k has data type PATH but (NODE,REL,STRUCT,ANY) was expected.",)),
    Case("a variable keeps its type where a later pattern names none",
         "MATCH (p:Person) MATCH (p)-[:KNOWS]->(q) RETURN p.title",
         ("PR103 7:55 `Person` has no property `title` [known: age, id, name]",)),
    Case("a name that WITH does not carry is free for another type",
         "MATCH (x:Person) WITH count(x) AS n MATCH (x:City) RETURN x.age, n",
         ("PR103 7:65 `City` has no property `age` [known: id, title]",)),
    Case("what only the engine refuses is told at the name that it speaks of",
         "MATCH (p:Person) RETURN shout(p.name)", (),
         ("PR107 7:29 neug 0.3.0 refuses the query: Catalog exception: function SHOUT does not exist.",)),
    Case("a variable that nothing binds is the engine's to find",
         "MATCH (p:Person) RETURN q.name", (),
         ("PR107 7:29 neug 0.3.0 refuses the query: Binder exception: Variable q is not in scope.",)),
    Case("Cypher that the engine does not read is its syntax",
         "MATCH (p:Person|City) RETURN p.id", (),
         ("PR106 7:20 neug 0.3.0 refuses the query: Parser exception: Invalid input <MATCH (p:Person|>: expected rule oC_RegularQuery",)),
    Case("what the engine does not support is told where it stands",
         "MATCH (p:Person) RETURN COUNT { MATCH (p)-[:KNOWS]->() }", (),
         ("PR107 7:29 neug 0.3.0 refuses the query: Unsupported expression type: COUNT { MATCH (p)-[:KNOWS]->() }",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_the_grammar_alone(case: Case, tmp_path: Path) -> None:
    assert tuple(said(problems(tmp_path, block(case.query)))) == case.alone


@pytest.mark.engine
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_with_the_engine(case: Case, tmp_path: Path, neug: Mapping[str, Binder]) -> None:
    expected = case.alone if case.engine is SAME else case.engine
    assert tuple(said(problems(tmp_path, block(case.query), neug))) == expected


def test_what_an_engine_accepts_fits_whatever_the_grammar_thinks(tmp_path: Path) -> None:
    spec = block("LOAD FROM 'x.csv' RETURN $x", y="int64")
    trusting = {"neug": Binder("neug 9", lambda _, __: {})}
    unused = "PR105 5:16 warning: the query does not use the parameter `y` [write `$y` in it, or remove the parameter]"
    undeclared = "PR105 7:31 the parameter `x` is not declared [known: y]"
    assert "PR106 7:5 `LOAD` cannot stand here" in said(problems(tmp_path, spec))
    assert said(problems(tmp_path, spec, trusting)) == [undeclared, unused]


def test_an_engine_that_does_not_answer_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    def silent(_: object, __: object) -> dict[str, str]:
        raise Unanswered("gone")

    spec = block("MATCH (p:Persn) RETURN p")
    assert problems(tmp_path, spec, {"neug": Binder("neug 9", silent)}) == problems(tmp_path, spec)


def test_parameters_are_used_as_declared(tmp_path: Path) -> None:
    spec = block(
        "MATCH (p:Person {name: $nme}) RETURN p.id LIMIT $most", name="string", most="int64"
    )
    assert said(problems(tmp_path, spec)) == [
        "PR105 7:29 the parameter `nme` is not declared [did you mean `name`?]",
        "PR105 5:16 warning: the query does not use the parameter `name` [write `$name` in it, or remove the parameter]",
    ]


def test_the_line_and_the_procedure_come_with_each_fault(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, block("MATCH (p:Persn) RETURN p"))
    assert (found.excerpt, found.address) == ("    MATCH (p:Persn) RETURN p", "Procedure/p")
