"""The command line, and the VideoJob's spec that it stands for: both are checked by the same rules."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from videojob.results import EXIT_BAD_INPUT
from videojob.spec import Aspect, Planner, Resolution, Theme, VideoJobSpec
from videojob.storyboard import MAX_SCENES

STDIN = "-"
LARGEST = 32 * 2**20
"""Bytes that are read; a hundred scenes full of tables have fewer."""

FIELDS = {
    "planner": ("planner",),
    "scenes": ("sceneCount",),
    "jobs": ("parallelism",),
    "theme": ("output", "theme"),
    "resolution": ("output", "resolution"),
    "draft": ("output", "draft"),
    "aspect_ratio": ("output", "aspectRatio"),
    "language": ("output", "language"),
    "voice": ("narration", "voice"),
    "narration": ("narration", "enabled"),
}
"""Option -> where its value goes in the spec. A value is checked there and nowhere else."""


class BadInputError(Exception):
    """What was asked for cannot be made; the message names the option or field, and what belongs there."""

    exit_code = EXIT_BAD_INPUT


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options; ends the process with usage and exit code 2 where they are no options of this command.

    Raises:
        BadInputError: the output cannot be written where it should be.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.source is None) == (options.prompt is None):
        parser.error("give either a file or --prompt")
    if options.output is None and not options.plan_only:
        parser.error("say with -o where the video goes, or ask for --plan-only")
    if options.output is not None:
        _check_output(options.output, video=not options.plan_only)
    return options


def spec_of(options: argparse.Namespace) -> VideoJobSpec:
    """What is asked for, as the operator would be asked for it.

    Raises:
        BadInputError: the input cannot be read, or a value is not allowed.
    """
    fields = _source(options)
    for option, place in FIELDS.items():
        value = getattr(options, option)
        if value is not None:
            _put(fields, place, value)
    try:
        return VideoJobSpec.model_validate(fields)
    except ValidationError as error:
        raise BadInputError(_sentence(error, options)) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="videotutor-render", description="Make a narrated, animated teaching video on this machine."
    )
    add = parser.add_argument
    add("source", nargs="?", metavar="FILE", help="Markdown outline or storyboard JSON; - reads standard input")
    add("--prompt", metavar="TEXT", help="what the video should explain, instead of a file")
    add("-o", "--output", type=Path, metavar="FILE", help="where the video goes (.mp4); captions go beside it (.vtt)")
    add("--planner", metavar=_one_of(Planner), help="who turns a prompt into a storyboard (auto)")
    add("--scenes", metavar="N", help="requested number of scenes; the planner may deviate")
    add("--theme", metavar=_one_of(Theme), help="colours (chalk)")
    add("--resolution", metavar=_one_of(Resolution), help="pixels of the short side (720p)")
    add("--draft", action="store_true", help="480p and sooner ready, for a first look")
    add("--aspect-ratio", metavar=_one_of(Aspect), help="width to height (16:9)")
    add("--language", metavar="TAG", help="language of narration and captions, for example pt-BR (en)")
    add("--voice", metavar="NAME", help="voice of the narration (auto)")
    add("--no-narration", action="store_false", dest="narration", help="silent, with captions")
    cores = min(len(os.sched_getaffinity(0)), MAX_SCENES)
    add("--jobs", metavar="N", default=cores, help="scenes rendered at once (%(default)s)")
    add("--work", type=Path, metavar="DIR", help="keep rendered scenes here, and reuse those that have not changed")
    add("--plan-only", action="store_true", help="write the storyboard as JSON, to edit and render later")
    return parser


def _one_of(values: type[Planner | Theme | Resolution | Aspect]) -> str:
    return "{" + ",".join(values) + "}"


def _check_output(output: Path, *, video: bool) -> None:
    """Found out now rather than when the video is ready."""
    if video and output.suffix != ".mp4":
        raise BadInputError(f"-o: {output} must end in .mp4")
    if output.is_dir():
        raise BadInputError(f"-o: {output} is a folder; name a file")
    if not output.parent.is_dir():
        raise BadInputError(f"-o: the folder {output.parent} is not there; make it first")


def _source(options: argparse.Namespace) -> dict[str, Any]:
    """The prompt or the storyboard: JSON starts with a brace, which no outline does."""
    if options.prompt is not None:
        return {"prompt": options.prompt}
    text = _read(options.source)
    if not text.lstrip().startswith("{"):
        return {"prompt": text}
    try:
        return {"storyboard": json.loads(text)}
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{options.source}: not a storyboard, since it is not JSON: {error}") from error


def _read(source: str) -> str:
    try:
        with sys.stdin.buffer if source == STDIN else Path(source).open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadInputError(f"{source}: {error.strerror}") from error
    if len(content) > LARGEST:
        raise BadInputError(f"{source}: larger than {LARGEST >> 20} MiB; make it smaller")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{source}: not a text in UTF-8: {error.reason} at byte {error.start}") from error


def _put(fields: dict[str, Any], place: tuple[str, ...], value: object) -> None:
    *above, name = place
    for part in above:
        fields = fields.setdefault(part, {})
    fields[name] = value


def _sentence(error: ValidationError, options: argparse.Namespace) -> str:
    """The first thing that is wrong, in one line."""
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{_name(first['loc'], options)}: {first['msg'].removeprefix('Value error, ')}"


def _name(location: tuple[int | str, ...], options: argparse.Namespace) -> str:
    """The option that a field comes from, or the file and the field's path in it."""
    for option, place in FIELDS.items():
        if location == place:
            return f"--{option.replace('_', '-')}"
    source = "standard input" if options.source == STDIN else options.source or "--prompt"
    return ": ".join(filter(None, (source, ".".join(map(str, location[1:])))))
