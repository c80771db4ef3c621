"""`# gsctl:ignore`: what it takes away, and what it never does."""

from __future__ import annotations

import pytest
from lint_pages import FRAME, judged, said, write

GRAPH = """\
kind: Graph
metadata: {name: shop}
spec:
  engine: main
  keepPrevious: 0s
  vertices:
    Person: {key: id, properties: {id: int64, name: string}}
  edges:
    KNOWS: {from: Person, to: Person}
    KNOW: {from: Person, to: Person, properties: {since: int32}}
"""
MET = ["NM106", "SV102"]


def codes(tmp_path, text: str, **files: str) -> list[str]:
    write(tmp_path, {"graph.yaml": text, **files})
    return sorted(problem.code for problem in judged(tmp_path))


def with_line(number: int, comment: str, *, own: bool = False) -> str:
    lines = GRAPH.splitlines()
    if own:
        lines.insert(number - 1, f"  {comment}")
    else:
        lines[number - 1] += f"  {comment}"
    return "\n".join(lines) + "\n"


LOAD = "  load: {vertices: {Person: {files: [people.csv]}}}\n"
IGNORE = "# gsctl:ignore SV102 a toy"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (GRAPH, MET),
        (with_line(5, IGNORE), ["NM106"]),
        (with_line(5, IGNORE, own=True), ["NM106"]),
        (with_line(5, "# gsctl:ignore: SV102 a toy"), ["NM106"]),
        (IGNORE + "\n" + GRAPH, ["NM106"]),
        ("# gsctl:ignore SV102,NM106 a toy\n" + GRAPH, []),
        ("# gsctl:ignore SV102 a toy\n# gsctl:ignore NM106 they know\n" + GRAPH, []),
        ("# gsctl:ignore SV102 a toy\n---\n" + GRAPH, ["NM106"]),
        ("# gsctl:ignore SV102 a toy\n" + GRAPH + "---\n" + GRAPH.replace("shop", "mart"),
         ["NM106", "NM106", "SV102"]),
        (with_line(4, IGNORE), [*MET, "IG104"]),
        (with_line(5, "# gsctl:ignore SV102"), [*MET, "IG101"]),
        (with_line(5, "# gsctl:ignore"), [*MET, "IG101"]),
        (with_line(5, "# gsctl:ignore SV102 a toy until tomorrow"), [*MET, "IG101"]),
        (with_line(5, "# gsctl:ignore SV102 until 2026-02-01"), [*MET, "IG101"]),
        (with_line(5, "# gsctl:ignore SV999 a toy"), [*MET, "IG102"]),
        (with_line(5, "# gsctl:ignore SC104 a toy"), [*MET, "IG102"]),
        (with_line(5, "# gsctl:ignore SV102 a toy until 2026-01-30"), [*MET, "IG103"]),
        (with_line(5, "# gsctl:ignore SV102 a toy until 2026-01-31"), ["NM106"]),
        (with_line(5, "# gsctl:ignore SV102 nobody waits until then until 2026-01-31"), ["NM106"]),
        (with_line(5, "# gsctl:ignored SV102 a toy"), MET),
        (with_line(5, "# gsctl:ignore DS203 it is judged with a base only"), MET),
        (GRAPH.replace("name: shop}", 'name: shop, description: "# gsctl:ignore SV102 a toy"}'), MET),
    ],
)  # fmt: skip
def test_an_ignore_takes_its_findings_and_is_a_finding_where_it_is_wrong(
    tmp_path, text: str, left: list[str]
) -> None:
    assert codes(tmp_path, text) == sorted(left)


def test_an_error_of_the_documents_stays(tmp_path) -> None:
    text = """\
# gsctl:ignore PR105 not even when the code is a rule's too
kind: Procedure
metadata: {name: p}
spec:
  graph: shop
  query: "MATCH (p:Person {id: $id}) RETURN p.name AS name"
  tests: [{call: {}, rows: {min: 0}}]
"""
    write(tmp_path, {"p.yaml": text})
    found = [s for s in said(judged(tmp_path)) if s.startswith("PR105")]
    assert len(found) == 1
    assert "error" in found[0]


def test_a_patch_of_an_overlay_is_ignored_where_it_stands(tmp_path, gsctl) -> None:
    write(tmp_path, {})
    (tmp_path / "environments").mkdir()
    overlay = tmp_path / "environments/dev.yaml"
    patch = "kind: Graph\nmetadata: {name: shop}\nspec: {keepPrevious: 0s}"
    overlay.write_text(f"{patch}\n")
    assert "environments/dev.yaml:3:" in gsctl("lint", "-e", "dev")[1]
    overlay.write_text(f"{patch}  {IGNORE}\n")
    assert gsctl("lint", "-e", "dev")[1] == "Lint: nothing found.\n"


def test_what_a_comment_ignores_is_ignored_by_validate_too(tmp_path, gsctl) -> None:
    write(tmp_path, {"graph.yaml": FRAME["graph.yaml"].partition("  edges:")[0] + LOAD})
    (tmp_path / "people.csv").write_text("id,name,more\n1,Ada,x\n")
    assert "LD113" in gsctl("validate")[2]
    text = (tmp_path / "graph.yaml").read_text()
    (tmp_path / "graph.yaml").write_text(f"{text.rstrip()}  # gsctl:ignore LD113 known\n")
    code, _, talk = gsctl("validate")
    assert (code, "LD113" in talk) == (0, False)
    assert gsctl("lint")[1] == "Lint: nothing found.\n"
