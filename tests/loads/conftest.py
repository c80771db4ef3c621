"""Inputs: files written by each test. Outputs: reports of a real worker process; rows of a real NeuG.

Nothing is mocked.
"""

from __future__ import annotations

import pytest

from reconciler.loads.checker import Checker


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    with Checker(tmp_path_factory.mktemp("checker")) as checker:
        yield checker


@pytest.fixture
def check(checker):
    """Check one type and wait for its report."""
    return lambda wanted: checker.submit(wanted).result(timeout=120)
