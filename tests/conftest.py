"""What all tests share: output that does not depend on who runs them, and a real engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None, print_blob=True)
# Where nobody can look for a seed a failure must be of the change: the same examples each time.
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

_KEPT = ("GSCTL_RUNTIMES", "GSCTL_WHEELS")  # where engines come from, not what is said


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the caller's environment changes what gsctl does or how it looks."""
    for name in list(os.environ):
        ours = name.startswith("GSCTL_") and name not in _KEPT
        if ours or name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM_PROGRAM"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(scope="session")
def neug_python() -> Iterator[Path]:
    """The interpreter of a real NeuG, installed at the first use and kept for all later runs."""
    from reconciler import runtimes

    try:
        yield runtimes.ensure("neug", "0.3.0", "neug==0.3.0", print).python
    except runtimes.RuntimeUnavailable as error:
        pytest.skip(f"no real NeuG: {error} ({error.hint})")
