"""Quantities as people write them: `500m`, `2Gi`, `30s`, and back."""

from __future__ import annotations

import re
from decimal import Decimal

_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40}
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = re.compile(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?")
_CPU = re.compile(r"(\d+)m|(\d+(?:\.\d+)?)")
_DURATION = re.compile(r"(?:[0-9]{1,12}[smhd]){1,8}")
_DURATION_PART = re.compile(r"([0-9]+)([smhd])")
_LONGEST_S = 200 * 365 * 86_400  # times beyond are none that a calendar has


def parse_bytes(text: str) -> int:
    """`2Gi` in bytes. Raises ValueError for what is no Kubernetes quantity."""
    if not (match := _BYTES.fullmatch(text)):
        raise ValueError(f"`{text}` is not a size; write `512Mi` or `2Gi`")
    number, unit = match.groups()
    return int(Decimal(number) * (_BINARY | _DECIMAL)[unit or ""])


def parse_cpu(text: str) -> int:
    """`500m` or `0.5` in thousandths of a core. Raises ValueError."""
    if not (match := _CPU.fullmatch(text)):
        raise ValueError(f"`{text}` is not a number of cores; write `500m` or `2`")
    milli, cores = match.groups()
    return int(milli) if milli else int(Decimal(cores) * 1000)


def parse_duration(text: str) -> int:
    """`1h30m` in seconds. Raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"`{text}` is not a duration; write `30s`, `10m`, `24h` or `7d`")
    found = sum(int(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    if found > _LONGEST_S:
        raise ValueError(f"`{text}` is longer than 200 years")
    return found


def show_count(number: int, what: str, several: str = "") -> str:
    """`1 row`, `63,666 rows`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {several or what + 's'}"


def show_bytes(size: int) -> str:
    """A size for people: `640 B`, `1.2 MiB`."""
    amount = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def show_cpu(milli: int) -> str:
    """Cores for people: `0.5`, `2`."""
    return f"{milli / 1000:g}"


def show_duration(seconds: float) -> str:
    """A span for people: `0.8 s`, `12 s`, `3 m 20 s`, `2 h 5 m`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} m"
