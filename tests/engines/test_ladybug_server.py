"""The small server of a Ladybug graph: what it answers, what it refuses, and what it keeps out."""

from __future__ import annotations

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from repository import Repository

pytestmark = pytest.mark.engine
MINUTES_OF_WORK = (
    "UNWIND range(1, 5000) AS a UNWIND range(1, 5000) AS b UNWIND range(1, 5000) AS c "
    "RETURN sum(a * b * c)"
)


@dataclass(frozen=True)
class Served:
    """A graph behind its server."""

    people: Repository
    port: int
    database: Path

    def asked(self, path: str, body: Any = None, **headers: str) -> tuple[int, Mapping[str, Any]]:
        """The status, and the answer as JSON."""
        data = body if isinstance(body, str | None) else json.dumps(body)
        kind = {"Content-Type": "application/json"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as server:
            server.request("GET" if body is None else "POST", path, data, {**kind, **headers})
            answer = server.getresponse()
            return answer.status, json.loads(answer.read())

    def query(self, text: str, **more: Any) -> tuple[int, Mapping[str, Any]]:
        return self.asked("/query", {"query": text, **more})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, ladybug_python: Path) -> Iterator[Served]:
    people = Repository(tmp_path_factory.mktemp("served"), "served", "ladybug")
    people.write(rows=50)
    document = people.path / "gsctl.yaml"
    document.write_text(document.read_text().replace(
        "mode: served}", "mode: served, options: {maxRows: 20, timeout: 1}}"))  # fmt: skip
    people.applied()
    (folder,) = (people.path / ".gsctl/default/default/main/.graphs").iterdir()
    pointer = json.loads((folder / "serving.json").read_text())
    yield Served(people, pointer["port"], folder / "copies" / pointer["copy"] / "graph.lbug")
    assert people.gsctl("destroy", "-y", "--allow-deletes").returncode == 0


def test_it_answers_with_columns_and_rows(served: Served) -> None:
    status, told = served.query("MATCH (p:Person {id: $id}) RETURN p.name AS name, p.age",
                                parameters={"id": 7})  # fmt: skip
    assert (status, told) == (
        200,
        {"columns": ["name", "p.age"], "rows": [["n7", 1]], "more": False},
    )
    assert served.asked("/health") == (200, {"status": "ok"})
    tables = served.asked("/schema")[1]["tables"]
    assert {"Person", "KNOWS"} <= {table["name"] for table in tables}


@pytest.mark.parametrize(("limit", "rows"), [(None, 20), (5, 5), (1000, 20)])
def test_its_answers_are_bounded(served: Served, limit: int | None, rows: int) -> None:
    _, told = served.query("MATCH (p:Person) RETURN p.id", limit=limit)
    assert len(told["rows"]) == rows
    assert told["more"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("CREATE (:Person {id: 1000})", 403),
        ("MATCH (p:Person) SET p.age = 9", 400),
        ("MATCH (p:Person) DETACH DELETE p", 400),
        ("COPY (MATCH (p:Person) RETURN p.id) TO '/tmp/stolen.csv'", 403),
        ("LOAD FROM '/etc/passwd' RETURN *", 403),
        ("MATCH (p:Person) /* */ LOAD  FROM '/etc/passwd' (header=false) RETURN *", 403),
        ("// MATCH\nINSTALL httpfs", 403),
        ("ATTACH '/tmp/x.lbug' AS x", 403),
        ("MATCH (p:Person) RETURN 'load from' AS said LIMIT 1", 200),
        ("MATCH (p:Nobody) RETURN p", 400),
        ("MATCH (p:Person) RETURN p.id; MATCH (p:Person) RETURN p.id", 400),
        (MINUTES_OF_WORK, 504),
    ],
)
def test_it_answers_queries_and_nothing_else(served: Served, query: str, status: int) -> None:
    assert served.query(query)[0] == status
    assert served.query("MATCH (p:Person) RETURN count(p)")[1]["rows"] == [[50]]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("{}", {}, 400),
        ("no json", {}, 400),
        ('{"query": "RETURN 1"}', {"Content-Type": "text/plain"}, 415),
        ('{"query": "RETURN 1"}', {"Host": "elsewhere.example:80"}, 421),
        ("x" * (2 << 20), {}, 413),
    ],
)
def test_a_request_that_a_page_in_a_browser_could_send_is_refused(
    served: Served, body: str, headers: dict[str, str], status: int
) -> None:
    try:
        assert served.asked("/query", body, **headers)[0] == status
    except (BrokenPipeError, ConnectionResetError):
        assert status == 413  # it hangs up on more than it would read


def test_no_writer_opens_its_database_and_readers_do(served: Served, ladybug_python: Path) -> None:
    def opened(options: str) -> subprocess.CompletedProcess[str]:
        code = f"import ladybug; ladybug.Database({str(served.database)!r}{options})"
        return subprocess.run([str(ladybug_python), "-c", code], capture_output=True, text=True)

    assert "Could not set lock" in opened("").stderr
    assert opened(", read_only=True").returncode == 0
    refused = served.people.gsctl("query", "people", "CREATE (:Person {id: 1})", "--write")
    assert refused.returncode != 0
    assert "its server only reads" in refused.stderr


def test_what_gsctl_asks_is_not_bounded_by_it(served: Served) -> None:
    assert len(served.people.rows("MATCH (p:Person) RETURN p.id")) == 50
