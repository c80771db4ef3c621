"""The files of a starter repository."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from string import ascii_lowercase

_PROJECT = """\
apiVersion: gsctl.io/v1alpha1
kind: Project
metadata: {{name: {name}}}
spec: {{id: {id}}}

---
kind: Engine
metadata: {{name: main}}
spec: {{type: neug, version: "0.3.0", mode: served}}

---
kind: Graph
metadata: {{name: packages}}
spec:
  engine: main
  vertices:
    Package: {{key: name, properties: {{name: string, version: string}}}}
  edges:
    DEPENDS_ON: {{from: Package, to: Package, properties: {{kind: string}}}}
  load:
    vertices: {{Package: {{files: [data/packages.csv]}}}}
    edges: {{DEPENDS_ON: {{files: [data/depends.csv], fromColumn: source, toColumn: target}}}}

---
kind: Procedure
metadata: {{name: affected-by}}
spec:
  graph: packages
  parameters: {{package: string}}
  query: |
    MATCH (p:Package)-[:DEPENDS_ON]->(q:Package {{name: $package}})
    RETURN p.name AS name ORDER BY name
  tests: [{{call: {{package: zlib}}, rows: {{min: 1}}}}]
"""
_PACKAGES = "name,version\ncurl,8.10.1\ngit,2.47.0\nopenssl,3.4.0\nzlib,1.3.1\n"
_DEPENDS = (
    "source,target,kind\ncurl,openssl,runtime\ncurl,zlib,runtime\n"
    "git,curl,runtime\ngit,zlib,runtime\nopenssl,zlib,build\n"
)


def name_of(folder: str) -> str:
    """A name for what lies in a folder; empty where nothing of its name may be one."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folder).strip("-_.")[:40].strip("-_.")


def random_id() -> str:
    """Eight random letters: they tell a project from a namesake."""
    return "".join(secrets.choice(ascii_lowercase) for _ in range(8))


def starter(folder: str) -> Mapping[str, str]:
    """The text of each file by its path; the project takes the folder's name."""
    name, id_ = name_of(folder) or "packages", random_id()
    quoted = name if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) else f'"{name}"'
    plain = quoted if name.lower() not in ("true", "false", "null") else f'"{name}"'
    return {
        "gsctl.yaml": _PROJECT.format(name=plain, id=id_),
        "data/packages.csv": _PACKAGES,
        "data/depends.csv": _DEPENDS,
    }
