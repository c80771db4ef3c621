"""Checks and reports as lines of JSON, between the checker and its worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from reconciler.loads.check import (
    CopyFile,
    CsvReading,
    EdgeEnds,
    ExistingKeys,
    TypeCheck,
    TypeReport,
)
from reconciler.model.catalog import Pair
from reconciler.model.loading import Column, DataFile, LoadOptions, TypeLoad, TypeSource
from reconciler.model.problem import Location, Problem


def dump(message: Mapping[str, Any]) -> bytes:
    """One message as a line."""
    return json.dumps(message, ensure_ascii=True).encode() + b"\n"


def plain_check(check: TypeCheck) -> dict[str, Any]:
    """A check as JSON-ready values."""
    return asdict(check)


def read_check(data: dict[str, Any]) -> TypeCheck:
    """The inverse of `plain_check`, after JSON."""
    return TypeCheck(**{
        **data,
        "order": tuple(data["order"]),
        "load": _load(data["load"]),
        "options": _options(data["options"]),
        "ends": tuple(
            EdgeEnds(_pair(e["pair"]), e["from_key"], e["to_key"]) for e in data["ends"]
        ),
        "existing": {name: ExistingKeys(**keys) for name, keys in data["existing"].items()},
        "reading": CsvReading(**{**data["reading"], "lists": tuple(data["reading"]["lists"])}),
    })  # fmt: skip


def plain_report(report: TypeReport) -> dict[str, Any]:
    """A report as JSON-ready values."""
    pairs = [[*pair, rows] for pair, rows in report.pairs.items()]
    return {
        "type": report.type,
        "rows": report.rows,
        "pairs": pairs,
        "longest": dict(report.longest),
        "dropped": report.dropped,
        "duplicates_skipped": report.duplicates_skipped,
        "faults": [asdict(fault) for fault in report.faults],
        "counts": dict(report.counts),
        "files": [asdict(file) for file in report.files],
        "stamps": {path: list(stamp) for path, stamp in report.stamps.items()},
    }


def read_report(data: dict[str, Any]) -> TypeReport:
    """The inverse of `plain_report`, after JSON."""
    return TypeReport(**{
        **data,
        "pairs": {(a, b): rows for a, b, rows in data["pairs"]},
        "faults": tuple(_problem(fault) for fault in data["faults"]),
        "files": tuple(_copy_file(file) for file in data["files"]),
        "stamps": {path: (s[0], s[1], s[2]) for path, s in data["stamps"].items()},
    })  # fmt: skip


def _pair(data: Any) -> Pair:
    from_, to = data
    return from_, to


def _load(data: dict[str, Any]) -> TypeLoad:
    return TypeLoad(data["type"], data["element"], tuple(_source(s) for s in data["sources"]))


def _source(data: dict[str, Any]) -> TypeSource:
    ends = data["ends"]
    return TypeSource(
        tuple(DataFile(**file) for file in data["files"]),
        data["width"],
        {name: Column(**column) for name, column in data["columns"].items()},
        _pair(data["pair"]) if data["pair"] else None,
        (Column(**ends[0]), Column(**ends[1])) if ends else None,
    )


def _options(data: dict[str, Any]) -> LoadOptions:
    return LoadOptions(**{**data, "null_values": tuple(data["null_values"])})


def _problem(data: dict[str, Any]) -> Problem:
    at = Location(**data["at"]) if data["at"] else None
    return Problem(**{**data, "at": at})


def _copy_file(data: dict[str, Any]) -> CopyFile:
    return CopyFile(**{**data, "pair": _pair(data["pair"]) if data["pair"] else None})
