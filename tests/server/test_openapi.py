"""Whatever fits the OpenAPI document, and much that does not, is answered as the document says.

Requests are made from the document by schemathesis, the same each time.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
import schemathesis.openapi
from coordinator import Coordinator, until
from hypothesis import HealthCheck, Phase, given, settings
from leftovers import end_processes
from repository import Repository
from schemathesis.checks import not_a_server_error, positive_data_acceptance
from served import Served, await_phase, serving

pytestmark = [pytest.mark.engine, pytest.mark.slow]
# A question may be given a thousandth of a second, and a graph may be away while it is restarted.
EXAMPLES = 8  # of each operation
EXCUSED = {"HT105", "HT109", "HT110", "ST100"}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, neug_python) -> Iterator[Served]:
    """A coordinator of its own: it is asked to do everything."""
    folder = tmp_path_factory.mktemp("fuzzed")
    repository = Repository(folder / "kept")
    repository.path.mkdir()
    repository.write(rows=5)
    with serving(Coordinator(repository), "--insecure-loopback") as served:
        until(served.ready, "it is ready")
        await_phase(served.client, "Graph/people", "Ready")
        yield served
    end_processes(folder)


def faults_of(operation: schemathesis.APIOperation) -> str:
    """What is wrong with the answers to an operation's requests; empty when nothing is."""

    version = operation.schema.raw_schema["info"]["version"]

    @given(operation.as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              phases=(Phase.generate,), suppress_health_check=list(HealthCheck))  # fmt: skip
    def ask(case: schemathesis.Case) -> None:
        case.headers["gsctl-version"] = version  # another one is told so; not tried here
        response = case.call(timeout=60)
        if response.status_code >= 500:
            codes = {problem["code"] for problem in response.json()["problems"]}
            assert codes <= EXCUSED, f"{response.status_code} {response.text[:500]}"
        excluded = [not_a_server_error]
        if response.status_code == 406 and "CX112" in response.text:
            excluded.append(positive_data_acceptance)  # no document tells which version runs
        if response.status_code == 422 and "HT104" not in response.text:
            excluded.append(positive_data_acceptance)  # an engine's language has no schema
        case.validate_response(response, excluded_checks=excluded)

    try:
        ask()
    except (AssertionError, BaseExceptionGroup) as error:
        return f"{operation.label}: {error}"
    return ""


def test_it_answers_as_its_document_says(fuzzed: Served) -> None:
    """Events never end, and have tests of their own."""
    document = schemathesis.openapi.from_url(f"{fuzzed.url}/openapi.json")
    operations = [
        found.ok() for found in document.exclude(path_regex="/events$").get_all_operations()
    ]
    assert len(operations) > 15
    faults = [fault for operation in operations if (fault := faults_of(operation))]
    assert not faults, "\n\n".join(faults)
