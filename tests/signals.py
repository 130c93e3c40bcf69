"""Seeded signals with known properties. All are float32, (channels, samples)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Waveform = npt.NDArray[np.float32]


def noise(channels: int, samples: int, *, seed: int = 0, level: float = 0.1) -> Waveform:
    """Return white noise, different in every channel."""
    generator = np.random.default_rng(seed)
    return (level * generator.standard_normal((channels, samples))).astype(np.float32)


def sine(channels: int, samples: int, sample_rate: float, frequency: float) -> Waveform:
    """Return a sine at half of full scale, the same in every channel."""
    phase = 2 * np.pi * frequency / sample_rate * np.arange(samples)
    return np.tile(0.5 * np.sin(phase), (channels, 1)).astype(np.float32)


def impulse(channels: int, samples: int, at: int) -> Waveform:
    """Return silence but for one sample of 0.5."""
    waveform = np.zeros((channels, samples), np.float32)
    waveform[:, at] = 0.5
    return waveform


def speech_like(channels: int, samples: int, sample_rate: float, *, seed: int = 0) -> Waveform:
    """Return syllables: a harmonic tone with a changing pitch, gated four times a second."""
    generator = np.random.default_rng(seed)
    time = np.arange(samples) / sample_rate
    pitch = 120 + 20 * np.sin(2 * np.pi * 0.7 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    envelope = np.clip(np.sin(2 * np.pi * 4 * time), 0, None) ** 0.5
    breath = 0.02 * generator.standard_normal((channels, samples))
    return (0.15 * envelope * (voice + breath)).astype(np.float32)


def lag_between(reference: Waveform, other: Waveform) -> int:
    """Return by how many samples `other` comes after `reference`, from their cross-correlation."""
    n = 2 * reference.shape[1]
    spectrum = np.fft.rfft(reference[0], n).conj() * np.fft.rfft(other[0], n)
    peak = int(np.argmax(np.fft.irfft(spectrum, n)))
    return peak if peak < n // 2 else peak - n
