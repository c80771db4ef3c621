"""Variables: which layer wins, what type a value has, and what is literal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_repository import GRAPH, PROJECT, WHOLE, desired, said

from reconciler.model.key import Key
from reconciler.source.variables import Variable, substitute, variables
from reconciler.source.yaml import Document, read_documents

G = Key("default", "Graph", "g")


def filled(text: str, known: dict[str, Any]) -> Any:
    document = read_documents("f.yaml", text.encode())[0][0]
    texts = {name: Variable(value, str(value).lower()) for name, value in known.items()}
    result, problems = substitute(document, texts)
    assert not problems
    return result.body


RULES: list[tuple[str, str, Any]] = [
    ("a scalar that is only a variable takes its type", "${n}", 7),
    ("also a boolean", "${b}", True),
    ("inside text a variable is text", "n=${n}", "n=7"),
    ("two variables are text", "${n}${n}", "77"),
    ("a boolean inside text is spelt as in YAML", "is ${b}", "is true"),
    ("a doubled dollar is literal", "$${n}", "${n}"),
    ("a literal beside a variable", "$${n} ${n}", "${n} 7"),
    ("a dollar without a brace is untouched", "$n $ $$ }", "$n $ $$ }"),
    ("a value is not looked into again", "${v}", "${n}"),
]


@pytest.mark.parametrize(("text", "result"), [r[1:] for r in RULES], ids=[r[0] for r in RULES])
def test_a_string_is_filled_in(text: str, result: Any) -> None:
    found = filled(f"a: ['{text}']", {"n": 7, "b": True, "v": "${n}"})["a"][0]
    assert (found, type(found)) == (result, type(result))


def test_keys_are_left_alone() -> None:
    assert filled("${n}: ${n}", {"n": 7}) == {"${n}": 7}


def test_a_document_without_variables_is_not_copied() -> None:
    document = read_documents("f.yaml", b"a: $b")[0][0]
    assert substitute(document, {})[0] is document


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
def test_any_text_can_be_written_literally(text: str) -> None:
    document = Document(
        {"a": text.replace("${", "$${")}, read_documents("f", b"a: 1")[0][0].positions, (), True
    )
    result, problems = substitute(document, {})
    assert not problems
    assert result.body["a"] == text


def port(root: Path, **request: Any) -> Any:
    project = PROJECT.replace("spec: {", "spec: {variables: {port: 9000}, ")
    graph = GRAPH.replace("  engine: main", "  engine: main\n  endpoint: {port: '${port}'}")
    overlay = PROJECT.replace("spec: {", "spec: {variables: {port: 9001}, ")
    files = {**WHOLE, "gsctl.yaml": project, "graph.yaml": graph, "environments/dev.yaml": overlay}
    found = desired(root, files, **request)
    assert not said(found)
    return found.resources[G].spec.endpoint.port  # type: ignore[union-attr]


def test_a_later_layer_wins(tmp_path: Path) -> None:
    shell = {"GSCTL_VAR_port": "9002", "port": "1", "GSCTL_VAR_other": "x"}
    assert port(tmp_path) == 9000
    assert port(tmp_path, environment="dev") == 9001
    assert port(tmp_path, environment="dev", environ=shell) == 9002
    assert port(tmp_path, environment="dev", environ=shell, variables={"port": "9003"}) == 9003


def test_what_is_given_outside_must_have_the_declared_type(tmp_path: Path) -> None:
    project = PROJECT.replace("spec: {", "spec: {variables: {port: 9000}, ")
    found = desired(tmp_path, {**WHOLE, "gsctl.yaml": project}, variables={"port": "high"})
    assert said(found) == ["VR103 - --var port must be a whole number, as `port` in gsctl.yaml is"]


def test_text_that_looks_like_a_number_stays_text_where_text_is_declared() -> None:
    project = {"spec": {"variables": {"version": "1.0"}}}
    assert variables(project, {}, {"version": "2.0"})[0]["version"].value == "2.0"
    assert variables({}, {}, {"port": "8080"})[0]["port"].value == 8080
    assert variables({}, {}, {"a": "007"})[0]["a"].text == "007"
    assert variables({"spec": {"variables": {"f": 1.5}}}, {}, {"f": "2"})[0]["f"].value == 2.0


def test_a_variable_does_not_show_its_value() -> None:
    assert "canary" not in repr(variables({}, {"GSCTL_VAR_a": "canary"}, {}))
