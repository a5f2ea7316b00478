"""The roles view, edit and admin of Kubernetes extend to VideoJobs."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from dev.cluster.process import wait_until
from tests.integration.chart.helm import cluster_name, of_kind, rendered
from tests.integration.chart.server import kubectl

READ = {"get", "list", "watch"}
WRITE = {"create", "update", "patch", "delete", "deletecollection"}
NAME = cluster_name("videojobs")


@pytest.fixture(scope="module")
def users(namespace: str) -> Iterator[str]:
    """A namespace where the users `view`, `edit` and `admin` have the role of that name, and `none` has none."""
    roles = [role for role in of_kind(rendered(), "ClusterRole") if role["metadata"]["name"].startswith(NAME)]
    for role in roles:
        # A role of its own, which an installation in the same cluster could grant as well.
        role["rules"][0]["apiGroups"] = ["users.test.videotutor.dev"]
    bindings = [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": f"user-{role}", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"{namespace}-{role}"}],
        }
        for role in ("view", "edit", "admin")
    ]
    manifests = yaml.safe_dump_all([*roles, *bindings])
    done = kubectl("apply", "-f", "-", stdin=manifests)
    assert done.returncode == 0, done.stderr
    yield namespace
    kubectl("delete", "-f", "-", stdin=manifests)


def verbs(namespace: str, role: str) -> set[str]:
    """What the user of a role may do with VideoJobs in the namespace."""
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    options = ["-f", "-", "-o", "json", "--validate=false", "--as", f"{namespace}-{role}"]
    done = kubectl("create", *options, stdin=json.dumps(review))
    assert done.returncode == 0, done.stderr
    rules = json.loads(done.stdout)["status"]["resourceRules"]
    ours = [
        rule for rule in rules if "users.test.videotutor.dev" in rule["apiGroups"] and "videojobs" in rule["resources"]
    ]
    return {verb for rule in ours for verb in rule["verbs"]}


@pytest.mark.parametrize(
    ("role", "allowed"), [("view", READ), ("edit", READ | WRITE), ("admin", READ | WRITE), ("none", set())]
)
def test_a_role_of_kubernetes_extends_to_videojobs(users: str, role: str, allowed: set[str]) -> None:
    assert wait_until(lambda: verbs(users, role) == allowed, seconds=60), verbs(users, role)


def test_nobody_else_may_write_a_status_and_the_roles_can_be_left_out() -> None:
    roles = [role for role in of_kind(rendered(), "ClusterRole") if role["metadata"]["name"].startswith(NAME)]
    writing = [rule for role in roles for rule in role["rules"] if not set(rule["verbs"]) <= READ]
    assert [rule["resources"] for rule in writing] == [["videojobs"]]
    assert of_kind(rendered({"userRoles": {"enabled": False}}), "ClusterRole") == []
