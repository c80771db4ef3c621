"""From a push to the first step of what it asks for, told by a webhook.

`python -m tests.perf.push [--times 5] [--rows 1000]`
"""

from __future__ import annotations

import argparse
import hmac
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from tests.git.upstream import Upstream
from tests.perf.measuring import gsctl, table

# Its modules name each other as pytest finds them: without their folders.
sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("", "engines")]
from repository import Repository

SECRET = "s3cret"


class Watched:
    """A coordinator, and when it said what."""

    def __init__(self, folder: Path, upstream: Upstream) -> None:
        access = folder / "access.yaml"
        access.write_text("- for: file:///\n  webhook: {secret: {file: hook}}\n")
        (folder / "hook").write_text(SECRET)
        words = ["--json", "serve", "--interval", "1h", "--source", f"{upstream.url}?ref=main",
                 "--git-access", str(access), "--http", "127.0.0.1:0"]  # fmt: skip
        env = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
        self.said: list[tuple[float, str]] = []
        self.process = subprocess.Popen(gsctl(*words), stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.STDOUT, env=env)  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append((time.perf_counter(), line))

    def await_line(self, *parts: str, since: float = 0.0) -> tuple[float, str]:
        """When it first said a line with all of these, after a moment."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for at, line in list(self.said):
                if at >= since and all(part in line for part in parts):
                    return at, line
            time.sleep(0.002)
        raise RuntimeError(f"it never said {parts}: {self.said[-5:]}")

    def deliver(self, body: bytes) -> None:
        """Tell it, as GitHub does."""
        _, line = self.await_line("answering at ")
        url = line.partition("answering at ")[2].strip()
        proof = hmac.new(SECRET.encode(), body, sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={proof}", "X-GitHub-Event": "push"}
        asked = urllib.request.Request(f"{url}/v1/webhooks/git", body, headers)
        with urllib.request.urlopen(asked, timeout=60):
            pass


def pushes(repository: Repository, upstream: Upstream, times: int, rows: int) -> Iterator[str]:
    """Commits that change the data, one after another."""
    for version in range(2, times + 2):
        repository.write(version=version, rows=rows)
        yield upstream.commit()


def measured(folder: Path, times: int, rows: int) -> tuple[list[float], list[float]]:
    """Seconds from each push to its first step, and until all is done."""
    repository = Repository(folder / "upstream")
    upstream = Upstream.made(repository.path)
    repository.write(version=1, rows=rows)
    upstream.commit()
    watched, begun, done = Watched(folder, upstream), list[float](), list[float]()
    try:
        watched.await_line('"settled"')
        for commit in pushes(repository, upstream, times, rows):
            at = time.perf_counter()
            watched.deliver(json.dumps({"ref": "refs/heads/main", "after": commit}).encode())
            begun.append(watched.await_line('"step_started"', since=at)[0] - at)
            done.append(watched.await_line('"applied"', commit, since=at)[0] - at)
            watched.await_line('"settled"', commit, since=at)
    finally:
        watched.process.send_signal(signal.SIGTERM)
        watched.process.wait()
        root = next((folder / "state/gsctl").glob("people-*"))
        subprocess.run([*gsctl("-C", str(repository.path), "--root", str(root)), "destroy", "-y",
                        "--allow-deletes"], check=True, capture_output=True)  # fmt: skip
    return begun, done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun, done = measured(Path(folder), given.times, given.rows)
    rows = [(f"{given.rows:,}", f"{sorted(begun)[len(begun) // 2]:.2f}", f"{max(begun):.2f}",
             f"{sorted(done)[len(done) // 2]:.2f}")]  # fmt: skip
    print(table(("rows", "to the first step, s", "the slowest", "all done, s"), rows))


if __name__ == "__main__":
    sys.exit(main())
