"""The door to what lives on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gsctl.call import Call
from gsctl.doors.door import Lines, Question, Way
from gsctl.doors.finding import silent
from gsctl.doors.following import followed
from gsctl.exits import complain
from gsctl.interrupt import asked_to_stop
from reconciler.model.key import Key
from reconciler.model.plan import Request

if TYPE_CHECKING:
    from gsctl.views.progress import Narrator
    from reconciler.api import Applied, Planned
    from reconciler.contracts import Endpoint, Table
    from reconciler.ledger import Run
    from reconciler.model.policy import Approval
    from reconciler.model.problem import Problem
    from reconciler.model.step import Step
    from reconciler.things import Thing
    from reconciler.trials import Trial
    from reconciler.why import Story

_PAUSE_S = 0.2  # between two looks at a log


class Here:
    """A Door over the reconciler in this process."""

    def __init__(self, call: Call) -> None:
        """Nothing is read before it is asked for."""
        self._call = call
        self._api = call.api()

    def look(self) -> tuple[Planned, tuple[Thing, ...]]:
        """As Door says."""
        from reconciler.look import look

        return look(self._api)

    def plan(self, request: Request, *, nothing: bool = False) -> Planned:
        """As Door says."""
        return self._api.plan(request, nothing=nothing)

    def propose(self, request: Request, *, explain: bool) -> Planned:  # noqa: ARG002  statements are at hand here
        """As Door says."""
        return self._api.plan(request)

    def statements(self, step: Step) -> tuple[str, ...]:
        """As Door says."""
        return self._api.statements(step)

    def why(self, address: str) -> Story:
        """As Door says."""
        from reconciler.why import story

        return story(self._api, address)

    def endpoint(self, graph: str) -> Endpoint:
        """As Door says."""
        from gsctl.doors.finding import find_graph

        found = find_graph(self._call, self._api, graph)
        if endpoint := found.driver.endpoint(found.graph):
            return endpoint
        raise silent(self._call, found.graph.key)

    def log(self, graph: str, wanted: Lines) -> Iterable[str]:
        """As Door says."""
        from gsctl.doors.finding import key_of
        from reconciler.look import seen
        from reconciler.model.unit import unit_name

        key = key_of(self._call, "Graph", graph)
        live = seen(self._api).graphs.get(key)
        if live is None:
            hint = f"`{self._call.repeat('get')}` tells"
            raise complain(f"there is no live {key}", "RF104", hint)
        name = unit_name(live.engine, key.name, relay=wanted.relay)
        substrate = self._api.substrate
        return followed(lambda place: substrate.logs(name, wanted.tail, place), wanted, _PAUSE_S)

    def runs(self) -> tuple[Run, ...]:
        """As Door says."""
        return self._api.ledger.runs()

    def query(self, question: Question) -> Table:
        """As Door says."""
        from gsctl.doors.finding import find_graph
        from gsctl.doors.patience import waited_out

        def ask() -> Table:
            found = find_graph(self._call, self._api, question.graph)
            return found.driver.query(found.graph, question.cypher, question.given,
                                      write=question.write, limit=question.limit)  # fmt: skip

        return waited_out(self._api, ask)

    def call(self, procedure: str, texts: Mapping[str, str], limit: int) -> Table:
        """As Door says."""
        from gsctl.doors.finding import find_procedure
        from gsctl.doors.patience import waited_out
        from gsctl.values import typed

        def ask() -> Table:
            found, _, record = find_procedure(self._call, self._api, procedure)
            given = typed(texts, record.parameters)
            return found.driver.query(found.graph, record.query, given, write=False, limit=limit)

        return waited_out(self._api, ask)

    def tests(self, procedure: str | None) -> tuple[Trial, ...]:
        """As Door says."""
        from gsctl.doors.finding import find_procedure, procedures
        from gsctl.doors.patience import waited_out
        from reconciler.trials import tried

        call, api = self._call, self._api
        chosen = waited_out(
            api,
            lambda: [find_procedure(call, api, procedure)] if procedure else procedures(call, api),
        )
        asks = (partial(tried, found.driver, found.graph, name, record)
                for found, name, record in chosen)  # fmt: skip
        return tuple(trial for ask in asks for trial in waited_out(api, ask))

    def export(self, graph: str, out: Path) -> Iterator[Path]:
        """As Door says."""
        from gsctl.doors.finding import find_graph
        from reconciler.writing.exported import exported

        found = find_graph(self._call, self._api, graph)
        out.mkdir(parents=True, exist_ok=True)
        return exported(found.driver, found.graph, out)

    def approve(self, planned: Planned, key: Key | None, for_s: float) -> tuple[Approval, ...]:
        """As Door says."""
        return self._api.approve(planned.plan.asks_of(key), for_s)

    def await_turn(self, way: Way) -> None:
        """As Door says. Raises LeaseHeld."""
        self._api.await_turn(way.wait_s)

    def act(self, planned: Planned, way: Way, told: Narrator) -> Applied:
        """As Door says, under the lease. Raises LeaseHeld, LeaseLost."""
        from reconciler.api import WorldChanged

        with asked_to_stop(told.stopping) as stop, self._api.writing(way.wait_s):
            again = self._api.plan(way.request, nothing=way.nothing)
            if _told(again) != _told(planned):
                raise WorldChanged("the world changed since the plan was shown: nothing was done")
            told.begin(len(again.plan.steps) + len(again.plan.housekeeping))
            return self._api.apply(again, told, stop, way.parallel)

    def after(self, way: Way) -> Planned | None:
        """As Door says, through a fresh door: documents are read anew too."""
        self._api.close()
        self._api = self._call.api()
        return self._api.plan(Request(allow_deletes=way.request.allow_deletes),
                              nothing=way.nothing)  # fmt: skip

    def close(self) -> None:
        """As Door says."""
        self._api.close()


def _told(planned: Planned) -> tuple[str, frozenset[object], tuple[Problem, ...]]:
    """What was shown: the plan, what of it waits, and what is refused: a quota may be full now."""
    waiting = frozenset(one.change.key for one in planned.plan.withheld)
    return planned.plan.fingerprint, waiting, planned.plan.refusals
