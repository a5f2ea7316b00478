from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.operator.allowances import ALLOWED, CLOSED, REFUSED
from tests.unit.operator.world import a_video
from videojob.phases import Phase
from videojob.spec import PodTemplate
from videotutor_operator.core.allowance import Allowance, amount, refusal_of
from videotutor_operator.core.conditions import INVALID_SPEC, reason_of


@pytest.mark.parametrize(("allowed", "asked"), ALLOWED, ids=json.dumps)
def test_what_is_allowed_is_not_refused(allowed: dict[str, Any], asked: dict[str, Any]) -> None:
    assert refusal_of(PodTemplate.model_validate(asked), Allowance.model_validate(allowed)) == ""


@pytest.mark.parametrize(("allowed", "asked", "sentence"), REFUSED, ids=json.dumps)
def test_what_is_refused_is_named_with_what_is_allowed(
    allowed: dict[str, Any], asked: dict[str, Any], sentence: str
) -> None:
    assert refusal_of(PodTemplate.model_validate(asked), Allowance.model_validate(allowed)) == sentence


def test_a_video_whose_pod_template_is_not_allowed_fails_and_starts_nothing() -> None:
    video = a_video(pod_template={"priorityClassName": "low"})
    video.site = replace(video.site, allowance=Allowance.model_validate(CLOSED))

    video.settle()

    assert (video.phase, reason_of(video.status)) == (Phase.FAILED, INVALID_SPEC)
    assert video.status.message == '`spec.podTemplate.priorityClassName`: "low" is not allowed here; leave it out'
    assert video.actions == []

    assert video.edited(pod_template={}).to_the_end().phase is Phase.SUCCEEDED


@pytest.mark.parametrize(
    ("quantity", "number"),
    [
        ("2", 2),
        ("500m", "0.5"),
        ("1Gi", 1024**3),
        ("1.5Gi", 1024**3 + 1024**3 // 2),
        ("1G", 10**9),
        ("1Ki", 1024),
        ("1k", 1000),
        ("250u", "0.00025"),
        ("1n", "0.000000001"),
        ("2E", 2 * 10**18),
        ("2e3", 2000),
        ("1E-1", "0.1"),
        (".5", "0.5"),
        ("-1", -1),
    ],
)
def test_a_quantity_is_a_number(quantity: str, number: str | int) -> None:
    assert amount(quantity) == Decimal(number)


@pytest.mark.parametrize("text", ["", "lots", "1 Gi", "1Kib", "1K", "1gi", "Gi", "1e", "1Gi\n", "0x10", "1e999"])
def test_what_is_no_quantity_has_no_number(text: str) -> None:
    assert amount(text) is None


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"priorityClasses": []}, "priorityClasses"),
        ({"priorityClassNames": ["Not A Name"]}, "priorityClassNames.0"),
        ({"nodeSelectors": ["disk"]}, "nodeSelectors.0"),
        ({"tolerations": [{"effect": "NoSchedule"}]}, "needs operator Exists"),
        ({"tolerations": [{"key": "a", "tolerationSeconds": 5}]}, "leave it out"),
        ({"maxResources": {"memory": "lots"}}, "maxResources.memory: String should match pattern"),
    ],
)
def test_a_wrong_bound_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Allowance.model_validate(fields)

    (problem,) = refused.value.errors()
    assert why in f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
