"""Times that people write: cron expressions and time zones. Reads no clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from reconciler.model.nearest import did_you_mean

_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def parse_cron(text: str) -> None:
    """Check a cron expression of five fields, as Debian's cron reads it. Raises ValueError."""
    from cronsim import CronSim, CronSimError

    if len(text.split()) != 5:
        raise ValueError(f"`{text}` is no cron expression; it has five fields: `0 22 * * 1-5`")
    try:
        CronSim(text, _ANY_DAY)
    except CronSimError as error:
        raise ValueError(f"`{text}` is no cron expression; {error}".lower()) from error


def zone(name: str) -> tzinfo:
    """The time zone of an IANA name. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        hint = did_you_mean(name, available_timezones()) or "write one such as `Europe/Berlin`"
        raise ValueError(f"`{name}` is no time zone; {hint}") from error


def slots(cron: str, timezone: str, around: float, *, back: bool = False) -> Iterator[float]:
    """The times at which `cron` fires, in UTC seconds: from `around` on, or backwards from it.

    A local time that a change of clocks leaves out fires right after the change; one that it
    repeats fires once. `around` itself counts both ways. Ends where there is no further one.
    """
    from cronsim import CronSim, CronSimError

    start = int(around) + (1 if back else -1)
    local = datetime.fromtimestamp(start, zone(timezone))
    try:
        for at in CronSim(cron, local, reverse=back):
            yield at.timestamp()
    except (CronSimError, StopIteration, OverflowError):
        return
