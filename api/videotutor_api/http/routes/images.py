"""Pictures for scenes to show."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from videojob.images import ID_PATTERN, REFERENCE, text_to_sign
from videojob.signatures import body_signature_fits
from videotutor_api.http.dependencies import ServicesDep
from videotutor_api.http.problems import responses
from videotutor_api.http.signed import mismatch, signature_header, signature_of
from videotutor_api.schemas.responses import StoredImage
from videotutor_api.services.images import store_image

Image = Annotated[str, Path(pattern=ID_PATTERN, description="SHA-256 of the file in hex digits.")]

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
    summary="Store a picture",
    responses={200: {"model": StoredImage, "description": "It was stored before."}},
    openapi_extra=DESCRIPTION,
)
async def put_image(request: Request, services: ServicesDep, image: Image, response: Response) -> StoredImage:
    """Store a PNG, JPEG or WebP file that scenes can show. Its signature is checked before its body is read.

    Safe to repeat: a picture's id is its content. It cannot be read back.
    """
    if not body_signature_fits(services.settings.webhook_secrets, text_to_sign(image), signature_of(request)):
        raise mismatch(f"sign the text {REFERENCE}{image}")
    content = await services.pictures.read(request)
    found, is_new = await store_image(services.artifacts, image, content)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return StoredImage(image=image, format=found.format, width=found.width, height=found.height)
