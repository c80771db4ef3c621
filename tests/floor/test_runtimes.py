"""A runtime is whole or not there, made once, and kept apart from gsctl's own packages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from reconciler import runtimes
from reconciler.runtimes import RuntimeUnavailable, ensure, installed, locate, remove

_ENSURE = "import sys; from reconciler.runtimes import ensure; print(ensure(*sys.argv[1:], lambda line: print('says', line, flush=True)).python)"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GSCTL_RUNTIMES", str(tmp_path / "runtimes"))
    return tmp_path / "runtimes"


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with wheels of `toy` 1.0 and 2.0, and nothing else to install from."""
    place = tmp_path / "wheels"
    place.mkdir()
    for version in ("1.0", "2.0"):
        _wheel(place, version)
    monkeypatch.setenv("GSCTL_WHEELS", str(place))
    return place


def _wheel(place: Path, version: str) -> None:
    info = f"toy-{version}.dist-info"
    files = {
        "toy.py": f"version = {version!r}\ndef main(): print(version)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: toy\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\ntoy = toy:main\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(place / f"toy-{version}-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)


def _says(python: Path) -> str:
    code = "import toy; print(toy.version)"
    return subprocess.run([python, "-c", code], capture_output=True, text=True).stdout.strip()


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


@pytest.mark.usefixtures("wheels")
def test_a_runtime_is_made_from_a_folder_of_wheels_and_runs_after_its_rename(folder: Path) -> None:
    assert locate("toy", "1.0") is None
    lines: list[str] = []
    made = ensure("toy", "1.0", "toy==1.0", lines.append)
    assert _says(made.python) == "1.0"
    assert made.path == folder / f"toy-1.0-py3.{sys.version_info.minor}"
    assert lines[0] == f"toy 1.0: installing into {made.path}"
    assert lines[1].startswith("toy 1.0: installed in ")
    assert dict(made.packages) == {"toy": "1.0"}
    assert subprocess.run([made.path / "bin/toy"], capture_output=True).stdout == b"1.0\n"
    assert made.size_bytes() > 0
    assert _left(folder) == [made.path.name]


@pytest.mark.usefixtures("wheels")
def test_a_second_request_installs_nothing_and_says_nothing() -> None:
    made = ensure("toy", "1.0", "toy==1.0", print)
    before = (made.path / "runtime.json").stat().st_ino
    lines: list[str] = []
    assert ensure("toy", "1.0", "toy==1.0", lines.append) == made == locate("toy", "1.0")
    assert lines == []
    assert (made.path / "runtime.json").stat().st_ino == before


@pytest.mark.usefixtures("wheels")
def test_versions_live_beside_each_other_and_are_removed_one_by_one(folder: Path) -> None:
    for version in ("2.0", "1.0"):
        ensure("toy", version, f"toy=={version}", print)
    assert [found.version for found in installed()] == ["1.0", "2.0"]
    assert remove("toy", "1.0")
    assert not remove("toy", "1.0")
    assert [found.version for found in installed()] == ["2.0"]
    assert len(_left(folder)) == 1


@pytest.mark.usefixtures("wheels")
def test_another_requirement_makes_the_runtime_anew() -> None:
    ensure("toy", "1.0", "toy==1.0", print)
    assert _says(ensure("toy", "1.0", "toy==2.0", print).python) == "2.0"


@pytest.mark.usefixtures("wheels")
def test_a_runtime_whose_interpreter_went_away_is_made_anew() -> None:
    made = ensure("toy", "1.0", "toy==1.0", print)
    made.python.unlink()
    made.python.symlink_to("/no/such/python")
    assert (locate("toy", "1.0"), installed()) == (None, [])
    assert _says(ensure("toy", "1.0", "toy==1.0", print).python) == "1.0"


@pytest.mark.usefixtures("wheels")
def test_an_installation_that_was_killed_leaves_no_runtime_and_is_cleaned_up(folder: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", _ENSURE, "toy", "1.0", "toy==1.0"])
    while not (folder.is_dir() and list(folder.glob(".making-*"))):
        assert killed.poll() is None
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert (locate("toy", "1.0"), installed()) == (None, [])
    made = ensure("toy", "1.0", "toy==1.0", print)
    assert _left(folder) == [made.path.name]


@pytest.mark.usefixtures("wheels")
def test_an_installer_that_outlives_its_killed_parent_keeps_its_turn(folder: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", _ENSURE, "toy", "1.0", "toy==1.0"])
    while not (installers := _children(killed.pid, "uv")):
        assert killed.poll() is None
    os.kill(installers[0], signal.SIGSTOP)
    killed.kill()
    killed.wait()
    command = [sys.executable, "-c", _ENSURE, "toy", "1.0", "toy==1.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
        assert waiting.stdout is not None
        first = waiting.stdout.readline()
        os.kill(installers[0], signal.SIGCONT)
        assert first == "says toy 1.0: another gsctl is installing it; waiting\n"
        assert "says toy 1.0: installed in" in waiting.stdout.read()


def _children(pid: int, name: str) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(n) for n in found if Path(f"/proc/{n}/comm").read_text().strip() == name]
    except OSError:
        return []


@pytest.mark.usefixtures("wheels")
def test_two_processes_at_once_install_it_once() -> None:
    command = [sys.executable, "-c", _ENSURE, "toy", "1.0", "toy==1.0"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = "".join(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert said.count("installing into") == 1


@pytest.mark.usefixtures("wheels")
def test_what_is_not_in_the_folder_of_wheels_is_unavailable(folder: Path, wheels: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match=r"toy 3\.0 cannot be installed") as refused:
        ensure("toy", "3.0", "toy==3.0", print)
    assert str(wheels) in refused.value.hint
    assert _left(folder) == []


def test_without_a_network_it_is_said_what_would_help(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GSCTL_WHEELS", raising=False)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(RuntimeUnavailable, match=r"toy 1\.0 cannot be installed") as refused:
        ensure("toy", "1.0", "toy==1.0", print)
    assert "GSCTL_WHEELS" in refused.value.hint
    assert "toy==1.0" in refused.value.hint
    assert _left(folder) == []


def test_wheels_in_a_folder_that_is_not_there_are_unavailable(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GSCTL_WHEELS", str(tmp_path / "none"))
    with pytest.raises(RuntimeUnavailable, match="no folder"):
        ensure("toy", "1.0", "toy==1.0", print)
    assert _left(folder) == []


@pytest.mark.parametrize("version", ["../1.0", "", "-r", "1.0 --index-url x"])
def test_a_version_that_is_none_makes_no_path(version: str) -> None:
    with pytest.raises(RuntimeUnavailable, match="no runtime"):
        locate("toy", version)


def test_a_requirement_that_is_an_option_is_refused() -> None:
    with pytest.raises(RuntimeUnavailable, match="names no package"):
        ensure("toy", "1.0", "--index-url=http://x", print)


@pytest.mark.usefixtures("wheels")
def test_without_uv_pip_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "_uv", lambda: None)
    assert _says(ensure("toy", "1.0", "toy==1.0", print).python) == "1.0"


@pytest.mark.engine
def test_neug_is_installed_from_the_index_and_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GSCTL_WHEELS", raising=False)
    try:
        made = ensure("neug", "0.3.0", "neug==0.3.0", print)
    except RuntimeUnavailable as error:
        pytest.skip(f"no real NeuG: {error}")
    code = "import neug; print(neug.Database('').version)"
    done = subprocess.run([made.python, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == made.packages["neug"] == "0.3.0"
    lines: list[str] = []
    ensure("neug", "0.3.0", "neug==0.3.0", lines.append)
    assert lines == []


@pytest.mark.engine
def test_tests_share_one_real_engine(neug_python: Path) -> None:
    done = subprocess.run([neug_python, "-c", "import neug"], capture_output=True)
    assert done.returncode == 0


@pytest.mark.usefixtures("wheels")
def test_an_installer_that_never_ends_is_ended(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry that keeps a line open and says nothing."""
    stuck = tmp_path / "bin/uv"
    stuck.parent.mkdir()
    stuck.write_text("#!/bin/sh\nexec sleep 600\n")
    stuck.chmod(0o755)
    monkeypatch.setattr(runtimes, "LONGEST_S", 0.2)
    monkeypatch.setattr(runtimes, "_uv", lambda: str(stuck))
    with pytest.raises(RuntimeUnavailable, match="did not end within"):
        ensure("toy", "1.0", "toy==1.0", lambda _: None)
    assert _left(folder) == []
