"""Commands at a coordinator show what they show where it runs, and what it is asked is done there."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

import pytest
from coordinator import Coordinator, until
from served import Served, await_phase, serving
from upstream import Upstream
from warm import gsctl

from reconciler.durable import locked

pytestmark = pytest.mark.engine

SHOWN = [
    "get", "get --json", "get --tenant shop", "get Graph/none", "describe Graph/people",
    "describe Graph/people -o mermaid", "status --json", "plan", "plan -o markdown",
    "plan --rebuild Graph/people --json", "plan --reload Load/people --explain",
    "plan --target Graph/none", "order --json", "call ages --json", "call none", "call ages x=1",
    "events", "events --json", "connect Graph/people", "connect Graph/people --json",
    "connect Graph/none", "test", "test ages --json", "test none", "logs Graph/people --tail 3", "logs Graph/none", "why Graph/people", "why graphs/people.vertices.Person.properties.age --json",
    "why Load/people -o yaml", "why Engine/main", "why Graph/none", "why Graph/people.vertices.None",
]  # fmt: skip
QUERIES = [
    ["people", "MATCH (p:Person) RETURN p.id, p.name ORDER BY p.id LIMIT 3", "--json"],
    ["people", "MATCH (p:Person) WHERE p.id < $most RETURN p.age, p.name", "-p", "most=3"],
    ["people", "MATCH (p:Person) RETURN p.id", "--limit", "2", "-o", "csv"],
    ["people", "this is no query"],
    ["none", "MATCH (p) RETURN p"],
]


def asked(
    url: str, *words: str, here: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A command that asks a coordinator, in a folder without any documents."""
    where = ["--coordinator", url] if url else []
    return gsctl(*where, *words, cwd=here, timeout_s=120,
                 env={**os.environ, "XDG_CONFIG_HOME": str(here), **(env or {})})  # fmt: skip


@contextmanager
def asking(here: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on; it is ended at the end."""
    env = {**os.environ, "XDG_CONFIG_HOME": str(here)}
    command = [sys.executable, "-m", "gsctl", *words]
    # What a shell starts in the background ignores it, and so would all that is started below.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(command, cwd=here, env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:  # fmt: skip
        signal.signal(signal.SIGINT, before)
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def output(here: Path, *words: str) -> Iterator[IO[str]]:
    """What a command writes as it goes on."""
    with asking(here, *words) as process:
        assert process.stdout
        yield process.stdout


def no_server_starts(kept: Coordinator) -> AbstractContextManager[int]:
    """As long as this lasts a switch does not get to its end."""
    return locked(kept.repository.path / ".gsctl/default/units.lock")


@pytest.mark.parametrize("words", [*map(str.split, SHOWN), *(["query", *q] for q in QUERIES)],
                         ids=" ".join)  # fmt: skip
def test_what_is_shown_is_the_same_to_the_byte(
    open_one: Served, tmp_path: Path, words: list[str]
) -> None:
    direct = open_one.coordinator.repository.gsctl(*words)
    remote = asked(open_one.url, *words, here=tmp_path)
    assert remote.stdout == direct.stdout, remote.stderr
    assert remote.returncode == direct.returncode, remote.stderr
    assert remote.stderr.startswith(f"asking {open_one.url}\n")


@pytest.mark.slow
def test_what_people_say_is_done_there(written: Coordinator, tmp_path: Path) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")

        def done(*words: str, exit_: int = 0) -> str:
            found = asked(served.url, *words, here=tmp_path)
            assert found.returncode == exit_, found.stdout + found.stderr
            return found.stdout + found.stderr

        assert "Mark: Graph/people (suspended)" in done("suspend", "Graph/people")
        written.repository.write(version=2, rows=20)
        until(lambda: served.client.get("/v1/plan").json()["withheld"], "it is withheld")
        done("resume", "Graph/people")
        written.await_ages(2)
        await_phase(served.client, "Graph/people", "Ready")
        assert "nobody can be asked here" in done("rollback", "Graph/people", exit_=1)
        done("rollback", "Graph/people", "-y")
        assert written.ages() == [1, 1]
        done("unhold", "Graph/people")
        written.await_ages(2)
        before = written.server()
        lines = done("restart", "Graph/people", "--json").splitlines()
        told = [json.loads(line)["type"] for line in lines if line.startswith("{")]
        assert (told[0], told[-2], told[-1]) == ("plan", "step_finished", "summary")
        assert before != written.server()

        care = {"kind": "Policy", "metadata": {"name": "care"}, "spec": {"approve": "always"}}
        (written.repository.path / "policy.yaml").write_text(json.dumps(care))
        written.repository.write(version=3, rows=20)
        until(lambda: served.client.get("/v1/plan").json()["withheld"], "it waits")
        assert "Approved: Load/people" in done("approve", "Graph/people")
        written.await_ages(3)


@pytest.mark.parametrize(
    ("words", "exit_", "code"),
    [
        (["destroy", "-y"], 3, "CX105"),
        (["apply", "-y", "--allow-deletes"], 3, "CX105"),
        (["rollback", "Graph/people", "-y", "--allow-deletes"], 3, "CX105"),
        (["export", "Graph/none", "--out", "x"], 1, "RF104"),
        (["import", "--all", "--out", "x"], 1, "CX105"),
        (["approve", "Graph/people"], 1, "AP101"),
        (["suspend", "Graph/none"], 1, "RF104"),
        (["-e", "dev", "get"], 1, "CX113"),
    ],
)
def test_what_is_not_done_through_a_coordinator_is_said(
    open_one: Served, tmp_path: Path, words: list[str], exit_: int, code: str
) -> None:
    found = asked(open_one.url, *words, here=tmp_path)
    assert (found.returncode, code in found.stderr) == (exit_, True), found.stderr
    assert "internal error" not in found.stderr
    assert "/v1" not in found.stderr, "a person is told of commands"


def test_an_export_brings_the_same_files(open_one: Served, tmp_path: Path) -> None:
    def written(folder: str, *words: str) -> dict[str, bytes]:
        out = tmp_path / folder
        found = gsctl(*words, "export", "people", "--out", str(out), cwd=tmp_path)
        assert found.returncode == 0, found.stderr
        assert found.stdout == f"{out / 'load.yaml'}\n"
        assert found.stderr.endswith(f"2 files in {out}.\n")
        return {path.name: path.read_bytes() for path in out.iterdir()}

    there = open_one.coordinator.repository.path
    direct = written("direct", "-C", str(there))
    assert sorted(direct) == ["KNOWS.csv", "Person.csv", "load.yaml"]
    assert written("far", "--coordinator", open_one.url) == direct
    again = asked(open_one.url, "export", "people", "--out", "far", here=tmp_path)
    assert (again.returncode, "OS101" in again.stderr) == (1, True)


def test_a_log_is_followed(written: Coordinator, tmp_path: Path) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        (log,) = written.repository.path.glob(".gsctl/**/*people.log")
        with log.open("a", buffering=1) as file:
            file.write("one\n")
            words = ("--coordinator", served.url, "logs", "people", "-f", "--tail", "1")
            with output(tmp_path, *words) as lines:
                assert next(lines) == "one\n"
                file.write("two\nthr")
                assert next(lines) == "two\n"
                file.write("ee\n")
                assert next(lines) == "three\n"


def test_who_asks_waits_for_a_server_that_is_brought_back(
    written: Coordinator, tmp_path: Path
) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        server = written.server()
        assert server
        server.kill()
        server.wait(10)
        found = asked(served.url, "call", "ages", "--json", here=tmp_path)
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout)["rows"] == [[1, 1, 20]]


@pytest.mark.slow
def test_a_saved_plan_is_done_there_while_it_is_the_same(
    written: Coordinator, tmp_path: Path
) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")

        def done(*words: str, exit_: int) -> str:
            found = asked(served.url, *words, here=tmp_path)
            assert found.returncode == exit_, found.stdout + found.stderr
            return found.stdout + found.stderr

        done("plan", "--reload", "Load/people", "--out", "again.json", exit_=0)
        assert "Done: 1 loaded." in done("apply", "again.json", "-y", exit_=0)
        assert "PX104" in done("apply", "again.json", "-y", exit_=4)
        care = {"kind": "Policy", "metadata": {"name": "care"}, "spec": {"approve": "always"}}
        (written.repository.path / "policy.yaml").write_text(json.dumps(care))
        written.repository.write(version=3, rows=20)
        until(lambda: served.client.get("/v1/plan").json()["withheld"], "it waits")
        done("plan", "--out", "pending.json", exit_=0)
        assert "Approved: Load/people" in done("approve", "pending.json", exit_=0)
        written.await_ages(3)
        assert "PX104" in done("approve", "pending.json", exit_=4)


@pytest.mark.slow
def test_apply_has_what_is_pending_done_there(written: Coordinator, tmp_path: Path) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        settled = asked(served.url, "apply", "-y", here=tmp_path)
        assert settled.returncode == 0, settled.stderr
        assert "No changes." in settled.stdout
        words = ("apply", "--reload", "Load/people")
        unasked = asked(served.url, *words, here=tmp_path)
        assert (unasked.returncode, "CL107" in unasked.stderr) == (1, True), unasked.stderr
        before = served.client.get("/v1/resources/Graph/people").json()["status"]["copy"]
        again = asked(served.url, *words, "-y", here=tmp_path)
        assert again.returncode == 0, again.stderr
        assert "Load/people" in again.stdout
        assert "load Person" in again.stderr
        assert "Done: 1 loaded." in again.stderr
        copy = asked(served.url, "get", "Graph/people", "--json", here=tmp_path)
        assert json.loads(copy.stdout)["status"]["copy"] != before


def test_steps_are_told_while_they_are_done(written: Coordinator, tmp_path: Path) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        words = ("--coordinator", served.url, "apply", "--reload", "Load/people", "-y", "--json")
        with output(tmp_path, *words) as lines:
            told = (json.loads(line)["type"] for line in lines)
            with no_server_starts(written):
                assert [next(told), next(told)] == ["plan", "step_started"]
            assert list(told)[-2:] == ["step_finished", "summary"]


@pytest.mark.parametrize(
    ("whom", "code", "says"),
    [("coordinator", 1, "CX107"), ("command", 130, "The coordinator goes on with it")],
)
def test_who_asked_is_told_where_one_of_them_ends(
    written: Coordinator, tmp_path: Path, whom: str, code: int, says: str
) -> None:
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        before = written.server()
        words = ("--coordinator", served.url, "apply", "--reload", "Load/people", "-y", "--json")
        with asking(tmp_path, *words) as asks, no_server_starts(written):
            assert asks.stdout
            assert any("step_started" in line for line in asks.stdout)
            if whom == "coordinator":
                served.process.kill()
            else:
                asks.send_signal(signal.SIGINT)
            _, said = asks.communicate(timeout=60)
            assert (asks.returncode, says in said) == (code, True), said
        if whom == "command":
            until(lambda: written.server() not in (None, before), "it was done all the same")


def test_apply_does_nothing_where_the_documents_here_are_others(
    open_one: Served, tmp_path: Path
) -> None:
    there, here = open_one.coordinator.repository.path, tmp_path / "here"
    shutil.copytree(there, here, ignore=shutil.ignore_patterns(".gsctl"))
    same = asked(open_one.url, "apply", "-y", here=here)
    assert (same.returncode, "No changes." in same.stdout) == (0, True), same.stderr
    document = here / "gsctl.yaml"
    document.write_text(document.read_text().replace("keepPrevious: 1h", "keepPrevious: 2h"))
    other = asked(open_one.url, "apply", "-y", here=here)
    assert (other.returncode, "CX115" in other.stderr) == (3, True), other.stderr
    assert str(there) in other.stderr


def test_apply_is_for_editors_and_for_folders(
    guarded: Served, written: Coordinator, tmp_path: Path
) -> None:
    made = guarded.coordinator.repository.gsctl("token", "create", "only-looks", "--role", "viewer")
    viewer = {"GSCTL_TOKEN": made.stdout.strip()}
    held = asked(guarded.url, "apply", "-y", here=tmp_path, env=viewer)
    assert (held.returncode, "HT102" in held.stderr) == (3, True), held.stderr
    upstream = Upstream.made(written.repository.path)
    upstream.commit()
    words = ("--insecure-loopback", "--source", f"{upstream.url}?ref=main",
             "--root", str(tmp_path / "root"))  # fmt: skip
    with serving(written, *words) as served:
        until(served.ready, "it has looked")
        found = asked(served.url, "apply", "-y", here=tmp_path)
        assert (found.returncode, "CX114" in found.stderr) == (3, True), found.stderr
        assert "push" in found.stderr


def test_documents_that_are_here_are_planned_there_and_nothing_is_done(
    open_one: Served, tmp_path: Path
) -> None:
    """The copy has the ids of its repository: it is another working tree of the same project."""
    there, here = open_one.coordinator.repository.path, tmp_path / "here"
    shutil.copytree(there, here, ignore=shutil.ignore_patterns(".gsctl"))

    def planned(*words: str, exit_: int = 0) -> subprocess.CompletedProcess[str]:
        found = asked(open_one.url, "plan", "--json", *words, here=here)
        assert found.returncode == exit_, found.stderr
        return found

    assert planned().stdout == open_one.coordinator.repository.gsctl("plan", "--json").stdout
    document = here / "gsctl.yaml"
    document.write_text(document.read_text().replace("keepPrevious: 1h", "keepPrevious: ${keep}"))
    assert "VR101" in planned(exit_=1).stderr
    (change,) = json.loads(planned("--var", "keep=2h").stdout)["resource_changes"]
    assert change["change"]["fields"][0]["path"] == ["keepPrevious"]
    assert json.loads(planned("--var", "keep=1h").stdout)["resource_changes"] == []
    (here / "data/person.csv").write_text("id,name,age\n1,n1,1\n")
    assert "CX110" in planned("--var", "keep=1h", exit_=1).stderr
    assert not open_one.client.get("/v1/plan").json()["resource_changes"]


def test_documents_of_their_own_are_for_editors(guarded: Served, tmp_path: Path) -> None:
    headers = {"Gsctl-Version": guarded.client.get("/openapi.json").json()["info"]["version"]}
    sent = {"proposal": {"documents": {"gsctl.yaml": "kind: Project"}}}
    with guarded.token("viewer", name="asks") as viewer, \
            guarded.token("editor", name="asks-more") as editor:  # fmt: skip
        assert viewer.post("/v1/nouns/plan", headers=headers, json=sent).status_code == 403
        assert editor.post("/v1/nouns/plan", headers=headers, json=sent).status_code == 200
        for bad in ({"proposal": {}}, {"proposal": {"documents": {"../x": 1}}}, {"targets": ["x"]}):
            assert editor.post("/v1/nouns/plan", headers=headers, json=bad).status_code == 422
        none = {"proposal": {"documents": {"a.yaml": "kind: Graph"}}}
        assert editor.post("/v1/nouns/plan", headers=headers, json=none).status_code == 422


def test_a_token_lets_in_and_a_wrong_one_does_not(guarded: Served, tmp_path: Path) -> None:
    made = guarded.coordinator.repository.gsctl("token", "create", "far", "--role", "viewer")
    file = tmp_path / "token"
    file.write_text(made.stdout)
    file.chmod(0o600)
    by_file = asked(guarded.url, "status", here=tmp_path, env={"GSCTL_TOKEN_FILE": str(file)})
    assert by_file.returncode == 0, by_file.stderr
    by_text = {"GSCTL_TOKEN": made.stdout.strip()}
    assert asked(guarded.url, "status", here=tmp_path, env=by_text).returncode == 0
    held = asked(guarded.url, "suspend", "Graph/people", here=tmp_path, env=by_text)
    assert (held.returncode, "HT102" in held.stderr) == (3, True), held.stderr
    none = asked(guarded.url, "status", here=tmp_path)
    assert (none.returncode, "GSCTL_TOKEN" in none.stderr) == (1, True), none.stderr
    wrong = asked(guarded.url, "status", here=tmp_path, env={"GSCTL_TOKEN": "gsctl_0_0"})
    assert (wrong.returncode, "HT10" in wrong.stderr) == (1, True), wrong.stderr
    file.chmod(0o644)
    read = asked(guarded.url, "status", here=tmp_path, env={"GSCTL_TOKEN_FILE": str(file)})
    assert "CX102" in read.stderr


def test_a_token_of_one_tenant_is_not_told_of_the_others(guarded: Served) -> None:
    headers = {"Gsctl-Version": guarded.client.get("/openapi.json").json()["info"]["version"]}
    with guarded.token("admin", "--tenant", "shop", name="shopper") as shop:
        for found in (shop.get("/v1/nouns/look", headers=headers),
                      shop.post("/v1/nouns/plan", headers=headers)):  # fmt: skip
            assert found.status_code == 403
            assert "people" not in found.text


def test_another_version_is_told_so(open_one: Served) -> None:
    for headers in ({}, {"Gsctl-Version": "0.0.1"}):
        found = open_one.client.get("/v1/nouns/look", headers=headers)
        assert found.status_code == 406
        assert found.json()["problems"][0]["code"] == "CX112"


def test_a_token_never_travels_in_the_clear(tmp_path: Path) -> None:
    found = asked("http://192.0.2.1:80", "get", here=tmp_path, env={"GSCTL_TOKEN": "x"})
    assert (found.returncode, "CX109" in found.stderr) == (1, True), found.stderr


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:9", "CX107"),
        ("https://127.0.0.1:9", "CX107"),
        ("ftp://x", "CL113"),
        ("http://a:b@127.0.0.1:9", "CL113"),
        ("nobody", "CX103"),
    ],
)
def test_an_address_where_nobody_answers_is_said(tmp_path: Path, url: str, code: str) -> None:
    found = asked(url, "get", here=tmp_path)
    assert (found.returncode, code in found.stderr) == (1, True), found.stderr


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers, and is no coordinator."""

    body, kind = b"<html>", "text/html"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", self.kind)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@contextmanager
def answering(handler: type[Stranger]) -> Iterator[int]:
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html", b"<html>"),
        ("application/json", b"{"),
        ("application/json", b'{"$": "Nobody"}'),
        ("application/json", b'{"$": "Planned", "plan": 1}'),
        ("application/json", b'[{"$": "Key"}, 1]'),
    ],
)
def test_what_answers_and_is_no_coordinator_is_said(tmp_path: Path, kind: str, body: bytes) -> None:
    handler = type("Other", (Stranger,), {"kind": kind, "body": body})
    with answering(handler) as port:
        found = asked(f"http://127.0.0.1:{port}", "get", here=tmp_path)
        assert (found.returncode, "CX106" in found.stderr) == (1, True), found.stderr
        tls = asked(f"https://127.0.0.1:{port}", "get", here=tmp_path)
        assert (tls.returncode, "CX108" in tls.stderr) == (1, True), tls.stderr
