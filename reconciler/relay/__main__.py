"""`python -m reconciler.relay PORT FOLDER`: until SIGTERM, and then until all is answered."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from reconciler.relay.board import Switchboard

_STOP_S = 5.0


def main() -> None:
    """Listen on the port; the pointer in the folder tells which server answers."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    board = Switchboard(port, folder)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: board.stop(_STOP_S))
    print(f"relaying 127.0.0.1:{port}", flush=True)  # noqa: T201  its log
    board.run()


if __name__ == "__main__":
    main()
