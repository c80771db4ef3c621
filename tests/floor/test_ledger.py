"""The ledger: places are kept before anything is made there, and its loss changes nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import ledger as module
from reconciler.ledger import Ledger, Made, Run
from reconciler.model.estimate import Spent
from reconciler.model.record import NewerFormat

RUN = Run(
    1.0,
    2.5,
    "done",
    {"add": 3},
    (Spent("neug", "FillType", 1.25, 1, "Graph/g.P", "vertex", 1000, 12_000),),
    (Made("Graph/g", "rebuild", ("vertices.P.key",)),),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "default" / "ledger"


def test_reading_makes_nothing(folder: Path) -> None:
    ledger = Ledger(folder)
    assert (ledger.places(), ledger.runs(), ledger.problems()) == ((), (), ())
    assert not folder.exists()


@given(
    st.lists(
        st.tuples(st.sampled_from(["add_place", "forget"]), st.sampled_from("abcd")), max_size=8
    )
)
def test_places_are_those_added_and_not_forgotten_since(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("world") / "default" / "ledger"
    known: set[str] = set()
    for action, place in actions:
        getattr(Ledger(folder), action)(place)
        known = known | {place} if action == "add_place" else known - {place}
        assert Ledger(folder).places() == tuple(sorted(known))


def test_places_added_by_several_processes_at_once_are_all_kept(folder: Path) -> None:
    script = "import sys; from pathlib import Path; from reconciler.ledger import Ledger; [Ledger(Path(sys.argv[1])).add_place(f'{sys.argv[2]}{n}') for n in range(10)]"
    writers = [subprocess.Popen([sys.executable, "-c", script, str(folder), name]) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(Ledger(folder).places()) == 20


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="an empty file"),
        pytest.param('{"format": 1, "pla', id="half a file"),
        pytest.param("[]", id="something else"),
    ],
)
def test_a_damaged_ledger_is_lost_said_once_and_set_aside(folder: Path, text: str) -> None:
    folder.mkdir(parents=True)
    (folder / "places.json").write_text(text)
    ledger = Ledger(folder)
    assert ledger.places() == ()
    assert [(p.severity, p.code) for p in ledger.problems()] == [("warning", "LG101")]
    ledger.add_place("local:/a")
    assert ledger.places() == ("local:/a",)
    assert ledger.problems() == ()
    assert (folder / "places.damaged").read_text() == text


def test_a_ledger_of_a_newer_gsctl_is_neither_read_nor_changed(folder: Path) -> None:
    folder.mkdir(parents=True)
    text = json.dumps({"format": 2})
    (folder / "places.json").write_text(text)
    with pytest.raises(NewerFormat):
        Ledger(folder).places()
    with pytest.raises(NewerFormat):
        Ledger(folder).add_place("local:/a")
    assert (folder / "places.json").read_text() == text


def test_a_ledger_is_not_made_where_its_root_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Ledger(tmp_path / "not-mounted" / "default" / "ledger").add_place("local:/a")


def test_runs_come_back_as_they_were_recorded_oldest_first(folder: Path) -> None:
    later = Run(3.0, 4.0, "failed")
    Ledger(folder).record_run(RUN)
    Ledger(folder).record_run(later)
    assert Ledger(folder).runs() == (RUN, later)


def test_a_line_cut_short_by_a_crash_takes_no_other_with_it(folder: Path) -> None:
    Ledger(folder).record_run(RUN)
    with (folder / "runs.jsonl").open("a") as file:
        file.write('{"format": 1, "star')
    Ledger(folder).record_run(RUN)
    assert Ledger(folder).runs() == (RUN, RUN)


def test_the_history_is_bounded_and_keeps_the_newest(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RUNS_BYTES", 10_000)
    monkeypatch.setattr(module, "_RUNS_KEPT", 20)
    for number in range(200):
        Ledger(folder).record_run(Run(float(number), 0.0, "done"))
    starts = [run.started_at for run in Ledger(folder).runs()]
    assert starts == [float(n) for n in range(200 - len(starts), 200)]
    assert 20 <= len(starts) < 200
