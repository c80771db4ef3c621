"""Answers given again while what they are made of is the very same: for those who ask for ever.

What is kept is never stored, and never stands in for a look: who asks has looked, and found the
same. Not for several threads at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from operator import eq
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Kept(Generic[T]):
    """The last answer to one question."""

    def __init__(self) -> None:
        self._of: tuple[object, ...] | None = None
        self._answer: T

    def get(self, make: Callable[[], T], *of: object) -> T:
        """The answer to `of`: made when one of them is another object than the last time.

        Compared is by identity: `1` and `True` are equal, and a document with one is not a document
        with the other.
        """
        if self._of is None or not _same(self._of, of):
            self._answer, self._of = make(), of
        return self._answer


class Before(Generic[T]):
    """The value before, in place of an equal one: so that who compares by identity finds it."""

    def __init__(self) -> None:
        self._value: T | None = None

    def or_new(self, value: T) -> T:
        """The one before where it is equal, else `value`, which is the one before from now on."""
        if self._value is None or self._value != value:
            self._value = value
        return self._value


def unchanged(
    before: Mapping[K, T], now: Mapping[K, T], equal: Callable[[T, T], bool] = eq
) -> Mapping[K, T]:
    """`now`, with each value that is equal to the one before replaced by that; `before` if all are.

    `equal` compares values. What is the same costs its room once, and the next comparison finds
    it at once.
    """
    found = {key: before[key] if key in before and equal(before[key], value) else value
             for key, value in now.items()}  # fmt: skip
    same = len(found) == len(before) and all(
        one == other and found[one] is before[other]
        for one, other in zip(found, before, strict=True)
    )
    return before if same else found


def _same(some: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
