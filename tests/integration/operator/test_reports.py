"""What Convex hears of a run on a real API server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace, eventually
from tests.integration.operator.process import OperatorProcess
from tests.unit.operator.convex_receiver import SECRET, Receiver, served


@pytest.mark.usefixtures("reporting_operator")
async def test_every_phase_is_reported_in_order_signed_and_confirmed(
    namespace: Namespace, kubelet: FakeKubelet, convex: tuple[Receiver, str]
) -> None:
    receiver, _ = convex
    await namespace.create_video("calculus", sessionId="session1", projectId="project1")
    await namespace.phase("calculus", "Succeeded")
    status = await confirmed(namespace)

    phases = list(dict.fromkeys(event["phase"] for event in receiver.events))
    assert phases == ["Planning", "Rendering", "Stitching", "Succeeded"]
    last = receiver.events[-1]
    assert last["sequence"] == status["report"]["sequence"]
    assert last["video"]["url"] == "http://videos.test/videos/calculus/video"
    assert (last["sessionId"], last["projectId"], last["progress"]) == ("session1", "project1", 100)
    assert receiver.unsigned == 0
    assert len(receiver.tries) == len({event["eventId"] for event in receiver.tries})


@pytest.mark.usefixtures("reporting_operator")
async def test_an_outage_of_convex_does_not_hold_up_the_video_and_ends_with_the_final_state(
    namespace: Namespace, kubelet: FakeKubelet, convex: tuple[Receiver, str]
) -> None:
    receiver, _ = convex
    receiver.answers = [503, None, 500, 503]
    await namespace.create_video("calculus", sessionId="session1")

    await namespace.phase("calculus", "Succeeded")
    await confirmed(namespace)

    assert receiver.events[-1]["phase"] == "Succeeded"


async def test_convex_away_for_the_whole_run_hears_the_end_when_it_is_back(
    namespace: Namespace, kubelet: FakeKubelet, environment: dict[str, str], tmp_path: Path
) -> None:
    receiver = Receiver()
    async with served(receiver) as url:
        port = int(url.rsplit(":", 1)[1])
    settings = {**environment, "CONVEX_SITE_URL": url, "CALLBACK_SECRET": SECRET}
    operator = OperatorProcess(settings, tmp_path / "operator.log")
    operator.start()
    try:
        await namespace.create_video("calculus", sceneCount=1, sessionId="session1")
        status = await namespace.phase("calculus", "Succeeded")
        assert status["report"]["lastError"] == "Convex cannot be reached: ConnectError"
        async with served(receiver, port):
            await confirmed(namespace)
    finally:
        operator.terminate()

    assert receiver.events[-1]["phase"] == "Succeeded"
    sequences = [event["sequence"] for event in receiver.events]
    assert sequences == sorted(set(sequences))


@pytest.mark.usefixtures("reporting_operator")
async def test_a_video_deleted_while_it_is_made_is_reported_as_cancelled(
    namespace: Namespace, kubelet: FakeKubelet, convex: tuple[Receiver, str]
) -> None:
    receiver, _ = convex
    kubelet.held = {"scene"}
    await namespace.create_video("calculus", sessionId="session1")
    await namespace.phase("calculus", "Rendering")

    await namespace.delete_video("calculus")

    async def cancelled() -> bool:
        return bool(receiver.events[-1]["phase"] == "Cancelled")

    assert await eventually(cancelled)
    assert receiver.events[-1]["message"] == "The VideoJob was deleted."


async def test_the_secret_is_in_no_log_status_or_event(
    namespace: Namespace, kubelet: FakeKubelet, convex: tuple[Receiver, str], reporting_operator: OperatorProcess
) -> None:
    receiver, _ = convex
    receiver.answers = [500]
    await namespace.create_video("calculus", sceneCount=1, sessionId="session1")
    await namespace.phase("calculus", "Succeeded")
    await confirmed(namespace)

    assert "the-callback-secret" not in reporting_operator.log()
    assert "the-callback-secret" not in str(await namespace.video("calculus"))
    assert "the-callback-secret" not in str(await namespace.jobs())


async def confirmed(namespace: Namespace) -> dict[str, Any]:
    """The status, once it says that Convex knows all."""

    async def known() -> dict[str, Any] | None:
        status = await namespace.status("calculus")
        return status if status["report"]["acknowledged"] == status["report"]["sequence"] else None

    return await eventually(known) or {}
