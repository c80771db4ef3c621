"""How Ladybug's process is started and asked, and what its errors say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.contracts import Endpoint
from reconciler.embedded.client import Locked, Refused
from reconciler.engines.ladybug.store import DATABASE
from reconciler.engines.ladybug.traits import TRAITS
from reconciler.model.units import parse_bytes, parse_cpu
from reconciler.model.wish import EngineWish

SCRIPT = Path(__file__).with_name("host.py")
ENVIRONMENT: Mapping[str, str] = {}
HEALTH = "/health"
SCHEMA = "/schema"


def requirement(version: str) -> str:
    """What is installed for a version."""
    return f"ladybug=={version}"


def server_arguments(engine: EngineWish) -> Sequence[str]:
    """Threads (0: all), bytes of pages (0: most), the most rows of an answer, a query's seconds."""
    cpu = engine.resources.get("cpu")
    threads = engine.options.get("threads") or (-(-parse_cpu(cpu) // 1000) if cpu else 0)
    known = TRAITS.options_schema["properties"]
    bounds = (engine.options.get(name) or known[name]["default"] for name in ("maxRows", "timeout"))
    memory = engine.resources.get("memory")
    pages = parse_bytes(memory) * 3 // 4 if memory else 0  # the rest is the process itself
    return [str(int(number)) for number in (threads, pages, *bounds)]


def memory_limit(_engine: EngineWish) -> int | None:
    """None: it keeps to its pages, and spans more addresses than any machine has."""
    return None


def refusal(says: str, _kind: str) -> Exception:
    """An error of the host as Refused or Locked; it speaks with no server."""
    return Locked(reason(says)) if "Could not set lock" in says else Refused(reason(says))


def reason(says: str) -> str:
    """The first line: below it the engine shows the query again."""
    return says.partition("\n")[0].strip()


def last_words(_log: Sequence[str]) -> str:
    """Nothing: it dies without a word."""
    return ""


def endpoint(folder: Path, url: str | None) -> Endpoint:
    """A request to the server, or the file to open."""
    query = "MATCH (n) RETURN count(n) AS n"
    if url is None:
        path = folder / DATABASE
        return Endpoint(
            str(path),
            f'import ladybug\ndb = ladybug.Database("{path}", read_only=True)\n'
            f'rows = list(ladybug.Connection(db).execute("{query}"))',
        )
    return Endpoint(
        url,
        "import json, urllib.request\n"
        f'asked = json.dumps({{"query": "{query}"}}).encode()\n'
        f'request = urllib.request.Request("{url}/query", asked,\n'
        '                                 {"Content-Type": "application/json"})\n'
        'rows = json.load(urllib.request.urlopen(request))["rows"]',
    )
