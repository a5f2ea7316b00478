from __future__ import annotations

from pathlib import Path

import pytest

from dev.cluster import traces
from dev.cluster.settings import Settings


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of folders: `etc/docker` is there before, `run/docker` is not."""
    (tmp_path / "etc/docker").mkdir(parents=True)
    (tmp_path / "run").mkdir()
    (tmp_path / "ip_forward").write_text("0\n")
    places = [str(tmp_path / place) for place in ("etc/docker/key.json", "etc/docker", "run/docker/s", "run/docker")]
    monkeypatch.setattr(traces, "_PLACES", places)
    monkeypatch.setattr(traces, "_IP_FORWARD", tmp_path / "ip_forward")
    return tmp_path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "state/engine").mkdir(parents=True)
    return Settings("videotutor", tmp_path / "state", tmp_path / "cache", {})


def start_engine(machine: Path) -> None:
    (machine / "etc/docker/key.json").write_text("{}")
    (machine / "run/docker/s").mkdir(parents=True)
    (machine / "ip_forward").write_text("1\n")


def test_what_the_engine_added_goes_and_what_was_there_stays(machine: Path, settings: Settings) -> None:
    traces.note(settings)
    start_engine(machine)
    traces.undo(settings)

    assert (machine / "etc/docker").is_dir()
    assert not (machine / "etc/docker/key.json").exists()
    assert not (machine / "run/docker").exists()
    assert (machine / "ip_forward").read_text().strip() == "0"


def test_a_second_start_does_not_take_the_engines_traces_for_the_machines(machine: Path, settings: Settings) -> None:
    traces.note(settings)
    start_engine(machine)
    traces.note(settings)
    traces.undo(settings)

    assert not (machine / "run/docker").exists()


def test_a_folder_that_someone_else_uses_by_now_stays(machine: Path, settings: Settings) -> None:
    traces.note(settings)
    start_engine(machine)
    (machine / "run/docker/s/of-another-engine").touch()
    traces.undo(settings)

    assert (machine / "run/docker/s/of-another-engine").exists()


def test_nothing_is_undone_when_nothing_was_noted(machine: Path, settings: Settings) -> None:
    start_engine(machine)
    traces.undo(settings)

    assert (machine / "etc/docker/key.json").exists()
