"""Creating a Job: the answers of the API server, and what others in the cluster change of it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio import client

from tests.unit.operator.test_wire import talking_to
from videojob import names
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.cluster.wire import Wire
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Refused, Unanswered

LABELS = {
    names.MANAGED_BY: names.MANAGER,
    names.LABEL_VIDEOJOB: "calculus",
    names.LABEL_TASK: "plan",
    names.LABEL_DIGEST: "0123456789abcdef",
    names.LABEL_ATTEMPT: "1",
}
MANIFEST: dict[str, Any] = {
    "metadata": {
        "name": "calculus-plan-1",
        "namespace": "lessons",
        "labels": {**LABELS, "team": "mathematics"},
        "annotations": {names.ANNOTATION_TEMPLATE: "0123456789abcdef", "note": "of another"},
        "ownerReferences": [{"uid": "uid-of-calculus", "controller": True}],
    },
    "spec": {"template": {"metadata": {"labels": LABELS}}},
}
Change = Callable[[dict[str, Any]], object]


def spoil_digest(job: dict[str, Any]) -> None:
    job["metadata"]["labels"][names.LABEL_DIGEST] = "another"


def remove_manager(job: dict[str, Any]) -> None:
    del job["metadata"]["labels"][names.MANAGED_BY]


def spoil_pods(job: dict[str, Any]) -> None:
    job["spec"]["template"]["metadata"] = {}


def change_owner(job: dict[str, Any]) -> None:
    job["metadata"]["ownerReferences"] = [{"uid": "another", "controller": True}]


def add_scene(job: dict[str, Any]) -> None:
    job["metadata"]["labels"][names.LABEL_SCENE] = "scene-1"


def change_template(job: dict[str, Any]) -> None:
    job["metadata"]["annotations"][names.ANNOTATION_TEMPLATE] = "another"


def add_and_remove_foreign(job: dict[str, Any]) -> None:
    job["metadata"]["labels"] = {**LABELS, "cost-centre": "12"}
    job["metadata"]["ownerReferences"].append({"uid": "another"})
    del job["metadata"]["annotations"]


def stored(change: Change) -> dict[str, Any]:
    job = copy.deepcopy(MANIFEST)
    job["metadata"]["uid"] = "uid-of-job"
    change(job)
    return job


class Jobs:
    """An API server whose admission webhook changes each Job so; `there`: one of that name exists before."""

    def __init__(self, change: Change, *, there: bool = False) -> None:
        self._job = stored(change)
        self._there = there
        self.requests: list[tuple[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        self.requests.append((request.method, json.loads(body) if body else None))
        if request.method == "POST" and self._there:
            return web.json_response({"kind": "Status", "message": "already exists"}, status=409)
        return web.json_response(self._job)


QUOTA_CONFLICT = 'Operation cannot be fulfilled on resourcequotas "q": the object has been modified'
CHANGES = [
    (spoil_digest, "metadata.labels[videotutor.dev/digest]"),
    (remove_manager, "metadata.labels[app.kubernetes.io/managed-by]"),
    (spoil_pods, "spec.template.metadata.labels[app.kubernetes.io/managed-by]"),
    (change_owner, "metadata.ownerReferences"),
    (add_scene, "metadata.labels[videotutor.dev/scene]"),
]


@pytest.mark.parametrize(
    ("change", "field"), [*CHANGES, (change_template, "metadata.annotations[videotutor.dev/pod-template]")]
)
async def test_a_job_that_a_webhook_changed_beyond_recognition_is_deleted_and_refused(
    change: Change, field: str
) -> None:
    jobs = Jobs(change)
    async with talking_to(jobs.answer) as wire:
        with pytest.raises(Refused) as refused:
            await Cluster(wire).create_job(MANIFEST)

    assert str(refused.value) == (
        f"an admission webhook changes {field} of the Job: exclude Jobs with the label "
        "app.kubernetes.io/managed-by=videotutor from it"
    )
    assert [method for method, _ in jobs.requests] == ["POST", "DELETE"]
    assert jobs.requests[-1][1]["preconditions"] == {"uid": "uid-of-job"}


@pytest.mark.parametrize(("change", "field"), CHANGES)
async def test_a_job_of_that_name_that_is_not_this_one_is_a_conflict(change: Change, field: str) -> None:
    async with talking_to(Jobs(change, there=True).answer) as wire:
        with pytest.raises(Conflict) as conflict:
            await Cluster(wire).create_job(MANIFEST)

    assert str(conflict.value) == f"there is a Job calculus-plan-1 already, which has other {field}: delete it"


async def test_a_conflict_without_a_job_of_that_name_keeps_its_words() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.json_response({"kind": "Status", "message": QUOTA_CONFLICT}, status=409)
        return web.json_response({"kind": "Status", "message": 'jobs.batch "calculus-plan-1" not found'}, status=404)

    async with talking_to(answer) as wire:
        with pytest.raises(ClusterError, match="Operation cannot be fulfilled on resourcequotas") as failed:
            await Cluster(wire).create_job(MANIFEST)

    assert type(failed.value) is ClusterError, "it is tried again"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("ValidatingAdmissionPolicy 'labels' with binding 'b' denied request: every job needs a label", Forbidden),
        ('admission webhook "policy.example.org" denied the request: no', Forbidden),
        ('Job.batch "calculus-plan-1" is invalid: spec.template.spec.containers[0].resources', Refused),
    ],
)
async def test_a_policy_may_change_and_an_invalid_job_stays_so(message: str, kind: type[ClusterError]) -> None:
    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "message": message}, status=422)

    async with talking_to(refuse) as wire:
        with pytest.raises(kind, match=re.escape(message)):
            await Cluster(wire).create_job(MANIFEST)


@pytest.mark.parametrize("there", [False, True])
async def test_what_others_add_or_remove_beside_it_is_theirs(*, there: bool) -> None:
    async with talking_to(Jobs(add_and_remove_foreign, there=there).answer) as wire:
        assert await Cluster(wire).create_job(MANIFEST) == stored(add_and_remove_foreign)


WEBHOOK = 'Internal error occurred: failed calling webhook "policy.example.org": context deadline exceeded'


@pytest.mark.parametrize(
    ("status", "message", "unknown"),
    [
        (500, "etcdserver: request timed out", True),
        (502, "bad gateway", True),
        (504, "Timeout: request did not complete within requested timeout", True),
        (500, WEBHOOK, False),
        (503, "the server is shutting down", False),
        (429, "too many requests", False),
    ],
)
async def test_the_effect_of_a_request_is_unknown_unless_the_server_did_not_get_to_it(
    status: int, message: str, *, unknown: bool
) -> None:
    async def fail(_request: web.Request) -> web.Response:
        return web.json_response({"kind": "Status", "message": message}, status=status)

    async with talking_to(fail) as wire:
        with pytest.raises(ClusterError) as failed:
            await Cluster(wire).create_job(MANIFEST)

    assert isinstance(failed.value, Unanswered) is unknown


async def test_a_request_that_was_not_sent_has_no_effect(unused_tcp_port: int) -> None:
    wire = Wire(client.Configuration(host=f"http://127.0.0.1:{unused_tcp_port}"))
    try:
        with pytest.raises(ClusterError) as failed:
            await Cluster(wire).create_job(MANIFEST)
    finally:
        await wire.close()

    assert not isinstance(failed.value, Unanswered)
