"""One pass over a file's bytes tells what it is, and whether DuckDB may be believed about it.

DuckDB reads a few things otherwise than Python's csv, some without an error: a quote that opens
the first column of a row and is never closed hides the rest of the file, blanks beside a quote
vanish. `Facts` tell those files apart; they are walked by csv instead.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reconciler.model.loading import LoadOptions

CHUNK = 1 << 20
_OVERLAP = 4096
_TAIL = 1 << 16


@dataclass(frozen=True, slots=True)
class Facts:
    """What the bytes of a (plain) file say. `lines` without the header and trailing blank ones."""

    lines: int
    quotes: bool
    believable: bool  # DuckDB reads it as csv does, if it reads all lines


def stamp(path: str) -> tuple[int, int, int]:
    """Size, mtime in ns and inode. Raises OSError."""
    found = Path(path).stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def sha256(path: str) -> str:
    """The digest of the bytes as they lie on disk. Raises OSError."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def unpack(path: str, target: Path) -> str:
    """Write the content of a .gz file to `target`. Raises OSError, EOFError, zlib.error."""
    with gzip.open(path, "rb") as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, CHUNK)
    return str(target)


def examine(path: str, width: int, options: LoadOptions) -> tuple[Facts, str]:
    """Read all of a plain file of `width` columns once; facts and sha256. Raises OSError."""
    look = _Look(options)
    with Path(path).open("rb") as handle:
        while chunk := handle.read(CHUNK):
            look.at(chunk)
        tail = _tail(handle)
    lines = look.newlines + (look.last not in {b"", b"\n"})
    trailing = _trailing_blank_lines(tail)
    closed = _quotes_close(look.count, tail, width, options)
    if trailing is None or not look.ends_well() or not closed:
        return Facts(0, quotes=True, believable=False), look.digest.hexdigest()
    lines -= trailing + (header_lines(path, options) if options.header else 0)
    return Facts(max(lines, 0), look.count > 0, look.believable), look.digest.hexdigest()


def header_lines(path: str, options: LoadOptions) -> int:
    """How many physical lines the header takes; 0 where csv cannot read it."""
    with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as handle:
        reader = csv.reader(handle, delimiter=options.delimiter, quotechar=options.quote)
        try:
            next(reader, None)
        except csv.Error:
            return 0
        return reader.line_num


class _Look:
    """Gathers facts chunk by chunk; cheap tests first, since most files need no others."""

    def __init__(self, options: LoadOptions) -> None:
        self.digest = hashlib.sha256()
        self.newlines = 0
        self.count = 0  # of quotes; those of a sound file come in pairs
        self.believable = True
        self.last = b""
        self._returns = self._pairs = 0  # carriage returns, and those before a line feed
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._ascii = True
        quote, delimiter = (re.escape(c.encode()) for c in (options.quote, options.delimiter))
        self._quote = options.quote.encode()
        self._beside = (b" " + self._quote, self._quote + b" ")
        self._vanishing = re.compile(
            b"(?:%b|[\r\n]|^) +%b|%b +(?:%b|%b|[\r\n]|$)"
            % (delimiter, quote, quote, delimiter, quote)
        )
        self._tail = b""

    def at(self, chunk: bytes) -> None:
        self.digest.update(chunk)
        self.newlines += chunk.count(b"\n")
        if b"\r" in chunk or self.last == b"\r":
            window = self.last + chunk if self.last == b"\r" else chunk
            self._returns += chunk.count(b"\r")
            self._pairs += window.count(b"\r\n")
        self.last = chunk[-1:]
        self.believable &= b"\0" not in chunk and self._is_text(chunk)
        self.count += chunk.count(self._quote)
        if self.count and self.believable:
            self._look_beside_quotes(self._tail + chunk)
        self._tail = chunk[-_OVERLAP:]

    def ends_well(self) -> bool:
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            self.believable = False
        # DuckDB takes one kind of line end for all of a file, also from inside quotes.
        one_kind = not self._returns or self._returns == self._pairs == self.newlines
        return self.believable and one_kind

    def _is_text(self, chunk: bytes) -> bool:
        if self._ascii and chunk.isascii():
            return True
        self._ascii = False
        try:
            self._decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
        return True

    def _look_beside_quotes(self, window: bytes) -> None:
        if any(pattern in window for pattern in self._beside):
            self.believable = not self._vanishing.search(window)


def _tail(handle: IO[bytes]) -> bytes:
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - _TAIL))
    return handle.read()


def _trailing_blank_lines(tail: bytes) -> int | None:
    """Blank lines at the end; None when there are too many to count cheaply."""
    text = tail.rstrip(b"\r\n")
    if not text and tail:
        return None
    return max(0, tail[len(text) :].count(b"\n") - 1)


def _quotes_close(count: int, tail: bytes, width: int, options: LoadOptions) -> bool:
    """Whether no quote is left open in a column too many, which DuckDB passes over in silence.

    Quotes in pairs, and a last line that is a row by itself.
    """
    if count == 0 or count % 2:
        return count == 0
    line = tail.rstrip(b"\r\n").rpartition(b"\n")[2]
    if options.quote.encode() not in line:
        return len(line) < len(tail)
    text = [line.decode(errors="replace")]
    reader = csv.reader(text, delimiter=options.delimiter, quotechar=options.quote, strict=True)
    try:
        return len(next(reader, [])) == width
    except csv.Error:
        return False
