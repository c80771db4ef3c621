"""From what lives to YAML and back: what is imported plans to nothing, and what cannot be said is."""

from __future__ import annotations

import json
import socket
import string
from pathlib import Path

import pytest
from handmade import ASKED, HELD, SOCIAL, opened, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from repository import Repository

from reconciler.writing.layout import lay_out

PROVEN = "Proven: a plan of these documents finds nothing that differs.\n"
pytestmark = pytest.mark.engine


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def imported(people: Repository, *words: str, out: str = "out") -> Repository:
    done = people.gsctl("import", *words, "--out", str(people.path / out))
    assert done.returncode == 0, done.stderr
    assert PROVEN in done.stdout, done.stdout + done.stderr
    for path in (people.path / out).rglob("*.yaml"):
        assert lay_out(path.name, path.read_bytes()).text == path.read_text(), path
    return Repository(people.path / out)


@pytest.mark.parametrize("named", ["dbs", "dbs/social"])
def test_a_folder_of_hand_made_databases_is_imported_adopted_and_settled(
    people: Repository, neug_python: Path, named: str
) -> None:
    (people.path / "dbs").mkdir()
    run(neug_python, people.path / "dbs/social", *SOCIAL)
    if named == "dbs/social":
        run(neug_python, people.path / "dbs/other", *SOCIAL)
    out = imported(people, "--from", str(people.path / named))
    written = (out.path / "graphs/social.yaml").read_text()
    assert not (out.path / "graphs/other.yaml").exists()
    assert "# Its rows were made by hand" in written
    assert "bio: string(512)" in written
    assert "multiplicity: many-to-one" in written
    done = out.gsctl("adopt", "Engine/main", "Graph/social", "-y")
    assert done.returncode == 0, done.stderr
    assert "0 to destroy, 2 to adopt." in done.stdout
    assert out.is_settled()
    assert json.loads(out.gsctl("query", "social", ASKED, "--json").stdout)["rows"] == [HELD]
    again = Repository(out.path).gsctl("import", "--all", "--out", str(people.path / "again"))
    assert PROVEN in again.stdout
    assert (people.path / "again/graphs/social.yaml").read_text().endswith(
        written.split("  edges:\n")[1].replace(
            "    # As the engine declares it; it does not check what is loaded in bulk.\n", ""))  # fmt: skip


def test_a_running_server_is_imported_as_it_is_now_and_adopted_once_it_ends(
    people: Repository, neug_python: Path
) -> None:
    database, port = people.path / "dbs/social", free_port()
    database.parent.mkdir()
    run(neug_python, database, *SOCIAL)
    with opened(neug_python, database, port) as pid:
        out = imported(people, "--from", f"http://127.0.0.1:{port}", "--with-data")
        assert f"endpoint: {{port: {port}}}" in (out.path / "graphs/social.yaml").read_text()
        rows = (out.path / "data/social/KNOWS.csv").read_text()
        assert rows == "from,to,since\n1,2,2020\n"
        assert (
            f"held open by process {pid}"
            in out.gsctl("adopt", "Engine/main", "Graph/social", "-y").stderr
        )
    (out.path / "loads/social.yaml").unlink()
    assert out.gsctl("adopt", "Engine/main", "Graph/social", "-y").returncode == 0
    assert out.is_settled()
    connected = json.loads(out.gsctl("connect", "social", "--json").stdout)
    assert connected["address"] == f"http://127.0.0.1:{port}"


def test_data_that_was_exported_with_it_fills_a_graph_anew(
    people: Repository, neug_python: Path
) -> None:
    (people.path / "dbs").mkdir()
    run(neug_python, people.path / "dbs/social", *SOCIAL)
    out = imported(people, "--from", str(people.path / "dbs"), "--with-data")
    (out.path / "engines/main.yaml").write_text(
        "kind: Engine\nmetadata: {name: main}\nspec: {type: neug}\n"
    )
    assert out.gsctl("apply", "-y").returncode == 0
    assert json.loads(out.gsctl("query", "social", ASKED, "--json").stdout)["rows"] == [HELD]


@pytest.mark.parametrize("mode", ["embedded", "served"])
def test_what_is_ours_is_imported_with_its_loads_and_procedures(
    people: Repository, mode: str
) -> None:
    repository = Repository(people.path / "repo", mode)
    repository.path.mkdir()
    repository.write(rows=20)
    repository.applied()
    done = repository.gsctl("import", "--all", "--out", str(people.path / "out"))
    assert PROVEN in done.stdout, done.stdout + done.stderr
    for name in ("graphs/people", "loads/people", "procedures/ages", "engines/main"):
        assert (people.path / f"out/{name}.yaml").exists()
    moved = Repository(people.path / "out", mode)
    (people.path / "out/.gsctl").symlink_to(people.path / "repo/.gsctl")
    assert moved.is_settled()


def test_a_load_whose_file_changed_is_left_out_and_said(people: Repository) -> None:
    repository = Repository(people.path / "repo", "embedded")
    repository.path.mkdir()
    repository.write(rows=20)
    repository.applied()
    (repository.path / "data/person.csv").write_text("id,name,age\n")
    done = repository.gsctl("import", "Graph/people", "--out", str(people.path / "out"))
    assert done.returncode == 0
    assert PROVEN not in done.stdout
    assert "IM102" in done.stderr
    assert "differs: x Load/people" in done.stderr
    assert not (people.path / "out/loads").exists()


ODD = {
    "a property that the engine reads back as another": ("CREATE NODE TABLE T(id INT64, `a b` STRING, PRIMARY KEY(id))", "T.a b"),
    "an edge type with several pairs": ("CREATE REL TABLE W(FROM A TO A, FROM A TO B)", "`W`"),
    "a type without a word for it": ("CREATE NODE TABLE T(id INT64, p INT64[3], PRIMARY KEY(id))", "T.p"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "named"), ODD.values(), ids=ODD)
def test_what_no_document_can_say_is_named_with_the_reason(
    people: Repository, neug_python: Path, statement: str, named: str
) -> None:
    (people.path / "dbs").mkdir()
    ends = (
        "CREATE NODE TABLE A(id INT64, PRIMARY KEY(id))",
        "CREATE NODE TABLE B(id INT64, PRIMARY KEY(id))",
    )
    run(neug_python, people.path / "dbs/odd", *ends, statement)
    done = people.gsctl(
        "import", "--from", str(people.path / "dbs"), "--out", str(people.path / "out")
    )
    assert done.returncode == 0, done.stderr
    assert "IM101" in done.stderr
    assert named in done.stderr
    assert PROVEN not in done.stdout
    assert "differs: ^ Graph/odd" in done.stderr


def test_a_name_that_no_document_can_have_is_explained(
    people: Repository, neug_python: Path
) -> None:
    (people.path / "dbs").mkdir()
    run(neug_python, people.path / "dbs/my db", *SOCIAL)
    done = people.gsctl(
        "import", "--from", str(people.path / "dbs"), "--out", str(people.path / "out")
    )
    assert "Graph/my db: its name is none that a document can have" in done.stderr
    assert "rename its folder" in done.stderr


def test_nothing_is_written_where_nothing_is_found_nor_over_anything(
    people: Repository, neug_python: Path
) -> None:
    for source in (str(people.path), "http://127.0.0.1:1", "http://example.com:80"):
        done = people.gsctl("import", "--from", source, "--out", str(people.path / "out"))
        assert (done.returncode, "IM103" in done.stderr) == (1, True), done.stderr
    assert not list((people.path / "out").glob("*"))
    (people.path / "dbs").mkdir()
    run(neug_python, people.path / "dbs/social", *SOCIAL)
    imported(people, "--from", str(people.path / "dbs"))
    before = (people.path / "out/graphs/social.yaml").read_bytes()
    words = ("import", "--from", str(people.path / "dbs"), "--out", str(people.path / "out"))
    again = people.gsctl(*words)
    assert (again.returncode, "OS101" in again.stderr) == (1, True)
    assert (people.path / "out/graphs/social.yaml").read_bytes() == before


NAMES = st.text(string.ascii_letters, min_size=2, max_size=6).map(lambda s: f"t{s}")
TYPES = st.sampled_from(("INT32", "INT64", "UINT32", "UINT64", "FLOAT", "DOUBLE", "BOOL", "STRING",
                         "VARCHAR(7)", "VARCHAR(600)", "DATE", "TIMESTAMP", "INTERVAL", "INT64[]"))  # fmt: skip
RELATIONS = st.sampled_from(("", ", MANY_TO_ONE", ", ONE_TO_MANY", ", ONE_TO_ONE"))


@st.composite
def catalogs(draw: st.DrawFn) -> list[str]:
    """Statements that make random types, with a row in each."""
    names = draw(st.lists(NAMES, min_size=2, max_size=5, unique_by=str.lower))
    vertices = names[: max(1, len(names) // 2)]
    made = []
    for name in vertices:
        key = draw(st.sampled_from(("INT32", "INT64", "UINT32", "UINT64", "STRING", "VARCHAR(9)")))
        columns = "".join(f", p{i} {t}" for i, t in enumerate(draw(st.lists(TYPES, max_size=4))))
        made.append(f"CREATE NODE TABLE {name}(id {key}{columns}, PRIMARY KEY(id))")
        made.append(f"CREATE (:{name} {{id: {1 if 'INT' in key else repr('a')}}})")
    for name in names[len(vertices) :]:
        a, b = draw(st.sampled_from(vertices)), draw(st.sampled_from(vertices))
        columns = "".join(f", p{i} {t}" for i, t in enumerate(draw(st.lists(TYPES, max_size=3))))
        made.append(f"CREATE REL TABLE {name}(FROM {a} TO {b}{columns}{draw(RELATIONS)})")
        made.append(f"MATCH (a:{a}), (b:{b}) CREATE (a)-[:{name}]->(b)")
    return made


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(statements=catalogs())
def test_any_catalog_made_by_hand_is_imported_adopted_and_whole(
    people: Repository, neug_python: Path, statements: list[str]
) -> None:
    base = people.path / f"r{len(list(people.path.iterdir()))}"
    (base / "dbs").mkdir(parents=True)
    run(neug_python, base / "dbs/g", *statements)
    out = imported(Repository(base), "--from", str(base / "dbs"))
    done = out.gsctl("adopt", "Engine/main", "Graph/g", "-y")
    assert done.returncode == 0, done.stdout + done.stderr
    assert out.is_settled()
    after = json.loads(out.gsctl("get", "Graph/g", "--json").stdout)["status"]["counts"]
    assert set(after.values()) == {1}
    assert len(after) == len(statements) // 2
