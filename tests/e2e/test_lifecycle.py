"""Install, test, upgrade, roll back, uninstall on the real cluster: nothing is repeated, nothing is left if asked."""

from __future__ import annotations

import subprocess

import pytest

from dev.cluster import Cluster
from dev.cluster.process import wait_until
from dev.demo.install import kubectl_command
from tests.e2e.lifecycle import Release
from tests.integration.cluster import with_crd


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    """The development cluster with the CRD of this checkout, as an administrator applies it."""
    return with_crd()


VARIANTS = {
    "default": {},
    "production": {
        "publicUrl": "https://videos.example.org",
        "ingress": {"enabled": True, "host": "videos.example.org", "className": "none"},
        "commonLabels": {"example.org/team": "lessons"},
        "networkPolicy": {"apiFrom": [{"podSelector": {}}]},
        "renderer": {"allowed": {"priorityClassNames": [], "maxResources": {"cpu": "2", "memory": "3Gi"}}},
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_release_works_and_leaves_nothing_where_its_volume_goes(cluster: Cluster, variant: str) -> None:
    with Release(cluster, variant, VARIANTS[variant]) as release:
        installed = release.install()
        assert installed.returncode == 0, installed.stderr

        tested = release.helm("test", release.name, "--timeout", "5m")
        assert tested.returncode == 0, tested.stderr + tested.stdout
        assert [job["metadata"]["name"] for job in release.listed("videojobs,jobs")] == []

        release.request("kept")
        release.wait("kept", "Succeeded")
        uninstalled = release.helm("uninstall", release.name, "--wait", "--timeout", "5m")
        assert uninstalled.returncode == 0, uninstalled.stderr
        assert wait_until(lambda: release.left() == [], seconds=60), release.left()


def test_a_video_that_runs_through_an_upgrade_and_a_rollback_repeats_nothing(cluster: Cluster) -> None:
    with Release(cluster, "upgrade", {}) as release:
        assert release.install().returncode == 0
        release.request("running")
        release.wait("running", "Rendering")
        upgraded = release.install(podAnnotations={"example.org/upgrade": "1"})
        assert upgraded.returncode == 0, upgraded.stderr
        rolled = release.helm("rollback", release.name, "--wait", "--timeout", "5m")
        assert rolled.returncode == 0, rolled.stderr
        status = release.wait("running", "Succeeded", "Failed")
        assert status["phase"] == "Succeeded", status
        assert [scene["attempts"] for scene in status["scenes"]] == [1, 1, 1]
        assert len(release.listed("jobs")) == 5


REQUESTS = """
import select, sys, time, urllib.request
end = time.monotonic() + 60
while True:  # Services are programmed some moments after their pods are ready
    try:
        urllib.request.urlopen(sys.argv[1], timeout=10).read()
        break
    except OSError:
        assert time.monotonic() < end
        time.sleep(0.1)
sent = failed = 0
while not select.select([sys.stdin], [], [], 0.02)[0]:
    sent += 1
    try:
        urllib.request.urlopen(sys.argv[1], timeout=10).read()
    except OSError as error:
        failed += 1
        print(f"request {sent} after {time.monotonic() - end + 60:.1f} s: {error}", file=sys.stderr)
print(sent, failed)
"""
"""Requests on new connections, one after another, from the first that is answered until the standard input ends."""


def test_a_rolling_update_of_two_replicas_of_the_api_refuses_no_request(cluster: Cluster) -> None:
    shared = {"size": "1Gi", "keep": False, "accessMode": "ReadWriteMany"}
    with Release(cluster, "rolling", {"artifacts": shared}) as release:
        release.values["api"] = release.values["api"] | {"replicas": 2}
        installed = release.install()
        assert installed.returncode == 0, installed.stderr
        service = f"http://{release.name}-videotutor-api/health"
        inside = ["-n", release.namespace, "exec", "-i", f"deploy/{release.name}-videotutor-operator", "--"]
        command = [*kubectl_command(release.cluster), *inside, "python", "-c", REQUESTS, service]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            api = f"deploy/{release.name}-videotutor-api"
            release.kubectl("rollout", "restart", api)
            release.kubectl("rollout", "status", api, "--timeout=4m")
            selector = "--selector=app.kubernetes.io/component=api"
            assert wait_until(lambda: len(release.listed("pods", selector)) == 2, seconds=90)  # the old ones have ended
            said, _ = client.communicate(timeout=60)
        sent, failed = map(int, said.split())
        assert sent > 100
        assert failed == 0


def test_what_an_upgrade_cannot_change_is_refused_and_the_release_stays_as_it_is(cluster: Cluster) -> None:
    with Release(cluster, "claims", {}) as release:
        assert release.install().returncode == 0
        refused = release.install(artifacts={"size": "1Gi", "keep": False, "accessMode": "ReadWriteMany"})
        assert refused.returncode != 0
        assert "artifacts.accessMode is ReadWriteMany, and the claim" in refused.stderr
        listed = release.helm("list", "--deployed", "--short")
        assert listed.stdout.split() == [release.name]


def test_two_releases_in_two_namespaces_work_beside_each_other_and_a_second_in_one_is_refused(cluster: Cluster) -> None:
    with Release(cluster, "one", {}) as one, Release(cluster, "two", {}) as two:
        for release in (one, two):
            installed = release.install()
            assert installed.returncode == 0, installed.stderr
            release.request("mine")
        for release in (one, two):
            release.wait("mine", "Succeeded")
        second = two.name
        two.name = "third"
        refused = two.install()
        two.name = second
        assert refused.returncode != 0
        assert f"the release two has an operator in the namespace {two.namespace} already" in refused.stderr


def test_an_uninstall_keeps_the_volume_and_the_videojobs_unless_asked(cluster: Cluster) -> None:
    with Release(cluster, "keep", {"artifacts": {"size": "1Gi", "keep": True}}) as release:
        assert release.install().returncode == 0
        release.request("kept")
        release.wait("kept", "Succeeded")
        assert release.helm("uninstall", release.name, "--wait").returncode == 0
        kept = {item["kind"] for item in release.listed("pvc,videojobs,leases,deployments,services")}
        assert kept == {"PersistentVolumeClaim", "VideoJob", "Lease"}
        again = release.install()
        assert again.returncode == 0, again.stderr
        assert release.wait("kept", "Succeeded")["scenes"][0]["attempts"] == 1
