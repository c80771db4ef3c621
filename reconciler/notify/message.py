"""Messages: what is new since the turn before, and how each kind of receiver is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from string import Template
from typing import Any, Literal

from reconciler.notify.cause import Cause, Sort
from reconciler.planner.canonical import digest

FORMAT = 1
FIELDS = ("owner", "heading", "title", "sort", "state", "address", "code", "says", "hint",
          "place", "revision", "since", "at")  # fmt: skip
TEMPLATE = "[$owner] $heading: $title"

State = Literal["begins", "changed", "ended", "once"]

_HEADINGS: Mapping[Sort, tuple[str, str]] = {  # as long as it is open, and when it is over
    "failed": ("failed", "healed"),
    "healed": ("healed", "healed"),
    "drift": ("drift", "no longer differs"),
    "approval": ("needs approval", "waits no longer"),
    "refused": ("refused", "no longer refused"),
    "lease": ("lost the lease", "leads again"),
}


@dataclass(frozen=True, slots=True)
class Open:
    """A cause that was told and is not over. `since` in UTC seconds."""

    cause: Cause
    since: float


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell. Times in UTC seconds."""

    cause: Cause
    state: State
    owner: str
    revision: str
    since: float
    at: float

    @property
    def sort(self) -> Sort:
        """What a receiver chooses by: the end of a failure is healing."""
        over = self.state == "ended" and self.cause.sort == "failed"
        return "healed" if over else self.cause.sort

    def fields(self) -> dict[str, str]:
        """What a template may name; see FIELDS."""
        cause = self.cause
        code = f" [{cause.code}]" if cause.code else ""
        place = f" ({cause.place})" if cause.place else ""
        address = f"{cause.address}: " if cause.address else ""
        return {
            "owner": self.owner,
            "heading": _HEADINGS[cause.sort][self.state == "ended"],
            "title": f"{address}{cause.says}{place}{code}",
            "sort": self.sort,
            "state": self.state,
            "address": cause.address,
            "code": cause.code,
            "says": cause.says,
            "hint": cause.hint,
            "place": cause.place,
            "revision": self.revision,
            "since": _time(self.since),
            "at": _time(self.at),
        }

    def text(self, template: str) -> str:
        """One paragraph, by a template of `$field`s."""
        return Template(template).substitute(self.fields())


def news(
    open_: Mapping[str, Open], found: Mapping[str, Cause], busy: frozenset[str]
) -> Iterator[tuple[State, Cause]]:
    """What is to be told now, given what was told before.

    A failure is over when nothing else of its address failed, and nothing of it is left to do
    (`busy`): a failure that became another one was not mended.
    """
    for key, cause in found.items():
        if key not in open_:
            yield "begins", cause
        elif open_[key].cause.content != cause.content:
            yield "changed", cause
    failing = {cause.address for cause in found.values() if cause.sort == "failed"} | busy
    for key, told in open_.items():
        if key in found:
            continue
        if told.cause.sort != "failed" or told.cause.address not in failing:
            yield "ended", told.cause


def as_webhook(message: Message, template: str) -> bytes:
    """The body for a webhook: every field, and the text that the template makes of them."""
    plain: dict[str, Any] = {"format": FORMAT, "id": _id(message), **message.fields()}
    return json.dumps({**plain, "text": message.text(template)}).encode()


def as_slack(message: Message, template: str) -> bytes:
    """The body for Slack and what is compatible with it; nothing in it calls anybody."""
    text = message.text(template)
    for sign, spelled in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, spelled)
    return json.dumps({"text": text}).encode()


def _id(message: Message) -> str:
    """The same from the beginning of a cause to its end."""
    return digest(message.owner, message.cause.key, message.since)[:16]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
