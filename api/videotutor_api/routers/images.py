"""Pictures for scenes to show."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Request, Response

from videojob.images import ID_PATTERN, MAX_BYTES, REFERENCE, text_to_sign
from videojob.signatures import body_signature_fits
from videotutor_api.answers import StoredImage
from videotutor_api.bodies import Bound, read_in_turn
from videotutor_api.dependencies import UsesParts
from videotutor_api.problems import responses
from videotutor_api.services.images import keep
from videotutor_api.signed import signature_header, signature_of, unsigned

PICTURE = Bound(MAX_BYTES, 60.0)
"""A minute for 8 MiB: a connection of 1 Mbit/s."""

Image = Annotated[str, Path(pattern=ID_PATTERN, description="SHA-256 of the file in hex digits.")]

MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp")
"""For the description only: what a file is, its first bytes say."""
DESCRIPTION: dict[str, Any] = {
    "parameters": [signature_header(f"`{REFERENCE}` and the id")],
    "requestBody": {
        "required": True,
        "content": {
            f"image/{name}": {"schema": {"type": "string", "format": "binary"}} for name in ("png", "jpeg", "webp")
        },
    },
}

router = APIRouter(
    prefix="/images",
    tags=["images"],
    responses=responses(
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)


@router.put(
    "/{image}",
    status_code=HTTPStatus.CREATED,
    response_model=StoredImage,
    summary="Keep a picture",
    responses={200: {"model": StoredImage, "description": "It was there already."}},
    openapi_extra=DESCRIPTION,
)
async def put_image(request: Request, parts: UsesParts, image: Image, response: Response) -> StoredImage:
    """Keep a PNG, JPEG or WebP file that scenes can show. Its signature counts before its body is read.

    Safe to repeat: a picture's id is its content. It cannot be read back.
    """
    settings = parts.settings
    if not body_signature_fits(settings.webhook_secrets, text_to_sign(image), signature_of(request)):
        raise unsigned(f"of the picture: sign the text {REFERENCE}{image}")
    content = await read_in_turn(request, parts.images, PICTURE)
    found, is_new = await anyio.to_thread.run_sync(keep, settings.store_root, settings.namespace, image, content)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return StoredImage(image=image, format=found.format, width=found.width, height=found.height)
