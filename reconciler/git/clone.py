"""A bare, shallow clone of one branch: fetched into, asked for commits, never worked in.

repository/         what git keeps; may vanish, and is fetched again
trees/<commit>…     revisions laid out, each beside a lock that its users share
lock                one process at a time fetches

Codes: GI104 not reached, GI105 no such branch, tag or commit, GI106 rewritten, GI107 not signed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from reconciler.durable import Busy, locked
from reconciler.git.address import Address, is_commit
from reconciler.git.program import LONGEST_S, Git
from reconciler.git.trouble import Trouble

_TIP = "refs/gsctl/tip"
_LATEST = 253_402_300_800  # the year 10000: whoever makes a commit writes what he likes
_MISSING = ("couldn't find remote ref", "not our ref")  # git's words for it, in LC_ALL=C


class Clone:
    """The clone of an address's repository and ref: those who follow the same share it."""

    def __init__(self, folder: Path, address: Address) -> None:
        """`folder` is where all clones lie; nothing is made yet."""
        assert address.remote, "folders are not cloned"
        which = f"{address.remote.url} {address.ref or 'HEAD'}"
        self.folder = folder / sha256(which.encode()).hexdigest()[:16]
        self.git = Git(self.folder / "repository", address.remote)
        self._address = address

    @property
    def name(self) -> str:
        """For people."""
        assert self._address.remote
        return self._address.remote.name

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the one who fetches and lays out. Raises Trouble."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.folder / "lock", LONGEST_S):
                yield
        except (Busy, OSError) as error:
            raise Trouble("GI104", f"{self.name}: {error}") from error

    def fetch(self) -> str:
        """The id of the commit that the ref names now. Within `turn`. Raises Trouble."""
        if self.read(_TIP) is None:
            return self._fetch("--depth=1")
        return self._fetch()  # with all that came since: it tells whether the old one is among it

    def read(self, name: str) -> str | None:
        """The commit that one of our own names stands for."""
        self._make()
        found = self.git.run("for-each-ref", "--format=%(objectname)", name).decode().strip()
        return found or None

    def write(self, name: str, commit: str) -> None:
        """Let one of our own names stand for a commit, and keep that from being cleaned away."""
        self.git.run("update-ref", name, commit)

    def follows(self, new: str, old: str) -> bool:
        """Whether `old` is among the ancestors of `new`."""
        if new == old:
            return True
        found = self.git.run("rev-list", "--max-count=1", old, f"^{new}")
        return not found.strip()

    def made_at(self, commit: str) -> float | None:
        """When a commit was made, in UTC seconds; None for what no calendar has. Raises Trouble."""
        told = self.git.run("rev-list", "--max-count=1", "--timestamp", commit).split()[0]
        return float(told) if int(told) < _LATEST else None

    def check_signature(self, commit: str, signers: Path) -> None:
        """Raises Trouble (GI107) unless one of `signers`, a file as ssh has it, signed it."""
        try:
            self.git.run("verify-commit", commit,
                         config={"gpg.ssh.allowedSignersFile": str(signers)})  # fmt: skip
        except Trouble as trouble:
            says = f"{self.name}: commit {commit[:12]} is not signed by one who may"
            hint = f"who may stands in {signers}"
            raise Trouble("GI107", says, hint) from trouble

    def tidy(self) -> None:
        """Let git join what it fetched piece by piece, when that became many."""
        self.git.run("gc", "--auto", "--quiet", config={"gc.autoPackLimit": "50"})

    def _make(self) -> None:
        repository = self.folder / "repository"
        if not (repository / "HEAD").is_file():
            self.git.run("init", "--quiet", "--bare", "--template=")
        for left in (*repository.glob("*.lock"), *repository.glob("refs/**/*.lock")):
            if time.time() - left.stat().st_mtime > 2 * LONGEST_S:  # of one that was killed
                left.unlink(missing_ok=True)

    def _fetch(self, *words: str) -> str:
        for name in self._names():
            config = {"remote.origin.fetch": f"+{name}:{_TIP}"}
            try:
                self.git.run("fetch", "--quiet", "--no-auto-maintenance", "--no-write-fetch-head",
                             *words, "origin", config=config)  # fmt: skip
            except Trouble as trouble:
                if not any(words in str(trouble) for words in _MISSING):
                    raise
                continue
            return self.git.run("rev-parse", "--verify", f"{_TIP}^{{commit}}").decode().strip()
        what = f"`{self._address.ref}`" if self._address.ref else "a branch of its own"
        raise Trouble("GI105", f"{self.name} has no {what} any more, or never had it",
                      "a branch, a tag, or the whole id of a commit")  # fmt: skip

    def _names(self) -> tuple[str, ...]:
        """What the ref may be called there: a branch before a tag of the same name."""
        ref = self._address.ref
        if ref is None:
            return ("HEAD",)
        if is_commit(ref) or ref.startswith("refs/"):
            return (ref,)
        return (f"refs/heads/{ref}", f"refs/tags/{ref}")
