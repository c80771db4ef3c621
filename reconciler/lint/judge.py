"""Asks every rule, puts what they say in its place, and leaves out what is ignored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.lint.deep import Reports, faults
from reconciler.lint.ignores import Ignores
from reconciler.lint.rule import Finding, Needs, Rule
from reconciler.lint.rules import RULES
from reconciler.lint.subject import Before, Whole, from_documents, from_live, subjects
from reconciler.model.key import Key
from reconciler.model.kinds import ProcedureSpec
from reconciler.model.observed import Snapshot
from reconciler.model.problem import Problem, Severity, in_order
from reconciler.model.resource import Desired
from reconciler.model.traits import Traits
from reconciler.queries.place import placed

# With an error of these families a document is not whole, or not there: what it lacks is no news.
_UNREAD = frozenset({"SY", "SC", "PT", "VR"})
_SPARED = frozenset({"DS", "RB"})  # grave by the rows at stake


@dataclass(frozen=True, slots=True)
class Past:
    """What there was before: in an earlier revision, or living now."""

    graphs: Mapping[Key, Before] = field(default_factory=dict)
    engines: frozenset[Key] = frozenset()

    @classmethod
    def of_documents(cls, base: Desired, traits: Mapping[str, Traits]) -> Past:
        """An earlier revision: what of it could be read."""
        return cls(from_documents(base, traits), frozenset(base.of("Engine")))

    @classmethod
    def of_live(cls, live: Snapshot) -> Past:
        """What lives and is ours."""
        ours = frozenset(key for key, engine in live.engines.items() if engine.ours)
        return cls(from_live(live), ours)

    def only(self, keys: frozenset[Key]) -> Past:
        """What of it has one of `keys`."""
        graphs = {key: graph for key, graph in self.graphs.items() if key in keys}
        return Past(graphs, self.engines & keys)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be judged. `data` is what the rows of the files hold, where somebody read them.

    Losses and rebuilds of fewer live rows than `safe_below_rows` are only notes.
    """

    desired: Desired
    traits: Mapping[str, Traits]
    today: date
    past: Past | None = None
    data: Reports | None = None
    safe_below_rows: int = 0


def lint(question: Question) -> tuple[Problem, ...]:
    """Every finding, and every problem of the documents, in order. About 0.1 ms a document.

    Of documents that could not be read only that is told.
    """
    desired = question.desired
    ignores = Ignores(desired, RULES, question.today)
    if not _whole(desired):
        return tuple(in_order(ignores.left(desired.problems)))
    found = [*desired.problems, *_asked(question, _needs(question)), *faults(question.data or {})]
    left = [*ignores.left(found), *ignores.problems]
    judged = [code for code, rule in RULES.items() if rule.needs in _needs(question)]
    return tuple(in_order([*left, *ignores.unused(judged)]))


def change_findings(question: Question) -> tuple[Problem, ...]:
    """What rules say of the change from `past` alone: nothing of what was so before."""
    if question.past is None or not _whole(question.desired):
        return ()
    found = _asked(question, frozenset({Needs.CHANGE}))
    return tuple(in_order(Ignores(question.desired, RULES, question.today).left(found)))


def unignored(desired: Desired, today: date) -> tuple[Problem, ...]:
    """The problems of the documents without those that comments ignore: never an error."""
    if all(problem.code not in RULES for problem in desired.problems):
        return desired.problems
    return tuple(Ignores(desired, RULES, today).left(desired.problems))


def _whole(desired: Desired) -> bool:
    errors = (problem for problem in desired.problems if problem.severity == "error")
    return desired.project is not None and not any(p.code[:2] in _UNREAD for p in errors)


def _needs(question: Question) -> frozenset[Needs]:
    given = {Needs.DOCUMENTS}
    given |= {Needs.CHANGE} if question.past else set()
    given |= {Needs.DATA} if question.data is not None else set()
    return frozenset(given)


def _asked(question: Question, needs: frozenset[Needs]) -> Iterator[Problem]:
    whole = _assembled(question)
    for rule in RULES.values():
        if rule.needs not in needs:
            continue
        if rule.whole:
            yield from _said(question, rule, rule.whole(whole))
        if rule.graph:
            for subject in whole.subjects:
                yield from _said(question, rule, rule.graph(subject))


def _assembled(question: Question) -> Whole:
    desired, past = question.desired, question.past or Past()
    found = subjects(desired, question.traits)
    renamed: set[Key] = set()
    for key, subject in found.items():
        old = subject.graph.metadata.renamed_from
        before = key.sibling("Graph", old) if old and key not in past.graphs else key
        subject.before = past.graphs.get(before)
        subject.reports = (question.data or {}).get(key, {})
        renamed |= {before}
    gone: dict[Key, Before | None] = {k: b for k, b in past.graphs.items() if k not in renamed}
    gone |= dict.fromkeys(past.engines - desired.resources.keys())
    return Whole(desired, tuple(found.values()), question.traits, gone)


def _said(question: Question, rule: Rule, found: Iterable[Finding]) -> Iterator[Problem]:
    for finding in found:
        yield _placed(question, rule, finding)


def _placed(question: Question, rule: Rule, finding: Finding) -> Problem:
    resource, project = finding.resource, question.desired.project
    address = finding.address or (str(resource.key) if resource else "")
    severity = _severity(rule, finding, question.safe_below_rows)
    problem = Problem(severity, finding.says, rule.code, None, finding.hint, "", address)
    positions = resource.positions if resource else project and project.positions
    if not positions:
        return problem
    if finding.start is not None and resource and isinstance(resource.spec, ProcedureSpec):
        return placed(problem, positions, resource.spec.query, finding.start)
    return positions.problem(finding.path, problem, key=finding.key)


def _severity(rule: Rule, finding: Finding, safe_below_rows: int) -> Severity:
    spared = rule.code[:2] in _SPARED and finding.rows is not None
    return "note" if spared and (finding.rows or 0) < max(safe_below_rows, 1) else rule.severity
