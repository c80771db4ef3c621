"""A unit's log begins where the unit did, stays bounded, and can be followed."""

from __future__ import annotations

import pytest
from floor_units import always, python

from reconciler.contracts import UnitFailed, Written
from reconciler.root import Root
from reconciler.substrates import logfiles
from reconciler.substrates.local import LocalSubstrate


def test_each_start_begins_a_log_and_three_older_ones_are_kept(
    root: Root, local: LocalSubstrate
) -> None:
    for number in range(6):
        code = f"print('start {number}'); raise SystemExit(1)"
        with pytest.raises(UnitFailed):
            local.start(python(root, code), lambda: False, 60)
    texts = {p.name: p.read_text() for p in root.log_dir("default").iterdir()}
    assert texts == {
        "modern.log": "start 5\n",
        "modern.log.1": "start 4\n",
        "modern.log.2": "start 3\n",
        "modern.log.3": "start 2\n",
    }


def test_a_log_that_grew_too_long_begins_anew_under_a_unit_that_writes_on(
    root: Root, local: LocalSubstrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfiles, "LARGEST", 1000)
    code = "import itertools, time\nfor n in itertools.count(): print('line', n); time.sleep(0.001)"
    local.start(python(root, code), always, 10)
    log = root.log_dir("default") / "modern.log"
    while log.stat().st_size <= 1000:
        pass
    local.trim_logs()
    assert log.with_name("modern.log.1").read_text().startswith("line 0\n")
    while not (text := log.read_text()):
        pass
    assert "\0" not in text  # written on at the new end, not at the old place
    assert not text.startswith("line 0\n")


def test_the_last_lines_are_given_and_then_those_that_come(
    root: Root, local: LocalSubstrate
) -> None:
    code = "import sys\nfor n in range(10): print('old', n)\nimport time; time.sleep(600)"
    local.start(python(root, code), lambda: len(local.logs("modern", 99).lines) == 10, 30)
    found = local.logs("modern", 2)
    assert found.lines == ("old 8", "old 9")
    assert local.logs("modern", 0).lines == ()
    assert local.logs("modern", 1, found.place) == Written((), found.place)
    log = root.log_dir("default") / "modern.log"
    with log.open("a") as file:
        file.write("new 1\nnew 2\nhal")
    found = local.logs("modern", 1, found.place)
    assert found.lines == ("new 1", "new 2")
    assert local.logs("modern", 2).every == ("new 2", "hal")
    with log.open("a") as file:
        file.write("ves\n")
    assert local.logs("modern", 1, found.place).lines == ("halves",)
    log.replace(log.with_name("modern.log.1"))
    log.write_text("of the next start\n")
    assert local.logs("modern", 1, found.place).lines == ("of the next start",)


def test_what_is_asked_of_a_log_that_is_not_there_begins_with_the_first_line(
    root: Root, local: LocalSubstrate
) -> None:
    place = local.logs("modern", 5).place
    assert local.logs("modern", 5, place) == Written((), place)
    folder = root.log_dir("default")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "modern.log").write_text("first\n")
    assert local.logs("modern", 5, place).lines == ("first",)


def test_many_lines_come_in_pieces_and_none_is_lost(
    root: Root, local: LocalSubstrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfiles, "_MOST", 100)
    place = local.logs("modern", 5).place
    wanted = [f"line {number}" for number in range(50)]
    folder = root.log_dir("default")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "modern.log").write_text("".join(f"{line}\n" for line in wanted))
    came: list[str] = []
    while (found := local.logs("modern", 5, place)).lines:
        place = found.place
        came += found.lines
    assert came == wanted


@pytest.mark.parametrize("name", ["../x", "", ".x"])
def test_a_log_lies_in_its_folder(local: LocalSubstrate, name: str) -> None:
    with pytest.raises(ValueError, match="names no log"):
        local.logs(name, 1)
