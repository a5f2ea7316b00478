"""A CRD that is older or newer than the operator: it prunes, refuses, or adds defaults."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.api_schema import Schema, schema_of_092fef3, todays_schema
from tests.unit.operator.objects import a_videojob
from tests.unit.operator.reconciling import Bench
from tests.unit.operator.test_budget import videojob
from tests.unit.operator.world import START
from videojob import names
from videojob.phases import Phase
from videojob.status import VideoJobStatus
from videotutor_operator.core.model import VideoJob
from videotutor_operator.reconciler.pace import LOST_INTERVAL, Pace

STAGES = 6
"""Minutes that each run of a video takes here, at most: plan, two scenes, join, and what a retry needs."""
Path = tuple[str, ...]


class Clock:
    """A bench in simulated time, which is reconciled whenever it asks for that."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench

    async def minute(self) -> Counter[str]:
        """Kinds of writes in the next minute."""
        writes: Counter[str] = Counter()
        end = self.bench.now + timedelta(seconds=60)
        for _ in range(100):
            again = await self.bench.look()
            writes.update(write.split()[0] for write in self.bench.cluster.writes)
            if again is None or self.bench.now + timedelta(seconds=again) > end:
                self.bench.now = end
                return writes
            self.bench.now += timedelta(seconds=again)
        raise AssertionError(f"a hot loop: {writes}")

    async def idle(self) -> None:
        """Nothing happens for five minutes: after the first one, two statuses a minute at most."""
        await self.minute()
        for _ in range(4):
            assert (await self.minute())["status"] <= 2

    async def to_the_end(self, scenes: int = 2) -> None:
        """Everything that runs succeeds, minutes later, until there is nothing more."""
        for _ in range(STAGES):
            await self.idle()
            if not self.bench.pods_succeed(scenes):
                return


def paths(schema: Schema, path: Path = ()) -> Iterator[Path]:
    for name, child in schema.get("properties", {}).items():
        yield (*path, name)
        yield from paths(child, (*path, name))
    if "items" in schema:
        yield from paths(schema["items"], path)


def without(schema: Schema, path: Path) -> Schema:
    """The schema of a version that did not have a field yet."""
    schema = copy.deepcopy(schema)
    at = _parent(schema, path)
    del at["properties"][path[-1]]
    if path[-1] in at.get("required", ()):
        at["required"].remove(path[-1])
    return schema


def _parent(schema: Schema, path: Path) -> Schema:
    """The schema of the object that has this field of the status."""
    at = schema["properties"]["status"]
    for name in path[:-1]:
        at = _fields(at)["properties"][name]
    return _fields(at)


def _fields(schema: Schema) -> Schema:
    inner: Schema = schema.get("items", schema)
    return inner


def is_required(path: Path) -> bool:
    """Whether an object has no meaning without the field."""
    return path[-1] in _parent(todays_schema(), path).get("required", ())


def tasks_of(job: dict[str, Any]) -> tuple[str, str]:
    """Task and scene of a Job."""
    labels = job["metadata"]["labels"]
    return labels[names.LABEL_TASK], labels.get(names.LABEL_SCENE, "")


KEY = ("conditions", "type")
"""The key of a list, which no CRD can leave out."""
FIELDS = sorted(set(paths(todays_schema()["properties"]["status"])) - {KEY})


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
async def test_a_status_field_that_the_crd_prunes_makes_no_hot_loop_and_stops_no_video(path: Path) -> None:
    bench = Bench(without(todays_schema(), path))

    await Clock(bench).to_the_end()

    assert bench.events() == ["Rendering", "Succeeded"]
    assert len(bench.cluster.jobs) == 4


@pytest.mark.parametrize("path", FIELDS, ids=".".join)
async def test_an_operator_that_restarts_at_each_stage_under_such_a_crd_makes_nothing_twice(path: Path) -> None:
    """Where a required field is missing it can read no status: it leaves the video as it is."""
    bench = Bench(without(todays_schema(), path))
    for _ in range(STAGES):
        await Clock(bench).idle()
        bench.restart()
        await Clock(bench).idle()
        if not bench.pods_succeed(2):
            break

    video = bench.cache.videojob("lessons/calculus")
    made = [tasks_of(job) for job in bench.cluster.jobs.values()]
    assert video
    assert len(made) == len(set(made))
    assert is_required(path) if video.unreadable else len(made) == 4


def refusing(path: Path, value: str) -> Schema:
    """The schema of a version whose enum did not have a value yet."""
    schema = todays_schema()
    _parent(schema, path)["properties"][path[-1]]["enum"].remove(value)
    return schema


def ready(bench: Bench) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in bench.status()["conditions"] if c["type"] == "Ready")
    return found


SCENE = (("scenes", "phase"), "Running")
PHASES = [(("phase",), phase) for phase in ("Planning", "Rendering", "Stitching", "Succeeded")]


@pytest.mark.parametrize(("path", "value"), [*PHASES, SCENE])
async def test_an_enum_value_that_the_crd_refuses_is_said_once_a_minute(path: Path, value: str) -> None:
    bench = Bench(refusing(path, value))
    clock = Clock(bench)
    for _ in range(STAGES):
        await clock.idle()
        if not bench.pods_succeed(2):
            break
    jobs = set(bench.cluster.jobs)

    for _ in range(5):
        bench.cluster.events.clear()
        writes = await clock.minute()
        assert bench.events() in ([], ["StatusRefused"])
        assert writes["status"] <= 2
    assert ready(bench)["reason"] == "StatusRefused"
    assert f'Unsupported value: "{value}"' in bench.status()["message"]
    assert set(bench.cluster.jobs) == jobs

    bench.cluster.schema = todays_schema()
    await clock.to_the_end()
    assert (bench.status()["phase"], ready(bench)["reason"]) == ("Succeeded", "Succeeded")
    assert len(bench.cluster.jobs) == 4


def newer() -> Schema:
    """The schema of a later version: fields with defaults, and enum values, that this operator does not know."""
    schema = todays_schema()
    spec, status = schema["properties"]["spec"]["properties"], schema["properties"]["status"]["properties"]
    spec["audience"] = {"type": "string", "default": "pupils"}
    spec["output"]["properties"]["captions"] = {"type": "boolean", "default": True}
    spec["podTemplate"]["properties"]["burst"] = {"type": "boolean", "default": False}
    spec["planner"]["enum"].append("agent")
    status["phase"]["enum"].append("Publishing")
    return schema


@pytest.mark.parametrize("stages", range(4))
async def test_a_newer_crd_changes_nothing_for_videos_at_any_stage(stages: int) -> None:
    bench = Bench(output={"resolution": "480p"}, podTemplate={"nodeSelector": {"disk": "fast"}})
    clock = Clock(bench)
    for _ in range(stages):
        await clock.idle()
        bench.pods_succeed(2)
    await clock.idle()
    before, jobs = bench.status(), set(bench.cluster.jobs)

    bench.cluster.schema = newer()
    bench.restart()
    await clock.idle()
    assert (bench.status(), set(bench.cluster.jobs)) == (before, jobs)
    await clock.to_the_end()

    assert bench.events() == ["Rendering", "Succeeded"]
    assert len(bench.cluster.jobs) == 4


async def test_after_a_newer_crd_an_edit_of_a_finished_video_plans_nothing_again() -> None:
    bench = Bench()
    clock, made = Clock(bench), bench.cluster.made
    await clock.to_the_end()
    bench.cluster.schema = newer()

    bench.cache.put_videojob(bench.cluster.edit(sceneOverrides=[{"scene": "scene-2", "instruction": "shorter"}]))
    await clock.to_the_end()

    assert bench.status()["phase"] == "Succeeded"
    assert Counter(made) == {"plan": 1, "scene": 3, "stitch": 2}


async def test_a_value_that_only_a_newer_operator_reads_is_left_alone_until_it_does() -> None:
    bench = Bench(newer(), planner="agent")
    clock = Clock(bench)

    await clock.idle()

    assert bench.cluster.jobs == {}
    assert ready(bench)["reason"] == "NewerVersion"
    bench.cache.put_videojob(bench.cluster.edit(planner="template"))
    await clock.to_the_end()
    assert bench.status()["phase"] == "Succeeded"


async def test_under_the_crd_of_092fef3_a_video_is_made_without_a_write_too_many() -> None:
    bench = Bench(schema_of_092fef3(), failFast=True)

    await Clock(bench).to_the_end()

    assert "failFast" not in bench.cluster.videojobs["calculus"]["spec"]
    assert bench.events() == ["Rendering", "Succeeded"]
    assert len(bench.cluster.jobs) == 4


async def test_a_policy_that_empties_the_statuses_of_a_namespace_stops_those_of_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(todays_schema(), sceneCount=1)
    other = bench.cluster.add_videojob("other", sceneCount=1)
    other["metadata"]["namespace"] = "others"
    bench.cache.put_videojob(bench.cluster.read("other"))
    store = bench.cluster._put_status

    def empty(job: VideoJob, status: dict[str, Any], about: str) -> dict[str, Any]:
        return store(job, {} if job.name == "other" else status, about)

    monkeypatch.setattr(bench.cluster, "_put_status", empty)
    await bench.reconciler.reconcile("others/other")
    assert bench.cluster.videojobs["other"]["status"] == {}
    await bench.look()

    assert bench.status()["phase"] == "Planning"


def test_a_field_that_is_not_stored_is_learnt_for_all_videos_of_a_namespace_and_forgotten_after_a_while() -> None:
    pace, half = Pace(), VideoJobStatus(phase=Phase.RENDERING, progress=50)
    videos = {name: videojob(name) for name in ("first", "second")} | {"other": videojob("other", namespace="others")}
    pruned = {"metadata": a_videojob({})["metadata"], "spec": {"prompt": "Hi"}, "status": {"phase": "Rendering"}}
    videos = {name: replace(job, status=VideoJobStatus(phase=Phase.RENDERING)) for name, job in videos.items()}

    def waits(name: str, after: timedelta = timedelta()) -> float | None:
        return pace.wait(videos[name], half, START + after, busy=False)

    assert [waits(name) for name in videos] == [0, 0, 0]
    assert ("progress",) in pace.record_write(videos["first"], half, pruned, START)
    assert pace.record_write(videos["second"], half, pruned, START) == frozenset()
    assert [waits(name) for name in videos] == [None, None, 0]
    assert waits("first", LOST_INTERVAL + timedelta(seconds=1)) == 0
