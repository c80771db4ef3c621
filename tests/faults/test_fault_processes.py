"""Processes that are stopped, killed, interrupted, or that sit on a port or a database of ours."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
from collections.abc import Sequence

import pytest
from town import Holder, Running, Town, graph, said, wait_until

from reconciler.api import Api, Options
from reconciler.model.plan import Request
from reconciler.model.step import StartUnit
from reconciler.model.unit import Unit

pytestmark = pytest.mark.engine


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_stopped_engine_host_is_reported_and_not_waited_for(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2, rows=200_000)
    apply = Running(town)
    apply.until("step_started", "load Person")
    hosts = [w for w in apply.workers() if "host.py" in " ".join(w.cmdline())]
    for host in hosts:
        host.send_signal(signal.SIGSTOP)
    assert apply.ended() == 1
    assert "SIGSTOP" in apply.text
    assert any(str(host.pid) in apply.text for host in hosts)
    assert not any(host.is_running() for host in hosts), "a stopped host was left behind"
    assert town.ages("a") == [1, 1, 50, 50]
    town.people("a", age=3)
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [3, 3, 50, 50]


def test_a_stopped_server_makes_its_graph_unknown_and_the_others_go_on(town: Town) -> None:
    town.people("a")
    town.people("b")
    town.declare(graph("a"), graph("b"))
    town.applied()
    stopped = town.server("a")
    stopped.send_signal(signal.SIGSTOP)
    town.people("a", age=2)
    town.people("b", age=2)
    plan = town.gsctl("plan")
    assert plan.returncode == 1
    assert "Graph/a: its server is stopped (SIGSTOP)" in said(plan)
    assert "SIGCONT" in said(plan)
    apply = town.gsctl("apply", "-y")
    assert apply.returncode == 1
    assert town.ages("b") == [2, 2, 50, 50]
    stopped.send_signal(signal.SIGCONT)
    assert town.server("a") == stopped
    assert town.ages("a") == [1, 1, 50, 50]
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [2, 2, 50, 50]


def test_a_server_that_ends_as_it_is_asked_is_gone_and_not_unseen(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    api = Api(Options(town.path, environ={}))
    find = api.substrate.units

    def found_too_early() -> Sequence[Unit]:
        units = find()
        for server in town.servers("a"):
            server.kill()
            server.wait()
        return units

    monkeypatch.setattr(api.substrate, "units", found_too_early)
    plan = api.plan(Request()).plan
    assert not plan.problems
    assert [type(step.act) for step in plan.steps] == [StartUnit]


def test_destroy_leaves_what_it_cannot_see_and_the_folder_that_holds_it(town: Town) -> None:
    town.people("a")
    town.people("b")
    town.declare(graph("a"), graph("b"))
    town.applied()
    stopped = town.server("a")
    stopped.send_signal(signal.SIGSTOP)
    left = town.gsctl("destroy", "-y", "--allow-deletes")
    assert left.returncode == 1
    assert "Engine/main: Graph/a may lie on it, and is blocked" in said(left)
    assert town.servers("b") == []
    stopped.send_signal(signal.SIGCONT)
    assert town.ages("a") == [1, 1, 50, 50]
    gone = town.gsctl("destroy", "-y", "--allow-deletes")
    assert gone.returncode == 0, said(gone)
    assert town.servers("a") == []
    assert not town.place("a").parent.exists()


def test_a_killed_server_is_seen_and_healed_with_all_its_rows(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.client("a", "CREATE (:Person {id: 1000, name: 'by hand', age: 1})")
    port = town.pointer("a")["port"]
    town.server("a").kill()
    wait_until(lambda: not town.servers("a"), "its end")
    plan = town.gsctl("plan", "--detailed-exitcode")
    assert plan.returncode == 2
    assert "its server does not run" in said(plan)
    town.applied()
    assert town.is_settled()
    assert town.pointer("a")["port"] == port
    assert town.ages("a") == [1, 1, 51, 50]


def test_a_declared_port_that_is_taken_fails_by_name_and_the_old_server_comes_back(
    town: Town,
) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        town.people("a", age=2)
        town.declare(graph("a", spec=f"endpoint: {{port: {port}}}"))
        apply = town.gsctl("apply", "-y")
        assert apply.returncode == 1
        assert f"port {port} is in use" in said(apply)
        assert town.ages("a") == [1, 1, 50, 50]
    town.applied()
    assert town.is_settled()
    assert town.pointer("a")["port"] == port
    assert town.ages("a") == [2, 2, 50, 50]


def test_a_port_taken_at_the_first_apply_leaves_the_other_graphs_alone(town: Town) -> None:
    town.people("a")
    town.people("b")
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        town.declare(graph("a", spec=f"endpoint: {{port: {port}}}"), graph("b"))
        apply = town.gsctl("apply", "-y")
        assert apply.returncode == 1
        assert f"port {port} is in use" in said(apply)
        assert town.ages("b") == [1, 1, 50, 50]
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [1, 1, 50, 50]


def test_a_kept_port_that_a_stranger_took_is_told_and_taken_back_when_free(town: Town) -> None:
    """The stranger answers as a NeuG server does: that must not be taken for ours."""
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    port = town.pointer("a")["port"]
    town.server("a").kill()
    wait_until(lambda: not town.servers("a"), "its end")
    answer = ("from http.server import *\nclass H(BaseHTTPRequestHandler):\n def do_GET(self):\n"
              "  self.send_response(200); self.end_headers(); self.wfile.write(b'{}')\n"
              f"HTTPServer(('127.0.0.1', {port}), H).serve_forever()")  # fmt: skip
    stranger = subprocess.Popen([str(town.python), "-c", answer], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port), "the stranger")
        apply = town.gsctl("apply", "-y")
        assert apply.returncode == 1
        assert f"port {port} is in use" in said(apply)
        assert f"process {stranger.pid}" in said(apply)
    finally:
        stranger.kill()
        stranger.wait()
    town.applied()
    assert town.is_settled()
    assert town.pointer("a")["port"] == port
    assert town.ages("a") == [1, 1, 50, 50]


def test_a_kept_port_stolen_between_stop_and_start_is_told_and_nothing_is_lost(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    port = town.pointer("a")["port"]
    town.people("a", age=2)
    done, thief = threading.Event(), threading.Thread(target=lambda: steal(port, done))
    thief.start()
    try:
        apply = town.gsctl("apply", "-y")
    finally:
        done.set()
        thief.join()
    assert apply.returncode == 1
    assert "[VF101]" in said(apply)
    assert "[VF102]" in said(apply)
    assert f"port {port} is in use" in said(apply)
    assert "its rows are whole; the next apply starts its server" in said(apply)
    town.applied()
    assert town.is_settled()
    assert town.pointer("a")["port"] == port
    assert town.ages("a") == [2, 2, 50, 50]


def steal(port: int, done: threading.Event) -> None:
    """Listen on a port from the moment that it is free."""
    while not done.is_set():
        with socket.socket() as thief:
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                thief.bind(("127.0.0.1", port))
            except OSError:
                done.wait(0.001)
                continue
            thief.listen()
            done.wait()


def test_a_database_that_a_stranger_writes_to_is_unknown_and_the_rest_goes_on(
    town: Town,
) -> None:
    embedded = Town(town.path, "embedded", python=town.python)
    embedded.people("a")
    embedded.people("b")
    embedded.declare(graph("a"), graph("b"))
    embedded.applied()
    embedded.people("a", age=2)
    embedded.people("b", age=2)
    with Holder(town.python, embedded.place("a") / "current", "rw") as held:
        plan = embedded.gsctl("plan")
        assert plan.returncode == 1
        assert f"Graph/a: its database is held open by process {held.process.pid}" in said(plan)
        apply = embedded.gsctl("apply", "-y")
        assert apply.returncode == 1
        assert embedded.ages("b") == [2, 2, 50, 50]
    assert embedded.ages("a") == [1, 1, 50, 50]
    embedded.applied()
    assert embedded.is_settled()
    assert embedded.ages("a") == [2, 2, 50, 50]


def test_a_reader_of_the_database_at_the_switch_is_named_and_nothing_is_lost(town: Town) -> None:
    embedded = Town(town.path, "embedded", python=town.python)
    embedded.people("a")
    embedded.declare(graph("a"))
    embedded.applied()
    embedded.people("a", age=2)
    with Holder(town.python, embedded.place("a") / "current", "r") as held:
        apply = embedded.gsctl("apply", "-y")
        assert apply.returncode == 1
        assert f"held open by process {held.process.pid}" in said(apply)
        assert "close it there" in said(apply)
    assert embedded.ages("a") == [1, 1, 50, 50]
    embedded.applied()
    assert embedded.is_settled()
    assert embedded.ages("a") == [2, 2, 50, 50]


def test_ctrl_c_finishes_the_step_says_what_was_done_and_the_next_apply_goes_on(
    town: Town,
) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2, rows=100_000)
    apply = Running(town)
    apply.until("step_started", "load Person")
    apply.signal(signal.SIGINT)
    assert apply.ended() == 130
    assert "goes on" in apply.text
    assert "load Person" in apply.text.partition('"step_finished"')[2]
    assert town.ages("a") == [1, 1, 50, 50]
    done = Running(town)
    assert done.ended() == 0
    assert "load Person" not in done.text, "what was done is not done again"
    assert town.is_settled()
    assert town.ages("a") == [2, 2, 100_000, 100_000]
