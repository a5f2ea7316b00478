"""A picture goes into the store through the API, and a draft shows it."""

from __future__ import annotations

import io
import urllib.request
from pathlib import Path

import av
import cairo
import numpy as np

from tests.e2e.system import RUN, System
from videojob.images import image_id, text_to_sign
from videojob.signatures import body_signature

LIVELY = 10.0
"""Standard deviation of noise that was scaled and encoded, at least; that of a panel is 0."""


def noise() -> bytes:
    """A PNG file that looks like nothing else."""
    pixels = np.random.default_rng().integers(0, 255, (300, 400, 4), dtype=np.uint8)
    file = io.BytesIO()
    cairo.ImageSurface.create_for_data(pixels.data, cairo.FORMAT_RGB24, 400, 300).write_to_png(file)
    return file.getvalue()


def test_a_picture_that_was_uploaded_is_seen_in_a_draft(system: System, secret: str, tmp_path: Path) -> None:
    picture = noise()
    image, name = image_id(picture), f"picture-{RUN}"
    signature = body_signature(secret, text_to_sign(image))
    url, headers = f"{system.cluster.api_url}/images/{image}", {"X-Webhook-Signature": signature}
    request = urllib.request.Request(url, picture, headers, method="PUT")  # noqa: S310 - our own API
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        assert answer.status == 201

    system.apply(name, {"prompt": f"# Noise\n\n![Noise of {RUN}](image:{image})", "output": {"draft": True}})
    system.wait_ready(name)

    with av.open(str(system.download(name, tmp_path / "video.mp4"))) as video:
        *_, last = video.decode(video=0)
    assert last.height == 480
    middle = last.to_ndarray(format="gray")[200:260, 400:460]
    assert middle.std() > LIVELY
