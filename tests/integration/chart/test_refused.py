"""Values that Kubernetes or a part would refuse late, or that would end in a trace of the template, refused by name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.chart.helm import on_cluster, template
from tests.integration.chart.server import kubectl

PLACE = f"chart-refused-{uuid.uuid4().hex[:8]}"
GPU = {"requests": {"nvidia.com/gpu": "0.5"}, "limits": {"nvidia.com/gpu": "0.5"}}
BUNDLE = {"configMap": "empty", "key": "ca.pem"}


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """A namespace with a Secret whose secrets are short, and a ConfigMap without a certificate."""
    short = {"WEBHOOK_SECRET": "short", "CALLBACK_SECRET": "short"}
    bodies: list[dict[str, Any]] = [
        {"kind": "Namespace", "metadata": {"name": PLACE}},
        {"kind": "Secret", "metadata": {"name": "short", "namespace": PLACE}, "stringData": short},
        {"kind": "ConfigMap", "metadata": {"name": "empty", "namespace": PLACE}, "data": {"ca.pem": "none"}},
    ]
    for body in bodies:
        done = kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", **body}))
        assert done.returncode == 0, done.stderr
    yield PLACE
    kubectl("delete", "namespace", PLACE, "--wait=false")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"imagePullSecrets": [{"name": "a"}, {"name": "a"}]}, "imagePullSecrets has a twice: drop one"),
        *(
            (
                {"caBundle": BUNDLE, part: {"extraEnv": [{"name": "SSL_CERT_FILE", "value": "/x"}]}},
                f"{part}.extraEnv has SSL_CERT_FILE, and caBundle.configMap is given",
            )
            for part in ("api", "operator", "renderer")
        ),
        ({"publicUrl": "https://a.example/%zz"}, "/publicUrl"),
        ({"proxy": {"url": "http://[....]:3128"}}, "/proxy/url"),
        ({"convex": {"siteUrl": "https://[1:2"}}, "/convex/siteUrl"),
        ({"ingress": {"paths": ["/jobs/../videos"]}}, "/ingress/paths/0"),
        ({"commonLabels": {"a..b/c": "d"}}, "/commonLabels"),
        ({"fullnameOverride": "", "renderer": {"resources": GPU}}, "renderer.resources.limits.nvidia.com/gpu is 0.5"),
    ],
)
def test_a_value_is_refused_by_its_name(values: dict[str, Any], said: str) -> None:
    done = template(values)

    assert done.returncode != 0
    assert said in done.stderr
    assert "error calling urlParse" not in done.stderr


@pytest.mark.parametrize(
    "url", ["https://a.example/%7Evideos", "http://[2001:db8::1]:8080", "http://[::ffff:10.0.0.1]"]
)
def test_an_address_is_accepted(url: str) -> None:
    done = template({"publicUrl": url})

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"operator": {"namespaces": ["absent-namespace"]}}, "operator.namespaces has absent-namespace, and the clu"),
        ({"secrets": {"existingSecret": "short"}}, "existingSecret names short, whose WEBHOOK_SECRET is too short"),
        ({"caBundle": BUNDLE}, "caBundle.configMap names empty, whose key ca.pem (caBundle.key) has no certificate"),
    ],
)
def test_an_object_that_does_not_serve_is_refused(place: str, values: dict[str, Any], said: str) -> None:
    done = on_cluster("template", "videotutor", place, **values)

    assert done.returncode != 0
    assert said in done.stderr


def test_a_release_whose_name_has_a_dot_is_refused(place: str) -> None:
    assert "the release's name, a.b, has a dot" in on_cluster("template", "a.b", place).stderr
    assert on_cluster("template", "a.b", place, fullnameOverride="ab").returncode == 0
