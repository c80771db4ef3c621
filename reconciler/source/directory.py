"""A folder of YAML as the desired side: read, overlaid, filled in, validated, connected.

Codes: SC103 environment name, SC105 declared twice.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reconciler.model.key import DEFAULT_ENVIRONMENT, DEFAULT_TENANT, Key, Owner, is_name
from reconciler.model.kinds import GraphSpec, LoadSpec, ProjectSpec
from reconciler.model.loading import LoadWish
from reconciler.model.problem import Location, Problem, errors, in_order
from reconciler.model.resource import Desired, Positions, Project, Resource
from reconciler.model.traits import Traits
from reconciler.source.document import identity
from reconciler.source.load_files import FileResolver, resolver, take_out
from reconciler.source.overlay import merge_documents
from reconciler.source.references import KEY_ORDER, Surroundings, connect
from reconciler.source.repository import Documents, cut_short, gather, only_project
from reconciler.source.secrets import hide_literals
from reconciler.source.validate import Validated, validate
from reconciler.source.variables import substitute, variables
from reconciler.source.yaml import Document

ResolveLoad = Callable[
    [Key, LoadSpec, GraphSpec, FileResolver, Positions],
    tuple[LoadWish | None, tuple[Problem, ...]],
]


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What is read, and with what from outside.

    `variables` are those of `--var`; of `environ` only `GSCTL_VAR_*` is looked at. Without
    `resolve_load` no data file is looked for and `Desired.loads` is empty.
    """

    root: Path
    environment: str = DEFAULT_ENVIRONMENT
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    data_roots: tuple[Path, ...] = ()
    resolve_load: ResolveLoad | None = None


def read_directory(request: ReadRequest, traits: Mapping[str, Traits]) -> Desired:
    """All that a repository wishes in an environment, with every problem found, in order.

    The same files give the same answer, whatever their order on disk. Raises nothing for what
    people wrote. About 0.2 ms a document.
    """
    if not is_name(request.environment):
        says = f"`{request.environment}` is not the name of an environment"
        hint = "letters, digits, `_`, `.` and `-`, up to 63"
        return Desired(None, problems=(Problem("error", says, "SC103", hint=hint),))
    with _no_collection():
        found = gather(request.root, request.environment)
        if isinstance(found, Problem):
            return Desired(None, problems=(found,))
        return _Reading(request, traits, found).desired()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keep the garbage collector from walking the growing trees: it doubles the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Reading:
    """The way of one repository's documents to the desired side."""

    def __init__(
        self, request: ReadRequest, traits: Mapping[str, Traits], found: Documents
    ) -> None:
        self.request = request
        self.traits = traits
        self.found = found
        self.problems: list[Problem] = list(found.problems)
        self.unset: set[Location | None] = set()
        self.declared: dict[Key, Positions] = {}
        self.resources: dict[Key, Resource] = {}
        self.documents: dict[Key, Mapping[str, Any]] = {}

    def desired(self) -> Desired:
        """Go all the way."""
        project_document = self._declare(self._filled_in())
        project = self._project(project_document)
        around = Surroundings(
            frozenset(self.declared), self.traits, project.substrate if project else "local"
        )
        resources, problems = connect(self.resources, around)
        self.problems += problems
        loads = self._loads(resources)
        return Desired(
            project,
            resources,
            loads,
            tuple(in_order(hide_literals(self.problems))),
            self._revision(project_document),
            self.found.skipped,
            {key: self.documents[key] for key in sorted(self.documents, key=KEY_ORDER)},
        )

    def _filled_in(self) -> tuple[Document, ...]:
        """The documents, overlay merged and variables replaced."""
        documents, problems = merge_documents(self.found.base, self.found.overlay)
        self.problems += problems
        project = next((d for d in documents if d.body.get("kind") == "Project"), None)
        known, problems = variables(
            project.body if project else None, self.request.environ, self.request.variables
        )
        self.problems += problems
        filled = []
        for document in documents:
            one, problems = substitute(document, known)
            self.problems += problems
            self.unset |= {problem.at for problem in problems}
            filled.append(one)
        return tuple(filled)

    def _declare(self, documents: Iterable[Document]) -> Document | None:
        """Validate every document; the Project's own is given back."""
        listed = list(documents)
        project, problems = only_project(listed)
        self.problems += problems
        for document in listed:
            if document is not project and document.body.get("kind") == "Project":
                continue
            if cut_short(document):
                self._declare_broken(document)
            else:
                self._add(document, validate(document))
        return project

    def _declare_broken(self, document: Document) -> None:
        """Remember that something of this name is declared; what it says is not known."""
        self.problems += document.problems
        if found := identity(document.body):
            key = Key(found.tenant or DEFAULT_TENANT, found.kind, found.name)
            self.declared.setdefault(key, document.positions)

    def _add(self, document: Document, validated: Validated) -> None:
        # What a variable would have made right is not said to be wrong too.
        self.problems += (p for p in validated.problems if p.at not in self.unset)
        key, resource = validated.key, validated.resource
        if key is None or not self._is_first(key, document.positions) or resource is None:
            return
        graph, plain, load, inline = take_out(resource, document.body)
        self.resources[key], self.documents[key] = graph, plain
        if load and self._is_first(load.key, load.positions or document.positions):
            self.resources[load.key], self.documents[load.key] = load, inline

    def _is_first(self, key: Key, positions: Positions) -> bool:
        first = self.declared.setdefault(key, positions)
        if first is positions:
            return True
        problem = Problem("error", f"{key} is declared twice", "SC105", address=str(key),
                          hint=f"the first is at {first.at(('metadata', 'name'))}")  # fmt: skip
        self.problems.append(positions.problem(("metadata", "name"), problem))
        return False

    def _project(self, document: Document | None) -> Project | None:
        key = next((key for key in self.resources if key.kind == "Project"), None)
        if key is None or document is None:
            return None
        resource = self.resources.pop(key)
        self.documents.pop(key)
        spec = resource.spec
        assert isinstance(spec, ProjectSpec)
        owner = Owner(key.name, self.request.environment, spec.id)
        return Project(owner, spec.guard, spec.substrate, resource.metadata.description)

    def _loads(self, resources: Mapping[Key, Resource]) -> Mapping[Key, LoadWish]:
        """Look for the data of those loads that nothing is wrong with."""
        found: dict[Key, LoadWish] = {}
        resolve = self.request.resolve_load
        if resolve is None:
            return found
        wrong = {problem.address for problem in errors(self.problems)}
        for key, resource in resources.items():
            spec, positions = resource.spec, resource.positions
            if not isinstance(spec, LoadSpec) or positions is None:
                continue
            graph = resources.get(key.sibling("Graph", spec.graph))
            if graph is None or {str(key), str(graph.key)} & wrong:
                continue
            assert isinstance(graph.spec, GraphSpec)
            find = resolver(resource, self.request.root, self.request.data_roots)
            wish, problems = resolve(key, spec, graph.spec, find, positions)
            self.problems += (replace(p, address=p.address or str(key)) for p in problems)
            if wish is not None:
                found[key] = wish
        return found

    def _revision(self, project: Document | None) -> str:
        documents = {str(key): document for key, document in self.documents.items()}
        whole = [self.request.environment, project.body if project else None, documents]
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()
