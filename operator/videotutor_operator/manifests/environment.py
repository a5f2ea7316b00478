"""Variables of a container."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def variables(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """Variables with these values, by name."""
    return [{"name": name, "value": value} for name, value in values.items()]


def by_reference(name: str, secret: str) -> list[dict[str, Any]]:
    """A variable whose value is what the Secret has under its name; none where no Secret is named."""
    reference = {"secretKeyRef": {"name": secret, "key": name}}
    return [{"name": name, "valueFrom": reference}] if secret else []
