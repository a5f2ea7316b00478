"""The benchmark's objects are as large and as hostile as they claim, and a text that is not bounded is named."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from bench.operator.hostile import messages
from bench.operator.large import problems, storyboard
from videojob.results import COMPRESSED, LIMIT, BadResultError, decode_result
from videojob.spec import VideoJobSpec

READABLE = {"long texts", "long message", "same id twice", "control characters"}
"""Those that the renderer could answer; what is too long in them is cut."""


def test_no_message_is_longer_than_kubernetes_keeps_and_none_is_there_twice() -> None:
    found = messages()
    assert all(0 < len(message.encode()) <= LIMIT for message in found.values())
    assert len(set(found.values())) == len(found)


def test_bombs_unpack_to_megabytes() -> None:
    bombs = [message for name, message in messages().items() if name.startswith("bomb")]
    unpacked = [zlib.decompress(base64.b85decode(bomb.removeprefix(COMPRESSED))) for bomb in bombs]
    assert all(len(text) > 1_000_000 for text in unpacked)
    assert {json.loads(text)["task"] for text in unpacked} == {"plan", "scene", "failure"}


@pytest.mark.parametrize("name", messages())
def test_only_messages_that_can_be_right_are_read(name: str) -> None:
    if name in READABLE:
        assert len(repr(decode_result(messages()[name]))) < 3 * LIMIT
    else:
        with pytest.raises(BadResultError):
            decode_result(messages()[name])


def test_a_large_storyboard_has_a_megabyte_and_breaks_no_rule() -> None:
    found = storyboard()
    assert len(json.dumps(found, separators=(",", ":"))) > 1_000_000
    assert VideoJobSpec.model_validate({"storyboard": found}).storyboard is not None


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ({"message": "m" * 2048, "plan": {"note": "n" * 4096}}, []),
        ({"message": "m" * 2049}, ["v.message: 2049 characters"]),
        ({"plan": {"note": "n" * 4097}}, ["v.plan.note: 4097 characters"]),
        ({"scenes": [{"title": "a"}, {"title": "\x1b[2J"}]}, ["v.scenes.title: '\\x1b[2J'"]),
        ({"scenes": [{"failure": {"message": "\ud800"}}]}, ["v.scenes.failure.message: '\\ud800'"]),
        ({"\0": 1}, ["v.*: '\\x00'"]),
    ],
)
def test_what_is_not_bounded_in_a_status_is_named(status: dict[str, object], problem: list[str]) -> None:
    assert list(problems({"metadata": {"name": "v"}, "status": status})) == problem
