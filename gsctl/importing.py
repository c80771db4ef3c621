"""From a live system to a repository, and the proof that a plan of it finds nothing to do."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gsctl.call import PROJECT_FILE, Call
from gsctl.doors.opening import api_here
from gsctl.exits import Exit, Stop, complain
from gsctl.sources import Source, find_source
from gsctl.starter import name_of, random_id
from reconciler.model.key import Key, Owner
from reconciler.model.problem import Problem, errors

if TYPE_CHECKING:
    from reconciler.api import Api, Options, Planned
    from reconciler.model.observed import LiveEngine, LiveGraph
    from reconciler.writing.draft import Draft


@dataclass(slots=True)
class Import:
    """What is imported: the live things, where from, and where to."""

    call: Call
    out: Path
    options: Options  # under which the documents that are written mean what lives
    engines: list[LiveEngine]
    graphs: list[LiveGraph]
    types: dict[Key, str]  # of engines
    data: Path | None = None  # the repository in which files of loads are looked for

    @property
    def keys(self) -> frozenset[Key]:
        """The things themselves."""
        return frozenset((*(e.key for e in self.engines), *(g.key for g in self.graphs)))

    @property
    def foreign(self) -> frozenset[Key]:
        """Those that are not ours."""
        engines = (engine.key for engine in self.engines if not engine.ours)
        return frozenset((*engines, *(graph.key for graph in self.graphs if not graph.ours)))


def of_repository(call: Call, out: Path, address: Key | None) -> Import:
    """What this owner has, or one thing of it with its engine. Raises Stop."""
    from reconciler.look import seen

    with closing(api_here(call, "import")) as api:
        live = seen(api)
        if address and address not in {*live.engines, *live.graphs}:
            problem = live.unknown.get(address)
            raise (
                Stop(problem)
                if problem
                else complain(
                    f"there is no live {address}", "RF104", f"`{call.repeat('get')}` tells what is"
                )
            )
        if not (live.engines or live.graphs):
            raise complain("nothing lives here: there is nothing to import", "RF104",
                           f"`{call.repeat('apply')}` makes what is declared")  # fmt: skip
        graphs = [g for k, g in sorted(live.graphs.items()) if address in (None, k, g.engine)]
        engines = [e for k, e in sorted(live.engines.items())
                   if address in (None, k) or any(g.engine == k for g in graphs)]  # fmt: skip
        types = {e.key: _type_of(e, api) for e in engines}
        options = replace(api.options, directory=out, root=api.root.path)
        project = api.project
    _start(out, project.owner, dict(engines[0].guard) if engines else {})
    return Import(call, out, options, engines, graphs, types, api.options.directory)


def _type_of(engine: LiveEngine, api: Api) -> str:
    wished = api.desired.resources.get(engine.key)
    return str(engine.spec.get("type") or getattr(wished.spec if wished else None, "type", ""))


def of_place(call: Call, out: Path, text: str) -> Import:
    """What lies at a path or behind a URL, in a project of its own. Raises Stop."""
    from reconciler.api import Api, Options

    fresh = not (out / PROJECT_FILE).exists()
    if fresh:
        _start(out, Owner(name_of(out.absolute().name) or "imported", "default", random_id()), {})
    options = Options(out, call.choices.environment, call.choices.variables, call.choices.root)
    name = "main"
    try:
        with closing(Api(options, call.screen.say)) as api:
            declared = {key.name for key in api.desired.resources if key.kind == "Engine"}
            name = next(n for n in ("main", *(f"engine{i}" for i in range(2, 999)))
                        if n not in declared)  # fmt: skip
            source = find_source(api, text, name)
    except Stop:
        if fresh:
            (out / PROJECT_FILE).unlink()
        raise
    engine = source.sight.engine
    assert engine, "where a graph lies there is an engine's place"
    graphs = [source.sight.graphs[key] for key in sorted(source.graphs)]
    return Import(call, out, options, [_as_found(engine, source, graphs)], graphs,
                  {engine.key: source.type})  # fmt: skip


def _as_found(engine: LiveEngine, source: Source, graphs: Sequence[LiveGraph]) -> LiveEngine:
    """A place that nobody marked: its graphs tell how they are reached."""
    served = any(graph.served_at for graph in graphs)
    spec = {"mode": "served"} if served and not engine.spec else {}
    return replace(engine, spec={**spec, **engine.spec, "type": source.type})


def _start(out: Path, owner: Owner, guard: dict[str, Any]) -> None:
    from reconciler.writing.draft import text_of
    from reconciler.writing.live import project_draft

    if not (out / PROJECT_FILE).exists():
        out.mkdir(parents=True, exist_ok=True)
        (out / PROJECT_FILE).write_text(text_of([project_draft(owner, guard)]), "utf-8")


def write(wanted: Import) -> list[Problem]:
    """Write every document, never over another; what they leave out. Raises Stop."""
    from reconciler.writing.draft import text_of

    drafts, unsaid = _drafts(wanted)
    there = [draft.path for draft in drafts if (wanted.out / draft.path).exists()]
    if there:
        says = f"{wanted.out / there[0]} is there already, and nothing was written"
        raise complain(says, "OS101", "name a new folder")
    wanted.call.screen.data(str(wanted.out / PROJECT_FILE))
    for draft in drafts:
        path = wanted.out / draft.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of([draft]), "utf-8")
        wanted.call.screen.data(str(path))
    return unsaid


def _drafts(wanted: Import) -> tuple[list[Draft], list[Problem]]:
    from reconciler.writing.live import engine_draft, graph_drafts

    drafts = [engine_draft(engine, wanted.types[engine.key], _path(wanted, engine))
              for engine in wanted.engines]  # fmt: skip
    unsaid: list[Problem] = []
    with closing(_api(wanted)) as api:
        for graph in wanted.graphs:
            copy = graph.serving or next(iter(graph.copies.values()), None)
            traits = api.plugins.traits.get(wanted.types.get(graph.engine, ""))
            if copy is None or traits is None:
                says = f"{graph.key}: what it holds cannot be seen: {graph.busy or 'no copy'}"
                unsaid.append(Problem("warning", says, "IM101", address=str(graph.key)))
                continue
            said = graph_drafts(graph, copy, traits, frozenset(_missing(wanted, graph)))
            drafts += said.drafts
            unsaid += said.unsaid
    return drafts, unsaid


def _path(wanted: Import, engine: LiveEngine) -> str | None:
    """Where an engine lies, unless it is where engines lie anyway."""
    from reconciler.root import Root

    root = Root.peek(wanted.options.root or wanted.out / ".gsctl")
    usual = root.engine_dir(wanted.options.environment, engine.key.tenant, engine.key.name)
    return None if str(usual) == engine.place.location else engine.place.location


def _missing(wanted: Import, graph: LiveGraph) -> Iterator[str]:
    """Files of loads that are not there as they were loaded; the others come along."""
    record = graph.serving.record if graph.serving else None
    fills = [f for found in (record.fills if record else {}).values() for f in found]
    for file in {file for fill in fills for s in fill.sources for file in s.files}:
        source = (wanted.data or wanted.out) / file.path
        if not source.is_file() or _sha256(source) != file.sha256:
            yield file.path
        elif not Path(file.path).is_absolute() and not (wanted.out / file.path).exists():
            (wanted.out / file.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, wanted.out / file.path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _api(wanted: Import) -> Api:
    from reconciler.api import Api

    return Api(wanted.options, wanted.call.screen.say)


def prove(wanted: Import, unsaid: list[Problem]) -> Exit:
    """Plan what was written against what lives, and say what differs."""
    from reconciler.model.plan import Request

    call = wanted.call
    with closing(_api(wanted)) as api:
        planned = api.plan(Request(adopt=wanted.foreign))
    call.screen.problems((*unsaid, *(p for p in planned.desired.problems if p.severity == "error")))
    if errors(planned.desired.problems):
        call.screen.say("Not proven: these documents are not right.")
        return Exit.FAILED
    differences = list(_differences(wanted, planned))
    for line in differences:
        call.screen.say(f"  differs: {line}")
    if differences:
        call.screen.say("Not all that lives could be said: a plan would change what differs.")
    else:
        call.screen.data("Proven: a plan of these documents finds nothing that differs.")
    _next(wanted)
    return Exit.DONE


def _differences(wanted: Import, planned: Planned) -> Iterator[str]:
    from gsctl.views.rows import rows_of, sign
    from gsctl.views.text import Paint
    from reconciler.model.change import Action

    busy = {graph.key for graph in wanted.graphs if graph.busy}
    for change in planned.plan.changes:
        if change.key in busy:
            yield from _unlike(change.key, planned)
        elif change.key.kind in ("Engine", "Graph") and change.key not in wanted.keys:
            continue
        elif change.action is not Action.ADOPT or change.fields or change.losses:
            rows = " ".join(line.strip() for line in rows_of(change, Paint(False)))
            yield f"{sign(change.action)[0]} {change.key}  {rows}"


def _unlike(key: Key, planned: Planned) -> Iterator[str]:
    """A database that is open is not planned: its types are compared as they are."""
    wish, live = planned.graphs.get(key), planned.live.graphs.get(key)
    copy = next(iter(live.copies.values()), None) if live else None
    if wish is None or copy is None or wish.catalog.plain() != copy.catalog.plain():
        yield f"{key}  its types"


def _next(wanted: Import) -> None:
    screen = wanted.call.screen
    busy = [graph for graph in wanted.graphs if graph.busy]
    for graph in busy:
        screen.say(f"{graph.key}: {graph.busy}: close it there before it is adopted.")
    if names := " ".join(map(str, sorted(wanted.foreign))):
        screen.hint(f"`gsctl -C {wanted.out} adopt {names}` takes them over")
    elif wanted.options.root:
        screen.hint(f"`gsctl -C {wanted.out} --root {wanted.options.root} plan` plans them there")


def export_rows(wanted: Import) -> None:
    """Write the rows that no load is known for as CSV files, each graph with a Load of them."""
    from reconciler.writing.exported import load_document

    with closing(_api(wanted)) as api:
        for graph in wanted.graphs:
            copy = graph.serving or next(iter(graph.copies.values()), None)
            driver = api.driver(wanted.types.get(graph.engine, ""))
            document = wanted.out / "loads" / f"{graph.key.name}.yaml"
            if copy is None or driver is None or (copy.record and copy.record.fills):
                continue
            folder = wanted.out / "data" / graph.key.name
            folder.mkdir(parents=True, exist_ok=True)
            for path in driver.export(graph, folder):
                wanted.call.screen.data(str(path))
            document.parent.mkdir(exist_ok=True)
            lead = f"../data/{graph.key.name}/"
            document.write_text(load_document(graph.key, copy.catalog, lead), "utf-8")
            wanted.call.screen.data(str(document))
            wanted.call.screen.say(f"{graph.key}: its rows are in {folder}, with a Load of them: a "
                                   "plan would load them, over the ones that live.")  # fmt: skip
