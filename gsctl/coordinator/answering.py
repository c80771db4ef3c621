"""Where a coordinator answers: the address it was given, and what its answers are made of."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gsctl.call import Call
from gsctl.exits import complain
from gsctl.version import number

if TYPE_CHECKING:
    from gsctl.coordinator.duty import Duty
    from reconciler.following.webhooks import Webhooks
    from reconciler.server.desk import Desk
    from reconciler.server.entrance import Entrance
    from reconciler.server.hall import Hall
    from reconciler.server.oidc import Issuer
    from reconciler.server.publisher import Publisher

_HINT = "write `--http 127.0.0.1:8080`"


@dataclass(frozen=True, slots=True)
class Http:
    """Where to answer over HTTP, and to whom.

    `insecure`: whoever reaches the loopback needs no token. `issuer` signs tokens beside ours.
    """

    host: str
    port: int
    insecure: bool = False
    issuer: Issuer | None = None


@dataclass(frozen=True, slots=True)
class Answering:
    """An API that answers under an address, about each environment once it can be told of."""

    url: str
    http: Http
    hall: Hall

    @contextmanager
    def about(self, duty: Duty) -> Iterator[Publisher]:
        """Answer about an environment until the end of the block: who is to be told of its loop."""
        from reconciler.server.publisher import Publisher

        desk = _desk(duty, self.http, self.hall)
        self.hall.open(desk)
        try:
            yield Publisher(desk, duty.interval_s)
        finally:
            self.hall.shut(desk, "it is not kept at this moment: the log tells why")
            desk.asking.close()


def http_of(text: str, *, insecure: bool) -> Http:
    """The address of `--http HOST:PORT`. Raises Stop."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isdecimal() and int(port) < 1 << 16):
        raise complain(f"--http: `{text}` is no address with a port", "CL112", _HINT)
    return Http(host, int(port), insecure)


@contextmanager
def answering(
    call: Call, names: Sequence[str], http: Http, webhooks: Webhooks
) -> Iterator[Answering]:
    """Answer from now on until the end of the block. Raises Stop where nobody can listen.

    `names` are the environments that are kept.
    """
    from reconciler.server.listening import is_loopback, listening, url_of

    if http.insecure and not is_loopback(http.host):
        raise complain(f"--insecure-loopback is for the loopback, and {http.host} is none", "CO103",
                       "leave it out, and make a token: `gsctl token create`")  # fmt: skip
    listener = _bound(http)
    url = url_of(listener)
    with listening(listener) as doorway:
        _say(call, http, url, loopback=is_loopback(http.host))
        hall = _hall(names, webhooks)
        try:
            doorway.open(_application(hall))
            yield Answering(url, http, hall)
        finally:
            hall.close()


def _hall(names: Sequence[str], webhooks: Webhooks) -> Hall:
    from gsctl.views.phrases import phrases
    from gsctl.views.plan_json import plan_plain
    from gsctl.views.problems import problem_plain
    from gsctl.views.progress import event_plain
    from reconciler.server.desk import Words
    from reconciler.server.exposition import Requests
    from reconciler.server.hall import Hall

    words = Words(plan_plain, problem_plain, event_plain, number())
    return Hall(tuple(names), words, phrases(), webhooks, Requests(number()))


def _application(hall: Hall) -> Entrance:
    from reconciler.server.app import make_app

    return make_app(hall)


def _desk(duty: Duty, http: Http, hall: Hall) -> Desk:
    from reconciler.server.asking import Asking
    from reconciler.server.audit import Audit
    from reconciler.server.auth import Gate
    from reconciler.server.desk import Desk
    from reconciler.server.feed import Feed
    from reconciler.server.history import History
    from reconciler.server.metrics import Metrics
    from reconciler.server.tokens import Tokens
    from reconciler.server.window import Window

    api, window = duty.api(), Window(duty.interval_s)
    ledger = api.root.ledger_dir(api.options.environment)
    tokens = Tokens(ledger)
    if not http.insecure and not http.issuer and not tokens.every():
        create = duty.call.repeat("token create NAME --role viewer")
        duty.call.screen.say(f"nobody is let in yet: `{create}` makes a token")
    return Desk(
        api.options.environment,
        window,
        duty.bell,
        duty.orders,
        hall.words,
        Gate(tokens, http.insecure, http.issuer, window.members, hall.failures),
        Metrics(window),
        Audit(ledger),
        Asking(duty.api),
        Feed(),
        History(ledger),
        () if duty.sources.fetched else tuple(map(str, duty.sources.directories)),
    )


def _bound(http: Http) -> socket.socket:
    from reconciler.server.listening import bound

    try:
        return bound(http.host, http.port)
    except OSError as error:
        says = f"nobody can listen at {http.host}:{http.port}: {error.strerror}"
        hint = "name another port; `--http 127.0.0.1:0` takes a free one"
        raise complain(says, "CO102", hint) from error


def _say(call: Call, http: Http, url: str, *, loopback: bool) -> None:
    say = call.screen.say
    say(f"answering at {url}")
    if http.insecure:
        say("whoever reaches this machine's loopback may do everything (--insecure-loopback)")
    if http.issuer:
        say(f"members of Tenants are let in with tokens that {http.issuer.url} signed")
    if not loopback:
        say("tokens travel in the clear: put something that speaks TLS before it")
