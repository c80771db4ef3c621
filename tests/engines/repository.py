"""A small repository that changes: what the tests of a real engine apply."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from textwrap import dedent


@dataclass(frozen=True)
class Repository:
    """A folder with gsctl.yaml, a graph of people, and its data."""

    path: Path
    mode: str = "served"

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
        spec: {{type: neug, mode: {self.mode}}}
        ---
        kind: Graph
        metadata: {{name: people}}
        spec:
          engine: main
          keepPrevious: {keep}
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
        return subprocess.run([sys.executable, "-m", "gsctl", "-C", str(self.path), *words],
                              capture_output=True, text=True, timeout=300,
                              env={**os.environ, **(env or {})})  # fmt: skip

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the command line here, in a process group of its own."""
        return subprocess.Popen([sys.executable, "-m", "gsctl", "-C", str(self.path), *words],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                start_new_session=True)  # fmt: skip

    def applied(self, *words: str) -> str:
        """Apply, which must succeed; what it said."""
        done = self.gsctl("apply", "-y", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def is_settled(self) -> bool:
        """Whether a plan finds nothing to do."""
        return self.gsctl("plan", "--detailed-exitcode").returncode == 0
