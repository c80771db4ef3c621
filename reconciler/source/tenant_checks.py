"""What documents say of tenants, and whether each is of one that there is.

Codes: RF101 no such tenant, SC103 a name that the root needs, TN101 what is of no tenant, TN102 a
member twice, QT102 a quota that cannot be held against what an Engine says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.kinds import EngineSpec
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Positions, Resource
from reconciler.model.tenant import TenantSpec
from reconciler.root import RESERVED_TENANTS
from reconciler.source.complaint import complaint

_OF_NONE = {
    "Project": "leave it out",
    "Policy": "name the tenants in `spec.select.tenants`",
    "Tenant": "leave it out: a tenant lies in no other",
}
_WRITTEN: Path = ("metadata", "tenant")


def tenant_key(name: str) -> Key:
    """The key of the Tenant of a name."""
    return Key(DEFAULT_TENANT, "Tenant", name)


def check_tenants(declared: Mapping[Key, Positions]) -> Iterator[Problem]:
    """Documents of a tenant that there is not. Without any Tenant declared, each name is one."""
    named = {key.name for key in declared if key.kind == "Tenant"}
    known = {DEFAULT_TENANT, *named}
    for key, positions in declared.items():
        told = _of(key, known if named else {*known, key.tenant}, positions)
        if told:
            path, problem = told
            yield positions.problem(path, replace(problem, address=str(key)))


def _of(key: Key, known: set[str], positions: Positions) -> tuple[Path, Problem] | None:
    """What is wrong with the tenant of one document: written there, or that of its source."""
    if key.belongs_to.lower() in RESERVED_TENANTS:
        path: Path = ("metadata", "name") if key.kind == "Tenant" else _WRITTEN
        says, hint = f"`{key.belongs_to}` cannot be a tenant", "the root has a thing of that name"
        code = "SC103"
    elif key.tenant == DEFAULT_TENANT:
        return None
    elif key.kind in _OF_NONE:
        path, says, code = _WRITTEN, f"a {key.kind} is of no tenant", "TN101"
        hint = _OF_NONE[key.kind]
    elif key.tenant not in known:
        path, says, code = _WRITTEN, f"there is no Tenant `{key.tenant}`", "RF101"
        hint = did_you_mean(key.tenant, known)
    else:
        return None
    over = positions.over
    written = path in positions.places or (over and path in over.places)
    if key.kind == "Load" and not written:
        return None  # the Graph that it is written in says it
    return path, Problem("error", says, code, hint=hint)


def check_tenant(resource: Resource, spec: TenantSpec) -> Iterator[Problem]:
    """Members that are named twice: nobody can tell which role is meant."""
    first: dict[str, int] = {}
    for index, member in enumerate(spec.members):
        if first.setdefault(member.subject, index) != index:
            says, hint = f"`{member.subject}` is a member twice", "keep one of the two"
            path: Path = ("spec", "members", index, "subject")
            yield complaint(resource, path, ("TN102", says, hint))


def check_told(resources: Mapping[Key, Resource]) -> Iterator[Problem]:
    """Engines that do not say what their units use, in tenants whose quota is about that."""
    for resource in resources.values():
        tenant = resources.get(tenant_key(resource.key.tenant))
        if not isinstance(resource.spec, EngineSpec) or tenant is None:
            continue
        assert isinstance(tenant.spec, TenantSpec)
        quota, given = tenant.spec.quota, resource.spec.resources
        sides = {"cpu": (quota.cpu, given.cpu), "memory": (quota.memory, given.memory)}
        for name, (limit, said) in sides.items():
            if limit is not None and said is None:
                says = f"it says no {name}, so that {tenant.key}'s quota of it cannot be judged"
                hint = f"add `resources: {{{name}: …}}`"
                found = complaint(resource, ("spec",), ("QT102", says, hint), key=True)
                yield replace(found, severity="warning")
