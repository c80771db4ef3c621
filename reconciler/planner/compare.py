"""Which fields of two plain mappings differ. DeepDiff lives here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.change import MISSING, Path
from reconciler.model.traits import Happening


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that differs; a side on which it does not exist is MISSING."""

    path: Path
    old: Any
    new: Any

    @property
    def happening(self) -> Happening:
        """What happens to the field when the new side is made true."""
        if self.old is MISSING:
            return "add"
        return "drop" if self.new is MISSING else "change"


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The differences, by path. Give it plain mappings; key lists of named things by name first."""
    if old == new:
        return ()  # nearly every thing of nearly every plan; DeepDiff is a thousand times slower
    from deepdiff import DeepDiff
    from deepdiff.helper import notpresent

    tree = DeepDiff(
        old, new, view="tree",
        ignore_private_variables=False,  # the default drops keys that start with "__"
        threshold_to_diff_deeper=0,  # the default reports a much changed dict as one change
    )  # fmt: skip
    nodes = [node for group in tree.values() for node in group]
    found = (
        Difference(
            tuple(str(part) for part in node.path(output_format="list")),
            MISSING if node.t1 is notpresent else node.t1,
            MISSING if node.t2 is notpresent else node.t2,
        )
        for node in nodes
    )
    return tuple(sorted(found, key=lambda difference: difference.path))
