"""The bounded process that reads data: checks come in as lines of JSON, reports go out so.

`python -m reconciler.loads.worker FOLDER MEMORY_LIMIT`. Ends when its input does.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from pathlib import Path
from typing import IO

from reconciler.loads.session import Session
from reconciler.loads.wire import dump, plain_report, read_check

_EVERY_S = 0.5


class Progress:
    """Tells how far DuckDB is, twice a second, from a thread beside it."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._lock = threading.Lock()
        self._end = threading.Event()
        self.type = ""
        self.lines = 0
        self.session: Session | None = None

    def write(self, message: dict[str, object]) -> None:
        """Send one message whole."""
        with self._lock:
            self._out.write(dump(message))
            self._out.flush()

    def run(self) -> None:
        """Report until stopped."""
        while not self._end.wait(_EVERY_S):
            percent = self.session.connection.query_progress() if self.session else -1
            if self.type and 0 < percent <= 100:
                rows = int(self.lines * percent / 100)
                self.write({"progress": [self.type, rows, percent / 100]})

    def stop(self) -> None:
        """End the thread."""
        self._end.set()


def main() -> int:
    """Serve checks until standard input ends."""
    folder, memory_limit = sys.argv[1:]
    progress = Progress(sys.stdout.buffer)
    session = Session(Path(folder), memory_limit, lambda n: setattr(progress, "lines", n))
    progress.session = session
    beside = threading.Thread(target=progress.run, daemon=True)
    beside.start()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request.get("forget"):
            session.forget()
            continue
        check = read_check(request)
        progress.type = check.type
        try:
            report = session.check(check)
        except Exception:  # noqa: BLE001  whatever it was, the client must not wait for ever
            progress.write({"error": traceback.format_exc()})
        else:
            progress.write({"report": plain_report(report)})
        progress.type = ""
    progress.stop()
    beside.join()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
