"""Where one task stands, read from its attempts: the same rules for plan, scene and stitch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from videojob.results import AnyResult, FailureResult
from videojob.status import Failure, FailureClass
from videotutor_operator.core.failures import Retry, judge
from videotutor_operator.core.model import Child, State

FIRST_BACKOFF = 2.0
"""Seconds before the second attempt; doubled for each one after."""
LONGEST_BACKOFF = 60.0
"""Seconds between two attempts at most."""
UNUSUAL = timedelta(seconds=10)
"""How long a pod may wait for a place before that is worth telling: on a busy cluster most do for a moment."""
FREE_RETRIES = 10
"""Attempts given without counting them, for failures that are not the task's fault; bounded all the same."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What counts for every task in this generation."""

    generation: int
    retries: int
    template: str


class Known(NamedTuple):
    """What the status knows of one task: the newest attempt made, failed, and made up for by an edit."""

    made: int
    failed: int
    forgiven: int

    @property
    def due(self) -> int:
        """The attempt to make where the newest one's Job is gone: the same again, unless it had failed."""
        return max(self.made, self.failed + 1)


@dataclass(frozen=True, slots=True)
class Done:
    """There is a result."""

    result: AnyResult
    attempt: int
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt is under way; `waiting` says what it waits for, if it does.

    `disruption` is why its pod had to be replaced, which costs no attempt; `runs` whether its container runs now.
    """

    attempt: int
    waiting: str = ""
    waiting_reason: str = ""
    recheck_after: float | None = None
    disruption: Failure | None = None
    runs: bool = False


@dataclass(frozen=True, slots=True)
class Replace:
    """An attempt must give way to the same one anew; `why` says so to people."""

    child: Child
    why: str
    waiting_reason: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """An attempt may start once `after` seconds have passed.

    `failed` is the one before that failed and `failure` why, `waiting` why this one could not be started before.
    """

    attempt: int
    more_memory: bool = False
    failure: Failure | None = None
    after: float = 0.0
    waiting: str = ""
    waiting_reason: str = ""
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Over:
    """It failed for good."""

    failure: Failure
    attempt: int


Course = Done | Running | Replace | Due | Over


def follow(aim: Aim, known: Known, attempts: Sequence[Child], now: datetime) -> Course:
    """Where a task stands, from all attempts at it, oldest first."""
    if not attempts:
        return Due(known.due)
    for child in attempts:
        if child.state is State.SUCCEEDED and child.result and not isinstance(child.result, FailureResult):
            return Done(child.result, child.attempt, child.ended_at)
    for child in attempts:
        if child.retry_at and child.retry_at <= now:
            return Due(
                child.attempt,
                _more_memory(attempts),
                waiting=child.waiting,
                waiting_reason=child.waiting_reason,
            )
        if course := _under_way(child, aim, now):
            return course
    if attempts[-1].attempt < known.made:
        return Due(known.due, _more_memory(attempts))
    return _after_failure(aim, known, attempts, now)


def _under_way(child: Child, aim: Aim, now: datetime) -> Running | Replace | None:
    if child.retry_at:
        after = (child.retry_at - now).total_seconds()
        return Running(child.attempt, child.waiting, child.waiting_reason, after)
    if child.state is State.ACTIVE:
        return _active(child, aim, now)
    if child.settles_at and now < child.settles_at:
        return Running(child.attempt, recheck_after=(child.settles_at - now).total_seconds())
    return None


def _active(child: Child, aim: Aim, now: datetime) -> Running | Replace:
    if child.template != aim.template and not child.running:
        return Replace(child, "starting again with the new podTemplate")
    disruption = judge(child.disruption).failure if child.disruption else None
    if child.lost_at and child.lost_at <= now:
        return Replace(child, "starting again, since its pod does not end", FailureClass.NODE_LOST)
    unusual_at = child.waiting_since + UNUSUAL if child.waiting_since else None
    due = [(moment - now).total_seconds() for moment in (child.lost_at, unusual_at) if moment and moment > now]
    running = Running(child.attempt, recheck_after=min(due, default=None), disruption=disruption, runs=child.running)
    if unusual_at and unusual_at > now:
        return running
    return replace(running, waiting=child.waiting, waiting_reason=child.waiting_reason)


def _more_memory(attempts: Sequence[Child]) -> bool:
    return any(judge(child.ending).failure.class_ is FailureClass.OUT_OF_MEMORY for child in attempts)


def _after_failure(aim: Aim, known: Known, attempts: Sequence[Child], now: datetime) -> Course:
    latest = attempts[-1]
    following = Due(latest.attempt + 1, _more_memory(attempts), failed=latest.attempt)
    forgiven = max(known.forgiven, *(child.attempt for child in attempts if child.generation != aim.generation), 0)
    if latest.attempt <= forgiven:
        return following  # it was made before the latest edit, which grants a fresh start
    verdicts = [judge(child.ending) for child in attempts if child.attempt > forgiven]
    deleted = latest.attempt - forgiven - len(verdicts)
    alike = deleted + sum(verdict.retry is verdicts[-1].retry for verdict in verdicts)
    if not _worth_another(verdicts[-1].retry, alike, aim.retries):
        return Over(verdicts[-1].failure, latest.attempt)
    after = _wait(verdicts[-1].retry, alike, latest.ended_at, now)
    return replace(following, failure=verdicts[-1].failure, after=after)


def _worth_another(retry: Retry, alike: int, retries: int) -> bool:
    """Whether the task may be tried again after so many failures of this kind; a deleted Job counts as one."""
    match retry:
        case Retry.NEVER:
            return False
        case Retry.ONCE:
            return alike <= min(1, retries)
        case Retry.LIMITED:
            return alike <= retries
        case Retry.FREE:
            return alike <= FREE_RETRIES


def _wait(retry: Retry, counted: int, ended_at: datetime | None, now: datetime) -> float:
    """Seconds until the next attempt: none before the first that is free, since a disruption seldom comes twice."""
    pauses = counted - (retry is Retry.FREE)
    if retry is Retry.ONCE or pauses < 1 or ended_at is None:
        return 0.0
    backoff = min(FIRST_BACKOFF * 2 ** (pauses - 1), LONGEST_BACKOFF)
    return max((ended_at + timedelta(seconds=backoff) - now).total_seconds(), 0.0)
