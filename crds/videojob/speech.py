"""Environment variables by which the operator passes voices to the containers of scenes."""

from __future__ import annotations

VOICES_VARIABLE = "VIDEOTUTOR_VOICES"
"""Names the folder with mounted Piper voices: *.onnx, each with its *.onnx.json."""
URL_VARIABLE = "VIDEOTUTOR_SPEECH_URL"
MODEL_VARIABLE = "VIDEOTUTOR_SPEECH_MODEL"
KEY_VARIABLE = "VIDEOTUTOR_SPEECH_KEY"
"""Address of an OpenAI-compatible speech endpoint, the model's name there, and the key, which comes from a Secret."""
