"""One thing to hear: the recording and what is removed from it, with a gain for each."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Removed(Protocol):
    """What full mix takes away from a recording, as far as it is known by now."""

    def reach(self, position: int) -> int:
        """Up to where everything from `position` on is known; `position` where nothing is."""

    def read(self, start: int, stop: int) -> np.ndarray:
        """The samples between two positions within reach, shape (channels, stop - start)."""


class Known:
    """What is removed, all of it or its first so many samples, in one array.

    Args:
        waveform: Shape (channels, frames).
        frames: How many samples are known; all by default.
    """

    def __init__(self, waveform: np.ndarray, frames: int | None = None) -> None:
        self.waveform = waveform
        self.frames = waveform.shape[1] if frames is None else frames

    def reach(self, position: int) -> int:
        return max(position, self.frames)

    def read(self, start: int, stop: int) -> np.ndarray:
        return self.waveform[:, start:stop]


@dataclass(frozen=True)
class Voice:
    """Two aligned waveforms, their gains, and how far playing is ahead.

    Attributes:
        dry: The untouched recording, shape (channels, frames).
        removed: What full mix takes away, or None while nothing is known.
        dry_gain: Factor of `dry`.
        removed_gain: Factor of `removed`.
        offset: Position in the recording minus the number of samples pulled so far.
        is_silent: Whether nothing is heard.
    """

    dry: np.ndarray
    removed: Removed | None = None
    dry_gain: float = 1.0
    removed_gain: float = 0.0
    offset: int = 0
    is_silent: bool = False

    def render(self, start: int, count: int) -> np.ndarray:
        """The next `count` samples from clock time `start`, zeros outside the recording."""
        out = np.zeros((self.dry.shape[0], count), np.float32)
        first = start + self.offset
        begin, end = max(0, first), min(self.dry.shape[1], first + count)
        if end > begin and not self.is_silent:
            out[:, begin - first : end - first] = self.between(begin, end)
        return out

    def between(self, begin: int, end: int) -> np.ndarray:
        """What is heard between two positions; the numbers that `processor.mixing.mixed` gives."""
        out = np.zeros((self.dry.shape[0], end - begin), np.float32)
        # No gain of 1 is multiplied: what is heard then is the file, bit for bit.
        if self.dry_gain == 1.0:
            out += self.dry[:, begin:end]
        elif self.dry_gain:
            out += np.float32(self.dry_gain) * self.dry[:, begin:end]
        if self.removed_gain and self.removed is not None:
            out += np.float32(self.removed_gain) * self.removed.read(begin, end)
        return out
