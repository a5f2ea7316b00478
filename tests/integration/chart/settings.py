"""The operator's settings as the chart gives them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.chart.helm import of_kind
from videotutor_operator.settings import Settings, load


def settings_of(objects: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that the operator loads from the environment of its Deployment; Kubernetes makes $( of $$(."""
    (operator,) = [d for d in of_kind(objects, "Deployment") if d["metadata"]["name"].endswith("-operator")]
    (container,) = operator["spec"]["template"]["spec"]["containers"]
    for variable in container["env"]:
        monkeypatch.setenv(variable["name"], variable.get("value", "filled-in-by-kubernetes").replace("$$(", "$("))
    return load()
