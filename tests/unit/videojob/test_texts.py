"""Texts of a container in results and statuses: a terminal that shows them must not obey them."""

from __future__ import annotations

import json

import pytest

from videojob.results import FailureResult, PlanResult, decode_result
from videojob.status import VideoJobStatus

HOSTILE = "a\0\x1b[2Jb\r\n\x7f\x9bc"
PLAIN = "a  [2Jb    c"
KEPT = "é 数学 👩\u200d🏫 a\u00a0b"
"""Letters of all languages, joiners and spaces that are no control characters."""


@pytest.mark.parametrize(("text", "read"), [(HOSTILE, PLAIN), (KEPT, KEPT)])
def test_a_message_and_a_title_of_a_container_have_no_control_characters(text: str, read: str) -> None:
    failure = decode_result(json.dumps({"task": "failure", "error": {"class": "Internal", "message": text}}))
    plan = decode_result(
        json.dumps({"task": "plan", "planner": "p", "title": text, "storyboard": "s.json", "scenes": [], "note": text})
    )
    assert isinstance(failure, FailureResult)
    assert failure.error.message == read
    assert isinstance(plan, PlanResult)
    assert (plan.title, plan.note) == (read, read)


def test_a_status_of_another_version_has_none_either() -> None:
    assert VideoJobStatus.model_validate({"message": HOSTILE}).message == PLAIN


def test_a_text_is_cut_after_its_bound() -> None:
    assert VideoJobStatus.model_validate({"message": "\0" * 2000}).message == " " * 1024
