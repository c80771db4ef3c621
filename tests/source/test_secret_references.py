"""Secrets: references are found and resolved, and no value is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from source_repository import PROJECT, WHOLE, desired

from reconciler.model.kinds import KubernetesSecret, SecretSource
from reconciler.model.problem import Problem
from reconciler.source.secrets import find_secrets, resolve_secret

CANARY = "canary-7d1f"


def test_a_variable_of_the_environment_is_resolved(tmp_path: Path) -> None:
    assert resolve_secret(SecretSource(env="T"), tmp_path, {"T": CANARY}) == CANARY


def test_a_file_is_resolved_without_its_last_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(CANARY + "\n")
    assert resolve_secret(SecretSource(file="token"), tmp_path, {}) == CANARY


def test_a_value_is_not_shown(tmp_path: Path) -> None:
    found = resolve_secret(SecretSource(env="T"), tmp_path, {"T": CANARY})
    assert CANARY not in repr(found)
    assert CANARY not in repr({"token": [found]})


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "link", "none", "a\0b", "binary", "."]
)
def test_what_cannot_be_read_is_a_problem_without_a_value(tmp_path: Path, name: str) -> None:
    root = tmp_path / "repo"
    root.mkdir()
    (tmp_path / "outside").write_text(CANARY)
    (root / "binary").write_bytes(b"\xff" + CANARY.encode())
    (root / "link").symlink_to("../outside")
    found = resolve_secret(SecretSource(file=name), root, {})
    assert isinstance(found, Problem)
    assert CANARY not in repr(found)


def test_a_folder_outside_can_be_allowed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/token").write_text(CANARY)
    source = SecretSource(file=str(tmp_path / "run/token"))
    root = tmp_path / "repo"
    assert isinstance(resolve_secret(source, root, {}), Problem)
    assert resolve_secret(source, root, {}, [tmp_path / "run"]) == CANARY


def test_what_is_not_set_or_not_served_is_a_problem(tmp_path: Path) -> None:
    source = SecretSource(kubernetes=KubernetesSecret(name="a", key="b"))
    for one in (SecretSource(env="NONE"), source):
        assert isinstance(resolve_secret(one, tmp_path, {}), Problem)


def test_references_are_found_wherever_they_stand() -> None:
    document = {
        "a": {"secret": {"env": "A"}},
        "b": [{"c": {"secret": {"file": "f"}}}],
        "no": {"secret": "text"},
        "two": {"secret": {"env": "A", "file": "f"}},
        "more": {"secret": {"env": "A"}, "x": 1},
    }
    assert [path for path, _ in find_secrets(document)] == [("a",), ("b", 0, "c")]


def test_a_reference_stays_a_reference_in_all_that_is_read(tmp_path: Path) -> None:
    engine = "kind: Engine\nmetadata: {name: main}\nspec: {type: narrow, options: {token: {secret: {env: T}}}}\n"
    found = desired(tmp_path, {"gsctl.yaml": PROJECT, "e.yaml": engine}, environ={"T": CANARY})
    assert not found.problems
    assert CANARY not in repr(found)


def test_a_literal_in_the_place_of_a_reference_is_not_repeated(tmp_path: Path) -> None:
    engine = f"kind: Engine\nmetadata: {{name: main}}\nspec: {{type: wide, substrate: {{secret: {CANARY}}}}}\n"
    found = desired(tmp_path, {**WHOLE, "engine.yaml": engine})
    assert found.problems
    assert CANARY not in repr(found.problems)
