"""Objects that values name as the user's: those that do not exist, and those that Helm would delete in the upgrade."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.chart.helm import on_cluster
from tests.integration.chart.server import kubectl

PLACE = f"chart-own-{uuid.uuid4().hex[:8]}"
KEEP = {"helm.sh/resource-policy": "keep"}
SECRETS = {"WEBHOOK_SECRET": b"w" * 16, "CALLBACK_SECRET": b"c" * 16}
SIGNING = {key: base64.b64encode(value).decode() for key, value in SECRETS.items()}
CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "none",
    "resources": {"requests": {"storage": "20Gi"}},
}
KINDS: dict[str, dict[str, Any]] = {
    "Secret": {"data": SIGNING},
    "PersistentVolumeClaim": {"spec": CLAIM},
    "ServiceAccount": {},
}
VALUES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "secret": ("Secret", "secrets.existingSecret", {"secrets": {"existingSecret": "{}"}}),
    "claim": ("PersistentVolumeClaim", "artifacts.existingClaim", {"artifacts": {"existingClaim": "{}"}}),
    "voices": (
        "PersistentVolumeClaim",
        "renderer.voices.existingClaim",
        {"renderer": {"voices": {"existingClaim": "{}"}}},
    ),
    **{
        part: (
            "ServiceAccount",
            f"{part}.serviceAccount.name",
            {part: {"serviceAccount": {"create": False, "name": "{}"}}},
        )
        for part in ("api", "operator", "renderer")
    },
}
"""Kind, the name of the value, and the value with {} for the object's name."""


def owned(name: str, kind: str, annotations: dict[str, str]) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": PLACE,
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "first", "meta.helm.sh/release-namespace": PLACE, **annotations},
    }
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **KINDS[kind]}


@pytest.fixture(scope="module", autouse=True)
def objects() -> Iterator[None]:
    """Of each kind two objects of the release `first`: `deleted` and, with Helm's policy, `kept`."""
    made = [owned(name, kind, annotations) for kind in KINDS for name, annotations in (("deleted", {}), ("kept", KEEP))]
    for body in ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}}, *made):
        done = kubectl("apply", "-f", "-", stdin=json.dumps(body))
        assert done.returncode == 0, done.stderr
    yield
    kubectl("delete", "namespace", PLACE, "--wait=false")


def values(what: str, name: str) -> dict[str, Any]:
    return dict(json.loads(json.dumps(VALUES[what][2]).replace('"{}"', json.dumps(name))))


@pytest.mark.parametrize("what", VALUES)
def test_an_object_that_helm_would_delete_is_refused_with_the_fix(what: str) -> None:
    kind, field, _ = VALUES[what]

    done = on_cluster("template", "first", PLACE, **values(what, "deleted"))

    assert done.returncode != 0
    assert f"{field} names deleted, which this release made itself, so Helm would delete it" in done.stderr
    fix = f"kubectl annotate --namespace {PLACE} {kind.lower()} deleted helm.sh/resource-policy=keep"
    assert fix in done.stderr


@pytest.mark.parametrize(("release", "name"), [("first", "kept"), ("second", "deleted")])
@pytest.mark.parametrize("what", VALUES)
def test_an_object_that_stays_is_accepted(what: str, release: str, name: str) -> None:
    done = on_cluster("template", release, PLACE, **values(what, name))

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("part", ["api", "operator", "renderer"])
def test_an_account_that_does_not_exist_is_refused(part: str) -> None:
    done = on_cluster("template", "first", PLACE, **values(part, "absent"))

    assert done.returncode != 0
    said = f"{part}.serviceAccount.name names absent, and the namespace {PLACE} has no ServiceAccount of that name"
    assert said in done.stderr


def test_the_jobs_account_must_exist_in_every_served_namespace() -> None:
    operator = {"namespaces": ["default"]}

    done = on_cluster("template", "first", PLACE, operator=operator, **values("renderer", "kept"))

    assert "renderer.serviceAccount.name names kept, and the namespace default has no Ser" in done.stderr


def test_a_claim_that_the_release_still_makes_may_hold_the_voices() -> None:
    artifacts = owned("first-videotutor-artifacts", "PersistentVolumeClaim", {})
    done = kubectl("apply", "-f", "-", stdin=json.dumps(artifacts))
    assert done.returncode == 0, done.stderr

    voices = on_cluster("template", "first", PLACE, **values("voices", "first-videotutor-artifacts"))

    assert voices.returncode == 0, voices.stderr
