"""The environment of the API."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from videotutor_api import __main__
from videotutor_api.settings import SettingsError, load_settings

GOOD = {"VIDEOTUTOR_NAMESPACE": "videos", "WEBHOOK_SECRET": "a-secret-long-enough"}
SHORT = "too-short"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("CONVEX_SITE_URL", "WEBHOOK_SECRET_PREVIOUS", "VIDEOTUTOR_STORE", "PORT", "HOST", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_two_variables_are_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()

    assert settings.namespace == "videos"
    assert settings.webhook_secrets == ("a-secret-long-enough",)
    assert settings.port == 8000
    assert settings.store_root == Path("/artifacts")
    assert settings.probe_port == 8081
    assert not settings.test_endpoints


def test_an_empty_variable_counts_as_absent(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WEBHOOK_SECRET_PREVIOUS", "")
    environment.setenv("PORT", "")

    settings = load_settings()

    assert not settings.webhook_secret_previous
    assert settings.port == 8000


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("VIDEOTUTOR_NAMESPACE", "", "VIDEOTUTOR_NAMESPACE: Field required"),
        ("VIDEOTUTOR_NAMESPACE", "My Videos", "VIDEOTUTOR_NAMESPACE: "),
        ("WEBHOOK_SECRET", "", "WEBHOOK_SECRET: Field required"),
        ("WEBHOOK_SECRET", SHORT, "WEBHOOK_SECRET: must have at least 16 characters"),
        ("WEBHOOK_SECRET_PREVIOUS", SHORT, "WEBHOOK_SECRET_PREVIOUS: must have at least 16 characters"),
        ("CONVEX_SITE_URL", "convex:3211", "CONVEX_SITE_URL: "),
        ("VIDEOTUTOR_STORE", "s3://bucket", "VIDEOTUTOR_STORE: must be file:// and an absolute path"),
        ("VIDEOTUTOR_WEB_ORIGINS", "https://app.example/", "VIDEOTUTOR_WEB_ORIGINS: "),
        ("VIDEOTUTOR_WEB_ORIGINS", "https://a.example,https://b.example", "VIDEOTUTOR_WEB_ORIGINS: "),
        ("PORT", "tcp://10.0.0.1:8000", "PORT: "),
        ("LOG_LEVEL", "LOUD", "LOG_LEVEL: "),
    ],
)
def test_a_wrong_variable_stops_the_api_with_its_name_and_without_its_value(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str, told: str
) -> None:
    environment.setenv(name, value)

    with pytest.raises(SettingsError, match=re.escape(told)) as caught:
        load_settings()
    assert SHORT not in str(caught.value)

    assert __main__.main() == 78
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "", "clusters: []", "\0"])
def test_without_a_way_to_kubernetes_the_api_does_not_start(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)
    environment.setenv("KUBECONFIG", str(file))
    environment.delenv("KUBERNETES_SERVICE_HOST", raising=False)

    assert __main__.main() == 78
    assert "KUBECONFIG: Kubernetes cannot be reached with it" in capsys.readouterr().err
