"""A repository of several graphs, and hands that reach around gsctl: what people and machines do."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil
from repository import Repository

_CLIENT = """
import json, logging, os, sys
os.environ["GLOG_minloglevel"] = "3"
logging.disable(logging.CRITICAL)
from neug import Database, Session
where, *statements = sys.argv[1:]
if where.startswith("http"):
    speaker = Session(where, timeout="20s")
else:
    database = Database(where, "rw")
    speaker = database.connect()
for statement in statements:
    rows = [list(row) for row in speaker.execute(statement)]
speaker.close()
if not where.startswith("http"):
    database.close()
print(json.dumps(rows, default=str))
"""
_HOLDER = """
import logging, os, sys
os.environ["GLOG_minloglevel"] = "3"
logging.disable(logging.CRITICAL)
from neug import Database
database = Database(sys.argv[1], sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True)
class Town(Repository):
    """Graphs named by the test, each with people who know the next one, fed by files of its own."""

    python: Path = Path()
    name: str = "town"
    given_id: str = ""
    home: str = ".gsctl/{environment}/default/main"  # where the engine lies

    @property
    def id(self) -> str:
        return self.given_id or Repository.id.fget(self)

    def people(self, graph: str, *, age: int = 1, rows: int = 50) -> None:
        """The files of a graph: every age is `age`."""
        data = self.path / "data"
        data.mkdir(exist_ok=True)
        people = "".join(f"{i},n{i},{age}\n" for i in range(rows))
        (data / f"{graph}.csv").write_text(f"id,name,age\n{people}")
        knows = "".join(f"{i},{(i + 1) % rows}\n" for i in range(rows))
        (data / f"{graph}-knows.csv").write_text(f"src,dst\n{knows}")

    def declare(self, *graphs: str, engine: str = "", project: str = "", extra: str = "") -> None:
        """gsctl.yaml with these graphs' documents (see `graph`)."""
        if not self.home.startswith(".gsctl"):
            engine += f", substrate: {{local: {{path: {self.home}}}}}"
        spec = f"{{type: neug, mode: {self.mode}{engine}}}"
        head = (f"apiVersion: gsctl.io/v1alpha1\nkind: Project\nmetadata: {{name: {self.name}}}\n"
                f"spec: {{id: {self.id}{project}}}\n")  # fmt: skip
        main = f"kind: Engine\nmetadata: {{name: main}}\nspec: {spec}\n"
        text = "---\n".join(part for part in (head, main, *graphs, extra) if part)
        (self.path / "gsctl.yaml").write_text(text)

    def uid(self, graph: str) -> str:
        """The uid of a graph, by the link that people find it by."""
        return self.place(graph).resolve().name

    def place(self, graph: str, environment: str = "default") -> Path:
        """A graph's folder, by its link."""
        return self.path / self.home.format(environment=environment) / graph

    def pointer(self, graph: str) -> dict[str, Any]:
        """What a graph's pointer says."""
        return json.loads((self.place(graph) / "serving.json").read_text())

    def server(self, graph: str) -> psutil.Process:
        """The process that serves a graph of this root."""
        (found,) = self.servers(graph)
        return found

    def servers(self, graph: str) -> list[psutil.Process]:
        """Every process that serves a graph of this root."""
        found = []
        for process in psutil.process_iter():
            try:
                mark = json.loads(process.environ().get("GSCTL_UNIT", "{}"))
            except (psutil.Error, OSError):
                continue
            if mark.get("root_path", "").startswith(str(self.path)) and mark["name"] == graph \
                    and process.status() != psutil.STATUS_ZOMBIE:  # fmt: skip
                found.append(process)
        return found

    def client(self, graph: str, *statements: str) -> list[list[Any]]:
        """What a user's own program is told, by the server or, embedded, by the database."""
        where = f"http://127.0.0.1:{self.pointer(graph)['port']}" if self.mode == "served" \
            else str((self.place(graph) / "current").resolve())  # fmt: skip
        return neug(self.python, where, *statements)

    def ages(self, graph: str) -> list[Any]:
        """Lowest and highest age, people, and acquaintances, as a user's program counts them."""
        (row,) = self.client(graph, "MATCH (p:Person) RETURN min(p.age), max(p.age), count(p)")
        ((knows,),) = self.client(graph, "MATCH (:Person)-[k:KNOWS]->(:Person) RETURN count(k)")
        return [*row, knows]


def graph(name: str, *, properties: str = "", types: str = "", spec: str = "", load: str = "",
          edges: bool = True, fed: bool = True) -> str:  # fmt: skip
    """A Graph's document, with its Load inline."""
    lines = [
        "kind: Graph", f"metadata: {{name: {name}}}", "spec:", "  engine: main",
        *([f"  {spec}"] if spec else []), "  vertices:",
        f"    Person: {{key: id, properties: {{id: int64, name: string, age: int64{properties}}}}}",
        *([f"    {types}"] if types else []),
    ]  # fmt: skip
    if edges:
        lines += ["  edges:", "    KNOWS: {from: Person, to: Person}"]
    if fed:
        lines += ["  load:", *([f"    {load}"] if load else []),
                  f"    vertices: {{Person: {{files: [data/{name}.csv]}}}}"]  # fmt: skip
        ends = "fromColumn: src, toColumn: dst"
        if edges:
            lines.append(f"    edges: {{KNOWS: {{files: [data/{name}-knows.csv], {ends}}}}}")
    return "\n".join(lines) + "\n"


def neug(python: Path, where: str, *statements: str) -> list[list[Any]]:
    """Run statements at a server's URL, or in a database that is made where there is none."""
    done = subprocess.run([str(python), "-c", _CLIENT, where, *statements],
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    return json.loads(done.stdout)


class Holder:
    """A stranger who has a database open."""

    def __init__(self, python: Path, database: Path, mode: str) -> None:
        self.process = subprocess.Popen(
            [str(python), "-c", _HOLDER, str(database.resolve()), mode],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout.readline() == b"held\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def said(done: subprocess.CompletedProcess[str]) -> str:
    """All that a command said, on one line: tests ask for words, not for where lines break."""
    return " ".join((done.stdout + done.stderr).split())


def wait_until(condition: Callable[[], object], what: str, deadline_s: float = 60.0) -> Any:
    """The first true answer of `condition`."""
    deadline = time.monotonic() + deadline_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.002)
    return found


class Running:
    """An apply whose events are read as they come."""

    def __init__(self, town: Town, *words: str) -> None:
        self.process = town.start("apply", "-y", "--json", *words)
        self.lines: list[str] = []

    def until(self, type_: str, says: str = "") -> Mapping[str, Any]:
        """Read on up to an event, such as the start of a step of these words."""
        for line in self.process.stdout:
            self.lines.append(line)
            event = json.loads(line) if line.startswith("{") else {}
            if event.get("type") == type_ and says in event.get("says", ""):
                return event
        raise AssertionError(f"no {type_} {says}: {''.join(self.lines)[-2000:]}")

    def signal(self, number: signal.Signals) -> None:
        """To gsctl itself."""
        self.process.send_signal(number)

    def workers(self) -> list[psutil.Process]:
        """The processes that work for it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def ended(self) -> int:
        """Read to the end; the exit code."""
        with self.process as process:
            self.lines += process.stdout.readlines()
        return process.returncode

    @property
    def text(self) -> str:
        """All that it said so far."""
        return " ".join("".join(self.lines).split())


def unmount(folder: Path) -> None:
    """Unmount everything below `folder`."""
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "-l", mount], check=False)


def mount(*words: str) -> None:
    """Mount, or skip the test where that is not allowed."""
    import pytest

    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
