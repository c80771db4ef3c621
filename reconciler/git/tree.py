"""Lays a commit out in a folder of its own, whole or not at all.

Nothing of it is run, filtered or followed: blobs become files that nobody may write, and a link
that leads out, or a name that is a trap, spoils the commit. Submodules are left out.

Codes: GI108 what is too large, or a trap, GI109 no gsctl.yaml there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from reconciler.git.address import Address
from reconciler.git.clone import Clone
from reconciler.git.trouble import Trouble

FILES, TREE_BYTES, LINK_BYTES = 100_000, 4 << 30, 4096
_UNUSED_S = 3600.0  # a tree that nobody used for so long is removed
_CHUNK = 1 << 20
_YAML = (".yaml", ".yml")
_FILE, _PROGRAM, _LINK, _SUBMODULE = "100644", "100755", "120000", "160000"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A blob of a commit. `name` is relative to what is laid out."""

    mode: str
    blob: str
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Tree:
    """A revision, laid out; it stays for as long as `hold` is open. `made_at` in UTC seconds."""

    commit: str
    made_at: float | None
    path: Path
    hold: int  # a file descriptor with a shared lock

    def release(self) -> None:
        """It is not read any more."""
        os.close(self.hold)


def lay_out(clone: Clone, commit: str, address: Address) -> Tree:
    """The folder of an address's path in a commit. Within the clone's turn. Raises Trouble.

    Made once, and used again by whoever follows the same. A link or a name that leads out of it
    spoils it as a whole; so does it when nothing of ours can be in it.
    """
    path = address.path
    entries, made_at = tuple(_entries(clone, commit, path)), clone.made_at(commit)
    _look_for_documents(clone, commit, address, entries)
    _judge(clone, commit, entries)
    trees = clone.folder / "trees"
    trees.mkdir(mode=0o700, exist_ok=True)
    below = f"-{sha256(path.encode()).hexdigest()[:8]}" if path else ""
    target = trees / f"{commit}{below}"
    hold = _held(target)
    try:
        if not _is_whole(target, entries):
            _make(clone, entries, target)
    except BaseException:
        os.close(hold)
        raise
    _remove_unused(trees)
    return Tree(commit, made_at, target, hold)


def _entries(clone: Clone, commit: str, path: str) -> Iterator[_Entry]:
    """What lies below `path`. Raises Trouble for names that no repository has in good faith."""
    prefix = f"{path}/" if path else ""
    listed = clone.git.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
    for line in listed.split(b"\0"):
        facts, _, raw = line.partition(b"\t")
        if not raw or not raw.startswith(prefix.encode()):
            continue
        mode, _, blob, size = facts.decode("ascii").split()
        try:
            name = raw.decode("utf-8")[len(prefix) :]
        except UnicodeDecodeError:
            raise _trap(clone, commit, repr(raw), "is no UTF-8") from None
        if mode != _SUBMODULE:
            yield _Entry(mode, blob, int(size), name)


def _look_for_documents(
    clone: Clone, commit: str, address: Address, entries: tuple[_Entry, ...]
) -> None:
    """A tree that was emptied, or a path that is no more, is never a wish to delete everything."""
    names = [entry.name for entry in entries]
    wanted = "gsctl.yaml" if address.tenant is None else "YAML"
    if "gsctl.yaml" in names or (address.tenant and any(n.endswith(_YAML) for n in names)):
        return
    where = f" in {address.path}" if address.path else ""
    raise Trouble("GI109", f"{clone.name}: there is no {wanted}{where} in commit {commit[:12]}",
                  "`//PATH` names the folder of a repository that it is in")  # fmt: skip


def _judge(clone: Clone, commit: str, entries: tuple[_Entry, ...]) -> None:
    total = sum(entry.size for entry in entries)
    if len(entries) > FILES or total > TREE_BYTES:
        says = f"{clone.name}: commit {commit[:12]} has {len(entries):,} files, {total:,} bytes"
        raise Trouble("GI108", says, f"at most {FILES:,} files and {TREE_BYTES >> 30} GiB")
    for entry in entries:
        parts = entry.name.split("/")
        if any(p in ("", ".", "..") or p.lower() == ".git" or len(p) > 255 for p in parts):
            raise _trap(clone, commit, entry.name, "is no name of a file")
        if entry.mode not in (_FILE, _PROGRAM, _LINK):
            raise _trap(clone, commit, entry.name, f"is of the sort {entry.mode}")
        if entry.mode == _LINK and entry.size > LINK_BYTES:
            raise _trap(clone, commit, entry.name, "is a link that leads nowhere")
    folders = {above for entry in entries for above in _above(entry.name)}
    names = [entry.name for entry in entries]
    if twice := folders.intersection(names) or {
        n for n, many in Counter(names).items() if many > 1
    }:
        raise _trap(clone, commit, min(twice), "is there twice")


def _above(name: str) -> Iterator[str]:
    """The folders that a file lies in."""
    parts = name.split("/")[:-1]
    return ("/".join(parts[: length + 1]) for length in range(len(parts)))


def _is_whole(target: Path, entries: tuple[_Entry, ...]) -> bool:
    """Whether it is there with every size: the power may have failed after it was made."""
    try:
        return all((target / entry.name).lstat().st_size == entry.size for entry in entries)
    except OSError:
        return False


def _make(clone: Clone, entries: tuple[_Entry, ...], target: Path) -> None:
    making = target.with_name(f".{target.name}")
    for old in (making, target):
        shutil.rmtree(old, ignore_errors=True)
    try:
        making.mkdir(mode=0o700)
        with clone.git.started("cat-file", "--batch") as process:
            links = [e for e in entries if e.mode == _LINK]
            for entry in (*(e for e in entries if e.mode != _LINK), *links):  # never through a link
                _write(clone, process, entry, making)
        _check_links(clone, target.name[:40], links, making)
        making.rename(target)
    except OSError as error:
        raise Trouble("GI104", f"{clone.name}: {error}") from error
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _write(clone: Clone, process: subprocess.Popen[bytes], entry: _Entry, folder: Path) -> None:
    """One blob, read in pieces. Raises OSError, Trouble."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(f"{entry.blob}\n".encode())
    process.stdin.flush()
    told = process.stdout.readline().split()
    if len(told) != 3 or int(told[2]) != entry.size:
        raise Trouble("GI104", f"{clone.name}: the clone lacks {entry.name}",
                      f"remove {clone.folder}: it is made again")  # fmt: skip
    path = folder / entry.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == _LINK:
        path.symlink_to(process.stdout.read(entry.size).decode("utf-8", "surrogateescape"))
    else:
        how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(path, how, 0o444), "wb") as file:
            left = entry.size
            while left and (piece := process.stdout.read(min(left, _CHUNK))):
                file.write(piece)
                left -= len(piece)
    process.stdout.read(1)  # the line's end


def _check_links(clone: Clone, commit: str, links: list[_Entry], folder: Path) -> None:
    """As the system follows them, through one another: no reading of theirs would be as good."""
    top = os.path.realpath(folder)
    for link in links:
        try:
            real = os.path.realpath(folder / link.name, strict=True)
        except (FileNotFoundError, NotADirectoryError):
            real = os.path.realpath(folder / link.name)
        except OSError:
            raise _trap(clone, commit, link.name, "is a link that never ends") from None
        if not Path(real).is_relative_to(top):
            raise _trap(clone, commit, link.name, "is a link that leads out of the repository")


def _held(target: Path) -> int:
    """Keep a tree from being removed. Raises OSError."""
    hold = os.open(target.with_name(f"{target.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC,
                   0o600)  # fmt: skip
    fcntl.flock(hold, fcntl.LOCK_SH)
    os.utime(hold)
    return hold


def _remove_unused(trees: Path) -> None:
    """Those that nobody holds, and nobody looked at for a while."""
    for lock in trees.glob("*.lock"):
        if time.time() - lock.stat().st_mtime < _UNUSED_S:
            continue
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink()
        os.close(descriptor)


def _trap(clone: Clone, commit: str, name: str, why: str) -> Trouble:
    shown = "".join(c for c in name if c.isprintable())[:100]
    return Trouble("GI108", f"{clone.name}: commit {commit[:12]} is not laid out: `{shown}` {why}")
