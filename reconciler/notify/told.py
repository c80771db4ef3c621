"""What was told and is not over, in the ledger: whoever leads next does not tell it again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from reconciler.durable import replace_json
from reconciler.ledger import make_folder
from reconciler.notify.cause import Cause
from reconciler.notify.message import Open

FORMAT = 1


def read_told(folder: Path) -> Mapping[str, Open]:
    """By the causes' keys. Nothing of a file that is lost or damaged: it is told once more."""
    try:
        data = json.loads((folder / "told.json").read_bytes())
        if data["format"] != FORMAT:
            return {}
        found = [Open(Cause(**one["cause"]), float(one["since"])) for one in data["open"]]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {one.cause.key: one for one in found}


def write_told(folder: Path, told: Mapping[str, Open]) -> None:
    """Keep it. Raises OSError."""
    make_folder(folder)
    replace_json(
        folder / "told.json", {"format": FORMAT, "open": [asdict(o) for o in told.values()]}
    )
