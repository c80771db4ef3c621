"""What lint says of changes to what lives, on the real engine."""

from __future__ import annotations

import json
import secrets
import string
from pathlib import Path

import pytest
from lint_pages import FRAME, write

pytestmark = pytest.mark.engine
GRAPH = """\
kind: Graph
metadata: {name: shop}
spec:
  engine: main
  vertices:
    Person: {key: id, properties: {id: int64, name: string, born: int64}}
    City: {key: id, properties: {id: int64}}
  edges:
    KNOWS: {from: Person, to: Person}
  load:
    vertices:
      Person: {files: [people.csv]}
      City: {files: [cities.csv]}
    edges: {KNOWS: {files: [knows.csv], fromColumn: source, toColumn: target}}
"""
SERVED = "kind: Engine\nmetadata: {name: main}\nspec: {type: neug, mode: served}\n"
DATA = {
    "people.csv": "id,name,born\n" + "".join(f"{n},n{n},{n}\n" for n in range(30)),
    "cities.csv": "id\n1\n",
    "knows.csv": "source,target\n1,2\n",
}


@pytest.fixture
def shop(gsctl, tmp_path, neug_python):
    # Another id and name for each folder, so that tests that run side by side do not meet.
    id_ = "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
    project = FRAME["gsctl.yaml"].replace("abcdefgh", id_).replace("shop", id_)
    write(tmp_path, {"gsctl.yaml": project, "graph.yaml": GRAPH, "engine.yaml": SERVED, **DATA})
    code, out, talk = gsctl("apply", "-y")
    assert code == 0, out + talk
    yield tmp_path
    code, _, talk = gsctl("destroy", "-y", "--allow-deletes")
    assert code == 0, f"servers may be left running: {talk}"


def found(gsctl, *words: str) -> dict[str, str]:
    """Each code with the severity that it has."""
    findings = json.loads(gsctl("lint", "--live", "--json", *words)[1])["findings"]
    return {finding["code"]: finding["severity"] for finding in findings}


def test_changes_of_what_lives_are_judged_with_their_rows_and_counted_by_plans(
    gsctl, shop: Path
) -> None:
    assert found(gsctl) == {}
    text = GRAPH.replace(", born: int64", "").replace(
        "id: int64}}\n  edges", "id: int32}}\n  edges"
    )
    (shop / "graph.yaml").write_text(text)

    code, out, _ = gsctl("lint", "--live")
    assert code == 1
    assert "`Person.born` is dropped with its values (30 rows) [DS203]" in out
    assert "`City` is made anew (1 row)" in out
    assert found(gsctl) == {"BC102": "warning", "DS203": "error", "DS204": "warning",
                            "LD113": "note", "RB201": "warning", "SV101": "note"}  # fmt: skip
    spared = found(gsctl, "--safe-below-rows", "31")
    assert (spared["DS203"], spared["RB201"], spared["BC102"]) == ("note", "note", "warning")
    assert found(gsctl, "--safe-below-rows", "30")["DS203"] == "error"

    plan = gsctl("plan")[1]
    assert "(BC102, DS203, DS204, RB201, SV101); `gsctl lint --live` shows them." in plan
    problems = json.loads(gsctl("plan", "--json")[1])["problems"]
    assert {p["code"] for p in problems} >= {"DS203", "RB201"}
    ignored = "# gsctl:ignore BC102,DS203,DS204,RB201,SV101 it is agreed\n"
    (shop / "graph.yaml").write_text(ignored + text)
    assert "Lint:" not in gsctl("plan")[1]
    code, out, talk = gsctl("apply", "-y", "--allow-deletes")
    assert code == 0, out + talk
    assert found(gsctl) == {"LD113": "note", "IG104": "note"}, "the ignore may go"


def test_a_rename_is_told_apart_from_a_loss_and_is_over_once_it_happened(gsctl, shop: Path) -> None:
    renamed = GRAPH.replace("born: int64", "year: {type: int64, renamedFrom: born}").replace(
        "[people.csv]", "[people.csv], columns: {year: born}"
    )
    (shop / "graph.yaml").write_text(renamed)
    assert found(gsctl) == {"BC102": "warning", "SV101": "note"}
    assert gsctl("apply", "-y")[0] == 0
    assert found(gsctl) == {"RN102": "note"}


def test_what_is_not_declared_any_more_is_told_with_its_rows(gsctl, shop: Path) -> None:
    (shop / "graph.yaml").unlink()
    (shop / "note.yaml").write_text("# nothing\n")
    code, out, _ = gsctl("lint", "--live")
    assert code == 1
    assert "Graph/shop is not declared any more: it is deleted with its rows (32 rows)" in out
    assert "--> gsctl.yaml:3:" in out
    (shop / "graph.yaml").write_text(GRAPH)


def test_what_cannot_be_seen_is_no_loss(gsctl, shop: Path) -> None:
    [mark] = shop.rglob("engine.json")
    kept = mark.read_bytes()
    mark.write_text("{")
    try:
        code, out, _ = gsctl("lint", "--live")
        assert (code, "DS201" in out, "ST1" in out) == (1, False, True)
    finally:
        mark.write_bytes(kept)


def test_rows_are_read_and_judged_without_an_engine(gsctl, tmp_path: Path) -> None:
    text = GRAPH.replace("    edges: {KNOWS", "    onDanglingEdge: drop\n    edges: {KNOWS")
    write(tmp_path, {"graph.yaml": text, **DATA, "knows.csv": "source,target\n1,2\n1,99\n"})
    code, out, _ = gsctl("lint", "--deep", "--json")
    assert (code, json.loads(out)["summary"]) == (0, {"DG102": 1, "DG201": 1})
    (tmp_path / "people.csv").write_text("id,name,born\n1,a,x\n")
    code, out, _ = gsctl("lint", "--deep", "--severity", "error")
    assert (code, "people.csv:2" in out, "[LD201]" in out) == (1, True, True)
    assert gsctl("lint")[0] == 0
