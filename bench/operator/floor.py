"""The floor: an ideal client that makes the same pods as plain Jobs, and waits for each Job to be `Complete`.

It keeps nothing, checks nothing, reports nothing and starts the next stage the moment it may: no controller that
drives plain Jobs by their conditions can be faster.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import Any

from bench.operator.api import BATCH, Api
from bench.operator.work import Load
from videojob import names
from videojob.digest import digest_of, plan_key
from videojob.status import VideoJobStatus
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videotutor_operator.core.model import CreateJob, VideoJob
from videotutor_operator.manifests.job import Runtime, job_manifest


class Floor:
    """One run of the ideal client."""

    def __init__(self, api: Api, namespace: str, runtime: Runtime, load: Load) -> None:
        self._api = api
        self._namespace = namespace
        self._path = f"{BATCH}/namespaces/{namespace}/jobs"
        self._runtime = runtime
        self._load = load
        self._complete: dict[str, set[str]] = defaultdict(set)
        self._ended: set[str] = set()

    async def run(self, *, within: float) -> float:
        """Make every video; the answer is how many seconds that took.

        Raises:
            TimeoutError: it takes longer than `within` seconds.
        """
        async with asyncio.timeout(within), asyncio.TaskGroup() as creating:
            changes = self._api.watch(self._path, await self._api.version_of(self._path))
            started = time.perf_counter()
            for name in self._load.names():
                creating.create_task(self._create(name, self._plan(name)))
            async for change in changes:
                job = change["object"]
                for task in self._next_stage(job):
                    creating.create_task(self._create(job["metadata"]["labels"][names.LABEL_VIDEOJOB], task))
                if len(self._ended) == self._load.videos:
                    break
            return time.perf_counter() - started

    def _next_stage(self, job: dict[str, Any]) -> list[CreateJob]:
        """What a change of a Job allows: all scenes after the plan, the stitch after all scenes."""
        labels, conditions = job["metadata"]["labels"], job["status"].get("conditions", ())
        video, complete = labels[names.LABEL_VIDEOJOB], self._complete[labels[names.LABEL_VIDEOJOB]]
        ended = any(found["type"] == "Complete" and found["status"] == "True" for found in conditions)
        if not ended or job["metadata"]["name"] in complete:
            return []
        complete.add(job["metadata"]["name"])
        if len(complete) == 1:
            return [self._scene(video, number + 1) for number in range(self._load.scenes)]
        if len(complete) == self._load.scenes + 1:
            return [self._stitch(video)]
        if len(complete) == self._load.scenes + 2:
            self._ended.add(video)
        return []

    def _plan(self, video: str) -> CreateJob:
        spec = self._load.spec(video)
        key = plan_key(spec)
        task = PlanTask(namespace=self._namespace, key=key, prompt=spec.prompt, scene_count=spec.scene_count)
        return CreateJob(task, key, 1)

    def _scene(self, video: str, number: int) -> CreateJob:
        spec, digest = self._load.spec(video), digest_of([video, number])
        task = SceneTask(
            namespace=self._namespace,
            digest=digest,
            storyboard=f"{self._namespace}/storyboards/{plan_key(spec)}.json",
            scene_id=f"scene-{number}",
            output=spec.output,
            narration=spec.narration,
        )
        return CreateJob(task, digest, 1)

    def _stitch(self, video: str) -> CreateJob:
        scenes = tuple(digest_of([video, number + 1]) for number in range(self._load.scenes))
        key = digest_of([video, *scenes])
        output = self._load.spec(video).output
        task = StitchTask(namespace=self._namespace, name=video, key=key, title="Nothing", scenes=scenes, output=output)
        return CreateJob(task, key, 1)

    async def _create(self, video: str, create: CreateJob) -> None:
        """The Job that the operator would make, without an owner."""
        job = VideoJob(self._namespace, video, "", 1, self._load.spec(video), VideoJobStatus())
        manifest = job_manifest(job, create, self._runtime)
        del manifest["metadata"]["ownerReferences"]
        await self._api.call("POST", self._path, manifest)
