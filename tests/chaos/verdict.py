"""What a run came to, and what is wrong with it compared with the undisturbed run of the same scenario."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from videojob import names

COMPARED = ("phase", "progress", "planner", "scenesReady", "plan", "video")
SCENE = ("id", "title", "phase", "digest", "attempts", "reused", "durationSeconds", "failure")
"""What must be the same at the end of every run, of the status and of each of its scenes."""
REPORTED = ("phase", "progress", "planner")
REPORTED_SCENE = ("id", "title", "phase", "durationSeconds", "reused")
REPORTED_VIDEO = ("url", "durationSeconds", "bytes", "sha256")
"""What Convex' newest report must have as the status does."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The end of one run as Kubernetes, the kubelet and Convex saw it."""

    namespace: str
    status: dict[str, Any]
    jobs: tuple[dict[str, str], ...]
    """The labels of every Job that is left."""
    active: tuple[str, ...]
    """The names of those that have not ended."""
    runs: dict[str, int]
    """How often each task was run to its end, by scene (or task) and digest."""
    received: tuple[dict[str, Any], ...]
    """Events that Convex has confirmed, in order."""
    unsigned: int
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """The undisturbed run: how it ended, and how often tasks ran and had Jobs, by scene (or task) and digest."""

    end: dict[str, Any]
    runs: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each list says what is wrong; all are empty after a run that recovered."""

    wrong_end: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not any(asdict(self).values())

    def __str__(self) -> str:
        return "; ".join((*self.wrong_end, *self.duplicated, *self.lost)) or "recovered"


def expectation(run: Observed) -> Expected:
    """Return what every other run of the scenario must come to, from an undisturbed one."""
    return Expected(end_of(run), dict(run.runs), _jobs_by_task(run))


def end_of(run: Observed) -> dict[str, Any]:
    """Return what a run ended with, without what differs between any two: times, and the namespace in paths."""
    status = run.status
    end = {key: status.get(key) for key in COMPARED}
    end["scenes"] = [{key: scene.get(key) for key in SCENE} for scene in status.get("scenes", [])]
    end["conditions"] = {c["type"]: c["status"] for c in status.get("conditions", [])}
    found: dict[str, Any] = json.loads(json.dumps(end, sort_keys=True).replace(run.namespace, "(namespace)"))
    return found


def judge(run: Observed, expected: Expected) -> Verdict:
    """Return what is wrong with a run."""
    return Verdict(_wrong_end(run, expected.end), _duplicated(run, expected), _lost(run))


def _wrong_end(run: Observed, expected: dict[str, Any]) -> list[str]:
    end = end_of(run)
    wrong = [f"{key} is {end[key]!r} instead of {expected[key]!r}" for key in expected if end[key] != expected[key]]
    wrong += [f"Job {name} has not ended" for name in run.active]
    wrong += [
        f"{scene['id']} is Succeeded and its task never ran"
        for scene in run.status.get("scenes", [])
        if scene["phase"] == "Succeeded" and not run.runs.get(f"{scene['id']}/{scene['digest']}")
    ]
    if run.exit_code:
        wrong.append(f"the operator ended with {run.exit_code} after SIGTERM")
    return wrong


def _duplicated(run: Observed, expected: Expected) -> list[str]:
    """A task may run, and have Jobs, once, or as often as in the undisturbed run."""
    again = [f"{task} ran {n} times" for task, n in run.runs.items() if n > max(1, expected.runs.get(task, 0))]
    jobs = _jobs_by_task(run)
    return again + [f"{n} Jobs for {task}" for task, n in jobs.items() if n > max(1, expected.jobs.get(task, 0))]


def _jobs_by_task(run: Observed) -> dict[str, int]:
    return Counter(
        f"{labels.get(names.LABEL_SCENE, labels[names.LABEL_TASK])}/{labels[names.LABEL_DIGEST]}" for labels in run.jobs
    )


def _lost(run: Observed) -> list[str]:
    """Reports may be repeated and coalesced, but what counts as confirmed was received, in order, up to the end."""
    sequences = [event["sequence"] for event in run.received]
    report = run.status.get("report", {})
    lost = _not_newest(run)
    if sequences != sorted(sequences):
        lost.append(f"sequences went back: {sequences}")
    if not report.get("sequence") == report.get("acknowledged") == max(sequences, default=None):
        lost.append(f"the status says {report} and Convex received {sequences}")
    states = {event["sequence"]: event["eventId"] for event in run.received}
    if any(event["eventId"] != states[event["sequence"]] for event in run.received):
        lost.append("one sequence number has two event ids")
    if run.unsigned:
        lost.append(f"{run.unsigned} reports with a wrong signature")
    return lost


def _not_newest(run: Observed) -> list[str]:
    """Return how the last report differs from the status."""
    if not run.received:
        return ["Convex received nothing"]
    last, status = _reported(run.received[-1]), _reported(run.status)
    last["generation"], status["generation"] = run.received[-1].get("generation"), run.status.get("observedGeneration")
    return [
        f"Convex received last {key} {last[key]!r}, not {status[key]!r}" for key in status if last[key] != status[key]
    ]


def _reported(state: dict[str, Any]) -> dict[str, Any]:
    """Return what reports and statuses have in common. A video is reported with the phase Succeeded only."""
    video = (state.get("video") or {}) if state.get("phase") == "Succeeded" else {}
    return {
        **{key: state.get(key) for key in REPORTED},
        "scenes": [{key: scene.get(key) for key in REPORTED_SCENE} for scene in state.get("scenes", [])],
        "video": {key: video.get(key) for key in REPORTED_VIDEO},
    }
