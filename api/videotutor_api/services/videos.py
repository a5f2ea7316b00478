"""What a finished video consists of."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from videojob import hls
from videojob.status import VideoStatus
from videotutor_api.errors import NotReadyError
from videotutor_api.storage.videojob import VideoJob


class File(StrEnum):
    """What lies beside a stitched video, and the video itself; its thumbnails have numbers."""

    VIDEO = "video.mp4"
    CAPTIONS = "captions.vtt"
    POSTER = "poster.jpg"
    TRANSCRIPT = "transcript.txt"
    STORYBOARD = "storyboard.json"
    THUMBNAILS = "thumbnails.vtt"
    MASTER_PLAYLIST = hls.MASTER_PLAYLIST
    VIDEO_PLAYLIST = hls.VIDEO_PLAYLIST
    CAPTIONS_PLAYLIST = hls.CAPTIONS_PLAYLIST


def finished_video(job: VideoJob) -> VideoStatus:
    """The newest finished video.

    Raises:
        NotReadyError: there is none yet.
    """
    if not (video := job.status.video):
        raise not_ready(job, "has no video yet")
    return video


def path_beside(video: VideoStatus, file: str) -> Path:
    """Path in the artifact store of a file beside a video: a `File`, or a thumbnail."""
    return Path(video.path).parent / file


def not_ready(job: VideoJob, lack: str) -> NotReadyError:
    """Build the error for what is still being made; it says how far that is."""
    status = job.status
    detail = f"{job.name} {lack}: {status.phase}, {status.progress} %"
    return NotReadyError(f"{detail}; {status.message}" if status.message else detail)
