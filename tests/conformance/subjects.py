"""Who is tried: every engine that is installed, and how another program opens its graphs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler import runtimes
from reconciler.plugins import engines
from reconciler.testing import paper
from reconciler.testing.conformance import LAWS, Law, Subject
from reconciler.testing.laws import ROOMS
from reconciler.testing.paper.speech import WORDS

_OPENERS = {
    "ladybug": "from ladybug import Database; d = Database(PLACE)",
    "neug": "from neug import Database; d = Database(PLACE, 'rw')",
    "paper": "import fcntl; d = open(PLACE.replace('.json', '.lock'), 'w'); fcntl.flock(d, 2)",
}
# Copies are built, filled and gone on with before they are served: elsewhere that says nothing new.
_AGAIN = tuple(law for room in ("looking", "switching", "asking", "leaving", "ending")
               for law in ROOMS[room])  # fmt: skip


@contextmanager
def held(python: Path | str, code: str, place: Path) -> Iterator[None]:
    """Another program has a graph open for writing."""
    program = f"PLACE = {str(place)!r}\n{code}\nprint('open', flush=True)\ninput()"
    with subprocess.Popen([str(python), "-c", program], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as holder:  # fmt: skip
        for line in holder.stdout:
            if line == "open\n":
                break
        else:
            raise AssertionError("the program that was to hold a graph open has failed")
        yield
        holder.communicate("\n")


def paper_in(mode: str, plugin=paper) -> Subject:
    return Subject(plugin, mode, WORDS, lambda at: held(sys.executable, _OPENERS["paper"], at))


def laws_of(mode: str, modes: Sequence[str]) -> tuple[Law, ...]:
    """All laws in an engine's first mode; in others those that a server, say, can break."""
    return LAWS if mode == modes[0] else _AGAIN


def installed() -> Iterator[tuple[Subject, Law]]:
    """Every installed engine in each of its modes, with the laws to try there."""
    for name, plugin in engines().plugins.items():
        for mode in plugin.TRAITS.modes:
            laws = laws_of(mode, plugin.TRAITS.modes)
            yield from ((_subject(name, plugin, mode), law) for law in laws)


def _subject(name: str, plugin, mode: str) -> Subject:
    code, version = _OPENERS.get(name), plugin.TRAITS.versions[0]

    def hold(place: Path):
        return held(runtimes.locate(name, version).python, code, place)

    return Subject(plugin, mode, hold=hold if code else None)
