"""Audio inside the processor: (channels, samples), float32, finite. And a queue that counts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Waveform = npt.NDArray[np.float32]
"""(channels, samples), in [-1, 1]."""


def checked_float32(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return floating-point samples of any shape as float32 in the machine's byte order.

    Raises:
        ValueError: a sample is NaN or inf, or beyond the range of float32.
    """
    samples = array
    if array.dtype != np.float32:
        with np.errstate(over="ignore"):
            samples = array.astype(np.float32)
    if not all_finite(samples):
        raise ValueError(
            "The audio holds NaN or inf, which would spoil all that follows. "
            "Replace them first, for example with numpy.nan_to_num."
        )
    return samples


def all_finite(samples: npt.NDArray[np.float32]) -> bool:
    """Return whether no sample is NaN or inf: half the time of numpy.isfinite(...).all()."""
    return bool(np.logical_and.reduce(np.isfinite(samples), axis=None))


def silence(channels: int, samples: int) -> Waveform:
    """Return zeros."""
    return np.zeros((channels, samples), np.float32)


def joined(parts: Sequence[Waveform]) -> Waveform:
    """Return the parts one after the other; a single part as it is."""
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


class SampleQueue:
    """First in, first out, by counting samples: (channels, samples) in one growing buffer.

    A push or pop of one sample costs the same however much is held: samples are moved only when
    the buffer's end is reached, and then at most half of it.
    """

    def __init__(self, channels: int) -> None:
        self._buffer = np.empty((channels, 4096), np.float32)
        self._start = 0
        self._stop = 0

    def __len__(self) -> int:
        return self._stop - self._start

    def push(self, waveform: Waveform) -> None:
        """Append a copy of the samples."""
        count = waveform.shape[1]
        if self._stop + count > self._buffer.shape[1]:
            self._make_room(count)
        self._buffer[:, self._stop : self._stop + count] = waveform
        self._stop += count

    def pop(self, count: int) -> Waveform:
        """Return the oldest samples, in their own memory."""
        waveform = self._buffer[:, self._start : self._start + count].copy()
        self._start += count
        return waveform

    def _make_room(self, count: int) -> None:
        held = self._buffer[:, self._start : self._stop]
        channels, capacity = self._buffer.shape
        needed = held.shape[1] + count
        target = self._buffer
        if 2 * needed > capacity:
            target = np.empty((channels, 2 * needed), np.float32)
        target[:, : held.shape[1]] = held
        self._buffer, self._start, self._stop = target, 0, held.shape[1]
