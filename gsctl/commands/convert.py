"""`gsctl convert`: files of older tools as documents of ours."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import PROJECT_FILE, Call
from gsctl.exits import Exit, complain

if TYPE_CHECKING:
    from reconciler.convert.documents import Converted
    from reconciler.convert.files import Given


def convert(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILES",
        help="Graph, data source, loading job, procedure: YAML, JSON, .ini, .cypher.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR",
        help="Where to write the repository.")],
) -> int:  # fmt: skip
    """Write documents of what the files say, and name all that is not carried."""
    from reconciler.convert.documents import documents
    from reconciler.convert.files import gather
    from reconciler.model.problem import errors

    call: Call = context.obj
    found = gather(_given(call, files))
    made = documents(found)
    if not errors(found.problems):
        _write(call, out, made)
    call.screen.problems(found.problems)
    if errors(found.problems):
        call.screen.say("Nothing was written: not all of it can be read.")
        return Exit.FAILED
    return _validated(call, out)


def _given(call: Call, files: list[Path]) -> list[Given]:
    from reconciler.convert.files import Given

    base, given = call.choices.directory or Path(), []
    for path in files:
        if not (base / path).is_file():
            says = "it is a folder" if (base / path).is_dir() else "there is no such file"
            raise complain(f"{path}: {says}", "CV101", "name the files of the older tool, each one")
        given.append(Given(str(path), base / path, (base / path).read_bytes()))
    return given


def _write(call: Call, out: Path, made: Converted) -> None:
    """Write everything, never over another. Raises Stop."""
    from gsctl.starter import name_of, random_id
    from reconciler.model.key import Owner
    from reconciler.writing.draft import text_of
    from reconciler.writing.live import project_draft

    drafts = list(made.drafts)
    if not (out / PROJECT_FILE).exists():
        name = name_of(out.absolute().name) or "converted"
        drafts.insert(0, project_draft(Owner(name, "default", random_id()), {}))
    if there := [draft.path for draft in drafts if (out / draft.path).exists()]:
        says = f"{out / there[0]} is there already, and nothing was written"
        raise complain(says, "OS101", "name a new folder")
    for draft in drafts:
        (out / draft.path).parent.mkdir(parents=True, exist_ok=True)
        (out / draft.path).write_text(text_of([draft]), "utf-8")
        call.screen.data(str(out / draft.path))
    for target, source in made.data.items():
        if source.is_file() and not (out / target).exists():
            (out / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, out / target)


def _validated(call: Call, out: Path) -> Exit:
    """Say what is not right with what was written: a file that is missing, a name that is taken."""
    from contextlib import closing

    from reconciler.api import Api, Options
    from reconciler.model.problem import errors

    with closing(Api(Options(out.absolute()), call.screen.say)) as api:
        problems = [p for p in api.desired.problems if p.severity == "error"]
    call.screen.problems(problems)
    told = "they are valid" if not errors(problems) else "what is not right is said above"
    call.screen.say(f"Documents are in {out}; {told}.")
    call.screen.hint(f"`gsctl -C {out} plan` shows what they would make")
    return Exit.DONE
