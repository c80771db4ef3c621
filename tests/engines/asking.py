"""A client of a graph's port that never stops asking, on connections that it keeps."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Self

QUERY = "MATCH (p:Person) RETURN min(p.age) AS low, max(p.age) AS high, count(p) AS n"


@dataclass
class Asking:
    """What a reader got: errors in words, and the longest time without an answer."""

    port: int
    answers: list[bytes] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    longest_s: float = 0.0
    connections: int = 0

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """It asks once more, of what is so by now, however little it was let run."""
        heard, deadline = len(self.answers) + len(self.errors), time.monotonic() + 60
        while len(self.answers) + len(self.errors) < heard + 2 and time.monotonic() < deadline:
            time.sleep(0.002)  # one question may have been under way
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        body = json.dumps({"query": QUERY, "access_mode": "r"})
        last = time.monotonic()
        while not self._over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connections += 1
            try:
                while not self._over.is_set():
                    connection.request("POST", "/cypher", body)
                    answer = connection.getresponse()
                    said = answer.read()
                    assert answer.status == 200, f"{answer.status} {said[:100]!r}"
                    self.answers.append(said)
                    now = time.monotonic()
                    self.longest_s, last = max(self.longest_s, now - last), now
                    time.sleep(0.002)  # as long as an answer takes: who is tried needs the core too
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self.errors.append(repr(error))
                time.sleep(0.005)
            finally:
                connection.close()
