"""A repository whose graph stands behind a relay: its pointer, its processes, a word to it."""

from __future__ import annotations

import http.client
import json

import psutil
from repository import Repository

from reconciler.copies.marks import read_pointer
from reconciler.model.observed import Pointer
from reconciler.model.unit import UnitMark

RELAY = "relay: true"


def pointer(people: Repository) -> Pointer:
    (file,) = people.path.glob(".gsctl/default/default/main/.graphs/*/serving.json")
    found = read_pointer(file)
    assert found
    return found


def units(people: Repository) -> dict[str, list[psutil.Process]]:
    """The graph's processes by role, read from their marks."""
    found: dict[str, list[psutil.Process]] = {"server": [], "relay": []}
    for process in psutil.process_iter():
        try:
            text = process.environ().get("GSCTL_UNIT")
        except psutil.Error:
            continue
        if text and (mark := UnitMark.parse(text)).root_path == str(people.path / ".gsctl"):
            found[mark.role].append(process)
    return found


def counted(people: Repository) -> tuple[int, int]:
    """How many servers and relays run."""
    found = units(people)
    return len(found["server"]), len(found["relay"])


def status(people: Repository) -> dict:
    return json.loads(people.gsctl("get", "Graph/people", "-o", "json").stdout)["status"]


def told(port: int, query: str) -> int:
    """The status of the answer to a statement on a graph's port."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/cypher", json.dumps({"query": query}))
        return connection.getresponse().status
    finally:
        connection.close()
