"""Taking over what lives and is not ours: it is planned as if it were, from a first mark on.

A database that nobody marked becomes a copy below a pointer; what another owner marked keeps its
copies and gets our marks. What differs from the wish is then a change like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.change import Action, Change, Route
from reconciler.model.key import Key
from reconciler.model.observed import LiveCopy, LiveGraph, Pointer, Snapshot
from reconciler.model.plan import Request
from reconciler.model.problem import Problem
from reconciler.model.step import Act, AdoptGraph, GraphAt
from reconciler.model.wish import EngineWish, GraphWish
from reconciler.planner.changes import graph_spec, live_spec
from reconciler.planner.target import new_uid

ORIGINAL = "original"  # the copy that a database of somebody's own becomes


def wanted(wish: EngineWish | GraphWish, request: Request) -> bool:
    """Whether it may be taken over, by its document or for this once."""
    return wish.adopt or wish.key in request.adopt


def taken_over(
    wishes: Mapping[Key, GraphWish], live: Snapshot, request: Request
) -> tuple[Snapshot, Mapping[Key, LiveGraph]]:
    """`live` as it is once the first mark is written; and the foreign graphs that get one."""
    foreign = {
        key: graph
        for key, wish in wishes.items()
        if (graph := live.graphs.get(key)) and not graph.ours and wanted(wish, request)
    }
    taken = frozenset(graph.uid for graph in live.graphs.values())
    ours = {key: _as_ours(wishes[key], graph, taken) for key, graph in foreign.items()}
    known = {key: _bare_told(wishes.get(key), graph) for key, graph in live.graphs.items()}
    return replace(live, graphs={**known, **ours}), foreign


def _as_ours(wish: GraphWish, live: LiveGraph, taken: frozenset[str]) -> LiveGraph:
    if not live.bare:
        pointer = replace(live.pointer, held=None) if live.pointer else None
        return replace(live, key=wish.key, ours=True, owner=wish.owner, pointer=pointer)
    uid = new_uid(wish, taken)
    copy = next(iter(live.copies.values()))
    id_ = copy.record.copy if copy.record else ORIGINAL
    pointer = Pointer(
        uid, wish.key.name, wish.key.tenant, wish.owner, id_, wish.engine.mode, wish.settings,
        protect=wish.protect, engine=wish.engine.key.name, adopted=live.uid,
    )  # fmt: skip
    ours = replace(live, uid=uid, ours=True, owner=wish.owner, pointer=pointer,
                   copies={id_: replace(copy, id=id_)})  # fmt: skip
    return _bare_told(wish, ours)


def _bare_told(wish: GraphWish | None, live: LiveGraph) -> LiveGraph:
    """Copies without a record, their strings told as they are wished where their width fits."""
    if wish is None or not live.ours:
        return live
    told = {
        id_: copy if copy.record else replace(copy, catalog=_told(copy, wish.catalog))
        for id_, copy in live.copies.items()
    }
    return replace(live, copies=told)


def _told(copy: LiveCopy, wish: Catalog) -> Catalog:
    """A width is no difference: nothing was cut yet that a record could know of."""

    def told(type_: str) -> Mapping[str, str]:
        return {name: _string(copy, wish, f"{type_}.{name}", text)
                for name, text in copy.catalog.properties(type_).items()}  # fmt: skip

    return Catalog(
        {n: VertexTable(v.key, told(n)) for n, v in copy.catalog.vertices.items()},
        {n: EdgeTable(e.pairs, told(n), e.multiplicity) for n, e in copy.catalog.edges.items()},
    )


def _string(copy: LiveCopy, wish: Catalog, address: str, text: str) -> str:
    width = copy.widths.get(address)
    type_, _, name = address.partition(".")
    wished = wish.properties(type_).get(name)
    fits = width is not None and wished in ("string", f"string({width})")
    return wished if fits and wished else text


def adoption_block(wish: GraphWish, foreign: LiveGraph) -> Problem | None:
    """Why a graph cannot be taken over now, or None."""
    key = wish.key
    says, hint = "", ""
    if foreign.busy:
        says, hint = foreign.busy, "close it there, and adopt again"
    elif not foreign.copies:
        says = "none of its copies can be seen"
    elif foreign.engine != wish.engine.key:
        says, hint = (
            f"it lives on {foreign.engine}",
            f"adopt it with `engine: {foreign.engine.name}`",
        )
    if not says:
        return None
    return Problem("error", f"{key} cannot be adopted: {says}", "AD101", hint=hint,
                   address=str(key))  # fmt: skip


def adoption_acts(at: GraphAt, seen: LiveGraph) -> tuple[Act, ...]:
    """The first mark. Another owner's graph gets ours with its next copy."""
    pointer = seen.pointer
    return (AdoptGraph(at, pointer.adopted, pointer),) if pointer and pointer.adopted else ()


def adopted_rows(
    wish: GraphWish, foreign: LiveGraph, seen: LiveGraph, changes: Iterable[Change]
) -> tuple[Change, ...]:
    """The rows of a graph's plan, its own as an adoption with what differs."""
    of = f"it belonged to {foreign.owner}" if foreign.owner else "made by hand; its rows stay"
    bare = Change(wish.key, Action.ADOPT, reason=of, route=Route.MARK, before=live_spec(seen),
                  after=graph_spec(wish))  # fmt: skip
    own = [c for c in changes if c.key == wish.key and c.action is not Action.MARK]
    others = tuple(c for c in changes if c.key != wish.key)
    if not own:
        return (bare, *others)
    row = replace(own[0], action=Action.ADOPT, reason="; ".join(filter(None, (of, own[0].reason))))
    return (row, *others)
