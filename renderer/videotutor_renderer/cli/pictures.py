"""The pictures beside an outline: each is put into the store, and the outline then names it by its id.

An outline may come from anybody, so it reaches only what lies in its own folder, wherever links lead, and no address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from markdown_it.common.normalize_url import normalizeLink

from videojob.images import MAX_BYTES, REFERENCE, BadImageError, image_id, image_key, image_of
from videojob.spec import VideoJobSpec
from videotutor_renderer.cli.options import STDIN, BadInputError
from videotutor_renderer.cli.video import NAMESPACE
from videotutor_renderer.plan.items import Picture
from videotutor_renderer.plan.markdown import read
from videotutor_renderer.scene.images import decoded
from videotutor_renderer.store import Store

_DESTINATION = re.compile(r"(?P<before>\]\(\s*)(?:<(?P<marked>[^<>\n]*)>|(?P<bare>(?:[^\s()]|\([^\s()]*\))+))")
"""The address of a picture, or link (CommonMark, sections 6.3 and 6.4); brackets in it are in pairs."""
_ELSEWHERE = re.compile(r"//|[a-z][a-z0-9+.-]*:", re.IGNORECASE)
"""How an address begins that is more than a path (RFC 3986, section 4.1)."""
_LITTLE = (64, 64)
"""Pixels of a picture that is only decoded to see whether it can be; its scene does it again, as large as it needs."""


def with_pictures(spec: VideoJobSpec, source: str | None, store: Store) -> VideoJobSpec:
    """What is asked for; where it is an outline in the file `source`, its pictures named as those in the store.

    Raises:
        BadInputError: a picture is not in the outline's folder, cannot be read, or is none that can be shown.
        TaskError: the store cannot be written.
    """
    if spec.prompt is None or source in {None, STDIN}:  # there is no folder that pictures could lie in
        return spec
    items = (item for section in read(spec.prompt).sections for item in section.items)
    addresses = {item.src for item in items if isinstance(item, Picture) and not image_of(item.src)}
    images = {address: _kept(_content(address, Path(source)), store) for address in sorted(addresses)}
    return spec.model_copy(update={"prompt": _DESTINATION.sub(partial(_renamed, images), spec.prompt)})


def _kept(content: bytes, store: Store) -> str:
    """The id of the picture, now that it is in the store."""
    image = image_id(content)
    store.write(image_key(NAMESPACE, image), content)
    return image


def _renamed(images: Mapping[str, str], match: re.Match[str]) -> str:
    image = images.get(normalizeLink(match["marked"] or match["bare"] or ""))
    return f"{match['before']}{REFERENCE}{image}" if image else match[0]


def _content(address: str, source: Path) -> bytes:
    """A picture that can be shown, as it lies in the outline's folder."""
    told = f"{source}: the picture {address}"
    if _ELSEWHERE.match(address):
        raise BadInputError(f"{told} is elsewhere; save it beside the outline and name the file")
    path = _inside(source.resolve().parent, unquote(address), told)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        decoded(content, _LITTLE)
    except OSError as error:
        raise BadInputError(f"{told}: {error.strerror}") from error
    except BadImageError as error:
        raise BadInputError(f"{told} {error}") from error
    return content


def _inside(folder: Path, name: str, told: str) -> Path:
    """The file of this name in the folder, or below it."""
    try:
        path = (folder / name).resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:  # also what is no name of a file, and a circle of links
        raise BadInputError(f"{told} is not there; name a file in the folder of the outline") from error
    if not path.is_relative_to(folder):
        raise BadInputError(f"{told} leads out of the folder of the outline; copy the file there")
    if not path.is_file():
        raise BadInputError(f"{told} is no file; name a file in the folder of the outline")
    return path
