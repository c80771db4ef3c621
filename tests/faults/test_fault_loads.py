"""Data that is bad, gone or changing, and loads that end in the middle."""

from __future__ import annotations

import random
import re
import signal
import time
from dataclasses import replace

import psutil
import pytest
from town import Running, Town, graph, said, wait_until

pytestmark = pytest.mark.engine


def test_one_bad_load_of_three_publishes_nothing_of_its_graph_and_only_it_is_made_up_for(
    town: Town,
) -> None:
    for name in "abc":
        town.people(name)
    town.declare(graph("a"), graph("b"), graph("c"))
    town.applied()
    for name in "abc":
        town.people(name, age=2)
    file = town.path / "data/b-knows.csv"
    good = file.read_text()
    file.write_text(good + "3,999\n")
    apply = town.gsctl("apply", "-y")
    assert apply.returncode == 1
    assert "data/b-knows.csv:52" in said(apply)
    assert "LD204" in said(apply)
    assert town.ages("a") == [2, 2, 50, 50]
    assert town.ages("b") == [1, 1, 50, 50]
    assert town.ages("c") == [2, 2, 50, 50]
    file.write_text(good)
    plan = town.gsctl("plan")
    assert "=> Load/b" in said(plan)
    assert "Load/a" not in said(plan)
    again = Running(town)
    assert again.ended() == 0
    loaded = [line for line in again.lines if '"step_started"' in line and '"load ' in line]
    assert all("Graph/b" in line for line in loaded)
    assert ["KNOWS" in line for line in loaded] == [True], "what was loaded is not loaded again"
    assert town.is_settled()
    assert town.ages("b") == [2, 2, 50, 50]


HEAD = b"id,name,age\n"
BAD_ROWS = {
    "a-value-of-another-type": (HEAD + b"1,a,1\n2,b,x\n", "LD201", 3),
    "a-key-twice": (HEAD + b"1,a,1\n2,b,2\n1,c,3\n", "LD203", 4),
    "a-short-row": (HEAD + b"1,a,1\n2,b\n", "LD205", 3),
    "a-long-row": (HEAD + b"1,a,1\n2,b,2,\n", "LD206", 3),
    "an-empty-key": (HEAD + b"1,a,1\n,b,2\n", "LD207", 3),
    "a-null-in-a-number": (HEAD + b"1,a,\n", "LD208", 2),
    "a-quote-never-closed": (HEAD + b'1,a,1\n2,"b,2\n', "LD209", 3),
    "text-after-a-quote": (HEAD + b'1,"a"b,1\n', "LD209", 2),
    "bytes-not-UTF-8": (HEAD + b"1,a,1\n2,\xff,2\n", "LD210", 3),
    "a-NUL": (HEAD + b"1,a,1\n2,a\0b,2\n", "LD211", 3),
    "a-string-too-long": (HEAD + b"1," + b"x" * 65_536 + b",1\n", "LD202", 2),
    "a-string-of-blanks": (HEAD + b'1,a,1\n2," ",2\n', "LD213", 3),
    "a-carriage-return": (HEAD + b"1,a,1\r2,b,2\n", "LD214", 2),
}
BAD_FILES = {
    "no key column": b"ident,name,age\n1,a,1\n",
    "a header that is not UTF-8": b"id,name,age,\xff\n1,a,1,\n",
    "no bytes at all": b"",
    "a folder in its place": None,
    "no file": ...,
}


def test_every_kind_of_bad_row_is_named_with_its_line_and_each_old_copy_stays(town: Town) -> None:
    embedded = replace(town, mode="embedded")
    for name in BAD_ROWS:
        town.people(name)
    embedded.declare(*(graph(name, edges=False) for name in BAD_ROWS))
    embedded.applied()
    before = {name: embedded.pointer(name) for name in BAD_ROWS}
    for name, (content, _, _) in BAD_ROWS.items():
        (town.path / f"data/{name}.csv").write_bytes(content)
    apply = embedded.gsctl("apply", "-y", "--allow-deletes")  # they shrank, too
    assert apply.returncode == 1
    assert "internal error" not in said(apply)
    for name, (_, code, line) in BAD_ROWS.items():
        found = rf"\[{code}\] --> data/{re.escape(name)}\.csv:{line}\b"
        assert re.search(found, said(apply)), (name, said(apply))
    assert {name: embedded.pointer(name) for name in BAD_ROWS} == before
    assert embedded.client("a-NUL", "MATCH (p:Person) RETURN count(p), max(p.age)") == [[50, 1]]


def test_every_kind_of_bad_file_is_named_before_anything_is_done(town: Town) -> None:
    town.people("a")
    town.declare(graph("a", edges=False))
    town.applied()
    server, file = town.server("a"), town.path / "data/a.csv"
    for case, content in BAD_FILES.items():
        file.rmdir() if file.is_dir() else file.unlink(missing_ok=True)
        if content is None:
            file.mkdir()
        elif content is not ...:
            file.write_bytes(content)
        apply = town.gsctl("apply", "-y")
        assert apply.returncode == 1, (case, said(apply))
        assert "data/a.csv" in said(apply), (case, said(apply))
        assert "--> gsctl.yaml:" in said(apply), (case, said(apply))
    assert town.server("a") == server
    assert town.client("a", "MATCH (p:Person) RETURN count(p), max(p.age)") == [[50, 1]]
    town.people("a", age=2)
    town.applied()
    assert town.is_settled()


def test_a_file_without_rows_is_refused_by_what_its_load_expects(town: Town) -> None:
    town.people("a")
    town.declare(graph("a", edges=False, load="expect: {Person: {min: 10}}"))
    town.applied()
    (town.path / "data/a.csv").write_text("id,name,age\n")
    apply = town.gsctl("apply", "-y", "--allow-deletes")  # it shrank, too
    assert apply.returncode == 1
    assert "Person: 0 rows, which is not what `expect` says" in said(apply)
    assert town.client("a", "MATCH (p:Person) RETURN count(p)") == [[50]]


def test_a_repository_emptied_by_mistake_is_refused_and_touches_nothing(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    project = town.path / "gsctl.yaml"
    whole = project.read_text()
    project.write_text(whole.split("---")[0])
    apply = town.gsctl("apply", "-y")
    assert apply.returncode == 3
    assert "Graph/a.vertices.Person: 50 rows would be lost" in said(apply)
    assert "--allow-deletes" in said(apply)
    assert town.ages("a") == [1, 1, 50, 50]
    for text in (None, "", "# nothing\n"):
        project.unlink() if text is None else project.write_text(text)
        for words in (["plan"], ["apply", "-y"], ["destroy", "-y", "--allow-deletes"]):
            done = town.gsctl(*words)
            assert done.returncode == 1, (text, words, said(done))
            assert "gsctl.yaml" in said(done)
    assert town.ages("a") == [1, 1, 50, 50]
    project.write_text(whole)
    assert town.is_settled()


def test_a_file_that_changes_while_it_is_loaded_is_not_published(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2, rows=150_000)
    apply = Running(town)
    apply.until("step_started", "load Person")
    town.people("a", age=3, rows=150_000)
    assert apply.ended() == 1
    assert "LD120" in apply.text
    assert "data/a.csv" in apply.text
    assert town.ages("a") == [1, 1, 50, 50]
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [3, 3, 150_000, 150_000]


def test_a_file_that_changes_between_plan_and_load_is_not_published(town: Town) -> None:
    """gsctl is stopped after its plan and before its first fill."""
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2)
    apply = Running(town)
    apply.until("step_started", "clone")
    apply.signal(signal.SIGSTOP)
    town.people("a", age=3)
    apply.signal(signal.SIGCONT)
    assert apply.ended() == 1
    assert "LD120" in apply.text
    assert town.ages("a") == [1, 1, 50, 50]
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [3, 3, 50, 50]


def test_appended_files_bring_each_row_once_whenever_apply_is_killed(town: Town) -> None:
    chance = random.Random(20261124)
    data = town.path / "data"
    data.mkdir()
    files: list[str] = []

    def add(rows: int) -> None:
        number = len(files)
        text = "".join(f"{number * 1000 + i},n,1\n" for i in range(rows))
        (data / f"p{number}.csv").write_text(f"id,name,age\n{text}")
        files.append(f"data/p{number}.csv")
        feed = f"  load: {{mode: append, vertices: {{Person: {{files: [{', '.join(files)}]}}}}}}\n"
        town.declare(graph("a", edges=False, fed=False) + feed)

    add(7)
    town.applied()
    for _ in range(6):
        add(7)
        process = town.start("apply", "-y")
        time.sleep(chance.uniform(0.2, 1.6))  # some moment of its life
        process.kill()
        process.communicate()
    town.applied()
    assert town.is_settled()
    found = town.client("a", "MATCH (p:Person) RETURN p.id ORDER BY p.id LIMIT 1000")
    assert [i for (i,) in found] == [n * 1000 + i for n in range(7) for i in range(7)]


def test_a_procedure_whose_test_fails_after_a_load_keeps_the_old_copy_serving(town: Town) -> None:
    procedure = ("kind: Procedure\nmetadata: {name: ones}\nspec:\n  graph: a\n"
                 "  query: MATCH (p:Person) WHERE p.age = 1 RETURN p.id AS id\n"
                 "  tests: [{rows: {min: 1}}]\n")  # fmt: skip
    town.people("a")
    town.declare(graph("a"), extra=procedure)
    town.applied()
    server = town.server("a")
    town.people("a", age=2)
    apply = town.gsctl("apply", "-y")
    assert apply.returncode == 1
    assert "Procedure/ones() gives 0 rows, not at least 1" in said(apply)
    assert town.server("a") == server
    assert town.ages("a") == [1, 1, 50, 50]
    town.people("a", age=1, rows=60)
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [1, 1, 60, 60]


def test_a_row_that_a_client_writes_between_clone_and_switch_is_never_lost(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2, rows=30_000)
    apply = Running(town)
    apply.until("step_finished", "clone")
    apply.signal(signal.SIGSTOP)
    town.client("a", "CREATE (:Person {id: 1000000, name: 'by hand', age: 1})")
    apply.signal(signal.SIGCONT)
    assert apply.ended() == 1
    assert "WR101" in apply.text
    assert town.ages("a") == [1, 1, 51, 50]
    refused = town.gsctl("apply", "-y")
    assert refused.returncode == 3
    assert "Graph/a.vertices.Person: 1 row would be lost" in said(refused)
    assert town.ages("a") == [1, 1, 51, 50]
    town.client("a", "MATCH (p:Person {id: 1000000}) DETACH DELETE p")
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [2, 2, 30_000, 30_000]


@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGKILL, "the checker of loads ended by signal 9"), (signal.SIGSTOP, "SIGSTOP")],
    ids=["killed", "stopped"],
)
def test_a_checker_that_does_not_go_on_fails_its_graph_and_nothing_else(
    town: Town, number: signal.Signals, words: str
) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2, rows=300_000)
    apply = Running(town)
    apply.until("step_started", "load Person")

    def checkers() -> list[psutil.Process]:
        return [w for w in apply.workers() if "reconciler.loads.worker" in w.cmdline()]

    (checker,) = wait_until(checkers, "the checker")
    checker.send_signal(number)
    assert apply.ended() == 1
    assert words in apply.text
    assert "internal error" not in apply.text
    assert not checker.is_running()
    assert town.ages("a") == [1, 1, 50, 50]
    town.people("a", age=3)
    town.applied()
    assert town.is_settled()
    assert town.ages("a") == [3, 3, 50, 50]


def test_rows_of_clients_are_counted_also_when_a_kept_copy_would_serve_again(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.people("a", age=2)
    town.applied()
    town.client("a", "CREATE (:Person {id: 1000, name: 'by hand', age: 2})")
    town.people("a", age=1)
    apply = town.gsctl("apply", "-y")
    assert apply.returncode == 3
    assert "Graph/a.vertices.Person: 1 row would be lost" in said(apply)
    assert town.ages("a") == [2, 2, 51, 50]
