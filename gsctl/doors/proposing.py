"""What `plan` sends to a coordinator: the documents that are here, and which data they mean."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from gsctl.call import PROJECT_FILE, Call, repository
from gsctl.exits import Stop
from reconciler.model.problem import Problem

_VARIABLE = "GSCTL_VAR_"


def proposal(call: Call) -> Mapping[str, Any] | None:
    """Texts, variables and digests; None where there are no documents here. Raises Stop.

    Variables and overlays are resolved there, by the very code that a push would meet.
    """
    from reconciler.saved import files_of
    from reconciler.source.sent import texts_of

    try:
        root = repository(call.choices.directory)
    except Stop:
        if call.choices.directory is not None:
            raise
        call.screen.say(f"no {PROJECT_FILE} here: this is the plan of what it follows")
        return None
    texts = texts_of(root, call.choices.environment)
    if isinstance(texts, Problem):
        raise Stop(texts)
    with closing(call.api()) as api:
        files = files_of(api.documents)
        environ = api.options.environ
    given = {name.removeprefix(_VARIABLE): text for name, text in environ.items()
             if name.startswith(_VARIABLE)}  # fmt: skip
    return {
        "documents": texts,
        "variables": {**given, **call.choices.variables},
        "files": {path: digest for path, digest in files.items() if not path.startswith("/")},
    }
