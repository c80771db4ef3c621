"""SV, GR and RF: how graphs are served, keyed, and whether anything uses an engine."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.lint.rule import Finding, Needs, Rule
from reconciler.lint.subject import Subject, Whole
from reconciler.model.traits import Effect
from reconciler.model.units import parse_duration

_NUMBERS = frozenset({"int32", "int64", "uint32", "uint64"})
_PRIVILEGED = 1024
_PASSING = (32768, 60999)  # Linux takes outgoing connections' ports from here


def stops_for_a_moment(subject: Subject) -> Iterator[Finding]:
    """SV101: a change that the serving copy cannot take while it serves, and no relay."""
    if not (subject.served and subject.before and subject.before.served and subject.traits):
        return
    if subject.spec.endpoint.relay:
        return
    online = subject.traits.online
    reached = [f for f in subject.fields() if f.effect is not Effect.MARK]
    change = next((f for f in reached if subject.happening(f) not in online), None)
    if change is not None:
        says = f"the server of `{subject.graph.key.name}` is started anew for this change"
        hint = "clients must try again for a moment; `endpoint: {relay: true}` spares them"
        yield Finding(subject.graph, ("spec", *change.path), says, hint)


def no_way_back(subject: Subject) -> Iterator[Finding]:
    """SV102: the copy before is not kept."""
    if parse_duration(subject.spec.keep_previous) == 0:
        says = "no copy is kept to go back to"
        hint = "`gsctl rollback` needs one: leave `keepPrevious` out for a day"
        yield Finding(subject.graph, ("spec", "keepPrevious"), says, hint, key=False)


def privileged_port(subject: Subject) -> Iterator[Finding]:
    """SV103: a port that only root may open."""
    port = subject.spec.endpoint.port
    if subject.served and port is not None and port < _PRIVILEGED:
        says = f"only root may open port {port}"
        yield Finding(subject.graph, ("spec", "endpoint", "port"), says,
                      f"take one from {_PRIVILEGED} on", key=False)  # fmt: skip


def passing_port(subject: Subject) -> Iterator[Finding]:
    """SV104: a port that an outgoing connection may hold when the server starts."""
    port = subject.spec.endpoint.port
    if subject.served and port is not None and _PASSING[0] <= port <= _PASSING[1]:
        says = f"port {port} may be taken by a connection that goes out"
        yield Finding(subject.graph, ("spec", "endpoint", "port"), says,
                      f"take one below {_PASSING[0]}", key=False)  # fmt: skip


def stops_serving(subject: Subject) -> Iterator[Finding]:
    """SV105: a strategy that may stop serving while data is loaded."""
    if subject.served and subject.spec.strategy == "recreate":
        says = "changes may stop this graph for as long as they take"
        hint = "`strategy: auto` makes another copy first"
        yield Finding(subject.graph, ("spec", "strategy"), says, hint, key=False)


def port_unused(subject: Subject) -> Iterator[Finding]:
    """SV106: a port for a graph that no server answers for."""
    if subject.engine and not subject.served and subject.spec.endpoint.port is not None:
        says = "an embedded graph opens no port"
        hint = "remove `endpoint`, or make the engine `mode: served`"
        yield Finding(subject.graph, ("spec", "endpoint", "port"), says, hint, key=False)


def text_key(subject: Subject) -> Iterator[Finding]:
    """GR201: a key that is text, beside a number that is called an id."""
    for name, vertex in subject.spec.vertices.items():
        key = vertex.properties.get(vertex.key)
        if key is None or not key.type.startswith("string"):
            continue
        if other := next((p for p, q in vertex.properties.items() if _is_id(p, q.type)), None):
            says = f"the key of `{name}` is text, and `{other}` looks like one that is a number"
            hint = f"`key: {other}`, where it tells the rows apart"
            yield Finding(subject.graph, ("spec", "vertices", name, "key"), says, hint, key=False)


def _is_id(name: str, type_: str) -> bool:
    return type_ in _NUMBERS and (name.lower() == "id" or name.endswith(("_id", "Id")))


def unused_engine(whole: Whole) -> Iterator[Finding]:
    """RF201: an engine without a graph."""
    used = {s.graph.key.sibling("Engine", s.spec.engine) for s in whole.subjects}
    for key, resource in whole.desired.of("Engine").items():
        if key not in used:
            says = f"no Graph uses {key}"
            yield Finding(resource, ("metadata", "name"), says,
                          "remove it, or let a Graph name it", key=False)  # fmt: skip


RULES = (
    Rule("SV101", "note", "a change starts a server anew", stops_for_a_moment,
         needs=Needs.CHANGE),
    Rule("SV102", "warning", "no copy is kept to go back to", no_way_back),
    Rule("SV103", "warning", "a port that only root may open", privileged_port),
    Rule("SV104", "note", "a port that passing connections use", passing_port),
    Rule("SV105", "warning", "a strategy that may stop serving", stops_serving),
    Rule("SV106", "note", "a port that nothing opens", port_unused),
    Rule("GR201", "note", "a key that is text, beside a number called an id", text_key),
    Rule("RF201", "warning", "an Engine that no Graph uses", whole=unused_engine),
)  # fmt: skip
