"""One row of a plan: its sign, what it is about in short, and the fields that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

from gsctl.views.text import Paint, safe, value
from reconciler.model.change import MISSING, Action, Change, FieldChange, Route
from reconciler.model.traits import Effect
from reconciler.model.units import show_bytes, show_count

_SIGNS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REBUILD: ("+/-", "magenta"),
    Action.RECREATE: ("-/+", "magenta"),
    Action.DELETE: ("-", "red"),
    Action.MOVE: (">", "blue"),
    Action.ADOPT: ("^", "blue"),
    Action.LOAD: ("=>", "cyan"),
    Action.FORGET: ("x", "yellow"),
    Action.MARK: ("~", "dim"),
    Action.BLOCKED: ("!", "red"),
}
_ROUTES = {
    Route.MARK: "a mark only",
    Route.ONLINE: "while it serves",
    Route.RESTART: "a restart",
    Route.CLONE: "on a clone, then switched",
    Route.FRESH: "a fresh copy, then switched",
    Route.RECREATE: "stopped meanwhile",
}
_LONGEST = 200  # characters of a value


def sign(action: Action) -> tuple[str, str]:
    """The sign of an action and its colour."""
    return _SIGNS[action]


def rows_of(change: Change, paint: Paint) -> Iterator[str]:
    """The text beside an address, then the lines under it."""
    told = [_about(change), safe(change.reason.removeprefix(f"{change.key}: "))]
    if change.route and change.action not in (Action.CREATE, Action.LOAD):
        told.append(_ROUTES.get(change.route, ""))
    yield "; ".join(part for part in told if part)
    for field in change.fields:
        yield from _field(field, paint)
    if along := [f"{type_} ({show_count(rows, 'row')})" for type_, rows in change.carried.items()]:
        yield f"come along, for no load brings all of them: {safe(', '.join(along))}"


def _field(field: FieldChange, paint: Paint) -> Iterator[str]:
    path, old, new = safe(".".join(field.path)), field.old, field.new
    told = [str(field.effect)] if field.effect not in (Effect.IN_PLACE, Effect.MARK) else []
    told += [safe(field.reason)] if field.reason else []
    why = f"  ({': '.join(told)})" if told else ""
    if old is MISSING:
        yield f"{paint('+', 'green')} {path}: {_value(new)}{why}"
    elif new is MISSING:
        yield f"{paint('-', 'red')} {path}: {_value(old)}{why}"
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old.strip() + new.strip():
        yield f"{paint('~', 'yellow')} {path}:{why}"
        yield from _lines(old, new, paint)
    else:
        yield f"{paint('~', 'yellow')} {path}: {_value(old)} -> {_value(new)}{why}"


def _lines(old: str, new: str, paint: Paint) -> Iterator[str]:
    """Two texts of several lines, line by line; what stays the same far from a change stays out."""
    styles = {"+": "green", "-": "red"}
    for line in list(unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1))[2:]:
        if line.startswith("@@"):
            continue
        text = f"    {line[0]} {_cut(safe(line[1:]))}".rstrip()
        yield paint(text, styles[line[0]]) if line[0] in styles else text


def _value(anything: object) -> str:
    return _cut(safe(value(anything)))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _about(change: Change) -> str:
    """What a row is about, from the side that exists."""
    side = change.after if change.after is not None else change.before
    if side is None or change.action is Action.BLOCKED:
        return ""
    match change.key.kind:
        case "Engine" if change.action in (Action.CREATE, Action.DELETE):
            return safe(f"{side.get('type')} {side.get('version')}, {side.get('mode')}")
        case "Graph" if change.action in (Action.CREATE, Action.DELETE):
            return _graph(side) + _held(change.rows) + _copies(change)
        case "Load":
            files = side.get("files", ())
            return show_count(len(files), "file") + _held(change.rows)
        case "Procedure" if change.action in (Action.CREATE, Action.DELETE):
            return safe(f"of Graph/{side.get('graph')}")
    return ""


def _graph(side: Mapping[str, Any]) -> str:
    vertices, edges = len(side.get("vertices", ())), len(side.get("edges", ()))
    return f"{show_count(vertices, 'vertex type')}, {show_count(edges, 'edge type')}"


def _copies(change: Change) -> str:
    """The copies of a graph that goes, and their size."""
    size = f" of {show_bytes(change.size_bytes)}" if change.size_bytes else ""
    return f", {show_count(change.copies, 'copy', 'copies')}{size}" if change.copies else ""


def _held(rows: Mapping[str, int]) -> str:
    total = sum(rows.values())
    return f", {show_count(total, 'row')} live" if total else ""
