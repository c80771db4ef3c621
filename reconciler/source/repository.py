"""Gathers the documents of a repository: its own, those of an overlay; somebody else's are counted.

Codes: SC102 a kind that is probably a slip (warning), SC109 no gsctl.yaml or no Project in it,
SC110 a Project elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
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
from reconciler.source.yaml import Document, read_documents

# After one of these a document is not whole: what it seems to lack may stand in the unread part.
_CUT_SHORT = frozenset(("SY101", "SY104"))


@dataclass(slots=True)
class Documents:
    """Our documents, in the order of their files' names; filled while reading."""

    base: list[Document] = field(default_factory=list)
    overlay: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0

    def read(self, files: Iterable[SourceFile], into: list[Document]) -> None:
        """Read files; a bad one does not hide what is wrong with the others."""
        for file in files:
            data = read_file(file)
            if isinstance(data, Problem):
                self.problems.append(data)
                continue
            documents, problems = read_documents(file.name, data)
            self.problems += problems
            for document in documents:
                self._sort(document, into)

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


def cut_short(document: Document) -> bool:
    """Whether a document could not be read to its end."""
    return any(problem.code in _CUT_SHORT for problem in document.problems)


def gather(root: Path, environment: str) -> Documents | Problem:
    """All documents of a repository and of an environment's overlay.

    Without a gsctl.yaml nothing is read: the folder may be anybody's.
    """
    if not (root / PROJECT_FILE).is_file():
        return Problem("error", f"there is no {PROJECT_FILE} in {root}", "SC109",
                       hint="`gsctl init` writes one; -C names another folder")  # fmt: skip
    found = Documents()
    found.read([SourceFile(PROJECT_FILE, root / PROJECT_FILE)], found.base)
    files, problems = find_files(root, _excluded(found.base))
    found.problems += problems
    found.read((file for file in files if file.name != PROJECT_FILE), found.base)
    files, problems = find_overlay(root, environment)
    found.problems += problems
    found.read(files, found.overlay)
    if not files and environment != DEFAULT_ENVIRONMENT:
        found.problems += _no_overlay(root, environment)
    return found


def _excluded(documents: Iterable[Document]) -> tuple[str, ...]:
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


def only_project(documents: Iterable[Document]) -> tuple[Document | None, list[Problem]]:
    """The one Project of gsctl.yaml, and what is wrong with its number and place."""
    project: Document | None = None
    problems: list[Problem] = []
    for document in documents:
        if document.body.get("kind") != "Project":
            continue
        if document.positions.file != PROJECT_FILE:
            says = f"a Project stands only in {PROJECT_FILE}"
        elif project:
            says = "a repository has one Project"
        else:
            project = document
            continue
        problem = Problem("error", says, "SC110", hint="remove this document")
        problems.append(document.positions.problem(("kind",), problem))
    if project is None:
        at = Location(PROJECT_FILE, 1)
        says = f"{PROJECT_FILE} declares no Project"
        problems.append(Problem("error", says, "SC109", at, hint="`gsctl init` writes one"))
    elif "apiVersion" not in project.body:
        says = f"{PROJECT_FILE} must say its apiVersion, which holds for all documents without one"
        problem = Problem("error", says, "SC101", hint="write `apiVersion: gsctl.io/v1alpha1`")
        problems.append(project.positions.problem(("kind",), problem, key=True))
    return project, problems
