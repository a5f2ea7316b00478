"""What lies beside a published scene, for whoever reuses or joins it."""

from __future__ import annotations

from videojob.base import Model
from videojob.results import SceneResult
from videojob.storyboard import SceneContent


class SceneRecord(Model):
    """`scene.json` of a scene in the store."""

    result: SceneResult
    narrated: bool
    """Whether there is speech in its sound."""
    language: str
    """BCP 47 tag of what is spoken."""
    content: SceneContent
    """What was drawn and spoken: the scene as planned, or as an edit made it."""
