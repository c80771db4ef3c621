"""One module a command, or a few that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gsctl.commands import (
    about,
    apply,
    doctor,
    get,
    init,
    meaning,
    plan,
    query,
    reach,
    rollback,
    runtime,
    validate,
)

Command = Callable[..., int]

COMMANDS: Mapping[str, Command] = {
    "init": init.init,
    "validate": validate.validate,
    "plan": plan.plan,
    "apply": apply.apply,
    "destroy": apply.destroy,
    "rollback": rollback.rollback,
    "unhold": rollback.unhold,
    "get": get.get,
    "describe": get.describe,
    "status": get.status,
    "query": query.query,
    "call": query.call,
    "test": query.run_tests,
    "connect": reach.connect,
    "export": reach.export,
    "logs": reach.logs,
    "explain": meaning.explain,
    "schema": meaning.schema,
    "doctor": doctor.doctor,
    "forget": doctor.forget,
    "version": about.version,
    "completion": about.completion,
}
GROUPS: Mapping[str, tuple[str, Mapping[str, Command]]] = {
    "runtime": (
        "Engines' own environments on this machine.",
        {"list": runtime.list_, "install": runtime.install, "remove": runtime.remove},
    ),
}
