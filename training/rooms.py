"""Simulated room responses: early images of a shoebox, then an octave-shaped stochastic tail.

Images alone are slow and too regular late in the decay, noise alone has no geometry: each is used
where it is right.
"""

from __future__ import annotations

import itertools

import numpy as np
import scipy.fft

from training.acoustics import DIRECT_S, Samples, direct_index

SPEED_OF_SOUND = 343.0
ORDER = 4
_INDICES = np.array(
    [i for i in itertools.product(range(-ORDER, ORDER + 1), repeat=3) if sum(map(abs, i)) <= ORDER]
)
OCTAVES_HZ = 62.5 * 2.0 ** np.arange(9)


def simulate_rir(
    rng: np.random.Generator, sample_rate: int, t60_range_s: tuple[float, float]
) -> tuple[Samples, float]:
    """Return a random room response and its mid-frequency T60 [s]; direct path 2.5 ms in, gain 1.

    Room 3-15 m long, source 0.3-6 m from the microphone, T60 log-uniform within `t60_range_s`,
    decaying faster at high frequencies as air and soft furnishing absorb them.
    """
    t60_s = float(np.exp(rng.uniform(*np.log(t60_range_s))))
    size = np.array([rng.uniform(3, 15), rng.uniform(2.5, 10), rng.uniform(2.2, 5)])
    distance = min(float(np.exp(rng.uniform(*np.log((0.3, 6.0))))), 0.8 * float(size.max()))
    length = round((DIRECT_S + min(1.1 * t60_s, 2.5)) * sample_rate)
    band_t60_s = t60_s * _decay_shape(rng)

    early, last_s = _early(rng, sample_rate, length, size, distance, t60_s)
    tail = _tail(rng, sample_rate, length, band_t60_s)
    # Diffuse field: reverberant over direct energy is the square of the distance over the critical
    # distance; a talker's directivity favours the direct path.
    critical = 0.057 * np.sqrt(size.prod() / t60_s)
    directivity = 10 ** (rng.uniform(0, 5) / 20)
    tail *= distance / critical / np.sqrt(np.sum(np.square(tail)))
    time_s = np.arange(length) / sample_rate - DIRECT_S
    tail *= np.clip((time_s - 0.3 * last_s) / (0.7 * last_s), 0, 1)
    rir = (early + tail) / directivity
    rir[direct_index(sample_rate)] += 1.0
    return rir.astype(np.float32), t60_s


def _decay_shape(rng: np.random.Generator) -> np.ndarray:
    """T60 of each octave relative to mid frequencies."""
    position = np.log2(OCTAVES_HZ / 1000.0)
    tilt = rng.uniform(0.0, 0.22) * np.maximum(position, 0) + rng.uniform(-0.1, 0.15) * np.minimum(
        position, 0
    )
    return np.clip(np.exp(-tilt + rng.normal(0, 0.06, len(OCTAVES_HZ))), 0.2, 1.8)


def _early(
    rng: np.random.Generator,
    sample_rate: int,
    length: int,
    size: np.ndarray,
    distance: float,
    t60_s: float,
) -> tuple[np.ndarray, float]:
    """Reflections up to ORDER walls, relative to a direct path of one, and the last one's delay."""
    # Norris-Eyring: energy reflection from the reverberation time, volume and surface.
    volume, surface = size.prod(), 2 * (size[0] * (size[1] + size[2]) + size[1] * size[2])
    reflection = np.exp(-0.161 * volume / (surface * t60_s) / 2)
    microphone = size * rng.uniform(0.15, 0.85, 3)
    direction = rng.normal(size=3) * (1, 1, 0.3)
    source = np.clip(microphone + distance * direction / np.linalg.norm(direction), 0.1, size - 0.1)
    distance = max(float(np.linalg.norm(source - microphone)), 0.2)

    order = np.abs(_INDICES).sum(axis=1)
    images = np.where(_INDICES % 2 == 0, source, size - source) + _INDICES * size
    far = np.linalg.norm(images - microphone, axis=1)
    gain = reflection**order * distance / far * rng.uniform(0.5, 1.0, len(far))
    delay_s = (far - distance) / SPEED_OF_SOUND
    keep = (order > 0) & (delay_s > 5e-4)

    early = np.zeros(length)
    position = (DIRECT_S + delay_s[keep]) * sample_rate
    index = position.astype(int)
    inside = index < length - 1
    index, fraction, gain = index[inside], (position % 1)[inside], gain[keep][inside]
    np.add.at(early, index, gain * (1 - fraction))
    np.add.at(early, index + 1, gain * fraction)
    return early, max(float(np.median(delay_s[keep])), 0.01)


def _tail(
    rng: np.random.Generator, sample_rate: int, length: int, band_t60_s: np.ndarray
) -> np.ndarray:
    """Gaussian noise, (length,), whose octaves decay each with its own T60."""
    n = scipy.fft.next_fast_len(length, real=True)
    spectrum = scipy.fft.rfft(rng.standard_normal(n, dtype=np.float32))
    octave = np.log2(np.maximum(scipy.fft.rfftfreq(n, 1 / sample_rate), 1.0) / OCTAVES_HZ[0])
    octave = np.clip(octave, 0, len(OCTAVES_HZ) - 1)
    time_s = np.maximum(np.arange(length, dtype=np.float32) / sample_rate - DIRECT_S, 0)
    tail = np.zeros(length, dtype=np.float32)
    for band, t60_s in enumerate(band_t60_s):
        weight = np.sqrt(np.clip(1 - np.abs(octave - band), 0, 1)).astype(np.float32)
        tail += scipy.fft.irfft(spectrum * weight, n)[:length] * np.exp(
            -np.log(1e3) * time_s / t60_s
        )
    return tail * (np.arange(length) >= DIRECT_S * sample_rate)
