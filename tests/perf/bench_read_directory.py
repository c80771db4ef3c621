"""Times reading 10,000 documents: 1,000 graphs, 1,000 loads, 8,000 procedures in 1,000 files.

`python -m tests.perf.bench_read_directory [--times 3] [--profile]`. Prints one line a run.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from pathlib import Path

from reconciler.model.traits import Traits
from reconciler.model.types import KEY_TYPES, SCALARS
from reconciler.source.directory import ReadRequest, read_directory

PROJECT = """\
apiVersion: gsctl.io/v1alpha1
kind: Project
metadata: {name: big}
spec: {id: abcdefgh}
---
kind: Engine
metadata: {name: main}
spec: {type: bench}
"""
GRAPH = """\
kind: Graph
metadata: {name: gN, labels: {team: a}}
spec:
  engine: main
  vertices:
    Package:
      key: name
      properties: {name: string, version: string, section: string, installed_size: int64}
    Maintainer:
      key: id
      properties: {id: int64, domain: string}
  edges:
    DEPENDS_ON: {from: Package, to: Package, properties: {kind: string}}
    MAINTAINED_BY: {from: Package, to: Maintainer, multiplicity: many-to-one}
---
kind: Load
metadata: {name: gN}
spec:
  graph: gN
  vertices:
    Package: {files: [data/packages.csv]}
    Maintainer: {files: [data/maintainers.csv]}
  edges:
    DEPENDS_ON: {files: [data/depends.csv], fromColumn: source, toColumn: target}
"""
PROCEDURE = """\
---
kind: Procedure
metadata: {name: pN-M}
spec:
  graph: gN
  parameters: {package: string}
  query: |
    MATCH (p:Package)-[:DEPENDS_ON]->(q:Package {name: $package}) RETURN p.name AS name
  tests: [{call: {package: zlib1g}, rows: {min: 1}}]
"""
TRAITS = Traits(
    "bench", ("1",), ("embedded",), frozenset(SCALARS), frozenset(KEY_TYPES),
    procedures=frozenset({"cypher"}),
)  # fmt: skip


def write(root: Path) -> None:
    (root / "gsctl.yaml").write_text(PROJECT, "utf-8")
    for n in range(1000):
        text = GRAPH + "".join(PROCEDURE.replace("M}", f"{m}}}") for m in range(8))
        (root / f"g{n}.yaml").write_text(
            text.replace("gN", f"g{n}").replace("pN", f"p{n}"), "utf-8"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        for _ in range(options.times):
            begun, cpu = time.perf_counter(), time.process_time()
            found = read_directory(ReadRequest(Path(folder)), {"bench": TRAITS})
            wall, spent = time.perf_counter() - begun, time.process_time() - cpu
            print(f"{len(found.resources)} things, {len(found.problems)} problems: "
                  f"{wall:.2f} s, {spent:.2f} s of CPU")  # fmt: skip
        if options.profile:
            with cProfile.Profile() as profile:
                read_directory(ReadRequest(Path(folder)), {"bench": TRAITS})
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
