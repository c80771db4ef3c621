"""What is said where there is nothing to do, or nothing there."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["rollback", "unhold"])
def test_a_graph_that_is_not_there_shows_no_plan(here, command: str) -> None:
    here("init")
    yes = ["-y"] if command == "rollback" else []
    ran = here(command, "Graph/none", *yes)
    assert ran.code == 1
    assert ran.out == ""
    assert "Graph/none: no such thing, declared or live [RF104]" in ran.err


def test_nothing_is_imported_where_nothing_lives(here) -> None:
    here("init")
    ran = here("import", "--all", "--out", "out")
    assert ran.code == 1
    assert "nothing lives here: there is nothing to import [RF104]" in ran.err
    assert not (here.home / "out").exists()
