"""Scenes side by side, each in a process of its own, as each has a pod of its own in a cluster."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio import StreamReader
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from videojob.results import FailureResult, SceneResult, decode_result
from videojob.status import FailureClass
from videojob.tasks import SceneTask, encode_env
from videotutor_renderer.cli.progress import Progress
from videotutor_renderer.errors import TaskError

COMMAND = (sys.executable, "-m", "videotutor_renderer")

SECONDS_TO_END = 10.0
"""How long a scene may take to remove its temporary files and end its speech engine; then it is killed."""


async def render_scenes(tasks: Sequence[SceneTask], root: Path, at_once: int, progress: Progress) -> None:
    """Render every scene into the store at `root`, `at_once` at the same time; the others go on when one fails.

    When this is cancelled, what runs is ended first.

    Raises:
        TaskError: scenes failed; it names each, and has the class of the first.
    """
    slots = asyncio.Semaphore(at_once)

    async def one(task: SceneTask) -> TaskError | None:
        async with slots:
            try:
                progress.ready(task.scene_id, await _render(task, root, progress))
            except TaskError as error:
                return error
            return None

    async with asyncio.TaskGroup() as group:  # unlike gather, it waits for those that it has cancelled
        running = [group.create_task(one(task)) for task in tasks]
    failures = [error for error in (task.result() for task in running) if error]
    if failures:
        raise TaskError(failures[0].failure_class, "\n".join(map(str, failures)))


async def _render(task: SceneTask, root: Path, progress: Progress) -> SceneResult:
    with TemporaryDirectory(prefix="videotutor-") as folder:
        answer = Path(folder) / "answer"
        environment = {
            **os.environ,
            **encode_env(task),
            "VIDEOTUTOR_STORE": root.as_uri(),
            "VIDEOTUTOR_TERMINATION_LOG": str(answer),
        }
        # a session of its own: Ctrl-C reaches this process only, which then ends the scenes in order
        process = await asyncio.create_subprocess_exec(
            *COMMAND, env=environment, stdin=DEVNULL, stdout=PIPE, start_new_session=True
        )
        await _follow(process, task.scene_id, progress)
        return _result(task.scene_id, answer.read_text("utf-8") if answer.exists() else "", process.returncode)


async def _follow(process: Process, scene: str, progress: Progress) -> None:
    """Read what the scene logs until it ends; it does not outlive this call."""
    try:
        async for line in cast("StreamReader", process.stdout):
            _tell(line, scene, progress)
        await process.wait()
    finally:
        if process.returncode is None:
            await _end(process)


def _tell(line: bytes, scene: str, progress: Progress) -> None:
    with suppress(ValueError):  # a library may write to standard output too
        match json.loads(line):
            case {"message": "drawing", "frame": int(frame), "frames": int(frames)}:
                progress.drawing(scene, frame / frames)


async def _end(process: Process) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), SECONDS_TO_END)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)  # its speech engine too
        await process.wait()


def _result(scene: str, answer: str, exit_code: int | None) -> SceneResult:
    match decode_result(answer):
        case SceneResult() as result:
            return result
        case FailureResult(error=error):
            help_ = " Render fewer scenes at once: --jobs 1." if error.class_ is FailureClass.OUT_OF_MEMORY else ""
            raise TaskError(error.class_, f"{scene}: {error.message}{help_}")
        case _:
            raise TaskError(
                FailureClass.INTERNAL,
                f"{scene}: its process ended with {exit_code} and left no answer; if memory is short, use --jobs 1.",
            )
