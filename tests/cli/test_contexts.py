"""Contexts name coordinators; a file that cannot be trusted names none."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import warm

URL = "http://127.0.0.1:9"  # nobody answers there


def gsctl(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return warm.gsctl(*words, env={**os.environ, **env}, timeout_s=60)


def kept() -> Path:
    return Path(os.environ["XDG_CONFIG_HOME"]) / "gsctl/contexts.json"


def add(name: str, *words: str) -> None:
    made = gsctl("context", "add", name, URL, *words)
    assert made.returncode == 0, made.stderr


def whom(*words: str, **env: str) -> str:
    """Whom `get` asks, by its first line."""
    return gsctl("get", *words, **env).stderr.splitlines()[0]


def test_the_one_in_use_is_asked_and_an_option_wins() -> None:
    add("town")
    add("city", "-e", "prod", "--tenant", "shop")
    assert "SC109" in whom(), "one that is not in use is not asked"
    assert gsctl("context", "use", "town").returncode == 0
    assert whom() == f"asking {URL} (context town)"
    assert whom("--coordinator", "city") == f"asking {URL} (context city)"
    assert whom("--coordinator", "http://127.0.0.1:8") == "asking http://127.0.0.1:8"
    assert whom(GSCTL_COORDINATOR="city") == f"asking {URL} (context city)"
    assert whom("--coordinator", "town", GSCTL_COORDINATOR="city").endswith("(context town)")
    assert "SC109" in whom("--coordinator", "none")
    found = json.loads(gsctl("context", "list", "--json").stdout)
    assert [(one["name"], one["active"], one["environment"], one["tenant"]) for one in found] == [
        ("city", False, "prod", "shop"), ("town", True, "default", "all")]  # fmt: skip
    assert gsctl("context", "use", "none").returncode == 0
    assert "SC109" in whom()
    assert gsctl("context", "remove", "town").returncode == 0
    assert "CX103" in whom("--coordinator", "town")


def test_commands_that_ask_nobody_do_not_mind_it() -> None:
    add("town")
    gsctl("context", "use", "town")
    assert gsctl("version").returncode == 0
    assert gsctl("schema", "Graph").returncode == 0
    assert "CX105" in gsctl("import", "--all", "--out", "x").stderr


def test_only_its_owner_may_change_it_and_no_token_stands_in_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("gsctl_0123abcd_" + "x" * 43)
    token.chmod(0o644)
    assert "CX102" in gsctl("context", "add", "town", URL, "--token-file", str(token)).stderr
    token.chmod(0o600)
    add("town", "--token-file", str(token))
    assert kept().stat().st_mode & 0o777 == 0o600
    assert "gsctl_" not in kept().read_text()
    gsctl("context", "use", "town")
    kept().chmod(0o620)
    assert "CX101" in whom()
    kept().chmod(0o600)
    kept().write_text(kept().read_text().replace(str(token), token.read_text()))
    told = gsctl("get")
    assert "CX101" in told.stderr
    assert "gsctl_0123abcd" not in told.stderr


@pytest.mark.parametrize(
    "text",
    ["{", "[]", '{"format": 9, "contexts": {}}', '{"format": 1}',
     '{"format": 1, "contexts": {"a": {"token": "x"}}}', '{"format": 1, "contexts": {"a": 1}}'],
)  # fmt: skip
def test_a_file_that_is_not_as_it_was_written_is_said(text: str) -> None:
    kept().parent.mkdir(parents=True)
    kept().write_text(text)
    kept().chmod(0o600)
    assert "CX101" in whom()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["add", "none", URL], "CL104"),
        (["add", "a/b", URL], "CL104"),
        (["add", "a", "ftp://x"], "CL113"),
        (["add", "a", URL, "--token-file", "x", "--token-variable", "Y"], "CL113"),
        (["add", "a", URL, "--token-file", "nowhere"], "CX102"),
        (["use", "nobody"], "CX103"),
        (["remove", "nobody"], "CX103"),
    ],
)
def test_what_is_no_context_is_said(words: list[str], code: str) -> None:
    told = gsctl("context", *words)
    assert (told.returncode, code in told.stderr) == (1, True), told.stderr
