from __future__ import annotations

import subprocess

import pytest

from tests.integration.chart.helm import EVERYTHING, template
from tests.integration.chart.server import kubectl


def _dry_run(namespace: str, manifests: str) -> subprocess.CompletedProcess[str]:
    options = ["--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict"]
    return kubectl("apply", "-n", namespace, *options, "-f", "-", stdin=manifests)


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_the_api_server_accepts_every_object_without_a_warning(namespace: str, values: dict[str, object]) -> None:
    manifests = template(values).stdout
    done = _dry_run(namespace, manifests)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("serverside-applied") == manifests.count("\nkind: ")


def test_the_check_sees_a_pod_that_breaks_the_standard_and_a_misspelt_field(namespace: str) -> None:
    manifests = template().stdout
    weak = _dry_run(namespace, manifests.replace("runAsNonRoot: true", "runAsNonRoot: false"))
    assert "would violate PodSecurity" in weak.stderr
    misspelt = _dry_run(namespace, manifests.replace("revisionHistoryLimit:", "revisionHistoryLimits:"))
    assert ".spec.revisionHistoryLimits: field not declared in schema" in misspelt.stderr
