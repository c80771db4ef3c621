"""Rules as data: what each is called, how grave it is, what it must be given, how it judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.lint.subject import Subject, Whole
from reconciler.model.problem import Severity
from reconciler.model.resource import Path, Resource


class Needs(StrEnum):
    """What a rule looks at."""

    DOCUMENTS = "documents"
    CHANGE = "change"  # a base, or the live state, to compare with
    DATA = "data"  # rows of the files: only with --deep


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says, and of which part; `resource` None: of the Project.

    `key`: it is about the name of the part rather than its value. `start` counts characters of a
    procedure's query. `rows` are the live rows at stake, None where that is not known.
    """

    resource: Resource | None
    path: Path
    says: str
    hint: str = ""
    key: bool = True
    start: int | None = None
    rows: int | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. It judges graphs one by one, or all documents at once, or is judged by a reader.

    `title` tells in a few words what was met. The page `pages/CODE.md` explains it.
    """

    code: str
    severity: Severity
    title: str
    graph: Callable[[Subject], Iterable[Finding]] | None = None
    whole: Callable[[Whole], Iterable[Finding]] | None = None
    needs: Needs = Needs.DOCUMENTS
