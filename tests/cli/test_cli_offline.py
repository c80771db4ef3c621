"""The command line without any engine: what is said about documents, options and places."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from program import Program, without_numbers

BAD = """\
apiVersion: gsctl.io/v1alpha1
kind: Project
metadata: {name: packages}
spec: {id: qkzmwhtb}
---
kind: Engine
metadata: {name: main}
spec: {type: neug, version: 0.3, mode: servd}
---
kind: Graph
metadata: {name: g}
spec:
  engine: mian
  vertices:
    Package: {key: nam, properties: {name: string}}
"""


@pytest.fixture
def started(here):
    assert here("init").code == 0
    return here


def test_init_writes_a_repository_that_is_valid(here):
    ran = here("init", "demo")
    assert (ran.code, ran.out) == (
        0,
        "demo/gsctl.yaml\ndemo/data/packages.csv\ndemo/data/depends.csv\n",
    )
    assert (
        ran.err
        == "hint: `gsctl -C demo plan` shows what it would make, `gsctl -C demo apply` makes it\n"
    )
    ran = here("validate", "-C", "demo")
    assert (ran.code, ran.out) == (0, "Valid: 5 documents.\n")


def test_init_writes_as_the_formatter_would(started):
    assert started("fmt", "--check").code == 0


def test_init_overwrites_nothing(started):
    before = (started.home / "gsctl.yaml").read_text()
    ran = started("init")
    assert ran.code == 1
    assert "gsctl.yaml is there already, and nothing was written" in ran.err
    assert (started.home / "gsctl.yaml").read_text() == before


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "status"])
def test_every_mistake_is_shown_with_a_caret_and_ends_in_1(here, command):
    (here.home / "gsctl.yaml").write_text(BAD)
    ran = here(command)
    assert ran.code == 1
    found = re.findall(r"^  --> (\S+)\n *\d+ \| .*\n +\| +\^+$", ran.err, re.MULTILINE)
    assert [at.rpartition(":")[0] for at in found] == [
        "gsctl.yaml:8",
        "gsctl.yaml:8",
        "gsctl.yaml:13",
        "gsctl.yaml:15",
    ]
    assert "Traceback" not in ran.err
    assert not (here.home / ".gsctl").exists()


def test_a_plan_of_a_new_repository_lists_each_thing(started):
    ran = started("plan", "-C", str(started.home))
    name = started.home.name
    assert ran.out.startswith(f"{name}/default, tenant default, on local\n")
    assert without_numbers(ran.out).partition("\n\n")[2] == (
        "  +    Engine/main            neug 0.3.0, served\n"
        "  +    Graph/packages         1 vertex type, 1 edge type\n"
        "  =>   Load/packages          2 files; never loaded\n"
        "  +    Procedure/affected-by  of Graph/packages\n"
        "\n"
        "Plan: 3 to add, 0 to change, 0 to rebuild, 0 to destroy, 1 to load.\n"
        "Estimated: N s, N MiB of memory.\n"
    )
    assert ran.err == f"hint: `gsctl -C {started.home} apply` does this\n"
    assert ran.code == 0


def test_looking_makes_nothing(started):
    for words in (("plan",), ("get",), ("status",), ("doctor",)):
        started(*words)
    assert not (started.home / ".gsctl").exists()


def test_pending_changes_are_2_only_where_that_was_asked(started):
    assert started("plan").code == 0
    assert started("plan", "--detailed-exitcode").code == 2


def test_the_plan_as_json_has_terraforms_shape(started):
    ran = started("plan", "--json")
    plan = json.loads(ran.out)
    changes = {c["address"]: c["change"]["actions"] for c in plan["resource_changes"]}
    assert changes == {"Engine/main": ["create"], "Graph/packages": ["create"],
                       "Load/packages": ["create"], "Procedure/affected-by": ["create"]}  # fmt: skip
    assert plan["summary"] == {"add": 3, "change": 0, "rebuild": 0, "destroy": 0, "move": 0,
                               "adopt": 0, "load": 1, "forget": 0}  # fmt: skip
    assert {"format_version", "resource_drift", "problems", "held", "fingerprint", "applyable",
            "strategy", "estimate"} <= plan.keys()  # fmt: skip
    graph = next(c for c in plan["resource_changes"] if c["kind"] == "Graph")
    assert (graph["type"], graph["name"], graph["change"]["before"]) == ("Graph", "packages", None)


def test_with_mistakes_the_json_plan_is_not_applyable(here):
    (here.home / "gsctl.yaml").write_text(BAD)
    plan = json.loads(here("plan", "--json").out)
    assert plan["applyable"] is False
    assert {p["line"] for p in plan["problems"]} == {8, 13, 15}


@pytest.mark.parametrize("words", [
    ["--json", "-e", "prod", "plan", "--detailed-exitcode"],
    ["plan", "--json", "--detailed-exitcode", "-e", "prod"],
    ["plan", "--detailed-exitcode", "-eprod", "-o", "json"],
])  # fmt: skip
def test_global_options_mean_the_same_before_and_after(started, words):
    ran = started(*words)
    assert ran.code == 2
    assert json.loads(ran.out)["owner"].endswith("/prod")


def test_explain_shows_the_steps_with_the_engines_statements(started):
    ran = started("plan", "--explain")
    assert "CREATE NODE TABLE `Package`" in ran.out
    assert ran.out.index("build copy") < ran.out.index("load Package") < ran.out.index("switch to")


@pytest.mark.parametrize(("words", "says"), [
    (["plan", "-o", "plan.json"], "error: `plan.json` is no format [CL102]\nhint: `--out plan.json` writes a file\n"),
    (["plan", "-o", "csv"], "error: no `-o csv` here [CL102]\nhint: this command gives table, json, yaml, markdown\n"),
    (["plan", "--target", "packages"], "error: --target: `packages` is no address [CL104]\nhint: write `--target Graph/packages`\n"),
    (["apply", "--reload", "Graph/packages"], "error: --reload takes a Load, and Graph/packages is none [CL104]\nhint: write `--reload Load/NAME`\n"),
    (["plan", "--nope"], "error: No such option: --nope [CL101]\nhint: `gsctl plan --help` tells what there is\n"),
    (["nope"], "error: No such command 'nope' [CL101]\nhint: `gsctl --help` tells what there is\n"),
    (["plan", "--var", "x"], "error: --var takes name=value [CL106]\nhint: write `--var data=/srv/data`\n"),
    (["-e", "dev", "plan", "-e", "prod"], "error: -e names 2 environments [CL114]\nhint: `gsctl plan` is about one; only `serve` keeps several\n"),
    (["serve", "-e", "dev", "-e", "dev"], "error: -e names dev twice [CL114]\nhint: once will do\n"),
    (["get", "jobs"], "error: there is no kind `jobs` [CL103]\nhint: the kinds are Engine, Graph, Load, Procedure, Tenant\n"),
    (["query", "packages", "RETURN 1"], "error: there is no live Graph/packages [RF104]\nhint: `gsctl apply` makes what is declared\n"),
    (["import", "/srv/db", "--out", "x"], "error: `/srv/db` is no address [CL104]\nhint: write `import --from /srv/db`\n"),
    (["describe", "/srv/db"], "error: `/srv/db` is no address, but a path [CL104]\nhint: an address is a kind and a name, such as `Graph/packages`\n"),
    (["apply", "none.json"], "error: none.json: No such file or directory [PX105]\nhint: save it anew with `gsctl plan --out`\n"),
    (["convert", "data", "--out", "x"], "error: data: it is a folder [CV101]\nhint: name the files of the older tool, each one\n"),
    (["forget", "local:/x"], "error: nothing was ever put at `local:/x` [LG102]\nhint: no place is known\n"),
])  # fmt: skip
def test_a_misuse_says_what_to_write_instead(started, words, says):
    ran = started(*words)
    assert (ran.code, ran.out, ran.err) == (1, "", says)


def test_outside_a_repository_a_command_says_so(here):
    ran = here("plan")
    assert ran.code == 1
    assert "there is no gsctl.yaml here, nor in a folder above [SC109]" in ran.err


def test_the_repository_is_found_from_a_folder_in_it(started):
    assert Program(started.home / "data").quick("validate").code == 0


def test_nobody_to_ask_is_1_and_nothing_is_written(started):
    ran = Program(started.home)("apply")
    assert ran.code == 1
    assert ran.err == ("error: nobody can be asked here, and nothing was done [CL107]\n"
                       "hint: `gsctl apply -y` does it without asking\n")  # fmt: skip
    assert not (started.home / ".gsctl").exists()


def test_things_that_are_not_there_are_absent(started):
    ran = started("get", "graphs", "-o", "json")
    (graph,) = json.loads(ran.out)["items"]
    assert (ran.code, graph["status"]["phase"], graph["status"]["live"]) == (0, "Absent", None)
    ran = started("status")
    assert ran.code == 1
    assert ran.out == (
        f"{started.home.name}/default: 4 Absent (Engine/main: NotApplied; "
        "Graph/packages: NotApplied; Load/packages: NotApplied; …), changes pending\n"
    )


@pytest.mark.parametrize("extra", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_pipe_gets_no_escape_codes(started, extra):
    ran = Program(started.home)("plan", **extra)
    assert "\x1b" not in ran.out + ran.err


def test_completion_knows_declared_names_wherever_the_options_stand(started, tmp_path_factory):
    elsewhere = Program(tmp_path_factory.mktemp("elsewhere"))
    for line in (f"gsctl -C {started.home} get G", f"gsctl get -C {started.home} G"):
        ran = elsewhere(_GSCTL_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD="4")
        assert ran.out == "Graph/packages\n"
    (started.home / "broken.yaml").write_text("{")
    ran = elsewhere(
        _GSCTL_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS=f"gsctl -C {started.home} call "
    )
    assert "affected-by" in ran.out
    assert ran.err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(here, shell):
    ran = here("completion", shell)
    assert ran.code == 0
    assert f"_GSCTL_COMPLETE=complete_{shell}" in ran.out


def test_asking_for_the_version_imports_nothing_heavy():
    code = ("import sys\nfrom gsctl.__main__ import main\nassert main(['version']) == 0\n"
            "print(sorted({'typer', 'rich', 'pydantic', 'reconciler', 'yaml'} & sys.modules.keys()))")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "[]"


def test_a_bug_of_ours_is_one_line_and_a_traceback_only_when_asked(started, monkeypatch):
    def broken(self):
        raise KeyError("x\ny")

    monkeypatch.setattr("reconciler.api.Api.plan", lambda *_, **__: broken(None))
    ran = started("plan")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith("internal error: KeyError: ")
    assert "Traceback" in started("plan", "-v").err


def test_secrets_of_the_environment_stay_there(started, monkeypatch):
    canary = "canary-7f3a9c"
    monkeypatch.setenv("TOKEN", canary)
    monkeypatch.setenv("GSCTL_VAR_secret", canary)
    text = (started.home / "gsctl.yaml").read_text()
    hidden = text.replace(
        "mode: served}", "mode: served, options: {token: {secret: {env: TOKEN}}}}"
    )
    (started.home / "gsctl.yaml").write_text(hidden)
    for words in (
        ["plan", "-v"],
        ["plan", "--json"],
        ["get", "-o", "json"],
        ["validate"],
        ["doctor"],
    ):
        ran = started(*words)
        assert canary not in ran.out + ran.err


def test_every_command_has_help(here):
    from gsctl.commands import COMMANDS

    for name in COMMANDS:
        ran = here(name, "--help")
        assert ran.code == 0
        assert ran.out.startswith(f"Usage: gsctl {name} ")


def test_explain_and_schema_tell_of_fields(here):
    ran = here("explain", "Graph.vertices.properties")
    assert ran.out.startswith("Graph.vertices.properties  <map of string | object>\n")
    assert json.loads(here("schema", "graphs").out)["title"] == "Graph"
    ran = here("explain", "Graph.vertixes")
    assert (ran.code, "did you mean `vertices`?" in ran.err) == (1, True)
    ran = here("schema", "--write", "out")
    assert "out/v1alpha1/Graph.json" in ran.out
