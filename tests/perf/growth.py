"""How a load grows from 1e5 to 1e7 edges, as a table and a picture.

`python -m tests.perf.growth [--edges 100000 1000000 10000000] [--times 3] [--svg FILE]`. Each size
has a tenth as many vertices as edges. The page's picture is docs/images/load-growth.svg.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.perf.load import HEAD, Measured, Size, measure, row
from tests.perf.measuring import table
from tests.perf.plot import svg

EDGES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)


def picture(found: Sequence[Measured]) -> str:
    curves = {
        "the engine's bare COPY": [(f.size.links, f.bare_s()) for f in found],
        "gsctl: steps that load": [(f.size.links, f.steps_s()) for f in found],
        "gsctl: whole apply": [(f.size.links, f.whole_s()) for f in found],
    }
    return svg("A load, every row checked, beside the engine alone",
               ("edges (and a tenth as many vertices)", "seconds"), curves)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int, nargs="+", default=EDGES)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--svg", type=Path, help="where to draw it")
    parser.add_argument("--keep", type=Path, help="a folder for the files, used again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = (given.keep or Path(temporary)).absolute()
        found = [measure(base, Size(n // 10, n), given.times) for n in given.edges]
    print(table(HEAD, [row(each) for each in found]))
    if given.svg:
        given.svg.parent.mkdir(parents=True, exist_ok=True)
        given.svg.write_text(picture(found), encoding="utf-8")


if __name__ == "__main__":
    main()
