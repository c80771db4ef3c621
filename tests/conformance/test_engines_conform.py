"""Every engine that is installed keeps every law that speaks of it."""

from __future__ import annotations

import pytest
from subjects import installed

from reconciler.testing.conformance import Skip, hold

TRIALS = list(installed())


@pytest.mark.engine
@pytest.mark.parametrize(
    ("subject", "law"), TRIALS, ids=[f"{s.traits.type}-{s.mode}-{law}" for s, law in TRIALS]
)
def test_a_driver_keeps_the_law(subject, law, tmp_path) -> None:
    try:
        hold(law, subject, tmp_path)
    except Skip as skip:
        pytest.skip(f"{subject.traits.type}, {subject.mode}: {skip}")
