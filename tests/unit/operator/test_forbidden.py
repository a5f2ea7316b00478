"""The reasons of what Kubernetes forbids: a quota, or anything else."""

from __future__ import annotations

import pytest

from videotutor_operator.core.model import Wait
from videotutor_operator.errors import ClusterError, Conflict, Forbidden
from videotutor_operator.reconciler.waits import wait_for_job, wait_for_pod

QUOTAS = [
    "exceeded quota: tight, requested: pods=1, used: pods=2, limited: pods=2",
    "failed quota: tight: must specify limits.cpu for: renderer",
    "status unknown for quota: tight, resources: pods",
    "insufficient quota to consume: requests.nvidia.com/gpu",
    "insufficient quota to match these scopes: [{PriorityClass In [high]}]",
]
POLICIES = [
    "jobs.batch \"a-1\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: exceeded quota",
    'admission webhook "quota.example.com" denied the request: tenant blue has exceeded quota for GPUs',
    "ValidatingAdmissionPolicy 'no-jobs' with binding 'no-jobs' denied request: raise your quota first",
    'admission webhook "jobs.example.com" denied the request: no',
    'User "system:serviceaccount:tutor:operator" cannot create resource "jobs" in API group "batch"',
]


@pytest.mark.parametrize("words", QUOTAS)
def test_a_quota_is_named_for_jobs_and_pods(words: str) -> None:
    assert wait_for_job(Forbidden(words)) == Wait("Quota", f"Kubernetes forbids the Job: {words}")
    assert wait_for_job(Forbidden(f'jobs.batch "a-1" is forbidden: {words}')).reason == "Quota"
    refused = f'(combined from similar events): Error creating: pods "a-1-x7k2p" is forbidden: {words}'
    assert wait_for_pod(refused) == Wait("Quota", f"Kubernetes makes no pod: {words}")


@pytest.mark.parametrize("words", POLICIES)
def test_a_policy_a_webhook_and_a_missing_right_are_none(words: str) -> None:
    assert wait_for_job(Forbidden(words)).reason == "Denied"
    assert wait_for_pod(f"Error creating: {words}") == Wait("NoPod", f"Kubernetes makes no pod: {words}")


def test_what_is_no_refusal_has_its_own_reason() -> None:
    assert wait_for_job(Conflict("there is a Job a-1 already")).reason == "NameTaken"
    assert wait_for_job(ClusterError("exceeded quota")).reason == "CreateFailed"
