"""gsctl in processes of their own whose imports are paid once: forks of one that only imported.

A command costs a second of imports and a tenth of work. Each still is a process with a number, an
environment and an end of its own; what a test is to start, kill or read from meanwhile is started
in the ordinary way. Run as a program this is the one that forks.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import pkgutil
import runpy
import secrets
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

# Of the coordinator, of other programs, or nothing that a command imports.
LEFT_OUT = ("reconciler.server", "reconciler.notify", "reconciler.traces", "reconciler.relay",
            "reconciler.testing")  # fmt: skip
PROGRAMS = ("host", "__main__", "worker")
LATE = ("deepdiff", "platformdirs", "stringprep", "encodings.idna")  # imported inside functions
READ_AT_IMPORT = ("FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TERMINAL_WIDTH", "PYTHONWARNINGS")


def gsctl(
    *words: str, cwd: Path | None = None, env: Mapping[str, str] | None = None,
    script: Path | None = None, timeout_s: float = 300,
) -> CompletedProcess[str]:  # fmt: skip
    """Run a command to its end, as subprocess.run would; or a script that imports what gsctl does.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was killed.
    """
    asked = {"words": words, "cwd": str(cwd or Path.cwd()), "script": script and str(script),
             "env": dict(os.environ if env is None else env)}  # fmt: skip
    with (open(os.devnull) as empty, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err,
          _connected() as to):  # fmt: skip
        files = [file.fileno() for file in (empty, out, err)]
        socket.send_fds(to, [json.dumps(asked).encode()], files)
        pid = int(to.recv(64))
        to.settimeout(timeout_s)
        try:
            code = int(to.recv(64))
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(list(words), timeout_s) from None
        return CompletedProcess(["gsctl", *words], code, _text(out), _text(err))


def on_path(folder: Path) -> str:
    """Lay a `gsctl` for shells into a new folder; the folder. A coordinator is one that stays."""
    folder.mkdir()
    program = folder / "gsctl"
    real = Path(sys.executable).with_name("gsctl")
    program.write_text(_FOR_SHELLS.format(sys.executable, str(real), _started(os.getpid())))
    program.chmod(0o755)
    return str(folder)


_FOR_SHELLS = """\
#!{} -IS
import json, os, socket, sys
if "serve" in sys.argv:
    os.execv({!r}, ["gsctl", *sys.argv[1:]])
to = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
to.connect({!r})
asked = {{"words": sys.argv[1:], "cwd": os.getcwd(), "script": None, "env": dict(os.environ)}}
socket.send_fds(to, [json.dumps(asked).encode()], [0, 1, 2])
to.recv(64)
sys.exit(int(to.recv(64)) % 256)
"""


def _text(file: tempfile._TemporaryFileWrapper[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


def _connected() -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(_started(os.getpid()))
    return connection


@cache
def _started(_pid: int) -> str:
    """The address of the one that forks for this process; it ends when this process does."""
    address = f"\0gsctl-{secrets.token_hex(8)}"  # no file to remove
    environment = {k: v for k, v in os.environ.items()
                   if k not in READ_AT_IMPORT and not k.startswith("GSCTL_")}  # fmt: skip
    process = subprocess.Popen([sys.executable, __file__, address[1:]], env=environment, cwd="/",
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdin
    assert process.stdout
    assert process.stdout.read(1) == b"!"
    process.stdout.close()
    atexit.register(_end, process)
    return address


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    process.wait()


def main() -> None:
    """Import, then fork for whoever asks, until whoever started this is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind("\0" + sys.argv[1])
        listener.listen(64)
        import_all()
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who answer
        os.write(1, b"!")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        while listener in select.select([listener, 0], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
                os._exit(0)
            connection.close()


def import_all() -> None:
    """Whatever a command imports; no thread is begun."""
    for root in map(importlib.import_module, ("gsctl", "reconciler")):
        for module in pkgutil.walk_packages(root.__path__, f"{root.__name__}."):
            left_out = module.name.startswith(LEFT_OUT)
            if not left_out and module.name.rpartition(".")[2] not in PROGRAMS:
                importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    assert threading.active_count() == 1, "a fork has one thread only"


def _answer(connection: socket.socket) -> None:
    """Run one command in a further fork, and tell its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    said, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    pid = os.fork()
    if pid == 0:
        connection.close()
        os._exit(_become(json.loads(said), files))
    connection.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(BrokenPipeError):
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(asked: Mapping[str, Any], files: Sequence[int]) -> int:
    """What `python -m gsctl` would be, up to its exit code."""
    for target, source in enumerate(files):
        os.dup2(source, target)
        os.close(source)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    code = _run(asked["words"], asked["script"])
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _run(words: Sequence[str], script: str | None) -> int:
    from gsctl import __main__ as program

    sys.argv = [script or program.__file__, *words]
    try:
        if not script:
            return program.main()
        sys.path.insert(0, str(Path(script).parent))
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  as the interpreter does
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
