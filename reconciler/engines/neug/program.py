"""How NeuG's process is started and asked, and what its errors say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.contracts import Endpoint, Unanswered
from reconciler.embedded.client import Locked, Refused
from reconciler.model.units import parse_bytes, parse_cpu
from reconciler.model.wish import EngineWish

SCRIPT = Path(__file__).with_name("host.py")
ENVIRONMENT: Mapping[str, str] = {"GLOG_minloglevel": "3"}  # only the line after which it aborts
HEALTH = "/service_status"
SCHEMA = "/schema"

_LOCKED = "1004"
_AWAY = re.compile(r"Http code: 50[23], ")  # of a relay without a server, or of one that ends
_FATAL = re.compile(r"F\d{8} ")  # as glog begins the line after which it aborts


def requirement(version: str) -> str:
    """What is installed for a version."""
    return f"neug=={version}"


def server_arguments(engine: EngineWish) -> Sequence[str]:
    """Threads of a server: by its options, else one for each core it may use; 0: all."""
    cpu = engine.resources.get("cpu")
    threads = engine.options.get("threads") or (-(-parse_cpu(cpu) // 1000) if cpu else 0)
    return (str(int(threads)),)


def memory_limit(engine: EngineWish) -> int | None:
    """The engine has none: a query takes what there is, and goes on when nobody waits for it."""
    memory = engine.resources.get("memory")
    return parse_bytes(memory) if memory else None


def refusal(says: str, kind: str) -> Exception:
    """An error of the host as Refused, Locked or Unanswered."""
    if kind == "ConnectionError" or "Error code: 2001" in says or _AWAY.search(says):
        return Unanswered(f"the server does not answer: {reason(says)}")
    code = says.rpartition("rror code: ")[2][:4]
    return Locked(reason(says)) if code == _LOCKED else Refused(reason(says))


def reason(says: str) -> str:
    """The engine's reason without the query before it and its own source lines after it."""
    text = says.split("Error Message: ", 1)[-1]
    if '"message": "' in text:
        text = text.split('"message": "', 1)[1].rsplit('"', 1)[0]
    return text.split(" at /", 1)[0].split("\n", 1)[0].strip()


def last_words(log: Sequence[str]) -> str:
    """Why it died: the engine aborts where it cannot write, and says so first."""
    fatal = [line.partition("] ")[2] for line in log if _FATAL.match(line)]
    return reason(fatal[-1]) if fatal else ""


def endpoint(folder: Path, url: str | None) -> Endpoint:
    """A session with the server, or the folder to open."""
    opened, asked = (
        (f'from neug import Session\nsession = Session("{url}")\n', "session")
        if url
        else (f'from neug import Database\ndb = Database("{folder}", "r")\n', "db.connect()")
    )
    query = f'rows = list({asked}.execute("MATCH (n) RETURN count(n) AS n"))'
    return Endpoint(url or str(folder), opened + query)
