"""Who else is told by a coordinator: the receivers of `--notify`, and a collector of traces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gsctl.call import Call
from gsctl.exits import Stop, complain
from gsctl.version import number

if TYPE_CHECKING:
    from reconciler.loop.trace import Trace
    from reconciler.notify.notifier import Notifier
    from reconciler.traces import Traces

_OTEL = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_EXTRA = "pip install 'gsctl[otel]'"


@dataclass(frozen=True, slots=True)
class Telling:
    """The file of receivers, and where traces go; each None where nobody asked for it."""

    notify: Path | None = None
    otlp: str | None = None


@contextmanager
def telling(
    call: Call, asked: Telling, trace: Trace, counted: Callable[[str, str], None] | None
) -> Iterator[tuple[Notifier | Traces, ...]]:
    """Those who are told until the end of the block. Raises Stop where they cannot be.

    `counted` is told of each message: its receiver, and sent, failed or dropped.
    """
    with ExitStack() as held:
        found: list[Notifier | Traces] = []
        if asked.notify:
            found.append(held.enter_context(closing(_notifier(call, asked.notify, counted))))
        if asked.otlp or any(os.environ.get(name) for name in _OTEL):
            traces = _traces(call, asked.otlp, trace)
            found += [held.enter_context(closing(traces))] if traces else []
        yield tuple(found)


def _notifier(call: Call, path: Path, counted: Callable[[str, str], None] | None) -> Notifier:
    from reconciler.notify.notifier import Notifier
    from reconciler.notify.receivers import read_targets
    from reconciler.notify.sender import Sender

    def said(text: str) -> None:
        call.screen.say(f"notify: {text}")

    targets, problems = read_targets(path, os.environ)
    if problems:
        raise Stop(*problems)
    api, environment = call.api(), call.choices.environment
    senders = [Sender(target, number(), said, counted) for target in targets]
    call.screen.say(f"telling {', '.join(sender.name for sender in senders)}")
    return Notifier(senders, api.root.ledger_dir(environment), environment)


def _traces(call: Call, url: str | None, trace: Trace) -> Traces | None:
    """None where only the environment asks for traces, and nothing is installed to send them."""
    from reconciler.traces import Traces

    if url is not None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise complain("--otlp: not the URL of a collector", "CL112",
                           "such as http://127.0.0.1:4318")  # fmt: skip
    try:
        return Traces.to(url, trace, number())
    except ImportError as error:
        if url is None:
            call.screen.say(f"no traces are sent, as OTEL_* asks: {_EXTRA}")
            return None
        says = f"--otlp needs a package that is not here: {error.name}"
        raise complain(says, "CO106", _EXTRA) from error
