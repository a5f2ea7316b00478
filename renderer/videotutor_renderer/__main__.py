"""The container's entry: reads the task, runs it, and always leaves an answer for the operator."""

from __future__ import annotations

import errno
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pydantic import ValidationError

from videojob.digest import RENDERER_VERSION
from videojob.llm import BadLlmSettingsError, LlmSettings, settings_of
from videojob.results import AnyResult, FailureResult, encode_result
from videojob.secret import redact_output
from videojob.status import FailureClass
from videojob.tasks import OtherVersionError, PlanTask, SceneTask, decode_env
from videotutor_renderer.errors import TaskError, bad_scene, fields_at_fault, out_of_memory
from videotutor_renderer.limits import LARGEST_FILE, bound_files, worked_on
from videotutor_renderer.log import log
from videotutor_renderer.store import Store
from videotutor_renderer.supervisor import TERMINATED, supervised

DISK_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE}


def supervise(environment: Mapping[str, str]) -> int:
    """Run the task of this container in a process of its own; answers for it if it cannot. Returns the exit code."""
    redact_output(environment)
    try:
        return supervised(lambda: main(environment))
    except TaskError as failure:
        _answer(environment, failure.result())
        return failure.exit_code


def main(environment: Mapping[str, str]) -> int:
    """Run the task of this container; returns the exit code."""
    signal.signal(signal.SIGTERM, _end)
    os.environ.setdefault("HOME", tempfile.gettempdir())  # a container's user may have none, and ziafont asks for it
    try:
        _answer(environment, run(environment))
    except Exception as error:  # noqa: BLE001 - the top: whatever happened, the operator must be told
        failure = _failure(error)
        _answer(environment, failure.result())
        return failure.exit_code
    return 0


def _failure(error: Exception) -> TaskError:
    """The failure as one that the operator knows what to do about.

    Of an unexpected one it has the type: its text may hold anything, so that stays in the log, with the traceback.
    """
    if isinstance(error, TaskError):
        return error
    traceback.print_exc()
    if isinstance(error, MemoryError):
        return out_of_memory()
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return bad_scene(f"A file of the scene exceeds {LARGEST_FILE >> 30} GiB; make the scene shorter or smaller.")
    if isinstance(error, OSError) and error.errno in DISK_TROUBLE:
        return TaskError(FailureClass.STORE, f"The disk or the artifact store failed: {os.strerror(error.errno)}")
    field = f"{worked_on()}: ".removeprefix(": ")
    message = (
        f"{field}The renderer failed unexpectedly: {type(error).__name__}; the traceback is in the log of its pod."
    )
    return TaskError(FailureClass.INTERNAL, message)


def run(environment: Mapping[str, str]) -> AnyResult:
    """The result of the task that the environment names.

    Raises:
        TaskError: the task or a setting is missing or malformed, or it cannot be done.
    """
    try:
        task = decode_env(environment, RENDERER_VERSION)
    except OtherVersionError as error:
        raise TaskError(FailureClass.INTERNAL, str(error)) from error
    except ValidationError as error:
        raise _no_task(f"wrong fields: {fields_at_fault(error)}") from error
    except (KeyError, ValueError) as error:
        raise _no_task(type(error).__name__) from error
    store = Store.from_url(environment.get("VIDEOTUTOR_STORE", ""))
    # imported here: a plan needs no encoder, and a join no speech
    match task:
        case PlanTask():
            from videotutor_renderer.plan.task import run_plan  # noqa: PLC0415

            return run_plan(task, store, _model(environment))
        case SceneTask():
            bound_files()
            from videotutor_renderer.scene.task import run_scene  # noqa: PLC0415

            return run_scene(task, store, _model(environment))
        case _:
            from videotutor_renderer.stitch import run_stitch  # noqa: PLC0415

            return run_stitch(task, store)


def _no_task(why: str) -> TaskError:
    message = f"VIDEOTUTOR_TASK_0… is no task: {why}. The operator and the renderer must have the same version."
    return TaskError(FailureClass.INTERNAL, message)


def _model(environment: Mapping[str, str]) -> LlmSettings | None:
    try:
        return settings_of(environment)
    except BadLlmSettingsError as error:
        raise TaskError(FailureClass.PLANNER_REFUSAL, str(error)) from None


def _answer(environment: Mapping[str, str], result: AnyResult) -> None:
    text = encode_result(result)
    log("done" if not isinstance(result, FailureResult) else "failed", result=result.to_json_object())
    Path(environment.get("VIDEOTUTOR_TERMINATION_LOG", "/dev/termination-log")).write_text(text, encoding="utf-8")


def _end(signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Unwind at once, which removes temporary files and ends speech engines.

    No answer is left: only the operator knows whether this was a deadline, an eviction or a deletion.
    """
    log("ending: the pod is being terminated", signal=signal_number)
    raise SystemExit(TERMINATED)


if __name__ == "__main__":
    sys.exit(supervise(os.environ))
