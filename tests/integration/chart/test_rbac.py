"""What the operator's account may do, asked of the API server itself: all that it needs, and nothing beside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.integration.chart.helm import of_kind, rendered
from tests.integration.chart.server import kubectl

VIDEOJOBS = "videojobs.videotutor.dev"
LEASES = "leases.coordination.k8s.io"
LEASE = f"{LEASES}/videotutor-operator"
RIGHTS = [
    *((verb, VIDEOJOBS) for verb in ("get", "list", "watch", "delete")),
    ("update", f"{VIDEOJOBS}/status"),
    *((verb, "jobs.batch") for verb in ("get", "list", "watch", "create", "patch", "delete")),
    *((verb, "pods") for verb in ("list", "watch")),
    ("create", "events.events.k8s.io"),
    ("list", "events"),
]
"""In every namespace that the operator serves."""
LEADERSHIP = [("create", LEASES), ("get", LEASE), ("update", LEASE)]
"""In its own namespace, whatever it serves."""
REFUSED = [
    *((verb, "secrets") for verb in ("get", "list", "watch", "create")),
    *((verb, "configmaps") for verb in ("get", "list")),
    *((verb, "pods") for verb in ("get", "create", "delete", "patch")),
    *(("create", f"pods/{door}") for door in ("exec", "attach", "portforward", "eviction", "ephemeralcontainers")),
    ("get", "pods/log"),
    *((verb, VIDEOJOBS) for verb in ("create", "update", "patch", "deletecollection")),
    *((verb, "jobs.batch") for verb in ("update", "deletecollection")),
    *((verb, f"{LEASES}/another") for verb in ("get", "update", "patch", "delete")),
    ("delete", LEASE),
    ("list", LEASES),
    ("create", "serviceaccounts/token"),
    ("create", "rolebindings.rbac.authorization.k8s.io"),
    ("escalate", "roles.rbac.authorization.k8s.io"),
    ("impersonate", "serviceaccounts"),
    ("list", "namespaces"),
    ("list", "nodes"),
    ("list", "customresourcedefinitions.apiextensions.k8s.io"),
]
"""Nowhere."""


@pytest.fixture(scope="module", params=["namespace", "cluster"])
def scope(request: pytest.FixtureRequest, namespace: str) -> Iterator[str]:
    """The chart's accounts and rights in the cluster, for one scope of the operator."""
    objects = rendered({"operator": {"scope": request.param}})
    kinds = ("ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    manifests = yaml.safe_dump_all(of_kind(objects, *kinds))
    done = kubectl("apply", "-n", namespace, "-f", "-", stdin=manifests)
    assert done.returncode == 0, done.stderr
    yield request.param
    kubectl("delete", "-n", namespace, "-f", "-", stdin=manifests)


def allowed(account: str, rights: list[tuple[str, str]], own: str, where: str) -> list[tuple[str, str]]:
    """Those of some rights that an account of the namespace `own` has in the namespace `where`."""
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{own}", "system:authenticated"]
    user = f"system:serviceaccount:{own}:{account}"
    specs = [{"user": user, "groups": groups, "resourceAttributes": attributes(*right, where)} for right in rights]
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview"}
    done = kubectl("create", "-f", "-", "-o", "json", stdin=yaml.safe_dump_all([review | {"spec": it} for it in specs]))
    assert done.returncode == 0, done.stderr
    answers = [answer["status"]["allowed"] for answer in json_documents(done.stdout)]
    return [right for right, answer in zip(rights, answers, strict=True) if answer]


def attributes(verb: str, what: str, namespace: str) -> dict[str, str]:
    """A right in the authorizer's words; what follows a slash is the name of a Lease, and else a subresource."""
    resource, _, rest = what.partition("/")
    plural, _, group = resource.partition(".")
    named = {"name" if resource == LEASES else "subresource": rest}
    return {"verb": verb, "group": group, "resource": plural, "namespace": namespace, **named}


def json_documents(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects that follow one another in a text."""
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        document, end = decoder.raw_decode(rest)
        yield document
        rest = rest[end:].strip()


def everything_allowed(account: str, own: str, where: str) -> set[tuple[str, str]]:
    """All that an account may do in a namespace by rights of its own, in the API server's words."""
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": where}}
    user = f"system:serviceaccount:{own}:{account}"
    options = ["-f", "-", "-o", "json", "--validate=false", "--as", user]
    done = kubectl("create", *options, stdin=json.dumps(review))
    assert done.returncode == 0, done.stderr
    found = {right for rule in json.loads(done.stdout)["status"]["resourceRules"] for right in rights_of(rule)}
    asking = (".authentication.k8s.io", ".authorization.k8s.io")  # about oneself, which everybody may
    return {(verb, what) for verb, what in found if not what.endswith(asking)}


def rights_of(rule: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A rule as verbs and resources, the names of objects included."""
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            kind, _, rest = resource.partition("/")
            full = f"{kind}.{group}" if group else kind
            for name in rule.get("resourceNames") or [rest]:
                for verb in rule["verbs"]:
                    yield verb, f"{full}/{name}" if name else full


def test_the_operator_may_do_what_it_does(namespace: str, scope: str) -> None:
    assert allowed("videotutor-operator", [*RIGHTS, *LEADERSHIP], namespace, namespace) == [*RIGHTS, *LEADERSHIP]
    everywhere = RIGHTS if scope == "cluster" else []
    assert allowed("videotutor-operator", [*RIGHTS, *LEADERSHIP], namespace, "default") == everywhere


@pytest.mark.usefixtures("scope")
def test_the_operator_may_do_nothing_that_is_not_its_business(namespace: str) -> None:
    assert allowed("videotutor-operator", REFUSED, namespace, namespace) == []
    assert allowed("videotutor-operator", REFUSED, namespace, "default") == []


def test_the_rights_that_are_given_are_those_that_are_listed_here_and_no_other(namespace: str, scope: str) -> None:
    own = everything_allowed("videotutor-operator", namespace, namespace)
    assert own == {*RIGHTS, *LEADERSHIP}
    elsewhere = everything_allowed("videotutor-operator", namespace, "default")
    assert elsewhere == (set(RIGHTS) if scope == "cluster" else set())


@pytest.mark.usefixtures("scope")
def test_render_containers_run_under_an_account_that_may_do_nothing(namespace: str) -> None:
    assert everything_allowed("videotutor-renderer", namespace, namespace) == set()
