"""Prints what is said of a case now: `python tests/source/say_case.py cases/x.yaml`. Read it, then keep it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from source_repository import desired, said

from reconciler.source.yaml import read_documents

for name in sys.argv[1:]:
    body = read_documents(name, Path(name).read_bytes())[0][0].body
    with tempfile.TemporaryDirectory() as folder:
        found = desired(Path(folder), body["files"], environment=body.get("environment", "default"))
    print(f"# {name}  skipped {found.skipped}\nsays:")
    for line in said(found):
        print(f"  - >-\n    {line}")
