"""The demo's live picture of a session: one line for the video, one for each scene."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any, TextIO

from dev.demo.webapp import Snapshot

MARKS = {"Pending": "·", "Running": "▶", "Succeeded": "✔", "Failed": "✘"}
BAR = 20


class Console:
    """Redraws in place on a terminal; elsewhere prints each line when it changes."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._drawn = 0
        self._seen: dict[str, str] = {}
        self._start = time.monotonic()

    def show(self, snapshot: Snapshot) -> None:
        """Draws the session as it is now."""
        lines = {"": session_line(snapshot.session)}
        lines |= {scene["sceneId"]: scene_line(scene) for scene in snapshot.scenes}
        if self._live:
            self._redraw(list(lines.values()))
        else:
            self._print_changes(lines)

    def _redraw(self, lines: list[str]) -> None:
        width, height = shutil.get_terminal_size()
        shown = [line[: width - 1] for line in lines[: height - 1]]  # what wraps or scrolls could not be drawn over
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._stream.write(up + "".join(f"\x1b[2K{line}\n" for line in shown))
        self._stream.flush()
        self._drawn = len(shown)

    def _print_changes(self, lines: dict[str, str]) -> None:
        for key, line in lines.items():
            if self._seen.get(key) != line:
                print(f"{time.monotonic() - self._start:6.1f} s {line}", file=self._stream, flush=True)
        self._seen = lines


def session_line(session: dict[str, Any]) -> str:
    """Phase, progress and message of the whole video."""
    percent = int(session["progress"])
    bar = "█" * (percent * BAR // 100)
    return f"  {session['status']:<10} {bar:<{BAR}} {percent:3d} %  {session.get('message') or ''}"


def scene_line(scene: dict[str, Any]) -> str:
    """One scene: its phase, id, title and length."""
    length = f"{scene['durationSeconds']:.1f} s" if scene.get("durationSeconds") else ""
    reused = " (reused)" if scene.get("reused") else ""
    return (
        f"    {MARKS[scene['phase']]} {scene['sceneId']:<10} {scene['phase']:<10} {length:>7} {scene['title']}{reused}"
    )
