"""Read the API server's JSON as the values that `decide` takes. Total: every JSON has a value."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from videojob import names
from videojob.base import read
from videojob.spec import VideoJobSpec
from videojob.status import read_status
from videotutor_operator.core.model import Problem, VideoJob, key_of

LONGEST_WORD = 64
"""Characters that are read of a reason, which is one word, or of a digest."""
LONGEST_PROBLEM = 900
"""Characters kept of why a spec cannot be read; the rest of the message follows."""
NEWER = frozenset({"enum", "literal_error", "union_tag_invalid"})
"""Pydantic's errors about a value that the CRD of this version refuses."""


def read_videojob(raw: dict[str, Any]) -> VideoJob:
    """A VideoJob as observed, also one whose spec or status does not fit the models."""
    metadata = raw["metadata"]
    spec, problem = read_spec(raw.get("spec") or {})
    status, unreadable = read_status(raw.get("status") or {})
    return VideoJob(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata.get("generation", 0),
        resource_version=metadata.get("resourceVersion", ""),
        created_at=metadata.get("creationTimestamp", ""),
        spec=spec,
        status=status,
        problem=problem,
        unreadable=unreadable,
        raw_status=raw.get("status") if unreadable else None,
        deleting="deletionTimestamp" in metadata,
        queueing=_queueing(metadata.get("labels") or {}),
    )


def _queueing(labels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, labels[name]) for name in names.PASSED_ON if name in labels)


def read_spec(raw: dict[str, Any]) -> tuple[VideoJobSpec, Problem | None]:
    """The spec, and why it cannot be read; then it has identity, `suspend` and `cancel` only."""
    try:
        return read(VideoJobSpec, raw), None
    except ValidationError as error:
        project, session = raw.get("projectId"), raw.get("sessionId")
        identity = VideoJobSpec.model_construct(
            project_id=project if isinstance(project, str) else None,
            session_id=session if isinstance(session, str) else None,
            suspend=raw.get("suspend") is True,
            cancel=raw.get("cancel") is True,
        )
        return identity, describe(error)


def describe(error: ValidationError) -> Problem:
    """The first error in one line: field and cause, without the value, which may be long."""
    errors = error.errors(include_url=False, include_input=False)
    newer = [found for found in errors if found["type"] in NEWER]
    first = (newer or errors)[0]
    field = ".".join(["spec", *(str(part) for part in first["loc"])])
    message = f"{field}: {first['msg'].removeprefix('Value error, ')}"[:LONGEST_PROBLEM]
    return Problem(message, newer=bool(newer))


def read_text(raw: dict[str, Any], field: str, most: int) -> str:
    """The first so many characters of a text; empty where there is none. It may be as long as an object may be."""
    return str(raw.get(field) or "")[:most]


def owner_uid(metadata: dict[str, Any]) -> str:
    """Uid of the controller that owns an object, empty when there is none."""
    return str(_owner(metadata).get("uid") or "")


def _owner(metadata: dict[str, Any]) -> dict[str, Any]:
    owners: list[dict[str, Any]] = metadata.get("ownerReferences") or []
    return next((owner for owner in owners if owner.get("controller")), {})


def videojob_of(metadata: dict[str, Any]) -> str:
    """Key of the VideoJob that owns a Job, or whose label a Job without an owner has."""
    labelled = (metadata.get("labels") or {}).get(names.LABEL_VIDEOJOB, "")
    return key_of(metadata["namespace"], _owner(metadata).get("name") or labelled)
