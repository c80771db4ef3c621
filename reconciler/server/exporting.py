"""`/v1/nouns/export`: a graph's rows as a stream of files, of which one lies here at a time."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from reconciler.contracts import StepFailed, Unanswered
from reconciler.server.nouns import Address, key_of, same_version
from reconciler.server.refusal import Refusal, refused
from reconciler.server.rest import TheDesk, TheSight, allowed, needs
from reconciler.server.tokens import Role

TYPE = "application/x-tar"
_CHUNK_BYTES = 1024 * 1024
router = APIRouter(prefix="/nouns", dependencies=[Depends(allowed), Depends(same_version)])


@router.get("/export", response_class=StreamingResponse)
@needs(Role.EDITOR, whole=True)
def export(
    desk: TheDesk, sight: TheSight, address: Annotated[Address, Query()]
) -> StreamingResponse:
    """All rows of a graph. For editors: nothing bounds them, nor how long it takes."""
    files = desk.asking.export(sight.planned.desired, key_of(address))
    try:
        first = next(files)  # what is refused is refused before the answer begins
    except StepFailed as error:
        raise Refusal(422, *error.problems) from error
    except Unanswered as error:
        raise refused(503, "ST100", str(error)) from error
    return StreamingResponse(_archive(chain((first,), files)), media_type=TYPE)


def _archive(files: Iterator[Path]) -> Iterator[bytes]:
    """A tar of them. Its last file tells whether it is whole: an engine may fail between two."""
    try:
        for path in files:
            yield from _member(path)
    except (StepFailed, Unanswered, Refusal):
        return
    yield bytes(2 * tarfile.BLOCKSIZE)


def _member(path: Path) -> Iterator[bytes]:
    info = tarfile.TarInfo(path.name)
    info.size = path.stat().st_size
    yield info.tobuf(tarfile.PAX_FORMAT)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
    yield bytes(-info.size % tarfile.BLOCKSIZE)
