"""Changes of a claim that Kubernetes refuses are explained before the upgrade, and claims that do not exist named."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.chart.helm import of_kind, on_cluster, rendered
from tests.integration.chart.server import kubectl

PLACE = f"chart-claims-{uuid.uuid4().hex[:8]}"
FIXED, GROWING = f"{PLACE}-fixed", f"{PLACE}-growing"


def claim(name: str, storage_class: str) -> dict[str, Any]:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": "20Gi"}},
    }
    release = name.partition("-")[0]
    metadata = {
        "name": name,
        "namespace": PLACE,
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": PLACE},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


@pytest.fixture(scope="module", autouse=True)
def claims() -> Iterator[None]:
    """Claims of the releases `fixed-videotutor` and `growing-videotutor`, of classes without and with expansion."""
    classes = [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "provisioner": "example.org/none",
            "allowVolumeExpansion": name == GROWING,
        }
        for name in (FIXED, GROWING)
    ]
    made = [claim("fixed-videotutor-artifacts", FIXED), claim("growing-videotutor-artifacts", GROWING)]
    for body in ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}}, *classes, *made):
        done = kubectl("apply", "-f", "-", stdin=json.dumps(body))
        assert done.returncode == 0, done.stderr
    yield
    kubectl("delete", "namespace", PLACE, "--wait=false")
    kubectl("delete", "storageclass", FIXED, GROWING)


@pytest.mark.parametrize(
    ("artifacts", "said"),
    [
        ({"accessMode": "ReadWriteMany"}, "artifacts.accessMode is ReadWriteMany, and the claim {0} has ReadWriteOnce"),
        ({"storageClass": "shared"}, "artifacts.storageClass is shared, and the claim {0} has {1}"),
        ({"storageClass": "-"}, "artifacts.storageClass is -, and the claim {0} has {1}"),
        ({"size": "10Gi"}, "artifacts.size is 10Gi, and the claim {0} has 20Gi: a volume cannot shrink"),
        ({"size": "30Gi"}, "artifacts.size is 30Gi, and the claim {0} has 20Gi, whose storage class, {1}, does"),
    ],
)
def test_a_change_that_kubernetes_refuses_is_explained(artifacts: dict[str, Any], said: str) -> None:
    done = on_cluster("template", "fixed", PLACE, artifacts=artifacts)
    assert done.returncode != 0
    assert said.format("fixed-videotutor-artifacts", FIXED) in done.stderr
    assert "Another volume" in done.stderr


@pytest.mark.parametrize(
    ("release", "artifacts"),
    [
        ("fixed", {}),
        ("fixed", {"size": "20480Mi"}),
        ("growing", {"size": "30Gi"}),
        ("other", {"accessMode": "ReadWriteMany", "size": "1Gi"}),
    ],
)
def test_what_kubernetes_accepts_is_accepted(release: str, artifacts: dict[str, Any]) -> None:
    done = on_cluster("template", release, PLACE, artifacts=artifacts)
    assert done.returncode == 0, done.stderr


def test_a_claim_of_the_user_must_exist_and_have_the_access_mode() -> None:
    absent = on_cluster("template", "other", PLACE, artifacts={"existingClaim": "absent"})
    assert f"artifacts.existingClaim names absent, and the namespace {PLACE} has no Per" in absent.stderr
    mine = {"existingClaim": "fixed-videotutor-artifacts", "accessMode": "ReadWriteMany"}
    other = on_cluster("template", "other", PLACE, artifacts=mine)
    assert "artifacts.accessMode is ReadWriteMany, and the claim fixed-videotutor-artifacts has Read" in other.stderr
    mine["accessMode"] = "ReadWriteOnce"
    assert on_cluster("template", "other", PLACE, artifacts=mine).returncode == 0
    voices = on_cluster("template", "other", PLACE, renderer={"voices": {"existingClaim": "absent"}})
    assert "renderer.voices.existingClaim names absent" in voices.stderr


def test_a_claim_that_is_being_deleted_is_refused() -> None:
    going = claim("going-videotutor-artifacts", FIXED)
    going["metadata"]["finalizers"] = ["example.org/wait"]
    assert kubectl("apply", "-f", "-", stdin=json.dumps(going)).returncode == 0
    kubectl("delete", "-n", PLACE, "--wait=false", "persistentvolumeclaim", "going-videotutor-artifacts")
    try:
        own = on_cluster("template", "going", PLACE)
        given = on_cluster("template", "other", PLACE, artifacts={"existingClaim": "going-videotutor-artifacts"})
    finally:
        patch = '{"metadata": {"finalizers": null}}'
        kubectl("patch", "-n", PLACE, "pvc", "going-videotutor-artifacts", "--type=merge", "--patch", patch)
    assert "artifacts: the claim going-videotutor-artifacts is being deleted: wait until it is gone" in own.stderr
    assert "artifacts.existingClaim: the claim going-videotutor-artifacts is being deleted" in given.stderr


def test_a_claim_has_the_class_none_and_annotations_where_the_values_say_so() -> None:
    def made(**artifacts: Any) -> dict[str, Any]:
        (found,) = of_kind(rendered({"artifacts": artifacts}), "PersistentVolumeClaim")
        return found

    assert "storageClassName" not in made()["spec"]
    assert made(storageClass="-")["spec"]["storageClassName"] == ""
    assert made(storageClass="a-b")["spec"]["storageClassName"] == "a-b"
    assert made(annotations={"a": "b"})["metadata"]["annotations"] == {"a": "b", "helm.sh/resource-policy": "keep"}
    assert "annotations" not in made(keep=False)["metadata"]


def test_an_uninstall_cleans_up_only_where_the_claim_goes() -> None:
    def hooks(**artifacts: Any) -> list[str]:
        objects = rendered({"artifacts": artifacts})
        return [
            thing["kind"]
            for thing in objects
            if thing["metadata"].get("annotations", {}).get("helm.sh/hook") == "pre-delete"
        ]

    assert hooks() == []
    assert hooks(keep=False, existingClaim="mine") == []
    assert sorted(hooks(keep=False)) == ["Job", "Role", "RoleBinding", "ServiceAccount"]


def test_the_account_of_helm_test_lives_as_long_as_the_release_and_its_job_ends_before_helm_does() -> None:
    named = {"videotutor-tester", "videotutor-test"}
    objects = [thing for thing in rendered() if thing["metadata"]["name"] in named and thing["kind"] != "NetworkPolicy"]
    hooks = {thing["kind"]: "helm.sh/hook" in thing["metadata"].get("annotations", {}) for thing in objects}
    assert hooks == {"ServiceAccount": False, "Role": False, "RoleBinding": False, "Job": True}
    (job,) = of_kind(objects, "Job")
    assert job["spec"]["template"]["spec"]["serviceAccountName"] == "videotutor-tester"
    assert job["spec"]["activeDeadlineSeconds"] < 300  # Helm's default timeout
    assert job["spec"]["ttlSecondsAfterFinished"] == 3600
