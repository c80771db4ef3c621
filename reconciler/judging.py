"""What the linter is given: the documents of an environment, and what to compare them with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from reconciler.environment import Environment
from reconciler.lint import Past, Question, change_findings, lint, read_rows, subjects
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem, errors
from reconciler.model.resource import Desired
from reconciler.planner import engine_wishes
from reconciler.source.directory import ReadRequest, read_directory
from reconciler.source.revision import earlier


@dataclass(frozen=True, slots=True)
class Judging:
    """What to judge beyond the documents: the change since `base`, or to what lives; rows."""

    base: str | None = None  # a revision of git, or a folder
    live: bool = False
    deep: bool = False
    safe_below_rows: int = 0


class Linting(Environment):
    """An environment that can be linted."""

    def lint(self, asked: Judging) -> tuple[Problem, ...]:
        """Every finding, in order.

        Raises:
            NoRevision: the base cannot be found.
        """
        desired = self.judged
        question = Question(desired, self.plugins.traits, _today(),
                            safe_below_rows=asked.safe_below_rows)  # fmt: skip
        if asked.base is not None:
            with earlier(self.options.directory, asked.base) as folder:
                before = self._documents_of(folder)
            problems = (*desired.problems, *_unread(before, asked.base))
            past = Past.of_documents(before, self.plugins.traits)
            question = replace(question, desired=replace(desired, problems=problems), past=past)
        if asked.live and desired.project is not None:
            wishes = {} if errors(desired.problems) else engine_wishes(desired, self.place_of)
            live = self.observe(wishes)
            problems = (*desired.problems, *live.problems, *live.unknown.values())
            question = replace(question, desired=replace(desired, problems=problems),
                               past=Past.of_live(live))  # fmt: skip
        if asked.deep:
            graphs = subjects(desired, self.plugins.traits).values()
            question = replace(question, data=read_rows(graphs, desired.loads.values()))
        return lint(question)

    def findings(self, plan: Plan, live: Snapshot) -> tuple[Problem, ...]:
        """What rules say of the changes of a plan."""
        touched = {_graph(change) for change in plan.changes if not change.blocked}
        if not touched:
            return ()
        past = Past.of_live(live).only(frozenset(touched | self._old_names(touched)))
        return change_findings(Question(self.desired, self.plugins.traits, _today(), past))

    def _old_names(self, keys: set[Key]) -> set[Key]:
        found = [r for key in keys if (r := self.desired.resources.get(key))]
        return {r.key.sibling("Graph", old) for r in found if (old := r.metadata.renamed_from)}

    def _documents_of(self, folder: Path) -> Desired:
        """The documents of another folder in this environment; its data is not looked for."""
        options = self.options
        return read_directory(
            ReadRequest(folder, options.environment, options.variables, options.environ),
            self.plugins.traits,
        )


def _graph(change: Change) -> Key:
    """The graph that a change is of; the thing itself where it is of none."""
    told = (change.after or change.before or {}).get("graph")
    return change.key.sibling("Graph", told) if told else change.key


def _unread(base: Desired, name: str) -> Iterator[Problem]:
    if base.project is not None and (bad := errors(base.problems)):
        says = f"`{name}` has {len(bad)} errors: what changed is told as far as it could be read"
        yield Problem("warning", says, "GI102", hint=f"the first: {bad[0].summary}")


def _today() -> date:
    return datetime.now(UTC).date()
