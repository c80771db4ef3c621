"""Applies a repository and kills itself at the n-th event. Run as a program: FOLDER N LOG [STEPS].

With STEPS only events of steps of that name are counted, also those inside one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from reconciler.api import Api, Options
from reconciler.model.event import Finished, Progressed, Started
from reconciler.model.plan import Request


def main() -> int:
    folder, left, log = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    steps = sys.argv[4] if len(sys.argv) > 4 else ""
    counted = (Started, Finished, Progressed) if steps else (Started, Finished)
    api = Api(Options(folder, environ={}))

    def report(event: object) -> None:
        nonlocal left
        if isinstance(event, counted) and steps in event.step:
            with log.open("a") as file:
                file.write(f"{type(event).__name__} {event.step}\n")
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    request = Request(allow_deletes=True)
    with api.writing():
        outcome = api.apply(api.plan(request), report, threading.Event(), 1).outcome
        settled = not api.plan(request).plan.pending
    api.close()
    if not (outcome.ok and settled):
        print(outcome, api.plan(request).plan.changes, api.plan(request).plan.problems)
    return 0 if outcome.ok and settled else 1


if __name__ == "__main__":
    raise SystemExit(main())
