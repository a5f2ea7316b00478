"""What an installation opens to the outside, and which values would open more than they show."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
import yaml

from dev.cluster import current
from tests.integration.chart.helm import CHART, EVERYTHING, of_kind, rendered, template, with_required

INGRESS = {"enabled": True, "host": "videos.example.org"}
OPERATIONS = (CHART.parents[1] / "docs" / "operations.md").read_text()


def paths(values: dict[str, Any]) -> list[str]:
    (ingress,) = of_kind(rendered(values), "Ingress")
    (rule,) = ingress["spec"]["rules"]
    return [path["path"] for path in rule["http"]["paths"]]


def notes(values: dict[str, Any]) -> str:
    command = [str(current().tool("helm")), "install", "videotutor", str(CHART), "--dry-run=client", "--values", "-"]
    given = yaml.safe_dump(with_required(values))
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=True, timeout=60)
    return done.stdout.partition("\nNOTES:\n")[2]


def test_by_default_nothing_is_open_outside_the_cluster_and_no_test_endpoint_exists() -> None:
    objects = rendered()
    assert of_kind(objects, "Ingress") == []
    services = [service["spec"] for service in of_kind(objects, "Service")]
    assert {service.get("type", "ClusterIP") for service in services} == {"ClusterIP"}
    (api,) = [item for item in of_kind(objects, "Deployment") if item["metadata"]["name"] == "videotutor-api"]
    environment = api["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "VIDEOTUTOR_TEST_ENDPOINTS", "value": "false"} in environment


def test_an_ingress_opens_signed_requests_only_unless_paths_name_more() -> None:
    assert paths({"ingress": INGRESS}) == ["/jobs", "/images"]
    assert paths({"ingress": INGRESS | {"paths": ["/jobs", "/videos"]}}) == ["/jobs", "/videos"]


def test_an_ingress_lets_the_largest_picture_pass() -> None:
    (ingress,) = of_kind(rendered(EVERYTHING), "Ingress")
    annotations = ingress["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == "8m"
    assert annotations["a/b"] == "true"


def test_the_values_of_the_guide_install() -> None:
    section = OPERATIONS.partition("## Install\n")[2]
    example = yaml.safe_load(section.partition("```yaml\n# values.yaml\n")[2].partition("```")[0])
    (ingress,) = of_kind(rendered(example), "Ingress")
    assert ingress["metadata"]["annotations"] == {"nginx.ingress.kubernetes.io/proxy-body-size": "8m"}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"ingress": INGRESS | {"paths": []}}, "/ingress/paths"),
        ({"ingress": INGRESS | {"paths": ["videos"]}}, "/ingress/paths/0"),
        ({"ingress": INGRESS | {"paths": ["/videos", "/videos"]}}, "/ingress/paths"),
        ({"ingress": INGRESS | {"paths": ["/"]}, "api": {"testEndpoints": True}}, "ingress.paths has /:"),
        ({"ingress": INGRESS | {"paths": ["/test/hello"]}, "api": {"testEndpoints": True}}, "ingress.paths has /test"),
        ({"api": {"testEndpoints": True, "service": {"type": "LoadBalancer"}}}, "api.testEndpoints is true and"),
        ({"ingress": INGRESS, "publicUrl": "https://other.example.org/v"}, "publicUrl has the host other.example.org"),
        ({"ingress": INGRESS | {"host": "*.example.org"}, "publicUrl": "https://a.b.example.org"}, "publicUrl has"),
        (
            {
                "publicUrl": "http://a.b",
                "convexLocal": {"enabled": True, "service": {"type": "LoadBalancer"}},
            },
            "convexLocal.anonymous is true",
        ),
    ],
)
def test_what_would_open_more_than_it_shows_is_refused(values: dict[str, Any], named: str) -> None:
    done = template(values)
    assert done.returncode != 0
    assert named in done.stderr


@pytest.mark.parametrize(
    "values",
    [
        {"ingress": INGRESS | {"paths": ["/"]}},
        {"ingress": INGRESS, "publicUrl": "https://videos.example.org:8443/base", "api": {"testEndpoints": True}},
        {"ingress": INGRESS | {"host": "*.example.org"}, "publicUrl": "https://videos.example.org"},
        {"ingress": INGRESS, "publicUrl": "https://Videos.Example.org"},
    ],
)
def test_what_opens_no_more_than_it_shows_is_accepted(values: dict[str, Any]) -> None:
    done = template(values)
    assert done.returncode == 0, done.stderr


def test_the_notes_say_what_is_open() -> None:
    quiet = notes({})
    assert "inside the cluster: every pod" in quiet
    assert "WARNING" not in quiet
    closed = notes({"ingress": INGRESS, "networkPolicy": {"apiFrom": [{"podSelector": {}}]}})
    assert "inside the cluster: networkPolicy.apiFrom" in closed
    assert "at videos.example.org: /jobs, /images\n" in closed
    assert "WARNING" not in closed
    assert "WARNING: /videos, /docs is open" in notes({"ingress": INGRESS | {"paths": ["/jobs", "/videos", "/docs"]}})
    node = notes({"api": {"testEndpoints": True, "service": {"type": "NodePort"}}})
    assert "OUTSIDE the cluster: everything" in node
    assert "WARNING: api.testEndpoints is true" in node


def test_the_notes_warn_of_replicas_that_share_a_volume_of_one_node() -> None:
    warning = "WARNING: api.replicas is 3 and artifacts.accessMode is ReadWriteOnce"
    assert warning in notes({"api": {"replicas": 3}})
    assert warning not in notes({"api": {"replicas": 3}, "artifacts": {"accessMode": "ReadWriteMany"}})


@pytest.mark.parametrize(
    ("values", "opened"),
    [
        ({"ingress": INGRESS}, []),
        ({"ingress": INGRESS | {"paths": ["/jobs", "/videos"]}}, ["/videos/chain-rule/video"]),
        ({"ingress": INGRESS | {"paths": ["/"]}}, ["/videos/chain-rule/video", "/docs"]),
        ({"api": {"service": {"type": "NodePort"}}}, ["/videos/chain-rule/video", "/docs"]),
        ({}, []),
    ],
)
def test_the_notes_lead_to_addresses_that_the_chart_opens(values: dict[str, Any], opened: list[str]) -> None:
    said = notes({"publicUrl": "https://videos.example.org/", **values})
    for path in ("/videos/chain-rule/video", "/docs"):
        assert (f"https://videos.example.org{path}" in said) == (path in opened)
    assert ("port-forward" in said) == ("/videos/chain-rule/video" not in opened)


def test_the_notes_say_that_the_api_serves_no_path_of_the_public_address() -> None:
    warning = "WARNING: publicUrl has the path /base"
    assert warning in notes({"ingress": INGRESS, "publicUrl": "https://videos.example.org/base/"})
    assert warning not in notes({"ingress": INGRESS, "publicUrl": "https://videos.example.org/"})
