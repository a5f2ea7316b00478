"""What one step did to the videos, from the audit log, the fake kubelet, Convex and the statuses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.upgrade.audit import Create, Delete, Event, Task, Write
from videojob.phases import TERMINAL, Phase

MOST_WRITES = 2
"""Writes of one VideoJob's status in a minute that are fine where it cannot be written as intended."""
RESTING = {*TERMINAL, Phase.SUSPENDED}


@dataclass
class Cell:
    """One step's verdict: each list names what is wrong. `writes`: of one VideoJob's status, the most, in `window` s.

    `impossible`: why it cannot be otherwise; such a cell is shown and does not fail the run.
    """

    sequence: str
    step: str
    stopped_by: str
    failed: list[str] = field(default_factory=list)
    planned_again: list[str] = field(default_factory=list)
    rendered_twice: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    other_image: list[str] = field(default_factory=list)
    lost_reports: list[str] = field(default_factory=list)
    wrong_edits: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)
    writes: int = 0
    window: float = 0.0
    impossible: str = ""

    def problems(self) -> list[str]:
        """Everything that is wrong, in words."""
        named = {
            "failed": self.failed,
            "planned again": self.planned_again,
            "rendered twice": self.rendered_twice,
            "Jobs ended": self.ended,
            "another image": self.other_image,
            "reports lost": self.lost_reports,
            "edits": self.wrong_edits,
            "unfinished": self.unfinished,
        }
        found = [f"{name}: {'; '.join(entries)}" for name, entries in named.items() if entries]
        if self.writes > MOST_WRITES:
            found.append(f"status writes: {self.writes} of one VideoJob in {self.window:.0f} s")
        return found

    @property
    def good(self) -> bool:
        """Whether nothing is wrong, or nothing that could be otherwise."""
        return bool(self.impossible) or not self.problems()


class Ledger:
    """Everything that happened to the videos of one namespace, over all steps.

    `edited`: scenes, by VideoJob, whose content was changed; they may be rendered once more each time.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Task] = {}
        self._plans: Counter[str] = Counter()
        self._digests: dict[tuple[str, str], set[str]] = {}
        self._images: dict[str, str] = {}
        self._runs: Counter[Task] = Counter()
        self.edited: dict[str, str] = {}

    def judge(self, cell: Cell, events: Iterable[Event], runs: Counter[Task], *, held: Iterable[str] = ()) -> None:
        """Enter what happened into the cell. `runs`: containers that ended well until now; `held`: suspended videos."""
        for event in events:
            match event:
                case Create():
                    self._created(cell, event)
                case Delete(job):
                    self._deleted(cell, job, runs, frozenset(held))
                case Write():
                    pass
        again = [task for task, count in runs.items() if count > max(1, self._runs[task])]
        cell.rendered_twice += [f"{task.videojob} {task.label} ran {runs[task]} times" for task in again]
        self._runs = Counter(runs)

    def expired(self, videojob: str) -> None:
        """The Jobs of a finished VideoJob of 092fef3 are gone, and with them the record of its image."""
        self._images.pop(videojob, None)

    def _created(self, cell: Cell, create: Create) -> None:
        task = create.task
        self._jobs[create.job] = task
        if self._images.setdefault(task.videojob, create.image) != create.image:
            cell.other_image.append(f"{task.videojob} {task.label} {create.image}")
            if cell.impossible:
                self._images[task.videojob] = create.image  # what is to be kept from here on
        if task.task == "plan":
            self._plans[task.videojob] += 1
            if self._plans[task.videojob] > 1:
                cell.planned_again.append(task.videojob)
        if task.task == "scene":
            known = self._digests.setdefault((task.videojob, task.scene), set())
            if known and task.digest not in known and self.edited.get(task.videojob) != task.scene:
                cell.rendered_twice.append(f"{task.videojob} {task.scene} has another digest")
            known.add(task.digest)

    def _deleted(self, cell: Cell, job: str, runs: Counter[Task], held: frozenset[str]) -> None:
        task = self._jobs.get(job)
        if not task or runs[task] or task.videojob in held:
            return
        cell.ended.append(f"{task.videojob} {task.label}")
        if cell.impossible and task.task == "plan":  # it has to be made again, and no record of it is left
            self._plans[task.videojob] -= 1
            self._images.pop(task.videojob, None)


def most_writes(events: Iterable[Event]) -> int:
    """Writes of the VideoJob that was written most often."""
    return max(Counter(event.videojob for event in events if isinstance(event, Write)).values(), default=0)


def lost_reports(statuses: Mapping[str, Mapping[str, Any]], received: Sequence[Mapping[str, Any]]) -> list[str]:
    """What Convex does not have of these videos: the newest state of each, and all of them in order.

    That it has them is recorded in the status of one that rests; otherwise with the next change.
    """
    lost = []
    for name, status in statuses.items():
        mine = [event for event in received if event["name"] == name]
        sequences, report = [event["sequence"] for event in mine], status.get("report", {})
        if sequences != sorted(sequences):
            lost.append(f"{name}: sequences went back: {sequences}")
        elif not mine or (mine[-1]["sequence"], mine[-1]["phase"]) != (report.get("sequence"), status.get("phase")):
            has = f"{mine[-1]['phase']} ({sequences[-1]})" if mine else "nothing"
            lost.append(f"{name} is {status.get('phase')} ({report.get('sequence')}), Convex has {has}")
        elif status.get("phase") in RESTING and report.get("acknowledged") != report.get("sequence"):
            lost.append(f"{name}: received and not acknowledged: {report}")
    return lost


def wrong_edits(events: Iterable[Event], expected: Mapping[str, Sequence[str]]) -> list[str]:
    """Edited videos for which other Jobs were created than expected."""
    created: dict[str, list[str]] = {name: [] for name in expected}
    for event in events:
        if isinstance(event, Create) and event.task.videojob in created:
            created[event.task.videojob].append(event.task.label)
    return [
        f"{name}: created {created[name]}, not {list(labels)}"
        for name, labels in expected.items()
        if created[name] != list(labels)
    ]
