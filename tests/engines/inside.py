"""An apply in this process: a test may act between its parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from repository import Repository

from reconciler.api import Api, Options
from reconciler.model.plan import Outcome


@contextmanager
def writing(people: Repository) -> Iterator[Api]:
    """Somebody who writes: the lease is his, and so is what becomes of the server."""
    api = Api(Options(people.path, environ={}))
    try:
        with api.writing():
            yield api
    finally:
        api.close()


def codes(outcome: Outcome) -> set[str]:
    """Of all problems that steps failed by."""
    return {problem.code for found in outcome.failed.values() for problem in found}
