"""Files that change whole leave nothing behind, also of writers that were killed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from reconciler.durable import replace_json


def test_what_killed_writers_left_goes_with_a_later_write_and_nothing_else_does(
    tmp_path: Path,
) -> None:
    target = tmp_path / "serving.json"
    left, fresh, other = (
        tmp_path / name for name in (".serving.json.dead", ".serving.json.now", ".other.json.dead")
    )
    for path in (left, fresh, other):
        path.write_text("{")
    for path in (left, other):
        os.utime(path, (time.time() - 3600,) * 2)
    replace_json(target, {"a": 1})
    assert json.loads(target.read_text()) == {"a": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, fresh.name, target.name]
