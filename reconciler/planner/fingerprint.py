"""What tells two plans apart: what they do, and what was seen of what they touch."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.change import Change
from reconciler.model.observed import Snapshot
from reconciler.model.step import Step
from reconciler.planner.canonical import digest


def seen_digests(
    changes: tuple[Change, ...], steps: tuple[Step, ...], live: Snapshot
) -> Mapping[str, str]:
    """A digest of each live thing that the plan touches, by address."""
    keys = sorted({step.session for step in steps} | {change.key for change in changes})
    found = {key: live.graphs.get(key) or live.engines.get(key) for key in keys}
    return {str(key): digest(thing) for key, thing in found.items() if thing}


def fingerprint_of(
    changes: tuple[Change, ...], steps: tuple[Step, ...], seen: Mapping[str, str]
) -> str:
    """A digest of what the plan does and of what was seen of the things that it touches."""
    return digest(changes, [step.act for step in steps], seen) if changes or steps else digest()
