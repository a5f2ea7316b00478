"""The artifact store: whole results or none, the first one stays, no key leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError
from videotutor_renderer.store import Store


@given(st.text(max_size=60))
def test_a_key_is_refused_or_stays_inside_the_store(key: str) -> None:
    root = Path("/store")
    try:
        path = Store(root).path(key)
    except TaskError:
        return
    assert path.is_relative_to(root)
    assert ".." not in path.parts
    assert len(path.parts) == len(root.parts) + key.count("/") + 1


@pytest.mark.parametrize("key", ["", "..", "a/../b", "/etc/passwd", "a//b", "a/.hidden", "a b", "a\x00b", "a/"])
def test_keys_that_could_lead_elsewhere_are_refused(key: str) -> None:
    with pytest.raises(TaskError) as caught:
        Store(Path("/store")).path(key)
    assert caught.value.failure_class is FailureClass.STORE


def test_a_published_directory_is_there_with_all_its_files(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.publishing("ns/scenes/d1") as directory:
        (directory / "a").write_text("1")
        assert not store.path("ns/scenes/d1").exists()
    assert store.read("ns/scenes/d1/a") == b"1"
    assert [path.name for path in (tmp_path / "ns/scenes").iterdir()] == ["d1"]


def test_when_another_writer_was_first_theirs_stays(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.publishing("ns/d") as late:
        with store.publishing("ns/d") as early:
            (early / "a").write_text("early")
        (late / "a").write_text("late")
    assert store.read("ns/d/a") == b"early"
    assert [path.name for path in (tmp_path / "ns").iterdir()] == ["d"]


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(TaskError), store.publishing("ns/d") as directory:
        store.read("ns/what-it-needs") + directory.name.encode()
    assert list((tmp_path / "ns").iterdir()) == []


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.write("ns/storyboards/k.json", b"one")
    store.write("ns/storyboards/k.json", b"two")
    assert store.read("ns/storyboards/k.json") == b"two"
    assert len(list((tmp_path / "ns/storyboards").iterdir())) == 1


@pytest.mark.parametrize("url", ["", "s3://bucket", "file://host/artifacts", "file:///no/such/directory"])
def test_a_store_that_is_not_there_is_named_as_the_cause(url: str) -> None:
    with pytest.raises(TaskError, match=r"store|STORE") as caught:
        Store.from_url(url)
    assert caught.value.exit_code == 75


def test_what_is_not_in_the_store_can_be_tried_again(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="Cannot read ns/x") as caught:
        Store(tmp_path).read("ns/x")
    assert caught.value.exit_code == 75
