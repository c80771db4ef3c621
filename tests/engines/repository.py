"""A small repository that changes: what the tests of a real engine apply."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from textwrap import dedent
from typing import Any

from leftovers import started


@dataclass(frozen=True)
class Repository:
    """A folder with gsctl.yaml, a graph of people, and its data."""

    path: Path
    mode: str = "served"
    engine: str = "neug"

    @property
    def id(self) -> str:
        """Another project for each folder, so that tests that run side by side do not meet."""
        digest = sha256(str(self.path).encode()).hexdigest()[:8]
        return "".join(chr(ord("a") + int(c, 16)) for c in digest)

    def write(
        self,
        *,
        version: int = 1,
        rows: int = 200,
        extra: str = "",
        age: str = "int64",
        keep: str = "1h",
        load: bool = True,
        endpoint: str = "",
        writes: str = "declared",
        strategy: str = "auto",
    ) -> None:
        """The documents and the data of a version: every age is the version."""
        data = self.path / "data"
        data.mkdir(parents=True, exist_ok=True)
        people = "".join(f"{i},n{i},{version}\n" for i in range(rows))
        (data / "person.csv").write_text(f"id,name,age\n{people}")
        knows = "".join(f"{i},{(i + version) % rows},{version}\n" for i in range(rows))
        (data / "knows.csv").write_text(f"src,dst,since\n{knows}")
        feed = """
          load:
            vertices: {Person: {files: [data/person.csv]}}
            edges: {KNOWS: {files: [data/knows.csv], fromColumn: src, toColumn: dst}}"""
        (self.path / "gsctl.yaml").write_text(dedent(f"""\
        apiVersion: gsctl.io/v1alpha1
        kind: Project
        metadata: {{name: people}}
        spec: {{id: {self.id}}}
        ---
        kind: Engine
        metadata: {{name: main}}
        spec: {{type: {self.engine}, mode: {self.mode}}}
        ---
        kind: Graph
        metadata: {{name: people}}
        spec:
          engine: main
          keepPrevious: {keep}
          writes: {writes}
          strategy: {strategy}
          endpoint: {{{endpoint}}}
          vertices:
            Person: {{key: id, properties: {{id: int64, name: string, age: {age}{extra}}}}}
          edges:
            KNOWS: {{from: Person, to: Person, properties: {{since: int32}}}}{feed if load else ""}
        ---
        kind: Procedure
        metadata: {{name: ages}}
        spec:
          graph: people
          query: MATCH (p:Person) RETURN min(p.age) AS low, max(p.age) AS high, count(p) AS n
          tests: [{{rows: 1}}]
        """))  # fmt: skip

    def gsctl(
        self, *words: str, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line here."""
        from warm import gsctl  # what runs without pytest asks nobody so

        return gsctl("-C", str(self.path), *words, env={**os.environ, **(env or {})})

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the command line here, in a process group of its own."""
        words = (sys.executable, "-m", "gsctl", "-C", str(self.path), *words)
        return started(self.path, subprocess.Popen(words, stdout=subprocess.PIPE, text=True,
                                                   stderr=subprocess.STDOUT, start_new_session=True))  # fmt: skip

    @property
    def events(self) -> Path:
        """What happened in the applies that `die_at` ran, a line an event."""
        return self.path / "events.log"

    def die_at(self, event: int, steps: str = "") -> int:
        """Apply, and be killed (-9) at that event, counted in the steps of that name alone if given.

        0: there are fewer events, all was done, and nothing is left to do. Event 0 never comes.
        """
        from warm import gsctl

        program = Path(__file__).with_name("dying_apply.py")
        words = (str(self.path), str(event), str(self.events), steps)
        died = gsctl(*words, script=program, timeout_s=120)
        assert died.returncode in (0, -signal.SIGKILL), died.stdout + died.stderr
        return died.returncode

    def rows(self, query: str, graph: str = "people") -> list[list[Any]]:
        """What a query finds, which must be answered."""
        asked = self.gsctl("query", graph, query, "--json")
        assert asked.returncode == 0, asked.stderr
        return json.loads(asked.stdout)["rows"]

    def ages(self) -> list[int]:
        """The lowest and the highest age, and how many people there are: by the procedure."""
        asked = self.gsctl("call", "ages", "--json")
        assert asked.returncode == 0, asked.stderr
        return json.loads(asked.stdout)["rows"][0]

    def write_by_hand(self, *queries: str) -> None:
        """What no file holds."""
        for query in queries:
            asked = self.gsctl("query", "people", query, "--write")
            assert asked.returncode == 0, asked.stderr

    def applied(self, *words: str) -> str:
        """Apply, which must succeed; what it said."""
        done = self.gsctl("apply", "-y", *words)
        assert done.returncode == 0, done.stdout + done.stderr + self.gsctl("plan").stdout
        return done.stdout + done.stderr

    def is_settled(self) -> bool:
        """Whether a plan finds nothing to do."""
        return self.gsctl("plan", "--detailed-exitcode").returncode == 0
