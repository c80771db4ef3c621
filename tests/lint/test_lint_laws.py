"""Laws of the linter, over repositories that are made at random."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lint_pages import TODAY, TRAITS, read, write

from reconciler.lint import RULES, Past, Question, lint
from reconciler.model.problem import Problem, errors, in_order

NAMES = ["Person", "person", "Persons", "City", "city_hall", "Order", "_hidden", "KNOWS", "KNOW"]
TYPES = ["int64", "string", "string(9)", "date", "int32"]
QUERIES = [
    "MATCH (n) RETURN n",
    "MATCH (p:Person)-[:KNOWS*]->(q:City) RETURN p.a AS a LIMIT 1",
    "MATCH (p:Person {a: $x}), (q:City) RETURN *",
    "MATCH (p:Person {k: $x}) RETURN p.k AS k, $x AS x",
]


@st.composite
def graphs(draw) -> str:
    """A document of a graph, with what speaks of it."""
    vertices = draw(st.lists(st.sampled_from(NAMES[:7]), min_size=1, max_size=4, unique=True))
    edges = draw(st.lists(st.sampled_from(NAMES[7:]), max_size=2, unique=True))
    lines = ["kind: Graph", "metadata: {name: shop}", "spec:", "  engine: main"]
    lines += draw(st.sampled_from([[], ["  keepPrevious: 0s"], ["  writes: open"]]))
    lines += draw(st.sampled_from([[], ["  endpoint: {port: 80}"], ["  strategy: recreate"]]))
    lines.append("  vertices:")
    for name in vertices:
        properties = draw(
            st.lists(st.sampled_from(["a", "b", "A", "order"]), max_size=3, unique=True)
        )
        typed = ", ".join(f"{p}: {draw(st.sampled_from(TYPES))}" for p in properties)
        key = draw(st.sampled_from(["int64", "string"]))
        lines.append(
            f"    {name}: {{key: k, properties: {{k: {key}{', ' if typed else ''}{typed}}}}}"
        )
    lines += ["  edges:"] if edges else []
    for name in edges:
        pair = f"from: {draw(st.sampled_from(vertices))}, to: {draw(st.sampled_from(vertices))}"
        many = draw(st.sampled_from(["many-to-many", "one-to-one"]))
        lines.append(f"    {name}: {{{pair}, multiplicity: {many}}}")
    text = "\n".join(lines) + "\n"
    for n, query in enumerate(draw(st.lists(st.sampled_from(QUERIES), max_size=2))):
        text += f"---\nkind: Procedure\nmetadata: {{name: p{n}}}\nspec:\n  graph: shop\n"
        text += "  parameters: {x: string}\n" * draw(st.integers(0, 1))
        text += f"  query: |\n    {query}\n"
    return text


def judged(new: str, old: str | None) -> tuple[Problem, ...]:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        past = None
        if old is not None:
            past = Past.of_documents(read(write(folder / "old", {"graph.yaml": old})), TRAITS)
        return lint(Question(read(write(folder / "new", {"graph.yaml": new})), TRAITS, TODAY, past))


@settings(max_examples=60)
@given(graphs(), st.none() | graphs())
def test_no_repository_breaks_the_linter_and_every_finding_is_whole(new: str, old) -> None:
    found = judged(new, old)
    assert list(found) == in_order(found)
    assert found == judged(new, old)
    for problem in found:
        assert problem.at
        assert problem.summary
        lines = new.splitlines() if problem.at.file == "graph.yaml" else None
        assert lines is None or 1 <= problem.at.line <= len(lines)
        if problem.code in RULES and problem not in errors(found):
            assert problem.hint or problem.code == "LD113", problem


@settings(max_examples=60)
@given(graphs(), st.none() | graphs(), st.randoms(use_true_random=False))
def test_ignoring_a_finding_takes_exactly_what_it_names(new, old, chance: random.Random) -> None:
    found = judged(new, old)
    meant = [p for p in found if p.code in RULES and p.at and p.at.file == "graph.yaml"
             and not (p.severity == "error" and RULES[p.code].severity != "error")]  # fmt: skip
    if not meant:
        return
    one = chance.choice(meant)
    assert one.at
    lines = new.splitlines()
    line = one.at.line
    if "    MATCH" in lines[line - 1]:
        line -= 1  # the text begins there
    lines[line - 1] += f"  # gsctl:ignore {one.code} by chance"
    left = judged("\n".join(lines) + "\n", old)
    gone = {
        p for p in found if p in meant and p.code == one.code and p.at and p.at.line == one.at.line
    }
    told = [(p.code, p.at, p.summary) for p in left]
    assert told == [(p.code, p.at, p.summary) for p in found if p not in gone]


@settings(max_examples=30)
@given(graphs())
def test_what_did_not_change_has_no_finding_of_changes(text: str) -> None:
    assert judged(text, text) == judged(text, None)
