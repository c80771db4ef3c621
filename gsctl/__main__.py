"""The entry: `gsctl`, `python -m gsctl`. Keeps the way to `gsctl version` free of heavy imports."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

_VERSION_QUESTIONS = (["version"], ["--version"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code (docs/exit-codes.md)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in _VERSION_QUESTIONS:
        from gsctl.version import line

        print(line())  # noqa: T201  data on stdout
        return 0
    # Documents and what is observed stay until the end: looking for garbage among them again and
    # again took a quarter of a plan of 10,000 things, and found none.
    gc.set_threshold(50_000, 20, 100)
    from gsctl.cli import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())
