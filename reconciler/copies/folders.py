"""Folders that are cloned, exchanged and removed whole."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import tempfile
import uuid
from pathlib import Path

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def link_tree(source: Path, target: Path) -> None:
    """Make `target` a tree of hard links to the files of `source`: no data is copied.

    On another disk they are copied. Only for files that are never written in place. Raises OSError.
    """
    target.mkdir(parents=True)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                link_tree(Path(entry.path), target / entry.name)
            else:
                _link(entry.path, target / entry.name)


def _link(source: str, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, target, follow_symlinks=False)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file; where the file system can, both share their blocks until one is written.

    Raises OSError.
    """
    with source.open("rb") as read, target.open("xb") as written:
        left = os.fstat(read.fileno()).st_size
        while left and (done := _copied(read.fileno(), written.fileno(), left)):
            left -= done
        if left:  # another file system, or one that cannot
            shutil.copyfileobj(read, written, 1 << 20)


def _copied(source: int, target: int, most: int) -> int:
    try:
        return os.copy_file_range(source, target, most)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL):
            return 0
        raise


def exchange(one: Path, other: Path) -> None:
    """Let two folders change places in one atomic step. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    failed = libc.renameat2(
        _AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE
    )
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(one), None, str(other))


def remove(folder: Path, trash: Path | None = None) -> None:
    """Remove a folder: out of sight in one step, then file by file, with what earlier ones left.

    It goes by way of `trash`, a folder of ours on the same disk, or of a hidden sibling.
    """
    if not folder.exists():
        return
    if trash is None:
        gone = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}")
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
        return
    trash.mkdir(exist_ok=True)
    folder.rename(trash / uuid.uuid4().hex)
    shutil.rmtree(trash, ignore_errors=True)


def size_of(folder: Path) -> int:
    """Bytes of the files below `folder`, as far as they take room on the disk."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue  # a checkpoint of its server took it away
    return total


def free_for_us(folder: Path) -> int:
    """Bytes that can still be written below `folder`. Raises OSError where nothing can be."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".gsctl-"):
        return shutil.disk_usage(folder).free
