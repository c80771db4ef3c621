"""Live graphs and applied procedures, also while documents elsewhere are wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gsctl.addresses import parse_as
from gsctl.call import Call
from gsctl.exits import Stop, complain
from reconciler.model.key import Key
from reconciler.model.problem import Problem

if TYPE_CHECKING:
    from reconciler.api import Api
    from reconciler.contracts import Driver
    from reconciler.model.observed import LiveGraph, Snapshot
    from reconciler.model.record import ProcedureRecord


@dataclass(frozen=True, slots=True)
class Found:
    """A graph that answers, with the driver to ask it by."""

    graph: LiveGraph
    driver: Driver


class Unseen(Stop):
    """What is there cannot be seen now, which is not the same as absent."""


def key_of(call: Call, kind: str, text: str) -> Key:
    """The key that a person named. Raises Stop."""
    key = parse_as(kind, text, call.choices.tenant)
    if isinstance(key, Problem):
        raise Stop(key)
    return key


def find_graph(call: Call, api: Api, text: str) -> Found:
    """The live graph of an address or a bare name. Raises Stop where it does not answer."""
    from reconciler.look import seen

    return _found(call, api, seen(api), key_of(call, "Graph", text))


def _found(call: Call, api: Api, live: Snapshot, key: Key) -> Found:
    from reconciler.look import engine_type

    graph = live.graphs.get(key)
    if graph and _hides(graph):
        raise Unseen(_hidden(key))
    if graph is None or graph.serving is None:
        raise _absent(call, live, key)
    if not graph.ours:
        hint = "only what this project made is asked from here"
        raise complain(f"{key} belongs to {graph.owner or 'nobody known'}", "DS107", hint)
    type_ = engine_type(live, graph)
    driver = api.driver(type_)
    if driver is None:
        raise complain(f"no driver of `{type_}` is installed", "ST100", "install its plugin")
    return Found(graph, driver)


def silent(call: Call, key: Key) -> Stop:
    """What to say of a graph that is there and answers at no address."""
    return complain(f"{key} does not answer: its server does not run", "ST103",
                    f"`{call.repeat('apply')}` starts it")  # fmt: skip


def _absent(call: Call, live: Snapshot, key: Key) -> Stop:
    engines = [key.sibling("Engine", k.name) for k in live.unknown if k.kind == "Engine"]
    if problem := live.unknown.get(key):
        return Unseen(problem)
    if engines:
        return Unseen(*(live.unknown[engine] for engine in engines if engine in live.unknown))
    known = ", ".join(str(graph) for graph in sorted(live.graphs))
    hint = f"there are {known}" if known else f"`{call.repeat('apply')}` makes what is declared"
    return complain(f"there is no live {key}", "RF104", hint)


def find_procedure(call: Call, api: Api, text: str) -> tuple[Found, str, ProcedureRecord]:
    """An applied procedure with its graph. Raises Stop."""
    key = key_of(call, "Procedure", text)
    live = _seen(api)
    every = _procedures(call, api, live)
    found = next(((f, n, p) for f, n, p in every if (f.graph.key.tenant, n) ==
                  (key.tenant, key.name)), None)  # fmt: skip
    if found is None and (hidden := _all_hidden(live)):
        raise Unseen(*hidden)
    if found is None:
        names = ", ".join(sorted({name for _, name, _ in every}))
        hint = (
            f"applied are {names}" if names else f"`{call.repeat('apply')}` applies those declared"
        )
        raise complain(f"no {key} is applied", "RF104", hint)
    return found


def procedures(call: Call, api: Api) -> list[tuple[Found, str, ProcedureRecord]]:
    """Every applied procedure, by graph, then by name. Raises Unseen where one hides."""
    live = _seen(api)
    if hidden := _all_hidden(live):
        raise Unseen(*hidden)
    return _procedures(call, api, live)


def _hides(graph: LiveGraph) -> bool:
    """Whether its copy is another by now than the one that was to be looked at: a switch."""
    return graph.pointer is not None and graph.serving is None


def _hidden(key: Key) -> Problem:
    says = f"{key}: the copy that answers cannot be seen"
    return Problem("error", says, "ST100", address=str(key))


def _all_hidden(live: Snapshot) -> tuple[Problem, ...]:
    """What was not seen, so that nobody knows what is applied there."""
    switched = (_hidden(key) for key, graph in sorted(live.graphs.items())
                if graph.ours and _hides(graph))  # fmt: skip
    return (*live.unknown.values(), *switched)


def _seen(api: Api) -> Snapshot:
    from reconciler.look import seen

    return seen(api)


def _procedures(call: Call, api: Api, live: Snapshot) -> list[tuple[Found, str, ProcedureRecord]]:
    from reconciler.look import applied

    return [
        (_found(call, api, live, graph.key), key.name, procedure)
        for key, graph, procedure in applied(live)
    ]
