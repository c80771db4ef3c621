"""The columns of a data file, by its first record, as Python's csv reads it."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from dataclasses import dataclass
from typing import IO, cast

from reconciler.model.kinds import Format
from reconciler.model.loading import Column


@dataclass(frozen=True, slots=True)
class Columns:
    """A file's columns: `names` by index, empty without a header; `width` is their number."""

    names: tuple[str, ...]
    width: int

    def find(self, wanted: str | int) -> Column | None:
        """The column of this name or index; the first, where a name stands twice."""
        if isinstance(wanted, int):
            name = self.names[wanted] if wanted < len(self.names) else str(wanted)
            return Column(name, wanted) if wanted < self.width else None
        return Column(wanted, self.names.index(wanted)) if wanted in self.names else None

    def twice(self) -> frozenset[str]:
        """Names that stand for several columns."""
        return frozenset(name for name, count in Counter(self.names).items() if count > 1)


def read_header(path: str, how: Format) -> Columns | str:
    """The columns, or why they cannot be read. Without a header the first row tells the width.

    Reads the first record only. A file without a header may be empty: no columns.
    """
    try:
        with _open(path) as handle:
            reader = csv.reader(handle, delimiter=how.delimiter, quotechar=how.quote, strict=True)
            row = next(reader, None)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, TypeError, ValueError) as error:
        return str(error)
    if not how.header:
        return Columns((), len(row or ()))
    if any("\udc80" <= character <= "\udcff" for name in row or () for character in name):
        return "it is not UTF-8"
    if not row:
        return "its first line is no header"
    return Columns(tuple(row), len(row))


def _open(path: str) -> IO[str]:
    # Text is decoded in blocks: bad bytes of a later line are the check's, which tells their line.
    code, bad = "utf-8-sig", "surrogateescape"
    if path.endswith(".gz"):
        return cast("IO[str]", gzip.open(path, "rt", encoding=code, errors=bad, newline=""))
    return open(path, encoding=code, errors=bad, newline="")
