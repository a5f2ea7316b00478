"""Values that are right by themselves and wrong together, and values that only the cluster shows to be wrong."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.chart.helm import MONITORED, of_kind, on_cluster, rendered, template
from tests.integration.chart.server import kubectl

LLM = {"url": "https://a.b", "model": "m"}


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (
            {"publicUrl": "https://a.b", "convex": {"siteUrl": "https://happy-otter-123.convex.cloud"}},
            "convex.siteUrl ends with .convex.cloud, where functions are called",
        ),
        ({"publicUrl": "https://a.b/?x=1"}, "/publicUrl"),
        ({"publicUrl": "https://me@a.b"}, "/publicUrl"),
        ({"publicUrl": "https://a.b:0"}, "/publicUrl"),
        ({"secrets": {"webhook": "s" * 20, "callback": "s" * 20}}, "secrets.webhook and secrets.callback are the same"),
        ({"secrets": {"webhook": "s" * 20, "callback": "s" * 20 + "\n"}}, "secrets.webhook and secrets.callback are"),
        ({"secrets": {"webhook": "s" * 20 + "\n" + "t" * 20}}, "secrets.webhook must be one line"),
        ({"secrets": {"webhook": "s" * 15 + "\n"}}, "secrets.webhook is too short"),
        ({"convexLocal": {"adminKey": "two\nlines"}}, "convexLocal.adminKey must be one line"),
        ({"api": {"service": {"nodePort": 30080}}}, "api.service.nodePort is given and api.service.type is ClusterIP"),
        ({"convexLocal": {"service": {"siteNodePort": 30080}}}, "convexLocal.service.siteNodePort is given and"),
        (
            {"convexLocal": {"service": {"type": "NodePort", "nodePort": 30080, "siteNodePort": 30080}}},
            "convexLocal.service.siteNodePort is 30080, which another Service of this chart has",
        ),
        ({"api": {"service": {"type": "NodePort", "nodePort": 80}}}, "/api/service/nodePort"),
        ({"api": {"webOrigins": ["*", "https://a.b"]}}, "api.webOrigins has * and others"),
        ({"renderer": {"speech": {"existingSecret": "key"}}}, "renderer.speech.url is empty"),
        ({"planner": {"llm": LLM | {"timeoutSeconds": 700}}}, "planner.llm.timeoutSeconds is 700, more than"),
        ({"planner": {"llm": LLM | {"maxTokens": 100}}}, "planner.llm.replyTokens is 16000, more than"),
        ({"renderer": {"resources": {"limits": {"memory": "1Mi"}, "requests": {"memory": "1Mi"}}}}, "at least 256Mi"),
        ({"api": {"resources": {"limits": {"cpu": 0}}}}, "api.resources.limits.cpu is 0"),
        ({"artifacts": {"size": "0"}}, "/artifacts/size"),
        ({"artifacts": {"size": "20m"}}, "/artifacts/size"),
        ({"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}, "takes no value"),
        ({"renderer": {"tolerations": [{"value": "b"}]}}, "renderer.tolerations: an entry without key"),
        ({"tolerations": [{"key": "a", "tolerationSeconds": 5}]}, "needs effect: NoExecute"),
        ({"affinity": {"nodeAffinity": {"required": {}}}}, "/affinity/nodeAffinity"),
        ({"networkPolicy": {"apiFrom": [{"nonsense": 1}]}}, "/networkPolicy/apiFrom/0"),
        ({"networkPolicy": {"apiFrom": [{"ipBlock": {"cidr": "10.0.0.0"}}]}}, "/networkPolicy/apiFrom/0/ipBlock/cidr"),
        ({"operator": {"extraEnv": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}}, "has A twice"),
    ],
)
def test_values_that_do_not_go_together_are_refused_by_name(values: dict[str, Any], named: str) -> None:
    done = template(values)
    assert done.returncode != 0
    assert named in done.stderr
    assert "s" * 15 not in done.stderr


def test_white_space_around_a_secret_is_not_part_of_it() -> None:
    def data(**given: str) -> Any:
        return of_kind(rendered({"secrets": given}), "Secret")[0]["data"]

    assert data(webhook=" wwwwwwwwwwwwwwwwwwww\n", callback="c" * 20) == data(webhook="w" * 20, callback="c" * 20)


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """A namespace without a release."""
    name = f"chart-values-{uuid.uuid4().hex[:8]}"
    assert kubectl("create", "namespace", name).returncode == 0
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize("field", ["podMonitor", "rules"])
def test_monitoring_without_the_prometheus_operator_is_refused(field: str, place: str) -> None:
    metrics = {field: MONITORED["operator"]["metrics"][field]}
    done = on_cluster("template", "videotutor", place, operator={"metrics": metrics})
    assert done.returncode != 0
    assert f"operator.metrics.{field}.enabled is true, and the cluster has no definition of" in done.stderr
    assert template({"operator": {"metrics": metrics}}).returncode == 0


@pytest.mark.parametrize(
    ("field", "keys", "values"),
    [
        ("secrets.existingSecret", ["WEBHOOK_SECRET"], {"secrets": {"existingSecret": "given"}}),
        (
            "secrets.existingSecret",
            ["WEBHOOK_SECRET", "CALLBACK_SECRET"],
            {
                "secrets": {"existingSecret": "given"},
                "publicUrl": "https://a.b",
                "convex": {"siteUrl": "https://c.convex.site"},
            },
        ),
        (
            "planner.llm.existingSecret",
            ["VIDEOTUTOR_LLM_KEY"],
            {"planner": {"llm": LLM | {"existingSecret": "given"}}},
        ),
        (
            "renderer.speech.existingSecret",
            ["VIDEOTUTOR_SPEECH_KEY"],
            {"renderer": {"speech": {"url": "https://a.b", "existingSecret": "given"}}},
        ),
    ],
)
def test_a_secret_that_is_not_in_the_cluster_is_named_before_anything_is_installed(
    place: str, field: str, keys: list[str], values: dict[str, Any]
) -> None:
    kubectl("delete", "secret", "given", "-n", place, "--ignore-not-found")
    absent = on_cluster("template", "videotutor", place, **values)
    assert f"{field} names given, and the namespace {place} has no Secret of that name" in absent.stderr
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "given"}, "stringData": {}}
    for key in keys:
        assert kubectl("apply", "-n", place, "-f", "-", stdin=json.dumps(secret)).returncode == 0
        without = on_cluster("template", "videotutor", place, **values)
        assert f"{field} names given, and that Secret of the namespace {place} has no {key}" in without.stderr
        secret["stringData"] |= {key: "s" * 20}
    assert kubectl("apply", "-n", place, "-f", "-", stdin=json.dumps(secret)).returncode == 0
    done = on_cluster("template", "videotutor", place, **values)
    assert done.returncode == 0, done.stderr
