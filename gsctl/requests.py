"""What is asked of a plan, from the options of `plan` and `apply`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gsctl.addresses import parse
from gsctl.exits import Stop
from reconciler.model.key import Key
from reconciler.model.plan import Request
from reconciler.model.problem import Problem


@dataclass(frozen=True, slots=True)
class Asked:
    """The options as given: addresses as text."""

    target: Iterable[str] = ()
    exclude: Iterable[str] = ()
    reload: Iterable[str] = ()
    rebuild: Iterable[str] = ()
    allow_deletes: bool = False
    rollback: Iterable[str] = ()
    unhold: Iterable[str] = ()
    adopt: Iterable[str] = ()

    def request(self, tenant: str | None) -> Request:
        """The request. Raises Stop with everything that is wrong with the addresses."""
        found, problems = {}, []
        for option in ("target", "exclude", "reload", "rebuild", "rollback", "unhold", "adopt"):
            kind = {"target": None, "exclude": None, "adopt": None, "reload": "Load"}.get(
                option, "Graph"
            )
            keys = [_key(text, tenant, option, kind) for text in getattr(self, option)]
            problems += [key for key in keys if isinstance(key, Problem)]
            found[option] = frozenset(key for key in keys if isinstance(key, Key))
        if problems:
            raise Stop(*problems)
        return Request(
            reload=found["reload"],
            rebuild=found["rebuild"],
            targets=found["target"] | found["rollback"] | found["unhold"] | found["adopt"],
            excludes=found["exclude"],
            rollback=found["rollback"],
            unhold=found["unhold"],
            adopt=found["adopt"],
            allow_deletes=self.allow_deletes,
        )


def words_of(request: Request, *, nothing: bool = False) -> str:
    """The command that asks for it, so that a hint asks for no more. `nothing`: destroy."""
    if request.rollback:
        return " ".join(["rollback", *sorted(map(str, request.rollback))])
    if request.adopt:
        return " ".join(["adopt", *sorted(map(str, request.adopt))])
    given = {"target": request.targets, "exclude": request.excludes,
             "reload": request.reload, "rebuild": request.rebuild}  # fmt: skip
    options = [f"--{name} {key}" for name, keys in given.items() for key in sorted(map(str, keys))]
    lifted = ["--allow-deletes"] if request.allow_deletes else []
    return " ".join(["destroy" if nothing else "apply", *options, *lifted])


def _key(text: str, tenant: str | None, option: str, kind: str | None) -> Key | Problem:
    key = parse(text, tenant)
    given = option if option in ("rollback", "unhold", "adopt") else f"--{option}"
    if isinstance(key, Problem):
        bare = "/" not in text
        hint = f"write `{given} {kind or 'Graph'}/{text}`" if bare else key.hint
        return Problem("error", f"{given}: {key.summary}", key.code, hint=hint)
    if kind and key.kind != kind:
        says = f"{given} takes a {kind}, and {key} is none"
        return Problem("error", says, "CL104", hint=f"write `{given} {kind}/NAME`")
    return key
