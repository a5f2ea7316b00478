"""Pictures beside an outline: shown by their copies in the store; what is not there is told in one line."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.unit.pictures import encoded, png_of, quarters
from videojob.images import image_id
from videojob.spec import VideoJobSpec
from videojob.storyboard import Storyboard
from videotutor_renderer.cli.command import main
from videotutor_renderer.cli.options import BadInputError
from videotutor_renderer.cli.pictures import with_pictures
from videotutor_renderer.store import Store

PICTURE = encoded(quarters())
ID = image_id(PICTURE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, beside others that an outline in it must not reach."""
    inside = tmp_path / "lesson"
    (inside / "more").mkdir(parents=True)
    for name in ("cell.png", "my cell (1).png", "more/zelle-ä.png", "../secret.png"):
        (inside / name).write_bytes(PICTURE)
    (inside / "link.png").symlink_to("../secret.png")
    (inside / "circle.png").symlink_to("circle.png")
    (inside / "up").symlink_to("..")
    (inside / "good-link.png").symlink_to("cell.png")
    monkeypatch.chdir(tmp_path)
    return inside


def named(text: str, folder: Path, source: str | None = None) -> str:
    spec = with_pictures(VideoJobSpec(prompt=text), source or str(folder / "outline.md"), Store(folder / "store"))
    return spec.prompt or ""


@pytest.mark.parametrize(
    "address",
    [
        "cell.png",
        "./cell.png",
        "more/zelle-ä.png",
        quote("more/zelle-ä.png"),
        "<my cell (1).png>",
        "my%20cell%20(1).png",
        "more/../cell.png",
        "good-link.png",
    ],
)
def test_a_picture_in_the_folder_is_kept_in_the_store_and_named_by_its_id(address: str, folder: Path) -> None:
    text = f'# T\n\n![A [big] cell]({address} "Its core")\n\n![other]( {address})'
    assert named(text, folder) == f'# T\n\n![A [big] cell](image:{ID} "Its core")\n\n![other]( image:{ID})'
    assert (folder / "store/local/images" / ID).read_bytes() == PICTURE


def test_what_only_looks_like_a_picture_stays_and_is_not_read(folder: Path) -> None:
    text = f"# T\n```\n![a](none.png)\n```\n`![b](none.png)` [c](none.png) ![](none.png)\n![d](image:{ID})"
    assert named(text, folder) == text


@pytest.mark.parametrize("source", [None, "-"])
def test_a_prompt_without_a_file_has_no_folder_to_read_from(source: str | None, folder: Path) -> None:
    spec = VideoJobSpec(prompt="# T\n![a](lesson/cell.png)")
    assert with_pictures(spec, source, Store(folder)) == spec


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("../secret.png", "leads out of the folder of the outline; copy the file there"),
        ("link.png", "leads out of the folder"),
        ("up/secret.png", "leads out of the folder"),
        ("/etc/passwd", "leads out of the folder"),
        ("none.png", "is not there; name a file in the folder of the outline"),
        ("circle.png", "is not there"),
        ("a%00.png", "is not there"),
        ("x" * 300, "is not there"),
        ("more", "is no file"),
        ("https://example.org/cell.png", "is elsewhere; save it beside the outline and name the file"),
        ("//example.org/cell.png", "is elsewhere"),
        ("ftp:cell.png", "is elsewhere"),
        ("outline.md", "is neither PNG, JPEG nor WebP"),
        ("bomb.png", "has 60000 x 60000 pixels"),
        ("cut.png", "is cut off"),
        ("fifo", "is no file"),
    ],
)
def test_a_picture_that_cannot_be_shown_is_told_by_its_name(address: str, told: str, folder: Path) -> None:
    (folder / "outline.md").write_text("# T")
    (folder / "bomb.png").write_bytes(png_of(60_000, 60_000))
    (folder / "cut.png").write_bytes(PICTURE[:-20])
    os.mkfifo(folder / "fifo")
    with pytest.raises(BadInputError) as caught:
        named(f"# T\n![a]({address})", folder)
    assert str(caught.value).startswith(f"{folder / 'outline.md'}: the picture {address} {told}")
    assert not (folder / "store").exists()


def test_another_picture_of_the_same_name_is_another_scene(folder: Path) -> None:
    text = "# T\n![A cell](cell.png)"
    before = named(text, folder)
    (folder / "cell.png").write_bytes(encoded(quarters(32, 32)))
    assert named(text, folder) != before


def test_a_plan_names_the_picture_by_its_id(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "o.md").write_text("# T\n![A cell](cell.png)")
    assert main(("lesson/o.md", "--plan-only")) == 0
    (scene,) = Storyboard.model_validate_json(capsys.readouterr().out).scenes
    assert scene.beats[0].to_json_object()["show"] == {"kind": "image", "image": ID, "alt": "A cell"}
