"""What goes wrong in real life: the operator dies, Convex is away. Every job still ends, nothing is done twice."""

from __future__ import annotations

import asyncio

import pytest

from dev.demo.install import wait_for
from dev.demo.webapp import WebApp
from tests.e2e.subscribers import phases, subscribed
from tests.e2e.system import RUN, System

RANK = {"Pending": 0, "Planning": 1, "Rendering": 2, "Stitching": 3, "Succeeded": 4}


@pytest.mark.parametrize("phase", ["Planning", "Rendering", "Stitching"])
def test_an_operator_killed_in_a_phase_goes_on_where_it_was(system: System, phase: str) -> None:
    app = WebApp(system.cluster.convex_url, f"killed in {phase}")
    with subscribed(system.cluster.convex_url, app.session) as browser:
        app.generate(f"# One {RUN}\n- killed while {phase}\n# Two {RUN}\n- it goes on after {phase}", 2)
        name = name_of(app)
        with system.phases_of(name) as seen:
            next(now for now in seen if now == phase)
            system.kill_operator()
        video = system.wait_ready(name)
        order = [RANK[phase] for phase in phases(browser.until_the_end())]
    assert order == sorted(order)
    assert order[-1] == RANK["Succeeded"]
    assert all(scene["attempts"] == 1 for scene in video["status"]["scenes"])
    assert sorted(task_of(job) for job in system.jobs(name).values()) == ["plan", "scene", "scene", "stitch"]


def test_convex_away_stops_no_job_and_every_subscriber_ends_with_the_final_state(system: System) -> None:
    app = WebApp(system.cluster.convex_url, "away")
    app.generate(f"# One {RUN}\n- Convex goes away\n# Two {RUN}\n- and comes back", 2)
    name = name_of(app)
    with subscribed(system.cluster.convex_url, app.session) as browser:
        system.kubectl("scale", "deploy/videotutor-convex", "--replicas=0")
        system.kubectl("wait", "--for=delete", "pod", "-l", "app.kubernetes.io/component=convex", "--timeout=60s")
        video = system.wait_ready(name)
        system.kubectl("scale", "deploy/videotutor-convex", "--replicas=1")
        wait_for(f"{system.cluster.convex_url}/version")
        changes = browser.until_the_end()
    assert video["status"]["phase"] == "Succeeded"
    assert phases(changes)[-1] == "Succeeded"
    system.wait_for(f"videojob/{name}", "condition=Reported", seconds=90)


def name_of(app: WebApp) -> str:
    """The VideoJob's name, once the API has accepted the job."""

    async def accepted() -> str:
        async for snapshot in app.follow(silence=60):
            if snapshot.job and snapshot.job["lastRequest"]["status"] == "accepted":
                return str(snapshot.job["name"])
        raise AssertionError("the subscription ended")

    return asyncio.run(accepted())


def task_of(job: dict[str, dict[str, dict[str, str]]]) -> str:
    """Which task a Job is for."""
    return job["metadata"]["labels"]["videotutor.dev/task"]
