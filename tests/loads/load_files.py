"""Builds checks over files written for a test, and reads files the way the law says: by csv."""

import csv
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

from reconciler.loads.check import EdgeEnds, TypeCheck
from reconciler.model.loading import Column, DataFile, LoadOptions, TypeLoad, TypeSource

PLAIN = LoadOptions()


def data_file(path: Path, content: bytes | None = None) -> DataFile:
    if content is not None:
        path.write_bytes(content)
    content = path.read_bytes()
    return DataFile(path.name, len(content), hashlib.sha256(content).hexdigest(), str(path))


def vertices(
    file: DataFile | list[DataFile],
    properties: Mapping[str, str],
    columns: list[str] | None = None,
    options: LoadOptions = PLAIN,
    key: str = "id",
    type_: str = "V",
    **more,
) -> TypeCheck:
    """A check of a vertex type whose files have `columns` (default: the properties in order)."""
    columns = columns or list(properties)
    fed = {name: Column(name, columns.index(name)) for name in properties if name in columns}
    files = tuple(file) if isinstance(file, list) else (file,)
    source = TypeSource(files, len(columns), fed)
    load = TypeLoad(type_, "vertex", (source,))
    return TypeCheck(type_, "vertex", properties, tuple(properties), load, options, key=key, **more)


def edges(
    file: DataFile,
    properties: Mapping[str, str] | None = None,
    columns: list[str] | None = None,
    options: LoadOptions = PLAIN,
    key_type: str = "int64",
    **more,
) -> TypeCheck:
    """A check of edges V -> V in a file with `columns` (default: from, to, the properties)."""
    properties = properties or {}
    columns = columns or ["from", "to", *properties]
    fed = {name: Column(name, columns.index(name)) for name in properties}
    ends = tuple(Column(name, columns.index(name)) for name in ("from", "to"))
    source = TypeSource((file,), len(columns), fed, ("V", "V"), ends)
    load = TypeLoad("E", "edge", (source,))
    return TypeCheck(
        "E", "edge", properties, tuple(properties), load, options,
        ends=(EdgeEnds(("V", "V"), key_type, key_type),), **more,
    )  # fmt: skip


def found(report) -> list[tuple[str, int]]:
    """(code, line) of each fault that has a place."""
    return [(fault.code, fault.at.line) for fault in report.faults if fault.at]


def read_by_csv(content: bytes, delimiter: str = ",", quote: str = '"', header: bool = True):
    """The rows of a file as csv reads them, blank lines left out; None when it cannot."""
    try:
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        rows = list(csv.reader(text, delimiter=delimiter, quotechar=quote, strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return [row for row in rows[1 if header else 0 :] if row]
