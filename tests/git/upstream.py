"""Real repositories of git that tests push to, also in ways that git's own commands refuse."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}  # fmt: skip


@dataclass(frozen=True)
class Upstream:
    """A work tree, which is what others follow."""

    path: Path

    @classmethod
    def made(cls, path: Path) -> Upstream:
        path.mkdir(parents=True, exist_ok=True)
        made = cls(path)
        made.git("init", "--quiet", "--initial-branch=main")
        return made

    @property
    def url(self) -> str:
        return f"file://{self.path}"

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def git(
        self, *words: str, told: bytes = b"", config: tuple[str, ...] = (),
        dates: dict[str, str] | None = None,
    ) -> str:  # fmt: skip
        given = [word for one in config for word in ("-c", one)]
        done = subprocess.run(["git", *given, *words], cwd=self.path, input=told,
                              capture_output=True, env={**os.environ, **QUIET, **(dates or {})})  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(
        self, files: dict[str, str] | None = None, *, config: tuple[str, ...] = (),
        dates: dict[str, str] | None = None,
    ) -> str:  # fmt: skip
        """Commit the files, and all else that changed; the commit's id."""
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=x", config=config,
                 dates=dates)  # fmt: skip
        return self.head

    def commit_tree(self, *entries: tuple[str, str, str]) -> str:
        """Let the branch be one commit of these entries: mode, name, and text or object id."""
        lines = b""
        for mode, name, text in entries:
            sort = {"040000": b"tree", "160000": b"commit"}.get(mode, b"blob")
            object_ = text if sort != b"blob" else self.blob(text)
            lines += b"%s %s %s\t%s\0" % (mode.encode(), sort, object_.encode(), name.encode())
        tree = self.git("mktree", "-z", "--missing", told=lines)
        return self.commit_object(tree)

    def commit_raw(self, tree: bytes) -> str:
        """The same of a tree as bytes, which git itself would not make."""
        made = self.git("hash-object", "-t", "tree", "-w", "--stdin", "--literally", told=tree)
        return self.commit_object(made)

    def commit_object(self, tree: str) -> str:
        made = self.git("commit-tree", "-m", "x", tree)
        self.git("update-ref", "refs/heads/main", made)
        return made

    def blob(self, text: str) -> str:
        return self.git("hash-object", "-w", "--stdin", told=text.encode())
