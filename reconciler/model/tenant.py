"""Tenants: who shares an environment, how much each may have, and who may do what there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.fields import Bytes, Count, Cpu, Model
from reconciler.model.units import parse_bytes, parse_cpu

Access = Literal["viewer", "editor", "admin"]


class Quota(Model):
    """The most that a tenant's things may use together; what is unset has no limit."""

    cpu: Cpu | None = Field(None, description="cores of all its units, as their Engines say")
    memory: Bytes | None = Field(None, description="memory of all its units, as their Engines say")
    storage: Bytes | None = Field(None, description="disk of all copies of its graphs")
    engines: Count | None = Field(None, description="how many Engines")
    graphs: Count | None = Field(None, description="how many Graphs")


class Member(Model):
    """Somebody who signs in, and what he may do with the tenant's things over HTTP."""

    subject: Annotated[str, Field(min_length=1, description="the `sub` that his issuer gives him")]
    role: Access = Field(description="each may what the ones before may")


class TenantSpec(Model):
    """Who shares an environment with others. Configuration: it has no live thing."""

    quota: Quota = Field(Quota(), description="the most that its things may use; unset: no limit")
    members: tuple[Member, ...] = Field((), description="who reaches it over HTTP by signing in")


RESOURCES = ("engines", "graphs", "storage", "cpu", "memory")  # what a quota is about, in order
Amounts = Mapping[str, int]  # by resource: a number, bytes, or thousandths of a core


def limits(quota: Quota) -> Amounts:
    """The limits that a quota sets."""
    written = {
        "engines": quota.engines,
        "graphs": quota.graphs,
        "storage": parse_bytes(quota.storage) if quota.storage else None,
        "cpu": parse_cpu(quota.cpu) if quota.cpu else None,
        "memory": parse_bytes(quota.memory) if quota.memory else None,
    }
    return {name: limit for name, limit in written.items() if limit is not None}


@dataclass(frozen=True, slots=True)
class Share:
    """A Tenant, what its things use, and the limits of it. What cannot be told is left out."""

    name: str
    used: Amounts
    limits: Amounts

    @property
    def exceeded(self) -> tuple[str, ...]:
        """What more is used of than its quota allows."""
        return tuple(r for r in RESOURCES if self.used.get(r, 0) > self.limits.get(r, math.inf))
