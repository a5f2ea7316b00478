"""Renders the chart as Helm does, for tests that look at what comes out."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from dev.cluster import current

CHART = Path(__file__).resolve().parents[3] / "charts" / "videotutor"
NAMESPACE = f"chart-{uuid.uuid4().hex[:8]}"
REGISTRY = "registry.example"
"""Where the tests' images would come from: the chart has no default."""
SECRETS = {"webhook": "w" * 16, "callback": "c" * 16}
# Everything that a bare cluster knows and that can be switched on, and values that would break a template which pastes
# them unquoted. What needs the Prometheus operator is MONITORED.
EVERYTHING: dict[str, Any] = {
    "publicUrl": "https://videos.example.org",
    "imagePullSecrets": [{"name": "registry"}],
    "caBundle": {"configMap": "authorities", "key": "ca.pem"},
    "proxy": {"url": "http://proxy.example:3128", "noProxy": [".corp.example"]},
    "commonLabels": {"example.org/owner": "true"},
    "secrets": SECRETS | {"webhookPrevious": "p" * 16, "callbackPrevious": "q" * 16},
    "api": {
        "replicas": 2,
        "serviceAccount": {"annotations": {"example.org/role": "true"}},
        "scheduling": {"nodeSelector": {"pool": "web"}},
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "webOrigins": ["https://app.example.org", "http://localhost:3000"],
        "service": {"type": "NodePort", "nodePort": 31080, "annotations": {"a/b": "yes"}},
    },
    "operator": {
        "replicas": 3,
        "scope": "cluster",
        "extraEnv": [{"name": "ZONE", "value": "a"}],
    },
    "planner": {"llm": {"url": "https://models.example/v1", "model": "teacher-1", "existingSecret": "model-key"}},
    "renderer": {
        "podLabels": {"example.org/team": "12"},
        "podAnnotations": {"linkerd.io/inject": None, "example.org/flag": "true"},
        "nodeSelector": {"pool": "spot"},
        "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "batch",
        "runtimeClassName": "gvisor",
        "extraEnv": [
            {"name": "GREETING", "value": '$(HOME) says "hi"'},
            {"name": "PROXY", "valueFrom": {"configMapKeyRef": {"name": "proxy", "key": "url"}}},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "proxy", "key": "token", "optional": True}}},
        ],
        "allowed": {
            "priorityClassNames": ["batch"],
            "runtimeClassNames": [],
            "nodeSelectors": ["pool=*"],
            "tolerations": [{"key": "spot", "operator": "Exists"}],
            "maxResources": {"cpu": "4", "memory": "8Gi"},
        },
        "voices": {"existingClaim": "piper-voices"},
        "speech": {"url": "https://speech.example/v1", "existingSecret": "speech-key"},
    },
    "ingress": {
        "enabled": True,
        "host": "videos.example.org",
        "paths": ["/jobs", "/images", "/videos"],
        "tlsSecret": "tls",
        "annotations": {"a/b": "true"},
    },
    "convexLocal": {
        "enabled": True,
        "adminKey": "local|0123456789",
        "persistence": {"enabled": True},
        # Not the default ones, which an installation on the same cluster has.
        "service": {"type": "NodePort", "nodePort": 31210, "siteNodePort": 31211},
    },
    "networkPolicy": {
        "apiFrom": [{"ipBlock": {"cidr": "10.0.0.0/8"}}],
        "metricsFrom": [{"namespaceSelector": {"matchLabels": {"team": "12"}}}],
    },
    "podAnnotations": {"example.org/flag": "true"},
    "podLabels": {"example.org/team": "12"},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "video", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "system-cluster-critical",
}
MONITORED: dict[str, Any] = {
    "operator": {
        "metrics": {
            "podMonitor": {"enabled": True, "interval": "1m", "labels": {"release": "true"}},
            "rules": {"enabled": True, "labels": {"release": "true"}},
        }
    }
}


def template(
    values: dict[str, Any] | None = None, chart: Path = CHART, namespace: str = NAMESPACE
) -> subprocess.CompletedProcess[str]:
    """`helm template` with values over the chart's own; the caller looks at the exit status."""
    command = [str(current().tool("helm")), "template", "videotutor", str(chart), "-n", namespace, "--values", "-"]
    given = with_required(values or {})
    return subprocess.run(
        command, input=json.dumps(given), text=True, capture_output=True, check=False, timeout=60, env=os.environ
    )


def on_cluster(command: str, release: str, namespace: str, **values: Any) -> subprocess.CompletedProcess[str]:
    """Helm with lookups in the cluster, but without a change of it; the caller looks at the exit status."""
    cluster = current()
    access = ["--kubeconfig", str(cluster.kubeconfig), "--kube-context", cluster.context]
    given = with_required({"crds": {"install": False}, **values})
    options = ["-n", namespace, "--dry-run=server", "--values", "-"]
    return subprocess.run(
        [str(cluster.tool("helm")), *access, command, release, str(CHART), *options],
        input=json.dumps(given),
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )


def with_required(values: dict[str, Any]) -> dict[str, Any]:
    """These values, and what the chart requires without a cluster: a registry, and signing secrets."""
    images = values.get("images", {})
    required = {"images": {"registry": REGISTRY} | images} if isinstance(images, dict) else {}
    return {"secrets": SECRETS} | values | required


def rendered(
    values: dict[str, Any] | None = None, chart: Path = CHART, namespace: str = NAMESPACE
) -> list[dict[str, Any]]:
    """The objects that the chart makes."""
    done = template(values, chart, namespace)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def cluster_name(part: str, fullname: str = "videotutor", namespace: str = NAMESPACE) -> str:
    """The name of an object of the cluster, unique for the namespace and the full name of a release."""
    digest = hashlib.sha256(f"{namespace}/{fullname}".encode()).hexdigest()[:8]
    return f"{namespace}-{fullname}-{digest}-{part}"


def of_kind(objects: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    """The objects of some kinds."""
    return [thing for thing in objects if thing["kind"] in kinds]


def pod_specs(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and pod spec of everything that runs."""
    for thing in of_kind(objects, "Deployment", "Job"):
        yield thing["metadata"]["name"], thing["spec"]["template"]["spec"]
