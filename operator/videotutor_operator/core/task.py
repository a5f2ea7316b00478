"""Progress of one task, from its attempts: the one state machine of plan, scenes and stitch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from videojob.names import MAX_ATTEMPT
from videojob.phases import ScenePhase
from videojob.results import AnyResult, FailureResult
from videojob.status import Failure, FailureClass
from videotutor_operator.core.failures import Retry, judge, without_attempts
from videotutor_operator.core.model import AWAITING_POD, Action, Child, DeleteJob, Ending, EndJob, NudgeJob, State, Wait
from videotutor_operator.times import CLOCKS_APART, seconds_until, seconds_until_lasting

FIRST_BACKOFF = 2.0
"""Seconds before the second attempt; doubled for each one after."""
LONGEST_BACKOFF = 60.0
"""Seconds between two attempts at most."""
LONGEST_AHEAD = timedelta(seconds=LONGEST_BACKOFF) + CLOCKS_APART
"""How far ahead a time may be that a pass waits for; one beyond it is of a wrong clock."""
UNUSUAL = timedelta(seconds=10)
"""How long a pod may be unscheduled before the status says so; on a busy cluster most are for a moment."""
NO_POD_AFTER = timedelta(seconds=5)
"""How long a Job may be without a pod before the status says so: the Job controller needs a second or two."""
MOST_AHEAD = 100
"""How far the number of an attempt may be beyond the one in the status, which may be observed late."""
UNSTARTED = timedelta(seconds=10)
"""How long a pod may have a node without running before its events are read: images are pulled."""
NUDGE_INTERVAL = timedelta(seconds=8)
"""How often a Job without a pod is nudged; its controller backs off for up to a minute (MaxJobApiBackOff)."""
UNEXPLAINED_AFTER = timedelta(seconds=60)
"""How long a Job may be without a pod, and without a message why, before the status says so: the Job controller may
only be busy."""
ENDING_SECONDS = 5.0
"""How soon to reconcile again after a Job was ended; its controller needs a second."""
TRIED_AGAIN = "is tried again after"
"""In the message from a failure until the next container runs."""
FREE_RETRIES = 10
"""Limit of free attempts, after failures that are not the task's fault."""


NO_MORE_ATTEMPTS = Failure(
    class_=FailureClass.INTERNAL,
    message="The number of its last attempt is too large: the status or a label of a Job was changed. "
    "Delete the VideoJob and create it again.",
)


class Policy(NamedTuple):
    """Policy of every task of a generation. `deadline`: seconds that a container may run."""

    generation: int
    retries: int
    template: str
    deadline: int


class Counters(Protocol):
    """Attempts of one task in the status: the newest one, the newest failed one, and those before the newest edit."""

    @property
    def attempts(self) -> int: ...  # noqa: D102
    @property
    def failed(self) -> int: ...  # noqa: D102
    @property
    def forgiven(self) -> int: ...  # noqa: D102


class Start(NamedTuple):
    """An attempt that may start now. `has_place`: it counts as an active Job of the installation already."""

    attempt: int
    more_memory: bool
    has_place: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a task. `attempt`, `failed`: the newest attempt made, and failed, as observed by this pass.

    `failure`: why the newest one failed, or lost its pod; for a failed task, why it failed for good.
    `wait`: why it waits. `runs`: its container runs. `active`: a Job takes a place.
    """

    phase: ScenePhase
    attempt: int = 0
    failed: int = 0
    failure: Failure | None = None
    wait: Wait | None = None
    runs: bool = False
    active: bool = False
    start: Start | None = None
    actions: tuple[Action, ...] = ()
    requeue_after: float | None = None
    result: AnyResult | None = None
    ended_at: datetime | None = None

    def reason(self) -> str:
        """Why it waits, in one word for machines; empty where it does not."""
        if self.wait:
            return self.wait.reason
        return self.failure.class_.value if self.failure and not self.runs else ""

    def words(self) -> str:
        """Why it waits, as the end of a sentence; empty where it does not."""
        if self.wait:
            return f"waits: {self.wait.message}"
        if self.failure and not self.runs:
            return f"{TRIED_AGAIN} {self.failure.class_}: {self.failure.message}"
        return ""


def advance(policy: Policy, counters: Counters, attempts: Sequence[Child], now: datetime) -> Progress:
    """Progress of a task, from all its attempts, oldest first."""
    # The status is written before a Job is made, so that a number far beyond it is forged, or the status of long ago
    attempts = [child for child in attempts if child.attempt <= counters.attempts + MOST_AHEAD]
    # Nothing makes a failed attempt again, not even the removal of its Job
    attempts = [child for child in attempts if not (child.retry_at and child.attempt <= counters.failed)]
    progress = _advance(policy, counters, attempts, now)
    if progress.start and progress.start.attempt > MAX_ATTEMPT:
        return Progress(ScenePhase.FAILED, MAX_ATTEMPT, MAX_ATTEMPT, NO_MORE_ATTEMPTS)
    return progress


def _advance(policy: Policy, counters: Counters, attempts: Sequence[Child], now: datetime) -> Progress:
    for child in attempts:
        if child.state is State.SUCCEEDED and child.result and not isinstance(child.result, FailureResult):
            return Progress(ScenePhase.SUCCEEDED, child.attempt, result=child.result, ended_at=child.ended_at)
    for child in attempts:
        if progress := _unfinished_progress(child, policy, counters, attempts, now):
            return progress
    if not attempts or attempts[-1].attempt < counters.attempts:
        # the newest Job is gone: the same attempt again, unless it had failed
        more_memory = _needs_more_memory(policy, counters, attempts)
        return _pending_progress(Start(max(counters.attempts, counters.failed + 1), more_memory))
    return _retry_or_fail(policy, counters, attempts, now)


def _forgiven(policy: Policy, counters: Counters, attempts: Sequence[Child]) -> int:
    """The last attempt that was made before the newest edit, which resets the count."""
    earlier = (child.attempt for child in attempts if child.generation not in {0, policy.generation})
    return max(counters.forgiven, *earlier, 0)


def _pending_progress(
    start: Start, failed: int = 0, failure: Failure | None = None, wait: Wait | None = None
) -> Progress:
    return Progress(ScenePhase.PENDING, failed=failed, failure=failure, wait=wait, start=start)


def _unfinished_progress(
    child: Child, policy: Policy, counters: Counters, attempts: Sequence[Child], now: datetime
) -> Progress | None:
    after = seconds_until(child.retry_at, now, LONGEST_AHEAD)
    if child.retry_at and not after:
        more_memory = _needs_more_memory(policy, counters, attempts)
        start = Start(child.attempt, more_memory, has_place=child.may_exist)
        return _pending_progress(start, wait=child.wait)
    if child.retry_at:
        return Progress(ScenePhase.RUNNING, child.attempt, child.attempt - 1, wait=child.wait, requeue_after=after)
    if child.state is State.ACTIVE:
        return _active_progress(child, policy, now)
    if after := settles_in(child, now):
        return Progress(ScenePhase.RUNNING, child.attempt, child.attempt - 1, active=True, requeue_after=after)
    return None


def settles_in(child: Child, now: datetime) -> float:
    """Seconds until the view of an ended attempt is complete."""
    return seconds_until(child.settles_at, now, LONGEST_AHEAD)


def _active_progress(child: Child, policy: Policy, now: datetime) -> Progress:
    if child.template not in {"", policy.template} and not child.running:  # empty: something removed the annotation
        return _replace(child, Wait("", "starting again with the new podTemplate"))
    if child.lost_at and child.lost_at <= now:
        return _replace(child, Wait(FailureClass.NODE_LOST, "starting again, since its pod does not end"))
    progress = Progress(ScenePhase.RUNNING, child.attempt, child.attempt - 1, runs=child.running, active=True)
    if child.disruption:
        progress = replace(progress, failure=judge(child.disruption).failure)
    if child.podless_since:
        return _podless_progress(child, child.podless_since, progress, now)
    overdue_at = child.started_at + timedelta(seconds=policy.deadline) if child.started_at else None
    if overdue_at and overdue_at <= now:
        end = () if child.recorded else (EndJob(child.name, child.uid, _overdue_failure(child)),)
        return replace(progress, wait=child.wait, actions=end, requeue_after=ENDING_SECONDS)
    unusual_in = seconds_until_lasting(child.waiting_since, UNUSUAL, now)
    moments = (moment for moment in (child.lost_at, overdue_at) if moment)
    due = [seconds for moment in moments if (seconds := (moment - now).total_seconds()) > 0]
    due += [unusual_in] if unusual_in else []
    return replace(progress, wait=None if unusual_in else child.wait, requeue_after=min(due, default=None))


def _overdue_failure(child: Child) -> Failure:
    """Failure of an attempt past its deadline: it ran too long, or its container could not be started."""
    ran = child.running or child.wait is None
    return judge(Ending(job_reason="DeadlineExceeded", ran=ran, wait=child.wait)).failure


def _podless_progress(child: Child, since: datetime, progress: Progress, now: datetime) -> Progress:
    """Progress of an attempt without a pod. A message why there is none causes a pass of its own."""
    explained = child.wait is not None and child.wait.reason != AWAITING_POD
    if seconds := seconds_until_lasting(since, NO_POD_AFTER if explained else UNEXPLAINED_AFTER, now):
        return replace(progress, requeue_after=seconds)
    if not explained:
        return replace(progress, wait=child.wait)
    waits = seconds_until((child.nudged_at or since) + NUDGE_INTERVAL, now, NUDGE_INTERVAL)
    nudge = () if waits else (NudgeJob(child.name, child.uid),)
    after = waits or NUDGE_INTERVAL.total_seconds()
    return replace(progress, wait=child.wait, actions=nudge, requeue_after=after)


def _replace(child: Child, wait: Wait) -> Progress:
    """Delete a Job; the same attempt starts again under another name."""
    action = DeleteJob(child.name, child.uid)
    return Progress(ScenePhase.PENDING, child.attempt, wait=wait, active=True, actions=(action,))


def _needs_more_memory(policy: Policy, counters: Counters, attempts: Sequence[Child]) -> bool:
    """Whether an attempt since the newest edit ran out of memory."""
    forgiven = _forgiven(policy, counters, attempts)
    counted = (child for child in attempts if child.attempt > forgiven)
    return any(judge(child.ending).failure.class_ is FailureClass.OUT_OF_MEMORY for child in counted)


def _retry_or_fail(policy: Policy, counters: Counters, attempts: Sequence[Child], now: datetime) -> Progress:
    latest, forgiven = attempts[-1], _forgiven(policy, counters, attempts)
    start = Start(latest.attempt + 1, _needs_more_memory(policy, counters, attempts))
    if latest.attempt <= forgiven:
        return _pending_progress(start, failed=latest.attempt)
    verdicts = [judge(child.ending) for child in attempts if child.attempt > forgiven]
    failure, retry = verdicts[-1]
    deleted = latest.attempt - forgiven - len(verdicts)
    alike = deleted + sum(verdict.retry is retry for verdict in verdicts)
    if not _is_worth_another(retry, alike, policy.retries):
        last = without_attempts(failure) if retry is Retry.FREE else failure
        return Progress(ScenePhase.FAILED, latest.attempt, latest.attempt, last)
    after = _backoff(retry, alike, latest.ended_at, now)
    pending = _pending_progress(start, failed=latest.attempt, failure=failure)
    return replace(pending, start=None, requeue_after=after) if after > 0 else pending


def _is_worth_another(retry: Retry, alike: int, retries: int) -> bool:
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


def _backoff(retry: Retry, failures: int, ended_at: datetime | None, now: datetime) -> float:
    """Seconds until the next attempt: 0 before the first free one, since a disruption seldom repeats.

    `ended_at` is a node's time; one further in the future than the backoff is wrong and ignored.
    """
    pauses = failures - (retry is Retry.FREE)
    if retry is Retry.ONCE or pauses < 1 or ended_at is None:
        return 0.0
    backoff = min(FIRST_BACKOFF * 2 ** (pauses - 1), LONGEST_BACKOFF)
    ago = (now - ended_at).total_seconds()
    return 0.0 if ago < -backoff else max(backoff - ago, 0.0)
