from __future__ import annotations

import json
import logging
import subprocess
import sys

import httpx
import pytest

from videotutor_operator import health, logs
from videotutor_operator.core.allowance import Allowance, Limits
from videotutor_operator.manifests.speech import Speech
from videotutor_operator.settings import BadSettingsError, load
from videotutor_operator.watching import videojobs

GOOD = {
    "VIDEOTUTOR_NAMESPACE": "videotutor",
    "VIDEOTUTOR_RENDERER_IMAGE": "videotutor/renderer:1",
    "VIDEOTUTOR_ARTIFACTS_CLAIM": "artifacts",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in (
        "CONVEX_SITE_URL",
        "CALLBACK_SECRET",
        "VIDEOTUTOR_PUBLIC_URL",
        "VIDEOTUTOR_POD_DEFAULTS",
        "VIDEOTUTOR_LEASE",
        "VIDEOTUTOR_SCOPE",
        "VIDEOTUTOR_NAMESPACES",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.parametrize(("text", "seconds"), [("", 70), ("5", 5)])
def test_a_watch_is_made_anew_when_it_was_silent_for_as_long_as_is_set(
    environment: pytest.MonkeyPatch, text: str, seconds: float
) -> None:
    environment.setenv("VIDEOTUTOR_WATCH_INACTIVITY_SECONDS", text)

    assert videojobs.kopf_settings(load().watch_inactivity).watching.inactivity_timeout == seconds


def test_the_least_that_is_needed(environment: pytest.MonkeyPatch) -> None:
    settings = load()

    assert not settings.site().reports
    assert settings.runtime().pod.limits == {"cpu": "2", "memory": "1536Mi", "ephemeral-storage": "2560Mi"}


def test_everything_set(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CONVEX_SITE_URL", "http://convex:3211/")
    environment.setenv("CALLBACK_SECRET", "the-callback-secret")
    environment.setenv("VIDEOTUTOR_PUBLIC_URL", "http://localhost:8080/")
    environment.setenv("VIDEOTUTOR_POD_DEFAULTS", '{"limits": {"memory": "1Gi"}}')
    environment.setenv("VIDEOTUTOR_JOB_SERVICE_ACCOUNT", "videotutor-renderer")

    environment.setenv("VIDEOTUTOR_VOICES_CLAIM", "piper-voices")
    environment.setenv("VIDEOTUTOR_SPEECH_URL", "https://speech.example/v1/")
    environment.setenv("VIDEOTUTOR_SPEECH_CREDENTIALS", "speech-key")

    settings = load()

    receiver = settings.receiver()
    assert receiver.site_url == "http://convex:3211"
    assert settings.site().public_url == "http://localhost:8080"
    assert settings.runtime().pod.limits == {"memory": "1Gi"}
    assert settings.runtime().service_account == "videotutor-renderer"
    assert settings.runtime().speech == Speech("piper-voices", "https://speech.example/v1", "tts-1", "speech-key")


@pytest.mark.parametrize(
    ("scope", "namespaces", "served"),
    [
        ("", "", ("videotutor",)),
        ("namespace", "team-a, team-b,team-a", ("team-a", "team-b")),
        ("namespace", "videotutor", ("videotutor",)),
        ("cluster", "", None),
    ],
)
def test_the_namespaces_that_are_served(
    environment: pytest.MonkeyPatch, scope: str, namespaces: str, served: tuple[str, ...] | None
) -> None:
    environment.setenv("VIDEOTUTOR_SCOPE", scope)
    environment.setenv("VIDEOTUTOR_NAMESPACES", namespaces)

    assert load().served_namespaces == served


def test_a_list_of_namespaces_contradicts_the_scope_cluster(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("VIDEOTUTOR_SCOPE", "cluster")
    environment.setenv("VIDEOTUTOR_NAMESPACES", "team-a")

    with pytest.raises(BadSettingsError, match="VIDEOTUTOR_NAMESPACES is set, so VIDEOTUTOR_SCOPE must be namespace"):
        load()


def test_fifty_jobs_are_active_at_a_time_unless_it_is_set(environment: pytest.MonkeyPatch) -> None:
    assert load().limits() == Limits(max_active_jobs=50, max_active_jobs_per_namespace=0)

    environment.setenv("VIDEOTUTOR_MAX_ACTIVE_JOBS", "0")
    environment.setenv("VIDEOTUTOR_MAX_ACTIVE_JOBS_PER_NAMESPACE", "5")

    assert load().limits() == Limits(max_active_jobs=0, max_active_jobs_per_namespace=5)


def test_what_a_pod_template_may_set_is_read_for_every_decision(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("VIDEOTUTOR_ALLOWED", '{"priorityClassNames": ["low"]}')

    assert load().site().allowance == Allowance(priority_class_names=("low",))


def test_a_process_is_known_by_its_pod_or_else_by_a_name_of_its_own(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("POD_NAME", raising=False)
    assert load().identity != load().identity

    environment.setenv("POD_NAME", "videotutor-operator-7d9f-x2x")
    assert load().identity == "videotutor-operator-7d9f-x2x"


def test_there_is_no_election_unless_a_lease_is_named(environment: pytest.MonkeyPatch) -> None:
    assert load().lease == ""

    environment.setenv("VIDEOTUTOR_LEASE", "videotutor-operator")
    assert load().lease == "videotutor-operator"
    assert load().lease_seconds == 15


def test_empty_means_absent(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CONVEX_SITE_URL", "")

    assert not load().site().reports


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VIDEOTUTOR_NAMESPACE", "Not A Name"),
        ("VIDEOTUTOR_WRITES_PER_SECOND", "0"),
        ("VIDEOTUTOR_RENDERER_PULL_POLICY", "Sometimes"),
        ("VIDEOTUTOR_POD_DEFAULTS", "{"),
        ("VIDEOTUTOR_POD_DEFAULTS", '{"labels": {"videotutor.dev/task": "x"}}'),
        ("VIDEOTUTOR_ALLOWED", '{"maxResources": {"memory": "lots"}}'),
        ("VIDEOTUTOR_NAMESPACES", "team-a,,team-b"),
        ("VIDEOTUTOR_NAMESPACES", "Not A Name"),
        ("VIDEOTUTOR_MAX_ACTIVE_JOBS", "-1"),
        ("VIDEOTUTOR_MAX_ACTIVE_JOBS_PER_NAMESPACE", "many"),
        ("VIDEOTUTOR_HEALTH_PORT", "99999"),
        ("VIDEOTUTOR_JOB_SERVICE_ACCOUNT", "Not A Name"),
        ("VIDEOTUTOR_LEASE", "Not A Name"),
        ("VIDEOTUTOR_LEASE_SECONDS", "1"),
        ("CONVEX_SITE_URL", "convex:3211"),
        ("VIDEOTUTOR_VOICES_CLAIM", "Not A Name"),
        ("VIDEOTUTOR_SPEECH_URL", "speech:8000"),
        ("VIDEOTUTOR_SPEECH_CREDENTIALS", "Not A Name"),
    ],
)
def test_a_bad_value_is_named_by_its_variable(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)

    with pytest.raises(BadSettingsError, match=name):
        load()


def test_reports_need_a_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CONVEX_SITE_URL", "http://convex:3211")

    with pytest.raises(BadSettingsError, match="CALLBACK_SECRET"):
        load()


@pytest.mark.parametrize(("secret", "is_accepted"), [("fifteen-letters", False), ("sixteen-letters!", True)])
def test_a_callback_secret_that_can_be_guessed_is_refused(
    environment: pytest.MonkeyPatch,
    secret: str,
    is_accepted: bool,  # noqa: FBT001
) -> None:
    environment.setenv("CALLBACK_SECRET", f" {secret}\n")
    if is_accepted:
        assert load().callback_secret.get_secret_value() == secret
        return
    with pytest.raises(BadSettingsError, match=r"CALLBACK_SECRET: .*must have at least 16 characters") as refusal:
        load()
    assert secret not in str(refusal.value)


def test_the_program_says_what_is_missing_and_exits_with_2() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "videotutor_operator"], env={"PATH": ""}, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 2
    assert ended.stderr.startswith("bad settings: ")
    assert all(name in ended.stderr for name in GOOD)


def test_a_secret_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CONVEX_SITE_URL", "http://convex:3211")
    environment.setenv("CALLBACK_SECRET", "the-callback-secret")
    settings = load()

    assert "the-callback-secret" not in repr(settings)
    assert "the-callback-secret" not in repr(settings.receiver())


def test_a_log_line_is_json_with_its_traceback() -> None:
    try:
        int("bad\nline")
    except ValueError:
        record = logging.LogRecord("n", logging.ERROR, "p", 1, "it %s", ("failed",), sys.exc_info())
    record.videojob = "calculus"

    line = logs.JsonFormatter().format(record)

    entry = json.loads(line)
    assert "\n" not in line
    assert (entry["message"], entry["videojob"], entry["level"]) == ("it failed", "calculus", "ERROR")
    assert "ValueError: invalid" in entry["traceback"]


async def test_health_answers_200_or_503_with_what_is_wrong() -> None:
    problems: dict[str, str] = {}
    runner = await health.serve(0, alive=dict, ready=lambda: problems, about=lambda: {"role": "standby"})
    port = next(address[1] for address in runner.addresses if address[0] == "0.0.0.0")  # noqa: S104 -- compared only
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            well = await http.get("/readyz")
            problems["cache"] = "not filled"
            ill = await http.get("/readyz")
            alive = await http.get("/healthz")
    finally:
        await runner.cleanup()

    assert (well.status_code, alive.status_code) == (200, 200)
    assert ill.status_code == 503
    assert ill.json() == {"status": "failing", "role": "standby", "problems": {"cache": "not filled"}}


def test_the_language_model_is_given_as_json_and_its_key_as_the_name_of_a_secret(
    environment: pytest.MonkeyPatch,
) -> None:
    assert load().runtime().llm.settings is None
    environment.setenv(
        "VIDEOTUTOR_LLM", '{"url": "https://models.example/v1", "model": "teacher-1", "maxTokens": 5000}'
    )
    environment.setenv("VIDEOTUTOR_LLM_CREDENTIALS", "model-key")

    access = load().runtime().llm

    assert access.settings is not None
    assert (access.settings.model, access.settings.max_tokens, access.secret) == ("teacher-1", 5000, "model-key")


def test_a_wrong_setting_of_the_language_model_is_named(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("VIDEOTUTOR_LLM", '{"url": "models.example", "model": "teacher-1"}')

    with pytest.raises(BadSettingsError, match=r"VIDEOTUTOR_LLM\.url: .*must begin with http"):
        load()
