"""Writes vertices and edges for measurements: `python -m tests.perf.data FOLDER 1000000 1000000`.

The same arguments give the same bytes. `--strings` makes string keys, `--quoted` quotes all values.
"""

import argparse
import random
from pathlib import Path

CITIES = ("Hangzhou", "Berlin", "Lima", "Nairobi", "Oslo")


def write(folder: Path, rows: int, links: int, *, strings: bool = False, quoted: bool = False):
    """Write persons.csv (id,name,age,score,city) and knows.csv (source,target,since,weight)."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(rows * 31 + links)
    mark = '"' if quoted else ""
    key = (lambda i: f"{mark}package-{i:08d}{mark}") if strings else (lambda i: f"{mark}{i}{mark}")
    with (folder / "persons.csv").open("w", encoding="utf-8", newline="") as out:
        out.write("id,name,age,score,city\n")
        for i in range(rows):
            values = (f"person {i}", i % 97, f"{chance.random():.6f}", CITIES[i % 5])
            out.write(key(i) + "".join(f",{mark}{value}{mark}" for value in values) + "\n")
    with (folder / "knows.csv").open("w", encoding="utf-8", newline="") as out:
        out.write("source,target,since,weight\n")
        pick = chance.randrange
        for _ in range(links):
            day = f"20{pick(10, 24)}-{pick(1, 13):02d}-{pick(1, 29):02d}"
            values = (key(pick(rows)), key(pick(rows)))
            out.write(f"{values[0]},{values[1]},{mark}{day}{mark},{mark}{pick(1000) / 8}{mark}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("rows", type=int)
    parser.add_argument("links", type=int)
    parser.add_argument("--strings", action="store_true")
    parser.add_argument("--quoted", action="store_true")
    given = parser.parse_args()
    write(given.folder, given.rows, given.links, strings=given.strings, quoted=given.quoted)


if __name__ == "__main__":
    main()
