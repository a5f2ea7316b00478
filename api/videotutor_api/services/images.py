"""Pictures for scenes, kept in the artifact store under the SHA-256 of their files."""

from __future__ import annotations

from videojob.image_header import Header, header
from videojob.images import BadImageError, image_id
from videotutor_api.errors import InvalidError, field_error
from videotutor_api.storage.artifacts import ArtifactStore


async def store_image(artifacts: ArtifactStore, image: str, content: bytes) -> tuple[Header, bool]:
    """Store a picture. Returns what its header says, and whether it is new.

    Raises:
        InvalidError: it cannot be shown, or has another id.
        UnavailableError: the store cannot be written.
    """
    if image_id(content) != image:
        message = f"is not the SHA-256 of the body, which is {image_id(content)}; send the file as it is"
        raise field_error(InvalidError, "image", message)
    try:
        found = header(content)
    except BadImageError as error:
        raise field_error(InvalidError, "body", str(error)) from error
    return found, await artifacts.write_image(image, content)
