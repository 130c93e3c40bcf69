"""Simulated room responses: early images of a shoebox, then an octave-shaped stochastic tail.

Images alone are slow and too regular late in the decay, noise alone has no geometry: each is used
where it is right. pyroomacoustics finds the images and what the walls and the air take from each
in every octave: 1.1 ms of the 5 ms that a room takes. Its ready responses are not used: they cost
13 to 50 ms for the images of 4 to 17 walls, and their direct path lies between two samples.
"""

from __future__ import annotations

import numpy as np
import pyroomacoustics
import scipy.fft

from training.acoustics import DIRECT_S, Samples, direct_index

SPEED_OF_SOUND = 343.0
ORDER = 6
WALLS = ("east", "west", "north", "south", "ceiling", "floor")
# What pyroomacoustics uses at 48 kHz. Images do not depend on the rate of the response.
IMAGE_RATE = 48_000
OCTAVES_HZ = 125.0 * 2.0 ** np.arange(8)


def simulate_rir(
    rng: np.random.Generator,
    sample_rate: int,
    t60_range_s: tuple[float, float],
    distance_range_m: tuple[float, float] = (0.3, 6.0),
) -> tuple[Samples, float]:
    """Return a random room response and its mid-frequency T60 [s]; direct path 2.5 ms in, gain 1.

    Room 3-15 m long, T60 and the distance from source to microphone log-uniform within their
    ranges, six walls of different materials; high frequencies decay faster as air and soft
    furnishing absorb them.
    """
    t60_s = _log_uniform(rng, t60_range_s)
    size = np.array([rng.uniform(3, 15), rng.uniform(2.5, 10), rng.uniform(2.2, 5)])
    distance = min(_log_uniform(rng, distance_range_m), 0.8 * float(size.max()))
    length = round((DIRECT_S + min(1.1 * t60_s, 2.5)) * sample_rate)
    band_t60_s = t60_s * _decay_shape(rng)

    source, microphone = _places(rng, size, distance)
    delay_s, gain = _images(rng, size, source, microphone, _absorption(rng, size, band_t60_s))
    early = _render(sample_rate, length, delay_s, gain)
    tail = _tail(rng, sample_rate, length, band_t60_s)
    # Diffuse field: reverberant over direct energy is the square of the distance over the critical
    # distance; a talker's directivity favours the direct path.
    distance = float(np.linalg.norm(source - microphone))
    critical = 0.057 * np.sqrt(size.prod() / t60_s)
    directivity = 10 ** (rng.uniform(0, 5) / 20)
    tail *= distance / critical / np.sqrt(np.sum(np.square(tail)))
    # The tail takes over where images of the last order begin to be missing.
    time_s = np.arange(length) / sample_rate - DIRECT_S
    full_s = max(float(np.median(delay_s)), 0.01)
    tail *= np.clip((time_s - 0.3 * full_s) / (0.7 * full_s), 0, 1)
    rir = (early + tail) / directivity
    rir[: direct_index(sample_rate)] = 0.0
    rir[direct_index(sample_rate)] += 1.0
    return rir.astype(np.float32), t60_s


def _log_uniform(rng: np.random.Generator, limits: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(limits))))


def _decay_shape(rng: np.random.Generator) -> np.ndarray:
    """T60 of each octave relative to mid frequencies."""
    position = np.log2(OCTAVES_HZ / 1000.0)
    tilt = rng.uniform(0.0, 0.22) * np.maximum(position, 0) + rng.uniform(-0.1, 0.15) * np.minimum(
        position, 0
    )
    return np.clip(np.exp(-tilt + rng.normal(0, 0.06, len(OCTAVES_HZ))), 0.2, 1.8)


def _places(
    rng: np.random.Generator, size: np.ndarray, distance: float
) -> tuple[np.ndarray, np.ndarray]:
    """Source and microphone [m], about `distance` apart and 0.1 m or more from every wall."""
    microphone = size * rng.uniform(0.15, 0.85, 3)
    direction = rng.normal(size=3) * (1, 1, 0.3)
    direction /= np.linalg.norm(direction)
    ways = np.clip(microphone + np.outer((1, -1), distance * direction), 0.1, size - 0.1)
    # A wall in the way shortens the distance: talk from the side with more room.
    source = ways[np.argmax(np.linalg.norm(ways - microphone, axis=1))]
    return source, microphone


def _absorption(
    rng: np.random.Generator, size: np.ndarray, band_t60_s: np.ndarray
) -> dict[str, pyroomacoustics.Material]:
    """Six walls that absorb differently and on average as the decay of each octave asks."""
    volume, surface = size.prod(), 2 * (size[0] * (size[1] + size[2]) + size[1] * size[2])
    # Norris-Eyring: T60 = -0.161 V / (S ln(1 - absorption)).
    exponent = 0.161 * volume / (surface * band_t60_s)
    walls = rng.uniform(0.3, 1.7, len(WALLS))
    walls /= walls.mean()
    return {
        wall: pyroomacoustics.Material(
            {
                "coeffs": (1 - np.exp(-exponent * share)).tolist(),
                "center_freqs": OCTAVES_HZ.tolist(),
            }
        )
        for wall, share in zip(WALLS, walls, strict=True)
    }


def _images(
    rng: np.random.Generator,
    size: np.ndarray,
    source: np.ndarray,
    microphone: np.ndarray,
    materials: dict[str, pyroomacoustics.Material],
) -> tuple[np.ndarray, np.ndarray]:
    """Delay after the direct path [s] and gain relative to it, (octaves, images), of reflections.

    Every image loses up to 6 dB more at random, as scattering takes from real reflections.
    """
    room = pyroomacoustics.ShoeBox(
        size, fs=IMAGE_RATE, materials=materials, max_order=ORDER, air_absorption=True
    )
    room.add_source(source)
    room.add_microphone(microphone)
    room.image_source_model()
    found = room.sources[0]
    far = np.linalg.norm(found.images - microphone[:, None], axis=0)
    distance = float(np.linalg.norm(source - microphone))
    delay_s = (far - distance) / SPEED_OF_SOUND
    air = np.exp(-0.5 * room.air_absorption[:, None] * (far - distance))
    gain = found.damping * air * distance / far * rng.uniform(0.5, 1.0, len(far))
    reflected = (found.orders > 0) & (delay_s > 5e-4)
    return delay_s[reflected], gain[:, reflected]


def _render(sample_rate: int, length: int, delay_s: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Response (length,) in which every image arrives on the nearest sample, each octave scaled."""
    index = np.rint((DIRECT_S + delay_s) * sample_rate).astype(int)
    inside = index < length
    index, gain = index[inside], gain[:, inside]
    n = scipy.fft.next_fast_len(int(index.max(initial=0)) + sample_rate // 50, real=True)
    trains = np.zeros((len(OCTAVES_HZ), n), np.float32)
    for train, gains in zip(trains, gain, strict=True):
        np.add.at(train, index, gains)
    spectra = scipy.fft.rfft(trains, axis=1)
    spectra *= _octave_shares(n, sample_rate)  # amplitudes of neighbours sum to one
    early = np.zeros(length)
    rendered = scipy.fft.irfft(spectra.sum(axis=0), n)[:length]
    early[: len(rendered)] = rendered
    return early


def _tail(
    rng: np.random.Generator, sample_rate: int, length: int, band_t60_s: np.ndarray
) -> np.ndarray:
    """Gaussian noise, (length,), whose octaves decay each with its own T60."""
    n = scipy.fft.next_fast_len(length, real=True)
    spectrum = scipy.fft.rfft(rng.standard_normal(n, dtype=np.float32))
    weights = np.sqrt(_octave_shares(n, sample_rate))  # energies of neighbours sum to one
    time_s = np.maximum(np.arange(length, dtype=np.float32) / sample_rate - DIRECT_S, 0)
    tail = np.zeros(length, dtype=np.float32)
    for weight, t60_s in zip(weights, band_t60_s, strict=True):
        tail += scipy.fft.irfft(spectrum * weight, n)[:length] * np.exp(
            time_s * np.float32(-np.log(1e3) / t60_s)
        )
    return tail * (np.arange(length) >= DIRECT_S * sample_rate)


def _octave_shares(n: int, sample_rate: int) -> Samples:
    """Share of each octave in each bin of an n-point rfft, (octaves, bins), triangles in log f."""
    octave = np.log2(np.maximum(scipy.fft.rfftfreq(n, 1 / sample_rate), 1.0) / OCTAVES_HZ[0])
    octave = np.clip(octave, 0, len(OCTAVES_HZ) - 1).astype(np.float32)
    bands = np.arange(len(OCTAVES_HZ), dtype=np.float32)[:, None]
    return np.clip(1 - np.abs(octave - bands), 0, 1)
