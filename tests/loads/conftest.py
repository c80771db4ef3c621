"""Inputs: files written by each test. Outputs: reports of a real worker process; rows of a real NeuG.

Nothing is mocked. The engine's runtime is named by GSCTL_TEST_NEUG_PYTHON.
"""

import os

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


@pytest.fixture(scope="session")
def neug_python():
    python = os.environ.get("GSCTL_TEST_NEUG_PYTHON")
    if not python:
        pytest.skip("no NeuG runtime: set GSCTL_TEST_NEUG_PYTHON to a Python that has neug")
    return python
