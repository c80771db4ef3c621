"""The loop's door to one environment of a repository: real documents, engines and processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace

from reconciler.api import Api, Elsewhere, Planned
from reconciler.executor import Report
from reconciler.following.revision import Revision
from reconciler.following.sources import Sources
from reconciler.loop.crashes import Servers
from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan, Request
from reconciler.model.problem import Problem, errors
from reconciler.model.resource import Desired
from reconciler.model.unit import Unit
from reconciler.source.folder import Folder


class Keeper:
    """Looks and acts for the loop, inside `Api.writing`.

    Documents that are not right are not followed: what was good of their source is, or else the
    last good ones of all, and that is said. Things of a tenant whose source was never read are
    left alone: what is not known is not gone.
    `whole` is the last plan of everything, there after the first look; `revisions` what it is of.
    """

    whole: Planned
    revisions: tuple[Revision, ...] = ()

    def __init__(
        self,
        api: Api,
        sources: Sources,
        begin: Callable[[int], None],
        report: Report,
        stop: threading.Event,
    ) -> None:
        """`begin` is told how many steps come, `report` how each goes."""
        self.api = api
        self.sources = sources
        self._begin = begin
        self._report = report
        self._stop = stop
        self._good: Desired | None = None
        self._followed: tuple[Folder, ...] = ()
        self._unseen: frozenset[str | None] = frozenset()

    def look(self, request: Request) -> Plan:
        """A plan of the documents and of what lives now."""
        broken = self._read()
        planned = self.api.plan(request)
        self._planned = planned
        plan = planned.plan
        if broken or self._unseen:
            plan = replace(plan, problems=(*broken, *plan.problems),
                           refusals=(*plan.refusals, *self._unknown(plan)))  # fmt: skip
        if request == Request():
            self.whole = replace(planned, plan=plan)
        if planned.elsewhere:
            says = Problem("error", str(Elsewhere(planned.elsewhere)), "RT101")
            return replace(plan, refusals=(says, *plan.refusals))
        return plan

    def act(self, plan: Plan) -> Outcome:
        """Do what was planned last. Raises LeaseLost."""
        self._begin(len(plan.steps) + len(plan.housekeeping))
        assert plan.fingerprint == self._planned.plan.fingerprint, "what was looked at is done"
        return self.api.apply(self._planned, self._report, self._stop).outcome

    def units(self) -> tuple[Unit, ...]:
        """What runs for this environment, as it was seen last; of hidden graphs too."""
        return self._planned.live.units

    def unseen(self) -> Collection[Key]:
        """What the last look could not see."""
        return self._planned.live.unknown.keys()

    def servers(self) -> Servers:
        """What serves each graph, as it was seen last."""
        graphs = self._planned.live.graphs.items()
        return {
            key: graph.unit if graph.unit and graph.unit.state != "lost" else None
            for key, graph in graphs
            if graph.ours and graph.pointer and graph.pointer.mode == "served"
        }

    def _read(self) -> tuple[Problem, ...]:
        """Read the documents anew; what is wrong with them, when older ones are followed."""
        newest = self.sources.newest()
        told = self.sources.troubles()
        found = self.api.read_from(newest)
        wrong = self._wrong(found)
        followed = self.sources.agreed(newest, self._is_right) if wrong else newest
        if followed is not None:
            anew = self.api.desired is not self._good
            self._good, self._followed = self.api.desired, followed
            self._unseen = self.sources.unseen(followed)
            self.sources.accept(followed)
            if anew:  # a digest of all documents takes its time
                self.revisions = self.sources.revisions(followed)
        elif self._good is None:
            self.api.follow(found)
            return told  # the plan itself says what is wrong
        self.api.follow(self._good, self._followed)
        return (*told, *wrong)

    def _is_right(self, folders: tuple[Folder, ...]) -> bool:
        return not self._wrong(self.api.read_from(folders))

    def _unknown(self, plan: Plan) -> tuple[Problem, ...]:
        """What a plan would touch of tenants of whom nothing is known."""
        touched = {change.key for change in plan.changes} | {step.session for step in plan.steps}
        return tuple(
            Problem("error", f"{key} stays as it is: no source of {key.tenant} could be read yet",
                    "GI113", address=str(key))
            for key in sorted(touched) if key.tenant in self._unseen
        )  # fmt: skip

    def _wrong(self, found: Desired) -> tuple[Problem, ...]:
        """What forbids to follow these documents."""
        before, now = self._good and self._good.project, found.project
        if before and now and now.owner != before.owner and now.positions:
            says = f"the Project was {before.owner} when this coordinator began"
            problem = Problem("error", says, "CO105", hint="end it, and start another for this one")
            return (now.positions.problem(("metadata", "name"), problem),)
        return tuple(errors(found.problems))
