"""A fake endpoint and settings that name it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.renderer.llm.fake_endpoint import FakeEndpoint
from videojob.llm import LlmSettings

KEY = "sk-very-secret"


@pytest.fixture
def endpoint() -> Iterator[FakeEndpoint]:
    """Serves for one test."""
    fake = FakeEndpoint()
    yield fake
    fake.stop()


@pytest.fixture
def settings(endpoint: FakeEndpoint) -> LlmSettings:
    """Everything as by default, but nothing is waited for long."""
    return LlmSettings.model_validate({"url": endpoint.url, "model": "teacher-1", "key": KEY, "retries": 0})
