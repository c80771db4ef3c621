"""What all tests share: output that does not depend on who runs them, and a real engine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Thousands of processes are started: each compiled all that it imports where this is set.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("default", deadline=None, print_blob=True)
# Where nobody can look for a seed a failure must be of the change: the same examples each time.
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Where engines come from, and which ports are ours: not what is said.
_KEPT = ("GSCTL_RUNTIMES", "GSCTL_WHEELS", "GSCTL_PORTS")


def own_ports() -> str:
    """A server that a test killed leaves its port free, and no test beside it may take that."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    each = 400 // workers
    return f"{17600 + number * each}-{17600 + (number + 1) * each - 1}"


os.environ["GSCTL_PORTS"] = own_ports()

LONGEST = Path(__file__).with_name("longest.txt")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: one that came last would leave all cores but one idle."""
    places = {name: place for place, name in enumerate(LONGEST.read_text().split())}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the caller's environment changes what gsctl does or how it looks."""
    for name in list(os.environ):
        ours = name.startswith("GSCTL_") and name not in _KEPT
        if ours or name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM_PROGRAM"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")
    # Nobody's context, and none that stays.
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture(scope="session")
def neug_python() -> Path:
    """The interpreter of a real NeuG, installed at the first use and kept for all later runs."""
    return _python("neug", "0.3.0")


@pytest.fixture(scope="session")
def ladybug_python() -> Path:
    """The same of a real Ladybug."""
    return _python("ladybug", "0.22.0")


def _python(engine: str, version: str) -> Path:
    from reconciler import runtimes

    try:
        return runtimes.ensure(engine, version, f"{engine}=={version}", print).python
    except runtimes.RuntimeUnavailable as error:
        pytest.skip(f"no real {engine}: {error} ({error.hint})")
