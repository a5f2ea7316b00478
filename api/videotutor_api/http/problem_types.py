"""The problem types: what each means and what a client can do. `/problems` and docs/problems.md show them."""

from __future__ import annotations

from typing import NamedTuple


class ProblemType(NamedTuple):
    """A problem type; `is_final`: the same request will be refused again."""

    status: int
    is_final: bool
    meaning: str
    action: str


PROBLEM_TYPES = {
    "invalid-field": ProblemType(
        422, True, "A field of the request is missing, unknown or out of range.", "Correct the fields in `errors`."
    ),
    "malformed-body": ProblemType(400, True, "The body is not a JSON object in UTF-8.", "Send one."),
    "refused-by-kubernetes": ProblemType(
        400, True, "The Kubernetes API refused the video.", "Correct the fields in `errors`, or ask the administrator."
    ),
    "signature": ProblemType(
        401,
        False,
        "The signature is missing or does not match, or the request was signed more than five minutes ago.",
        "Compare WEBHOOK_SECRET and the clock on both sides, then sign and send again.",
    ),
    "not-found": ProblemType(404, True, "There is no such video, session or file.", "Check the name."),
    "not-ready": ProblemType(
        404, False, "The video exists, but has no such file yet.", "Try again when `progress` has risen."
    ),
    "no-such-address": ProblemType(404, True, "The API has no such path.", "See `/docs`."),
    "method-not-allowed": ProblemType(405, True, "The path does not have this method.", "See the header `Allow`."),
    "body-too-slow": ProblemType(408, False, "The body arrived too slowly.", "Send it again, without pauses."),
    "conflict": ProblemType(
        409,
        True,
        "The request contradicts the state of the video, or an earlier request with the same `requestId`.",
        "Read the video, then send a request that fits its state.",
    ),
    "replaced": ProblemType(
        410,
        True,
        "A playlist of a video that has changed since, or a `continue` token of an earlier version.",
        "Load `live.m3u8` again, or start the list again.",
    ),
    "body-too-large": ProblemType(413, True, "The body is longer than the API reads.", "Send a shorter one."),
    "video-too-large": ProblemType(
        413, True, "With this change the video would be larger than Kubernetes stores.", "Send shorter content."
    ),
    "range": ProblemType(416, True, "The range starts after the end of the file.", "See the header `Content-Range`."),
    "too-many-requests": ProblemType(
        429, False, "Too many test videos.", "Wait as long as the header `Retry-After` says."
    ),
    "unexpected": ProblemType(500, False, "A fault of the API.", "Report the `X-Request-ID` to the administrator."),
    "unavailable": ProblemType(
        503,
        False,
        "Kubernetes, the artifact store or the API itself has no capacity or does not answer.",
        "Wait as long as the header `Retry-After` says, then send the same request again.",
    ),
}
"""Fragment of the type -> its description."""
