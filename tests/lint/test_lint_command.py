"""`gsctl lint` as people and CI call it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import pytest
from lint_pages import write

from reconciler.lint import RULES, page_of
from reconciler.model.problem import Location, Problem

GRAPH = """\
kind: Graph
metadata: {name: shop}
spec:
  engine: main
  keepPrevious: 0s
  vertices:
    Person: {key: id, properties: {id: int64, name: string%s}}
  edges:
    KNOWS: {from: Person, to: Person}
"""
# Of the schema of SARIF 2.1.0, the part that speaks of what is written here.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {
            "type": "object",
            "required": ["tool"],
            "additionalProperties": False,
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {
                    "type": "object", "required": ["name"], "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"}, "version": {"type": "string"},
                        "informationUri": {"type": "string", "format": "uri"},
                        "rules": {"type": "array", "uniqueItems": True, "items": {
                            "type": "object", "additionalProperties": False,
                            "required": ["id", "shortDescription", "fullDescription", "help"],
                            "properties": {
                                "id": {"type": "string"},
                                "shortDescription": {"type": "object", "required": ["text"]},
                                "fullDescription": {"type": "object", "required": ["text"]},
                                "help": {"type": "object", "required": ["text"]},
                                "helpUri": {"type": "string", "format": "uri"},
                                "defaultConfiguration": {"type": "object", "properties": {
                                    "level": {"enum": ["none", "note", "warning", "error"]}}},
                            }}},
                    }}}},
                "results": {"type": "array", "items": {
                    "type": "object", "required": ["message"], "additionalProperties": False,
                    "properties": {
                        "ruleId": {"type": "string"},
                        "ruleIndex": {"type": "integer", "minimum": 0},
                        "level": {"enum": ["none", "note", "warning", "error"]},
                        "message": {"type": "object", "required": ["text"]},
                        "partialFingerprints": {"additionalProperties": {"type": "string"}},
                        "locations": {"type": "array", "minItems": 1, "items": {
                            "type": "object", "additionalProperties": False,
                            "properties": {"physicalLocation": {
                                "type": "object", "additionalProperties": False,
                                "required": ["artifactLocation"], "properties": {
                                    "artifactLocation": {"type": "object", "required": ["uri"]},
                                    "region": {"type": "object", "additionalProperties": False,
                                               "properties": {
                                                   "startLine": {"type": "integer", "minimum": 1},
                                                   "startColumn": {"type": "integer",
                                                                   "minimum": 1}}}}}}}},
                    }}},
            }}},
    },
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path, {"graph.yaml": GRAPH % ""})


def commit(folder: Path) -> None:
    for words in (["init", "-q"], ["add", "-A"],
                  ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=folder, check=True)


def test_a_finding_has_place_caret_hint_and_the_way_to_its_page(gsctl, shop) -> None:
    code, out, talk = gsctl("lint")
    assert code == 0
    assert talk == ""
    assert out == (
        "warning: no copy is kept to go back to [SV102]\n"
        "  --> graph.yaml:5:17\n"
        " 5 |   keepPrevious: 0s\n"
        "   |                 ^^\n"
        "hint: `gsctl rollback` needs one: leave `keepPrevious` out for a day\n"
        "\n"
        "Lint: 1 warning. `gsctl lint --explain SV102` tells more.\n"
    )


@pytest.mark.parametrize(
    ("words", "code", "shown"),
    [
        ((), 0, True),
        (("--fail-on", "warning"), 1, True),
        (("--fail-on", "note"), 1, True),
        (("--severity", "error"), 0, False),
        (("--severity", "error", "--fail-on", "warning"), 1, False),
    ],
)
def test_what_is_shown_and_what_fails_are_chosen_apart(gsctl, shop, words, code, shown) -> None:
    done, out, _ = gsctl("lint", *words)
    assert (done, "SV102" in out) == (code, shown)


def test_json_has_the_place_apart_and_the_page(gsctl, shop) -> None:
    _, out, _ = gsctl("lint", "--json")
    found = json.loads(out)
    assert found["summary"] == {"SV102": 1}
    [one] = found["findings"]
    assert {k: one[k] for k in ("code", "severity", "file", "line", "column", "address")} == {
        "code": "SV102", "severity": "warning", "file": "graph.yaml", "line": 5, "column": 17,
        "address": "Graph/shop",
    }  # fmt: skip
    assert one["docs"].endswith("/docs/lint/SV102.md")


def test_sarif_is_what_its_schema_says_and_names_files_from_the_checkout(
    gsctl, tmp_path, monkeypatch
) -> None:
    write(tmp_path / "a b/ü", {"graph.yaml": GRAPH % ""})
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    code, out, _ = gsctl("-C", "a b/ü", "lint", "-o", "sarif")
    log = json.loads(out)
    jsonschema.validate(log, SARIF)
    assert code == 0
    [run] = log["runs"]
    [result] = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "SV102"
    place = result["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 5, "startColumn": 17}
    assert " " not in place["artifactLocation"]["uri"]
    assert unquote(place["artifactLocation"]["uri"]) == "a b/ü/graph.yaml"


def test_a_fingerprint_stays_when_lines_move_and_tells_equals_apart(gsctl, shop) -> None:
    def prints() -> list[str]:
        runs = json.loads(gsctl("lint", "-o", "sarif")[1])["runs"]
        return [r["partialFingerprints"]["finding/v1"] for r in runs[0]["results"]]

    first = prints()
    (shop / "graph.yaml").write_text(f"# moved\n\n{GRAPH % ''}")
    assert prints() == first
    twice = GRAPH % "" + "---\n" + (GRAPH % "").replace("shop}", "mart}")
    (shop / "graph.yaml").write_text(twice)
    assert len(set(prints())) == 2


def test_a_problem_of_the_documents_is_in_every_format(gsctl, shop) -> None:
    (shop / "bad.yaml").write_text("kind: Graph\nmetadata: {name: g}\nspec: {engin: main}\n")
    for words in ((), ("--json",), ("-o", "sarif"), ("-o", "github")):
        code, out, _ = gsctl("lint", *words)
        assert (code, "SC104" in out) == (1, True), words
    jsonschema.validate(json.loads(gsctl("lint", "-o", "sarif")[1]), SARIF)


def test_a_thing_that_could_not_be_read_is_not_gone(gsctl, shop) -> None:
    commit(shop)
    (shop / "graph.yaml").write_text((GRAPH % "").replace("engine:", "engin:"))
    _, out, _ = gsctl("lint", "--base", "HEAD", "--json")
    assert json.loads(out)["summary"] == {"SC104": 1, "SC108": 1}


def test_github_gets_one_escaped_command_a_line(gsctl, shop) -> None:
    _, out, _ = gsctl("lint", "-o", "github")
    assert out == (
        "::warning file=graph.yaml,line=5,col=17,title=SV102::no copy is kept to go back to"
        "%0Ahint: `gsctl rollback` needs one: leave `keepPrevious` out for a day\n"
    )


def test_signs_that_github_reads_are_escaped() -> None:
    from gsctl.views.annotations import workflow_commands

    problem = Problem("note", "100 %\r\nof: it, all", "NM101", Location("a,b:c%.yaml", 3), "")
    assert list(workflow_commands([problem], "")) == [
        "::notice file=a%2Cb%3Ac%25.yaml,line=3,col=1,title=NM101::100 %25%0D%0Aof: it, all"
    ]


def test_a_revision_of_git_is_a_base(gsctl, tmp_path) -> None:
    inner = tmp_path / "prod"  # the repository need not be the top of git's
    write(inner, {"graph.yaml": GRAPH % ", born: date"})
    commit(tmp_path)
    (inner / "graph.yaml").write_text(GRAPH % "")
    (inner / "new.yaml").write_text("kind: Engine\nmetadata: {name: other}\nspec: {type: neug}\n")
    code, out, _ = gsctl("-C", "prod", "lint", "--base", "HEAD", "--json")
    assert code == 1
    assert json.loads(out)["summary"] == {"DS203": 1, "RF201": 1, "SV102": 1}
    assert gsctl("-C", "prod", "lint")[0] == 0


def test_a_folder_is_a_base(gsctl, shop) -> None:
    write(shop / ".old", {"graph.yaml": GRAPH % ", born: date"})
    code, out, _ = gsctl("lint", "--base", ".old")
    assert (code, "DS203" in out) == (1, True)


def test_a_repository_that_was_not_there_yet_is_an_empty_base(gsctl, tmp_path) -> None:
    (tmp_path / "README").write_text("nothing")
    commit(tmp_path)
    write(tmp_path, {"graph.yaml": GRAPH % ""})
    code, out, _ = gsctl("lint", "--base", "HEAD", "--json")
    assert (code, json.loads(out)["summary"]) == (0, {"SV102": 1})


def test_a_base_that_could_not_be_read_whole_is_said(gsctl, shop) -> None:
    (shop / "bad.yaml").write_text("kind: Graph\nmetadata: {name: g}\nspec: {engin: main}\n")
    commit(shop)
    (shop / "bad.yaml").unlink()
    code, out, _ = gsctl("lint", "--base", "HEAD", "--json")
    assert (code, json.loads(out)["summary"]) == (0, {"GI102": 1, "SV102": 1})


@pytest.mark.parametrize("base", ["nowhere", "--help", "HEAD~99", ""])
def test_a_base_that_is_none_is_told(gsctl, shop, base) -> None:
    commit(shop)
    code, _, talk = gsctl("lint", f"--base={base}")
    assert (code, "GI101" in talk) == (1, True), talk


def test_outside_of_git_there_is_no_revision(gsctl, shop) -> None:
    code, _, talk = gsctl("lint", "--base", "HEAD")
    assert (code, "GI101" in talk) == (1, True)


def test_a_link_in_a_revision_leads_nowhere_else(gsctl, shop) -> None:
    (shop / "out.yaml").symlink_to("/etc/hostname")
    commit(shop)
    (shop / "out.yaml").unlink()
    code, out, _ = gsctl("lint", "--base", "HEAD", "--json")
    assert (code, json.loads(out)["summary"]) == (0, {"GI102": 1, "SV102": 1})


def test_a_rule_is_explained_and_all_are_listed(gsctl) -> None:
    assert gsctl("lint", "--explain", "ds203")[1] == page_of(RULES["DS203"])
    code, _, talk = gsctl("lint", "--explain", "DS999")
    assert (code, "CL111" in talk) == (1, True)
    listed = json.loads(gsctl("lint", "--list", "--json")[1])
    assert [rule["code"] for rule in listed] == list(RULES)


def test_two_things_to_compare_with_are_one_too_many(gsctl, shop) -> None:
    code, _, talk = gsctl("lint", "--base", "HEAD", "--live")
    assert (code, "CL101" in talk) == (1, True)


def test_no_code_is_used_for_two_rules() -> None:
    from reconciler.lint import rules

    codes = [rule.code for family in rules.FAMILIES for rule in family.RULES]
    assert sorted([*codes, *(rule.code for rule in rules.IGNORES)]) == list(RULES)


def test_ends_that_clients_write_are_not_looked_for_in_files(gsctl, tmp_path) -> None:
    open_ = (GRAPH % "").replace("keepPrevious: 0s", "writes: open")
    load = "  load: {edges: {KNOWS: {files: [knows.csv], fromColumn: source, toColumn: target}}}\n"
    write(tmp_path, {"graph.yaml": open_ + load})
    assert gsctl("lint", "--deep")[:2] == (0, "Lint: nothing found.\n")
    fed = load.replace("{edges", "{vertices: {Person: {files: [people.csv]}}, edges")
    write(tmp_path, {"graph.yaml": open_ + fed, "knows.csv": "source,target\n1,9\n"})
    code, out, _ = gsctl("lint", "--deep")
    assert (code, "knows.csv:2" in out, "[LD204]" in out) == (1, True, True)


def test_files_that_several_loads_append_are_read_as_one(gsctl, tmp_path) -> None:
    graph = (GRAPH % "").replace("keepPrevious: 0s", "strategy: auto")
    more = "kind: Load\nmetadata: {name: %s}\nspec:\n  graph: shop\n  mode: append\n"
    edges = "  edges: {KNOWS: {files: [knows.csv], fromColumn: source, toColumn: target}}\n"
    one = more % "one" + "  vertices: {Person: {files: [people.csv]}}\n" + edges
    two = more % "two" + "  vertices: {Person: {files: [others.csv]}}\n"
    data = {"others.csv": "id,name\n2,Bob\n", "knows.csv": "source,target\n1,2\n"}
    write(tmp_path, {"graph.yaml": f"{graph}---\n{one}---\n{two}", **data})
    assert gsctl("lint", "--deep")[:2] == (0, "Lint: nothing found.\n")
    (tmp_path / "others.csv").write_text("id,name\n1,Bob\n")
    code, out, _ = gsctl("lint", "--deep", "--json")
    assert (code, set(json.loads(out)["summary"])) == (1, {"LD203", "LD204"})


@pytest.mark.parametrize(("hint", "left"), [(", renamedFrom: shop", {}), ("", {"DS201": 1})])
def test_a_graph_that_is_renamed_is_not_gone(gsctl, tmp_path, hint: str, left) -> None:
    graph = (GRAPH % "").replace("  keepPrevious: 0s\n", "")
    write(tmp_path, {"graph.yaml": graph})
    commit(tmp_path)
    (tmp_path / "graph.yaml").write_text(graph.replace("name: shop", f"name: mart{hint}"))
    _, out, _ = gsctl("lint", "--base", "HEAD", "--json")
    assert json.loads(out)["summary"] == left


def test_two_that_may_be_the_new_name_are_no_rename(gsctl, shop) -> None:
    commit(shop)
    text = (GRAPH % "").replace("name: string", "label: string, title: string")
    (shop / "graph.yaml").write_text(text)
    _, out, _ = gsctl("lint", "--base", "HEAD", "--json")
    assert "RN201" not in json.loads(out)["summary"]
    (shop / "graph.yaml").write_text(text.replace("title: string", "title: date"))
    _, out, _ = gsctl("lint", "--base", "HEAD", "--json")
    assert "RN201" in json.loads(out)["summary"]


def test_the_last_edge_type_is_missed_at_the_graphs_name(gsctl, shop) -> None:
    commit(shop)
    (shop / "graph.yaml").write_text((GRAPH % "").partition("  edges:")[0])
    assert "`KNOWS` is dropped with its rows [DS202]\n  --> graph.yaml:2:18\n" in gsctl(
        "lint", "--base", "HEAD")[1]  # fmt: skip
