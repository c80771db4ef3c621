"""The relay's process: clients stay while the server behind it changes."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
import time

import pytest

from reconciler.relay.hold import Lost, hold


def asked(client: http.client.HTTPConnection, path: str, method: str = "GET", **more) -> tuple:
    client.request(method, path, **more)
    answer = client.getresponse()
    return answer.status, answer.read()


@pytest.fixture
def client(town):
    connection = http.client.HTTPConnection("127.0.0.1", town.port, timeout=20)
    yield connection
    connection.close()


def parts():
    yield b"first"
    yield b"second" * 10000


@pytest.mark.parametrize(
    ("path", "size"),
    [("/big/0", 0), ("/big/5000000", 5000000), ("/chunked/0", 0), ("/chunked/2000", 944500)],
)
def test_answers_arrive_whole_on_a_connection_that_is_kept(client, path: str, size: int) -> None:
    for _ in range(3):
        status, said = asked(client, path)
        assert (status, len(said)) == (200, size)
    assert asked(client, "/big/300", "HEAD") == (200, b"")
    assert asked(client, "/name") == (200, b"one")


def test_equal_heads_of_answers_end_where_their_requests_say(client) -> None:
    for method, size in [("GET", 300), ("HEAD", 0), ("GET", 300), ("HEAD", 0)]:
        assert asked(client, "/big/300", method) == (200, b"x" * size)


def test_a_request_is_answered_however_it_is_cut(town) -> None:
    client, body = town.connect(), b"abcdefgh"
    request = b"POST /echo HTTP/1.1\r\nContent-Length: 8\r\n\r\n" + body
    for cut in [*range(1, len(request)), 0]:
        for part in (request[:cut], request[cut:]):
            client.sendall(part)
            town.state()  # the relay has read the part before it hears this
        assert heard(client, f"one 8 {hash(body)}".encode())


def test_whole_requests_and_the_beginning_of_the_next_keep_their_order(town) -> None:
    client = town.connect()
    request = b"GET /name HTTP/1.1\r\n\r\n"
    client.sendall(request)
    assert heard(client, b"one")
    client.sendall(request + request[:10])
    assert heard(client, b"one")
    client.sendall(request[10:])
    assert heard(client, b"one")


def test_an_answer_that_ends_with_its_connection_arrives_whole(client) -> None:
    assert asked(client, "/until-end/700000") == (200, b"y" * 700000)


@pytest.mark.parametrize(
    "body", [b"", b"x", b"x" * 3000000, parts], ids=["none", "a byte", "3 MB", "chunks"]
)
def test_requests_arrive_whole(client, body) -> None:
    whole = b"".join(body()) if callable(body) else body
    for _ in range(2):
        sent = body() if callable(body) else body
        status, said = asked(client, "/echo", "POST", body=sent)
        assert (status, said) == (200, f"one {len(whole)} {hash(whole)}".encode())


def test_a_kept_connection_is_answered_by_another_server_after_the_switch(town, client) -> None:
    assert asked(client, "/name") == (200, b"one")
    before = client.sock
    town.point(town.server("two").server_port)
    assert asked(client, "/name") == (200, b"two")
    assert client.sock is before


def test_what_is_under_way_is_answered_by_the_server_that_was_asked(town) -> None:
    client = town.connect()
    client.sendall(b"GET /slow/0.5 HTTP/1.1\r\n\r\nGET /name HTTP/1.1\r\n\r\n")
    while town.state()["busy"] == 0:
        time.sleep(0.01)
    town.point(town.server("two").server_port)
    said = b""
    while b"two" not in said:
        said += client.recv(4096)
    assert said.index(b"one") < said.index(b"two")


def test_requests_sent_at_once_are_answered_in_order(town) -> None:
    client = town.connect()
    names = [f"/big/{n}" for n in range(1, 200)]
    client.sendall(b"".join(f"GET {name} HTTP/1.1\r\n\r\n".encode() for name in names))
    reader = client.makefile("rb")
    for n in range(1, 200):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += reader.readline()
        assert f"Content-Length: {n}\r\n".encode() in head
        assert reader.read(n) == b"x" * n
    reader.close()


def test_a_client_that_sends_no_more_still_gets_its_answers(town) -> None:
    client = town.connect()
    client.sendall(b"GET /slow/0.1 HTTP/1.1\r\n\r\nGET /name HTTP/1.1\r\n\r\n")
    client.shutdown(socket.SHUT_WR)
    said = b""
    while chunk := client.recv(4096):
        said += chunk
    assert said.count(b"\r\n\r\none") == 2


def heard(client: socket.socket, end: bytes) -> bool:
    """Whether an answer that ends so comes: its head and its body may come apart."""
    said = b""
    while not said.endswith(end) and (chunk := client.recv(4096)):
        said += chunk
    return said.endswith(end)


def test_a_body_is_sent_after_the_word_to_go_on(town) -> None:
    client = town.connect()
    head = b"POST /echo HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    client.sendall(head)
    assert b"100 Continue" in client.recv(4096)
    client.sendall(b"abc")
    assert heard(client, f"one 3 {hash(b'abc')}".encode())


def test_a_slow_client_gets_all_and_the_relay_stays_small(town) -> None:
    size, slow = 64 << 20, town.connect()
    slow.sendall(f"GET /big/{size} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    time.sleep(0.5)
    quick = http.client.HTTPConnection("127.0.0.1", town.port, timeout=5)
    assert asked(quick, "/name") == (200, b"one"), "others are answered meanwhile"
    quick.close()
    got = 0
    while chunk := slow.recv(1 << 16):
        got += len(chunk)
    assert got > size
    assert town.peak_kib() < 40 << 10


def test_a_slow_server_gets_all_and_the_relay_stays_small(town) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    town.point(listener.getsockname()[1])
    client, size = town.connect(), 32 << 20
    client.sendall(f"POST / HTTP/1.1\r\nContent-Length: {size}\r\n\r\n".encode())
    sender = threading.Thread(target=client.sendall, args=(b"x" * size,))
    sender.start()
    server, _ = listener.accept()
    time.sleep(0.3)
    assert town.peak_kib() < 40 << 10
    got = 0
    while got < size:
        got += len(server.recv(1 << 20))
    sender.join()
    server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert heard(client, b"ok")
    server.close()
    listener.close()


def test_a_server_that_is_down_for_a_moment_is_waited_for(town, client) -> None:
    assert asked(client, "/name") == (200, b"one")
    gone = town.server("gone")
    gone.shutdown()
    gone.server_close()
    town.point(gone.server_port)
    back = threading.Timer(0.5, lambda: town.server("back", gone.server_port))
    back.start()
    assert asked(client, "/echo", "POST", body=b"x") == (200, f"back 1 {hash(b'x')}".encode())
    back.join()


@pytest.mark.slow
def test_a_server_that_stays_away_is_said_in_words(town, client) -> None:
    gone = town.server("gone")
    gone.shutdown()
    gone.server_close()
    town.point(gone.server_port)
    status, said = asked(client, "/name")
    assert (status, said) == (502, b"gsctl relay: no server answered for 10 s\n")


@pytest.mark.parametrize("before", [0, 2], ids=["the first request", "a later one"])
def test_a_write_that_lost_its_answer_is_not_sent_again(town, client, before: int) -> None:
    server = town.server("two")
    town.point(server.server_port)
    for _ in range(before):
        assert asked(client, "/name") == (200, b"two")
    status, said = asked(client, "/die", "POST", body=b"x")
    assert (status, server.deaths) == (502, 1)
    assert b"may have been done" in said


def test_half_an_answer_ends_the_connection(client) -> None:
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        asked(client, "/half")


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (b"nonsense\r\n\r\n", b"400 Bad Request"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 70000, b"431 Request Header Fields Too Large"),
    ],
)
def test_what_is_no_request_is_refused_and_harms_nobody(town, client, told, status) -> None:
    stranger = town.connect()
    stranger.sendall(told)
    said = b""
    while chunk := stranger.recv(4096):
        said += chunk
    assert status in said
    assert asked(client, "/name") == (200, b"one")


def test_five_hundred_clients_stay_through_a_switch(town) -> None:
    clients = [town.connect() for _ in range(500)]
    for name in ("one", "two"):
        if name == "two":
            town.point(town.server("two").server_port)
        for client in clients:
            client.sendall(b"GET /name HTTP/1.1\r\n\r\n")
        for client in clients:
            said = b""
            while not said.endswith(name.encode()):
                chunk = client.recv(4096)
                assert chunk, "a client was cut off"
                said += chunk
    assert town.state()["clients"] >= 500


def test_held_requests_wait_and_go_to_the_server_that_the_pointer_names_then(town, client) -> None:
    assert asked(client, "/name") == (200, b"one")
    said = []
    with hold(town.folder) as held:
        assert held.drained(5)
        waiting = threading.Thread(target=lambda: said.append(asked(client, "/name")))
        waiting.start()
        while town.state()["waiting"] == 0:
            time.sleep(0.01)
        held.confirm()
        town.point(town.server("two").server_port)
        assert said == []
    waiting.join()
    assert said == [(200, b"two")]


def test_a_hold_tells_what_is_still_under_way(town) -> None:
    client = town.connect()
    client.sendall(b"GET /slow/0.6 HTTP/1.1\r\n\r\n")
    while town.state()["busy"] == 0:
        time.sleep(0.01)
    with hold(town.folder) as held:
        assert not held.drained(0.1)
        assert held.drained(5)


def test_a_hold_goes_with_the_one_who_held(town, client) -> None:
    pid = os.fork()
    if pid == 0:
        with hold(town.folder):
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert asked(client, "/name") == (200, b"one")


def test_a_relay_that_ended_holds_nothing_back(town) -> None:
    with hold(town.folder) as held:
        town.end(town.process)
        with pytest.raises(Lost):
            held.confirm()


def test_a_relay_that_was_killed_comes_back_and_finds_its_server(town) -> None:
    town.end(town.process)
    town.start()
    client = http.client.HTTPConnection("127.0.0.1", town.port, timeout=5)
    assert asked(client, "/name") == (200, b"one")
    client.close()


def test_a_relay_that_is_told_to_stop_answers_what_is_under_way(town) -> None:
    client = town.connect()
    client.sendall(b"GET /slow/0.3 HTTP/1.1\r\n\r\n")
    while town.state()["busy"] == 0:
        time.sleep(0.01)
    town.process.terminate()
    assert heard(client, b"one")
    assert town.process.wait(timeout=10) == 0
