"""What this machine has and lacks: one value a check, each by itself."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gsctl.call import Call
from gsctl.exits import Stop

if TYPE_CHECKING:
    from reconciler.api import Api

Level = Literal["ok", "warn", "fail"]
_LEAST_FREE = 1 << 30  # bytes
_SKEW_S = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `doctor`."""

    level: Level
    name: str
    says: str
    hint: str = ""


def checks(call: Call) -> Iterator[Check]:
    """All checks, in the order in which they are shown."""
    yield _python()
    yield _uv()
    yield from _engines()
    try:
        api = call.api()
    except Stop as error:
        yield Check("warn", "repository", str(error), error.problems[0].hint)
        return
    with closing(api):
        for check in (_project, _root, _disk, _clock, _lease, _ports):
            yield _safely(check, api)


def _safely(check: Callable[[Api], Check], api: Api) -> Check:
    """A check that breaks is a finding."""
    try:
        return check(api)
    except (RuntimeError, OSError, LookupError) as error:
        return Check("fail", check.__name__.strip("_"), str(error))


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Check("ok" if good else "fail", "python", version,
                 "" if good else "gsctl runs on Python 3.11 to 3.13")  # fmt: skip


def _uv() -> Check:
    try:
        import uv

        return Check("ok", "uv", str(uv.find_uv_bin()))
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found:
        return Check("ok", "uv", found)
    return Check("warn", "uv", "not found", "`pip install uv`: runtimes install much faster")


def _engines() -> Iterator[Check]:
    from reconciler import runtimes
    from reconciler.plugins import engines

    found = engines()
    for problem in found.problems:
        yield Check("fail", "plugin", problem.summary, problem.hint)
    for type_, traits in found.traits.items():
        version = traits.versions[0]
        runtime = runtimes.locate(type_, version)
        if runtime:
            yield Check("ok", f"runtime {type_}", f"{version} at {runtime.path}")
        else:
            yield Check("warn", f"runtime {type_}", f"{version} is not installed",
                        f"`gsctl runtime install {type_}`, or the first apply does it")  # fmt: skip


def _project(api: Api) -> Check:
    from reconciler.model.problem import errors

    bad = errors(api.desired.problems)
    if api.desired.project is None:
        return Check("fail", "project", bad[0].summary, bad[0].hint)
    if bad:
        return Check("warn", "project", f"{len(bad)} errors in the documents", "`gsctl validate`")
    return Check("ok", "project", str(api.project.owner))


def _root(api: Api) -> Check:
    root = api.root
    parent = root.path if root.id else _nearest(root.path)
    try:
        with tempfile.TemporaryFile(dir=parent):
            says = str(root.path) if root.id else f"{root.path} (made by the first apply)"
            return Check("ok", "root", says)
    except OSError as error:
        return Check("fail", "root", f"{parent} cannot be written: {error}", "--root names another")


def _nearest(path: Path) -> Path:
    """The folder itself, or the nearest above it that is there."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _disk(api: Api) -> Check:
    from reconciler.model.units import show_bytes

    free = shutil.disk_usage(_nearest(api.root.path)).free
    good = free >= _LEAST_FREE
    return Check("ok" if good else "warn", "disk", f"{show_bytes(free)} free",
                 "" if good else "a copy of a graph is made before the old one goes")  # fmt: skip


def _clock(api: Api) -> Check:
    """The disk's clock beside ours: leases and kept copies are judged by time."""
    with tempfile.NamedTemporaryFile(dir=_nearest(api.root.path)) as file:
        skew = abs(Path(file.name).stat().st_mtime - time.time())
    good = skew < _SKEW_S
    return Check("ok" if good else "warn", "clock", f"{skew:.1f} s from the disk's",
                 "" if good else "set both by NTP")  # fmt: skip


def _lease(api: Api) -> Check:
    from reconciler import lease

    state = lease.read(api.root.lease_file(api.options.environment))
    if state and state.in_force():
        return Check("warn", "lease", f"held by {state.holder}", "apply waits with --wait")
    return Check("ok", "lease", "free")


def _ports(api: Api) -> Check:
    port = api.substrate.free_port("doctor", None, frozenset())
    return Check("ok", "ports", f"{port} is free")
