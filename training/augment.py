"""What is varied at random in a pair of a recording and its target.

Every function draws from the generator it is given and from nothing else. What is linear and the
same for both signals (equaliser, low-pass, level) leaves the pair a pair.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
import soxr

from training.acoustics import Samples, direct_index

LONGEST_RIR_S = 3.0
CEILING = 0.99


def rms(samples: Samples) -> float:
    """Root mean square of all samples."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def random_equaliser(rng: np.random.Generator, frequency: Samples, range_db: float) -> Samples:
    """Smooth random gain at each `frequency` [Hz], zero phase, within ±range_db."""
    knots = np.log2(np.array([60.0, 250.0, 1000.0, 4000.0, 12000.0, 24000.0]))
    gain_db = rng.uniform(-range_db, range_db, len(knots)) * rng.random()
    position = np.log2(np.maximum(frequency, 30.0))
    return (10 ** (np.interp(position, knots, gain_db) / 20)).astype(np.float32)


def random_low_pass(rng: np.random.Generator, frequency: Samples, share: float) -> Samples:
    """With probability `share` a low-pass between 3.4 and 16 kHz, else one gain of 1."""
    if rng.random() >= share:
        return np.ones(1, np.float32)
    return low_pass(frequency, float(np.exp(rng.uniform(*np.log((3400.0, 16000.0))))))


def low_pass(frequency: Samples, cutoff_hz: float) -> Samples:
    """Zero-phase low-pass that falls over a sixth of an octave."""
    octaves = np.log2(np.maximum(frequency, 1.0) / cutoff_hz)
    return (0.5 + 0.5 * np.cos(np.pi * np.clip(octaves * 6, 0, 1))).astype(np.float32)


def random_speed(rng: np.random.Generator, share: float) -> float:
    """With probability `share` a factor within ±3 semitones, else 1."""
    return float(2.0 ** rng.uniform(-0.25, 0.25)) if rng.random() < share else 1.0


def vary_room(
    rng: np.random.Generator, rir: Samples, sample_rate: int, t60_s: float
) -> tuple[Samples, float]:
    """A measured room made larger or smaller, more absorbent, nearer or farther, and its T60 [s].

    Stretched by ×0.8 to ×1.2; one in two decays down to ×0.3 as long; the direct path of one in two
    is -4 to 8 dB stronger. The direct path stays where it is.
    """
    stretch = rng.uniform(0.8, 1.2)
    rir = soxr.resample(rir, sample_rate, sample_rate * stretch, "MQ")
    t60_s *= stretch
    direct = direct_index(sample_rate)
    early = direct_index(sample_rate * stretch) - direct
    rir = rir[early:] if early >= 0 else np.pad(rir, (-early, 0))
    time_s = np.maximum(np.arange(len(rir)) - direct, 0) / sample_rate
    if rng.random() < 0.5:
        shorter_s = t60_s * rng.uniform(0.3, 1.0)
        rir = rir * np.exp(-np.log(1e3) * (1 / shorter_s - 1 / t60_s) * time_s)
        t60_s = shorter_s
    if rng.random() < 0.5:
        edge = direct + round(2e-3 * sample_rate)
        rir = np.concatenate([rir[:edge] * 10 ** (rng.uniform(-4, 8) / 20), rir[edge:]])
    return rir[: round(LONGEST_RIR_S * sample_rate)].astype(np.float32), t60_s


def excerpt(rng: np.random.Generator, recording: Samples, length: int) -> Samples:
    """`length` samples from a random place on, repeated where the recording is too short."""
    start = int(rng.integers(len(recording)))
    return np.tile(recording, 2 + length // len(recording))[start : start + length]


def coloured_noise(rng: np.random.Generator, length: int, sample_rate: int) -> Samples:
    """Gaussian noise that falls by up to 7 dB an octave, with a random equaliser."""
    n = scipy.fft.next_fast_len(length, real=True)
    white = scipy.fft.rfft(rng.standard_normal(n, dtype=np.float32))
    frequency = scipy.fft.rfftfreq(n, 1 / sample_rate).astype(np.float32)
    slope = np.maximum(frequency, 40.0) ** -rng.uniform(0.0, 1.2)
    coloured = white * slope * random_equaliser(rng, frequency, 6.0)
    return scipy.fft.irfft(coloured, n)[:length].astype(np.float32)


def levelled(
    rng: np.random.Generator,
    recording: Samples,
    target: Samples,
    level_db: tuple[float, float],
) -> tuple[Samples, Samples]:
    """Both scaled by one factor to a random level of the recording; no sample beyond CEILING."""
    gain = 10 ** (rng.uniform(*level_db) / 20) / max(rms(recording), 1e-9)
    gain = min(gain, CEILING / max(peak(recording), peak(target), 1e-9))
    return (recording * gain).astype(np.float32), (target * gain).astype(np.float32)


def peak(samples: Samples) -> float:
    """Largest magnitude of any sample, 0 where there is none."""
    return float(np.abs(samples).max(initial=0.0))
