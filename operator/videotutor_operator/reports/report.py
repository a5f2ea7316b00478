"""The payload of a report: the state of a VideoJob at one sequence number, in the bytes that are signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from videojob.base import canonical_json
from videojob.events import Source, event_of
from videojob.phases import TERMINAL, Phase
from videojob.status import VideoJobStatus
from videotutor_operator.core.model import VideoJob


@dataclass(frozen=True, slots=True)
class Report:
    """One state, ready to be sent; bytes, because a model of a hundred scenes takes ten times as much memory."""

    uid: str
    event_id: str
    generation: int
    sequence: int
    phase: Phase
    body: bytes


def report_of(job: VideoJob, status: VideoJobStatus, now: datetime) -> Report:
    """Build the report of a status that is stored. `now` is aware."""
    source = Source(job.name, job.uid, job.namespace, job.created_at or None)
    event = event_of(source, job.spec, status, at=_format_milliseconds(now))
    body = canonical_json(event.to_json_object()).encode()
    return Report(job.uid, event.event_id, event.generation, event.sequence, event.phase, body)


def final_report_of(job: VideoJob, now: datetime) -> Report:
    """Build the final report of a deleted VideoJob: how it ended, or that it was deleted before its end.

    It is dated a millisecond before `now`, so that it is older than any report of the next VideoJob of that name in the
    same pass: where the uids differ, the receiver compares times.
    """
    status, moment = job.status, now - timedelta(milliseconds=1)
    if status.phase in TERMINAL:
        return report_of(job, status, moment)
    report = status.report.model_copy(update={"sequence": status.report.sequence + 1})
    ended = {"phase": Phase.CANCELLED, "message": "The VideoJob was deleted.", "report": report}
    return report_of(job, status.model_copy(update=ended), moment)


def _format_milliseconds(moment: datetime) -> str:
    """Format a moment to the millisecond: a VideoJob may be deleted and created again within one second."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
