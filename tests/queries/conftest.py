"""The real NeuG as a witness, started once: it binds on an empty database of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from query_repository import GRAPH

from reconciler.api import Api, Options
from reconciler.queries import Binder


@pytest.fixture(scope="session")
def neug(
    neug_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Binder]]:
    folder = tmp_path_factory.mktemp("witness")
    (folder / "gsctl.yaml").write_text(GRAPH)
    api = Api(Options(folder))
    driver = api.driver("neug")
    assert driver
    yield {"neug": Binder("neug 0.3.0", driver.faults)}
    api.close()
