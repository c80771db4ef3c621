"""Deliveries of GitHub and GitLab about pushes: who really sent one, and which sources it is about.

A delivery only says "look": what is followed is fetched as ever. Whoever knows a secret can at most
make us look at the sources that it is for, and each delivery does so once.
"""

from __future__ import annotations

import hmac
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from reconciler.following.access import Access
from reconciler.following.commits import GitSource
from reconciler.git.address import Remote, parse_address
from reconciler.git.trouble import Trouble

REMEMBERED = 4096  # deliveries
_EVENTS = frozenset({"push", "create", "delete", "Push Hook", "Tag Push Hook"})
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})")
_URLS = ("clone_url", "html_url", "git_http_url", "web_url", "homepage", "ssh_url", "git_ssh_url")


class Unproven(ValueError):
    """Nobody whom we know sent this."""


class Unreadable(ValueError):
    """It is proven, and is no delivery about a repository."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a delivery's headers say, before its body is read."""

    sort: Literal["github", "gitlab"]
    proof: str = field(repr=False)
    event: str
    id: str


def announced(headers: Mapping[str, str]) -> Delivery:
    """What is coming, by headers in lower case. Raises Unproven where nothing could prove it."""
    event = headers.get("x-github-event") or headers.get("x-gitlab-event") or ""
    if found := _SIGNATURE.fullmatch(headers.get("x-hub-signature-256", "")):
        return Delivery("github", found[1], event, headers.get("x-github-delivery", ""))
    if token := headers.get("x-gitlab-token"):
        id_ = headers.get("idempotency-key") or headers.get("x-gitlab-event-uuid") or ""
        return Delivery("gitlab", token, event, id_)
    raise Unproven("neither `X-Hub-Signature-256` nor `X-Gitlab-Token` says who sent it")


class Webhooks:
    """Lets sources be looked at when deliveries about them come. From any thread."""

    def __init__(self, sources: Sequence[GitSource], access: Access) -> None:
        """A source whose repository has no `webhook` in `access` is not looked at."""
        self._sources = sources
        self._access = access
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def receive(self, delivery: Delivery, body: bytes) -> tuple[str, ...]:
        """Take a delivery; the names of what is looked at for it, none when it is known.

        Several environments may follow the same: each looks.

        Raises:
            Unproven: it is signed with no secret of ours.
            Unreadable: its body is no JSON object.
        """
        proven = [s for s in self._sources if self._proves(delivery, body, s)]
        if not proven:
            raise Unproven("it is signed with no secret that is known")
        told = _told(body)
        if delivery.event not in _EVENTS or not self._is_new(delivery, body):
            return ()
        meant = _meant(told, proven)
        for source in meant:
            source.asked.set()
        return tuple(dict.fromkeys(source.address.name for source in meant))

    def _proves(self, delivery: Delivery, body: bytes, source: GitSource) -> bool:
        assert source.address.remote
        secret = self._access.webhook(source.address.remote)
        if secret is None:
            return False
        if delivery.sort == "gitlab":
            return _same(delivery.proof, secret)
        return _same(delivery.proof, hmac.new(secret.encode(), body, sha256).hexdigest())

    def _is_new(self, delivery: Delivery, body: bytes) -> bool:
        """Whether neither it nor its very words came before: no signature covers its number."""
        marks = [
            f"words {sha256(body).hexdigest()}",
            *([f"id {delivery.id}"] if delivery.id else ()),
        ]
        with self._lock:
            known = any(mark in self._seen for mark in marks)
            self._seen |= dict.fromkeys(marks)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return not known


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _told(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise Unreadable("a delivery is a JSON object: `Content type: application/json`")
    return told


def _meant(told: Mapping[str, Any], sources: Sequence[GitSource]) -> Sequence[GitSource]:
    """The sources of its repository and branch; of any repository where ours has other names."""
    named = {(remote.host, remote.path) for remote in _remotes(told)}
    fitting = [s for s in sources if s.address.remote
               and (s.address.remote.host, s.address.remote.path) in named]  # fmt: skip
    ref = told.get("ref")
    ref = ref.partition("/")[2].partition("/")[2] if isinstance(ref, str) else ""
    return [s for s in fitting or sources if not ref or s.address.ref in (None, ref)]


def _remotes(told: Mapping[str, Any]) -> Iterator[Remote]:
    for part in (told.get("repository"), told.get("project")):
        if not isinstance(part, dict):
            continue
        for name in _URLS:
            try:
                remote = parse_address(str(part.get(name, ""))).remote
            except Trouble:
                continue
            if remote:
                yield remote
