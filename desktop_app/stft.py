"""Levels of short stretches of sound by frequency, as bytes that a picture is made of."""

from collections.abc import Callable

import numpy as np

LOWEST_DB = -120.0
STEP_DB = 0.5  # one grey level: 240 of them reach from -120 dB to full scale
OVERLAP = 4
FRAMES_AT_ONCE = 512

Samples = Callable[[int, int], np.ndarray]


def window_length(window_ms: float, sample_rate: int) -> int:
    """The power of two that is nearest to a window of that length, in samples."""
    return int(2 ** max(5, round(np.log2(window_ms * sample_rate / 1000))))


def levels(
    samples: Samples, frames: int, first: int, count: int, n_fft: int, hop: int, pool: int = 1
) -> np.ndarray:
    """Levels by column and bin; the loudest channel, a full-scale sine being 0 dB.

    Column c stands for the samples from c · pool · hop on: it holds the maximum of `pool` frames,
    each centred on its hop, so that no click is lost between two columns.

    Args:
        samples: Gives the waveform between two sample positions, shape (channels, n).
        frames: Length of the recording in samples; zeros are taken beyond it.
        first: The first column.
        count: How many.
        n_fft: Length of the window in samples.
        hop: Samples from one frame to the next.
        pool: Frames behind one column.

    Returns:
        Shape (count, n_fft // 2 + 1) uint8, in steps of STEP_DB above LOWEST_DB.
    """
    window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
    bins = n_fft // 2 + 1
    out = np.empty((count, bins), np.uint8)
    step = max(1, FRAMES_AT_ONCE // pool)
    for start in range(0, count, step):
        stop = min(count, start + step)
        begin = (first + start) * pool * hop + hop // 2 - n_fft // 2
        end = begin + ((stop - start) * pool - 1) * hop + n_fft
        power = _loudest_power(_padded(samples, frames, begin, end), window, hop)
        power = power.reshape(stop - start, pool, bins).max(axis=1)
        level_db = 10.0 * np.log10(power * (2.0 / window.sum()) ** 2 + 1e-13)
        steps = np.rint((level_db - LOWEST_DB) / STEP_DB)
        out[start:stop] = np.clip(steps, 0, 255).astype(np.uint8)
    return out


def _padded(samples: Samples, frames: int, begin: int, end: int) -> np.ndarray:
    inner = samples(min(max(0, begin), frames), max(0, min(frames, end)))
    before = min(max(0, -begin), end - begin)
    return np.pad(inner, ((0, 0), (before, end - begin - before - inner.shape[1])))


def _loudest_power(waveform: np.ndarray, window: np.ndarray, hop: int) -> np.ndarray:
    loudest = None
    for channel in waveform:
        frames = np.lib.stride_tricks.sliding_window_view(channel, len(window))[::hop]
        spectrum = np.fft.rfft(frames * window, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        loudest = power if loudest is None else np.maximum(loudest, power)
    return loudest
