"""Several environments in one process, each in a thread of its own: none waits for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TextIO, cast

from gsctl.breakages import bug, ended
from gsctl.call import Call

if TYPE_CHECKING:
    from gsctl.coordinator.duty import Duty

FIRST_S, LONGEST_S = 1.0, 300.0  # between two tries to keep one that broke
_NAP_S = 60.0


def beside(duties: Sequence[Duty], keep: Callable[[Duty], None]) -> None:
    """Keep each until asked to stop.

    What breaks one alone ends the process. Of several it is said, and that one is begun again, ever
    later: the others go on.
    """
    if len(duties) == 1:
        return keep(duties[0])
    lock = threading.Lock()
    threads = [threading.Thread(target=_lasting, args=(_named(duty, lock), keep),
                                name=f"gsctl-{duty.call.choices.environment}")
               for duty in duties]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(_NAP_S)  # signals come to this thread, which has nothing else to do
    return None


def _lasting(duty: Duty, keep: Callable[[Duty], None]) -> None:
    pause_s = FIRST_S
    while not duty.stop.is_set():
        begun = time.monotonic()
        try:
            keep(duty)
        except Exception as error:  # noqa: BLE001  whatever it is, the others are none of its business
            if ended(error, duty.call) is None:
                bug(error, duty.call)
        if time.monotonic() - begun > LONGEST_S:
            pause_s = FIRST_S
        if not duty.stop.is_set():
            duty.call.screen.say(f"begun again in {pause_s:.0f} s")
            duty.bell.wait(pause_s)
        pause_s = min(LONGEST_S, pause_s * 2)


def _named(duty: Duty, lock: threading.Lock) -> Duty:
    """The same; each line that it says begins with its environment."""
    screen = duty.call.screen
    talk = cast("TextIO", Named(screen.talk, f"{duty.call.choices.environment}: ", lock))
    call: Call = replace(duty.call, screen=replace(screen, talk=talk))
    return replace(duty, call=call)


@dataclass(frozen=True, slots=True)
class Named:
    """A stream of whole lines, each with a name before it."""

    stream: TextIO
    name: str
    lock: threading.Lock

    def write(self, text: str) -> int:
        """Write lines, and no other's among them."""
        lines = text.splitlines(keepends=True)
        with self.lock:
            return self.stream.write("".join(f"{self.name}{line}" for line in lines))

    def flush(self) -> None:
        """Let them be read."""
        self.stream.flush()

    def isatty(self) -> bool:
        """No picture of one environment is drawn over what another says."""
        return False
