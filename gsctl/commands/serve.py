"""`gsctl serve`: keep environments as their documents say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gsctl.exits import complain


def serve(  # noqa: PLR0913  the options of the command line
    context: typer.Context,
    *,
    source: Annotated[list[str] | None, typer.Option("--source", metavar="SOURCE",
        help="What to follow, repeatable: DIR[?tenant=T] or URL[//PATH][?ref=REF&tenant=T] of git "
        "(file, https, ssh); unset: the repository here.")] = None,
    allow_rewritten: Annotated[bool, typer.Option("--allow-rewritten",
        help="Follow a branch of git also when its past was replaced.")] = False,
    git_access: Annotated[Path | None, typer.Option("--git-access", metavar="FILE",
        help="What opens which repositories, who may sign in them, who may ring.")] = None,
    interval: Annotated[str, typer.Option("--interval", metavar="TIME",
        help="How often to look when nothing asks for it.")] = "30s",
    http: Annotated[str | None, typer.Option("--http", metavar="HOST:PORT",
        help="Answer over HTTP there; port 0 takes a free one.")] = None,
    insecure_loopback: Annotated[bool, typer.Option("--insecure-loopback",
        help="On the loopback, let everybody in without a token.")] = False,
    oidc_issuer: Annotated[str | None, typer.Option("--oidc-issuer", metavar="URL",
        help="Who else may sign tokens; members of Tenants are his subjects.")] = None,
    oidc_audience: Annotated[str | None, typer.Option("--oidc-audience", metavar="TEXT",
        help="Whom his tokens must be for.")] = None,
    oidc_algorithm: Annotated[str | None, typer.Option("--oidc-algorithm", metavar="NAME",
        help="How they must be signed; unset: RS256.")] = None,
    oidc_keys: Annotated[Path | None, typer.Option("--oidc-keys", metavar="FILE",
        help="His public keys; unset: fetched from him.")] = None,
    notify: Annotated[Path | None, typer.Option("--notify", metavar="FILE",
        help="Tell the receivers in this file what fails, drifts or waits for people.")] = None,
    otlp: Annotated[str | None, typer.Option("--otlp", metavar="URL",
        help="Send traces to a collector of OpenTelemetry; unset: where OTEL_* says.")] = None,
) -> int:  # fmt: skip
    """Look again and again, and do what `plan` says: a process that may be killed at any time."""
    from gsctl.coordinator.answering import http_of
    from gsctl.coordinator.coordinating import Outside, keep
    from gsctl.coordinator.following import Followed, tasks_of
    from gsctl.coordinator.issuers import issuer_of
    from gsctl.coordinator.telling import Telling
    from reconciler.model.units import parse_duration

    followed = Followed(source or (), git_access, allow_rewritten)
    call = context.obj
    tasks, webhooks = tasks_of(call, followed)
    try:
        every_s = parse_duration(interval)
    except ValueError as error:
        raise complain(f"--interval: {error}", "CL112", "such as 30s or 5m") from None
    if insecure_loopback and http is None:
        raise complain("--insecure-loopback without --http", "CL112", "name an address as well")
    door = http_of(http, insecure=insecure_loopback) if http else None
    if issuer := issuer_of(call, oidc_issuer, oidc_audience, oidc_algorithm, oidc_keys):
        if door is None:
            raise complain("--oidc-issuer without --http", "CL112", "name an address as well")
        door = replace(door, issuer=issuer)
    return keep(tasks, every_s, Outside(door, webhooks, Telling(notify, otlp)))
