"""Loudness: measured as ITU-R BS.1770-4 / EBU R 128 say, brought to -16 LUFS by a constant gain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from videotutor_renderer.scene.timeline import SAMPLE_RATE
from videotutor_renderer.speech.sound import Sound

TARGET = -16.0
"""LUFS; what the large video and podcast platforms recommend for stereo speech."""
CEILING = -2.5
"""dBTP before encoding; AAC overshoots by up to 1.1 dB on harsh voices, and the limit of EBU R 128 is -1."""
CHANNELS = 2
"""The sound is written to both channels of a stereo pair; BS.1770 adds their powers."""
MOST_ROUNDS, NEAR_ENOUGH = 3, 0.2
"""Turning peaks down makes the whole a little quieter, which the next round makes up for; in LU."""
HOP = SAMPLE_RATE // 10
HOPS_OF_A_BLOCK = 4
"""Blocks of 400 ms that start every 100 ms."""
ABSOLUTE_GATE, RELATIVE_GATE = -70.0, -10.0
OVERSAMPLED = 4
"""BS.1770-4 Annex 2: four times oversampling at 48 kHz finds peaks between samples."""
LOOK_AHEAD = int(0.005 * SAMPLE_RATE)
OVERLAP = HOP
PART = 11 * HOP
"""Samples worked on at once, without their neighbours: few enough that their spectrum stays in the processor's cache,
and with them a length (62,400) without large prime factors, which Fourier transforms are slow for."""

# BS.1770-4 tables 1 and 2, for 48 kHz: a shelf for the head, then a high-pass.
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))

Values = NDArray[np.float64]


def integrated(sound: Sound) -> float:
    """Integrated loudness in LUFS of a sound that plays on both channels; -inf for silence or less than 0.4 s."""
    if not sound.any():
        return float("-inf")
    hops = np.concatenate([np.zeros(0), *(_hop_powers(part) for part in _overlapping(sound))])
    if len(hops) < HOPS_OF_A_BLOCK:
        return float("-inf")
    powers = CHANNELS * np.convolve(hops, np.full(HOPS_OF_A_BLOCK, 1 / HOPS_OF_A_BLOCK), mode="valid")
    gated = powers[_lufs(powers) > ABSOLUTE_GATE]
    if not gated.size:
        return float("-inf")
    threshold = _lufs(gated.mean()) + RELATIVE_GATE
    return float(_lufs(gated[_lufs(gated) > threshold].mean()))


def true_peak(sound: Sound) -> float:
    """Highest peak in dBTP, between samples too."""
    peak = max((float(_envelope(part).max()) for part in _overlapping(sound)), default=0.0)
    return 20 * float(np.log10(peak)) if peak > 0 else float("-inf")


def normalised(sound: Sound) -> Sound:
    """The sound at -16 LUFS; the few peaks that would exceed the ceiling are turned down around them."""
    for done in range(MOST_ROUNDS):
        loudness = integrated(sound)
        if loudness == float("-inf") or (done and abs(loudness - TARGET) < NEAR_ENOUGH):
            break
        sound = limited(sound, np.float32(10 ** ((TARGET - loudness) / 20)))
    return sound


def limited(sound: Sound, gain: np.float32) -> Sound:
    """Louder by a factor, with no true peak above the ceiling: a look-ahead limiter.

    The gain needed is held for the look-ahead on both sides (running minimum) and then averaged over the same
    length: the average of minima that all include a peak is never above what that peak needs.
    """
    done = np.empty_like(sound)
    at = 0
    for part in _overlapping(sound):
        inner = _limited(part * gain)
        done[at : at + len(inner)] = inner
        at += len(inner)
    return done


def _limited(part: Sound) -> Sound:
    inner = part[OVERLAP:-OVERLAP]
    needed = np.minimum(1.0, 10 ** (CEILING / 20) / np.maximum(_envelope(part), 1e-9))
    if needed.min() >= 1.0:
        return inner
    held = _least_of(needed, 2 * LOOK_AHEAD + 1)
    gain = _mean_of(held, 2 * LOOK_AHEAD + 1)
    margin = OVERLAP - 2 * LOOK_AHEAD
    return (inner * gain[margin : margin + len(inner)]).astype(np.float32)


def _least_of(values: Values, width: int) -> Values:
    """The least of each `width` values in a row: of two overlapping stretches, each twice as long as those before."""
    reach = 1
    while reach < width:
        step = min(reach, width - reach)
        values = np.minimum(values[:-step], values[step:])
        reach += step
    return values


def _mean_of(values: Values, width: int) -> Values:
    """The mean of each `width` values in a row."""
    sums = np.cumsum(np.concatenate([np.zeros(1), values]))
    return np.asarray((sums[width:] - sums[:-width]) / width)


def _envelope(part: Sound) -> Values:
    """For each sample the largest magnitude between it and the next one, from four times as many samples."""
    length = len(part)
    spectrum = np.zeros(length * OVERSAMPLED // 2 + 1, dtype=np.complex64)
    spectrum[: length // 2 + 1] = np.fft.rfft(part)
    fine = np.abs(np.fft.irfft(spectrum, length * OVERSAMPLED) * OVERSAMPLED)
    peaks: Values = np.maximum.reduce([fine[i::OVERSAMPLED] for i in range(OVERSAMPLED)])
    return peaks


@lru_cache(maxsize=2)
def _response(length: int) -> NDArray[np.complex64]:
    """The frequency response of both filters, for the spectrum of so many samples."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(length))
    response = np.ones_like(z)
    for above, below in (_SHELF, _HIGH_PASS):
        response *= (above[0] + above[1] * z + above[2] * z**2) / (below[0] + below[1] * z + below[2] * z**2)
    return np.asarray(response, dtype=np.complex64)  # with the sound's own precision transforms take half as long


def _hop_powers(part: Sound) -> Values:
    """Mean square of each tenth of a second after both filters."""
    weighted = np.fft.irfft(np.fft.rfft(part) * _response(len(part)), len(part))[OVERLAP:-OVERLAP]
    whole = len(weighted) // HOP * HOP
    return np.asarray((weighted[:whole].reshape(-1, HOP) ** 2).mean(axis=1))


def _overlapping(sound: Sound) -> Iterator[Sound]:
    """Parts of bounded length with a tenth of a second of their neighbours on both sides: memory stays small.

    Filters and limiter reach less far than that (30 and 10 ms), so the inner parts are those of the whole.
    """
    for start in range(0, len(sound), PART):
        part = sound[max(0, start - OVERLAP) : start + PART + OVERLAP]
        before, after = max(0, OVERLAP - start), min(OVERLAP, max(0, start + PART + OVERLAP - len(sound)))
        yield np.pad(part, (before, after))


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-20)))
