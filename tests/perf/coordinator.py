"""A coordinator: its start, what it costs while nothing happens, its looks, its answers.

`python -m tests.perf.coordinator [--graphs 100 1000] [--idle 60] [--looks 5]`. Embedded graphs, with a
load and eight procedures each, applied before it starts. A look is rung for over HTTP; how long it
took is the time until it is told of, its processor time is that of the whole process. It is measured
in steady state, once the rows of every graph are known, and with one document changed. Beside the idle
process nobody asks anything.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import statistics
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tests.perf import repositories
from tests.perf.measuring import gsctl, interleaved, run, table
from tests.perf.serving import Serving, address, serving, started, until

PATHS = ("/healthz", "/v1/resources/Graph/g7", "/v1/plan")
ASKERS = 4


def start_s(folder: Path) -> tuple[float, float]:
    """Until it answers `/healthz`; and of processor time."""
    begun = time.perf_counter()
    process = started(folder)
    try:
        found = Serving(process.pid, address(process))
        found.get("/healthz")
        return time.perf_counter() - begun, found.cpu_s()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def command_s(folder: Path, word: str) -> tuple[float, float]:
    """A whole command, as `start_s`."""
    found = run(gsctl(word), folder)
    return found.wall_s, found.cpu_s


def starts(folder: Path, times: int) -> None:
    found = interleaved(times, {"serve": lambda: start_s(folder),
                                "version": lambda: command_s(folder, "version"),
                                "plan": lambda: command_s(folder, "plan")})  # fmt: skip
    wall = {name: statistics.median(s for s, _ in took) for name, took in found.items()}
    cpu = {name: statistics.median(s for _, s in took) for name, took in found.items()}
    print(table(("until", "median s", "/ version", "CPU s", "/ version"), [
        (name, f"{wall[name]:.2f}", f"{wall[name] / wall['version']:.1f}x", f"{cpu[name]:.2f}",
         f"{cpu[name] / cpu['version']:.1f}x")
        for name in found
    ]))  # fmt: skip


def turned(server: Serving, cause: Callable[[], object]) -> tuple[float, float]:
    """Seconds from the cause until the turn is told of, and of processor time.

    It listens, for who asks again and again costs the processor time that is measured.
    """
    with urllib.request.urlopen(f"{server.url}/v1/events", timeout=300) as events:
        events.readline()
        cpu_s, begun = server.cpu_s(), time.perf_counter()
        cause()
        while events.readline() != b"event: tick\n":
            pass
        return time.perf_counter() - begun, server.cpu_s() - cpu_s


def looked(server: Serving) -> tuple[float, float]:
    """A look that is rung for."""
    request = urllib.request.Request(f"{server.url}/v1/reconcile", method="POST")
    return turned(server, lambda: urllib.request.urlopen(request, timeout=120).close())


def looked_changed(folder: Path, server: Serving, number: int) -> tuple[float, float]:
    """The look that finds a line more in one document, which is seen by itself: all is new."""
    path = folder / "graphs/g1.yaml"
    text = path.read_text()
    found = turned(server, lambda: path.write_text(f"# {number}\n{text}"))
    turned(server, lambda: path.write_text(text))
    return found


def answers_per_s(server: Serving, path: str, seconds: float) -> float:
    """How many answers `ASKERS` clients get, each on a connection that it keeps."""
    counts: list[int] = []

    def ask() -> None:
        host, _, port = server.url.rpartition("//")[2].partition(":")
        asked = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode()
        end, count = time.perf_counter() + seconds, 0
        with socket.create_connection((host, int(port))) as sock, sock.makefile("rb") as answers:
            while time.perf_counter() < end:
                sock.sendall(asked)
                assert b" 200 " in answers.readline()
                size = 0
                while (line := answers.readline()) != b"\r\n":
                    name, _, value = line.partition(b":")
                    size = int(value) if name.lower() == b"content-length" else size
                answers.read(size)
                count += 1
        counts.append(count)

    asking = [threading.Thread(target=ask) for _ in range(ASKERS)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    return sum(counts) / seconds


def measure(folder: Path, graphs: int, idle_s: float, looks: int) -> tuple[object, ...]:
    repositories.many(folder, graphs)
    run(gsctl("apply", "-y"), folder)
    with serving(folder) as server:
        while not server.counted():
            looked(server)
        first = server.mib("VmHWM")
        cpu_s = server.cpu_s()
        time.sleep(idle_s)
        idle = (server.cpu_s() - cpu_s) / idle_s
        server.forget_peak()
        memory = server.mib("VmRSS")
        found = [looked(server) for _ in range(looks)]
        steady = server.mib("VmHWM")
        changed = [looked_changed(folder, server, number) for number in range(looks)]
        peaks = f"{first:.0f} / {steady:.0f} / {server.mib('VmHWM'):.0f}"
        per_s = [answers_per_s(server, path, 3.0) for path in PATHS]
        return (f"{graphs:,}", f"{memory:.0f}", f"{idle:.1%}",
                f"{statistics.median(s for s, _ in found):.2f}",
                f"{statistics.median(cpu for _, cpu in found):.2f}",
                f"{statistics.median(cpu for _, cpu in changed):.2f}", peaks,
                " / ".join(f"{each:,.0f}" for each in per_s))  # fmt: skip


def heal_s(folder: Path, server: Serving) -> float:
    """From the end of a graph's server until another one answers; then until all is settled."""
    settled = server.settled()
    pointer = next(folder.glob(".gsctl/default/default/main/.graphs/*/serving.json"))
    port = json.loads(pointer.read_text())["port"]
    os.kill(listening_at(port), signal.SIGKILL)
    begun = time.perf_counter()

    def answers() -> bool:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True

    until(lambda: not _answers(answers), "its port is free", 10)
    until(lambda: _answers(answers), "it answers again")
    took = time.perf_counter() - begun
    until(lambda: server.settled() > settled, "it is settled")
    return took


def _answers(answers: Callable[[], bool]) -> bool:
    with contextlib.suppress(OSError):
        return answers()
    return False


def listening_at(port: int) -> int:
    """The process that listens at a port of this machine."""
    wanted = f"0100007F:{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inode = next(line[9] for line in lines if line[1].endswith(wanted[8:]) and line[3] == "0A")
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(link.readlink()) == f"socket:[{inode}]":
                return int(link.parts[2])
    raise RuntimeError(f"nobody listens at {port}")


def heals(folder: Path, times: int) -> list[float]:
    repositories.one(folder, 1000, 1000)
    path = folder / "gsctl.yaml"
    text = path.read_text().replace("{type: neug}", "{type: neug, mode: served}")
    path.write_text(text.replace("name: measured", "name: healed"))  # another owner's servers
    run(gsctl("apply", "-y"), folder)
    try:
        with serving(folder) as server:
            return [heal_s(folder, server) for _ in range(times)]
    finally:
        run(gsctl("destroy", "-y", "--allow-deletes"), folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--idle", type=float, default=65.0, help="seconds")
    parser.add_argument("--looks", type=int, default=5)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        rows = [measure(Path(temporary) / str(n), n, given.idle, given.looks) for n in given.graphs]
        print(table(("graphs", "idle MiB", "idle CPU", "a look s", "CPU s", "one changed, CPU s",
                     "peak MiB: start / steady / changed", "answers/s: " + ", ".join(PATHS)), rows))  # fmt: skip
        print()
        starts(Path(temporary) / str(given.graphs[0]), given.times)
        healed = heals(Path(temporary) / "served", given.times)
        print(f"\nA server that was killed answers again after {statistics.median(healed):.1f} s "
              f"(at most {max(healed):.1f}).")  # fmt: skip


if __name__ == "__main__":
    main()
