"""From what lives to the documents that would have made it, and what no document can say.

Codes: IM101 something that lives cannot be said, IM102 a load's files are not known to be there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model.catalog import Catalog, Element
from reconciler.model.key import DEFAULT_TENANT, Key, Owner, is_name
from reconciler.model.kinds import API_VERSION, LoadBody
from reconciler.model.observed import LiveCopy, LiveEngine, LiveGraph
from reconciler.model.policy import Guard
from reconciler.model.problem import Problem
from reconciler.model.record import FillRecord, Record, SourceRecord
from reconciler.model.traits import Traits
from reconciler.model.types import PropertyType
from reconciler.writing.draft import Draft, Path

_BY_HAND = (
    "Its rows were made by hand: no load is on record. They stay as they are, and a load that is",
    "declared for them would have to replace them.",
)
_MANY = ("The engine tells no multiplicity: many-to-many allows whatever is there.",)
_TOLD = ("As the engine declares it; it does not check what is loaded in bulk.",)


@dataclass(slots=True)
class Said:
    """The documents of a thing, and what they leave out."""

    drafts: list[Draft] = field(default_factory=list)
    unsaid: list[Problem] = field(default_factory=list)


def project_draft(owner: Owner, guard: Mapping[str, int]) -> Draft:
    """The Project of an owner."""
    spec: dict[str, Any] = {"id": owner.id}
    if guard and dict(guard) != Guard().model_dump(by_alias=True):
        spec["guard"] = dict(guard)
    document = {"apiVersion": API_VERSION, "kind": "Project", "metadata": {"name": owner.project}}
    return Draft("gsctl.yaml", {**document, "spec": spec})


def engine_draft(live: LiveEngine, type_: str, path: str | None) -> Draft:
    """An engine, as its mark tells; of a place that nobody marked its type and `path` are known."""
    spec: dict[str, Any] = {"type": type_}
    spec |= {
        k: live.spec[k] for k in ("version", "mode", "resources", "options") if live.spec.get(k)
    }
    if path:
        spec["substrate"] = {"local": {"path": path}}
    metadata = _metadata(live.key, str(live.spec.get("description", "")), protect=live.protect)
    return Draft(f"engines/{live.key.name}.yaml",
                 {"kind": "Engine", "metadata": metadata, "spec": spec})  # fmt: skip


def graph_drafts(graph: LiveGraph, copy: LiveCopy, traits: Traits, missing: frozenset[str]) -> Said:
    """A graph, its loads and its procedures. Files of loads that are `missing` name no load."""
    said = Said()
    if not is_name(graph.key.name):
        hint = "rename its folder, and import again"
        said.unsaid.append(_unsaid(graph.key, "its name is none that a document can have", hint))
        return said
    spec, comments = _types(graph, copy, traits, said)
    pointer = graph.pointer
    metadata = _metadata(graph.key, pointer.settings.description if pointer else "",
                         protect=bool(pointer and pointer.protect))  # fmt: skip
    document = {"kind": "Graph", "metadata": metadata,
                "spec": {"engine": graph.engine.name, **_settings(graph), **spec}}  # fmt: skip
    said.drafts.append(Draft(f"graphs/{graph.key.name}.yaml", document, comments))
    if copy.record:
        said.drafts += _loads(graph.key, copy, missing, said)
        said.drafts += _procedures(graph.key, copy.record)
    return said


def _metadata(key: Key, description: str, *, protect: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"name": key.name}
    found |= {"tenant": key.tenant} if key.tenant != DEFAULT_TENANT else {}
    found |= {"description": description} if description else {}
    return found | ({"protect": True} if protect else {})


def _settings(graph: LiveGraph) -> dict[str, Any]:
    """What differs from the defaults of the kind."""
    if graph.pointer is None:
        port = graph.served_at.rpartition(":")[2]
        return {"endpoint": {"port": int(port)}} if port else {}
    settings, found = graph.pointer.settings, dict[str, Any]()
    if settings.keep_previous_s != 86400:
        found["keepPrevious"] = f"{settings.keep_previous_s}s"
    if settings.strategy != "auto":
        found["strategy"] = settings.strategy
    if settings.writes != "declared":
        found["writes"] = settings.writes
    endpoint: dict[str, Any] = {"port": settings.port} if settings.port else {}
    endpoint |= {"relay": True} if settings.relay else {}
    return found | ({"endpoint": endpoint} if endpoint else {})


def _types(
    graph: LiveGraph, copy: LiveCopy, traits: Traits, said: Said
) -> tuple[dict[str, Any], dict[Path, tuple[str, ...]]]:
    """The types that can be said, with comments on what cannot be known."""
    catalog, record = copy.catalog, copy.record
    comments: dict[Path, tuple[str, ...]] = {}
    if not (record and record.fills):
        comments[()] = _BY_HAND
    left_out = {t for t, e in catalog.types() if _refused(graph.key, t, e, catalog, traits, said)}
    groups: dict[str, Any] = {"vertices": {}, "edges": {}}
    for name, element in catalog.types():
        if name in left_out or left_out & _ends(name, catalog):
            continue
        group = "vertices" if element == "vertex" else "edges"
        groups[group][name] = _type(graph.key, name, catalog, record, traits, said)
        if element == "edge" and not record and "multiplicity" in groups[group][name]:
            comments["spec", "edges", name] = _TOLD
    if not record and any("multiplicity" not in edge for edge in groups["edges"].values()):
        comments["spec", "edges"] = _MANY
    return {group: types for group, types in groups.items() if types}, comments


def _ends(name: str, catalog: Catalog) -> set[str]:
    edge = catalog.edges.get(name)
    return {end for pair in edge.pairs for end in pair} if edge else set()


def _refused(  # noqa: PLR0913, PLR0917  a type, whose it is, what forbids it
    graph: Key, name: str, element: Element, catalog: Catalog, traits: Traits, said: Said
) -> bool:
    """Whether a type cannot be said at all; then that is noted, with the reason."""
    why = traits.names.refuse(name)
    if element == "vertex":
        table = catalog.vertices[name]
        kind = table.properties.get(table.key, "")
        why = why or _why_not(table.key, kind, traits, key=True)
    elif len(catalog.edges[name].pairs) > 1 and not traits.several_pairs:
        why = why or f"it has several pairs of ends, which {traits.type} cannot change later"
    if why:
        said.unsaid.append(_unsaid(graph, f"the type `{name}` is left out: {why}",
                                   "make it anew under rules that it can keep"))  # fmt: skip
    return bool(why)


def _why_not(name: str, kind: str, traits: Traits, *, key: bool = False) -> str | None:
    if why := traits.names.refuse(name):
        return f"`{name}` {why}"
    try:
        type_ = PropertyType.parse(kind)
    except ValueError:
        return f"`{name}` has the type `{kind}`, for which there is no word"
    return traits.refuse_type(type_, key=key)


def _type(  # noqa: PLR0913, PLR0917  a type, whose it is, what is known of it
    graph: Key, name: str, catalog: Catalog, record: Record | None, traits: Traits, said: Said
) -> dict[str, Any]:
    texts = record.descriptions if record else {}
    properties: dict[str, Any] = {}
    for prop, kind in catalog.properties(name).items():
        if why := _why_not(prop, kind, traits):
            says = f"the property `{name}.{prop}` is left out: {why}"
            said.unsaid.append(_unsaid(graph, says, "rename it in the database, and import again"))
            continue
        text = texts.get(f"{name}.{prop}")
        properties[prop] = {"type": kind, "description": text} if text else kind
    found: dict[str, Any] = {"description": texts[name]} if texts.get(name) else {}
    if vertex := catalog.vertices.get(name):
        return {**found, "key": vertex.key, "properties": properties}
    return {**found, **_edge(name, catalog), **({"properties": properties} if properties else {})}


def _edge(name: str, catalog: Catalog) -> dict[str, Any]:
    edge = catalog.edges[name]
    pairs = [{"from": a, "to": b} for a, b in edge.pairs]
    ends: dict[str, Any] = pairs[0] if len(pairs) == 1 else {"pairs": pairs}
    many = edge.multiplicity == "many-to-many"
    return ends if many else {**ends, "multiplicity": edge.multiplicity}


def _unsaid(graph: Key, says: str, hint: str) -> Problem:
    return Problem("warning", f"{graph}: {says}", "IM101", hint=hint, address=str(graph))


def _loads(graph: Key, copy: LiveCopy, missing: frozenset[str], said: Said) -> Iterator[Draft]:
    """The loads on record. What a record does not keep (`expect`) is not in them."""
    record, edges = copy.record, copy.catalog.edges
    assert record, "only what has a record has loads on it"
    several = frozenset(name for name, edge in edges.items() if len(edge.pairs) > 1)
    names = sorted({f.load for fills in record.fills.values() for f in fills if not f.forgotten})
    for name in names:
        fills = {t: f for t, found in sorted(record.fills.items()) for f in found if f.load == name}
        files = {file.path for f in fills.values() for s in f.sources for file in s.files}
        if gone := sorted(files & missing):
            key = graph.sibling("Load", name)
            says = f"{key} is left out: {gone[0]} is not here as it was loaded"
            hint = "put the file back, and import again; else a plan forgets the load"
            said.unsaid.append(Problem("warning", says, "IM102", hint=hint, address=str(key)))
            continue
        yield Draft(f"loads/{name}.yaml", _load(graph, name, fills, several))


def _load(
    graph: Key, name: str, fills: Mapping[str, FillRecord], several: frozenset[str]
) -> dict[str, Any]:
    first = next(iter(fills.values()))
    spec: dict[str, Any] = {"graph": graph.name, "mode": first.mode, **_options(first.options)}
    for type_, fill in fills.items():
        edge = any(source.ends for source in fill.sources)
        kept = [source if type_ in several else replace(source, pair=None)
                for source in fill.sources]  # fmt: skip
        sources = [_source(source, header=bool(fill.options.get("header", True)))
                   for source in kept]  # fmt: skip
        group = spec.setdefault("edges" if edge else "vertices", {})
        group[type_] = sources[0] if len(sources) == 1 else sources
    if spec["mode"] == "replace":
        del spec["mode"]
    metadata = _metadata(graph.sibling("Load", name), "", protect=False)
    return {"kind": "Load", "metadata": metadata, "spec": spec}


def _options(recorded: Mapping[str, Any]) -> dict[str, Any]:
    usual = LoadBody().model_dump(mode="json", by_alias=True)
    names = {"on_duplicate_key": "onDuplicateKey", "on_dangling_edge": "onDanglingEdge",
             "on_null": "onNull", "limit": "limit"}  # fmt: skip
    found = {names[k]: v for k, v in recorded.items() if k in names and v != usual[names[k]]}
    words = {
        "delimiter": "delimiter",
        "header": "header",
        "quote": "quote",
        "null_values": "nullValues",
    }
    form = {
        words[k]: v for k, v in recorded.items() if k in words and v != usual["format"][words[k]]
    }
    return {**({"format": form} if form else {}), **found}


def _source(source: SourceRecord, *, header: bool) -> dict[str, Any]:
    def column(name: str) -> str | int:
        return name if header else int(name)

    found: dict[str, Any] = {"files": [_from_loads(file.path) for file in source.files]}
    if source.ends:
        found |= {"fromColumn": column(source.ends[0]), "toColumn": column(source.ends[1])}
    if source.pair:
        found["pair"] = {"from": source.pair[0], "to": source.pair[1]}
    others = {p: column(c) for p, (c, _) in source.columns.items() if p != c}
    return {**found, **({"columns": others} if others else {})}


def _from_loads(path: str) -> str:
    """A path of the repository, seen from its folder `loads/`."""
    return path if path.startswith("/") else f"../{path}"


def _procedures(graph: Key, record: Record) -> Iterator[Draft]:
    for name, procedure in sorted(record.procedures.items()):
        spec: dict[str, Any] = {"graph": graph.name, "query": procedure.query}
        if procedure.parameters:
            spec["parameters"] = dict(procedure.parameters)
        if procedure.tests:
            spec["tests"] = [_test(test) for test in procedure.tests]
        metadata = _metadata(graph.sibling("Procedure", name), procedure.description, protect=False)
        yield Draft(f"procedures/{name}.yaml",
                    {"kind": "Procedure", "metadata": metadata, "spec": spec})  # fmt: skip


def _test(test: Mapping[str, Any]) -> dict[str, Any]:
    rows = test.get("rows")
    if isinstance(rows, Mapping):
        rows = {k: v for k, v in rows.items() if v is not None}
    call = {"call": dict(test["call"])} if test.get("call") else {}
    return {**call, **({"rows": rows} if rows != {"min": 1} else {})}
