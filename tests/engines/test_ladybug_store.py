"""What a Ladybug database tells as files, and when it does not."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reconciler.engines.ladybug import store


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy as its host leaves it; what is in the database does not matter here."""
    folder = tmp_path / "copy"
    folder.mkdir()
    (folder / "graph.lbug").write_bytes(b"pages" * 10_000)
    told = {"state": store.state(folder), "schema": {"tables": []}}
    (folder / "catalog.json").write_text(json.dumps(told))
    return folder


def test_what_its_host_left_counts_until_the_database_is_written(copy: Path) -> None:
    assert store.settled(copy)
    assert store.manifest(copy) == {"tables": []}
    os.utime(copy / "graph.lbug", ns=(1, 1))
    assert not store.settled(copy)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_shortcut_is_none(copy: Path, text: str) -> None:
    (copy / "catalog.json").write_text(text)
    assert not store.settled(copy)
    assert store.manifest(copy) is None


@pytest.mark.parametrize(
    ("name", "text", "waits"),
    [
        ("graph.lbug.wal", "changes", True),
        ("graph.lbug.wal", "", False),
        ("graph.lbug.shadow", "pages", True),
        ("graph.lbug.shadow", "", True),
        ("graph.lbug.checkpoint.apply.lock", "", False),
    ],
)
def test_a_log_and_a_checkpoint_that_was_cut_short_wait_for_the_engine(
    copy: Path, name: str, text: str, waits: bool
) -> None:
    (copy / name).write_text(text)
    assert store.has_log(copy) is waits
    assert store.settled(copy) is not waits
    if waits:
        with pytest.raises(OSError, match="wait in its log"):
            store.clone(copy, copy.with_name("clone"))


def test_a_clone_is_the_same_bytes_and_another_file(copy: Path) -> None:
    clone = copy.with_name("clone")
    assert store.clone(copy, clone) == store.state(copy)
    assert (clone / "graph.lbug").read_bytes() == (copy / "graph.lbug").read_bytes()
    (clone / "graph.lbug").write_bytes(b"others")
    assert (copy / "graph.lbug").read_bytes() == b"pages" * 10_000


def test_no_database_is_no_state(tmp_path: Path) -> None:
    assert store.state(tmp_path) is None
    assert store.manifest(tmp_path) is None
    (tmp_path / "graph.lbug").touch()
    assert store.state(tmp_path) is None
