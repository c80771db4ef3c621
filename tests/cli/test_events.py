"""What is told of the applies of the past, and of each new one."""

from __future__ import annotations

import json
import re
import subprocess

from program import Program

from reconciler.ledger import Ledger, Made, Run

FIRST = Run(1_000_000.0, 1_000_002.5, "ok", {"add": 2, "load": 1},
            made=tuple(Made(f"Graph/g{n}", "create", ()) for n in range(4)),
            by="ada on vm, gsctl apply")  # fmt: skip
LATER = Run(1_000_100.0, 1_000_100.5, "failed", by="ada on vm, gsctl serve")


def ledger(here: Program) -> Ledger:
    folder = here.home / ".gsctl/default/ledger"
    folder.mkdir(parents=True, exist_ok=True)
    return Ledger(folder)


def test_applies_are_listed_with_when_how_what_and_by_whom(here: Program) -> None:
    here("init")
    assert here("events", "--json").out == '{\n  "kind": "List",\n  "items": []\n}\n'
    ledger(here).record_run(FIRST)
    ledger(here).record_run(LATER)
    assert [re.split("  +", line) for line in here("events").out.splitlines()] == [
        ["WHEN", "SECONDS", "OUTCOME", "WHAT", "BY"],
        ["1970-01-12T13:46:40Z", "2.5", "ok",
         "2 added, 1 loaded: Graph/g0, Graph/g1, Graph/g2 and 1 more", "ada on vm, gsctl apply"],
        ["1970-01-12T13:48:20Z", "0.5", "failed", "nothing to tell", "ada on vm, gsctl serve"],
    ]  # fmt: skip
    first, later = json.loads(here("events", "--json").out)["items"]
    assert (first["startedAt"], first["seconds"]) == ("1970-01-12T13:46:40Z", 2.5)
    assert first["changes"][0] == {"address": "Graph/g0", "action": "create", "fields": []}
    assert (later["outcome"], later["by"]) == ("failed", "ada on vm, gsctl serve")


def test_whoever_watches_is_told_of_each_new_one_once(here: Program) -> None:
    here("init")
    ledger(here).record_run(FIRST)
    words = ("events", "--watch", "--json")
    with Program(here.home).running(*words, stdout=subprocess.PIPE) as process:
        assert json.loads(process.stdout.readline())["outcome"] == "ok"
        ledger(here).record_run(LATER)
        assert json.loads(process.stdout.readline())["outcome"] == "failed"
        process.terminate()
        assert process.stdout.read() == ""
