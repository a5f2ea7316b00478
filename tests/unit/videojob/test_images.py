"""Pictures by their headers: what is accepted, and why something else is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.pictures import ENCODERS, encoded, png_of, quarters
from videojob.image_header import Header, ImageFormat, header
from videojob.images import MAX_BYTES, BadImageError, image_id, image_of, named_images
from videojob.visuals import ImageVisual

ID = "0123456789abcdef" * 4
JPEG = encoded(quarters(), "JPEG")
WEBP = b"RIFF\0\0\0\0WEBP"
BEGINNINGS = (b"", png_of(9, 9)[:16], JPEG[:2], b"\xff\xd8\xff", WEBP + b"VP8X", WEBP + b"VP8L", WEBP + b"VP8 ")


@pytest.mark.parametrize("format_", ENCODERS)
def test_a_header_tells_format_and_size(format_: str) -> None:
    assert header(encoded(quarters(64, 48), format_)) == Header(ImageFormat(format_), 64, 48)


@pytest.mark.parametrize(
    ("rest", "size"),
    [
        (b"VP8X\x0a\0\0\0\x10\0\0\0\xff\x3f\0\x63\0\0", (16384, 100)),
        (b"VP8L\x05\0\0\0\x2f\x3f\xc0\x0b\x10", (64, 48)),
        (b"VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x40\x00\x30\x00", (64, 48)),
    ],
    ids=["extended", "lossless", "lossy"],
)
def test_each_kind_of_webp_header_is_read(rest: bytes, size: tuple[int, int]) -> None:
    found = header(WEBP + rest)
    assert (found.width, found.height) == size


def test_segments_and_fill_bytes_before_the_frame_header_of_a_jpeg_are_skipped() -> None:
    long = JPEG[:2] + b"\xff\xfe\x00\x06\xff\xc0zz" + b"\xff\xff\xff" + JPEG[2:]
    assert header(long) == header(JPEG)


def test_a_small_picture_in_the_metadata_is_not_the_end_and_what_a_telephone_appends_is_ignored() -> None:
    small = JPEG[:2] + b"\xff\xe1" + (len(JPEG) + 2).to_bytes(2, "big") + JPEG + JPEG[2:]
    assert header(small + b"a film \xff\xda of two seconds") == header(JPEG)
    with pytest.raises(BadImageError, match="is cut off"):
        header(small[:-2])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is neither PNG, JPEG nor WebP"),
        (b"GIF89a" + bytes(100), "is neither PNG, JPEG nor WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is neither PNG, JPEG nor WebP"),
        (png_of(3, 3) + bytes(MAX_BYTES), "has more than 8388608 bytes; make it smaller"),
        (png_of(10_000, 4001), "has 10000 x 4001 pixels; it may have 40 megapixels and 16384 pixels a side"),
        (png_of(16_385, 1), "has 16385 x 1 pixels"),
        (png_of(2**31, 2**31), "has 2147483648 x 2147483648 pixels"),
        (png_of(0, 9), "is broken: its PNG header has no size"),
        (png_of(9, 9)[:20], "is broken: its PNG header has no size"),
        (JPEG[:20], "is broken: its JPEG header has no size"),
        (b"\xff\xd8" + b"\xff\xfe\x00\x02" * 2_000 + JPEG[2:], "is broken: its JPEG header has no size"),
        (png_of(9, 9)[:-1], "is cut off: the end of the PNG file is missing; save it again"),
        (JPEG[:-2], "is cut off: the end of the JPEG file is missing"),
        (encoded(quarters(), "WebP")[:-1], "is cut off: the end of the WebP file is missing"),
        (WEBP + b"ANIM", "is broken: its WebP header has no size"),
        (WEBP + b"VP8X\x0a\0\0\0\x02\0\0\0\x09\0\0\x09\0\0", "is animated; save one picture of it"),
    ],
)
def test_what_may_not_be_shown_is_refused_with_the_reason(content: bytes, told: str) -> None:
    with pytest.raises(BadImageError) as caught:
        header(content)
    assert told in str(caught.value)


@given(beginning=st.sampled_from(BEGINNINGS), rest=st.binary(max_size=60))
def test_any_bytes_have_a_header_or_a_reason_why_not(beginning: bytes, rest: bytes) -> None:
    try:
        found = header(beginning + rest)
    except BadImageError:
        return
    assert 0 < found.width * found.height <= 40_000_000


def test_the_id_is_the_sha_256_of_the_file() -> None:
    assert image_id(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_text_names_pictures_by_their_ids_only() -> None:
    assert named_images(f"See image:{ID}, (image:{'f' * 64}) and image:{ID}.") == {ID, "f" * 64}
    assert named_images(f"image:{ID}0 image:{ID[1:]} image: {ID} myimage:{ID} IMAGE:{ID}") == set()


@pytest.mark.parametrize(
    ("address", "image"), [(f"image:{ID}", ID), (f"image:{ID}.png", None), ("cat.png", None), (f" image:{ID}", None)]
)
def test_an_address_that_is_an_id_refers_to_a_picture(address: str, image: str | None) -> None:
    assert image_of(address) == image


@pytest.mark.parametrize("image", ["", "../../etc/passwd", ID.upper(), ID[1:], f"{ID}\n", f"image:{ID}"])
def test_an_image_is_named_by_64_hex_digits(image: str) -> None:
    with pytest.raises(ValueError, match="image"):
        ImageVisual(image=image, alt="A cell")


@pytest.mark.parametrize("alt", [None, "", "x" * 201])
def test_an_image_needs_a_description_of_a_line_or_two(alt: str | None) -> None:
    with pytest.raises(ValueError, match="alt"):
        ImageVisual.model_validate({"image": ID, "alt": alt})
