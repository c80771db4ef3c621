"""A repository as it was: another folder, or a revision of git laid out in one.

Only what the reader may want is laid out: YAML and what git ignores. No data file is.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler.model.problem import Problem
from reconciler.source.files import PROJECT_FILE, SUFFIXES

_LINK = "120000"
_LONGEST_S = 60


class NoRevision(RuntimeError):
    """The base cannot be found; `problem` says why."""

    def __init__(self, says: str, hint: str = "") -> None:
        super().__init__(says)
        self.problem = Problem("error", says, "GI101", hint=hint)


@contextmanager
def earlier(directory: Path, base: str) -> Iterator[Path]:
    """The folder of `base`: one with a gsctl.yaml, else a revision of git that `directory` is in.

    A revision in which the folder was not there yet is an empty one.

    Raises:
        NoRevision: it is neither, or git is not there.
    """
    if not base:  # in CI a variable that is not set: never the folder itself
        raise NoRevision("the name of the base is empty")
    folder = directory / base
    if (folder / PROJECT_FILE).is_file():
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="gsctl-base-") as made:
        _lay_out(directory, base, Path(made))
        yield Path(made)


def _lay_out(directory: Path, base: str, into: Path) -> None:
    asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")
    commit = _git(directory, asked, base).decode().strip()
    listed = _git(directory, ("ls-tree", "-r", "-z", commit), base).decode(
        "utf-8", "surrogateescape"
    )
    wanted: list[tuple[str, str, Path]] = []
    for entry in filter(None, listed.split("\0")):
        facts, _, name = entry.partition("\t")
        mode, sort, blob = facts.split(" ")
        if sort == "blob" and (name.endswith(SUFFIXES) or Path(name).name == ".gitignore"):
            wanted.append((mode, blob, into / name))
    told = "".join(f"{blob}\n" for _, blob, _ in wanted).encode()
    contents, at = _git(directory, ("cat-file", "--batch"), base, told), 0
    for mode, _, path in wanted:
        begun = contents.index(b"\n", at) + 1  # after `blob-id blob size`
        at = begun + int(contents[at:begun].split(b" ")[2])
        _write(path, contents[begun:at], link=mode == _LINK)
        at += 1


def _write(path: Path, content: bytes, *, link: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if link:
        path.symlink_to(os.fsdecode(content))
    else:
        path.write_bytes(content)


def _git(directory: Path, words: Sequence[str], base: str, told: bytes = b"") -> bytes:
    command = ["git", "-C", str(directory), *words]
    try:
        done = subprocess.run(command, input=told, capture_output=True, check=False,
                              timeout=_LONGEST_S)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRevision(f"git does not answer: {error}") from error
    if done.returncode:
        says = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise NoRevision(f"there is no `{base}` to compare with" + (f": {says}" if says else ""),
                         "name a revision of git (a shallow clone has few), or a folder with a "
                         f"{PROJECT_FILE}")  # fmt: skip
    return done.stdout
