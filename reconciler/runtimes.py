"""Engines' own environments: one for each engine type, version and Python, shared by all projects.

An engine's pins (of protobuf, say) must not meet gsctl's. A runtime is made in a folder beside,
and renamed when it is whole:

    <runtimes>/<type>-<version>-py3.11/runtime.json, bin/python, …
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from reconciler.durable import Busy, locked, replace_json

FORMAT = 1
_MARK = "runtime.json"
_MAKING = ".making-"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")
_PYTHON = f"py{sys.version_info.major}.{sys.version_info.minor}"
LONGEST_S = 1800.0  # an installer that says nothing for ever is ended
_WAIT_S = 900.0  # for somebody else's download of the same runtime
_LIST_PACKAGES = """
import importlib.metadata as m, json
print(json.dumps({d.metadata["Name"]: d.version for d in m.distributions()}))
"""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime that is whole. `packages` maps names to versions."""

    type: str
    version: str
    requirement: str
    packages: Mapping[str, str]
    path: Path

    @property
    def python(self) -> Path:
        """The interpreter to run the engine with. Scripts beside it are run by `python -m`."""
        return self.path / "bin" / "python"

    def size_bytes(self) -> int:
        """What its files take on the disk. Walks all of them."""
        return sum(
            (Path(parent) / name).lstat().st_blocks * 512
            for parent, _, names in os.walk(self.path)
            for name in names
        )


class RuntimeUnavailable(RuntimeError):
    """A runtime is not there and cannot be made; `hint` says what would help."""

    def __init__(self, says: str, hint: str = "") -> None:
        super().__init__(says)
        self.hint = hint


def folder() -> Path:
    """Where runtimes lie: `$GSCTL_RUNTIMES`, or below the user's data."""
    if chosen := os.environ.get("GSCTL_RUNTIMES"):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("gsctl") / "runtimes"


def locate(type_: str, version: str) -> Runtime | None:
    """The runtime of an engine, when it is installed for the Python that gsctl runs on."""
    return _read(folder() / _name(type_, version))


def ensure(type_: str, version: str, requirement: str, report: Callable[[str], None]) -> Runtime:
    """The runtime of an engine, installed first where it is missing.

    `requirement` is what is installed, such as `neug==0.3.0`: from the package index, or with
    `$GSCTL_WHEELS` from that folder alone. `report` gets a line at the start and at the end of an
    installation; none when there is nothing to do (which costs one small file).

    Raises:
        RuntimeUnavailable: it cannot be installed, with the installer's last words.
        OSError: the folder cannot be written.
    """
    target = folder() / _name(type_, version)
    if (found := _read(target)) and found.requirement == requirement:
        return found
    if requirement.startswith("-"):
        raise RuntimeUnavailable(f"`{requirement}` names no package")
    target.parent.mkdir(parents=True, exist_ok=True)
    with _turn(target, f"{type_} {version}", report) as lock:
        if (found := _read(target)) and found.requirement == requirement:
            return found
        _clean(target)
        return _install(target, (type_, version, requirement), lock, report)


def installed() -> list[Runtime]:
    """Every whole runtime, by name."""
    try:
        paths = sorted(folder().iterdir())
    except FileNotFoundError:
        return []
    return [found for path in paths if (found := _read(path))]


def remove(type_: str, version: str) -> bool:
    """Remove a runtime; False when there was none. Raises OSError, Busy."""
    target = folder() / _name(type_, version)
    if not target.exists():
        return False
    with locked(_lock_file(target)):
        _discard(target)
        _clean(target)
    return True


@contextlib.contextmanager
def _turn(target: Path, what: str, report: Callable[[str], None]) -> Iterator[int]:
    with contextlib.ExitStack() as stack:
        try:
            lock = stack.enter_context(locked(_lock_file(target), 0.2))
        except Busy:
            report(f"{what}: another gsctl is installing it; waiting")
            try:
                lock = stack.enter_context(locked(_lock_file(target), _WAIT_S))
            except Busy as error:
                raise RuntimeUnavailable(
                    f"{what}: another gsctl has been installing it for too long"
                ) from error
        yield lock


def _install(
    target: Path, what: tuple[str, str, str], lock: int, report: Callable[[str], None]
) -> Runtime:
    type_, version, requirement = what
    started = time.monotonic()
    report(f"{type_} {version}: installing into {target}")
    making = target.with_name(f"{_MAKING}{target.name}-{secrets.token_hex(4)}")
    try:
        making.mkdir()
        for command in _commands(making, requirement):
            _run(command, making.parent, lock, f"{type_} {version}")
        packages = json.loads(
            _run([str(making / "bin/python"), "-I", "-c", _LIST_PACKAGES], making, lock, type_)
        )
        runtime = Runtime(type_, version, requirement, packages, target)
        plain = {**asdict(runtime), "format": FORMAT, "python": sys.version.split()[0]}
        plain.pop("path")
        replace_json(making / _MARK, plain)
        _discard(target)
        making.rename(target)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    report(f"{type_} {version}: installed in {time.monotonic() - started:.1f} s")
    return runtime


def _commands(making: Path, requirement: str) -> Iterator[list[str]]:
    """What makes an environment with a package in it. Its scripts survive a rename with uv only."""
    base = str(getattr(sys, "_base_executable", None) or sys.executable)
    python = str(making / "bin" / "python")
    if uv := _uv():
        quiet = [uv, "--no-progress", "--no-config"] if _wheels() else [uv, "--no-progress"]
        yield [*quiet, "venv", "--relocatable", "--allow-existing", "--no-project",
               "--python", base, str(making)]  # fmt: skip
        yield [*quiet, "pip", "install", "--python", python, *_wheels(), requirement]
    else:
        yield [base, "-m", "venv", str(making)]
        yield [python, "-m", "pip", "install", "--no-input", *_wheels(), requirement]


def _wheels() -> list[str]:
    place = os.environ.get("GSCTL_WHEELS")
    if not place:
        return []
    path = Path(place).expanduser().absolute()
    if not path.is_dir():
        raise RuntimeUnavailable(f"GSCTL_WHEELS names {path}, which is no folder")
    return ["--no-index", "--find-links", str(path)]


def _uv() -> str | None:
    try:
        import uv

        return str(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("uv")


def _run(command: list[str], cwd: Path, lock: int, what: str) -> str:
    # With the lock's descriptor: an installer that outlives us is not disturbed by the next one.
    try:
        done = subprocess.run(
            command,
            cwd=cwd,  # not the user's: a pyproject.toml there would have a say
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            # A company's own authority is known to the system, not to uv.
            env={"UV_SYSTEM_CERTS": "1", **os.environ},
            pass_fds=(lock,),
            check=False,
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired as error:
        says = f"{what} cannot be installed: it did not end within {LONGEST_S:.0f} s"
        raise RuntimeUnavailable(says, _hint(command[-1])) from error
    if done.returncode == 0:
        return done.stdout
    words = " ".join((done.stderr.strip() or done.stdout.strip()).split())
    words = words.partition("error: ")[2] or words or f"{command[0]} ended with {done.returncode}"
    raise RuntimeUnavailable(f"{what} cannot be installed: {words[-600:]}", _hint(command[-1]))


def _hint(requirement: str) -> str:
    if place := os.environ.get("GSCTL_WHEELS"):
        return f"only wheels in GSCTL_WHEELS={place} are looked at; it must hold {requirement}"
    return (
        "without a network, name a folder with its wheels in GSCTL_WHEELS "
        f"(where there is one: `pip download {requirement} -d FOLDER`)"
    )


def _read(path: Path) -> Runtime | None:
    """The runtime at `path`; None for what is not whole, or whose interpreter went away."""
    if path.name.startswith("."):
        return None
    try:
        data: Any = json.loads((path / _MARK).read_bytes())
        if data["format"] > FORMAT:
            return None
        found = Runtime(data["type"], data["version"], data["requirement"], data["packages"], path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.python.exists() else None


def _name(type_: str, version: str) -> str:
    if not _NAME.fullmatch(type_) or not _NAME.fullmatch(version):
        raise RuntimeUnavailable(f"there is no runtime of `{type_}` in version `{version}`")
    return f"{type_}-{version}-{_PYTHON}"


def _lock_file(target: Path) -> Path:
    return target.with_name(f".{target.name}.lock")


def _discard(target: Path) -> None:
    # Out of sight in one step. Processes that run from it keep what they have loaded.
    if target.exists():
        gone = target.with_name(f"{_MAKING}{target.name}-{secrets.token_hex(4)}")
        target.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def _clean(target: Path) -> None:
    """Remove what an interrupted installation left. Only with the lock: nobody makes it now."""
    for left in target.parent.glob(f"{_MAKING}{target.name}-*"):
        shutil.rmtree(left, ignore_errors=True)
