"""Talking with a host process: one request, one answer, never waited for without end."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from reconciler.contracts import Table, Unanswered
from reconciler.embedded.dialect import Dialect

HOST = Path(__file__).with_name("host.py")
LONGEST_S = 3600.0  # for one request, and for the check of one type beside it
STALL_S = 10.0  # a stopped process is reported after this long, however long a step may take
_POLL_S = 0.5


class Refused(RuntimeError):
    """The engine refused a statement."""


class Locked(Refused):
    """The engine did not open a database that somebody else holds open."""


class Host:
    """A host process that works for us. Not shared between threads at one time."""

    def __init__(self, dialect: Dialect, python: Path, log: Path) -> None:
        self.questions = dialect.questions  # that it understands
        self._program = program = dialect.program
        self._log = log
        with _opened(log) as errors:
            self._said = errors.tell()
            self._process = subprocess.Popen(
                [str(python), str(HOST), str(program.SCRIPT), "work"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**_quiet(), **program.ENVIRONMENT},
                start_new_session=True,  # Ctrl-C at a terminal is ours to handle, not the engine's
            )
        self._rest = b""

    @property
    def pid(self) -> int:
        """The host's process id."""
        return self._process.pid

    def ask(self, op: str, *, within_s: float = LONGEST_S, **arguments: Any) -> Any:
        """Send a request and return its answer.

        Raises:
            Refused: the engine said no.
            Unanswered: the host died, was stopped, or took longer than `within_s`.
        """
        line = json.dumps({"op": op, **arguments}) + "\n"
        try:
            _pipe(self._process.stdin).write(line.encode())
            _pipe(self._process.stdin).flush()
            answer = json.loads(self._line(op, within_s))
        except (BrokenPipeError, ValueError) as error:
            raise self._died(op) from error
        if "error" in answer:
            raise self._refusal(answer["error"], answer["kind"])
        return answer["ok"]

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None, *, write: bool = False,
             limit: int | None = None, within_s: float = LONGEST_S) -> Table:  # fmt: skip
        """Run a statement. Raises as `ask`."""
        data = self.ask("execute", query=query, parameters=dict(parameters or {}), write=write,
                        limit=limit, within_s=within_s)  # fmt: skip
        rows = tuple(tuple(row) for row in data["rows"])
        return Table(tuple(data["columns"]), rows, data["more"])

    def number(self, query: str) -> int:
        """The one number that a query returns."""
        return int(self.rows(query).rows[0][0])

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process; what is uncommitted is rolled back."""
        if self.alive():
            _pipe(self._process.stdin).close()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.kill()
        self._release()

    def kill(self) -> None:
        """End the process at once, whatever it does."""
        if self.alive():
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
        self._release()

    def _release(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # unsent bytes of a request that nobody will read

    def _died(self, op: str) -> Unanswered:
        """With the engine's last words: it aborts where it cannot write."""
        try:
            with self._log.open("rb") as log:
                log.seek(self._said)
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            lines = []
        why = self._program.last_words(lines)
        return Unanswered(f"the engine's host died during `{op}`{why and f': {why}'}")

    def _refusal(self, says: str, kind: str) -> Exception:
        return Unanswered(says) if kind == "fenced" else self._program.refusal(says, kind)

    def _line(self, op: str, within_s: float) -> bytes:
        """The next line of the host. It cannot beat while the engine works, so we look at it."""
        output = _pipe(self._process.stdout)
        begun = time.monotonic()
        stopped_since: float | None = None
        while b"\n" not in self._rest:
            ready, _, _ = select.select([output], [], [], _POLL_S)
            now = time.monotonic()
            if ready:
                chunk = os.read(output.fileno(), 1 << 20)
                if not chunk:
                    raise self._died(op)
                self._rest += chunk
            elif now - begun > within_s:
                raise Unanswered(f"the engine's host did not answer `{op}` in {within_s:.0f} s")
            elif _is_stopped(self.pid):
                stopped_since = stopped_since or now
                if now - stopped_since > STALL_S:
                    raise Unanswered("the engine's host is stopped (SIGSTOP): pid " + str(self.pid))
            else:
                stopped_since = None
        line, _, self._rest = self._rest.partition(b"\n")
        return line


def answers(port: int, path: str) -> bool:
    """Whether a server answers on the loopback, at a path that tells its health."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _opened(log: Path) -> IO[bytes]:
    """The log to append to. Where none can be written, looking at graphs works all the same."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        return log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "the host was started with pipes"
    return pipe


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "Tt"
    except OSError:
        return False


def _quiet() -> Mapping[str, str]:
    """The environment without what would change the engine's runtime under our hands."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "GSCTL_"))}
