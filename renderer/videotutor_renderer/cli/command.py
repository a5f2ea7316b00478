"""The command's entry: from arguments to files, with one line for whatever goes wrong."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from videojob.llm import BadLlmSettingsError, settings_of
from videojob.results import EXIT_BAD_INPUT, EXIT_INTERNAL, EXIT_TRY_AGAIN, StitchResult
from videojob.secret import redact_output
from videotutor_renderer.cli.options import BadInputError, parse, spec_of
from videotutor_renderer.cli.pictures import with_pictures
from videotutor_renderer.cli.video import make, plan
from videotutor_renderer.errors import TaskError
from videotutor_renderer.outputs import storyboard_json
from videotutor_renderer.store import Store

INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments (those of the process by default) ask for; returns the exit code, from sysexits.h."""
    redact_output(os.environ)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's background jobs inherit that it is ignored
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        _run(parse(sys.argv[1:] if arguments is None else arguments))
    except (BadInputError, TaskError) as error:
        return _failed(str(error), error.exit_code)
    except BadLlmSettingsError as error:
        return _failed(str(error), EXIT_BAD_INPUT)
    except OSError as error:
        return _failed(f"{error.filename or 'the disk'}: {error.strerror}", EXIT_TRY_AGAIN)
    except KeyboardInterrupt:
        return _failed("interrupted", INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the top: one line for whatever goes wrong, below its traceback
        traceback.print_exc()
        return _failed(f"failed unexpectedly: {type(error).__name__}; the traceback is above", EXIT_INTERNAL)
    return 0


def _failed(message: str, exit_code: int) -> int:
    for line in message.splitlines():
        sys.stderr.write(f"videotutor-render: {line}\n")
    return exit_code


def _run(options: argparse.Namespace) -> None:
    asked, model = spec_of(options), settings_of(os.environ)
    with _work(options.work) as root:
        spec = with_pictures(asked, options.source, Store(root))
        planned, storyboard = plan(spec, Store(root), model)
        if planned.note:
            sys.stderr.write(f"{planned.note}\n")
        if options.plan_only:
            _write_plan(storyboard_json(storyboard), options.output)
            return
        video = make(spec, planned, storyboard, root)
        _place(root / video.path, options.output)
        _place((root / video.path).with_name("captions.vtt"), options.output.with_suffix(".vtt"))
    sys.stdout.write(f"{_made(video, options.output)}, planner: {planned.planner}\n")


@contextmanager
def _work(folder: Path | None) -> Iterator[Path]:
    """Where scenes are kept: the folder that was named, or one that is gone afterwards."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="videotutor-") as temporary:
        yield Path(temporary).resolve()


def _write_plan(text: str, output: Path | None) -> None:
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


def _place(source: Path, target: Path) -> None:
    """Copy a file; who looks at the target sees the old one or the whole new one."""
    new = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, new)
        new.replace(target)
    finally:
        new.unlink(missing_ok=True)


def _made(video: StitchResult, output: Path) -> str:
    size, length = f"{video.width}x{video.height}", f"{video.duration_seconds:.1f} s"
    return f"{output}: {video.chapters} scenes, {length}, {size}, captions in {output.with_suffix('.vtt').name}"
