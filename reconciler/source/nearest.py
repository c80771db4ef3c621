"""Hints: the nearest known name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `name` was probably meant to be.

    Costs a comparison with each of them, so of many only as many as a person could have meant.
    """
    names = sorted(set(known))[:1000]
    folded = {candidate.casefold(): candidate for candidate in names}
    found = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest of `known`, or with all of a few."""
    names = sorted(set(known))
    if found := nearest(name, names):
        return f"did you mean `{found}`?"
    return f"known: {', '.join(names)}" if 0 < len(names) <= 12 else ""
