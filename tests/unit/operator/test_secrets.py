"""No secret of the operator is in a status, a report, a health answer or the log, however it is given."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import httpx
import pytest
from aiohttp import web
from kubernetes.aio import client

from tests.unit.operator.convex_receiver import Misbehaviour, Receiver, breaks_off, hangs_up, talks_nonsense
from tests.unit.operator.desk import Desk, running, shortened, until
from tests.unit.operator.test_wire import refusing, talking_to
from tests.unit.operator.world import a_video
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
from videojob.signatures import webhook_headers
from videotutor_operator import __main__, health, logs
from videotutor_operator.cluster import wire
from videotutor_operator.errors import ClusterError
from videotutor_operator.reports import reporter as reporting
from videotutor_operator.reports.convex import Receiver as Configured
from videotutor_operator.reports.reporter import Reporter
from videotutor_operator.settings import BadSettingsError, Settings, load

GOOD = {
    "VIDEOTUTOR_NAMESPACE": "videotutor",
    "VIDEOTUTOR_RENDERER_IMAGE": "videotutor/renderer:1",
    "VIDEOTUTOR_ARTIFACTS_CLAIM": "artifacts",
    "CONVEX_SITE_URL": "http://convex:3211",
    "CALLBACK_SECRET": "the-callback-secret",
}
NAMES = read_by("operator")


@pytest.fixture(autouse=True)
def _nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(secret, "_known", {})
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    with shortened():
        yield


def handler(stream: TextIO) -> logging.Handler:
    made = logging.StreamHandler(stream)
    made.setFormatter(logs.JsonFormatter())
    return made


@pytest.fixture
def configured(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Configured:
    """The receiver with the secret as a test gives it."""
    monkeypatch.setenv("CALLBACK_SECRET", getattr(request, "param", GIVEN))
    return load().receiver()


in_every_form = pytest.mark.parametrize("configured", FORMS.values(), ids=FORMS, indirect=True)


@in_every_form
def test_every_secret_that_the_operator_reads_is_driven_here(configured: Configured) -> None:
    assert NAMES == ["CALLBACK_SECRET"]
    assert configured.secret == VALUE
    assert_known()
    assert_hidden(repr(configured))


async def reported(site_url: str, configured: Configured, reason: str) -> str:
    """What is said and logged of a report that fails for this reason."""
    video = a_video().planning()
    desk = Desk(Receiver(), site_url)
    desk.reporter = Reporter(Configured(site_url, configured.secret), desk.jobs.get, desk.changed.append)
    with watched(handler) as out:
        async with running(desk.reporter):
            desk.offer(video)
            await desk.failed(video, reason)
    assert "report 1 of lessons/calculus: " in out.getvalue()
    return repr(desk.reporter.delivery(video.job.uid)) + out.getvalue()


async def serving(answer: Any) -> tuple[web.AppRunner, str]:
    app = web.Application()
    app.router.add_post("/videotutor/events", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@in_every_form
async def test_a_report_is_signed_with_the_secret_without_white_space(configured: Configured) -> None:
    signed: list[bool] = []

    async def verify(request: web.Request) -> web.Response:
        identity, moment = request.headers["webhook-id"], int(request.headers["webhook-timestamp"])
        expected = webhook_headers([VALUE], identity, moment, await request.read())["webhook-signature"]
        signed.append(request.headers["webhook-signature"] == expected)
        return web.Response(status=401)

    runner, url = await serving(verify)
    await reported(url, configured, "Rejected")
    await runner.cleanup()
    assert set(signed) == {True}


@pytest.mark.parametrize(
    ("status", "reason", "echo"),
    [
        *((401, "Rejected", echo) for echo in (*echoes(), "cut off inside of it")),
        (404, "NotFound", "as it is"),
        (422, "Rejected", "as it is"),
    ],
)
async def test_an_answer_of_convex_that_repeats_it(configured: Configured, status: int, reason: str, echo: str) -> None:
    text = echoes().get(echo) or " " * 4080 + VALUE

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    runner, url = await serving(answer)
    delivery = await reported(url, configured, reason)
    await runner.cleanup()
    assert f"Convex answered {status}" in delivery
    assert_hidden(delivery)


@pytest.mark.parametrize("misbehaviour", [hangs_up, talks_nonsense, breaks_off])
async def test_a_convex_that_breaks_off(configured: Configured, misbehaviour: Misbehaviour) -> None:
    async def answer(request: web.Request) -> web.Response:
        await misbehaviour(request)
        assert request.transport
        request.transport.close()
        return web.Response()

    runner, url = await serving(answer)
    delivery = await reported(url, configured, "Retrying" if misbehaviour is breaks_off else "Unreachable")
    await runner.cleanup()
    assert_hidden(delivery)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", f"http://user:{CORE}@127.0.0.1:9"])
async def test_a_convex_that_is_not_there(configured: Configured, address: str) -> None:
    delivery = await reported(address, configured, "Unreachable")
    assert "ConnectError" in delivery
    assert_hidden(delivery)


async def test_an_exception_while_reporting_is_only_in_the_log(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise ValueError(f"Invalid header value {VALUE.encode()!r}")

    monkeypatch.setattr(reporting, "send", fail)
    video, desk = a_video().planning(), Desk(Receiver(), "http://127.0.0.1:9")
    with watched(handler) as out:
        async with running(desk.reporter):
            desk.offer(video)
            await until(lambda: "failed unexpectedly" in out.getvalue())
    assert "ValueError: Invalid header value b" in out.getvalue()
    assert_hidden(repr(desk.reporter.delivery(video.job.uid)), out.getvalue())


@pytest.mark.parametrize("echo", echoes())
async def test_health_does_not_show_it(configured: Configured, echo: str) -> None:
    def problems() -> dict[str, str]:
        return {"election": f"the Lease cannot be had: {echoes()[echo]}"}

    runner = await health.serve(0, alive=problems, ready=problems)
    port = next(address[1] for address in runner.addresses if address[0] == "0.0.0.0")  # noqa: S104 -- compared only
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        answers = [await http.get(path) for path in ("/healthz", "/readyz", "/metrics")]
    await runner.cleanup()
    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].json()["problems"]["election"].startswith("the Lease cannot be had: ")
    assert_hidden(*(answer.text for answer in answers))


@pytest.mark.parametrize(
    ("status", "echo"), [(422, echo) for echo in echoes()] + [(status, "as it is") for status in (403, 409, 500)]
)
async def test_an_answer_of_the_api_server_that_repeats_it(configured: Configured, status: int, echo: str) -> None:
    body = json.dumps({"kind": "Status", "message": f"denied: {echoes()[echo]}"})
    async with talking_to(refusing(status, body)) as connection:
        with pytest.raises(ClusterError, match="denied: ") as caught:
            await connection.call("GET", "/api/v1/pods")
    assert_hidden(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        f"http://user:{CORE}@127.0.0.1:9",
        f"http://{CORE}.invalid",
        f"http://127.0.0.1:9/{CORE}",
        CORE,
    ],
)
async def test_an_api_server_that_does_not_answer_is_not_shown_with_its_address(host: str) -> None:
    connection = wire.Wire(client.Configuration(host=host))
    with pytest.raises(ClusterError, match=r"^GET /api/v1/pods: \w+(: .*)?$") as caught:
        await connection.call("GET", "/api/v1/pods")
    await connection.close()
    assert_hidden(caught.value)


@pytest.mark.parametrize("content", [VALUE, f"a: b: {VALUE}", f"users: [{{name: x, user: {{token: {VALUE}}}]"])
async def test_a_broken_kubeconfig_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    (tmp_path / "kubeconfig").write_text(content)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setattr("kubernetes.aio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    with pytest.raises(ClusterError, match="no usable KUBECONFIG: ") as caught:
        await wire.connect()
    assert_hidden(caught.value)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", UNUSABLE)
def test_an_unusable_secret_stops_the_operator_with_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, form: str
) -> None:
    monkeypatch.setenv(name, UNUSABLE[form])
    assert __main__.main() == 2
    out, err = capsys.readouterr()
    assert f"{name}: Value error, must be one line of printable ASCII" in err
    assert_hidden(out, err)


@pytest.mark.parametrize("name", [field.alias for field in Settings.model_fields.values()])
@pytest.mark.parametrize(
    "value",
    [VALUE, f"http://user:{VALUE}@convex.example", f"http://convex.example/?k={VALUE}", f'{{"url": {VALUE}'],
)
def test_a_secret_in_any_variable_is_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    try:
        assert_hidden(repr(load()) if name in NAMES else "")
    except BadSettingsError as error:
        assert_hidden(error)
