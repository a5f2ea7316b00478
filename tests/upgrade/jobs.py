"""Every Job of a namespace, also those that were deleted: from one watch over the whole run."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Self

from dev.cluster import Cluster
from dev.demo.install import kubectl_command
from videojob import names


class Jobs:
    """Watches the Jobs of a namespace while it is entered."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        what = ["-n", namespace, "get", "jobs", "--watch", "--output-watch-events", "-o", "json"]
        self._command = [*kubectl_command(cluster), *what]
        self._file = tempfile.TemporaryFile("w+")  # noqa: SIM115 -- closed on exit

    def __enter__(self) -> Self:
        self._watch = subprocess.Popen(self._command, stdout=self._file)
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.terminate()
        self._watch.wait()
        self._file.close()

    def events(self) -> Iterator[dict[str, Any]]:
        """What the watch received so far, oldest first."""
        self._file.seek(0)
        text, decoder, at = self._file.read(), json.JSONDecoder(), 0
        while (at := text.find("{", at)) >= 0:
            try:
                event, at = decoder.raw_decode(text, at)
            except json.JSONDecodeError:
                return  # the last one is not written to its end yet
            yield event


def problems(
    events: Iterable[Mapping[str, Any]],
    image: str,
    *,
    new: Collection[str] = (),
    edited: Mapping[str, str] = MappingProxyType({}),
    held: Collection[str] = (),
) -> list[str]:
    """What is wrong with the Jobs of a watch.

    `image`: the tag that all but the `new` videos have; `edited`: scenes that are rendered once more, by video; `held`:
    videos that were suspended, which ends the Jobs that run.
    """
    newest = {event["object"]["metadata"]["uid"]: event for event in events}
    plans: Counter[str] = Counter()
    rendered: Counter[tuple[str, str]] = Counter()
    digests: dict[tuple[str, str], set[str]] = defaultdict(set)
    wrong = [] if newest else ["the watch saw no Job"]
    for event in newest.values():
        job, labels = event["object"], event["object"]["metadata"]["labels"]
        video, task, done = labels[names.LABEL_VIDEOJOB], labels[names.LABEL_TASK], _is_done(job)
        plans[video] += task == "plan"
        if task == "scene":
            scene = video, labels[names.LABEL_SCENE]
            rendered[scene] += done
            digests[scene].add(labels[names.LABEL_DIGEST])
        if (_tag(job) == image) is (video in new):
            wrong.append(f"{job['metadata']['name']} has an image with the tag {_tag(job)}")
        if event["type"] == "DELETED" and not done and video not in held:
            wrong.append(f"{job['metadata']['name']} was ended")
    wrong += [f"{video} was planned {count} times" for video, count in plans.items() if count > 1]
    for scene, count in rendered.items():
        most = 1 + (edited.get(scene[0]) == scene[1])
        if count > most or len(digests[scene]) > most:
            wrong.append(f"{scene[1]} of {scene[0]} was rendered {count} times, with {len(digests[scene])} digests")
    return wrong


def _is_done(job: Mapping[str, Any]) -> bool:
    return bool(job.get("status", {}).get("succeeded"))


def _tag(job: Mapping[str, Any]) -> str:
    (container,) = job["spec"]["template"]["spec"]["containers"]
    return str(container["image"].rpartition(":")[2])
