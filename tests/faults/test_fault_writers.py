"""Several writers and readers at once, and an engine that cannot be had."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from town import Running, Town, graph, said, wait_until

from reconciler import lease as leases

pytestmark = pytest.mark.engine


@contextmanager
def stopped(apply: Running) -> Iterator[None]:
    """While gsctl and all that works for it are stopped."""
    everyone = [apply.process, *apply.workers()]
    for process in everyone:
        process.send_signal(signal.SIGSTOP)
    yield
    for process in everyone:
        process.send_signal(signal.SIGCONT)


def test_of_two_applies_one_is_refused_with_the_name_of_the_other_or_waits_for_it(
    town: Town,
) -> None:
    town.people("a", rows=20_000)
    town.declare(graph("a"))
    first = Running(town)
    first.until("step_started", "load Person")
    with stopped(first):
        refused = town.gsctl("apply", "-y")
        assert refused.returncode == 3
        assert f"process {first.process.pid}" in said(refused)
        assert "gsctl apply" in said(refused)
        assert "--wait" in said(refused)
        plan = town.gsctl("plan")
        assert "In progress by `gsctl apply` of" in said(plan)
        waiting = town.start("apply", "-y", "--wait", "60")
    assert first.ended() == 0
    talk, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, talk
    assert "No changes" in talk
    assert town.is_settled()
    assert town.ages("a") == [1, 1, 20_000, 20_000]


def test_a_killed_writer_frees_the_lease_at_once(town: Town) -> None:
    town.people("a", rows=20_000)
    town.declare(graph("a"))
    first = Running(town)
    first.until("step_started", "load Person")
    first.signal(signal.SIGKILL)
    first.ended()
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [1, 1, 20_000, 20_000]


def test_a_writer_that_slept_through_its_lease_cannot_write(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2, rows=20_000)
    sleeper = Running(town)
    sleeper.until("step_started", "load Person")
    file = town.path / ".gsctl/default/lease.json"
    with stopped(sleeper):
        wait_until(lambda: not leases.read(file).in_force(), "the lease's end")
        town.applied()
        server, pointer = town.server("a"), town.pointer("a")
    assert sleeper.ended() == 1
    assert "lease has passed on" in sleeper.text
    assert "internal error" not in sleeper.text
    assert (town.server("a"), town.pointer("a")) == (server, pointer)
    assert town.ages("a") == [2, 2, 20_000, 20_000]
    assert town.is_settled()


def test_plans_beside_an_apply_disturb_it_not_and_never_speak_of_deletes(town: Town) -> None:
    town.people("a")
    town.people("b")
    town.declare(graph("a"), graph("b"))
    town.applied()
    town.people("a", age=2, rows=30_000)
    town.people("b", age=2, rows=30_000)
    apply = town.start("apply", "-y")
    plans = 0
    while apply.poll() is None:
        plan = town.gsctl("plan", "--json")
        assert plan.returncode == 0, said(plan)
        shown = json.loads(plan.stdout)
        actions = {c["address"]: c["change"]["actions"] for c in shown["resource_changes"]}
        assert all("delete" not in action for action in actions.values()), actions
        assert set(actions) <= {"Graph/a", "Graph/b", "Load/a", "Load/b"}
        plans += 1
    talk, _ = apply.communicate()
    assert apply.returncode == 0, talk
    assert plans > 1
    assert town.is_settled()
    assert town.ages("a") == town.ages("b") == [2, 2, 30_000, 30_000]


def test_an_engine_that_cannot_be_installed_is_told_with_the_way_and_files_still_plan(
    town: Town,
) -> None:
    town.people("a")
    town.declare(graph("a"))
    empty = town.path.with_name("wheels")
    empty.mkdir()
    away = {"GSCTL_RUNTIMES": str(town.path.with_name("runtimes")), "GSCTL_WHEELS": str(empty)}
    plan = town.gsctl("plan", "--detailed-exitcode", env=away)
    assert plan.returncode == 2, said(plan)
    apply = town.gsctl("apply", "-y", env=away)
    assert apply.returncode == 1
    assert "neug 0.3.0" in said(apply)
    assert "GSCTL_WHEELS" in said(apply)
    assert "internal error" not in said(apply)
    assert not (town.path / ".gsctl/default/default/main").exists()
    town.applied()
    assert town.is_settled()
    assert town.gsctl("plan", "--detailed-exitcode", env=away).returncode == 0
    assert town.ages("a") == [1, 1, 50, 50]
