"""Small units: Python programs of a line."""

from __future__ import annotations

import os
import sys

from reconciler.model.key import Owner
from reconciler.model.unit import UnitMark, UnitSpec
from reconciler.root import Root

# Of each process its own: tests that run side by side must not end each other's units.
OWNER = Owner("packages", "default", "".join(chr(ord("a") + int(d)) for d in f"{os.getpid():08}"))


def mark(root: Root, name: str = "modern", copy: str = "c1", port: int | None = None) -> UnitMark:
    return UnitMark(
        OWNER, root.id, str(root.path), "default", "Graph", name, "u1", copy, "d1", port
    )


def python(root: Root, code: str, name: str = "modern", **fields) -> UnitSpec:
    return UnitSpec(name, mark(root, name, **fields), (sys.executable, "-u", "-c", code))


def sleeper(root: Root, name: str = "modern", **fields) -> UnitSpec:
    return python(root, "import time; time.sleep(600)", name, **fields)


def always() -> bool:
    return True
