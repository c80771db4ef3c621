"""What checks rows beside a fill may not take for ever either."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from reconciler.contracts import StepFailed
from reconciler.embedded import fill as filling
from reconciler.model.key import Key


@pytest.mark.parametrize("stopped", [False, True])
def test_a_check_that_never_ends_fails_its_step(
    monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    monkeypatch.setattr(filling, "STALL_S" if stopped else "LONGEST_S", -1.0)
    monkeypatch.setattr(filling, "_BEAT_S", 0.01)
    checker = SimpleNamespace(stopped=stopped, pid=1)
    session = SimpleNamespace(checker=checker, rows_checked=(0, 0))
    graph = SimpleNamespace(key=Key("default", "Graph", "g"))
    act = SimpleNamespace(graph=graph, load=SimpleNamespace(type="Person"))
    with pytest.raises(StepFailed) as told:
        list(filling._checked(session, SimpleNamespace(act=act), Future()))
    assert told.value.problems[0].code == "LD121"
