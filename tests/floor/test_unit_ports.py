"""Ports follow from names, and are never somebody else's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from floor_units import OWNER, always, mark, python, sleeper

from reconciler.contracts import UnitFailed
from reconciler.model.unit import UnitSpec
from reconciler.root import Root
from reconciler.substrates import ports
from reconciler.substrates.claims import Claims
from reconciler.substrates.local import LocalSubstrate


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ports.VARIABLE)


def test_the_port_of_a_name_is_the_same_each_time_and_another_root_gets_another_seed(
    root: Root, local: LocalSubstrate
) -> None:
    first = local.free_port("modern", None, frozenset())
    assert 17600 <= first < 18000
    assert LocalSubstrate(root, OWNER).free_port("modern", None, frozenset()) == first
    seeds = {
        LocalSubstrate(replace(root, path=root.path / str(n)), OWNER).free_port(
            "x", None, frozenset()
        )
        for n in range(10)
    }
    assert len(seeds) > 1
    names = {local.free_port(f"g{n}", None, frozenset()) for n in range(10)}
    assert len(names) > 1


def test_a_port_that_is_taken_or_in_use_is_passed_over(local: LocalSubstrate) -> None:
    first = local.free_port("modern", None, frozenset())
    assert local.free_port("modern", None, frozenset({first})) != first
    with socket.create_server(("0.0.0.0", first)):
        second = local.free_port("modern", None, frozenset())
        assert second != first
        with pytest.raises(UnitFailed, match=rf"{first} is in use by .*\(process {os.getpid()}\)"):
            local.free_port("modern", first, frozenset())
    assert local.free_port("modern", first, frozenset()) == first


def test_a_preferred_port_of_another_unit_is_refused(local: LocalSubstrate) -> None:
    with pytest.raises(UnitFailed, match="another unit"):
        local.free_port("modern", 17600, frozenset({17600}))


def test_no_free_port_is_said(local: LocalSubstrate) -> None:
    with pytest.raises(UnitFailed, match="no port from 17600 to 17999"):
        local.free_port("modern", None, frozenset(range(17600, 18000)))


def test_a_port_at_which_another_answers_is_not_the_unit_s(
    root: Root, local: LocalSubstrate
) -> None:
    """As a server does that came too late to its port, and has not noticed yet."""
    port = local.free_port("modern", None, frozenset())
    late = replace(sleeper(root), mark=mark(root, port=port))
    with socket.create_server(("127.0.0.1", port)):
        assert ports.listens(os.getpid(), port)
        with pytest.raises(UnitFailed, match=r"was not ready within 0\.5 s"):
            local.start(late, always, 0.5)
    assert not ports.listens(os.getpid(), port)


def listener(root: Root, port: int) -> UnitSpec:
    code = (f"import socket, time\nserver = socket.create_server(('127.0.0.1', {port}))\n"
            "time.sleep(600)")  # fmt: skip
    return replace(python(root, code), mark=mark(root, port=port))


CHOOSES = """
import sys
from reconciler.contracts import UnitFailed
from reconciler.model.unit import UnitSpec
from reconciler.substrates import ports
from reconciler.substrates.claims import Claims
wanted = int(sys.argv[1]) if len(sys.argv) > 1 else None
try:
    print(ports.choose("anybody", wanted, frozenset()), flush=True)
except UnitFailed as error:
    print(error, flush=True)
sys.stdin.read()
"""


@contextmanager
def chooses(*words: str) -> Iterator[str]:
    """What another process chose, for as long as it lives."""
    command = [sys.executable, "-c", CHOOSES, *words]
    with subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as one:
        assert one.stdout
        try:
            yield one.stdout.readline().strip()
        finally:
            one.kill()


def test_of_two_that_choose_at_once_each_gets_his_own() -> None:
    with chooses() as first, chooses() as second, chooses(first) as third:
        assert first != second
        assert third == f"another gsctl is about to start a server on port {first}"
    with chooses() as again:
        assert again == first, "who died speaks for nothing"


def test_a_port_is_kept_for_the_next_unit_until_that_listens(
    root: Root, local: LocalSubstrate
) -> None:
    port = local.free_port("modern", None, frozenset())
    unit = local.start(listener(root, port), always, 30)
    with chooses(str(port)) as other:
        assert f"{port} is in use by" in other
    local.keep_port(port)
    local.stop(unit, 0)
    with chooses(str(port)) as other:
        assert other == f"another gsctl is about to start a server on port {port}"
    local.stop(local.start(listener(root, port), always, 30), 0)
    with chooses(str(port)) as other:
        assert other == str(port)


def test_a_claim_that_nobody_used_ends() -> None:
    found = Claims()
    assert found.take(18520, "one", lasts_s=0.5)
    assert found.take(18520, "one", lasts_s=0.5)
    assert found.take(18520, lasts_s=0.5)
    assert not found.take(18520, "another")
    other = Claims()
    assert not other.take(18520)
    deadline = time.monotonic() + 30
    while not other.take(18520):  # nobody asks `found` anything meanwhile
        assert time.monotonic() < deadline
    other.drop(18520)


def test_the_range_may_be_another_one(
    local: LocalSubstrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ports.VARIABLE, "18510-18511")
    assert {local.free_port(name, None, frozenset()) for name in "ab"} == {18510, 18511}


@pytest.mark.parametrize("text", ["x", "17600", "9-1", "0-10", "60000-70000", "-"])
def test_a_range_that_is_none_is_said(
    local: LocalSubstrate, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(ports.VARIABLE, text)
    with pytest.raises(UnitFailed, match=f"GSCTL_PORTS is `{text}`"):
        local.free_port("modern", None, frozenset())
