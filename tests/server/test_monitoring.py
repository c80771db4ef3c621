"""The dashboard and the alerts of the example speak of numbers that a real coordinator tells."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from served import Served, number

EXAMPLE = Path(__file__).parents[2] / "examples/monitoring"
NAME = re.compile(r"\b(?:gsctl|process)_[a-z_]+")


def panels() -> list[dict[str, Any]]:
    return json.loads((EXAMPLE / "dashboard.json").read_text("utf-8"))["panels"]


def of_dashboard() -> dict[str, str]:
    """Each query, by its panel."""
    return {f"{panel['title']} {target['refId']}": target["expr"]
            for panel in panels() for target in panel.get("targets", ())}  # fmt: skip


def of_alerts() -> dict[str, str]:
    read = yaml.safe_load((EXAMPLE / "alerts.yaml").read_text("utf-8"))
    return {rule["alert"]: rule["expr"] for group in read["groups"] for rule in group["rules"]}


def told(text: str) -> set[str]:
    """Every name that may be asked for: of a histogram its parts, of a counter its total."""
    names = set()
    for name, sort in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        parts = ("_bucket", "_count", "_sum") if sort == "histogram" else ("",)
        names |= {f"{name}{part}" for part in parts}
    return names


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if not found:
        pytest.skip("promtool is not here: Debian's package `prometheus` has it")
    return found


def tried(promtool: str, *words: str, given: str | None = None) -> None:
    done = subprocess.run([promtool, *words], input=given, text=True, capture_output=True,
                          cwd=EXAMPLE, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.engine
@pytest.mark.parametrize("queries", [of_dashboard(), of_alerts()], ids=["dashboard", "alerts"])
def test_every_number_that_is_asked_for_is_told(open_one: Served, queries: dict[str, str]) -> None:
    known = told(open_one.client.get("/metrics").text)
    asked = {name for query in queries.values() for name in NAME.findall(query)}
    assert len(asked) > 5
    assert sorted(asked - known) == []


@pytest.mark.engine
def test_every_number_that_is_told_is_shown(open_one: Served) -> None:
    text = open_one.client.get("/metrics").text
    ours = {n for n in told(text) if n.startswith("gsctl_")}
    shown = {name for query in {**of_dashboard(), **of_alerts()}.values()
             for name in NAME.findall(query)}  # fmt: skip
    unused = {re.sub(r"_(bucket|count|sum)$", "", n) for n in ours - shown} - {
        re.sub(r"_(bucket|count|sum)$", "", n) for n in shown
    }
    assert sorted(n for n in unused if not n.endswith("_created")) == [
        "gsctl_build_info", "gsctl_lease_epoch"]  # fmt: skip


@pytest.mark.engine
def test_numbers_are_spelled_as_prometheus_wants_them(open_one: Served, promtool: str) -> None:
    tried(promtool, "check", "metrics", given=open_one.client.get("/metrics").text)


@pytest.mark.engine
def test_what_is_as_declared_waits_for_nobody(open_one: Served) -> None:
    for name in ("gsctl_acting", "gsctl_refused_changes", "gsctl_pending_approvals",
                 "gsctl_problems", "gsctl_waiting_resources"):  # fmt: skip
        assert number(open_one.client, name) == 0, name
        assert f"# TYPE {name} gauge" in open_one.client.get("/metrics").text
    assert number(open_one.client, "process_resident_memory_bytes") > 0


def test_the_alerts_ring_when_they_should_and_not_before(promtool: str) -> None:
    tried(promtool, "check", "rules", "alerts.yaml")
    tried(promtool, "test", "rules", "alerts.test.yaml")


def test_the_queries_of_the_dashboard_are_right(promtool: str, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel{n}", "expr": query.replace("$__rate_interval", "5m")}
        for n, query in enumerate(of_dashboard().values())
    ]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    tried(promtool, "check", "rules", str(path))


def test_the_panels_stand_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}  # fmt: skip
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids)
    assert all(panel.get("description") for panel in panels() if panel["type"] != "row")
