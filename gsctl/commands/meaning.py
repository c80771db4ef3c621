"""`gsctl explain` and `gsctl schema`: what fields mean, for people and for editors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call
from gsctl.exits import Exit, Stop

if TYPE_CHECKING:
    from reconciler.source.schemas import Explanation, FieldMeaning


def explain(
    context: typer.Context,
    *,
    path: Annotated[str, typer.Argument(metavar="KIND[.PATH]")],
) -> int:
    """Tell what a field means: `gsctl explain Graph.vertices.properties`."""
    from dataclasses import asdict

    from gsctl.views.tables import json_text
    from reconciler.model.problem import Problem
    from reconciler.source.schemas import explain as find

    call: Call = context.obj
    form = call.format("table", "json")
    found = find(path)
    if isinstance(found, Problem):
        raise Stop(found)
    text = json_text(asdict(found)) if form == "json" else _text(found)
    call.screen.data(text)
    return Exit.DONE


def _text(found: Explanation) -> str:
    lines = [f"{found.path}  <{found.meaning.type}>"]
    lines += [f"  {found.meaning.description}"] if found.meaning.description else []
    if found.fields:
        width = max(len(field.name) for field in found.fields)
        lines += ["", "FIELDS", *(_field(field, width) for field in found.fields)]
    return "\n".join(lines) + "\n"


def _field(field: FieldMeaning, width: int) -> str:
    told = ["required"] if field.required else []
    told += [f"default {field.default}"] if field.default else []
    notes = f" ({', '.join(told)})" if told else ""
    return f"  {field.name:<{width}}  <{field.type}>{notes}  {field.description}".rstrip()


def schema(
    context: typer.Context,
    *,
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]")] = None,
    write: Annotated[Path | None, typer.Option("--write", metavar="DIR",
        help="Write all schemas below this folder.")] = None,
) -> int:  # fmt: skip
    """Print the JSON Schema of a kind, or of any document."""
    from gsctl.addresses import kind_of
    from gsctl.views.tables import json_text
    from reconciler.model.problem import Problem
    from reconciler.source import schemas

    call: Call = context.obj
    if write is not None:
        schemas.write(write)
        call.screen.data("".join(f"{write / name}\n" for name in schemas.render()))
        return Exit.DONE
    if kind is None:
        call.screen.data(schemas.render()[f"{schemas.VERSION}/all.json"])
        return Exit.DONE
    found = "Project" if kind.lower() == "project" else kind_of(kind)
    if isinstance(found, Problem):
        raise Stop(found)
    call.screen.data(json_text(schemas.schema_of(found)))
    return Exit.DONE
