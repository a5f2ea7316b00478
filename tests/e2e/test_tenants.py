"""VideoJobs that Convex did not request, and reports of other namespaces, change no session of the web app."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import time
import urllib.error
import urllib.request
from typing import Any

from dev.demo.webapp import Snapshot, WebApp
from tests.e2e.system import NAMESPACE, RUN, System
from videojob.signatures import webhook_headers

TEXT = "not your video"
LATER = "2099-01-01T00:00:00.000Z"


def report(system: System, secret: str, event: dict[str, Any]) -> int:
    """Send a report as the operator signs it. Returns the status of the response."""
    body = json.dumps(event).encode()
    headers = webhook_headers([secret], event["eventId"], int(time.time()), body)
    request = urllib.request.Request(  # noqa: S310 - our own Convex
        f"{system.cluster.convex_site_url}/videotutor/events",
        data=body,
        headers={**headers, "Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def hostile_reports(app: WebApp, name: str, uid: str) -> list[dict[str, Any]]:
    """Reports about a VideoJob of the same name in another namespace, with all that a tenant can choose."""
    base = {"name": name, "generation": 9, "sequence": 99, "progress": 100, "message": TEXT, "at": LATER, "scenes": []}
    owners: list[dict[str, Any]] = [
        {},
        {"sessionId": app.session},
        {"projectId": app.project, "sessionId": app.session},
    ]
    found = itertools.product(owners, ["another-uid", uid], ["Failed", "Succeeded", "Rendering"])
    return [
        {**base, **owner, "namespace": "strangers", "uid": who, "phase": phase, "eventId": f"{RUN}-{number}"}
        for number, (owner, who, phase) in enumerate(found)
    ]


async def followed(app: WebApp) -> list[Snapshot]:
    seen = []
    async for snapshot in app.follow():
        seen.append(snapshot)
        if snapshot.is_over:
            break
    return seen


def accepted(app: WebApp) -> dict[str, Any]:
    """The job once the API has answered where its VideoJob is."""
    deadline = time.monotonic() + 30
    while "namespace" not in (job := app.job()):
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def test_no_other_videojob_changes_a_session_of_the_web_app(system: System) -> None:
    encoded = system.kubectl("get", "secret", "videotutor-secrets", "-o", "jsonpath={.data.CALLBACK_SECRET}")
    secret = base64.b64decode(encoded).decode()
    app = WebApp(system.cluster.convex_url, f"tenants {RUN}")
    app.generate(f"# Tenants {RUN}\n- one line", 1)
    name = accepted(app)["name"]
    during = [report(system, secret, event) for event in hostile_reports(app, name, "unknown")]
    seen = asyncio.run(followed(app))
    before = app.job()

    after = [report(system, secret, event) for event in hostile_reports(app, name, before["uid"])]
    spec = {"prompt": f"# Foreign {RUN}\n- one line", "projectId": app.project, "sessionId": app.session}
    foreign = f"foreign-{RUN}"
    system.apply(foreign, spec)
    system.wait_for(f"videojob/{foreign}", "condition=Reported")
    system.wait_ready(foreign)

    assert set(during + after) <= {404, 422}
    assert seen[-1].session["status"] == "Succeeded"
    assert all(TEXT not in json.dumps(snapshot.session) for snapshot in seen)
    assert (before["namespace"], before["name"]) == (NAMESPACE, name)
    assert app.job() == before
