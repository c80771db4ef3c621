"""Names for the shell's completion: declared in YAML, or live. Quick, and silent about errors."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SKIPPED = frozenset({".git", ".gsctl", ".venv", "node_modules", "__pycache__"})
_FILES_READ = 500
_BYTES_READ = 1 << 20


def complete_address(ctx: Any, incomplete: str) -> list[str]:
    """Addresses of every kind."""
    return _matching(ctx, incomplete, None)


def complete_graph(ctx: Any, incomplete: str) -> list[str]:
    """Addresses of graphs; bare names where no kind was begun."""
    return _of_kind(ctx, incomplete, "Graph")


def complete_load(ctx: Any, incomplete: str) -> list[str]:
    """Addresses of loads."""
    return _matching(ctx, incomplete, "Load")


def complete_procedure(ctx: Any, incomplete: str) -> list[str]:
    """Names of procedures."""
    return _of_kind(ctx, incomplete, "Procedure")


def _of_kind(context: Any, incomplete: str, kind: str) -> list[str]:
    if "/" in incomplete:
        return _matching(context, incomplete, kind)
    found = _matching(context, "", kind)
    names = sorted({address.partition("/")[2] for address in found})
    return [name for name in names if name.startswith(incomplete)] or [
        address for address in found if address.startswith(incomplete)
    ]


def _matching(context: Any, incomplete: str, kind: str | None) -> list[str]:
    try:
        directory, root, environment = _where(context)
        found = {*_declared(directory), *_live(root or directory / ".gsctl", environment)}
    except Exception:  # noqa: BLE001  a shell's prompt is no place for complaints
        return []
    prefix = incomplete.lower()
    return sorted(
        f"{k}/{name}"
        for k, name in found
        if kind in (None, k) and f"{k}/{name}".lower().startswith(prefix)
    )


def _where(context: Any) -> tuple[Path, Path | None, str]:
    given: dict[str, Any] = {}
    while context is not None:
        given = {**context.params, **given}
        context = context.parent
    root = given.get("root") or os.environ.get("GSCTL_ROOT")
    named = given.get("environment") or os.environ.get("GSCTL_ENV", "").split() or ["default"]
    here = Path(given.get("directory") or Path.cwd())
    if not given.get("directory"):
        here = next((d for d in (here, *here.parents) if (d / "gsctl.yaml").is_file()), here)
    return here, Path(root) if root else None, named[0]


def _declared(directory: Path) -> Iterator[tuple[str, str]]:
    """Kind and name of each document, as far as its file can be read."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in _yaml_files(directory):
        # What is wrong in one file hides nothing of the others.
        with contextlib.suppress(OSError, yaml.YAMLError, ValueError):
            for body in yaml.load_all(path.read_bytes(), Loader=loader):
                yield from _named(body)


def _named(body: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        return
    kind, name = body.get("kind"), body["metadata"].get("name")
    if kind in ("Engine", "Graph", "Load", "Procedure") and isinstance(name, str):
        yield kind, name
        spec = body.get("spec")
        if kind == "Graph" and isinstance(spec, dict) and "load" in spec:
            yield "Load", name


def _yaml_files(directory: Path) -> Iterator[Path]:
    left = _FILES_READ
    for folder, folders, files in os.walk(directory):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix in (".yaml", ".yml") and path.stat().st_size <= _BYTES_READ:
                yield path
                left -= 1
                if left == 0:
                    return


def _live(root: Path, environment: str) -> Iterator[tuple[str, str]]:
    """Engines by their folders, graphs by their pointers."""
    for mark in root.glob(f"{environment}/*/*/engine.json"):
        yield "Engine", mark.parent.name
    for pointer in root.glob(f"{environment}/*/*/.graphs/*/serving.json"):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            yield "Graph", str(json.loads(pointer.read_bytes())["name"])
