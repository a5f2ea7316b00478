"""Cancels, retries and deletes videos."""

from __future__ import annotations

from collections.abc import Callable

from videojob.phases import TERMINAL, Phase
from videojob.spec import MAX_RAISED
from videotutor_api.errors import ConflictError, NotFoundError
from videotutor_api.schemas.requests import CancelRequest, DeleteRequest, OrderedRequest, RetryRequest
from videotutor_api.services.order import Outcome, RequestLog
from videotutor_api.services.ownership import check_owner
from videotutor_api.storage.videojob import VideoJob
from videotutor_api.storage.videojobs import Change, VideoJobs

WHOLE = "*"
"""The part of a video that these requests are about: all of it. No scene has this id."""


async def cancel(videojobs: VideoJobs, request: CancelRequest, text: str) -> Outcome:
    """End the work on a video; a finished video stays. `text`: the request as it was signed.

    Raises:
        NotFoundError: there is no such video.
        InvalidError: the video is of another session.
        ConflictError: it is finished.
    """

    def decide(job: VideoJob) -> dict[str, object]:
        if job.spec.get("cancel"):
            return {}
        if job.is_observed and job.status.phase in TERMINAL:
            raise ConflictError(f"{job.name} is finished ({job.status.phase}): there is nothing to cancel")
        return {"cancel": True}

    return await _change(videojobs, request, text, decide)


async def retry(videojobs: VideoJobs, request: RetryRequest, text: str) -> Outcome:
    """Try again what failed, or continue what was cancelled. `text`: the request as it was signed.

    Raises:
        NotFoundError: there is no such video.
        InvalidError: the video is of another session.
        ConflictError: nothing of it failed or was cancelled.
    """

    def decide(job: VideoJob) -> dict[str, object]:
        # Also where the operator has not seen an earlier retry yet: what runs by then continues.
        if job.status.phase is not Phase.FAILED and not job.spec.get("cancel"):
            raise ConflictError(f"{job.name} is {job.status.phase}: nothing of it failed or was cancelled")
        raised = min(int(job.spec.get("retry", 0)) + 1, MAX_RAISED)
        return {"cancel": False, "retry": raised}

    return await _change(videojobs, request, text, decide)


async def delete(videojobs: VideoJobs, request: DeleteRequest, text: str) -> Outcome:
    """Delete a video: its VideoJob, whatever works on it, and its addresses. Its files stay in the artifact store.

    `text`: the request as it was signed.

    Raises:
        InvalidError: the video is of another session.
    """
    outcome = Outcome.ACCEPTED

    def is_newest(job: VideoJob) -> bool:
        nonlocal outcome
        check_owner(job, request)
        outcome = RequestLog(job.annotations).judge(WHOLE, request, text)
        return outcome is Outcome.ACCEPTED

    try:
        await videojobs.delete(request.job_id, is_newest)
    except NotFoundError:
        return Outcome.REPEATED
    return outcome


async def _change(
    videojobs: VideoJobs, request: OrderedRequest, text: str, decide: Callable[[VideoJob], dict[str, object]]
) -> Outcome:
    """Merge what `decide` returns into the spec, unless the request is a repeat or not the newest."""
    outcome = Outcome.ACCEPTED

    def change(job: VideoJob) -> Change | None:
        nonlocal outcome
        check_owner(job, request)
        log = RequestLog(job.annotations)
        outcome = log.judge(WHOLE, request, text)
        if outcome is not Outcome.ACCEPTED:
            return None
        spec = decide(job)
        outcome = Outcome.ACCEPTED if spec else Outcome.REPEATED
        return Change(spec, log.annotations(WHOLE, request, text))

    await videojobs.change(request.job_id, change)
    return outcome
