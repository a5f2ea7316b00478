"""Why the model gave nothing that can be used: whose fault it is, and what may be done, in words of ours."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_ai import exceptions as failed
from pydantic_ai.usage import RunUsage

from videojob.llm import ENV_PREFIX, KEY_VARIABLE, LlmSettings
from videojob.secret import redact
from videojob.status import FailureClass
from videotutor_renderer.errors import ModelFailedError
from videotutor_renderer.plan.words import clipped

LONGEST_WORDS = 400
"""Characters of a reason that come from elsewhere."""


_UNAVAILABLE, _REFUSAL = FailureClass.PLANNER_UNAVAILABLE, FailureClass.PLANNER_REFUSAL
_OUT_OF_ORDER = (failed.ModelRateLimitError, failed.ModelUnavailableError, failed.ModelServerError)

RULES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], FailureClass, str], ...] = (
    (failed.UsageLimitExceeded, _REFUSAL, "went over a limit: {limit}."),
    (
        failed.RunTimedOut,
        _UNAVAILABLE,
        f"gave no valid answer in {{settings.deadline_seconds:g}} s ({ENV_PREFIX}DEADLINE_SECONDS).",
    ),
    (failed.ModelConnectionError, _UNAVAILABLE, "at {settings.url} gave no answer: {words}"),
    (_OUT_OF_ORDER, _UNAVAILABLE, "is overloaded or out of order: {words}"),
    (
        failed.ModelAuthenticationError,
        _REFUSAL,
        f"refuses the key: check {KEY_VARIABLE}, and that the key gives access to the model.",
    ),
    (
        failed.ModelNotFoundError,
        _REFUSAL,
        f"is not found at {{settings.url}}: check {ENV_PREFIX}URL and {ENV_PREFIX}MODEL.",
    ),
    (failed.ContentFilterError, _REFUSAL, "refuses this text."),
    (
        failed.OutputTokenLimitExceeded,
        _REFUSAL,
        f"was cut off after {{settings.reply_tokens}} tokens: raise {ENV_PREFIX}REPLY_TOKENS, or ask for less.",
    ),
    (failed.UnexpectedModelBehavior, FailureClass.BAD_STORYBOARD, "gave no valid answer in {replies} replies: {wrong}"),
    (failed.AgentRunError, _REFUSAL, "refuses the request: {words}"),
)
"""What a run ends with, its class, and what is said of the model; the first row that fits counts."""


def model_failed(error: failed.AgentRunError, settings: LlmSettings, usage: RunUsage) -> ModelFailedError:
    """The failure of a run as one that the operator knows what to do about."""
    class_, text = next((class_, text) for kinds, class_, text in RULES if isinstance(error, kinds))
    told = text.format(
        settings=settings,
        replies=usage.requests,
        limit=_limit(settings, usage),
        words=_words(error),
        wrong=_wrong(error),
    )
    return ModelFailedError(class_, f"The model {settings.model} {told}")


def _limit(settings: LlmSettings, usage: RunUsage) -> str:
    cost = settings.cost(usage.input_tokens, usage.output_tokens)
    if cost is not None and settings.max_cost is not None and cost > settings.max_cost:
        return f"{cost:f} were spent, {ENV_PREFIX}MAX_COST is {settings.max_cost:f}"
    return f"{usage.total_tokens} tokens were used, {ENV_PREFIX}MAX_TOKENS is {settings.max_tokens}"


def _wrong(error: failed.AgentRunError) -> str:
    """What was wrong with the last reply; the library keeps it as the cause."""
    cause = error.__cause__
    if isinstance(cause, ValidationError):
        problems = cause.errors(include_url=False, include_input=False)
        return _clipped("; ".join(f"{_place(problem['loc'])}: {problem['msg']}" for problem in problems))
    return _words(cause or error)


def _place(parts: tuple[int | str, ...]) -> str:
    return ".".join(map(str, parts)) or "the reply"


def _words(error: BaseException) -> str:
    """The error's own words on one line."""
    return _clipped(_said(error) if isinstance(error, failed.ModelHTTPError) else str(error))


def _clipped(text: str) -> str:
    """The start of a text that comes from elsewhere, on one line; redacted, since some endpoints repeat the key."""
    return clipped(redact(text), LONGEST_WORDS)


def _said(error: failed.ModelHTTPError) -> str:
    body = error.body
    return f"HTTP {error.status_code}: {body.get('message', body) if isinstance(body, dict) else body}"
