"""Ports follow from names, and are never somebody else's."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import pytest
from floor_units import OWNER, always, mark, sleeper

from reconciler.contracts import UnitFailed
from reconciler.root import Root
from reconciler.substrates import ports
from reconciler.substrates.local import LocalSubstrate


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
