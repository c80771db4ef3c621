#!/usr/bin/env python3
"""Take the dependency graph of Debian packages from this machine's package index.

    ./make_data.py --limit 4000            a closed, well connected part: what is committed here
    ./make_data.py --full --out full       every package of the index
    ./make_data.py --index Packages        from a Packages file instead of apt; `-` is stdin

Writes packages.csv, depends.csv, maintainers.csv and maintained_by.csv. The same index gives the
same bytes. Only facts of the index are taken. Of a maintainer, the domain of the address is kept
where several maintainers share it: one that a single person uses may well be that person's name.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LISTS = Path("/var/lib/apt/lists")
HELPER = "/usr/lib/apt/apt-helper"  # reads .lz4, .xz and .gz alike
SHARED = 3  # so many maintainers with a domain make it an organisation's
KINDS = {"Depends": "depends", "Pre-Depends": "pre-depends"}
# Programs that people know: an answer that names them says more than one of libraries alone.
KNOWN = (
    "apt", "bash", "build-essential", "chromium", "curl", "emacs", "ffmpeg", "firefox-esr", "gcc",
    "gimp", "git", "gnuplot", "inkscape", "libreoffice-writer", "mariadb-server", "nginx", "nodejs",
    "openssh-server", "php", "postgresql", "python3", "qemu-system-x86", "r-base", "redis-server",
    "rsync", "ruby", "samba", "sqlite3", "thunderbird", "tmux", "vim", "vlc", "wget", "wireshark",
)  # fmt: skip

Stanza = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Graph:
    """Packages by name, the edges (source, target, kind) between them, and the shared domains."""

    packages: Mapping[str, Stanza]
    depends: Sequence[tuple[str, str, str]]
    domains: frozenset[str]


def stanzas(lines: Iterable[str]) -> Iterator[Stanza]:
    """Yield the paragraphs of a package index; lines that continue a field are left out."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif not line[0].isspace():
            name, _, value = line.partition(":")
            fields[name] = value.strip()
    if fields:
        yield fields


def index_lines(source: str | None) -> Iterator[str]:
    """Yield the lines of the index: of a file, of the lists that apt keeps, or of apt itself."""
    if source == "-":
        yield from sys.stdin
    elif source:
        with Path(source).open(encoding="utf-8") as file:
            yield from file
    elif lists := sorted(LISTS.glob("*_Packages*")):
        for path in lists:
            yield from _output(HELPER, "cat-file", str(path))
            yield ""
    elif shutil.which("apt-cache"):
        yield from _output("apt-cache", "dumpavail")


def _output(*command: str) -> Iterator[str]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as child:
        assert child.stdout
        yield from child.stdout
    if child.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {child.returncode}")


def read(lines: Iterable[str]) -> Graph:
    """Read an index. Of a package that is there more than once, the newest version stands."""
    packages: dict[str, Stanza] = {}
    for stanza in stanzas(lines):
        # Without a Filename it is only installed here, from who knows where.
        if "Package" in stanza and "Filename" in stanza:
            old = packages.setdefault(stanza["Package"], stanza)
            if version_key(stanza["Version"]) > version_key(old["Version"]):
                packages[stanza["Package"]] = stanza
    people = {_maintainer(stanza) for stanza in packages.values()}
    sharers = Counter(_domain(who) for who in people)
    domains = frozenset(domain for domain, many in sharers.items() if many >= SHARED)
    return Graph(packages, _edges(packages), domains)


def version_key(version: str) -> tuple[object, ...]:
    """The order of Debian's versions (deb-version(7)): `1~rc1` < `1` < `1+b1` < `2`, epochs first.

    Digits compare as numbers; before the end of a text sorts only `~`, after it letters, then
    everything else.
    """
    epoch, _, rest = version.rpartition(":")
    upstream, dash, revision = rest.rpartition("-")
    parts = (upstream, revision) if dash else (rest, "0")
    return int(epoch or 0), *(_part_key(part) for part in parts)


def _part_key(part: str) -> tuple[object, ...]:
    def weight(sign: str) -> int:
        return -1 if sign == "~" else ord(sign) if sign.isalpha() else ord(sign) + 256

    pieces = re.findall(r"(\D*)(\d*)", part)
    return tuple(((*map(weight, text), 0), int(number or 0)) for text, number in pieces)


def _edges(packages: Mapping[str, Stanza]) -> list[tuple[str, str, str]]:
    providers: dict[str, str] = {}
    for name in sorted(packages):
        for virtual in _names(packages[name].get("Provides", "")):
            providers.setdefault(virtual[0], name)
    return sorted(
        {
            (name, target, kind)
            for name, stanza in packages.items()
            for field, kind in KINDS.items()
            for group in _names(stanza.get(field, ""))
            if (target := _first_there(group, packages, providers))
        }
    )


def _names(relation: str) -> Iterator[list[str]]:
    """Yield the alternatives of each part of `libc6 (>= 2.34), gpgv | gpgv2`, names alone."""
    for group in relation.split(","):
        alternatives = [one.split("(")[0].strip().split(":")[0] for one in group.split("|")]
        if any(alternatives):
            yield alternatives


def _first_there(
    alternatives: Sequence[str], packages: Mapping[str, Stanza], providers: Mapping[str, str]
) -> str | None:
    """The first real package, as apt would choose it; a virtual one by its first provider."""
    real = next((name for name in alternatives if name in packages), None)
    return real or next((providers[name] for name in alternatives if name in providers), None)


def part(graph: Graph, limit: int) -> Graph:
    """Up to `limit` packages that need nothing outside: known ones first, then the most needed."""
    needs: dict[str, list[str]] = {name: [] for name in graph.packages}
    wanted: Counter[str] = Counter()
    for source, target, _ in graph.depends:
        needs[source].append(target)
        wanted[target] += 1
    kept: set[str] = set()
    known = [name for name in KNOWN if name in needs]
    for name in (*known, *sorted(needs, key=lambda name: (-wanted[name], name))):
        more = _closure(name, needs, kept)
        if len(kept) + len(more) <= limit:
            kept |= more
    packages = {name: stanza for name, stanza in graph.packages.items() if name in kept}
    return Graph(packages, [edge for edge in graph.depends if edge[0] in kept], graph.domains)


def _closure(name: str, needs: Mapping[str, Sequence[str]], kept: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here not in kept and here not in found:
            found.add(here)
            waiting += needs[here]
    return found


def write(graph: Graph, folder: Path) -> Iterator[str]:
    """Write the four files, sorted; yield what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, (header, rows) in _tables(graph).items():
        path = folder / f"{table}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header.split(","))
            writer.writerows(rows)
        yield f"{path}  {path.stat().st_size:,} bytes"


def _tables(graph: Graph) -> Mapping[str, tuple[str, Iterable[Sequence[object]]]]:
    names = sorted(graph.packages)
    numbers: dict[str, int] = {}
    for name in names:
        numbers.setdefault(_maintainer(graph.packages[name]), len(numbers) + 1)
    domains = {number: _domain(who) for who, number in numbers.items()}
    shown = ((n, domain if domain in graph.domains else "other") for n, domain in domains.items())
    kept_by = ((name, numbers[_maintainer(graph.packages[name])]) for name in names)
    return {
        "packages": ("name,version,section,priority,installed_size", _package_rows(graph)),
        "depends": ("source,target,kind", graph.depends),
        "maintainers": ("id,domain", shown),
        "maintained_by": ("source,target", kept_by),
    }


def _package_rows(graph: Graph) -> Iterator[Sequence[object]]:
    for name in sorted(graph.packages):
        stanza = graph.packages[name]
        yield (
            name,
            stanza.get("Version", "unknown"),
            stanza.get("Section", "unknown"),
            stanza.get("Priority", "unknown"),
            int(stanza.get("Installed-Size", "0")),  # KiB
        )


def _maintainer(stanza: Stanza) -> str:
    return stanza.get("Maintainer", "")


def _domain(maintainer: str) -> str:
    return maintainer.rpartition("@")[2].rstrip(">").strip().lower()


def main() -> None:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--limit", type=int, default=4000, help="how many packages at most")
    parser.add_argument("--full", action="store_true", help="every package of the index")
    parser.add_argument("--index", help="a Packages file; unset: what apt knows")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "data")
    given = parser.parse_args()
    graph = read(index_lines(given.index))
    if not graph.packages:
        raise SystemExit("no packages: does this machine have a package index? (apt-get update)")
    if not given.full:
        graph = part(graph, given.limit)
    for line in write(graph, given.out):
        print(line)
    print(f"{len(graph.packages):,} packages, {len(graph.depends):,} dependencies")


if __name__ == "__main__":
    main()
