"""Scenes side by side, each in a process of its own, as each has a pod of its own in a cluster.

The processes are forked, so that what takes half a second to import is imported once. This one has no other thread.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import videotutor_renderer.scene.task  # noqa: F401 - what the entry imports for a scene: once, before forking
from videojob.results import BadResultError, FailureResult, SceneResult, decode_result
from videojob.status import FailureClass
from videojob.tasks import SceneTask, encode_env
from videotutor_renderer.__main__ import supervise
from videotutor_renderer.cli.progress import Progress
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.typeset import fonts
from videotutor_renderer.supervisor import anew, sigterm_waits

SECONDS_TO_END = 10.0
"""How long a scene may take to remove its temporary files and end its speech engine; then it is killed."""


async def render_scenes(tasks: Sequence[SceneTask], root: Path, at_once: int, progress: Progress) -> None:
    """Render every scene into the store at `root`, `at_once` at the same time; the others go on when one fails.

    When this is cancelled, what runs is ended first.

    Raises:
        TaskError: scenes failed; it names each, and has the class of the first.
    """
    fonts()  # found here, once for all scenes
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
            **encode_env(task),
            "VIDEOTUTOR_STORE": root.as_uri(),
            "VIDEOTUTOR_TERMINATION_LOG": str(answer),
        }
        code = await _follow(environment, task.scene_id, progress)
        return _result(task.scene_id, answer.read_text("utf-8") if answer.exists() else "", code)


async def _follow(environment: Mapping[str, str], scene: str, progress: Progress) -> int | None:
    """Run a scene and read what it logs until it ends, which is not after this call; returns its exit code."""
    reading, writing = os.pipe()
    process = get_context("fork").Process(target=lambda: anew(lambda: _scene(environment, writing)))
    with sigterm_waits():
        process.start()
    os.close(writing)
    try:
        lines = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(lines)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(reading, "rb"))
        async for line in lines:
            _tell(line, scene, progress)
        await _ended(process)
    finally:
        if process.is_alive():
            await _end(process)
    return process.exitcode


def _scene(environment: Mapping[str, str], output: int) -> int:
    """What the process does: that which a container's does, but for where its output goes."""
    os.setsid()  # Ctrl-C reaches the command only, which then ends the scenes in order
    os.dup2(output, 1)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    os.environ.update(environment)
    return supervise(os.environ)


def _tell(line: bytes, scene: str, progress: Progress) -> None:
    with suppress(ValueError):  # a library may write to standard output too
        match json.loads(line):
            case {"message": "drawing", "frame": int(frame), "frames": int(frames)}:
                progress.drawing(scene, frame / frames)


async def _end(process: ForkProcess) -> None:
    process.terminate()
    try:
        await asyncio.wait_for(_ended(process), SECONDS_TO_END)
    except TimeoutError:
        if process.pid:
            os.killpg(process.pid, signal.SIGKILL)  # its speech engine too
        await _ended(process)


async def _ended(process: ForkProcess) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(process.sentinel, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(process.sentinel)
    process.join()


def _result(scene: str, answer: str, exit_code: int | None) -> SceneResult:
    try:
        result = decode_result(answer)
    except BadResultError:
        message = f"{scene}: its process ended with {exit_code} and left no answer; if memory is short, use --jobs 1."
        raise TaskError(FailureClass.INTERNAL, message) from None
    match result:
        case SceneResult():
            return result
        case FailureResult(error=error):
            help_ = " Render fewer scenes at once: --jobs 1." if error.class_ is FailureClass.OUT_OF_MEMORY else ""
            raise TaskError(error.class_, f"{scene}: {error.message}{help_}")
        case _:
            raise TaskError(FailureClass.INTERNAL, f"{scene}: answered with the result of a {result.task} task.")
