"""What is remembered of queries, and when it is asked anew."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from query_repository import block, desired, procedure

from reconciler.model.catalog import Catalog
from reconciler.model.problem import Problem
from reconciler.plugins import engines
from reconciler.queries import Binder, QueryCache, check_queries


class Witness:
    """An engine that refuses the label `Persn`, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, catalog: Catalog, queries: Mapping[str, str]) -> Mapping[str, str]:
        assert catalog.vertices.keys() == {"Person", "City"}
        self.asked.append(sorted(queries.values()))
        return {n: "Table Persn does not exist." for n, q in queries.items() if "Persn" in q}


@pytest.fixture
def witness() -> Witness:
    return Witness()


def look(folder: Path, files: Mapping[str, str], binder: Binder | None) -> tuple[Problem, ...]:
    cache = QueryCache(folder / "cache")
    binders = {"neug": binder} if binder else {}
    found = check_queries(desired(folder, files), binders, engines().traits, cache)
    cache.save()
    return found


WRONG = block("MATCH (p:Persn) RETURN p")
RIGHT = block("MATCH (p:Person) RETURN p")


def test_the_same_text_is_asked_once_however_many_procedures_have_it(
    tmp_path: Path, witness: Witness
) -> None:
    many = (
        "---\n".join(procedure(WRONG, f"p{i}") for i in range(5))
        + "---\n"
        + procedure(RIGHT, "right")
    )
    found = look(tmp_path, {"p.yaml": many}, Binder("neug 1", witness))
    assert [(p.address, p.code, p.at.line) for p in found if p.at] == [
        (f"Procedure/p{i}", "PR101", 7 + 8 * i) for i in range(5)
    ]  # fmt: skip
    assert witness.asked == [["MATCH (p:Persn) RETURN p\n", "MATCH (p:Person) RETURN p\n"]]


def test_a_verdict_is_remembered_until_something_it_rests_on_changes(
    tmp_path: Path, witness: Witness
) -> None:
    files = {"p.yaml": procedure(WRONG)}
    first = look(tmp_path, files, Binder("neug 1", witness))
    assert look(tmp_path, files, Binder("neug 1", witness)) == first != ()
    assert len(witness.asked) == 1
    look(tmp_path, files, Binder("neug 2", witness))  # another engine
    look(tmp_path, {"p.yaml": procedure(RIGHT)}, Binder("neug 2", witness))  # another text
    declared = {"p.yaml": procedure(block("MATCH (p:Person) RETURN p", x="int64"))}
    look(tmp_path, declared, Binder("neug 2", witness))  # other parameters
    assert len(witness.asked) == 4


def test_a_verdict_without_an_engine_is_not_one_with_it(tmp_path: Path, witness: Witness) -> None:
    files = {"p.yaml": procedure(WRONG)}
    look(tmp_path, files, None)
    look(tmp_path, files, Binder("neug 1", witness))
    assert len(witness.asked) == 1


def test_a_verdict_moves_with_its_text_in_the_file(tmp_path: Path, witness: Witness) -> None:
    binder = Binder("neug 1", witness)
    (before,) = look(tmp_path, {"p.yaml": procedure(WRONG)}, binder)
    (after,) = look(tmp_path, {"p.yaml": "# one line more\n" + procedure(WRONG)}, binder)
    assert before.at
    assert after.at
    assert after.at.line == before.at.line + 1
    assert len(witness.asked) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 2, "verdicts": {}}', '{"format": 1, "verdicts": 3}']
)
def test_a_file_that_cannot_be_read_is_an_empty_cache(
    tmp_path: Path, witness: Witness, text: str
) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "queries.json").write_text(text)
    assert len(look(tmp_path, {"p.yaml": procedure(WRONG)}, Binder("neug 1", witness))) == 1
    assert len(witness.asked) == 1


def test_a_verdict_that_cannot_be_read_is_made_anew(tmp_path: Path, witness: Witness) -> None:
    files = {"p.yaml": procedure(WRONG)}
    first = look(tmp_path, files, Binder("neug 1", witness))
    file = tmp_path / "cache" / "queries.json"
    file.write_text(file.read_text().replace('"PR101"', '"PR101", 1, 2, 3, 4, 5, 6, 7'))
    assert look(tmp_path, files, Binder("neug 1", witness)) == first


def test_a_folder_that_cannot_be_written_only_costs_time(tmp_path: Path, witness: Witness) -> None:
    (tmp_path / "cache").write_text("not a folder")
    assert len(look(tmp_path, {"p.yaml": procedure(WRONG)}, Binder("neug 1", witness))) == 1
