"""Room acoustics on sampled responses: convolve, measure, shorten.

A room response (rir) is a float32 array (samples,) whose direct path arrives DIRECT_S after its
start. Where it arrives cannot be told from the samples: far from the talker a reflection may be the
strongest.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

Samples = NDArray[np.float32]
DIRECT_S = 0.0025


def direct_index(sample_rate: float) -> int:
    """Index of the direct path in every room response."""
    return round(DIRECT_S * sample_rate)


def find_direct_s(rir: Samples, sample_rate: float) -> float:
    """Time [s] of the first sample within 20 dB of the largest: a guess at the direct path.

    For responses that come without a word on it. In a far and live place it may be a reflection.
    """
    magnitude = np.abs(rir)
    return float(np.argmax(magnitude >= 0.1 * magnitude.max()) / sample_rate)


def place_direct(rir: Samples, sample_rate: int, direct_s: float) -> Samples:
    """Return the response cut or padded so that its direct path, at `direct_s`, is at DIRECT_S."""
    late = round(direct_s * sample_rate) - direct_index(sample_rate)
    return rir[late:] if late >= 0 else np.pad(rir, (-late, 0))


def shorten(
    rir: Samples, sample_rate: int, t60_s: float, target_t60_s: float, hold_ms: float
) -> Samples:
    """Return the response with its reverberation time shortened, same length and direct path.

    After the direct path and `hold_ms` the response is multiplied by an exponential that turns a
    decay of `t60_s` into one of `target_t60_s`; a room already shorter is returned as it is.
    A decay keeps the target natural where a hard cut leaves an audible edge.
    Source: reverberation time shortening, Zhou et al., arXiv 2204.08765.
    """
    if t60_s <= target_t60_s:
        return rir
    hold = direct_index(sample_rate) + round(hold_ms * 1e-3 * sample_rate)
    time_s = np.maximum(np.arange(len(rir)) - hold, 0) / sample_rate
    # 60 dB is a factor of 10^3 in amplitude.
    decay = np.log(1e3) * (1 / target_t60_s - 1 / t60_s)
    return (rir * np.exp(-decay * time_s)).astype(np.float32)


def direct_sound(rir: Samples, sample_rate: int, hold_ms: float = 4.0) -> Samples:
    """Return the response with all but its direct sound faded out, same length.

    What is left is the loudspeaker, the microphone and the way between them: the response an
    anechoic room would have. It fades over `hold_ms` after a `hold_ms` hold.
    """
    time_ms = 1e3 * (np.arange(len(rir)) - direct_index(sample_rate)) / sample_rate
    fade = 0.5 + 0.5 * np.cos(np.pi * np.clip(time_ms / hold_ms - 1, 0, 1))
    return (rir * fade).astype(np.float32)


def convolve(spectrum: NDArray[np.complex64], rir: Samples, n: int, length: int) -> Samples:
    """First `length` samples of a signal (given as its n-point rfft) in a room."""
    product = spectrum * scipy.fft.rfft(rir, n)
    return scipy.fft.irfft(product, n)[:length].astype(np.float32)


def energy_decay_db(rir: Samples) -> NDArray[np.float64]:
    """Schroeder's backward-integrated energy of the response, in dB below its total."""
    energy = np.cumsum(np.square(rir[::-1], dtype=np.float64))[::-1]
    return 10 * np.log10(np.maximum(energy, 1e-30) / max(energy[0], 1e-30))


def reverberation_time_s(rir: Samples, sample_rate: int) -> float:
    """T60 [s] extrapolated from the decay between -5 and -25 dB (T20).

    Raises:
        ValueError: the response does not decay by 25 dB.
    """
    curve = energy_decay_db(rir[direct_index(sample_rate) :])
    start, end = int(np.argmax(curve <= -5)), int(np.argmax(curve <= -25))
    if curve[-1] > -25 or end - start < 3:
        raise ValueError("The response decays by less than 25 dB: give a longer or cleaner one.")
    time_s = np.arange(start, end) / sample_rate
    slope = np.polyfit(time_s, curve[start:end], 1)[0]
    return float(-60.0 / slope)


def direct_to_reverberant_db(rir: Samples, sample_rate: int, direct_ms: float = 2.5) -> float:
    """Energy within `direct_ms` around the direct path over that of everything after, in dB."""
    edge = direct_index(sample_rate) + round(direct_ms * 1e-3 * sample_rate)
    direct = np.sum(np.square(rir[:edge], dtype=np.float64))
    late = np.sum(np.square(rir[edge:], dtype=np.float64))
    return float(10 * np.log10(max(direct, 1e-30) / max(late, 1e-30)))


def clarity_db(rir: Samples, sample_rate: int, early_ms: float = 50.0) -> float:
    """C50 [dB]: energy of the first `early_ms` after the direct path over the rest (ISO 3382)."""
    return direct_to_reverberant_db(rir, sample_rate, early_ms)
