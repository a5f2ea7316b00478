"""How the operator stands by, takes over, and ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.fake_leases import Leases
from tests.unit.operator.test_cache import versioned
from tests.unit.operator.test_cached_videojobs import finished
from videotutor_operator import app as app_module
from videotutor_operator import metrics
from videotutor_operator.app import App
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.errors import ClusterError, Forbidden
from videotutor_operator.reconciler import messages, reconciler
from videotutor_operator.settings import load
from videotutor_operator.watching import namespace, probe, videojobs
from videotutor_operator.watching.watch import Watch


class OneCluster(FakeCluster, Leases):
    """A cluster with VideoJobs and the Lease of the operators."""

    def __init__(self) -> None:
        FakeCluster.__init__(self)
        Leases.__init__(self)
        self.progress: Callable[[], None] = lambda: None

    def held_by(self, name: str) -> None:
        spec = {"holderIdentity": name, "leaseDurationSeconds": 15}
        self.stored = {"metadata": {"resourceVersion": f"held by {name}"}, "spec": spec}

    def held_by_nobody(self) -> None:
        self.stored = {"metadata": {"resourceVersion": "released"}, "spec": {"leaseDurationSeconds": 1}}


class Running:
    """An operator under way."""

    def __init__(self, cluster: OneCluster) -> None:
        self.stop = asyncio.Event()
        self.app = App(load(), cast("Cluster", cluster), self.stop)
        self.task = asyncio.create_task(self.app.run())

    async def until(self, check: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not check():  # noqa: ASYNC110 -- what is looked at tells nobody when it changes
                await asyncio.sleep(0.01)

    async def ended(self) -> None:
        self.stop.set()
        async with asyncio.timeout(10):
            await self.task


@pytest.fixture
def cluster() -> OneCluster:
    return OneCluster()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    async def silent(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(videojobs, "follow", silent)
    monkeypatch.setenv("VIDEOTUTOR_NAMESPACE", "lessons")
    monkeypatch.setenv("VIDEOTUTOR_RENDERER_IMAGE", "videotutor/renderer:1")
    monkeypatch.setenv("VIDEOTUTOR_ARTIFACTS_CLAIM", "artifacts")
    monkeypatch.setenv("VIDEOTUTOR_HEALTH_PORT", "0")
    return monkeypatch


@pytest.fixture
async def running(environment: pytest.MonkeyPatch, cluster: OneCluster) -> AsyncIterator[Callable[..., Running]]:
    """Starts operators that vie for a Lease, and ends those that still run."""
    environment.setenv("VIDEOTUTOR_LEASE", "operators")
    environment.setenv("VIDEOTUTOR_LEASE_SECONDS", "3")
    environment.setenv("POD_NAME", "this-one")
    started: list[Running] = []

    def start() -> Running:
        started.append(Running(cluster))
        return started[-1]

    yield start
    for operator in started:
        operator.task.cancel()
        await asyncio.gather(operator.task, return_exceptions=True)


async def test_watching_that_fails_unexpectedly_ends_the_operator(
    environment: pytest.MonkeyPatch, cluster: OneCluster
) -> None:
    async def fails(*_: Any) -> None:
        raise ZeroDivisionError

    environment.setattr(videojobs, "follow", fails)

    with pytest.raises(ExceptionGroup) as raised:
        await App(load(), cast("Cluster", cluster), asyncio.Event()).run()
    assert raised.group_contains(ZeroDivisionError)


class Kopf:
    """Ends each time it is started, as Kopf does after a 404, until `ends` is reset."""

    def __init__(self) -> None:
        self.ends = True
        self.starts = 0

    async def follow(self, *_: Any) -> None:
        self.starts += 1
        if self.ends:
            raise ClusterError("Kopf ended: 404")
        await asyncio.Event().wait()


async def test_an_operator_whose_crd_is_deleted_stays_alive_and_works_again_when_it_is_back(
    environment: pytest.MonkeyPatch, cluster: OneCluster
) -> None:
    kopf = Kopf()
    environment.setattr(videojobs, "follow", kopf.follow)
    environment.setattr(namespace, "backoff", lambda _failures, **_: 0.001)
    environment.setattr(probe, "INTERVAL", 0.001)
    cluster.add_videojob()
    operator = Running(cluster)
    await operator.until(lambda: "status Planning" in cluster.writes)

    cluster.absent = {"videojobs"}
    await operator.until(lambda: "videojobs" in operator.app.ready())
    starts = kopf.starts
    assert operator.app.liveness() == {}
    assert operator.app.ready() == {"videojobs": "404 page not found"}
    lists = cluster.writes.count("metadata pods")
    await operator.until(lambda: cluster.writes.count("probe videojobs") > 20)
    assert kopf.starts <= starts + 1, "Kopf is not started while there is no CRD"
    assert cluster.writes.count("metadata pods") <= lists + 1, "nothing is listed while there is no CRD"
    assert not operator.task.done()

    kopf.ends, starts = False, kopf.starts
    cluster.videojobs.clear()
    cluster.add_videojob("algebra")
    cluster.writes.clear()
    cluster.absent = set()
    await operator.until(lambda: kopf.starts > starts and not operator.app.ready())
    await operator.until(lambda: "status Planning" in cluster.writes)
    assert "discover videojobs" in cluster.writes
    await operator.ended()


async def test_without_a_lease_it_works_at_once(environment: pytest.MonkeyPatch, cluster: OneCluster) -> None:
    cluster.add_videojob()
    operator = Running(cluster)

    await operator.until(lambda: "status Planning" in cluster.writes)

    assert operator.app.about() == {"role": "leader"}
    assert cluster.stored is None
    await operator.ended()


async def test_several_namespaces_are_served_and_one_that_is_forbidden_holds_up_no_other(
    environment: pytest.MonkeyPatch, cluster: OneCluster
) -> None:
    followed: list[str] = []

    async def follow(namespace: str, *_: Any) -> None:
        followed.append(namespace)
        await asyncio.Event().wait()

    environment.setattr(videojobs, "follow", follow)
    environment.setenv("VIDEOTUTOR_NAMESPACES", "lessons,gone,courses")
    cluster.forbidden = {"gone"}
    names = {"lessons": "calculus", "gone": "algebra", "courses": "geometry", "another": "history"}
    for place, name in names.items():
        raw = cluster.add_videojob(name)
        cluster.videojobs[name] = {**raw, "metadata": {**raw["metadata"], "namespace": place}}
    operator = Running(cluster)

    await operator.until(lambda: cluster.writes.count("status Planning") == 2 and len(followed) == 2)

    assert sorted(followed) == ["courses", "lessons"]
    planned = {name for name, raw in cluster.videojobs.items() if "status" in raw}
    assert planned == {"calculus", "geometry"}
    await operator.until(lambda: len(operator.app.ready()) == 1)
    assert operator.app.ready() == {"gone: cache": "the first list has not arrived"}
    assert operator.app.liveness() == {}
    await operator.ended()


async def test_no_pass_runs_before_the_first_list_of_its_namespace_is_complete(
    environment: pytest.MonkeyPatch, cluster: OneCluster
) -> None:
    environment.setattr(app_module, "FIRST_READ_SECONDS", 0.0)
    environment.setattr(app_module, "LISTING_SECONDS", 0.01)
    cluster.add_videojob()
    operator = Running(cluster)
    listed, passes = asyncio.Event(), list[str]()
    app = operator.app
    (watcher,) = vars(app)["_watchers"].values()
    environment.setattr(type(watcher), "listed", property(lambda _: listed))
    queue = vars(app)["_queue"]
    reconcile = vars(queue)["_work"]

    async def work(key: str) -> float | None:
        passes.append(key)
        found: float | None = await reconcile(key)
        return found

    environment.setattr(queue, "_work", work)
    queue.add("lessons/calculus")
    await operator.until(lambda: len(passes) > 3)
    assert cluster.jobs == {}

    listed.set()
    await operator.until(lambda: len(cluster.jobs) == 1)
    await operator.ended()


async def test_a_standby_lists_and_is_ready_and_writes_nothing(
    cluster: OneCluster, running: Callable[..., Running]
) -> None:
    cluster.held_by("another-one")
    cluster.add_videojob()
    operator = running()
    assert "cache" in operator.app.ready()

    await operator.until(lambda: not operator.app.ready())

    assert operator.app.about() == {"role": "standby", "leader": "another-one"}
    assert {write.partition(" ")[0] for write in cluster.writes} == {"list", "probe"}
    assert metrics.REGISTRY.get_sample_value("videotutor_workqueue_depth") == 0, "nobody is late"


async def test_a_standby_keeps_no_keys_and_no_deleted_videojob_whose_end_is_acknowledged(
    cluster: OneCluster, running: Callable[..., Running]
) -> None:
    cluster.held_by("another-one")
    for number in range(300):
        cluster.videojobs[f"video-{number}"] = versioned(
            finished(), 9 + number, name=f"video-{number}", uid=f"vj-{number}"
        )
    operator = running()
    await operator.until(lambda: not operator.app.ready())
    assert len(operator.app._cache.keys()) == 300
    cluster.videojobs.clear()
    await operator.app._watchers["lessons"]._resync.run_once()

    assert len(operator.app._queue) == 0
    assert len(operator.app._cache._awaiting_report) == 0
    assert operator.app._cache.keys() == ()


async def test_at_takeover_the_cache_and_the_deleted_videojobs_whose_end_is_not_acknowledged_are_enqueued(
    cluster: OneCluster, running: Callable[..., Running]
) -> None:
    cluster.held_by("another-one")
    gone, there, settled = (cluster.add_videojob(name)["metadata"]["name"] for name in ("gone", "there", "settled"))
    cluster.videojobs[settled] = versioned(finished(), 50, name=settled, uid="vj-settled")
    operator = running()
    await operator.until(lambda: not operator.app.ready())
    del cluster.videojobs[gone]
    await operator.app._watchers["lessons"]._resync.run_once()
    reconciled: list[str] = []

    async def reconcile(key: str) -> None:
        reconciled.append(key)

    operator.app._reconciler.reconcile = reconcile  # type: ignore[method-assign]
    cluster.held_by_nobody()
    await operator.until(lambda: len(reconciled) == 2)

    assert reconciled == [f"lessons/{gone}", f"lessons/{there}"]


async def test_a_standby_takes_over_what_is_released(cluster: OneCluster, running: Callable[..., Running]) -> None:
    cluster.held_by("another-one")
    cluster.add_videojob()
    operator = running()
    await operator.until(lambda: not operator.app.ready())

    cluster.held_by_nobody()
    await operator.until(lambda: "status Planning" in cluster.writes)

    assert operator.app.about() == {"role": "leader", "leader": "this-one"}


async def test_one_that_may_not_have_the_lease_is_not_ready_and_says_why(
    cluster: OneCluster, running: Callable[..., Running]
) -> None:
    cluster.lease_faults = [Forbidden("leases are forbidden")] * 1000
    operator = running()

    await operator.until(lambda: "forbidden" in operator.app.ready().get("election", ""))

    assert operator.app.liveness() == {}


async def test_a_silent_watch_is_a_reason_for_a_restart_only_where_the_api_server_answers(
    environment: pytest.MonkeyPatch, cluster: OneCluster
) -> None:
    now = [1000.0]
    environment.setattr(namespace, "Watch", lambda resource: Watch(resource, lambda: now[0]))
    operator = Running(cluster)
    await operator.until(lambda: len(operator.app._watch_ages()) == 3 and not operator.app.ready())
    (watcher,) = operator.app._watchers.values()

    watcher.watches["jobs"].note_unserved("connection refused")
    now[0] += namespace.DEAD_SECONDS + 1

    assert operator.app._watch_ages() == dict.fromkeys(("videojobs", "jobs", "pods"), 391.0)
    dead = {f"watch of {kind}": "silent for 391 s" for kind in ("videojobs", "pods")}
    assert operator.app.liveness() == dead
    assert operator.app.ready() == {**dead, "jobs": "connection refused"}
    await operator.ended()


async def test_a_pass_without_progress_is_a_reason_for_a_restart_until_a_request_of_it_ends(
    environment: pytest.MonkeyPatch, cluster: OneCluster
) -> None:
    operator = Running(cluster)
    requests: asyncio.Queue[None] = asyncio.Queue()

    async def reconcile(_: str) -> None:
        while True:
            await requests.get()
            cluster.progress()

    queue = operator.app._queue
    environment.setattr(operator.app._reconciler, "reconcile", reconcile)
    queue.add("lessons/calculus")
    await operator.until(lambda: bool(queue._progress))
    (task,) = queue._progress
    queue._progress[task] -= app_module.STUCK_SECONDS
    assert operator.app.liveness() == {"queue": "a pass has made no progress for 120 s"}

    requests.put_nowait(None)
    await operator.until(requests.empty)
    assert operator.app.liveness() == {}
    assert list(queue._progress) == [task], "the same pass still runs"
    await operator.ended()


async def test_why_a_job_has_no_pod_is_read_beside_the_passes_and_said(
    environment: pytest.MonkeyPatch, cluster: OneCluster
) -> None:
    for module in (reconciler, messages):
        environment.setattr(module, "READ_SECONDS", 0.01)
    cluster.add_videojob()
    operator = Running(cluster)
    await operator.until(lambda: len(cluster.jobs) == 1)
    (job,) = cluster.jobs.values()

    cluster.warnings[job["metadata"]["uid"]] = 'pods "x" is forbidden: exceeded quota: pods'
    operator.app._cache.put_job(versioned(job, 1000, creationTimestamp="2020-01-01T00:00:00Z"))
    said = "Planning the scenes; it waits: Kubernetes makes no pod: exceeded quota: pods"
    await operator.until(lambda: cluster.videojobs["calculus"]["status"]["message"] == said)
    await operator.ended()


async def test_a_leader_that_lost_the_lease_ends_with_an_error(
    cluster: OneCluster, running: Callable[..., Running]
) -> None:
    operator = running()
    await operator.until(lambda: operator.app.about()["role"] == "leader")

    cluster.held_by("another-one")
    with pytest.raises(ClusterError, match="leadership lost"):
        await operator.task

    assert cluster.spec["holderIdentity"] == "another-one"


async def test_a_leader_that_is_stopped_releases_the_lease(
    cluster: OneCluster, running: Callable[..., Running]
) -> None:
    operator = running()
    await operator.until(lambda: operator.app.about()["role"] == "leader")

    await operator.ended()

    assert "holderIdentity" not in cluster.spec


async def test_a_leader_that_is_stopped_while_nothing_answers_ends_all_the_same(
    cluster: OneCluster, running: Callable[..., Running], caplog: pytest.LogCaptureFixture
) -> None:
    operator = running()
    await operator.until(lambda: operator.app.about()["role"] == "leader")

    cluster.silent.clear()
    await operator.ended()

    assert "must expire" in caplog.text
