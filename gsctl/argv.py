"""Global options may stand before and after the command: here they are moved to the front."""

from __future__ import annotations

from collections.abc import Sequence

WITH_VALUE = frozenset({
    "-C", "-e", "--var", "--tenant", "--root", "--data-root", "--coordinator", "-o",
})  # fmt: skip
FLAGS = frozenset({"--json", "--no-color", "-v"})
_SHORT = tuple(name for name in sorted(WITH_VALUE) if not name.startswith("--"))

# Options of commands whose value may look like a global option: it is left where it stands.
_COMMANDS_OWN = frozenset({
    "--target", "--exclude", "--reload", "--rebuild", "--out", "--wait", "--parallelism",
    "--from", "-p", "--limit", "--tail", "--expires",
})  # fmt: skip


def normalise(words: Sequence[str]) -> list[str]:
    """`words` with the global options first, each group in its own order.

    What follows `--` is left alone. Doing it twice is doing it once.
    """
    front: list[str] = []
    rest: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        if word == "--":
            rest += words[position:]
            break
        if word in WITH_VALUE:
            front += words[position : position + 2]
            position += 2
        elif word in _COMMANDS_OWN:
            rest += words[position : position + 2]
            position += 2
        else:
            (front if _is_global(word) else rest).append(word)
            position += 1
    return front + rest


def _is_global(word: str) -> bool:
    """Whether a word is a flag, or an option with its value attached: `--var=a=b`, `-edev`."""
    name, equals, _ = word.partition("=")
    if word in FLAGS or (equals and name in WITH_VALUE and name.startswith("--")):
        return True
    return len(word) > 2 and word.startswith(_SHORT) and not word.startswith("--")
