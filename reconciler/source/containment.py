"""Keeps what YAML names inside the folders that a person chose on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path

from reconciler.model.problem import Problem


def contained(named: str, base: Path, roots: Iterable[Path]) -> Path | None:
    """The real path of `named`, seen from `base`, when it lies in or below one of `roots`.

    Links are followed before judging, so neither `..` nor a link leads out. It need not exist.
    """
    if "\0" in named:
        return None
    real = os.path.realpath(base / named)
    return Path(real) if any(is_below(real, root) for root in roots) else None


def is_below(path: str | Path, root: str | Path) -> bool:
    """Whether `path`, links followed, is `root` or lies below it."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def resolve_data_file(
    named: str, base_dir: Path, repo_root: Path, data_roots: Iterable[Path] = ()
) -> Path | Problem:
    """The real path of a data file that a document in `base_dir` names.

    It lies in the repository, or below a data root, which may be named by its absolute path. Of a
    pattern the folder is judged, and everything that it matches now. It need not exist.
    """
    roots = (repo_root, *data_roots)
    if Path(named).is_absolute():
        found = contained(named, base_dir, data_roots)
        reason = "is an absolute path that lies below no data root"
    else:
        found = contained(named, base_dir, roots)
        reason = "leads out of the repository"
    if found is None:
        hint = "name it from the folder of this file, or allow its folder with --data-root"
        return Problem("error", f"`{named}` {reason}", "LD106", hint=hint)
    if has_magic(named):
        for match in glob(named, root_dir=base_dir, recursive=True):  # noqa: PTH207 -- ** as loads read it
            if not any(is_below(base_dir / match, root) for root in roots):
                says = f"`{named}` matches {Path(match).name}, which leads out of the repository"
                return Problem("error", says, "LD106", hint="remove the link")
    return found
