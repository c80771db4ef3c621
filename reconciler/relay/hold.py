"""Speaking with a relay, for whoever changes the servers behind it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.relay.names import HOLD_S, SOCKET

_ANSWER_S = 5.0
_POLL_S = 0.005


class Lost(RuntimeError):
    """The relay let requests go again, or ended: nothing is held back any more."""


class Hold:
    """Requests that are held back by a relay; without a relay nobody reaches the servers by it."""

    def __init__(self, control: socket.socket | None) -> None:
        self._control = control
        self._until = time.monotonic() + HOLD_S / 2

    def drained(self, within_s: float) -> bool:
        """Wait until every request that a server has is answered; whether that was in time.

        Raises:
            Lost: the relay ended.
        """
        deadline = time.monotonic() + within_s
        while self._busy():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def confirm(self) -> None:
        """Make sure that nothing went through since. Raises Lost."""
        if self._control is not None and time.monotonic() > self._until:
            raise Lost("requests were held back for too long")
        self._busy()

    def _busy(self) -> int:
        if self._control is None:
            return 0
        state = _asked(self._control, "look")
        if not state["held"]:
            raise Lost("the relay let requests go")
        return int(str(state["busy"]))


@contextmanager
def hold(folder: Path) -> Iterator[Hold]:
    """Hold back what comes to the relay of the graph in `folder`, until the context is left.

    No longer than a few seconds of it should be needed, and after `HOLD_S` the relay lets go by
    itself. What is held back is sent to the server that the pointer names then. Raises Lost.
    """
    with contextlib.ExitStack() as stack:
        control = _connected(folder)
        if control is not None:
            stack.enter_context(control)
            _asked(control, "hold")
        yield Hold(control)


def answers(folder: Path) -> bool:
    """Whether the relay of the graph in `folder` is up."""
    control = _connected(folder)
    if control is None:
        return False
    with control:
        try:
            _asked(control, "look")
        except Lost:
            return False
    return True


def _connected(folder: Path) -> socket.socket | None:
    """A connection to the relay; None where none listens."""
    control = socket.socket(socket.AF_UNIX)
    control.settimeout(_ANSWER_S)
    opened = -1
    try:
        # Through the descriptor: the path of a folder may be longer than a socket's can be.
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        control.connect(f"/proc/self/fd/{opened}/{SOCKET}")
    except OSError:
        control.close()
        return None
    finally:
        if opened >= 0:
            os.close(opened)
    return control


def _asked(control: socket.socket, word: str) -> dict[str, object]:
    """What the relay says of itself to a word. Raises Lost."""
    try:
        control.sendall(f"{word}\n".encode())
        said = b""
        while not said.endswith(b"\n"):
            if not (chunk := control.recv(4096)):
                raise Lost("the relay ended")
            said += chunk
        return dict(json.loads(said))
    except OSError as error:
        raise Lost(f"the relay does not answer: {error}") from error
