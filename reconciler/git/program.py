"""Runs git so that nothing but our words and a strictly read address steers it.

Its arguments are constants of ours, ids of commits and names that we made up; addresses and names
of branches reach it as values of configuration. Nobody's configuration, hooks, netrc, agent or
prompt counts, one transport is allowed, and time, memory and what a file may grow to are bounded.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.git.address import Remote
from reconciler.git.trouble import Trouble

LONGEST_S = 120.0
FILE_BYTES = 2 << 30  # of a pack, which holds all that is fetched at once
MEMORY_BYTES = 8 << 30

# Of our own environment: how to find programs, and a way out through a proxy.
_PASSED = ("PATH", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "TMPDIR")
_LIMITED = 'ulimit -v "$1" && ulimit -f "$2" && shift 2 && exec "$@"'
_CUT_OFF = "fatal: fetch-pack: invalid index-pack output"  # by the limit: it cannot say so itself
_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "credential.helper": "",  # none of the machine's
    "credential.interactive": "false",
    "fetch.fsckObjects": "true",  # names such as `..` and `.GIT`, two of one name
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",  # everything in one pack, whose size is bounded
    "gc.autoDetach": "false",
    "gc.pruneExpire": "now",
    "gpg.program": "false",  # signatures are those of ssh
    "gpg.x509.program": "false",
    "gpg.minTrustLevel": "fully",
    "http.followRedirects": "false",  # nobody sends us, and what we know, elsewhere
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "remote.origin.tagOpt": "--no-tags",
}


@dataclass(frozen=True, slots=True)
class Login:
    """What opens a repository, and who may sign in it. Paths are absolute.

    `ca` is a file of certificates to believe instead of the machine's.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    key: Path | None = None
    known_hosts: Path | None = None
    ca: Path | None = None
    signers: Path | None = None


_HELPER = ('!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
           '"$GSCTL_GIT_USERNAME" "$GSCTL_GIT_PASSWORD"; }; f')  # fmt: skip
_SSH = ('exec ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityAgent=none '
        '-o StrictHostKeyChecking=yes -o UserKnownHostsFile="$GSCTL_GIT_HOSTS" '
        '-o GlobalKnownHostsFile=/dev/null -o ConnectTimeout=20 -o ForwardAgent=no '
        '-o PermitLocalCommand=no -i "$GSCTL_GIT_KEY"')  # fmt: skip


class Git:
    """git on one bare repository of ours. From one thread; `end` from any."""

    def __init__(self, folder: Path, remote: Remote) -> None:
        """`folder` need not be there yet."""
        self._folder = folder
        self._remote = remote
        self._login = Login()
        self._running: subprocess.Popen[bytes] | None = None
        self._ended = False

    def use(self, login: Login) -> None:
        """Open the repository with this from now on. Raises Trouble where ssh lacks a key."""
        if self._remote.scheme == "ssh" and not (login.key and login.known_hosts):
            says = f"{self._remote.name}: ssh needs a key, and known hosts, of its own"
            raise Trouble("GI112", says, "name them in the file of `--git-access`")
        self._login = login

    def run(
        self, *words: str, config: Mapping[str, str] | None = None, within_s: float = LONGEST_S
    ) -> bytes:
        """What a command prints. `words` are never anybody else's. Raises Trouble."""
        with self.started(*words, config=config) as process:
            try:
                out, err = process.communicate(timeout=within_s)
            except subprocess.TimeoutExpired:
                self._kill(process)
                raise self._trouble(f"no answer within {within_s:g} s") from None
        if process.returncode:
            raise self._failed(process.returncode, err)
        return out

    @contextmanager
    def started(
        self, *words: str, config: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A command, to speak with; it is ended with the block. Raises Trouble."""
        command = ["/bin/sh", "-c", _LIMITED, "sh", str(MEMORY_BYTES >> 10), str(FILE_BYTES >> 9),
                   "git", *words]  # fmt: skip
        if self._ended:
            raise self._trouble("it is being ended")
        try:
            process = subprocess.Popen(command, env=self._environment(config or {}),
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, start_new_session=True,
                                       cwd=self._folder.parent)  # fmt: skip
        except OSError as error:
            raise self._trouble(f"git cannot be started: {error.strerror}") from error
        self._running = process
        try:
            yield process
        finally:
            self._running = None
            if process.poll() is None:
                self._kill(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe:
                    with suppress(BrokenPipeError):
                        pipe.close()

    def end(self) -> None:
        """End what runs now, and begin nothing more."""
        self._ended = True
        if running := self._running:
            self._kill(running)

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        """With what it started: fetching is done by children."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _environment(self, config: Mapping[str, str]) -> dict[str, str]:
        passed = {name: os.environ[name] for name in _PASSED if name in os.environ}
        every = {**_CONFIG, **self._of_remote(), **config}
        counted = {"GIT_CONFIG_COUNT": str(len(every))}
        for number, (name, value) in enumerate(every.items()):
            counted |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
        return {
            **passed, **counted, **self._credentials(),
            "LC_ALL": "C", "HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull,
            "GIT_DIR": str(self._folder), "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_NO_REPLACE_OBJECTS": "1", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_SSH_COMMAND": _SSH,
            "GIT_ALLOW_PROTOCOL": self._remote.scheme, "GIT_PROTOCOL_FROM_USER": "0",
        }  # fmt: skip

    def _of_remote(self) -> dict[str, str]:
        found = {
            f"protocol.{self._remote.scheme}.allow": "always",
            "remote.origin.url": self._remote.url,
        }
        if self._login.password:  # for this host alone, whatever git is told on the way
            found[f"credential.{self._remote.origin}.helper"] = _HELPER
        if self._login.ca:
            found["http.sslCAInfo"] = str(self._login.ca)
        return found

    def _credentials(self) -> dict[str, str]:
        login, found = self._login, dict[str, str]()
        if login.password:
            found |= {"GSCTL_GIT_USERNAME": login.username, "GSCTL_GIT_PASSWORD": login.password}
        if login.key and login.known_hosts:
            found |= {"GSCTL_GIT_KEY": str(login.key), "GSCTL_GIT_HOSTS": str(login.known_hosts)}
        return found

    def _failed(self, code: int, err: bytes) -> Trouble:
        said = err.decode("utf-8", "replace")
        if said.strip() == _CUT_OFF:
            return Trouble("GI108", f"{self._remote.name}: more than {FILE_BYTES:,} bytes at once",
                           "keep large data elsewhere, below a --data-root")  # fmt: skip
        return self._trouble(_last_words(said) or f"git ended with {code}")

    def _trouble(self, says: str) -> Trouble:
        if self._login.password:
            says = says.replace(self._login.password, "…")
        return Trouble("GI104", f"{self._remote.name}: {says}")


def _last_words(said: str) -> str:
    """What git says for itself, in one line; what the other side says is left out."""
    lines = [line for line in said.splitlines() if not line.startswith("remote:")]
    own = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines[-1:]
    text = "; ".join(line.removeprefix("fatal: ").removeprefix("error: ") for line in own[:3])
    return "".join(c for c in text if c.isprintable())[:300]
