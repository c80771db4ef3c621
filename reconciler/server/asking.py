"""Asks graphs, for the API: few at once, each for so long at most, and always what lives now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reconciler.api import Api, Planned
from reconciler.contracts import Endpoint, Table, Unanswered, Written
from reconciler.ledger import Run
from reconciler.look import NoProject, applied, look, seen
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Request
from reconciler.model.policy import Approval
from reconciler.model.problem import Problem
from reconciler.model.resource import Desired
from reconciler.model.unit import unit_name
from reconciler.saved import files_of
from reconciler.server.finding import driver_of, live_graph, not_applied
from reconciler.server.parameters import unfit
from reconciler.server.refusal import Refusal, refused
from reconciler.server.rows import Asked, Bounds
from reconciler.source.folder import Folder
from reconciler.source.sent import documents_of
from reconciler.things import Thing
from reconciler.trials import Trial, tried
from reconciler.why import Story, story
from reconciler.writing.exported import exported

AT_ONCE = 4
_BUSY = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class Sent:
    """Documents of another machine: texts by name, `--var` there, sha256 of data by path."""

    documents: Mapping[str, str]
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, str] = field(default_factory=dict)


class Asking:
    """Looks by itself, with documents that were read before.

    What the loop saw may be old by now: a copy that served then would answer with what was.
    """

    def __init__(self, door: Callable[[], Api]) -> None:
        """`door` opens a door of our own at the first question."""
        self._door = door
        self._api: Api | None = None
        self._looking = threading.Lock()
        self._free = threading.BoundedSemaphore(AT_ONCE)

    def query(self, desired: Desired, graph: Key, asked: Asked) -> Table:
        """Rows of a graph. Raises Refusal."""
        with self._turn():
            api, live = self._seen(desired)
            found = live_graph(live, graph)
            return asked.of(driver_of(api, live, found), found)

    def call(
        self, desired: Desired, procedure: Key, given: Mapping[str, Any], bounds: Bounds
    ) -> Table:
        """Rows of a procedure as it was applied. Raises Refusal."""
        with self._turn():
            api, live = self._seen(desired)
            for key, graph, record in applied(live):
                if key == procedure:
                    if problems := unfit(given, record.parameters):
                        raise Refusal(422, *problems)
                    asked = Asked(record.query, given, bounds)
                    return asked.of(driver_of(api, live, graph), graph)
        raise not_applied(procedure)

    def endpoint(self, desired: Desired, graph: Key) -> Endpoint | None:
        """Where a graph answers; None where its server does not run. Raises Refusal."""
        with self._turn():
            api, live = self._seen(desired)
            found = live_graph(live, graph)
            return driver_of(api, live, found).endpoint(found)

    def look(self, desired: Desired) -> tuple[Planned, tuple[Thing, ...]]:
        """Everything that is declared, or lives now. Raises Refusal."""
        with self._turn(), self._looking:
            try:
                return look(self._following(desired))
            except NoProject as error:
                raise Refusal(409, *error.problems) from error

    def plan(
        self, desired: Desired, request: Request, *, explain: bool = False
    ) -> tuple[Planned, Mapping[str, tuple[str, ...]]]:
        """A plan; to explain it what the engines would be told for a step, by its id.

        Raises Refusal.
        """
        with self._turn(), self._looking:
            return _planned(self._following(desired), request, explain=explain)

    def propose(
        self, sent: Sent, request: Request, *, explain: bool = False
    ) -> tuple[Planned, Mapping[str, tuple[str, ...]]]:
        """The same of documents that were sent, through a door of their own. Raises Refusal."""
        with self._turn(), closing(self._door()) as api:
            folders = api.options.folders or (Folder(api.options.directory),)
            if len(folders) > 1:
                raise refused(409, "CX111", "this coordinator follows several sources",
                              "`--coordinator none` plans beside it")  # fmt: skip
            found = documents_of(sent.documents, api.options.environment)
            if isinstance(found, Problem):
                raise Refusal(422, found)
            revision = f"{folders[0].revision}, and what was sent" if folders[0].revision else ""
            variables = {**api.options.variables, **sent.variables}
            api.options = replace(api.options, variables=variables)
            desired = api.read_from((replace(folders[0], found=found, revision=revision),))
            api.follow(replace(desired, problems=(*desired.problems, *_other(sent, desired))))
            return _planned(api, request, explain=explain)

    def why(self, desired: Desired, text: str) -> tuple[Story, Mapping[str, tuple[str, ...]]]:
        """Why what an address names is as it is, and what engines would be told for its steps.

        Raises Refusal.
        """
        with self._turn(), self._looking:
            api = self._following(desired)
            try:
                found = story(api, text)
            except NoProject as error:
                raise Refusal(409, *error.problems) from error
            steps = found.why.steps if found.why else ()
            return found, {step.id: api.statements(step) for step in steps}

    def runs(self, desired: Desired) -> tuple[Run, ...]:
        """The applies of the past, oldest first. Raises Refusal."""
        with self._turn(), self._looking:
            return self._following(desired).ledger.runs()

    def approve(self, desired: Desired, key: Key, for_s: float, by: str) -> tuple[Approval, ...]:
        """Agree to what a plan of now asks for a thing. Raises Refusal."""
        with self._turn(), self._looking:
            api = self._following(desired)
            plan = api.plan().plan
            if asks := plan.asks_of(key):
                return api.approve(asks, for_s, by)
        protected = [p for p in plan.refusals if p.code == "DS104" and p.address == str(key)]
        if protected:
            raise Refusal(409, *protected)
        raise refused(404, "AP101", f"nothing of {key} waits for approval", "GET /v1/plan")

    def approve_all(
        self, desired: Desired, fingerprint: str, for_s: float, by: str
    ) -> tuple[Approval, ...]:
        """Agree to all that a plan of now asks for, where it is the one of that fingerprint."""
        with self._turn(), self._looking:
            api = self._following(desired)
            plan = api.plan().plan
            if plan.fingerprint != fingerprint:
                says = "what is pending is not what was shown: nothing was approved"
                raise refused(409, "PX104", says, "plan again, and look at it again")
            return api.approve(plan.asks_of(None), for_s, by)

    def log(self, graph: LiveGraph, lines: int, *, relay: bool, after: str = "") -> Written:
        """What a graph's server, or its relay, wrote: the last lines, or those after a place.

        Raises Refusal for a place that is none.
        """
        name = unit_name(graph.engine, graph.key.name, relay=relay)
        with self._looking:
            self._api = api = self._api or self._door()
        try:
            return api.substrate.logs(name, lines, after)
        except ValueError as error:
            raise refused(422, "HT104", f"`{after}` is no place in a log") from error

    def tests(self, desired: Desired, procedure: Key | None) -> tuple[Trial, ...]:
        """What the declared tests of an applied procedure come to; None: of all. Raises Refusal."""
        with self._turn():
            api, live = self._seen(desired)
            chosen = [found for found in applied(live) if procedure in (None, found[0])]
            if live.unknown and not (procedure and chosen):  # what cannot be seen is not absent
                raise Refusal(503, *live.unknown.values())
            if procedure and not chosen:
                raise not_applied(procedure)
            try:
                return tuple(trial for key, graph, record in chosen
                             for trial in tried(driver_of(api, live, graph), graph, key.name,
                                                record))  # fmt: skip
            except Unanswered as error:
                raise refused(503, "ST100", str(error)) from error

    def export(self, desired: Desired, graph: Key) -> Iterator[Path]:
        """A graph's rows as files, and last the Load that reads them back: each gone at the next.

        Raises Refusal at the first; Unanswered and StepFailed later.
        """
        with self._turn(), TemporaryDirectory(prefix="gsctl-export-") as folder:
            api, live = self._seen(desired)
            found = live_graph(live, graph)
            for path in exported(driver_of(api, live, found), found, Path(folder)):
                yield path
                path.unlink()

    def close(self) -> None:
        """Let go of the hosts that were kept."""
        with self._looking:
            if self._api:
                self._api.close()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(timeout=1.0):
            raise refused(503, "HT110", f"{AT_ONCE} questions are being answered", "ask again",
                          _BUSY)  # fmt: skip
        try:
            yield
        finally:
            self._free.release()

    def _seen(self, desired: Desired) -> tuple[Api, Snapshot]:
        with self._looking:
            api = self._following(desired)
            return api, seen(api)

    def _following(self, desired: Desired) -> Api:
        """Our door, with the documents that the loop follows. Only while looking."""
        self._api = self._api or self._door()
        self._api.follow(desired)
        return self._api


def _planned(
    api: Api, request: Request, *, explain: bool
) -> tuple[Planned, Mapping[str, tuple[str, ...]]]:
    planned = api.plan(request)
    steps = (*planned.plan.steps, *planned.plan.housekeeping) if explain else ()
    return planned, {step.id: api.statements(step) for step in steps}


def _other(sent: Sent, desired: Desired) -> Iterator[Problem]:
    """Data files that are others there than here: the plan would be of rows that nobody sent."""
    here = files_of(desired)
    for path in sorted(sent.files.keys() & here.keys()):
        if sent.files[path] != here[path]:
            says = f"the data file {path} is another one where the coordinator runs"
            yield Problem("error", says, "CX110", hint="push it first, or bring it there")
