"""Sound as arrays: reading what speech engines write, at the sample rate of the video."""

from __future__ import annotations

import io
import wave

import numpy as np
from numpy.typing import NDArray

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.timeline import SAMPLE_RATE

Sound = NDArray[np.float32]
"""Mono samples from -1 to 1 at 48 kHz."""

QUIET = 0.004
"""Samples below this (-48 dB) at the ends of speech are silence that the engine added."""
BYTES = 2
CHANNELS = (1, 2)
RATES = range(8_000, SAMPLE_RATE + 1)
"""What speech comes in: mono or stereo, telephone to video."""
KEPT = int(0.04 * SAMPLE_RATE)
FADE = int(0.008 * SAMPLE_RATE)


def from_wav(data: bytes) -> Sound:
    """The sound of a WAV file of 16 bits and 8 to 48 kHz, mono or mixed to it, resampled, without silence at its ends.

    Engines that write to a pipe give the length as unknown; what is there counts.

    Raises:
        TaskError: it is no such file; not the user's fault.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            rate, channels, width = file.getframerate(), file.getnchannels(), file.getsampwidth()
            raw = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise TaskError(
            FailureClass.INTERNAL, f"The speech engine sent no WAV file: {str(error) or 'it ends early'}"
        ) from error
    if width != BYTES or channels not in CHANNELS or rate not in RATES:
        found = f"{8 * width} bits, {channels} channels, {rate} Hz"
        wanted = f"16 bits, 1 or 2 channels, {RATES[0]} to {RATES[-1]} Hz are needed"
        raise TaskError(FailureClass.INTERNAL, f"The speech engine sent a sound of {found}; {wanted}.")
    frame = BYTES * channels
    whole = np.frombuffer(raw[: len(raw) // frame * frame], dtype="<i2").astype(np.float32) / np.float32(32768)
    return trimmed(resampled(whole.reshape(-1, channels).mean(axis=1), rate))


def resampled(samples: Sound, rate: int) -> Sound:
    """At 48 kHz, through the spectrum: exact for sound without a jump at its ends, as speech is."""
    if not samples.size or rate == SAMPLE_RATE:
        return samples
    around, unit = rate // 50, rate // 5
    padded = np.pad(samples, (around, around + -(len(samples) + 2 * around) % unit))  # lengths that transform fast
    length = round(len(padded) * SAMPLE_RATE / rate)
    spectrum = np.fft.rfft(padded)
    wide = np.zeros(length // 2 + 1, dtype=np.complex64)
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
