"""Gathers the documents of a repository: its own, those of an overlay; somebody else's are counted.

Codes: SC102 a kind that is probably a slip (warning), SC109 no gsctl.yaml or no Project in it,
SC110 a Project elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.model.key import DEFAULT_ENVIRONMENT
from reconciler.model.kinds import SPECS
from reconciler.model.nearest import did_you_mean, nearest
from reconciler.model.problem import Location, Problem
from reconciler.source.document import is_foreign, is_ours
from reconciler.source.files import (
    OVERLAYS,
    PROJECT_FILE,
    SourceFile,
    environments,
    find_files,
    find_overlay,
    read_file,
)
from reconciler.source.shelf import Shelf
from reconciler.source.yaml import Document, read_documents

# After one of these a document is not whole: what it seems to lack may stand in the unread part.
_CUT_SHORT = frozenset(("SY101", "SY104"))


@dataclass(slots=True)
class Documents:
    """Our documents, in the order of their files' names; filled while reading."""

    name: str = ""  # stands before the names of files, where there are several sources
    base: list[Document] = field(default_factory=list)
    overlay: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0
    shelf: Shelf | None = field(default=None, compare=False, repr=False)

    def read(self, files: Iterable[SourceFile], into: list[Document]) -> None:
        """Read files; a bad one does not hide what is wrong with the others."""
        for file in files:
            data = read_file(replace(file, name=f"{self.name}{file.name}"))
            if isinstance(data, Problem):
                self.problems.append(data)
            else:
                self.take(file.name, data, into)

    def take(self, name: str, data: bytes, into: list[Document]) -> None:
        """Read what stands in a file."""
        read = self.shelf.said if self.shelf else read_documents
        documents, problems = read(f"{self.name}{name}", data)
        self.problems += problems
        for document in documents:
            self._sort(document, into)

    def complain(self, problems: Iterable[Problem]) -> None:
        """Note what is wrong with files that are named without `name`."""
        for problem in problems:
            at = problem.at and replace(problem.at, file=f"{self.name}{problem.at.file}")
            self.problems.append(replace(problem, at=at))

    def _sort(self, document: Document, into: list[Document]) -> None:
        body = document.body
        if is_ours(body):
            into.append(document)
        elif cut_short(document) and not is_foreign(body):
            self.problems += document.problems
        elif body is not None:
            self.skipped += 1
            self._warn_of_slip(document)

    def _warn_of_slip(self, document: Document) -> None:
        body = document.body
        if not isinstance(body, dict) or "apiVersion" in body or "metadata" not in body:
            return
        kind = body.get("kind")
        if isinstance(kind, str) and (near := nearest(kind, SPECS)):
            problem = Problem("warning", f"`{kind}` is no kind of ours: the document is skipped",
                              "SC102", hint=f"did you mean `{near}`?")  # fmt: skip
            self.problems.append(document.positions.problem(("kind",), problem))


def is_same(one: Documents, other: Documents) -> bool:
    """Whether they hold the very same documents: nothing of them was parsed anew."""
    told = (one.name, one.problems, one.skipped), (other.name, other.problems, other.skipped)
    return told[0] == told[1] and all(
        len(some) == len(others) and all(a is b for a, b in zip(some, others, strict=True))
        for some, others in ((one.base, other.base), (one.overlay, other.overlay))
    )


def cut_short(document: Document) -> bool:
    """Whether a document could not be read to its end."""
    return any(problem.code in _CUT_SHORT for problem in document.problems)


def gather(
    root: Path,
    environment: str,
    found: Documents | None = None,
    *,
    must_lead: bool = True,
    own: bool = False,
) -> Documents | Problem:
    """All documents of a repository and of an environment's overlay, put into `found`.

    Without a gsctl.yaml nothing is read: the folder may be anybody's. A tenant's, which need not
    lead, may have none as long as something of ours is in it. `own`: nothing above it speaks of
    what git ignores in it.
    """
    leads = (root / PROJECT_FILE).is_file()
    if must_lead and not leads:
        return Problem("error", f"there is no {PROJECT_FILE} in {root}", "SC109",
                       hint="`gsctl init` writes one; -C names another folder")  # fmt: skip
    found = found or Documents()
    if leads:
        found.read([SourceFile(PROJECT_FILE, root / PROJECT_FILE)], found.base)
    files, problems = find_files(root, excluded(found.base), own=own)
    found.complain(problems)
    found.read((file for file in files if file.name != PROJECT_FILE), found.base)
    files, problems = find_overlay(root, environment)
    found.complain(problems)
    found.read(files, found.overlay)
    if not files and environment != DEFAULT_ENVIRONMENT:
        found.problems += _no_overlay(root, environment)
    if not (leads or found.base or found.overlay or found.problems):
        return Problem("error", f"no document of ours is in {root}", "SC109",
                       hint=f"where that is meant, put an empty {PROJECT_FILE} there")  # fmt: skip
    return found


def every_file(root: Path) -> tuple[tuple[SourceFile, ...], tuple[Problem, ...]]:
    """The YAML files of a repository and of all its environments, by name."""
    project = Documents()
    project.read([SourceFile(PROJECT_FILE, root / PROJECT_FILE)], project.base)
    files, problems = find_files(root, excluded(project.base))
    found, wrong = list(files), list(problems)
    for environment in environments(root):
        files, problems = find_overlay(root, environment)
        found += files
        wrong += problems
    return tuple(sorted(found, key=lambda file: file.name)), tuple(wrong)


def excluded(documents: Iterable[Document]) -> tuple[str, ...]:
    """What the Project leaves out, as patterns of a .gitignore."""
    for document in documents:
        spec = document.body.get("spec")
        if document.body.get("kind") == "Project" and isinstance(spec, dict):
            patterns = spec.get("exclude")
            if isinstance(patterns, list):
                return tuple(pattern for pattern in patterns if isinstance(pattern, str))
    return ()


def _no_overlay(root: Path, environment: str) -> Iterable[Problem]:
    if known := environments(root):
        says = f"the environment {environment} has no overlay in {OVERLAYS}/"
        yield Problem("warning", says, "SC111", hint=did_you_mean(environment, known))


def only_project(
    documents: Iterable[Document], name: str = ""
) -> tuple[Document | None, list[Problem]]:
    """The one Project of gsctl.yaml, and what is wrong with its number and place.

    `name` stands before the names of the files that it is looked for in.
    """
    project: Document | None = None
    problems: list[Problem] = []
    for document in documents:
        if document.body.get("kind") != "Project":
            continue
        if document.positions.file != f"{name}{PROJECT_FILE}":
            says = f"a Project stands only in {name}{PROJECT_FILE}"
        elif project:
            says = "a repository has one Project"
        else:
            project = document
            continue
        problem = Problem("error", says, "SC110", hint="remove this document")
        problems.append(document.positions.problem(("kind",), problem))
    if project is None:
        at = Location(f"{name}{PROJECT_FILE}", 1)
        says = f"{PROJECT_FILE} declares no Project"
        problems.append(Problem("error", says, "SC109", at, hint="`gsctl init` writes one"))
    elif "apiVersion" not in project.body:
        says = f"{PROJECT_FILE} must say its apiVersion, which holds for all documents without one"
        problem = Problem("error", says, "SC101", hint="write `apiVersion: gsctl.io/v1alpha1`")
        problems.append(project.positions.problem(("kind",), problem, key=True))
    return project, problems
