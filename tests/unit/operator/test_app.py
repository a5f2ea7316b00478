"""How the operator ends when one of its parts does."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from tests.unit.operator.fake_cluster import FakeCluster
from videotutor_operator import handlers
from videotutor_operator.app import App
from videotutor_operator.cluster import Cluster
from videotutor_operator.errors import ClusterError
from videotutor_operator.settings import load


async def test_watching_that_ends_by_itself_is_an_error_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ends(*_: Any) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(handlers, "watch", ends)
    monkeypatch.setenv("VIDEOTUTOR_NAMESPACE", "lessons")
    monkeypatch.setenv("VIDEOTUTOR_RENDERER_IMAGE", "videotutor/renderer:1")
    monkeypatch.setenv("VIDEOTUTOR_ARTIFACTS_CLAIM", "artifacts")
    monkeypatch.setenv("VIDEOTUTOR_HEALTH_PORT", "0")

    with pytest.raises(ClusterError, match="watch ended by itself"):
        await App(load(), cast("Cluster", FakeCluster()), asyncio.Event()).run()
