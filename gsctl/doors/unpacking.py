"""Files that come in one stream, as a coordinator sends them."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfileobj
from typing import IO, cast

_BLOCK_BYTES = 128 * 1024
_NAMES = re.compile(r"[^/\0]+\.csv|[^/\0.]+\.yaml")


class Broken(Exception):
    """The stream ended too soon, or is none."""


class _Coming:
    """Chunks, read as a file is."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._left = b""

    def read(self, size: int) -> bytes:
        """So many bytes; fewer at the end."""
        while len(self._left) < size and (chunk := next(self._chunks, b"")):
            self._left += chunk
        text, self._left = self._left[:size], self._left[size:]
        return text


def _is_ours(member: tarfile.TarInfo) -> bool:
    return member.isreg() and bool(_NAMES.fullmatch(member.name))


def unpacked(chunks: Iterator[bytes], out: Path, last: str) -> Iterator[Path]:
    """Write plain files of an archive into a folder, each as it came whole; `last` closes it.

    Raises:
        Broken: that one did not come, or something that is no plain file.
    """
    path = None
    try:
        stream = cast("IO[bytes]", _Coming(chunks))  # of a file, `r|` asks nothing else
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK_BYTES) as archive:
            for member in archive:
                content = archive.extractfile(member) if _is_ours(member) else None
                if content is None:
                    raise Broken("what came is no export")
                out.mkdir(parents=True, exist_ok=True)
                path = out / member.name
                with path.open("xb") as file:
                    copyfileobj(content, file)
                yield path
    except (tarfile.TarError, FileExistsError) as error:
        raise Broken(str(error)) from error
    if path is None or path.name != last:
        raise Broken("it ended before it was whole")
