"""Where a fault is said to stand, however the query is written down in YAML."""

from __future__ import annotations

from pathlib import Path

import pytest
from query_repository import desired, problems, procedure

from reconciler.plugins import engines
from reconciler.queries import QueryCache, check_queries

# The spec, and `line:column` of its fault with what begins there.
WAYS = {
    "a block": ("query: |\n  MATCH (p:Person)\n    RETURN p.size\n", "7:16 size"),
    "a block without a last newline": ("query: |-\n  MATCH (p:Person) RETURN p.size\n", "6:31 size"),
    "a block with its indentation written": ("query: |2\n    MATCH (p:Person) RETURN p.size\n", "6:33 size"),
    "a block that begins with an empty line": ("query: |\n\n  MATCH (p:Person) RETURN p.size\n", "7:31 size"),
    "a plain scalar": ("query: MATCH (p:Person) RETURN p.size\n", "5:36 size"),
    "a scalar in double quotes": ('query: "MATCH (p:Person) RETURN p.size"\n', "5:37 size"),
    "a scalar in single quotes": ("query: 'MATCH (p:Person) RETURN p.size'\n", "5:37 size"),
    "a scalar with escapes stands as a whole":
        ('query: "MATCH (p:Person)\\nRETURN p.size"\n', '5:10 "MATCH'),
    "a folded scalar stands as a whole":
        ("query: >\n  MATCH (p:Person)\n  RETURN p.size\n", "5:10 >"),
    "a scalar over several lines stands as a whole":
        ("query: MATCH (p:Person)\n  RETURN p.size\n", "5:10 MATCH"),
    "a line with a variable has no column":
        ("query: |\n  MATCH (p:Person) WHERE p.age > ${least} RETURN p.size\n", "6:0 MATCH"),
    "a line after one with a variable has its own":
        ("query: |\n  MATCH (p:Person) WHERE p.age > ${least}\n  RETURN p.size\n", "7:14 size"),
}  # fmt: skip


@pytest.mark.parametrize(("spec", "place"), WAYS.values(), ids=WAYS.keys())
def test_the_place_is_in_the_file(spec: str, place: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, spec)
    assert found.at
    assert found.code == "PR103"
    assert found.at.file == "p.yaml"
    assert found.excerpt == (tmp_path / "p.yaml").read_text().splitlines()[found.at.line - 1]
    where, begins = place.split()
    assert found.excerpt[max(found.at.column - 1, 0) :].strip().startswith(begins)
    assert f"{found.at.line}:{found.at.column}" == where


def test_a_query_of_an_overlay_is_shown_in_the_overlay(tmp_path: Path) -> None:
    patch = "kind: Procedure\nmetadata: {name: p}\nspec:\n  query: |\n    MATCH (p:Person) RETURN p.size\n"
    files = {
        "p.yaml": procedure("query: MATCH (p:Person) RETURN p.age\n"),
        "environments/prod/p.yaml": patch,
    }
    found = desired(tmp_path, files, "prod")
    (fault,) = check_queries(found, {}, engines().traits, QueryCache(tmp_path / "cache"))
    assert str(fault.at) == "environments/prod/p.yaml:5:31"
    assert fault.excerpt == "    MATCH (p:Person) RETURN p.size"
