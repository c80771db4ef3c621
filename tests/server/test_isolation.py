"""What another tenant has is, at every door, the same as what nobody has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from coordinator import Coordinator, until
from leftovers import end_processes
from repository import Repository
from served import Served, serving

pytestmark = pytest.mark.engine

# Of one length each, so that answers can be compared to the byte.
MINE, THEIRS, NOBODY = "alpha", "bravo", "nobdy"
SECRET, NOTHING = "jewels", "nosuch"
BODIES = {"query": {"cypher": "RETURN 1"}, "call": {}}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def documents(repository: Repository) -> list[dict]:
    person = {"key": "id", "properties": {"id": "int64"}}
    found: list[dict] = [
        {"kind": "Project", "apiVersion": "gsctl.io/v1alpha1", "metadata": {"name": "town"},
         "spec": {"id": repository.id}},
        {"kind": "Tenant", "metadata": {"name": MINE}, "spec": {}},
        {"kind": "Tenant", "metadata": {"name": THEIRS}, "spec": {"quota": {"graphs": 1}}},
    ]  # fmt: skip
    shared = str(repository.path / "shared")
    for tenant, name in ((MINE, "people"), (THEIRS, SECRET), (THEIRS, f"{SECRET}-more")):
        found.append({"kind": "Graph", "metadata": {"name": name, "tenant": tenant},
                      "spec": {"engine": "main", "vertices": {"P": person}}})  # fmt: skip
    for tenant in (MINE, THEIRS):
        found += [
            {"kind": "Engine", "metadata": {"name": "main", "tenant": tenant},
             "spec": {"type": "neug"}},
            {"kind": "Engine", "metadata": {"name": "clash", "tenant": tenant},
             "spec": {"type": "neug", "substrate": {"local": {"path": shared}}}},
        ]  # fmt: skip
    for name in (SECRET,):
        found.append({"kind": "Procedure", "metadata": {"name": name, "tenant": THEIRS},
                      "spec": {"graph": SECRET, "query": "MATCH (p:P) RETURN count(p)"}})  # fmt: skip
    return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, neug_python: Path) -> Iterator[Served]:
    """An environment of two tenants, one of whom has what he may not, and a clash between them."""
    repository = Repository(tmp_path_factory.mktemp("shared") / "kept")
    repository.path.mkdir()
    text = "\n---\n".join(map(json.dumps, documents(repository)))
    (repository.path / "gsctl.yaml").write_text(text)
    with serving(Coordinator(repository)) as served:
        until(served.ready, "it is ready")
        with served.token("admin", name="all") as all_:
            path = f"/v1/tenants/{THEIRS}/resources/Graph/{SECRET}"
            until(lambda: "Loaded" in all_.get(path).text, "the graphs are there")
        yield served
    end_processes(repository.path.parent)


@pytest.fixture(scope="module")
def mine(shared: Served) -> Iterator[httpx.Client]:
    with shared.token("admin", "--tenant", MINE, name="mine") as client:
        yield client


def doors(served: Served) -> list[tuple[str, str]]:
    """Every method of every path below /v1."""
    told = served.client.get("/openapi.json").json()["paths"]
    return [(method, path) for path, methods in told.items() for method in METHODS
            if path.startswith("/v1") and method in methods]  # fmt: skip


def answer(client: httpx.Client, method: str, path: str, **names: str) -> str:
    """All that is answered, but for the moment, with the names that were asked for left out."""
    for name in ("kind", "verb"):
        path = path.replace(f"{{{name}}}", names.get(name, ""))
    for name in ("name", "graph", "procedure"):
        path = path.replace(f"{{{name}}}", names["asked"])
    path = path.replace("{tenant}", names["tenant"])
    body = next((body for door, body in BODIES.items() if f"/{door}/" in path), {})
    request = client.build_request(
        method, path, json=body if method == "post" else None, timeout=60
    )
    found = client.send(request, stream=True)
    text = (
        next(found.iter_text(), "")
        if "event-stream" in found.headers.get("content-type", "")
        else None
    )
    if text is None:
        found.read()
        text = found.text
    found.close()
    headers = {k: v for k, v in found.headers.items() if k != "date"}
    whole = json.dumps([found.status_code, headers, text])
    return whole.replace(names["asked"], "NAME").replace(names["tenant"], "TENANT")


def test_a_thing_of_another_tenant_is_one_that_is_not_there(
    shared: Served, mine: httpx.Client
) -> None:
    found = doors(shared)
    assert len(found) > 20
    told = 0
    for method, path in found:
        for kind in ("Graph", "Procedure", "Engine") if "{kind}" in path else ("",):
            for verb in ("suspend", "restart", "adopt") if "{verb}" in path else ("",):
                at = {"kind": kind, "verb": verb}
                for tenant in (MINE, "default"):
                    theirs = answer(mine, method, path, tenant=tenant, asked=SECRET, **at)
                    nobody = answer(mine, method, path, tenant=tenant, asked=NOTHING, **at)
                    if "{name}" in path or "{graph}" in path or "{procedure}" in path:
                        assert theirs == nobody, path
                        told += "RF104" in theirs or "AP101" in theirs
                theirs = answer(mine, method, path, tenant=THEIRS, asked=SECRET, **at)
                nobody = answer(mine, method, path, tenant=NOBODY, asked=NOTHING, **at)
                assert theirs == nobody, path
                if "{tenant}" in path:
                    assert theirs.startswith("[403"), path
    assert told > 10, "of most doors it is said that there is no such thing"


def test_what_is_mine_tells_no_word_of_others(shared: Served, mine: httpx.Client) -> None:
    base = f"/v1/tenants/{MINE}"
    texts = {path: mine.get(f"{base}/{path}").text for path in
             ("resources", "resources/Engine", "resources/Tenant", "plan", f"resources/Tenant/{MINE}")}  # fmt: skip
    assert "something of another tenant" in texts["plan"], "the clash is told of"
    assert '"people"' in texts["resources"]
    assert f'"{MINE}"' in texts["resources/Tenant"]
    for path, text in texts.items():
        assert THEIRS not in text, path
        assert SECRET not in text, path
    plan = json.loads(texts["plan"])
    assert plan["revision"] == ""
    assert not any(problem["code"] == "QT101" for problem in plan["problems"])
    with shared.token("viewer", name="whole") as whole:
        everything = whole.get("/v1/plan").text + whole.get(f"/v1/tenants/{THEIRS}/plan").text
        assert "QT101" in everything
        assert whole.get(f"/v1/tenants/{THEIRS}/resources/Tenant/{THEIRS}").status_code == 200


PAGES = (
    "",
    "things/Graph/{name}",
    "things/Engine/{name}",
    "plan",
    "events",
    "history",
    "none/{name}",
)


@pytest.mark.parametrize("page", PAGES)
def test_pages_for_people_tell_no_more(mine: httpx.Client, page: str) -> None:
    texts = []
    for tenant, asked in ((THEIRS, SECRET), (NOBODY, NOTHING)):
        found = mine.get(f"/tenants/{tenant}/{page.format(name=asked)}")
        assert found.status_code in (403, 404)
        texts.append(
            (found.status_code, found.text.replace(tenant, "TENANT").replace(asked, "NAME"))
        )
    assert texts[0] == texts[1]
    own = [mine.get(f"/tenants/{MINE}/{page.format(name=name)}") for name in (SECRET, NOTHING)]
    assert own[0].status_code == own[1].status_code
    assert THEIRS not in own[0].text
    assert page.endswith("{name}") or SECRET not in own[0].text


def test_what_others_change_is_not_noticed(shared: Served, mine: httpx.Client) -> None:
    """Neither in a mark of the whole plan, nor among the events."""
    repository = shared.coordinator.repository
    before = mine.get(f"/v1/tenants/{MINE}/plan").json()
    with mine.stream("GET", f"/v1/tenants/{MINE}/events", timeout=60) as events, \
            shared.token("admin", name="changing") as whole:  # fmt: skip
        lines = events.iter_lines()
        assert next(lines) == ": listening"
        for tenant, name, place in ((THEIRS, "third", "plan"), (MINE, "own", "resources")):
            if tenant == MINE:
                after = mine.get(f"/v1/tenants/{MINE}/plan").json()
                assert {**before, "seen_at": 0} == {**after, "seen_at": 0}
            # Theirs is over their quota: it stays pending, and the plan of all is another one.
            spec = {"type": "neug"} if tenant == MINE else {"engine": "main"}
            more = {"kind": "Engine" if tenant == MINE else "Graph", "spec": spec,
                    "metadata": {"name": name, "tenant": tenant}}  # fmt: skip
            (repository.path / f"{name}.yaml").write_text(json.dumps(more))
            path = f"/v1/tenants/{tenant}/{place}"
            until(lambda path=path, name=name: name in whole.get(path).text, "it is seen")
        told = next(line for line in lines if line.startswith("data: "))
        assert "own" in told
        assert "third" not in told
    (repository.path / "third.yaml").unlink()


def test_one_tenant_over_its_quota_keeps_no_other_waiting(
    shared: Served, mine: httpx.Client
) -> None:
    assert (
        mine.get(f"/v1/tenants/{MINE}/resources/Graph/people").json()["status"]["phase"] == "Ready"
    )
    with shared.token("viewer", name="looks") as whole:
        path = f"/v1/tenants/{THEIRS}/resources/Graph"

        def phases() -> tuple[str, str]:
            items = whole.get(path).json()["items"]
            found = {i["metadata"]["name"]: i["status"]["phase"] for i in items}
            return found[SECRET], found[f"{SECRET}-more"]

        until(lambda: phases() == ("Ready", "Absent"), "nothing is done, and the quota is kept")


def test_a_member_of_no_tenant_of_a_name_is_told_of_none(
    shared: Served, mine: httpx.Client
) -> None:
    for path in ("/v1/resources", "/v1/history", "/metrics"):
        assert mine.get(path).status_code == 403


def test_an_engine_of_another_tenant_that_cannot_be_seen_is_not_told_of() -> None:
    from reconciler.model.key import Key
    from reconciler.model.observed import Snapshot
    from reconciler.model.problem import Problem
    from reconciler.server.finding import live_graph
    from reconciler.server.refusal import Refusal

    hidden = Snapshot(unknown={Key(THEIRS, "Engine", "main"): Problem("error", SECRET, "ST100")})
    for tenant, status in ((MINE, 404), (THEIRS, 503)):
        with pytest.raises(Refusal) as told:
            live_graph(hidden, Key(tenant, "Graph", "people"))
        assert told.value.status_code == status
