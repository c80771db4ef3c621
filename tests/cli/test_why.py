"""`why`: the line that asks, the applies that brought it, what stands on it, and what comes next."""

from __future__ import annotations

import json
from contextlib import closing
from types import SimpleNamespace

import pytest
from program import Program

from gsctl.views.text import Paint
from gsctl.views.why import why_plain, why_text
from reconciler import wire
from reconciler.api import Api, Options
from reconciler.model.key import Key
from reconciler.queries.touching import touched
from reconciler.why import Subject, story, subject_of


def why(ran) -> dict:
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


@pytest.fixture
def started(here):
    assert here("init").code == 0
    return here


@pytest.mark.parametrize(
    ("address", "line", "on", "under"),
    [
        pytest.param("engine/main", "metadata: {name: main}", [], ["Graph/packages"], id="an engine"),
        pytest.param("graphs/packages", "metadata: {name: packages}", ["Engine/main"],
                     ["Load/packages", "Procedure/affected-by"], id="a graph"),
        pytest.param("Graph/packages.vertices.Package", "    Package:", ["Graph/packages"],
                     ["Graph/packages.edges.DEPENDS_ON", "Load/packages", "Procedure/affected-by"],
                     id="a vertex type"),
        pytest.param("Graph/packages.vertices.Package.properties.version", "version: string",
                     ["Graph/packages.vertices.Package"], ["Load/packages"], id="a property"),
        pytest.param("Graph/packages.vertices.Package.properties.name", "name: string",
                     ["Graph/packages.vertices.Package"],
                     ["Graph/packages.edges.DEPENDS_ON", "Load/packages", "Procedure/affected-by"],
                     id="a key, which edges and queries need"),
        pytest.param("Graph/packages.edges.DEPENDS_ON", "DEPENDS_ON:",
                     ["Graph/packages", "Graph/packages.vertices.Package"],
                     ["Load/packages", "Procedure/affected-by"], id="an edge type"),
        pytest.param("Load/packages", "    vertices: {Package: {files", ["Graph/packages"], [],
                     id="a load"),
        pytest.param("Procedure/affected-by", "metadata: {name: affected-by}",
                     ["Graph/packages", "Graph/packages.edges.DEPENDS_ON",
                      "Graph/packages.vertices.Package"], [], id="a procedure"),
    ],
)  # fmt: skip
def test_every_kind_of_address_tells_who_asks_and_what_hangs_on_it(
    started, address, line, on, under
):
    found = why(started("why", address, "--json"))
    asked = found["asked"]
    text = (started.home / asked["file"]).read_text().splitlines()[asked["line"] - 1]
    assert (text, asked["excerpt"].rstrip()) == (asked["excerpt"].rstrip(), text)
    assert line in text
    assert (found["stands_on"], found["under"]) == (on, under)
    assert found["change"]["effect"] in ("create", "load")
    assert started("why", address).out.startswith(found["address"])


def test_a_default_is_said_to_be_one(started):
    ran = started("why", "Graph/packages.keepPrevious")
    assert "wished: 86400s; live: nothing" in ran.out
    assert "note: not written: the default, or what lies above" in ran.out


@pytest.mark.parametrize(
    "address", ["Graph/packages", "Graph/packages.vertices.Package", "Load/packages"]
)
def test_what_a_coordinator_tells_reads_the_same_when_it_has_travelled(started, address):
    with closing(Api(Options(started.home))) as api:
        told = story(api, address)
        assert told.why
        assert told.why.steps
        statements = {step.id: api.statements(step) for step in told.why.steps}
        there = wire.loaded(wire.dumped((told, statements)), tuple)
        far = SimpleNamespace(statements=lambda step: there[1].get(step.id, ()))
        paint = Paint(False)
        assert (why_text(far, there[0].planned, there[0].why, paint)
                == why_text(api, told.planned, told.why, paint))  # fmt: skip
        assert why_plain(far, there[0].planned, there[0].why) == \
            why_plain(api, told.planned, told.why)  # fmt: skip


@pytest.mark.parametrize(
    ("address", "code", "says"),
    [
        ("Graph/packages.vertices.Pakage", "RF104", "Graph/packages has no `vertices.Pakage`"),
        ("Graph/nothing", "RF104", "there is no Graph/nothing"),
        ("packages", "CL104", "is no address"),
        ("Grph/packages", "CL103", "there is no kind"),
    ],
)
def test_what_is_not_there_is_said(started, address, code, says):
    ran = started("why", address)
    assert ran.code == 1
    assert says in ran.err
    assert f"[{code}]" in ran.err


def test_names_may_have_dots_and_the_longest_wins():
    keys = {f"Graph/{name}": Key("default", "Graph", name) for name in ("a", "a.b")}
    assert subject_of("Graph/a.b.vertices.P", keys) == Subject(keys["Graph/a.b"], ("vertices", "P"))
    assert subject_of("Graph/a.c", keys) == Subject(keys["Graph/a"], ("c",))
    assert subject_of("Graph/b", keys) is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("MATCH (p:P {a: 1}) RETURN p.b", {("P", ""), ("P", "a"), ("P", "b")}),
        ("MATCH (p)-[e:E]->() RETURN e.w, p.x", {("E", ""), ("E", "w"), ("", "x")}),
        ("no query at all (", set()),
    ],
)
def test_what_a_query_touches(query, found):
    assert touched(query) == found


@pytest.fixture(scope="module")
def applied(tmp_path_factory, neug_python):
    home = tmp_path_factory.mktemp("why") / "demo"
    home.mkdir()
    program = Program(home)
    assert program("init").code == 0
    assert program("apply", "-y").code == 0
    yield program
    last = program("destroy", "-y", "--allow-deletes")
    assert last.code == 0, last.err


@pytest.mark.engine
def test_what_lives_tells_since_when_by_which_apply_and_what_comes_next(applied):
    address = "Graph/packages.vertices.Package.properties.version"
    found = why(applied("why", address, "--json"))
    assert (found["phase"], found["wish"], found["live"]) == ("Ready", "string", "string")
    assert [(c["action"], c["fields"]) for c in found["applied"]] == [("create", [])]
    assert found["applied"][0]["seconds"] > 0, "the load of its type"
    assert found["serves_since"] <= found["applied"][0]["at"]
    assert found["change"] is None
    text = applied("why", address).out
    assert "nothing: it is as declared" in text

    path = applied.home / "gsctl.yaml"
    before = path.read_text()
    try:
        path.write_text(before.replace("version: string", "version: string, extra: int64", 1))
        added = why(applied("why", "Graph/packages.vertices.Package.properties.extra", "--json"))
        assert (added["wish"], added["live"]) == ("int64", None)
        assert added["change"]["effect"] == "in place"
        assert added["under"] == [], "its column is not in the file"
        statements = [line for step in added["steps"] for line in step["statements"]]
        assert "ALTER TABLE `Package` ADD `extra` INT64" in statements
        assert applied("apply", "-y").code == 0
        came = why(applied("why", "Graph/packages.vertices.Package.properties.extra", "--json"))
        assert [c["action"] for c in came["applied"]] == ["update", "create"]
        assert came["applied"][0]["fields"] == ["vertices.Package.properties.extra"]
        other = why(applied("why", address, "--json"))
        assert [c["action"] for c in other["applied"]] == ["create"], "that apply left it alone"
    finally:
        path.write_text(before)


@pytest.mark.engine
def test_what_is_run_again_only_because_of_another_says_because_of_what(applied):
    path = applied.home / "gsctl.yaml"
    before = path.read_text()
    try:
        path.write_text(before.replace("version: string", "version: string(100)", 1))
        found = why(applied("why", "Load/packages", "--json"))
        text = applied("why", "Load/packages").out
        assert found["change"] is None
        assert found["because"] == {"Graph/packages": ["Package", "DEPENDS_ON"]}
        assert "runs again because of Graph/packages (Package, DEPENDS_ON)" in text
        told = why(applied("why", "Procedure/affected-by", "--json"))
        assert list(told["because"]) == ["Graph/packages"]
    finally:
        path.write_text(before)
