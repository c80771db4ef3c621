"""What an Engine says, against what its driver can do; and what it leaves out.

Codes: EN101 unknown type, EN102 version, EN103 mode, EN104 options.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.kinds import EngineSpec
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Resource
from reconciler.model.traits import Traits
from reconciler.source.complaint import complaint
from reconciler.source.secrets import find_secrets


def complete_engine(resource: Resource, traits: Traits, substrate: str) -> Resource:
    """`resource` with the driver's defaults and the Project's substrate filled in."""
    spec = resource.spec
    assert isinstance(spec, EngineSpec)
    filled: dict[str, Any] = {}
    if spec.version is None:
        filled["version"] = traits.versions[0]
    if spec.mode is None:
        filled["mode"] = traits.modes[0]
    if spec.substrate is None:
        filled["substrate"] = substrate
    return replace(resource, spec=spec.model_copy(update=filled)) if filled else resource


def check_engine(resource: Resource, traits: Mapping[str, Traits]) -> Iterator[Problem]:
    """What the driver cannot serve."""
    spec = resource.spec
    assert isinstance(spec, EngineSpec)
    known = traits.get(spec.type)
    if known is None:
        says = f"no installed driver serves the engine type `{spec.type}`"
        hint = did_you_mean(spec.type, traits)
        yield complaint(resource, ("spec", "type"), ("EN101", says, hint))
        return
    if spec.version is not None and spec.version not in known.versions:
        says = f"{spec.type} {spec.version} is not a version that this gsctl was tested with"
        hint = f"tested: {', '.join(known.versions)}"
        yield complaint(resource, ("spec", "version"), ("EN102", says, hint))
    if spec.mode is not None and spec.mode not in known.modes:
        says = f"{spec.type} does not run {spec.mode}"
        hint = f"write `mode: {known.modes[0]}`"
        yield complaint(resource, ("spec", "mode"), ("EN103", says, hint))
    yield from _check_options(resource, spec, known)


def _check_options(resource: Resource, spec: EngineSpec, traits: Traits) -> Iterator[Problem]:
    if not spec.options:
        return  # nothing to check, and jsonschema takes long to import
    from jsonschema import Draft202012Validator

    secrets = {path for path, _ in find_secrets(spec.options)}
    options = _without(spec.options, secrets, ())
    found = Draft202012Validator(dict(traits.options_schema)).iter_errors(options)
    for error in sorted(found, key=lambda error: [str(part) for part in error.absolute_path]):
        if tuple(error.absolute_path) in secrets and error.validator != "type":
            continue  # only the secret's value could be judged
        path: Path = ("spec", "options", *error.absolute_path)
        if error.validator == "additionalProperties":
            yield from _unknown_options(resource, error, path)
        else:
            yield complaint(resource, path, ("EN104", f"options: {error.message}", ""))


def _unknown_options(resource: Resource, error: Any, path: Path) -> Iterator[Problem]:
    known = error.schema.get("properties", {})
    for name in sorted(set(error.instance) - set(known)):
        says = f"`{name}` is not an option of this engine"
        hint = did_you_mean(name, known)
        yield complaint(resource, (*path, name), ("EN104", says, hint), key=True)


def _without(value: Any, secrets: set[Path], path: Path) -> Any:
    """`value` with a text in the place of each reference to a secret, whose value is one."""
    if path in secrets:
        return "secret"
    if isinstance(value, Mapping):
        return {key: _without(item, secrets, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, secrets, (*path, index)) for index, item in enumerate(value)]
    return value
