"""Changes a graph round after round, and kills each apply before one of its doings.

Run as a program: FOLDER MODE SEED ROUNDS. A doing is whatever gsctl does to the world outside: a
file made, renamed, linked or removed, a process started or signalled, a step begun or ended. Each
round runs in a fork, so that the imports are paid once; the program prints one JSON line a round.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from gsctl.__main__ import main as gsctl

sys.path.append(str(Path(__file__).parents[1]))

from repository import Repository
from warm import import_all

ROWS = 30
DOINGS = frozenset({
    "os.chmod", "os.kill", "os.killpg", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir",
    "os.symlink", "os.truncate", "subprocess.Popen",
})  # fmt: skip
WISHES = (
    {}, {"age": "int32"}, {"extra": ", town: string"}, {"keep": "0s"}, {"extra": ", x: int64"},
    {"age": "int32", "extra": ", town: string"},
)  # fmt: skip


class Death:
    """Kills this process before its n-th doing; 0 counts only."""

    def __init__(self, at: int) -> None:
        self.at, self.done, self.last = at, 0, ""

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
        if event not in DOINGS and not writes:
            return
        if "/cache/" in str(arguments[:1]) or "__pycache__" in str(arguments[:1]):
            return  # what may vanish at any time
        self.done += 1
        if self.done == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def forked(doing: Callable[[], int]) -> tuple[int, str]:
    """Run in a process of its own: how it ended (negative: killed), and what it printed."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(read)
        os.dup2(write, 1)
        os.dup2(write, 2)
        code = 70
        try:
            code = doing()
        finally:
            sys.stdout.flush()
            os._exit(code)
    os.close(write)
    with os.fdopen(read, encoding="utf-8", errors="replace") as out:
        text = out.read()
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), text


def apply(repository: Repository, die_at: int) -> tuple[int, str]:
    """Apply, and die before a doing; with 0 tell how many there were, on the last line."""

    def doing() -> int:
        death = Death(die_at)
        sys.addaudithook(death)
        code = gsctl(["-C", str(repository.path), "apply", "-y", "--allow-deletes"])
        print(death.done)
        return code

    return forked(doing)


def say(repository: Repository, *words: str) -> tuple[int, str]:
    """Any other command."""
    return forked(lambda: gsctl(["-C", str(repository.path), *words]))


def answer(repository: Repository) -> list[object]:
    """The lowest and the highest version that a reader finds, and how many people."""
    query = "MATCH (p:Person) RETURN min(p.age), max(p.age), count(p)"
    code, text = say(repository, "query", "people", query, "--json")
    assert code == 0, text
    return json.loads(text)["rows"][0]


def rounds(repository: Repository, chance: random.Random, number: int) -> None:
    """Each round: a change, a kill, a reader, and an apply that must finish and settle."""
    repository.write(version=1, rows=ROWS)
    code, text = apply(repository, 0)
    assert code == 0, text
    longest = 60
    for version in range(2, number + 2):
        repository.write(version=version, rows=ROWS, **chance.choice(WISHES))
        died_at = chance.randrange(1, longest)
        code, text = apply(repository, died_at)
        assert code in (0, -9), text
        if code == 0:
            longest = max(20, int(text.split()[-1]))
        found = answer(repository)
        assert found in ([version - 1] * 2 + [ROWS], [version] * 2 + [ROWS]), (died_at, found)
        lost = code and chance.random() < 0.15
        if lost:
            lose_pointer(repository)
        code, text = apply(repository, 0)
        assert code == 0, text
        assert answer(repository) == [version, version, ROWS], version
        copies = check_disk(repository)
        print(json.dumps({"version": version, "died_at": died_at, "lost": lost, "copies": copies}),
              flush=True)  # fmt: skip


def lose_pointer(repository: Repository) -> None:
    """Without its pointer nothing of a graph is deleted; where nobody can tell, a person restores it."""
    (pointer,) = repository.path.glob(".gsctl/default/default/main/.graphs/*/serving.json")
    text, copies = pointer.read_text(), sorted(pointer.parent.glob("copies/*"))
    pointer.unlink()
    code, said = apply(repository, 0)
    if code == 0:
        return  # what runs, or the only verified copy, told which it was
    assert "ST102" in said, said
    assert sorted(pointer.parent.glob("copies/*")) == copies
    pointer.write_text(text)


def check_disk(repository: Repository) -> int:
    """Nothing half made is left; at most the copy that answers and the one before."""
    (graph,) = (repository.path / ".gsctl/default/default/main/.graphs").iterdir()
    assert list((graph / "building").iterdir()) == []
    kept = len(list((graph / "copies").iterdir()))
    assert kept <= 2, kept
    return kept


if __name__ == "__main__":
    folder, mode, seed, number = sys.argv[1:]
    import_all()
    rounds(Repository(Path(folder), mode), random.Random(int(seed)), int(number))
