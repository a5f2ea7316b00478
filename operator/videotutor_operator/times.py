"""Times as Kubernetes writes them: RFC 3339, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

CLOCKS_APART = timedelta(seconds=30)
"""How far the clocks of two machines may be apart."""
EARLIEST, LATEST = 1970, 9000
"""Years of moments that are read: arithmetic on others overflows, and the API server stores any."""


def stamp(moment: datetime) -> str:
    """A moment as text, cut to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_micro(moment: datetime) -> str:
    """A moment as text with microseconds (metav1.MicroTime)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str | None) -> datetime | None:
    """The moment of a text, or None where it names none: anyone may write it, also with Kubernetes' own fields."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo and EARLIEST <= moment.year < LATEST else None


def seconds_until(moment: datetime | None, now: datetime, longest: timedelta) -> float:
    """Seconds until a moment; 0 where there is none, where it has passed, or where it is further ahead than `longest`.

    Then the clock that wrote it is wrong, or this one was set back.
    """
    after = (moment - now).total_seconds() if moment else 0.0
    return after if 0 < after <= longest.total_seconds() else 0.0


def seconds_until_lasting(since: datetime | None, interval: timedelta, now: datetime) -> float:
    """Seconds until something lasts for an interval; 0 where it does. The clock of `since` may be ahead a little."""
    return seconds_until(since + interval if since else None, now, interval + CLOCKS_APART)
