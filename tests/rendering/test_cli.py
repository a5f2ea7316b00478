"""The stand-alone command: from a file to a video beside it, and one clear line where there is none."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from videojob.results import SceneResult
from videojob.storyboard import Storyboard
from videotutor_renderer.cli.command import main
from videotutor_renderer.cli.progress import Progress

SMALL = ("--draft", "--no-narration")
OUTLINE = "# Slopes\n## One\n- A slope.\n## Two\n- {}\n"
LONG = "\n".join(["# Long", *(f"- Point {i}" for i in range(20)), "# Longer", *(f"- Line {i}" for i in range(20))])

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _folder_and_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_an_outline_becomes_a_video_with_captions_and_a_change_renders_its_scene_only(capfd: Captured) -> None:
    outline, video = Path("outline.md"), Path("video.mp4")
    making = ("outline.md", "-o", "video.mp4", "--work", "kept", *SMALL)
    outline.write_text(OUTLINE.format("A tangent."))
    assert main(making) == 0
    out, err = capfd.readouterr()
    assert out.startswith("video.mp4: 2 scenes, ")
    assert out.endswith("854x480, captions in video.vtt, planner: outline\n")
    assert err.count(": ready, ") == 2
    with av.open(str(video)) as container:
        assert container.metadata["title"] == "Slopes"
    assert "A tangent." in Path("video.vtt").read_text()

    outline.write_text(OUTLINE.format("A secant."))
    assert main(making) == 0
    told = sorted(line.split(",")[0] for line in capfd.readouterr().err.splitlines())
    assert told == ["scene-1: kept from before", "scene-2: ready"]
    assert "A secant." in Path("video.vtt").read_text()
    assert sorted(path.name for path in Path().iterdir()) == ["kept", "outline.md", "video.mp4", "video.vtt"]


def test_a_plan_is_a_storyboard_that_the_command_reads_again(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(("--prompt", "Explain the chain rule", "--scenes", "2", "--plan-only")) == 0
    plan = capsys.readouterr().out
    assert len(Storyboard.model_validate_json(plan).scenes) == 2
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plan.encode())))
    assert main(("-", "--plan-only", "-o", "plan.json")) == 0
    assert Path("plan.json").read_text() == plan
    assert capsys.readouterr().out == ""


def test_every_scene_that_fails_is_named_and_nothing_is_left_behind(capfd: Captured, tmp_path: Path) -> None:
    shows = [{"kind": "equation", "latex": r"\nonsense{"}, {"kind": "plot", "expressions": ["import os"]}]
    scenes = [{"id": f"bad-{i}", "title": "Bad", "beats": [{"show": show}]} for i, show in enumerate(shows)]
    Path("bad.json").write_text(json.dumps({"title": "Bad", "scenes": scenes}))
    assert main(("bad.json", "-o", "video.mp4", *SMALL)) == 65
    lines = capfd.readouterr().err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["videotutor-render", "bad-0"], ["videotutor-render", "bad-1"]]
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


IN_THE_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""How a script starts what it puts into the background: it ignores interrupts (POSIX, Shell Command Language 2.11)."""


@pytest.mark.parametrize(
    ("ending", "start"), [(signal.SIGINT, ()), (signal.SIGTERM, ()), (signal.SIGTERM, IN_THE_BACKGROUND)]
)
def test_an_interrupted_command_ends_its_scenes_and_removes_its_files(
    ending: signal.Signals, start: tuple[str, ...], tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    command = (sys.executable, "-c", "from videotutor_renderer.cli.command import main; raise SystemExit(main())")
    with subprocess.Popen(
        (*start, *command, "-", "-o", "video.mp4", "--jobs", "1", *SMALL),
        env={**os.environ, "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write("# Short\n- One.\n" + LONG)
        process.stdin.close()
        assert process.stderr.readline().startswith("scene-1: ready")
        process.send_signal(ending)
        # the scenes hold this pipe too: it ends only when they have
        assert process.stderr.read() == "videotutor-render: interrupted\n"
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == [temporary]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--prompt", "x", "--theme", "pink"), "--theme: Input should be 'chalk', 'paper' or 'contrast'"),
        (("--prompt", "x", "--aspect-ratio", "4:3"), "--aspect-ratio: Input should be '16:9', '9:16' or '1:1'"),
        (("--prompt", "x", "--jobs", "0"), "--jobs: Input should be greater than or equal to 1"),
        (("--prompt", "x", "--scenes", "many"), "--scenes: Input should be a valid integer"),
        (("--prompt", "x", "--language", "klingon!"), "--language: String should match"),
        (("--prompt", "x", "--voice", "../voice"), "--voice: String should match"),
        (("--prompt", " "), "--prompt: prompt must contain text"),
        (("--prompt", "x", "--planner", "template"), "planner: no lesson of the library fits"),
        (("missing.md",), "missing.md: No such file or directory"),
        (("binary.md",), "binary.md: not a text in UTF-8"),
        (("/dev/zero",), "/dev/zero: larger than 32 MiB"),
        (("broken.json",), "broken.json: not a storyboard, since it is not JSON"),
        (("wrong.json",), "wrong.json: scenes.0.beats: Field required"),
        (("--prompt", "x", "-o", "video.avi"), "-o: video.avi must end in .mp4"),
        (("--prompt", "x", "-o", "no/video.mp4"), "-o: the folder no is not there"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_it(arguments: tuple[str, ...], said: str, capsys: Captured) -> None:
    Path("binary.md").write_bytes(b"\xff\xfe")
    Path("broken.json").write_text("{")
    Path("wrong.json").write_text('{"title": "t", "scenes": [{"id": "a", "title": "A"}]}')
    assert main(("-o", "video.mp4", *arguments)) == 65
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"videotutor-render: {said}")


@pytest.mark.parametrize("arguments", [(), ("a.md", "--prompt", "x"), ("a.md",)])
def test_options_that_do_not_go_together_are_a_matter_of_usage(arguments: tuple[str, ...], capsys: Captured) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().err.startswith("usage: videotutor-render")


def test_a_terminal_sees_one_bar_that_is_gone_at_the_end() -> None:
    terminal = io.StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    progress = Progress(("a", "b"), terminal)
    progress.drawing("a", 0.5)
    fields = {"scene_id": "b", "title": "B", "digest": "d", "duration_seconds": 1, "frames": 1, "bytes": 1}
    progress.ready("b", SceneResult.model_validate({**fields, "sha256": "ab" * 32}))
    progress.close()
    *bars, last = terminal.getvalue().split("\r\x1b[2K")[1:]
    assert bars == [
        "██████░░░░░░░░░░░░░░░░░░  25%  0 of 2 scenes are ready",
        "█" * 18 + "░" * 6 + "  75%  1 of 2 scenes are ready",
    ]
    assert last == ""
