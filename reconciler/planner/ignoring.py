"""What is left as it lives: differences at paths that a Policy ignores leave the wish."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.change import MISSING, Action, Change, FieldChange
from reconciler.model.key import Key
from reconciler.model.loading import LoadWish
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.plan import Drift
from reconciler.model.policy import IGNORABLE
from reconciler.model.record import ProcedureRecord
from reconciler.model.traits import Effect, Traits
from reconciler.model.wish import EngineWish, GraphWish, Settings
from reconciler.planner.compare import compare
from reconciler.planner.policy import Policies
from reconciler.planner.schema import schema_diff

_SETTINGS = {"keepPrevious": "keep_previous_s", "strategy": "strategy", "writes": "writes",
             "endpoint.port": "port", "description": "description"}  # fmt: skip
_PROCEDURE = frozenset(IGNORABLE["Procedure"])


def left_alone(
    wish: GraphWish, seen: Snapshot, live: LiveGraph | None, traits: Traits, found: Policies
) -> tuple[GraphWish, tuple[Drift, ...]]:
    """A graph's wish without the differences that are ignored, and those differences."""
    if not found.ignores:
        return wish, ()
    on = wish.engine.key
    engine, _ = ignore_engine(wish.engine, seen.engines.get(on), found.ignored(on))
    wish, fields = ignore_graph(wish, live, traits, found.ignored(wish.key))
    keys = {name: wish.key.sibling("Procedure", name) for name in sorted(wish.procedures)}
    paths = {name: found.ignored(key) for name, key in keys.items()}
    wish, parts = ignore_procedures(wish, live, paths)
    told = [*ignored(wish.key, fields)]
    told += [drift for name in parts for drift in ignored(keys[name], parts[name])]
    return replace(wish, engine=engine), tuple(told)


def minded(wish: GraphWish, found: Policies) -> GraphWish:
    """A graph's wish without everything that would be ignored if it differed."""
    if not found.ignores:
        return wish
    patterns = [path.split(".") for path in found.ignored(wish.key)]
    default = asdict(Settings())
    settings: dict[str, Any] = {field: default[field] for name, field in _SETTINGS.items()
                                if _hit(patterns, tuple(name.split(".")))}  # fmt: skip
    vertices = {name: replace(table, properties=_minded(patterns, ("vertices", name), table))
                for name, table in wish.catalog.vertices.items()}  # fmt: skip
    edges = {name: replace(table, properties=_minded(patterns, ("edges", name), table))
             for name, table in wish.catalog.edges.items()}  # fmt: skip
    blank: dict[str, Any] = {"resources": {}, "options": {}, "description": ""}
    parts = {path.split(".")[0] for path in found.ignored(wish.engine.key)} & blank.keys()
    engine = replace(wish.engine, **{part: blank[part] for part in parts})
    return replace(wish, engine=engine, catalog=Catalog(vertices, edges),
                   settings=replace(wish.settings, **settings),
                   procedures=dict(_minded_procedures(wish, found)))  # fmt: skip


def _minded(
    patterns: list[list[str]], at: tuple[str, ...], table: VertexTable | EdgeTable
) -> Mapping[str, str]:
    return {name: type_ for name, type_ in table.properties.items()
            if not _hit(patterns, (*at, "properties", name))}  # fmt: skip


def _minded_procedures(wish: GraphWish, found: Policies) -> Iterator[tuple[str, ProcedureRecord]]:
    blank: dict[str, Any] = {"description": "", "query": "", "parameters": {}, "tests": ()}
    for name, procedure in wish.procedures.items():
        parts = found.ignored(wish.key.sibling("Procedure", name))
        yield name, replace(procedure, **{part: blank[part] for part in parts if part in blank})


def ignored(key: Key, fields: tuple[FieldChange, ...]) -> Iterator[Drift]:
    """The row of what is left as it lives, because a Policy says so."""
    if fields:
        yield Drift(Change(key, Action.UPDATE, fields, "ignored by a Policy"), ignored=True)


def ignore_engine(
    wish: EngineWish, live: LiveEngine | None, paths: Iterable[str]
) -> tuple[EngineWish, tuple[FieldChange, ...]]:
    """The wish with the live values where they are ignored, and what was ignored."""
    patterns = [path.split(".") for path in paths]
    if live is None or not live.ours or not patterns:
        return wish, ()
    plain = wish.plain()
    found = [
        FieldChange(d.path, d.old, d.new, Effect.MARK)
        for d in compare({k: live.spec.get(k) for k in plain}, plain)
        if _hit(patterns, d.path) and d.path[0] in ("description", "resources", "options")
    ]
    for field in found:
        _put(plain, field.path, field.old)
    left = replace(wish, resources=plain["resources"], options=plain["options"],
                   description=plain["description"])  # fmt: skip
    return left, tuple(found)


def ignore_graph(
    wish: GraphWish, live: LiveGraph | None, traits: Traits, paths: Iterable[str]
) -> tuple[GraphWish, tuple[FieldChange, ...]]:
    """The same for a graph: its settings, and types and properties of the copy that answers.

    Never ignored: a type that is wished and not there, a key, and what is renamed.
    """
    patterns = [path.split(".") for path in paths]
    if live is None or live.pointer is None or live.serving is None or not patterns:
        return wish, ()
    old, new = asdict(live.pointer.settings), asdict(wish.settings)
    names = {name: field for name, field in _SETTINGS.items()
             if old[field] != new[field] and _hit(patterns, tuple(name.split(".")))}  # fmt: skip
    found = [FieldChange((name,), old[f], new[f], Effect.MARK) for name, f in names.items()]
    kept: dict[str, Any] = {field: old[field] for field in names.values()}
    schema = schema_diff(live.serving.catalog, wish.catalog, wish.renames, traits)
    fields = [f for f in schema.fields if _hit(patterns, f.path) and
              _ignorable(f, wish, live.serving.catalog)]  # fmt: skip
    catalog, loads = wish.catalog, wish.loads
    for field in fields:
        catalog = _left(catalog, live.serving.catalog, field)
        loads = tuple(_unfed(load, field) for load in loads) if field.old is MISSING else loads
    left = replace(wish, settings=replace(wish.settings, **kept), catalog=catalog, loads=loads)
    return left, (*found, *fields)


def ignore_procedures(
    wish: GraphWish, live: LiveGraph | None, paths: Mapping[str, Iterable[str]]
) -> tuple[GraphWish, Mapping[str, tuple[FieldChange, ...]]]:
    """The same for the procedures of a graph, by name."""
    record = live.serving.record if live and live.serving else None
    procedures, found = dict(wish.procedures), {}
    for name, patterns in paths.items():
        old, new = record.procedures.get(name) if record else None, wish.procedures[name]
        if old is None or old == new:
            continue
        fields = tuple(
            FieldChange((part,), getattr(old, part), getattr(new, part), Effect.MARK)
            for part in sorted(_PROCEDURE.intersection(patterns))
            if getattr(old, part) != getattr(new, part)
        )
        if fields:
            kept: dict[str, Any] = {field.path[0]: field.old for field in fields}
            procedures[name] = replace(new, **kept)
            found[name] = fields
    return replace(wish, procedures=procedures), found


def _hit(patterns: Iterable[list[str]], path: tuple[str, ...]) -> bool:
    """Whether a path, or what lies above it, is ignored."""
    return any(
        len(pattern) <= len(path)
        and all(p in ("*", part) for p, part in zip(pattern, path, strict=False))
        for pattern in patterns
    )


def _ignorable(field: FieldChange, wish: GraphWish, live: Catalog) -> bool:
    group, type_, *rest = field.path
    name = f"{type_}.{rest[1]}" if len(rest) == 2 else type_
    if name in wish.renames or (len(rest) == 2 and rest[0] != "properties") or len(rest) == 1:
        return False
    table = wish.catalog.vertices.get(type_)
    if len(rest) == 2:
        return not (table and table.key == rest[1])
    ends = live.edges[type_].pairs if group == "edges" and type_ in live.edges else ()
    return field.new is MISSING and all(v in wish.catalog.vertices for p in ends for v in p)


def _left(wish: Catalog, live: Catalog, field: FieldChange) -> Catalog:
    """The wished catalog with one field as it lives."""
    group, type_, *rest = field.path
    vertices, edges = dict(wish.vertices), dict(wish.edges)
    if not rest:
        if group == "vertices":
            vertices[type_] = live.vertices[type_]
        else:
            edges[type_] = live.edges[type_]
        return Catalog(vertices, edges)
    properties = dict(wish.properties(type_))
    if field.old is MISSING:
        del properties[rest[1]]
    else:
        properties[rest[1]] = live.properties(type_)[rest[1]]
    if group == "vertices":
        vertices[type_] = VertexTable(vertices[type_].key, properties)
    else:
        edges[type_] = replace(edges[type_], properties=properties)
    return Catalog(vertices, edges)


def _unfed(load: LoadWish, field: FieldChange) -> LoadWish:
    """A load without the column of a property that is left away."""
    _, type_, _, name = field.path
    types = tuple(
        replace(content, sources=tuple(
            replace(s, columns={p: c for p, c in s.columns.items() if p != name})
            for s in content.sources
        )) if content.type == type_ else content
        for content in load.types
    )  # fmt: skip
    return replace(load, types=types)


def _put(plain: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    *above, last = path
    for part in above:
        plain[part] = dict(plain[part])
        plain = plain[part]
    if value is MISSING:
        plain.pop(last, None)
    else:
        plain[last] = value
