"""No secret of the renderer is in anything that it puts out, however it is given and whatever fails."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.rendering.echoing_endpoint import BEHAVIOURS, echoing
from tests.unit.secret_table import FORMS, GIVEN, UNUSABLE, VALUE, assert_hidden, assert_known, read_by
from videojob import secret
from videojob.results import FailureResult, PlanResult, decode_result
from videojob.spec import Narration, Output, Planner
from videojob.storyboard import Storyboard
from videojob.tasks import PlanTask, SceneTask, encode_env
from videotutor_renderer.__main__ import main
from videotutor_renderer.cli import command
from videotutor_renderer.store import Store

BOARD = {"title": "Slopes", "scenes": [{"id": "scene-1", "title": "One", "beats": [{"say": "A slope grows."}]}]}


@dataclass(frozen=True)
class Use:
    """Where the renderer uses a secret: the variables beside it, and the task and the command that need it."""

    url: str
    others: Mapping[str, str]
    task: PlanTask | SceneTask
    arguments: tuple[str, ...]
    fails_in: str
    """What is replaced by a function that raises an exception with the secret in its text."""


USES = {
    "VIDEOTUTOR_SPEECH_KEY": Use(
        "VIDEOTUTOR_SPEECH_URL",
        {},
        SceneTask(
            namespace="ns",
            digest="d1",
            storyboard="ns/storyboards/k.json",
            scene_id="scene-1",
            output=Output(),
            narration=Narration(voice="openai:alloy"),
        ),
        ("board.json", "-o", "video.mp4", "--draft", "--voice", "openai:alloy"),
        "videotutor_renderer.speech.endpoint._ask",
    ),
    "VIDEOTUTOR_LLM_KEY": Use(
        "VIDEOTUTOR_LLM_URL",
        {"VIDEOTUTOR_LLM_MODEL": "teacher-1", "VIDEOTUTOR_LLM_RETRIES": "0", "VIDEOTUTOR_LLM_REPAIRS": "0"},
        PlanTask.model_validate({"namespace": "ns", "key": "k", "prompt": "Explain slopes", "planner": "llm"}),
        ("--prompt", "Explain slopes", "--planner", "llm", "--plan-only"),
        "videotutor_renderer.plan.llm.ask._through_client",
    ),
}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is known from another test, nothing is waited for, and a store has the scene that is spoken."""
    monkeypatch.setattr(secret, "_known", {})
    monkeypatch.setattr("videotutor_renderer.speech.endpoint.FIRST_WAIT", 0.0)
    monkeypatch.chdir(tmp_path)
    Path("board.json").write_text(Storyboard.model_validate(BOARD).model_dump_json(by_alias=True, exclude_none=True))
    (tmp_path / "store").mkdir()
    Store(tmp_path / "store").write("ns/storyboards/k.json", Path("board.json").read_bytes())


@contextmanager
def given(name: str, form: str, url: str, monkeypatch: pytest.MonkeyPatch, **others: str) -> Iterator[None]:
    with monkeypatch.context() as patch:
        for variable, value in {**USES[name].others, USES[name].url: url, name: form, **others}.items():
            patch.setenv(variable, value)
        yield


class Renderer:
    """The container's process, in this one; `seen` is everything that it put out."""

    def __init__(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self._store, self._log, self._capfd = tmp_path / "store", tmp_path / "termination-log", capfd
        self.seen = ""

    def run(self, environment: Mapping[str, str], task: PlanTask | SceneTask) -> str:
        """The message or the note of the result."""
        secret.redact_output(environment)
        own = {"VIDEOTUTOR_STORE": self._store.as_uri(), "VIDEOTUTOR_TERMINATION_LOG": str(self._log)}
        code = main({**environment, **encode_env(task), **own})
        out, err = self._capfd.readouterr()
        files = [path.read_text(errors="replace") for path in self._store.rglob("*") if path.is_file()]
        self.seen = "\n".join([out, err, str(code), self._log.read_text(), *files])
        result = decode_result(self._log.read_text())
        if isinstance(result, PlanResult):
            return result.note
        assert isinstance(result, FailureResult)
        self.seen += result.error.message
        return result.error.message


@pytest.fixture
def renderer(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Renderer:
    return Renderer(tmp_path, capfd)


def test_every_secret_that_the_renderer_reads_is_driven_here() -> None:
    assert sorted(USES) == read_by("renderer")


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("form", FORMS)
def test_the_endpoint_receives_the_secret_without_white_space(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    received: list[str] = []

    def refuse(header: str) -> bytes:
        received.append(header)
        return BEHAVIOURS["401 without JSON"](header)

    with echoing(refuse) as url, given(name, FORMS[form], url, monkeypatch):
        renderer.run(dict(os.environ), USES[name].task)
    assert received == [f"Bearer {VALUE}"]
    assert_known()
    assert_hidden(renderer.seen)


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("name", USES)
def test_whatever_an_endpoint_does_the_secret_is_nowhere(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, name: str, behaviour: str
) -> None:
    with echoing(BEHAVIOURS[behaviour]) as url, given(name, GIVEN, url, monkeypatch):
        message = renderer.run(dict(os.environ), USES[name].task)
    assert message
    assert_hidden(renderer.seen)


@pytest.mark.parametrize("behaviour", ["400, key in JSON", "500, key in JSON", "200 that is no JSON"])
def test_a_plan_that_is_made_without_the_failed_model_does_not_hold_its_key(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, behaviour: str
) -> None:
    name = "VIDEOTUTOR_LLM_KEY"
    task = USES[name].task.model_copy(update={"planner": Planner.AUTO})
    with echoing(BEHAVIOURS[behaviour]) as url, given(name, GIVEN, url, monkeypatch):
        assert "So the plan is made without it" in renderer.run(dict(os.environ), task)
    assert_hidden(renderer.seen)


@pytest.mark.parametrize("name", USES)
def test_an_endpoint_that_is_not_there(renderer: Renderer, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with given(name, GIVEN, "http://127.0.0.1:9/v1", monkeypatch):
        assert renderer.run(dict(os.environ), USES[name].task)
    assert_hidden(renderer.seen)


def failing(name: str) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise ValueError(f"Invalid header value {f'Bearer {VALUE}'.encode()!r}")

    return fail


@pytest.mark.parametrize("name", USES)
def test_an_exception_is_shown_by_its_type_and_its_text_is_only_in_the_log(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(USES[name].fails_in, failing(name))
    with given(name, GIVEN, "http://127.0.0.1:9/v1", monkeypatch):
        message = renderer.run(dict(os.environ), USES[name].task)
    assert message == "The renderer failed unexpectedly: ValueError; the traceback is in the log of its pod."
    assert "ValueError: Invalid header value b'Bearer [redacted]" in renderer.seen
    assert_hidden(renderer.seen)


@pytest.mark.parametrize("form", UNUSABLE)
@pytest.mark.parametrize("name", USES)
def test_an_unusable_secret_is_refused_by_the_name_of_its_variable(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, name: str, form: str
) -> None:
    with given(name, UNUSABLE[form], "http://127.0.0.1:9/v1", monkeypatch):
        message = renderer.run(dict(os.environ), USES[name].task)
    assert message.startswith(f"{name}: must be one line of printable ASCII")
    assert_hidden(renderer.seen)


@pytest.mark.parametrize("where", ["URL", "user in URL", "query of URL", "port of URL", "MODEL"])
@pytest.mark.parametrize("name", USES)
def test_a_secret_in_a_wrong_variable_is_hidden_too(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, name: str, where: str
) -> None:
    urls = {
        "URL": VALUE,
        "user in URL": f"http://user:{VALUE}@127.0.0.1:9",
        "query of URL": f"http://127.0.0.1:9/?key={VALUE}",
        "port of URL": f"http://127.0.0.1:{VALUE}",
    }
    others = {USES[name].url.replace("URL", "MODEL"): VALUE} if where == "MODEL" else {}
    with given(name, GIVEN, urls.get(where, "http://127.0.0.1:9"), monkeypatch, **others):
        message = renderer.run(dict(os.environ), USES[name].task)
    assert message
    assert_hidden(renderer.seen)


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("way", ["401, key in JSON", "exception"])
def test_the_command_shows_no_secret_either(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    if way == "exception":
        monkeypatch.setattr(USES[name].fails_in, failing(name))
    with echoing(BEHAVIOURS["401, key in JSON"]) as url, given(name, GIVEN, url, monkeypatch):
        code = command.main(USES[name].arguments)
    out, err = capfd.readouterr()
    assert code != 0
    assert "videotutor-render: " in err
    assert ("ValueError" in err) is (way == "exception")
    assert_hidden(out, err, *(path.read_text(errors="replace") for path in Path().rglob("*") if path.is_file()))
