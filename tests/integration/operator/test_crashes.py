"""The operator is killed in every phase; what was being done ends well, once."""

from __future__ import annotations

import pytest

from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace, eventually
from tests.integration.operator.process import OperatorProcess
from tests.unit.operator.convex_receiver import Receiver

PHASES = {"Planning": "plan", "Rendering": "scene", "Stitching": "stitch"}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("while_down", [True, False], ids=["pods end while it is down", "pods end after the restart"])
async def test_killed_in_a_phase_it_finishes_and_renders_nothing_twice(
    namespace: Namespace, kubelet: FakeKubelet, operator: OperatorProcess, phase: str, *, while_down: bool
) -> None:
    kubelet.held = {PHASES[phase]}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", phase)

    operator.kill()
    if while_down:
        kubelet.held.clear()
        await namespace.no_pod_pending()
        operator.start()
    else:
        operator.start()
        kubelet.held.clear()
    status = await namespace.phase("calculus", "Succeeded", "Failed")

    assert status["phase"] == "Succeeded", status
    assert len(kubelet.rendered()) == 3
    assert set(kubelet.runs.values()) == {1}
    assert len(await namespace.jobs()) == 5


async def test_killed_again_and_again_it_still_reports_everything_in_order(
    namespace: Namespace,
    kubelet: FakeKubelet,
    convex: tuple[Receiver, str],
    reporting_operator: OperatorProcess,
) -> None:
    receiver, _ = convex
    kubelet.held = set(PHASES.values())
    await namespace.create_video("calculus", sceneCount=2, sessionId="session1", projectId="project1")
    for phase, task in PHASES.items():
        await namespace.phase("calculus", phase)
        reporting_operator.kill()
        kubelet.held.discard(task)
        reporting_operator.start()
    await namespace.phase("calculus", "Succeeded")
    await eventually(lambda: heard_last(receiver, "Succeeded"))

    sequences = [event["sequence"] for event in receiver.events]
    assert sequences == sorted(sequences)
    ids = {event["sequence"]: event["eventId"] for event in receiver.events}
    assert len(set(ids.values())) == len(ids)
    assert set(kubelet.runs.values()) == {1}


@pytest.mark.parametrize("phase", PHASES)
async def test_killed_while_pods_end_it_still_reports_every_phase(
    namespace: Namespace,
    kubelet: FakeKubelet,
    convex: tuple[Receiver, str],
    reporting_operator: OperatorProcess,
    phase: str,
) -> None:
    receiver, _ = convex
    kubelet.held = {PHASES[phase]}
    await namespace.create_video("calculus", sceneCount=2, sessionId="session1", projectId="project1")
    await namespace.phase("calculus", phase)
    before = list(PHASES)[: list(PHASES).index(phase)]
    await eventually(lambda: heard(receiver, before))
    reporting_operator.kill()
    kubelet.held.clear()
    await namespace.no_pod_pending()
    reporting_operator.start()
    await eventually(lambda: heard_last(receiver, "Succeeded"))

    phases = list(dict.fromkeys(event["phase"] for event in receiver.events))
    assert phases == ["Planning", "Rendering", "Stitching", "Succeeded"]


async def heard(receiver: Receiver, phases: list[str]) -> bool:
    return {event["phase"] for event in receiver.events} >= set(phases)


async def heard_last(receiver: Receiver, phase: str) -> bool:
    return bool(receiver.events) and receiver.events[-1]["phase"] == phase
