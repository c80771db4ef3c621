"""What went wrong with a graph, as values that a person can act on."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import StepFailed, Unanswered
from reconciler.embedded.client import Refused
from reconciler.loads.check import TypeReport
from reconciler.loads.files import changed_since
from reconciler.model.loading import TypeLoad
from reconciler.model.problem import Problem
from reconciler.model.step import FillType, GraphAt, Step
from reconciler.model.units import show_bytes


def failed(graph: GraphAt, code: str, says: str, hint: str = "") -> StepFailed:
    """A failure of a step on `graph`."""
    key = str(graph.key)
    return StepFailed(Problem("error", f"{key}: {says}", code, hint=hint, address=key))


def refused(graph: GraphAt, error: Refused) -> StepFailed:
    """The engine's own refusal, as such a failure."""
    return failed(graph, "NE100", f"the engine refuses: {error}")


def unanswered(step: Step, error: Unanswered) -> Problem:
    """A host or a server that does not answer; where a disk is the reason, with its room."""
    hint, graph = "", getattr(step.act, "graph", None)
    if isinstance(graph, GraphAt) and "IO exception" in str(error):
        place = Path(graph.engine.place.location)
        hint = f"the disk of {place} has {show_bytes(shutil.disk_usage(place).free)} free"
    return Problem("error", f"{step.key}: {error}", "ST100", hint=hint, address=str(step.key))


def moved_files(act: FillType, report: TypeReport) -> list[Problem]:
    """The files of a fill that changed since its check read them, by the names people gave them."""
    names = {f.where: f.path for source in act.load.sources for f in source.files}
    return [
        replace(p, at=p.at and replace(p.at, file=names.get(p.at.file, p.at.file)),
                hint="plan again", address=str(act.graph.key))
        for p in changed_since(report)
    ]  # fmt: skip


def carried_faults(load: TypeLoad, faults: Iterable[Problem]) -> list[Problem]:
    """Faults of rows that were to come along: told by their keys, for nobody wrote those files."""
    told = []
    for fault in faults:
        row = next(csv.reader([fault.excerpt]), []) if fault.at else []
        named = " -> ".join(row[: 1 if load.element == "vertex" else 2])
        says = f"{load.type} {named}: {fault.summary}" if named else f"{load.type}: {fault.summary}"
        hint = "delete those edges; `--allow-deletes` leaves them out" \
            if fault.code == "LD204" else "change it in the graph, and apply again"  # fmt: skip
        told.append(Problem("error", f"a row cannot be carried over: {says}", "CA102", hint=hint))
    return told
