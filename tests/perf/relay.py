"""What a relay costs a reader, and what a switch costs him with one and without.

`python -m tests.perf.relay [--seconds 2] [--times 5] [--switches 5]`. Through the relay and straight
to the server behind it, in turns: readers in processes of their own, each on one connection that it
keeps, asking again as soon as it has the answer.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.queues import Queue
from pathlib import Path

from tests.perf import repositories
from tests.perf.measuring import gsctl, interleaved, ratio, run, table

QUERIES = {
    "one row by its key": "MATCH (p:P {id: 77}) RETURN p.name",
    "neighbours of neighbours": "MATCH (p:P {id: 77})-[:K]->(q)-[:K]->(r) RETURN count(r)",
    "20,000 rows": "MATCH (p:P) RETURN p.id, p.name LIMIT 20000",
}
READERS = (1, 4, 32)


@dataclass(frozen=True, slots=True)
class Read:
    """Answers a second, and how long one took: the median and the slowest of a hundred."""

    per_s: float
    p50_ms: float
    p99_ms: float


def read(port: int, query: str, readers: int, seconds: float) -> Read:
    """Let `readers` ask for a while."""
    told: Queue[list[float]] = multiprocessing.Queue()
    asking = [
        multiprocessing.Process(target=_ask, args=(port, query, seconds, told))
        for _ in range(readers)
    ]
    for process in asking:
        process.start()
    took = sorted(s for _ in asking for s in told.get(timeout=60 + seconds))
    for process in asking:
        process.join()
    return Read(len(took) / seconds, took[len(took) // 2] * 1e3, took[len(took) * 99 // 100] * 1e3)


def _ask(port: int, query: str, seconds: float, told: Queue[list[float]]) -> None:
    """By a bare socket: a client library would cost more than what is measured."""
    body = json.dumps({"query": query, "access_mode": "r"}).encode()
    request = b"POST /cypher HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    took: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < end:
            server.sendall(request)
            said = b""
            while b"\r\n\r\n" not in said:
                said += server.recv(1 << 18)
            head, _, rest = said.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            left = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]) - len(rest)
            while left > 0:
                left -= len(server.recv(1 << 18))
            took.append(time.perf_counter() - begun)
    told.put(took)


def served(folder: Path, rows: int, endpoint: str) -> dict[str, int]:
    """Apply a served graph; its pointer."""
    repositories.one(folder, rows, rows * 5)
    text = (folder / "gsctl.yaml").read_text()
    text = text.replace("{type: neug}", "{type: neug, mode: served}")
    text = text.replace("name: measured", f"name: {folder.name}")
    if endpoint:
        text = text.replace("  engine: main\n", f"  engine: main\n  endpoint: {{{endpoint}}}\n")
    (folder / "gsctl.yaml").write_text(text)
    run(gsctl("apply", "-y"), folder)
    (pointer,) = folder.glob(".gsctl/default/default/main/.graphs/*/serving.json")
    return dict(json.loads(pointer.read_text()))


def relay_of(port: int) -> int:
    """The process id of the relay that listens on a port."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if b"reconciler.relay" in words and str(port).encode() in words:
                return int(path.parent.name)
    raise RuntimeError(f"no relay listens on {port}")


def cost(pid: int, port: int, query: str, readers: int, seconds: float) -> tuple[Read, float]:
    """As `read`; and the relay's processor time for each answer, in microseconds."""
    path = Path(f"/proc/{pid}/schedstat")
    before = int(path.read_text().split()[0])
    found = read(port, query, readers, seconds)
    return found, (int(path.read_text().split()[0]) - before) / 1e3 / (found.per_s * seconds)


def throughput(pointer: dict[str, int], seconds: float, times: int) -> list[tuple[object, ...]]:
    ports = {"straight": pointer["backend"], "relayed": pointer["port"]}
    relay = relay_of(pointer["port"])
    rows: list[tuple[object, ...]] = []
    for name, query in QUERIES.items():
        for readers in READERS:
            measures = {way: partial(cost, relay, port, query, readers, seconds)
                        for way, port in ports.items()}  # fmt: skip
            costs = interleaved(times, measures)
            found = {way: [each for each, _ in each_way] for way, each_way in costs.items()}
            per_s = {way: [r.per_s for r in reads] for way, reads in found.items()}
            rows.append((
                name, readers, *(f"{statistics.median(per_s[way]):,.0f}" for way in ports),
                f"{ratio(per_s['relayed'], per_s['straight']):.2f}",
                *(f"{statistics.median(r.p50_ms for r in found[way]):.2f} / "
                  f"{statistics.median(r.p99_ms for r in found[way]):.2f}" for way in ports),
                f"{statistics.median(us for _, us in costs['relayed']):.0f}",
            ))  # fmt: skip
    return rows


def gap_ms(folder: Path, port: int, changes: Iterator[int]) -> tuple[float, int]:
    """The longest time without an answer while the graph changes, and failed requests in it."""
    over, longest, failed = threading.Event(), 0.0, 0

    def ask() -> None:
        nonlocal longest, failed
        last, connection = time.perf_counter(), None
        while not over.is_set():
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("GET", "/service_status")
                assert connection.getresponse().read()
                now = time.perf_counter()
                longest, last = max(longest, now - last), now
            except (OSError, http.client.HTTPException):
                failed, connection = failed + 1, None
                time.sleep(0.001)

    reader = threading.Thread(target=ask)
    reader.start()
    data = folder / "data/persons.csv"
    change = next(changes)
    head, *lines = data.read_text().splitlines(keepends=True)
    data.write_text(head + lines[change] + "".join(lines[:change] + lines[change + 1 :]))
    run(gsctl("apply", "-y"), folder)
    over.set()
    reader.join()
    return longest * 1e3, failed


def start_ms(folder: Path) -> tuple[float, float]:
    """How long a relay takes to listen, and its memory in MiB then."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-I", "-m", "reconciler.relay", str(port),
                                str(folder)], stdout=subprocess.DEVNULL)  # fmt: skip
    while socket.socket().connect_ex(("127.0.0.1", port)):
        assert process.poll() is None, "the relay ended"
        time.sleep(0.001)
    took = time.perf_counter() - begun
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    size = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    process.kill()
    process.wait()
    return took * 1e3, size / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--switches", type=int, default=5)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folders = {"relayed": Path(temporary, "relayed"), "straight": Path(temporary, "straight")}
        pointers = {way: served(folder, given.rows, "relay: true" if way == "relayed" else "")
                    for way, folder in folders.items()}  # fmt: skip
        try:
            rows = throughput(pointers["relayed"], given.seconds, given.times)
            print(table(("query", "readers", "straight /s", "relayed /s", "ratio",
                         "straight p50 / p99 ms", "relayed p50 / p99 ms", "relay's CPU us"), rows))  # fmt: skip
            changes = iter(range(1, 1000))
            gaps = interleaved(given.switches, {
                way: partial(gap_ms, folders[way], pointers[way]["port"], changes)
                for way in folders
            })  # fmt: skip
            print()
            print(table(("a switch", "median ms without an answer", "longest", "failed requests"), [
                (way, f"{statistics.median(ms for ms, _ in found):.0f}",
                 f"{max(ms for ms, _ in found):.0f}", sum(n for _, n in found))
                for way, found in gaps.items()
            ]))  # fmt: skip
            starts = [start_ms(Path(temporary)) for _ in range(max(given.times, 3))]
            print(f"\nA relay listens after {statistics.median(ms for ms, _ in starts):.0f} ms, "
                  f"with {statistics.median(mib for _, mib in starts):.0f} MiB.")  # fmt: skip
        finally:
            for folder in folders.values():
                run(gsctl("destroy", "-y", "--allow-deletes"), folder)


if __name__ == "__main__":
    main()
