"""Texts of a container in results and statuses: a terminal that shows them must not obey them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videojob.base import ellipsize
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


def test_a_long_message_keeps_what_failed_and_why() -> None:
    message = "Failed to create pod sandbox: " + "rpc error: " * 100 + "cannot allocate memory\n"
    cut = ellipsize(message, 60)

    assert cut.startswith("Failed to create pod sandbox:")
    assert cut.endswith("cannot allocate memory")


def test_a_counter_that_grows_by_a_digit_does_not_move_the_cut() -> None:
    nine, ten = (f"{'It failed. ' * 20}the server at 10.0.0.1 timed out, attempt {n} of many" for n in (9, 10))

    assert ellipsize(nine, 100) == ellipsize(ten, 100).replace("10 of", "9 of")


@given(st.text(st.characters(exclude_characters="…")), st.integers(2, 40))
def test_a_message_that_is_cut_is_within_its_bound_and_keeps_both_its_ends(text: str, longest: int) -> None:
    line, cut = " ".join(text.split()), ellipsize(text, longest)

    assert len(cut) <= longest
    head, mark, tail = cut.partition("…") if cut != line else (line, "", "")
    assert line.startswith(head)
    assert line.endswith(tail)
    assert bool(mark) is (len(line) > longest)
