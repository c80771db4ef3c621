"""Brings messages to one receiver, in order, in a thread of its own: the loop never waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from reconciler.notify.message import Message, as_slack, as_webhook
from reconciler.notify.post import Answer, opener, post
from reconciler.notify.receivers import Target

MOST_WAITING = 100
TRIES = 8
FIRST_S, LONGEST_S = 1.0, 60.0
_LAST_S = 5.0  # for what still waits when it ends


class Sender:
    """One receiver's queue. What does not fit pushes out the oldest, and that is said."""

    def __init__(
        self,
        target: Target,
        version: str,
        say: Callable[[str], None],
        counted: Callable[[str, str], None] | None = None,
    ) -> None:
        """`counted` is told of each message: the receiver's name, and sent, failed or dropped."""
        self._target = target
        self._version = version
        self._say = say
        self._counted = counted
        self._waiting: deque[Message] = deque()
        self._changed = threading.Condition()
        self._ends_at: float | None = None  # no more comes, and nothing is tried beyond
        self._thread = threading.Thread(target=self._run, name=f"gsctl-notify-{self.name}",
                                        daemon=True)  # fmt: skip
        self._thread.start()

    @property
    def name(self) -> str:
        """The receiver's."""
        return self._target.receiver.name

    def offer(self, message: Message) -> None:
        """Queue a message, if the receiver wants its sort. From any thread, at once."""
        if message.sort not in self._target.receiver.tell:
            return
        with self._changed:
            full = len(self._waiting) >= MOST_WAITING
            if full:
                self._waiting.popleft()
            self._waiting.append(message)
            self._changed.notify()
        if full:
            self._count("dropped")
            self._say(f"{MOST_WAITING} messages for {self.name} wait: the oldest is dropped")

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        with self._changed:
            self._ends_at = time.monotonic() + _LAST_S
            self._changed.notify()
        self._thread.join(_LAST_S)

    def _run(self) -> None:
        asker = opener()
        while message := self._next():
            receiver = self._target.receiver
            spelled = as_slack if receiver.type == "slack" else as_webhook
            body = spelled(message, receiver.template)
            self._bring(lambda body=body: post(asker, self._target, body, self._version))  # type: ignore[misc]  # bound at once

    def _count(self, outcome: str) -> None:
        if self._counted:
            self._counted(self.name, outcome)

    def _next(self) -> Message | None:
        with self._changed:
            while not self._waiting and self._ends_at is None:
                self._changed.wait()
            return self._waiting.popleft() if self._waiting else None

    def _bring(self, send: Callable[[], Answer]) -> None:
        """Try until it is taken, refused for good, or tried often enough."""
        pause_s = FIRST_S
        for tries in range(1, TRIES + 1):
            answer = send()
            if not answer.why:
                self._count("sent")
                return
            if not answer.again or tries == TRIES or not self._pause(max(pause_s, answer.pause_s)):
                break
            pause_s = min(2 * pause_s, LONGEST_S)
        self._count("failed")
        self._say(f"{self.name} was not told of something: {answer.why} (tried {tries} times)")

    def _pause(self, seconds: float) -> bool:
        """Wait before another try; whether there is time for one."""
        until = time.monotonic() + seconds
        with self._changed:
            while (left := until - time.monotonic()) > 0:
                if self._ends_at is not None and self._ends_at < until:
                    return False
                self._changed.wait(left)
        return True
