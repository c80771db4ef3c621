"""Plans in files: what `plan --out` writes, and what `apply FILE` holds against the world."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gsctl.call import Call
from gsctl.exits import Exit, Stop, complain
from gsctl.views.plan_json import plan_plain
from reconciler.model.plan import Request
from reconciler.model.problem import Problem
from reconciler.saved import (
    NotAPlan,
    SavedPlan,
    differences,
    documents_of,
    dump,
    files_of,
    load,
)

if TYPE_CHECKING:
    from reconciler.api import Planned

KEY = "GSCTL_PLAN_KEY"


def save(call: Call, planned: Planned, request: Request, path: Path) -> None:
    """Write a plan to `path`. Raises Stop where it cannot be written."""
    key = os.environ.get(KEY)
    try:
        path.write_text(dump(as_saved(planned, request), key), encoding="utf-8")
    except OSError as error:
        raise complain(f"{path}: the plan cannot be saved: {_says(error)}", "CL110") from error
    seal = "signed" if key else f"integrity: checksum only, {KEY} is not set"
    call.screen.say(f"Saved to {path} ({seal}).")


def read(path: Path) -> SavedPlan:
    """The plan in `path`. Raises Stop for what is none."""
    try:
        return load(path.read_text(encoding="utf-8"), os.environ.get(KEY))
    except (OSError, UnicodeDecodeError, NotAPlan) as error:
        hint = "save it anew with `gsctl plan --out`"
        raise complain(f"{path}: {_says(error)}", "PX105", hint) from error


def _says(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def hold_against(saved: SavedPlan, planned: Planned) -> None:
    """Raises Stop (exit 4) with everything that is not as it was when the plan was saved."""
    now = as_saved(planned, saved.request)
    if now.fingerprint == saved.fingerprint and now.owner == saved.owner:
        return
    named = list(differences(saved, now)) or ["something that the plan rests on changed"]
    problems = [Problem("error", f"since the plan was saved: {says}", "PX104") for says in named]
    hint = Problem("note", "nothing was done", "PX104", hint="plan again, and look at it again")
    raise Stop(*problems, hint, code=Exit.CHANGED)


def as_saved(planned: Planned, request: Request) -> SavedPlan:
    """A plan as it would be saved."""
    return SavedPlan(
        str(planned.plan.owner), request, planned.plan.fingerprint,
        documents_of(planned.desired), files_of(planned.desired), planned.plan.seen,
        plan_plain(planned),
    )  # fmt: skip
