"""What was read is left alone by the garbage collector until there may be much garbage among it."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from reconciler.source import collection
from reconciler.source.directory import ReadRequest, read_directory


class Circle:
    def __init__(self) -> None:
        self.itself = self


def read(folder: Path) -> None:
    read_directory(ReadRequest(folder, "default"), {})


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever other tests left is looked for by the first reading."""
    monkeypatch.setattr(collection, "_left", 0)


def test_garbage_of_readings_is_collected_when_it_may_be_much(tmp_path: Path) -> None:
    circles = [Circle()]
    seen = weakref.ref(circles[0])
    read(tmp_path)
    many = gc.get_freeze_count()
    circles += [Circle() for _ in range(many // 2)]
    read(tmp_path)
    circles.clear()
    gc.collect()
    assert seen() is not None, "nothing is looked for among what was read"
    read(tmp_path)
    assert seen() is None
    assert gc.get_freeze_count() < many * 1.25
    assert gc.isenabled()


def test_a_little_garbage_is_left_where_it_is(tmp_path: Path) -> None:
    for _ in range(2):
        read(tmp_path)
    circle = Circle()
    seen = weakref.ref(circle)
    read(tmp_path)
    del circle
    for _ in range(3):
        read(tmp_path)
    assert seen() is not None, "a look takes as long as a small reading"
