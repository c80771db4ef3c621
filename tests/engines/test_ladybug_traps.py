"""What is Ladybug's own: its nulls, its names, its file, and the states that a crash leaves it in."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from repository import Repository

from reconciler.embedded.locks import holder, locks

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("engine", ["ladybug"])]
HERE = "import ladybug, os, sys\nd = ladybug.Database(sys.argv[1]{})\nc = ladybug.Connection(d)\n"


def embedded(people: Repository) -> Repository:
    return Repository(people.path, "embedded", "ladybug")


def graph(people: Repository) -> Path:
    """The graph's folder."""
    (folder,) = (people.path / ".gsctl/default/default/main/.graphs").iterdir()
    return folder


def program(python: Path, database: Path, code: str, options: str = "") -> str:
    """Run a user's program on a database; what it printed."""
    done = subprocess.run([str(python), "-c", HERE.format(options) + code, str(database)],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode in (0, -9), done.stderr
    return done.stdout.strip()


def load(people: Repository, lines: str, **spec: str) -> None:
    """People from other lines, with further fields of their Load."""
    people.write(rows=1)
    (people.path / "data/person.csv").write_text("id,name,age\n" + lines)
    (people.path / "data/knows.csv").write_text("src,dst,since\n")
    document = people.path / "gsctl.yaml"
    fields = "".join(f"{name}: {value}\n    " for name, value in spec.items())
    document.write_text(document.read_text().replace("  load:\n    ", f"  load:\n    {fields}"))


def changed(people: Repository, words: dict[str, str]) -> None:
    """Write other words into the documents."""
    document = people.path / "gsctl.yaml"
    text = document.read_text()
    for old, new in words.items():
        assert old in text
        text = text.replace(old, new)
    document.write_text(text)


def test_a_commit_of_rows_without_a_checkpoint_is_lost_and_its_comment_is_not(
    people: Repository, ladybug_python: Path, tmp_path: Path
) -> None:
    """Why rows are recorded after their checkpoint, never in the transaction that brings them."""
    (tmp_path / "t.csv").write_text("k\n1\n2\n")
    code = f"""
for statement in ("CREATE NODE TABLE T(k INT64, PRIMARY KEY(k))", "CHECKPOINT",
                  "BEGIN TRANSACTION", 'COPY T FROM "{tmp_path}/t.csv" (header=true)',
                  "COMMENT ON TABLE T IS 'loaded'", "COMMIT"):
    c.execute(statement)
os.kill(os.getpid(), 9)"""
    program(ladybug_python, tmp_path / "x.lbug", code, ", auto_checkpoint=False")
    told = """
print(*list(c.execute("MATCH (t:T) RETURN count(t)"))[0],
      *[r[4] for r in c.execute("CALL show_tables() RETURN *")])"""
    assert program(ladybug_python, tmp_path / "x.lbug", told) == "0 loaded"


def test_rows_whose_record_a_crash_prevented_are_not_loaded_again(
    people: Repository, ladybug_python: Path
) -> None:
    people = embedded(people)
    people.write(version=1, rows=20)
    assert people.die_at(7) == -9
    assert people.events.read_text().splitlines()[-1] == "Started Graph/people 2 FillType Person"
    (copy,) = (graph(people) / "building").iterdir()
    while holder(copy / "graph.lbug", locks()):
        time.sleep(0.01)  # the engine's process ends by itself, a little later
    record = "[r[4] for r in c.execute('CALL show_tables() RETURN *') if r[1] == '_gsctl'][0]"
    code = f"""
import json
said = json.loads({record})
said["filling"] = {{"Person": 0}}
c.execute("COMMENT ON TABLE _gsctl IS " + json.dumps(json.dumps(said)))
c.execute('MATCH (p:Person) DETACH DELETE p')
c.execute('COPY Person FROM "{people.path}/data/person.csv" (header=true)')
c.execute("CHECKPOINT")"""
    program(ladybug_python, copy / "graph.lbug", code)
    said = people.applied()
    assert "load Person" in said, said
    assert people.is_settled()
    assert people.rows("MATCH (p:Person) RETURN count(p), min(p.age), max(p.age)") == [[20, 1, 1]]


def test_an_empty_number_is_a_null_and_an_empty_string_is_one(people: Repository) -> None:
    people = embedded(people)
    load(people, '1,,\n2,"",5\n3,x,\n')
    people.applied()
    found = people.rows("MATCH (p:Person) RETURN p.id, p.name, p.age ORDER BY p.id")
    assert found == [[1, "", None], [2, "", 5], [3, "x", None]]
    assert people.is_settled()


def test_other_words_for_nulls_are_nulls_too(people: Repository) -> None:
    people = embedded(people)
    load(people, "1,NA,NA\n2,n,5\n3,,-\n", format='{nullValues: ["NA", "-"]}')
    people.applied()
    found = people.rows("MATCH (p:Person) RETURN p.id, p.name, p.age ORDER BY p.id")
    assert found == [[1, "NA", None], [2, "n", 5], [3, "", None]]


def test_names_that_differ_in_capitals_alone_are_refused_with_their_line(
    people: Repository,
) -> None:
    people.write(extra=", Name: string")
    asked = people.gsctl("validate")
    assert asked.returncode == 1
    assert "GR101" in asked.stderr
    assert "`Name` beside `name`" in asked.stderr


def test_a_key_a_type_and_the_capitals_of_a_name_change_in_place(people: Repository) -> None:
    people = embedded(people)
    people.write(version=3)
    people.applied()
    changed(people, {
        "Person": "Human",
        "Human: {key: id, properties: {id: int64, name: string": """\
Human: {renamedFrom: Person, key: number, properties: {number: {type: int64, renamedFrom: id},
              Name: {type: string, renamedFrom: name}""",
        "Human: {files: [data/person.csv]}":
            "Human: {files: [data/person.csv], columns: {number: id, Name: name}}",
    })  # fmt: skip
    plan = people.gsctl("plan").stdout
    assert "0 to rebuild" in plan, plan
    assert "to load" not in plan, plan
    people.applied()
    assert people.is_settled()
    query = "MATCH (h:Human)-[k:KNOWS]->(:Human) RETURN count(k), max(h.number), max(h.Name)"
    assert people.rows(query) == [[200, 199, "n99"]]


def test_what_a_user_writes_by_hand_is_seen_and_never_lost(
    people: Repository, ladybug_python: Path
) -> None:
    people = embedded(people)
    people.write(version=1)
    people.applied()
    opened = graph(people) / "current/graph.lbug"
    program(ladybug_python, opened, "c.execute('CREATE (:Person {id: 1000, age: 1})')")
    assert people.rows("MATCH (p:Person) RETURN count(p)") == [[201]]
    people.write(version=1, extra=", town: string")
    people.applied()
    assert people.rows("MATCH (p:Person) RETURN count(p), count(p.town)") == [[201, 0]]


def test_a_graph_that_a_writer_holds_open_is_unknown_and_left_alone(
    people: Repository, ladybug_python: Path
) -> None:
    people = embedded(people)
    people.write(version=1)
    people.applied()
    people.write(version=2)
    opened = graph(people) / "current/graph.lbug"
    code = HERE.format("") + "print('open', flush=True); input()"
    with subprocess.Popen([str(ladybug_python), "-c", code, str(opened)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:  # fmt: skip
        assert writer.stdout.readline() == "open\n"
        asked = people.gsctl("apply", "-y")
        assert asked.returncode != 0
        assert f"held open by process {writer.pid}" in asked.stderr
        writer.communicate("\n")
    people.applied()
    assert people.rows("MATCH (p:Person) RETURN max(p.age)") == [[2]]


@pytest.mark.parametrize("left", ["catalog.json is gone", "a checkpoint was cut short"])
def test_where_files_do_not_tell_the_engine_is_asked(people: Repository, left: str) -> None:
    people = embedded(people)
    people.write(version=1)
    people.applied()
    copy = graph(people) / "current"
    if left == "catalog.json is gone":
        (copy / "catalog.json").unlink()
    else:
        (copy / "graph.lbug.shadow").touch()
    assert people.is_settled()
    people.write(version=2)
    people.applied()
    assert people.rows("MATCH (p:Person) RETURN max(p.age)") == [[2]]
    assert people.gsctl("rollback", "Graph/people", "-y").returncode == 0
    assert people.rows("MATCH (p:Person) RETURN max(p.age)") == [[1]]


def test_several_pairs_of_ends_are_one_type(people: Repository) -> None:
    people = embedded(people)
    people.write(version=1, rows=3)
    changed(people, {
        "  edges:\n    KNOWS: {from: Person, to: Person, ": """\
    City: {key: name, properties: {name: string}}
  edges:
    KNOWS: {pairs: [{from: Person, to: Person}, {from: Person, to: City}], """,
        "{Person: {files: [data/person.csv]}}":
            "{Person: {files: [data/person.csv]}, City: {files: [data/city.csv]}}",
        "{KNOWS: {files: [data/knows.csv], fromColumn: src, toColumn: dst}}": """
        KNOWS:
        - {pair: {from: Person, to: Person}, files: [data/knows.csv], fromColumn: src, toColumn: dst}
        - {pair: {from: Person, to: City}, files: [data/lives.csv], fromColumn: src, toColumn: dst}""",
    })  # fmt: skip
    (people.path / "data/city.csv").write_text("name\nUlm\n")
    (people.path / "data/lives.csv").write_text("src,dst,since\n1,Ulm,7\n2,Ulm,8\n")
    people.applied()
    assert people.is_settled()
    assert people.rows("MATCH (:Person)-[k:KNOWS]->(c:City) RETURN sum(k.since)") == [[15]]
    assert people.rows("MATCH (:Person)-[k:KNOWS]->(c) RETURN count(k)") == [[5]]


def test_an_upgrade_keeps_the_rows_and_the_way_back(people: Repository) -> None:
    people = embedded(people)
    people.write(version=1)
    document = people.path / "gsctl.yaml"
    new = document.read_text()
    old = new.replace("type: ladybug,", 'type: ladybug, version: "0.21.2",')
    assert old != new
    document.write_text(old)
    people.applied()
    assert people.rows("CALL db_version() RETURN *") == [["0.21.2"]]
    document.write_text(new)
    people.applied()
    assert people.is_settled()
    assert people.rows("CALL db_version() RETURN *") == [["0.22.0"]]
    assert people.rows("MATCH (p:Person) RETURN count(p)") == [[200]]
