"""Sound as arrays: reading what speech engines write, at the sample rate of the video."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from videotutor_renderer.scene.timeline import SAMPLE_RATE

Sound = NDArray[np.float32]
"""Mono samples from -1 to 1 at 48 kHz."""

QUIET = 0.004
"""Samples below this (-48 dB) at the ends of speech are silence that the engine added."""
KEPT = int(0.04 * SAMPLE_RATE)
FADE = int(0.008 * SAMPLE_RATE)


def from_wav(data: bytes) -> Sound:
    """The sound of a 16-bit mono WAV file, resampled, without silence at its ends.

    Espeak writes the length as unknown when it writes to a pipe; what is there counts.
    """
    with wave.open(io.BytesIO(data)) as file:
        rate = file.getframerate()
        raw = file.readframes(file.getnframes())
    samples = np.frombuffer(raw[: len(raw) // 2 * 2], dtype="<i2").astype(np.float32) / np.float32(32768)
    return trimmed(resampled(samples, rate))


def resampled(samples: Sound, rate: int) -> Sound:
    """At 48 kHz, through the spectrum: exact for sound without a jump at its ends, as speech is."""
    if not samples.size or rate == SAMPLE_RATE:
        return samples
    padded = np.pad(samples, rate // 50)
    length = round(len(padded) * SAMPLE_RATE / rate)
    spectrum = np.fft.rfft(padded)
    wide = np.zeros(length // 2 + 1, dtype=np.complex128)
    kept = min(len(wide), len(spectrum))
    wide[:kept] = spectrum[:kept]
    return (np.fft.irfft(wide, length) * (length / len(padded))).astype(np.float32)


def trimmed(samples: Sound) -> Sound:
    """Without silence at both ends, faded in and out so that it starts and ends at zero."""
    loud = np.flatnonzero(np.abs(samples) > QUIET)
    if not loud.size:
        return np.zeros(0, dtype=np.float32)
    kept = samples[max(0, loud[0] - KEPT) : loud[-1] + KEPT].copy()
    fade = min(FADE, len(kept) // 2)
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    kept[:fade] *= ramp
    kept[len(kept) - fade :] *= ramp[::-1]
    return kept


def mixed(parts: list[tuple[float, Sound]], samples: int) -> Sound:
    """Parts laid down at their times (seconds) on silence of the given length in samples."""
    whole = np.zeros(samples, dtype=np.float32)
    for start, part in parts:
        at = round(start * SAMPLE_RATE)
        room = max(0, samples - at)
        whole[at : at + len(part)] += part[:room]
    return whole
