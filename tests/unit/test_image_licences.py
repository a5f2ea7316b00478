"""Every image keeps the licence and the notice of the project when its documentation is removed."""

from __future__ import annotations

import re
import subprocess
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
