"""Several environments in one coordinator: each for itself, told apart by path, token and label."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from coordinator import Coordinator, until
from leftovers import end_processes
from playwright.sync_api import Browser, expect
from repository import Repository
from served import ADDRESSES, Served, await_phase, items, serving
from test_browser import FLAWS, opened
from test_pages import BROWSER, proof_on, visitor
from upstream import Upstream

pytestmark = pytest.mark.engine
NAMES = ("dev", "prod")
OVERLAY = "kind: Graph\nmetadata: {{name: people}}\nspec: {{keepPrevious: {keep}}}\n"


def overlaid(repository: Repository) -> None:
    """Both environments, which differ in how long they keep copies."""
    folder = repository.path / "environments"
    folder.mkdir()
    for name, keep in zip(NAMES, ("2h", "3h"), strict=True):
        (folder / f"{name}.yaml").write_text(OVERLAY.format(keep=keep))


def kept_by(folder: Path) -> Coordinator:
    repository = Repository(folder / "kept")
    repository.path.mkdir()
    repository.write(rows=20)
    overlaid(repository)
    return Coordinator(repository)


WORDS = ("-e", "dev", "-e", "prod")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, neug_python: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("both")
    with serving(kept_by(folder), *WORDS) as served:
        until(served.ready, "it is ready")
        yield served
    end_processes(folder)


@pytest.fixture(scope="module")
def tokens(both: Served) -> dict[str, str]:
    """An editor's of each environment, once both are as declared."""
    found = {}
    for name in NAMES:
        made = both.coordinator.repository.gsctl("-e", name, "token", "create", "ada", "--role",
                                                 "editor")  # fmt: skip
        assert made.returncode == 0, made.stderr
        found[name] = made.stdout.strip()
        with both.with_text(found[name]) as client:
            await_ready(client, name)
    return found


def await_ready(client: httpx.Client, name: str) -> None:
    """Wait until the graph of an environment is as declared."""
    path = f"/v1/environments/{name}/resources/Graph/people"
    until(lambda: client.get(path).json().get("status", {}).get("phase") == "Ready", name)


def keeps(client: httpx.Client, path: str) -> str:
    """For how long the graph there keeps its copies."""
    return client.get(f"{path}/resources/Graph/people").json()["spec"]["keepPrevious"]


def test_v1_is_the_first_environment_and_each_has_its_path(both: Served, tokens) -> None:
    with both.with_text(tokens["dev"]) as dev, both.with_text(tokens["prod"]) as prod:
        assert keeps(dev, "/v1") == keeps(dev, "/v1/environments/dev") == "7200s"
        assert keeps(prod, "/v1/environments/prod") == "10800s"
        assert keeps(prod, "/v1/environments/prod/tenants/default") == "10800s"
        asked = {"cypher": "MATCH (p:Person) RETURN count(p) AS n"}
        assert prod.post("/v1/environments/prod/query/people", json=asked).json()["rows"] == [[20]]
        none = dev.get("/v1/environments/none/plan")
        assert (none.status_code, none.json()["problems"][0]["code"]) == (404, "CX113")
        assert "dev, prod" in none.json()["problems"][0]["summary"]


def test_each_has_a_lease_a_ledger_and_a_history_of_its_own(both: Served, tokens) -> None:
    root = both.coordinator.repository.path / ".gsctl"
    for name in NAMES:
        lease = json.loads((root / name / "lease.json").read_text())
        assert lease["holder"]["pid"] == both.process.pid
        assert (root / name / "ledger/history.jsonl").exists()
        applied = both.coordinator.repository.gsctl("-e", name, "apply", "-y")
        assert applied.returncode == 3
        assert both.url in applied.stderr


def test_a_token_opens_its_own_environment_alone(both: Served, tokens) -> None:
    with both.with_text(tokens["dev"]) as dev, both.with_text(tokens["prod"]) as prod:
        for client, shut in ((dev, "/v1/environments/prod"), (prod, "/v1")):
            for path in ("/resources", "/plan", "/history", "/metrics"):
                if (shut, path) == ("/v1", "/metrics"):
                    continue
                found = client.get(f"{shut}{path}")
                assert found.status_code == 401, path
                assert "people" not in found.text
        asked = prod.post("/v1/environments/prod/reconcile")
        assert asked.status_code == 202
    root = both.coordinator.repository.path / ".gsctl"

    def kept(name: str) -> bool:
        audit = root / name / "ledger/audit.jsonl"
        return "/v1/environments/prod/reconcile" in audit.read_text()

    until(lambda: kept("prod"), "it is kept once it was answered")
    assert not kept("dev")


def test_numbers_have_their_environment_and_only_those_that_one_may_see(
    both: Served, tokens
) -> None:
    with both.with_text(tokens["dev"]) as dev, both.with_text(tokens["prod"]) as prod:
        first, second = dev.get("/metrics").text, prod.get("/v1/environments/prod/metrics").text
    for text, mine, other in ((first, "dev", "prod"), (second, "prod", "dev")):
        assert f'gsctl_lease_held{{environment="{mine}"}} 1.0' in text
        assert f'environment="{other}"' not in text
        assert "gsctl_build_info" in text
        assert len(re.findall(r"^# TYPE gsctl_resources gauge$", text, re.MULTILINE)) == 1


def test_a_command_line_elsewhere_asks_for_one_by_name(both: Served, tokens) -> None:
    asked = both.coordinator.repository.gsctl(
        "--coordinator", both.url, "-e", "prod", "get", "graph/people", "-o", "json",
        env={"GSCTL_TOKEN": tokens["prod"]},
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["spec"]["keepPrevious"] == "10800s"


def test_the_pages_of_each_need_a_token_of_it_and_one_session_holds_both(
    both: Served, tokens
) -> None:
    place = "/environments/prod"
    with visitor(both) as client:
        assert client.post("/login", data={"token": tokens["dev"]}).headers["Location"] == "/"
        page = client.get("/").text
        assert "Not for you" in page
        assert page.count("As declared") == 2, "its own, above and in the list"
        denied = client.get(f"{place}/things/Graph/people")
        assert denied.status_code == 303
        assert denied.headers["Location"].startswith("/login?to=%2Fenvironments%2Fprod%2Fthings")
        entered = client.post("/login", data={"token": tokens["prod"]})
        assert entered.headers["Location"] == f"{place}/"
        page = client.get(f"{place}/").text
        assert "Not for you" not in page
        assert f'href="{place}/things/Graph/people"' in page
        assert "10800s" in client.get(f"{place}/things/Graph/people").text
        assert "7200s" in client.get("/things/Graph/people").text
        for path in ("/plan", "/events", "/history"):
            assert client.get(f"{place}{path}").status_code == 200, path
        acted = client.post(f"{place}/act/suspend/Graph/people", data={"proof": proof_on(page)})
        assert acted.headers["Location"] == f"{place}/things/Graph/people?did=suspend"
        client.post(f"{place}/act/resume/Graph/people", data={"proof": proof_on(page)})
        assert client.get("/environments/none/").status_code == 404
        left = client.post(f"{place}/logout", data={"proof": proof_on(page)})
        assert left.headers["Location"] == "/login"
        assert client.get("/").status_code == 303


def test_what_breaks_one_environment_stops_no_other(tmp_path: Path, neug_python: Path) -> None:
    coordinator = kept_by(tmp_path)
    lease = coordinator.repository.path / ".gsctl/prod/lease.json"
    lease.parent.mkdir(parents=True)
    lease.write_text('{"format": 999}')
    with serving(coordinator, *WORDS, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        ready = served.client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["reason"].startswith("prod: ")
        assert "Not to be relied on" in served.client.get("/", headers=BROWSER).text
        coordinator.repository.write(version=2, rows=30)
        until(lambda: items(served.client)["Graph/people"]["status"]["counts"]
              == {"Person": 30, "KNOWS": 30}, "dev goes on")  # fmt: skip
        lease.unlink()
        until(served.ready, "prod was begun again")
    end_processes(tmp_path)


def test_environments_of_one_branch_share_a_clone_and_a_push_reaches_each(
    tmp_path: Path, neug_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    coordinator = kept_by(tmp_path)
    upstream = Upstream.made(coordinator.repository.path)
    upstream.git("commit", "--quiet", "--allow-empty", "--message=nothing yet")
    words = (*WORDS, "--insecure-loopback", "--source", f"{upstream.url}?ref=main",
             "--interval", "1s")  # fmt: skip
    with serving(coordinator, *words) as served:
        assert served.client.get("/healthz").json() == {"status": "ok"}
        early = served.client.get("/readyz")
        assert early.status_code == 503
        assert early.json()["reason"] == "dev: its documents were not seen yet"
        assert served.client.get("/v1/plan").json()["problems"][0]["code"] == "HT105"
        assert "Refused" in served.client.get("/", headers=BROWSER).text
        assert served.client.get("/login", follow_redirects=False).status_code == 200
        commit = upstream.commit()
        until(served.ready, "both were seen")
        for name in NAMES:
            await_ready(served.client, name)
        assert served.client.get("/", headers=BROWSER).text.count(f'title="{commit}"') == 3
        assert len(list((tmp_path / "state/gsctl/git").iterdir())) == 1
    end_processes(tmp_path)


@pytest.mark.parametrize(("width", "height"), [(1200, 800), (390, 844)])
def test_people_go_from_one_environment_to_the_other(
    chromium: Browser, both: Served, tokens, width: int, height: int
) -> None:
    with opened(chromium, width, height) as page, ExitStack() as held:
        client = held.enter_context(visitor(both))
        for token in tokens.values():
            client.post("/login", data={"token": token})
        (cookie,) = client.cookies.jar
        page.context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": both.url}])
        page.goto(both.url)
        list_ = page.locator("#environments")
        expect(list_.get_by_role("row")).to_have_count(3)
        expect(list_).to_contain_text("As declared")
        assert page.evaluate(FLAWS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        list_.get_by_role("link", name="prod").press("Enter")
        expect(page).to_have_url(f"{both.url}/environments/prod/")
        expect(page).to_have_title("Things · people/prod")
        page.get_by_role("link", name="people").nth(1).press("Enter")
        expect(page.locator(".diff")).to_contain_text("keepPrevious: 10800s")
        page.get_by_label("Environments").get_by_role("link", name="dev").press("Enter")
        expect(page).to_have_title("Things · people/dev")


def test_a_token_that_opens_one_environment_is_no_wrong_one_in_the_others(
    both: Served, tokens
) -> None:
    transport = httpx.HTTPTransport(local_address=next(ADDRESSES))
    headers = {"Authorization": f"Bearer {tokens['dev']}"}
    with httpx.Client(base_url=both.url, headers=headers, transport=transport) as client:
        for _ in range(12):
            assert client.get("/metrics").status_code == 200
            assert client.get("/", headers=BROWSER).status_code == 200
        del client.headers["Authorization"]
        wrong = client.get("/v1/plan", headers={"Authorization": "Bearer gsctl_1_x"})
        assert wrong.status_code == 401
