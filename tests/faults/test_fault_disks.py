"""Disks that are full, read-only or away, and marks that were lost or damaged."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from town import Town, graph, mount, said, unmount, wait_until

pytestmark = pytest.mark.engine


def test_a_full_disk_fails_with_words_the_old_copy_serves_and_less_data_fits(town: Town) -> None:
    """The half copy that filled the disk must not stand in the way of one that fits."""
    small = replace(town, home="store/main")
    store = town.path / "store"
    store.mkdir()
    mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", str(store))
    small.people("a")
    small.declare(graph("a"))
    small.applied()
    small.people("a", age=2, rows=400_000)
    apply = small.gsctl("apply", "-y")
    assert apply.returncode == 1
    assert "Graph/a" in said(apply)
    assert "Failed to write data" in said(apply)
    assert "free" in said(apply)
    assert small.ages("a") == [1, 1, 50, 50]
    small.people("a", age=3)
    small.applied()
    assert small.is_settled()
    assert small.ages("a") == [3, 3, 50, 50]


def test_a_server_is_not_asked_for_a_checkpoint_that_its_full_disk_would_abort(town: Town) -> None:
    small = replace(town, home="store/main")
    store = town.path / "store"
    store.mkdir()
    mount("-t", "tmpfs", "-o", "size=24m", "tmpfs", str(store))
    small.people("a")
    small.declare(graph("a"))
    small.applied()
    small.client("a", "CREATE (:Person {id: 1000, name: 'by hand', age: 1})")
    server = small.server("a")
    small.declare(graph("a", properties=", city: string, size: int64"))
    small.people("a", age=1, rows=40)
    fill_up(store / "filler")
    apply = small.gsctl("apply", "-y", "--allow-deletes")
    assert apply.returncode == 1
    assert "free" in said(apply)
    assert small.server("a") == server
    assert small.ages("a") == [1, 1, 51, 50]
    (store / "filler").unlink()
    small.applied("--allow-deletes")
    assert small.is_settled()
    assert small.ages("a") == [1, 1, 40, 40]


def fill_up(file: Path) -> None:
    """Leave no room beside `file`."""
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(bytes(65_536)):
            pass


def read_only(folder: Path) -> None:
    mount("--bind", str(folder), str(folder))
    mount("-o", "remount,ro,bind", str(folder))


def test_a_root_that_cannot_be_written_is_named_and_what_serves_goes_on(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2)
    read_only(town.path / ".gsctl")
    plan = town.gsctl("plan", "--detailed-exitcode")
    assert plan.returncode == 2, said(plan)
    apply = town.gsctl("apply", "-y")
    assert apply.returncode == 1
    assert "Read-only file system" in said(apply)
    assert str(town.path / ".gsctl") in said(apply)
    assert "internal error" not in said(apply)
    assert town.ages("a") == [1, 1, 50, 50]
    unmount(town.path)
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [2, 2, 50, 50]


def test_an_engine_folder_that_cannot_be_written_fails_its_graphs_alone(town: Town) -> None:
    away = replace(town, home="store/main")
    (town.path / "store").mkdir()
    away.people("a")
    away.declare(graph("a"))
    away.applied()
    away.people("a", age=2)
    read_only(town.path / "store")
    apply = away.gsctl("apply", "-y")
    assert apply.returncode == 1
    assert "Graph/a: " in said(apply)
    assert "Read-only file system" in said(apply)
    assert away.ages("a") == [1, 1, 50, 50]
    unmount(town.path)
    away.applied()
    assert away.is_settled()
    assert away.ages("a") == [2, 2, 50, 50]


@pytest.mark.parametrize("damage", ["deleted", "damaged"])
def test_a_lost_pointer_is_restored_from_the_running_server(town: Town, damage: str) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2)
    town.applied()
    before = town.pointer("a")
    file = town.place("a") / "serving.json"
    file.unlink() if damage == "deleted" else file.write_text('{"format": 1, "uid":')
    plan = town.gsctl("plan", "--detailed-exitcode")
    assert plan.returncode == 2
    assert "its lost pointer is restored" in said(plan)
    assert "0 to destroy" in said(plan)
    town.applied()
    assert town.is_settled()
    after = town.pointer("a")
    assert (after["copy"], after["port"], after["uid"]) == (
        before["copy"],
        before["port"],
        before["uid"],
    )
    assert town.ages("a") == [2, 2, 50, 50]


def test_a_lost_pointer_is_restored_from_the_only_verified_copy(town: Town) -> None:
    embedded = replace(town, mode="embedded")
    embedded.people("a")
    embedded.declare(graph("a"))
    embedded.applied()
    (embedded.place("a") / "serving.json").unlink()
    embedded.applied()
    assert embedded.is_settled()
    assert embedded.ages("a") == [1, 1, 50, 50]


def test_with_two_verified_copies_and_no_server_a_lost_pointer_is_unknown(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2)
    town.applied()
    pointer = (town.place("a") / "serving.json").read_text()
    (town.place("a") / "serving.json").unlink()
    town.server("a").kill()
    wait_until(lambda: not town.servers("a"), "its end")
    before = sorted(p.name for p in (town.place("a") / "copies").iterdir())
    for words in (["plan"], ["apply", "-y"], ["apply", "-y", "--allow-deletes"],
                  ["destroy", "-y", "--allow-deletes"]):  # fmt: skip
        done = town.gsctl(*words)
        assert done.returncode == 1, words
        assert "no pointer says which of its copies answers" in said(done)
        assert "restore serving.json" in said(done)
    assert sorted(p.name for p in (town.place("a") / "copies").iterdir()) == before
    (town.place("a") / "serving.json").write_text(pointer)
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [2, 2, 50, 50]


def test_a_pointer_of_a_newer_gsctl_makes_its_graph_unknown_and_nothing_else(town: Town) -> None:
    town.people("a")
    town.people("b")
    town.declare(graph("a"), graph("b"))
    town.applied()
    file = town.place("a") / "serving.json"
    text = file.read_text()
    file.write_text(json.dumps({**json.loads(text), "format": 2, "new": True}))
    town.people("b", age=2)
    apply = town.gsctl("apply", "-y", "--allow-deletes")
    assert apply.returncode == 1
    assert f"Graph/a: {file.resolve()}: a newer gsctl wrote it" in said(apply)
    assert town.ages("a") == [1, 1, 50, 50]
    assert town.ages("b") == [2, 2, 50, 50]
    file.write_text(text)
    assert town.is_settled()


def test_a_damaged_database_is_unknown_and_is_not_taken_for_none(town: Town) -> None:
    """Its pointer is damaged too; at last even the link that tells its name is gone."""
    embedded = replace(town, mode="embedded")
    embedded.people("a")
    embedded.declare(graph("a"))
    embedded.applied()
    link, folder = embedded.place("a"), embedded.place("a").resolve()
    pointer, current = folder / "serving.json", folder / "current/checkpoint/CURRENT"
    whole, number = pointer.read_text(), current.read_text()
    current.write_text("99999")
    assert unknown(embedded, f"Graph/a: its database {folder / 'current'} cannot be read")
    pointer.write_text("{")
    assert unknown(embedded, f"Graph/a: its database {folder / 'current'} cannot be read")
    link.unlink()
    assert unknown(embedded, "Engine/main: a graph cannot be seen, nor what it is called")
    pointer.write_text(whole)
    current.write_text(number)
    link.symlink_to(Path(".graphs") / folder.name)
    assert embedded.is_settled()
    assert embedded.ages("a") == [1, 1, 50, 50]


def unknown(town: Town, words: str) -> bool:
    """Whether all that may be asked is answered so, with exit 1."""
    asked = (["plan"], ["apply", "-y", "--allow-deletes"], ["destroy", "-y", "--allow-deletes"])
    for done in (town.gsctl(*words) for words in asked):
        assert done.returncode == 1, done
        assert words in said(done)
    return True


def test_an_engine_gone_from_git_is_found_where_it_was_unknown_when_away_and_forgotten_when_told(
    town: Town,
) -> None:
    away = replace(town, home="store/main")
    (town.path / "store").mkdir()
    away.people("a")
    away.declare(graph("a"))
    away.applied()
    place = town.path / "store/main"
    replace(town, home=".gsctl").declare()
    (town.path / "gsctl.yaml").write_text((town.path / "gsctl.yaml").read_text().split("---")[0])
    plan = town.gsctl("plan")
    assert "2 to destroy" in said(plan)
    assert "Graph/a" in said(plan)
    (town.path / "store").rename(town.path / "unmounted")
    plan = town.gsctl("plan")
    assert plan.returncode == 1
    assert f"{place} is not there" in said(plan)
    assert "gsctl forget" in said(plan)
    (town.path / "unmounted").rename(town.path / "store")
    assert "2 to destroy" in said(town.gsctl("plan"))
    (town.path / "store").rename(town.path / "unmounted")
    forget = town.gsctl("forget", f"local:{place}")
    assert forget.returncode == 0, said(forget)
    assert town.is_settled()


def test_a_declared_engine_whose_disk_is_away_is_unknown_and_not_made_anew(town: Town) -> None:
    away = replace(town, home="store/main")
    (town.path / "store").mkdir()
    away.people("a")
    away.declare(graph("a"))
    away.applied()
    (town.path / "store").rename(town.path / "disk")
    (town.path / "store").mkdir()  # an empty mount point
    apply = away.gsctl("apply", "-y")
    assert apply.returncode == 1
    assert f"{town.path / 'store/main'} is not there" in said(apply)
    assert list((town.path / "store").iterdir()) == []
    (town.path / "store").rmdir()
    (town.path / "disk").rename(town.path / "store")
    assert away.is_settled()
    assert away.ages("a") == [1, 1, 50, 50]
