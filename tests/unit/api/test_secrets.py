"""No secret of the API is in anything that it answers or logs, however it is given and whatever fails."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import SecretStr

from tests.unit.api.conftest import SECRET, generate_body, post_signed, running
from tests.unit.api.fake_kubernetes import FakeKubernetes
from tests.unit.secret_table import (
    CORE,
    FORMS,
    GIVEN,
    UNUSABLE,
    VALUE,
    assert_hidden,
    assert_known,
    echoes,
    read_by,
    watched,
)
from videojob import secret
from videotutor_api import __main__, logs
from videotutor_api.settings import Settings, SettingsError, load_settings
from videotutor_api.storage.videojobs import VideoJobs

NAMES = read_by("api")
SIGNING = [name for name in NAMES if name.startswith("WEBHOOK_")]
REQUEST = ("GET", "/videos/video-1")


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "_known", {})


@pytest.fixture
def given(environment: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment with one secret."""
    return {**environment, request.param: GIVEN}


every_secret = pytest.mark.parametrize("given", NAMES, indirect=True)


@asynccontextmanager
async def watching(
    environment: dict[str, str], kubernetes: FakeKubernetes
) -> AsyncIterator[tuple[httpx.AsyncClient, io.StringIO]]:
    """A client of the API, and what the API writes."""
    with watched(logs.json_handler) as out:
        async with running(environment, kubernetes) as api:
            yield api, out


def assert_not_seen(answer: httpx.Response, out: io.StringIO) -> None:
    assert_hidden(answer.text, dict(answer.headers), out.getvalue())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_known_as_the_same_secret(environment: dict[str, str], name: str, form: str) -> None:
    settings = Settings.model_validate({**environment, name: FORMS[form]})
    assert VALUE in [field.get_secret_value() for _, field in settings if isinstance(field, SecretStr)]
    assert_known(*([] if name == "WEBHOOK_SECRET" else [SECRET]))


@pytest.mark.parametrize("name", SIGNING)
@pytest.mark.parametrize("form", FORMS)
async def test_a_webhook_is_verified_with_the_secret_without_white_space(
    environment: dict[str, str], kubernetes: FakeKubernetes, name: str, form: str
) -> None:
    async with watching({**environment, name: FORMS[form]}, kubernetes) as (api, out):
        answer = await post_signed(api, "/jobs/generate", generate_body(), VALUE)
    assert answer.status_code == 202
    assert_not_seen(answer, out)


@every_secret
@pytest.mark.parametrize("signed_with", ["another-secret-altogether", VALUE + "\n"])
async def test_a_wrong_signature(given: dict[str, str], kubernetes: FakeKubernetes, signed_with: str) -> None:
    async with watching(given, kubernetes) as (api, out):
        answer = await post_signed(api, "/jobs/generate", generate_body(), signed_with)
    assert answer.status_code == 401
    assert_not_seen(answer, out)


@every_secret
async def test_an_unexpected_exception_is_only_in_the_log(
    given: dict[str, str],
    kubernetes: FakeKubernetes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(*_: object) -> None:
        raise ValueError(f"Invalid header value {VALUE.encode()!r}")

    monkeypatch.setattr(VideoJobs, "get", fail)
    async with watching(given, kubernetes) as (api, out):
        answer = await api.request(*REQUEST)
    assert answer.status_code == 500
    assert "ValueError" not in answer.text
    assert "ValueError: Invalid header value b" in out.getvalue()
    assert_not_seen(answer, out)


@every_secret
@pytest.mark.parametrize(
    ("status", "echo"), [(422, echo) for echo in echoes()] + [(status, "as it is") for status in (403, 409, 500)]
)
async def test_a_refusal_by_kubernetes_that_repeats_it(
    given: dict[str, str], kubernetes: FakeKubernetes, status: int, echo: str
) -> None:
    said = f"denied: {echoes()[echo]}"
    kubernetes.refuse(status, {"message": said, "details": {"causes": [{"field": "spec", "message": said}]}})
    async with watching(given, kubernetes) as (api, out):
        answer = await api.request(*REQUEST)
    assert answer.status_code in {422, 503}
    assert_not_seen(answer, out)


@every_secret
async def test_an_unreachable_kubernetes(given: dict[str, str], kubernetes: FakeKubernetes) -> None:
    await kubernetes.stop()
    async with watching(given, kubernetes) as (api, out):
        answer = await api.request(*REQUEST)
    assert answer.status_code == 503
    assert_not_seen(answer, out)


Behaviour = Callable[[web.Request], web.Response]
CONVEX: dict[str, Behaviour] = {
    "404 in its own form": lambda _: web.json_response({"error": f"unknown session {VALUE}"}, status=404),
    "401": lambda request: web.Response(status=401, text=f"{VALUE} {dict(request.headers)}"),
    "500": lambda _: web.Response(status=500, text=VALUE),
    "garbage": lambda _: web.Response(text=VALUE),
    "redirect": lambda _: web.Response(status=307, headers={"location": f"http://x:{CORE}@127.0.0.1:9/"}),
}


@pytest.fixture
async def convex(behaviour: str) -> Any:
    app, answer = web.Application(), CONVEX.get(behaviour)

    async def check(request: web.Request) -> web.Response:
        assert answer
        return answer(request)

    app.router.add_post("/videotutor/check", check)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}" if answer else "http://127.0.0.1:9"
    await runner.cleanup()


@pytest.mark.parametrize("behaviour", [*CONVEX, "refuses the connection"])
async def test_whatever_convex_does(environment: dict[str, str], kubernetes: FakeKubernetes, convex: str) -> None:
    given = {**environment, "WEBHOOK_SECRET_PREVIOUS": GIVEN, "CONVEX_SITE_URL": convex}
    async with watching(given, kubernetes) as (api, out):
        answer = await post_signed(api, "/jobs/generate", generate_body(), SECRET)
    assert answer.status_code in {202, 404}
    assert_not_seen(answer, out)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", UNUSABLE)
def test_an_unusable_secret_stops_the_api_with_the_name_of_its_variable(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    form: str,
) -> None:
    for variable, value in {**environment, name: UNUSABLE[form]}.items():
        monkeypatch.setenv(variable, value)
    assert __main__.main() == 78
    out, err = capsys.readouterr()
    assert f"{name}: must be one line of printable ASCII" in err
    assert_hidden(out, err)


@pytest.mark.parametrize("name", [field.validation_alias for field in Settings.model_fields.values()])
@pytest.mark.parametrize("value", [VALUE, f"http://user:{VALUE}@convex.example", f"http://convex.example/?k={VALUE}"])
def test_a_secret_in_any_variable_is_not_repeated(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    for variable, good in {**environment, name: value}.items():
        monkeypatch.setenv(variable, good)
    try:
        assert_hidden(repr(load_settings()) if name in NAMES else "")
    except SettingsError as error:
        assert_hidden(error)


@pytest.mark.parametrize("content", [VALUE, f"a: b: {VALUE}", f"users: [{{name: x, user: {{token: {VALUE}}}]"])
def test_a_broken_kubeconfig_is_not_repeated(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: str,
) -> None:
    (tmp_path / "kubeconfig").write_text(content)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for variable, value in {**environment, "KUBECONFIG": str(tmp_path / "kubeconfig")}.items():
        monkeypatch.setenv(variable, value)
    assert __main__.main() == 78
    out, err = capsys.readouterr()
    assert "KUBECONFIG: Kubernetes cannot be reached with it" in err
    assert_hidden(out, err)
