"""Inputs: an empty root below tmp_path. Outputs: real processes, all ended when the test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from floor_units import OWNER

from reconciler.root import Root
from reconciler.substrates import signals
from reconciler.substrates.local import LocalSubstrate


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root.open(tmp_path / ".gsctl")


@pytest.fixture
def local(root: Root) -> Iterator[LocalSubstrate]:
    substrate = LocalSubstrate(root, OWNER)
    yield substrate
    for unit in [*substrate.units(), *substrate.elsewhere()]:
        signals.end(unit, 0)
