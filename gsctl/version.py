"""Which gsctl this is."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version


def number() -> str:
    """The version of the installed distribution."""
    try:
        return version("gsctl")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "0+unknown"


def line() -> str:
    """What `gsctl version` prints."""
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"gsctl {number()} (Python {python})"
