"""Which column of a header feeds which property, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.loads.header import Columns
from reconciler.model.loading import Column
from reconciler.model.problem import Problem
from reconciler.model.resource import Path


@dataclass(frozen=True, slots=True)
class SourceColumns:
    """The columns of one source: `overrides` say which, otherwise a property's own name does."""

    header: Columns
    overrides: Mapping[str, str | int]
    properties: tuple[str, ...]
    type: str
    end_names: tuple[str | int, str | int] | None = None

    @property
    def found(self) -> dict[str, Column]:
        """Property -> column, of those that have one."""
        columns = {name: self.header.find(self._wanted(name)) for name in self.properties}
        return {name: column for name, column in columns.items() if column}

    @property
    def ends(self) -> tuple[Column, Column] | None:
        """The columns of both ends; None for vertices, or where one is not in the header."""
        if self.end_names is None:
            return None
        from_, to = (self.header.find(name) for name in self.end_names)
        return (from_, to) if from_ and to else None

    def problems(self, key: str | None = None) -> Iterator[tuple[Path, Problem]]:
        """What is wrong, with its place below the source. `key` is the key of a vertex type."""
        yield from self._overrides()
        yield from self._ends()
        yield from self._twice()
        found = self.found
        for name in self.properties:
            if name in found or name in self.overrides:
                continue
            if name == key:
                yield (), self._no_key(name)
            else:
                said = f"no column feeds `{self.type}.{name}`: it keeps the engine's default"
                yield (), Problem("warning", said, "LD112", hint=self._near(name))
        yield from self._surplus()

    def _overrides(self) -> Iterator[tuple[Path, Problem]]:
        for name, wanted in self.overrides.items():
            if name not in self.properties:
                said = f"`{self.type}` has no property `{name}`"
                hint = nearest(name, self.properties)
                yield ("columns", name), Problem("error", said, "LD107", hint=hint)
            elif self.header.find(wanted) is None:
                yield ("columns", name), self._not_there(wanted, "LD107")

    def _ends(self) -> Iterator[tuple[Path, Problem]]:
        fields = ("fromColumn", "toColumn")
        for name, wanted in zip(fields, self.end_names or (), strict=False):
            if self.header.find(wanted) is None:
                yield (name,), self._not_there(wanted, "LD105")

    def _twice(self) -> Iterator[tuple[Path, Problem]]:
        wanted = [self._wanted(name) for name in self.properties] + list(self.end_names or ())
        for name in sorted(self.header.twice() & {w for w in wanted if isinstance(w, str)}):
            said = f"the header has several columns `{name}`"
            hint = "name the one that is meant by its index, counted from 0, under `columns`"
            yield (), Problem("error", said, "LD108", hint=hint)

    def _surplus(self) -> Iterator[tuple[Path, Problem]]:
        taken = {column.index for column in (*self.found.values(), *(self.ends or ()))}
        rest = [n for i, n in enumerate(self.header.names) if i not in taken]
        if rest:
            said = f"no property of `{self.type}` takes: {', '.join(f'`{n}`' for n in rest)}"
            yield (), Problem("note", said, "LD113")

    def _no_key(self, name: str) -> Problem:
        said = f"no column for the key `{self.type}.{name}`"
        return Problem("error", said, "LD104", hint=self._near(name))

    def _not_there(self, wanted: str | int, code: str) -> Problem:
        if isinstance(wanted, int):
            said = f"there is no column {wanted}; the files have {self.header.width}, from 0"
            return Problem("error", said, code)
        return Problem("error", f"no column `{wanted}`", code, hint=self._near(wanted))

    def _near(self, name: str) -> str:
        if not self.header.names:
            return f"without a header, give indexes: `columns: {{{name}: 0}}`"
        return nearest(name, self.header.names)

    def _wanted(self, name: str) -> str | int:
        return self.overrides.get(name, name)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that was probably meant, else at all of them."""
    names = list(known)
    lower = {candidate.strip().lower(): candidate for candidate in names}
    close = get_close_matches(name.strip().lower(), lower, n=1)
    if close:
        return f"did you mean `{lower[close[0]]}`?"
    return f"there are {', '.join(f'`{n}`' for n in names[:20])}" if names else ""
