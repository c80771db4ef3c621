"""The socket that the coordinator answers at."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from reconciler.server.listening import bound, listening, url_of


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_are_sent_at_once(host: str) -> None:
    async def delays() -> bool:
        seen = asyncio.get_running_loop().create_future()

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found = writer.get_extra_info("socket")
            seen.set_result(not found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(met, sock=bound(host, 0)) as server:
            address = server.sockets[0].getsockname()[:2]
            _, writer = await asyncio.open_connection(*address)
            found = await seen
            writer.close()
            return found

    assert not asyncio.run(delays())


def test_it_tells_that_it_lives_before_the_application_is_there_and_lets_others_wait() -> None:
    async def application(scope, receive, send) -> None:
        head = [(b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": scope["path"][-4:].encode()})

    listener = bound("127.0.0.1", 0)
    with listening(listener) as doorway, ThreadPoolExecutor() as pool:
        url = url_of(listener)
        early = pool.submit(httpx.get, f"{url}/v1/plan", timeout=60)
        health = httpx.get(f"{url}/healthz")
        assert (health.json(), health.headers["content-type"]) == ({"status": "ok"}, "application/json")  # fmt: skip
        assert not early.done()
        doorway.open(application)
        assert early.result().text == "plan"
        assert httpx.get(f"{url}/healthz").text == "lthz"


def test_nothing_of_the_application_is_imported_until_it_listens() -> None:
    """What a coordinator imports before `/healthz` answers is what it takes to start."""
    told = (
        "import sys, gsctl.coordinator.answering, reconciler.server.listening; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert not {"fastapi", "jinja2", "prometheus_client", "reconciler.server.app"} & {
        *done.stdout.split()
    }
