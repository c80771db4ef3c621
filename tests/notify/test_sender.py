"""Messages reach a real receiver: in order, tried again, nowhere else, and never in the way."""

from __future__ import annotations

import threading

import pytest
from coordinator import until
from listener import Listener, listening

from reconciler.notify import sender as module
from reconciler.notify.cause import Cause, Sort
from reconciler.notify.message import Message
from reconciler.notify.receivers import Receiver, Target
from reconciler.notify.sender import MOST_WAITING, TRIES, Sender

CANARY = "kept-to-yourself"


def message(number: int = 0, sort: Sort = "failed", says: str = "row 3 is wrong") -> Message:
    cause = Cause(sort, says, f"Graph/g{number}", "LD101", "correct it")
    return Message(cause, "begins", "town/default", "r1", 0.0, 1.0)


class Told:
    """Starts senders, and keeps what they say and count."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.counted: list[tuple[str, str]] = []
        self.senders: list[Sender] = []

    def sender(self, url: str, **fields: object) -> Sender:
        receiver = Receiver.model_validate({"name": "team", "url": url, **fields})
        made = Sender(Target(receiver, f"{url}/{CANARY}", CANARY), "1.0", self.said.append,
                      lambda *pair: self.counted.append(pair))  # fmt: skip
        self.senders.append(made)
        return made


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "FIRST_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_S", 0.02)
    found = Told()
    yield found
    for sender in found.senders:
        sender.close()
    assert CANARY not in "".join(found.said)


def test_messages_come_in_order_with_all_that_they_tell(told: Told, listener: Listener) -> None:
    sender = told.sender(listener.url)
    for number in range(5):
        sender.offer(message(number))
    bodies = listener.await_bodies(5)
    assert [body["address"] for body in bodies] == [f"Graph/g{n}" for n in range(5)]
    assert bodies[0]["text"] == "[town/default] failed: Graph/g0: row 3 is wrong [LD101]"
    assert bodies[0]["format"] == 1
    assert bodies[0]["hint"] == "correct it"
    assert len({body["id"] for body in bodies}) == 5
    assert listener.headers[0]["authorization"] == f"Bearer {CANARY}"
    assert listener.headers[0]["content-type"] == "application/json"
    until(lambda: told.counted == [("team", "sent")] * 5, "all are counted")


def test_a_receiver_hears_what_it_asked_for(told: Told, listener: Listener) -> None:
    sender = told.sender(listener.url, tell=["refused"], template="$sort of $owner: $hint")
    sender.offer(message(0, "failed"))
    sender.offer(message(1, "refused"))
    bodies = listener.await_bodies(1)
    sender.close()
    assert [body["text"] for body in bodies] == ["refused of town/default: correct it"]


def test_slack_gets_one_text_that_calls_nobody(told: Told, listener: Listener) -> None:
    told.sender(listener.url, type="slack").offer(message(says="<!channel> a & b"))
    assert listener.await_bodies(1) == [
        {"text": "[town/default] failed: Graph/g0: &lt;!channel&gt; a &amp; b [LD101]"}
    ]


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_may_pass_is_tried_again(told: Told, listener: Listener, status: int) -> None:
    listener.answers += [(status, {"Retry-After": "0"})] * 3
    told.sender(listener.url).offer(message())
    assert len(listener.await_bodies(4)) == 4
    until(lambda: told.counted == [("team", "sent")], "it is sent")


def test_it_is_given_up_after_some_tries_and_the_next_one_is_sent(
    told: Told, listener: Listener
) -> None:
    listener.answers += [(500, {})] * TRIES
    sender = told.sender(listener.url)
    sender.offer(message(0))
    sender.offer(message(1))
    listener.await_bodies(TRIES + 1)
    assert listener.bodies[-1]["address"] == "Graph/g1"
    assert told.said == [f"team was not told of something: it answers 500 (tried {TRIES} times)"]


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_what_will_not_pass_is_not_tried_again(told: Told, listener: Listener, status: int) -> None:
    listener.answers += [(status, {})]
    told.sender(listener.url).offer(message())
    until(lambda: told.counted == [("team", "failed")], "it is given up")
    assert len(listener.bodies) == 1
    assert f"it answers {status}" in told.said[0]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_nowhere(told: Told, listener: Listener, status: int) -> None:
    with listening() as other:
        listener.answers += [(status, {"Location": f"{other.url}/latest/meta-data"})]
        told.sender(listener.url).offer(message())
        until(lambda: told.counted == [("team", "failed")], "it is given up")
        assert other.methods == []
    assert "a redirect, which is not followed" in told.said[0]
    assert len(listener.bodies) == 1


def test_nobody_at_an_address_is_told_without_the_address(told: Told, listener: Listener) -> None:
    with listening() as gone:
        url = gone.url
    told.sender(url).offer(message())
    until(lambda: told.counted == [("team", "failed")], "it is given up")
    assert told.said == [
        f"team was not told of something: Connection refused (tried {TRIES} times)"
    ]


def test_a_receiver_that_hangs_holds_up_nobody_and_the_newest_are_kept(
    told: Told, listener: Listener
) -> None:
    listener.hold.clear()
    sender = told.sender(listener.url)
    done = threading.Event()

    def offer() -> None:
        for number in range(MOST_WAITING + 11):
            sender.offer(message(number))
        done.set()

    threading.Thread(target=offer, daemon=True).start()
    until(done.is_set, "all are offered while the receiver hangs")
    dropped = told.counted.count(("team", "dropped"))
    assert dropped in (10, 11)  # one may be on its way already
    listener.hold.set()
    bodies = listener.await_bodies(MOST_WAITING + 11 - dropped)
    assert bodies[-1]["address"] == f"Graph/g{MOST_WAITING + 10}"


def test_it_ends_while_a_receiver_is_waited_for(
    told: Told, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_S", 3600.0)
    monkeypatch.setattr(module, "LONGEST_S", 3600.0)
    listener.answers += [(503, {})]
    sender = told.sender(listener.url)
    sender.offer(message())
    listener.await_bodies(1)
    sender.close()
    assert told.counted == [("team", "failed")]
