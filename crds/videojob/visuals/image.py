"""An uploaded picture."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videojob.base import Model
from videojob.images import ImageId
from videojob.visuals.base import ShortText


class ImageVisual(Model):
    """A picture from the artifact store: only one that was named to you as `image:` and its id."""

    kind: Literal["image"] = "image"
    image: ImageId = Field(description="Id of the picture: the 64 hex digits after `image:`, copied exactly.")
    alt: ShortText = Field(description="What the picture shows, for those who cannot see it; in the transcript.")
    caption: ShortText | None = Field(default=None, description="A line of text below the picture.")
