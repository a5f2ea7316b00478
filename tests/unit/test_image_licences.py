"""Every image keeps the licence and the notice of the project when its documentation is removed."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

DOCKERFILE = (Path(__file__).resolve().parents[2] / "Dockerfile").read_text()
STAGES = dict(re.findall(r"^FROM \S+ AS (\S+)\n(.*?)(?=^FROM |\Z)", DOCKERFILE, flags=re.MULTILINE | re.DOTALL))
REMOVALS = {
    name: find for name, stage in STAGES.items() for find in re.findall(r"find /usr/share/doc .*-delete", stage)
}
"""The command of each stage that removes documentation."""


def test_the_stages_that_remove_documentation_are_found() -> None:
    assert {"base", "renderer"} <= REMOVALS.keys()


@pytest.mark.parametrize("stage", REMOVALS)
def test_copyright_licence_and_notice_stay(stage: str, tmp_path: Path) -> None:
    kept = {"cairo/copyright", "videotutor/LICENSE", "videotutor/NOTICE"}
    for name in (*kept, "cairo/README", "cairo/changelog.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    subprocess.run(["sh", "-c", REMOVALS[stage].replace("/usr/share/doc", str(tmp_path))], check=True, timeout=30)

    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == kept


@pytest.mark.parametrize("image", ["python", "convex-local"])
def test_every_image_gets_the_licence_and_the_notice(image: str) -> None:
    assert "COPY LICENSE NOTICE /usr/share/doc/videotutor/\n" in STAGES[image]


ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(sysconfig.get_path("purelib"))
COPYLEFT = {
    "libx264": "libx264",
    "libx265": "libx265",
    "libmp3lame": "libmp3lame",
    "libgnutls": "GnuTLS",
    "libnettle": "Nettle",
    "libhogweed": "Nettle",
    "libgmp": "GMP",
    "libunistring": "libunistring",
    "libasound": "libasound",
    "libgfortran": "libgfortran",
    "libquadmath": "libquadmath",
}
"""Libraries under the GPL or LGPL that wheels of the renderer may bring, and their names in NOTICE."""
FONTS = {"DejaVuSans": "DejaVu Sans", "STIXTwoMath-Regular": "STIX Two Math"}


def test_the_notice_names_the_copyleft_libraries_of_the_wheels() -> None:
    notice = (ROOT / "NOTICE").read_text()
    found = {
        path.name.partition("-")[0] for wheel in ("av", "numpy") for path in (PACKAGES / f"{wheel}.libs").iterdir()
    }
    assert "libx264" in found
    assert [name for name in found & COPYLEFT.keys() if COPYLEFT[name] not in notice] == []


def test_the_notice_names_the_fonts_of_the_packages() -> None:
    notice = (ROOT / "NOTICE").read_text()
    files = [path.stem for name in ("ziafont", "ziamath") for path in (PACKAGES / name).rglob("*.[ot]tf")]
    assert files
    assert [font for font in files if FONTS[font] not in notice] == []
    (binary,) = (PACKAGES / "typst").glob("*.so")
    inside = [
        font
        for font in ("Libertinus", "New Computer Modern", "DejaVu Sans Mono")
        if font.encode() in binary.read_bytes()
    ]
    assert inside
    assert [font for font in inside if font not in notice] == []


def test_the_notice_has_the_licence_that_ffmpeg_reports() -> None:
    (library,) = (PACKAGES / "av.libs").glob("libavutil-*")
    is_version_3 = b"--enable-version3" in library.read_bytes()
    assert ("--enable-version3" in (ROOT / "NOTICE").read_text()) == is_version_3
