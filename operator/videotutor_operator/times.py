"""Times as Kubernetes writes them: RFC 3339, UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: datetime) -> str:
    """A moment as text, cut to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_micro(moment: datetime) -> str:
    """A moment as text with microseconds (metav1.MicroTime)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str | None) -> datetime | None:
    """The moment of a text, or None where there is no text."""
    return datetime.fromisoformat(text) if text else None


def parse_note(text: str | None) -> datetime | None:
    """The moment of an annotation, or None where it is invalid, as anyone may write it."""
    try:
        moment = parse(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
