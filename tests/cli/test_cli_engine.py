"""The whole way of a repository, against a real NeuG: one repository, applied once, then changed.

The tests run in their order: each finds what those before it left.
"""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal

import pytest
from program import Program, Ran

from reconciler import lease
from reconciler.holder import Holder

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def applied(tmp_path_factory, neug_python):
    """A starter repository, and how its first apply went."""
    home = tmp_path_factory.mktemp("cli") / "demo"
    home.mkdir()
    program = Program(home)
    assert program("init").code == 0
    ran = program("apply", "-y")
    yield program, ran
    last = program("destroy", "-y", "--allow-deletes")
    assert last.code == 0, last.err


@pytest.fixture
def gsctl(applied) -> Program:
    return applied[0]


def test_the_first_apply_tells_each_step_and_what_to_do_next(applied):
    program, ran = applied
    assert ran.code == 0, ran.err
    assert program.masked(ran.out) == (
        "demo/default, tenant default, on local\n"
        "\n"
        "  +    Engine/main            neug 0.3.0, served\n"
        "  +    Graph/packages         1 vertex type, 1 edge type\n"
        "  =>   Load/packages          2 files; never loaded\n"
        "  +    Procedure/affected-by  of Graph/packages\n"
        "\n"
        "Plan: 3 to add, 0 to change, 0 to rebuild, 0 to destroy, 1 to load.\n"
        "Estimated: N s, N MiB of memory.\n"
    )
    assert program.masked(ran.err).splitlines()[-8:-2] == [
        "Engine/main: [2/7] create the engine's place: done in N s",
        "Graph/packages: [3/7] build copy ID (+Package, +DEPENDS_ON): done in N s",
        "Graph/packages: [4/7] load Package from packages: done in N s, 4 rows",
        "Graph/packages: [5/7] load DEPENDS_ON from packages: done in N s, 5 rows",
        "Graph/packages: [6/7] verify copy ID: done in N s",
        "Graph/packages: [7/7] switch to copy ID: done in N s",
    ]
    assert ran.err.endswith(
        "Done: 3 added, 1 loaded.\n"
        "hint: try `gsctl call affected-by package=…`, or `gsctl connect Graph/packages`\n"
    )


def test_then_there_is_nothing_to_do(gsctl):
    ran = gsctl.quick("plan", "--detailed-exitcode")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("\nNo changes. The live state matches the configuration.\n")
    assert gsctl("apply").code == 0  # nobody need be asked


def test_everything_is_ready(gsctl):
    ran = gsctl.quick("status")
    assert (ran.code, ran.out) == (0, "demo/default: 4 Ready\n")
    ran = gsctl.quick("get")
    assert gsctl.masked(ran.out) == (
        "KIND       NAME         PHASE  REASON   LIVE-ROWS  ENDPOINT\n"
        "Engine     main         Ready  Present\n"
        "Graph      packages     Ready  Serving          9  http://HOST:PORT\n"
        "Load       packages     Ready  Loaded           9\n"
        "Procedure  affected-by  Ready  Applied\n"
    )


def test_get_as_json_is_what_the_contract_says(gsctl):
    graph = json.loads(gsctl.quick("get", "graph/packages", "-o", "json").out)
    assert graph["apiVersion"] == "gsctl.io/v1alpha1"
    status = graph["status"]
    assert status["counts"] == {"Package": 4, "DEPENDS_ON": 5}
    assert status["loads"]["packages"]["rows"] == 9
    assert status["owner"] == "demo/default"
    assert graph["spec"] == status["live"]
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Ready": "True",
        "UpToDate": "True",
    }
    assert {"phase", "reason", "live", "conditions", "endpoint", "copy", "previousCopy", "loads",
            "counts", "owner", "drift"} <= status.keys()  # fmt: skip
    every = json.loads(gsctl.quick("get", "--json").out)
    assert (every["kind"], len(every["items"])) == ("List", 4)


def test_describe_tells_rows_loads_and_copies(gsctl):
    ran = gsctl.quick("describe", "Graph/packages")
    assert "Phase:        Ready (Serving)\n" in ran.out
    assert "Package                4\n" in ran.out
    assert "9 rows from data/depends.csv, data/packages.csv" in ran.out


def test_describe_tells_how_many_rows_no_load_brought(gsctl):
    ran = gsctl.quick("query", "packages", "CREATE (:Package {name: 'hand'})", "--write")
    assert (ran.code, ran.out, ran.err) == (0, "", "Done.\n")
    shown = gsctl.quick("describe", "Graph/packages").out
    assert "Package                5  1 of them by no load\n" in shown
    assert gsctl.quick("plan", "--detailed-exitcode").code == 0  # they are no pending change
    undo = "MATCH (p:Package) WHERE p.name = 'hand' DELETE p"
    assert gsctl.quick("query", "packages", undo, "--write").code == 0
    assert "by no load" not in gsctl.quick("describe", "Graph/packages").out


def test_a_call_runs_what_was_applied_and_not_what_is_written_now(gsctl):
    text = (gsctl.home / "gsctl.yaml").read_text()
    (gsctl.home / "gsctl.yaml").write_text(text.replace("ORDER BY name", "ORDER BY name DESC"))
    ran = gsctl.quick("call", "affected-by", "package=zlib")
    assert (ran.code, ran.out) == (0, "name\ncurl\ngit\nopenssl\n")
    (gsctl.home / "gsctl.yaml").write_text(text)


def test_rows_come_in_every_format(gsctl):
    words = ("call", "affected-by", "-p", "package=openssl")
    assert json.loads(gsctl.quick(*words, "-o", "json").out) == {
        "columns": ["name"],
        "rows": [["curl"]],
    }
    assert gsctl.quick(*words, "-o", "csv").out == "name\ncurl\n"
    assert gsctl.quick(*words, "-o", "markdown").out == "| name |\n| --- |\n| curl |\n"
    assert gsctl.quick(*words, "-o", "yaml").out == "columns:\n- name\nrows:\n- - curl\n"


def test_a_parameter_that_is_missing_or_unknown_is_named(gsctl):
    ran = gsctl.quick("call", "affected-by", "pakage=zlib")
    assert ran.code == 1
    assert "the parameter `package: string` has no value" in ran.err
    assert "there is no parameter `pakage`" in ran.err


def test_a_query_reads_and_says_where_it_was_cut(gsctl):
    ran = gsctl.quick(
        "query", "packages", "MATCH (p:Package) RETURN p.name AS name ORDER BY name", "--limit", "2"
    )
    assert (ran.code, ran.out) == (0, "name\ncurl\ngit\n")
    assert ran.err == "hint: only the first 2 rows are shown; `--limit` sets how many\n"
    ran = gsctl.quick("query", "packages", "MATCH (p:Nope) RETURN p")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: Graph/packages: ")


def test_mistakes_elsewhere_do_not_keep_a_graph_from_being_asked(gsctl):
    bad = gsctl.home / "bad.yaml"
    bad.write_text("kind: Graph\nmetadata: {name: other}\nspec: {engine: nowhere}\n")
    try:
        assert gsctl.quick("plan").code == 1
        for words in (("query", "packages", "RETURN 1 AS one"), ("connect", "packages"),
                      ("call", "affected-by", "package=zlib"), ("logs", "Graph/packages")):  # fmt: skip
            assert gsctl.quick(*words).code == 0, words
        ran = gsctl.quick("get")
        assert (ran.code, "Serving" in ran.out, "bad.yaml:" in ran.err) == (1, True, True)
    finally:
        bad.unlink()


def test_connect_gives_an_address_and_a_snippet(gsctl):
    told = json.loads(gsctl.quick("connect", "Graph/packages", "--json").out)
    assert told["address"].startswith("http://127.0.0.1:")
    assert told["address"] in told["snippet"]


def test_the_declared_tests_run_against_what_lives(gsctl):
    ran = gsctl.quick("test")
    assert (ran.code, ran.err) == (0, "1 test, 0 failed.\n")
    assert 'affected-by  package="zlib"     3  at least 1  ok' in ran.out


def test_an_export_reads_back_to_the_same_rows(gsctl, tmp_path):
    ran = gsctl.quick("export", "Graph/packages", "--out", str(tmp_path / "out"))
    assert ran.code == 0, ran.err
    assert (tmp_path / "out/Package.csv").read_text() == (
        gsctl.home / "data/packages.csv"
    ).read_text()
    assert gsctl.quick("export", "Graph/packages", "--out", str(tmp_path / "out")).code == 1
    copy = Program(tmp_path / "copy")
    shutil.copytree(tmp_path / "out", copy.home / "data")
    text = (gsctl.home / "gsctl.yaml").read_text()
    start, end = text.index("  load:\n"), text.index("---\nkind: Procedure")
    # The same project and environment would be the same owner, under two roots.
    text = re.sub("id: .{8}", "id: abcdefgh", text[:start] + text[end:])
    (copy.home / "gsctl.yaml").write_text(text.replace("mode: served", "mode: embedded"))
    ran = copy("apply", "-y")
    assert ran.code == 0, ran.err
    query = "MATCH (a:Package)-[d:DEPENDS_ON]->(b:Package) RETURN a.name AS a, d.kind AS k, b.name AS b ORDER BY a, b"
    assert (
        copy.quick("query", "packages", query, "--json").out
        == gsctl.quick("query", "packages", query, "--json").out
    )


def test_a_change_is_2_and_apply_tells_it_as_json_lines(gsctl):
    with (gsctl.home / "data/packages.csv").open("a") as file:
        file.write("wget,1.25.0\n")
    ran = gsctl.quick("plan", "--detailed-exitcode")
    assert ran.code == 2
    assert (
        "  =>   Load/packages  2 files, 9 rows live; Package: data/packages.csv changed\n"
        in ran.out
    )
    ran = gsctl("apply", "-y", "--json")
    assert ran.code == 0, ran.err
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [lines[0]["type"], lines[-1]["type"]] == ["plan", "summary"]
    assert lines[-1]["exit_code"] == 0
    started = [line["step"] for line in lines if line["type"] == "step_started"]
    assert started == [line["step"] for line in lines if line["type"] == "step_finished"]
    assert gsctl.quick("plan", "--detailed-exitcode").code == 0


def test_data_that_would_be_lost_is_listed_first_and_refused_with_3(gsctl):
    path = gsctl.home / "gsctl.yaml"
    text = path.read_text()
    path.write_text(
        text.replace(
            ", properties: {name: string, version: string}", ", properties: {name: string}"
        )
    )
    ran = gsctl.quick("plan")
    assert ran.code == 0
    print(ran.out)
    lost = ran.out.index("- Graph/packages.vertices.Package.version  5 values")
    assert lost < ran.out.index("  ~    Graph/packages") < ran.out.index("Refused:")
    ran = gsctl("apply", "-y")
    assert ran.code == 3
    assert "hint: nothing was done; `gsctl apply --allow-deletes` if it is meant\n" in ran.err
    path.write_text(text)
    assert gsctl.quick("plan", "--detailed-exitcode").code == 0


def test_while_somebody_writes_apply_is_3_and_names_them(gsctl):
    with (gsctl.home / "data/packages.csv").open("a") as file:
        file.write("tar,1.35\n")
    path = gsctl.home / ".gsctl/default/lease.json"
    with lease.acquire(path, Holder.here("gsctl of a friend")):
        ran = gsctl("apply", "-y")
        assert ran.code == 3
        assert "`gsctl of a friend` of " in ran.err
        assert "In progress by `gsctl of a friend`" in gsctl.quick("plan").out
        assert gsctl.quick("doctor").code == 0


def test_ctrl_c_finishes_the_running_step_and_is_130(gsctl):
    with gsctl.running("apply", "-y") as process:
        seen = []
        for line in process.stderr:
            seen.append(line)
            if "[1/" in line:
                process.send_signal(signal.SIGINT)
                break
        told = "".join([*seen, *process.stderr])
        assert process.wait(timeout=120) == 130, told
    assert "Stopping after the running step. Once more ends it at once.\n" in told
    assert re.search(r"Interrupted: [1-5] of 6 ", told), told
    assert told.endswith("hint: what was done stays; `gsctl apply` goes on\n")
    assert (
        gsctl.quick("query", "packages", "MATCH (p:Package) RETURN count(p) AS n").out == "n\n5\n"
    )


def test_a_world_that_changes_while_a_person_thinks_is_4(gsctl):
    ours, theirs = pty.openpty()
    with (
        open(ours, "wb", buffering=0) as keys,
        open(theirs, "rb") as terminal,
        gsctl.running("apply", stdin=terminal) as process,
    ):
        told = ""
        while not told.endswith(" yes: ") and (char := process.stderr.read(1)):
            told += char
        ran = gsctl("apply", "-y")
        assert ran.code == 0, ran.err
        keys.write(b"yes\n")
        told += process.stderr.read()
        assert process.wait(timeout=120) == 4
    assert "the world changed since the plan was shown: nothing was done [PX104]" in told


def test_a_server_that_was_killed_is_failed_and_apply_starts_it(gsctl):
    graph = json.loads(gsctl.quick("get", "Graph/packages", "--json").out)
    assert graph["status"]["phase"] == "Ready"
    for pid in _servers(gsctl.home):
        os.kill(pid, signal.SIGKILL)
    ran = gsctl.quick("status")
    assert ran.code == 1
    assert "Graph/packages: ServerDown" in ran.out
    assert gsctl.quick("connect", "packages").code == 1
    assert gsctl("apply", "-y").code == 0
    assert gsctl.quick("status").code == 0


def _servers(home) -> list[int]:
    from reconciler import processes

    mark = f'"root_path": "{home}/.gsctl"'.encode()
    return [
        pid for pid, environment in processes.environments() if environment and mark in environment
    ]


def test_destroy_lists_what_goes_and_needs_leave_to_lose_data(gsctl):
    ran: Ran = gsctl("destroy", "-y")
    assert ran.code == 3
    assert ran.out.index("Data that would be lost") < ran.out.index("  -    Engine/main")
    assert re.search(r"- Graph/packages\.vertices\.Package +6 rows", ran.out)
    ran = gsctl("destroy", "-y", "--allow-deletes")
    assert ran.code == 0, ran.err
    assert _servers(gsctl.home) == []
    assert gsctl.quick("status").out.startswith("demo/default: 4 Absent ")
    ran = gsctl("destroy", "-y")
    assert ran.code == 0
