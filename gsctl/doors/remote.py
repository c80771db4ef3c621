"""The door to what a coordinator keeps, over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from gsctl.call import Call
from gsctl.choices import Target
from gsctl.doors.door import Lines, Question, Way
from gsctl.doors.finding import key_of, silent
from gsctl.doors.following import followed
from gsctl.doors.line import Line
from gsctl.doors.proposing import proposal
from gsctl.exits import Exit, Stop, complain
from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan, Request

if TYPE_CHECKING:
    from gsctl.views.progress import Narrator
    from reconciler.api import Applied, Planned
    from reconciler.contracts import Endpoint, Table
    from reconciler.ledger import Run
    from reconciler.model.policy import Approval
    from reconciler.model.step import Step
    from reconciler.things import Thing
    from reconciler.trials import Trial
    from reconciler.why import Story

VERBS = ("suspend", "resume", "restart", "rollback", "unhold", "adopt")
_WISHES = ("reload", "rebuild", "targets", "excludes")
_PAUSE_S = 0.5  # between two looks at a log
_ASKED_S = 300.0  # what a question may take, the most that a coordinator lets it


class Remote:
    """A Door to a coordinator of the same version."""

    def __init__(self, call: Call, target: Target) -> None:
        """Says on stderr whom it asks. Raises Stop where a token would travel in the clear."""
        self._call = call
        self._line = Line(target)
        self._told: Mapping[str, tuple[str, ...]] = {}
        call.screen.say(f"asking {target}")

    def look(self) -> tuple[Planned, tuple[Thing, ...]]:
        """As Door says, of a look that the coordinator takes now."""
        planned, things = self._line.nouns("GET", "/nouns/look")
        return planned, things

    def plan(self, request: Request, *, nothing: bool = False) -> Planned:
        """As Door says."""
        if nothing:
            raise self._not_asked("destroy")
        found = self._planned(request, {})
        if _verb(request) is None:
            self._hold_against_here(request, found)
        return found

    def propose(self, request: Request, *, explain: bool) -> Planned:
        """As Door says; where no documents are here, of those that the coordinator follows."""
        return self._planned(request, {"explain": explain, "proposal": proposal(self._call)})

    def _planned(self, request: Request, more: Mapping[str, Any]) -> Planned:
        named = _addresses(request, (*_WISHES, *VERBS))
        asked = {**named, "allow_deletes": request.allow_deletes, **more}
        planned, self._told = self._line.nouns("POST", "/nouns/plan", asked)
        found: Planned = planned
        return found

    def statements(self, step: Step) -> tuple[str, ...]:
        """As Door says."""
        return self._told.get(step.id, ())

    def why(self, address: str) -> Story:
        """As Door says, of a look that the coordinator takes now."""
        story, self._told = self._line.nouns("POST", "/nouns/why", {"address": address})
        found: Story = story
        return found

    def endpoint(self, graph: str) -> Endpoint:
        """As Door says: its address there."""
        from reconciler.contracts import Endpoint

        key = key_of(self._call, "Graph", graph)
        found: tuple[str, ...] = self._line.nouns("POST", "/nouns/endpoint", _of(key))
        if not found:
            raise silent(self._call, key)
        return Endpoint(*found)

    def log(self, graph: str, wanted: Lines) -> Iterable[str]:
        """As Door says."""
        from reconciler.contracts import Written

        asked = {**_of(key_of(self._call, "Graph", graph)),
                 "lines": wanted.tail, "of": "relay" if wanted.relay else "server"}  # fmt: skip

        def ask(place: str) -> Written:
            words = urlencode({**asked, "after": place})
            found: Written = self._line.nouns("GET", f"/nouns/log?{words}", kind=Written)
            return found

        return followed(ask, wanted, _PAUSE_S)

    def runs(self) -> tuple[Run, ...]:
        """As Door says."""
        found: tuple[Run, ...] = self._line.nouns("GET", "/nouns/runs")
        return found

    def query(self, question: Question) -> Table:
        """As Door says."""
        key = key_of(self._call, "Graph", question.graph)
        return self._rows(f"{_tenant(key)}/query/{key.name}", {
            "cypher": question.cypher, "parameters": dict(question.given),
            "write": question.write, "limit": question.limit, "timeout_s": _ASKED_S,
        })  # fmt: skip

    def call(self, procedure: str, texts: Mapping[str, str], limit: int) -> Table:
        """As Door says."""
        from gsctl.values import typed

        key = key_of(self._call, "Procedure", procedure)
        declared = self._line.json("GET", f"{_tenant(key)}/resources/Procedure/{key.name}")
        live = declared["status"]["live"]
        if live is None:
            raise complain(f"no {key} is applied", "RF104", f"`{self._call.repeat('get')}`")
        given = typed(texts, live.get("parameters", {}))
        return self._rows(f"{_tenant(key)}/call/{key.name}", {
            "parameters": given, "limit": limit, "timeout_s": _ASKED_S,
        })  # fmt: skip

    def tests(self, procedure: str | None) -> tuple[Trial, ...]:
        """As Door says."""
        key = key_of(self._call, "Procedure", procedure) if procedure else None
        words = f"?{urlencode({'procedure': _of(key)['address']})}" if key else ""
        found: tuple[Trial, ...] = self._line.nouns("GET", f"/nouns/tests{words}")
        return found

    def export(self, graph: str, out: Path) -> Iterator[Path]:
        """As Door says; asked for when the first file is."""
        from gsctl.doors.unpacking import Broken, unpacked
        from reconciler.writing.exported import DOCUMENT

        words = urlencode(_of(key_of(self._call, "Graph", graph)))
        with self._line.stream(f"/nouns/export?{words}", "application/x-tar") as files:
            try:
                yield from unpacked(files, out, DOCUMENT)
            except Broken as error:
                says = f"what came of {graph} is not whole: {error}"
                raise complain(says, "CX107", f"what came is in {out}: remove it") from error

    def approve(self, planned: Planned, key: Key | None, for_s: float) -> tuple[Approval, ...]:
        """As Door says."""
        from reconciler.model.policy import Approval

        if key is None:  # a saved plan: all that it asks for, while it is the same
            asked = {"fingerprint": planned.plan.fingerprint, "expires": f"{for_s:.0f}s"}
            found: tuple[Approval, ...] = self._line.nouns("POST", "/nouns/approve", asked)
            return found
        told = self._line.json("POST", f"{_thing(key)}:approve", {"expires": f"{for_s:.0f}s"})
        return tuple(Approval(one["address"], "", one["by"], 0.0,
                              datetime.fromisoformat(one["expires"]).timestamp())
                     for one in told["approved"])  # fmt: skip

    def await_turn(self, way: Way) -> None:
        """As Door says; the coordinator itself waits. Raises Stop for what it is not asked."""
        if way.nothing:
            raise self._not_asked("destroy")
        if _verb(way.request) is None:
            self._line.nouns("GET", "/nouns/apply")  # refused where documents come from git
        if way.request.allow_deletes:
            raise complain("a coordinator lifts no guard", "CX105",
                           "leave --allow-deletes out; `approve` lets through what waits",
                           exit_=Exit.REFUSED)  # fmt: skip

    def act(self, planned: Planned, way: Way, told: Narrator) -> Applied:
        """As Door says: done by the coordinator, which tells how it goes."""
        from reconciler.api import Applied

        said = {"fingerprint": planned.plan.fingerprint, "wait_s": min(300.0, way.wait_s or 30.0)}
        verb = _verb(way.request)
        if verb is None:
            return self._applied(planned, way.request, said, told)
        keys = getattr(way.request, verb)
        if len(keys) > 1:
            raise complain(f"a coordinator is asked to {verb} one thing at a time", "CX105")
        return Applied(planned, self._done(f"{_thing(min(keys))}:{verb}", said, told))

    def _applied(
        self, planned: Planned, request: Request, said: Mapping[str, Any], told: Narrator
    ) -> Applied:
        """What is pending, done now; it may have done it by itself since it was shown."""
        from reconciler.api import Applied

        asked = {**said, **_addresses(request, _WISHES)}
        try:
            return Applied(planned, self._done("/nouns/apply", asked, told))
        except Stop as error:
            again = self._planned(request, {}) if error.code is Exit.CHANGED else None
            if again is None or again.plan.doing or again.plan.refusals:
                raise
        self._call.screen.say("the coordinator did it by itself meanwhile")
        told.begin(0)
        return Applied(planned, Outcome())

    def _done(self, path: str, asked: Mapping[str, Any], told: Narrator) -> Outcome:
        """Have it done, and tell of it as it goes. Raises Stop where it did not get to its end."""
        tells = f"`{self._call.repeat('events')}` tells how far it came"
        try:
            with closing(self._line.told(path, asked)) as news:
                for noun in news:
                    match noun:
                        case Plan():
                            told.begin(len(noun.steps) + len(noun.housekeeping))
                        case Outcome():
                            return noun
                        case tuple():
                            raise Stop(*noun)
                        case event:
                            told(event)
        except KeyboardInterrupt:
            self._call.screen.say(f"The coordinator goes on with it; {tells}.")
            raise
        raise complain("the coordinator ended before it was done", "CX107", tells)

    def _hold_against_here(self, request: Request, planned: Planned) -> None:
        """Raises Stop where the documents that are here would come to something else."""
        given = proposal(self._call)
        if given is None:
            return
        here = self._planned(request, {"proposal": given})
        if here.plan.fingerprint != planned.plan.fingerprint:
            folders = ", ".join(self._line.nouns("GET", "/nouns/apply"))
            says = f"the documents here are not those that it follows, in {folders} on its machine"
            hint = "bring them there, or do it from a folder without documents"
            raise complain(says, "CX115", hint, exit_=Exit.REFUSED)

    def after(self, way: Way) -> None:
        """The coordinator proves it by its next turn."""

    def close(self) -> None:
        """As Door says."""
        self._line.close()

    def _not_asked(self, word: str) -> Stop:
        says = f"`{word}` is not done through a coordinator: it does what its documents say"
        hint = f"push the documents; `{self._call.repeat('plan')}` shows what it will do"
        return complain(says, "CX105", hint, exit_=Exit.REFUSED)

    def _rows(self, path: str, body: Mapping[str, Any]) -> Table:
        from gsctl.doors.patience import hidden_for_a_while
        from reconciler.contracts import Table

        told = hidden_for_a_while(lambda: self._line.json("POST", path, body))
        return Table(tuple(told["columns"]), tuple(map(tuple, told["rows"])), told["more"])


def _verb(request: Request) -> str | None:
    """What is asked of one thing; None for a whole apply."""
    return next((verb for verb in VERBS if getattr(request, verb)), None)


def _addresses(request: Request, names: Sequence[str]) -> dict[str, list[str]]:
    return {name: sorted(map(str, getattr(request, name))) for name in names}


def _tenant(key: Key) -> str:
    return f"/tenants/{key.tenant}"


def _thing(key: Key) -> str:
    return f"{_tenant(key)}/resources/{key.kind}/{key.name}"


def _of(key: Key) -> Mapping[str, str]:
    """Names a graph in a body."""
    return {"address": f"{key.tenant}:{key.kind}/{key.name}"}
