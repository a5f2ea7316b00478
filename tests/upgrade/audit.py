"""What operators did, read from the API server's audit log: it remembers what was deleted since."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from videojob import names

CREATED = 201
OK = range(200, 300)
CONTROLLERS = "kube-controller-manager"
"""Start of the user agent of Kubernetes' own controllers, which delete what expired or lost its owner."""


class Task(NamedTuple):
    """What one Job, or one container, works at; `scene` is empty for plan and stitch."""

    videojob: str
    task: str
    scene: str
    digest: str

    @classmethod
    def of(cls, labels: Mapping[str, str]) -> Task:
        """The task that the labels of a Job or a pod name."""
        scene = labels.get(names.LABEL_SCENE, "")
        return cls(labels[names.LABEL_VIDEOJOB], labels[names.LABEL_TASK], scene, labels[names.LABEL_DIGEST])

    @property
    def label(self) -> str:
        """For people: the scene's id, or plan or stitch."""
        return self.scene or self.task


@dataclass(frozen=True, slots=True)
class Create:
    """A Job was created."""

    job: str
    task: Task
    image: str


@dataclass(frozen=True, slots=True)
class Delete:
    """An operator deleted a Job."""

    job: str


@dataclass(frozen=True, slots=True)
class Write:
    """An operator sent a VideoJob's status, which was stored or refused."""

    videojob: str
    code: int


Event = Create | Delete | Write


class Audit:
    """The log of one namespace, read on from where the last reading ended."""

    def __init__(self, log: Path, namespace: str) -> None:
        self._log = log
        self._namespace = namespace
        self._offset = log.stat().st_size if log.exists() else 0

    def size(self) -> int:
        """Bytes in the log; the same while nothing happens."""
        return self._log.stat().st_size if self._log.exists() else 0

    def read(self) -> list[Event]:
        """What has happened since the last reading, in order."""
        if not self._log.exists():
            return []
        with self._log.open("rb") as log:
            log.seek(self._offset)
            lines = log.read().split(b"\n")
        self._offset += sum(len(line) + 1 for line in lines[:-1])
        return list(_events((json.loads(line) for line in lines[:-1]), self._namespace))


def _events(entries: Iterable[dict[str, Any]], namespace: str) -> Iterator[Event]:
    for entry in entries:
        reference, code = entry["objectRef"], entry.get("responseStatus", {}).get("code", 0)
        if reference.get("namespace") != namespace or entry.get("userAgent", "").startswith(CONTROLLERS):
            continue
        match entry["verb"], reference["resource"]:
            case "create", "jobs" if code == CREATED:
                body = entry["requestObject"]
                (container,) = body["spec"]["template"]["spec"]["containers"]
                yield Create(body["metadata"]["name"], Task.of(body["metadata"]["labels"]), container["image"])
            case "delete", "jobs" if code in OK:
                yield Delete(reference["name"])
            case "update", "videojobs":
                yield Write(reference["name"], code)
