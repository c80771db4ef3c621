"""One module a command, or a few that belong together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gsctl.commands import (
    about,
    adopt,
    apply,
    context,
    convert,
    doctor,
    events,
    fmt,
    get,
    guards,
    import_,
    init,
    lint,
    meaning,
    order,
    plan,
    query,
    reach,
    rollback,
    runtime,
    serve,
    token,
    validate,
    why,
)

Command = Callable[..., int]

COMMANDS: Mapping[str, Command] = {
    "init": init.init,
    "validate": validate.validate,
    "lint": lint.lint,
    "plan": plan.plan,
    "apply": apply.apply,
    "destroy": apply.destroy,
    "rollback": rollback.rollback,
    "unhold": rollback.unhold,
    "approve": guards.approve,
    "suspend": guards.suspend,
    "resume": guards.resume,
    "restart": guards.restart,
    "get": get.get,
    "describe": get.describe,
    "status": get.status,
    "query": query.query,
    "call": query.call,
    "test": query.run_tests,
    "connect": reach.connect,
    "export": reach.export,
    "logs": reach.logs,
    "events": events.events,
    "order": order.order,
    "why": why.why,
    "import": import_.import_,
    "convert": convert.convert,
    "adopt": adopt.adopt,
    "serve": serve.serve,
    "fmt": fmt.fmt,
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
    "context": (
        "Coordinators by name.",
        {"list": context.list_, "use": context.use, "add": context.add, "remove": context.remove},
    ),
    "token": (
        "Who may ask the coordinator's API.",
        {"create": token.create, "list": token.list_, "revoke": token.revoke},
    ),
}
