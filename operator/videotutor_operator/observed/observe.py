"""From the API server's JSON to the values that `decide` takes. Total: whatever the JSON holds, there is a value."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from videojob import names
from videojob.spec import VideoJobSpec
from videojob.status import ReportStatus, VideoJobStatus
from videotutor_operator.core.model import VideoJob, key_of

GENERATION = "videotutor.dev/generation"
"""Annotation of a Job: the generation of the VideoJob that it was made for; a new generation retries afresh."""
DEADLINE = "videotutor.dev/deadline"
"""Annotation of a Job: the deadline that was asked for; a policy of the cluster may have set another one."""
TEMPLATE = "videotutor.dev/pod-template"
"""Annotation of a Job: digest of spec.podTemplate; a Job that waits gives way when that is edited."""


def read_videojob(raw: dict[str, Any]) -> VideoJob:
    """A VideoJob as observed, also one whose spec or status does not fit the models."""
    metadata = raw["metadata"]
    spec, problem = read_spec(raw.get("spec") or {})
    return VideoJob(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 0),
        resource_version=metadata.get("resourceVersion", ""),
        spec=spec,
        status=read_status(raw.get("status") or {}),
        problem=problem,
        deleting="deletionTimestamp" in metadata,
        queueing=_queueing(metadata.get("labels") or {}),
    )


def _queueing(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, labels[name]) for name in names.PASSED_ON if name in labels)


def read_spec(raw: dict[str, Any]) -> tuple[VideoJobSpec, str]:
    """The spec and what is wrong with it; a wrong one holds only whom to tell."""
    try:
        return VideoJobSpec.model_validate(raw), ""
    except ValidationError as error:
        project, session = raw.get("projectId"), raw.get("sessionId")
        identity = VideoJobSpec.model_construct(
            project_id=project if isinstance(project, str) else None,
            session_id=session if isinstance(session, str) else None,
        )
        return identity, describe(error)


def describe(error: ValidationError) -> str:
    """One line for the first thing wrong: which field, and why. Never the value, which may be long."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(["spec", *(str(part) for part in first["loc"])])
    return f"{field}: {first['msg'].removeprefix('Value error, ')}"


def read_status(raw: dict[str, Any]) -> VideoJobStatus:
    """The status; where another version wrote one that does not fit, what must not be lost of it: the outbox."""
    try:
        return VideoJobStatus.model_validate(raw)
    except ValidationError:
        return VideoJobStatus(report=_read_report(raw.get("report")))


def _read_report(raw: Any) -> ReportStatus:
    try:
        return ReportStatus.model_validate(raw)
    except ValidationError:
        return ReportStatus()


def owner_uid(metadata: dict[str, Any]) -> str:
    """Uid of the controller that owns an object, empty when there is none."""
    owners = metadata.get("ownerReferences") or []
    return next((owner["uid"] for owner in owners if owner.get("controller")), "")


def videojob_of(metadata: dict[str, Any]) -> str:
    """Key of the VideoJob that a Job or pod was made for, from its namespace and its label."""
    return key_of(metadata["namespace"], (metadata.get("labels") or {}).get(names.LABEL_VIDEOJOB, ""))
