"""The same scene is the same bytes, whatever was in memory before."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ENCODED = """
import hashlib, sys, tempfile
from pathlib import Path
import numpy as np
from videotutor_renderer.scene.convert import Converted
from videotutor_renderer.scene.encode import write_mp4
width, height = int(sys.argv[1]), int(sys.argv[2])
pixels = np.zeros((height, width, 4), dtype=np.uint8)
pixels[:] = np.linspace(253, 244, height).astype(np.uint8)[:, None, None]
pixels[40:90, 60:400] = np.random.default_rng(0).integers(0, 255, (50, 340, 1), dtype=np.uint8)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "scene.mp4")
    write_mp4(path, (width, height), [Converted(pixels).frame] * 20, np.zeros(1024, dtype=np.float32))
    print(hashlib.sha256(path.read_bytes()).hexdigest())
"""
IN_HEAP = "glibc.malloc.mmap_threshold=400000000"
"""Memory from the system is zero; memory of the heap is what was left in it."""


@pytest.mark.parametrize("size", [("854", "480"), ("480", "854")])
def test_what_was_left_in_memory_changes_no_byte(size: tuple[str, str]) -> None:
    tunables = (f"glibc.malloc.perturb={left}:{IN_HEAP}" for left in (0, 1))
    made = {_made(size, os.environ | {"GLIBC_TUNABLES": wanted}) for wanted in tunables}
    assert len(made) == 1


def _made(size: tuple[str, str], environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", ENCODED, *size]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
