"""What the views draw of a recording: pyramids that reduce hours to pixels and never hide a click.

Both pyramids grow from left to right while a worker reads or renders, and may be drawn meanwhile:
an entry is written before the count that publishes it.
"""

from collections.abc import Callable

import numpy as np

from .spectrogram import SpectrogramPyramid

BASE = 256  # samples behind one entry of the finest level
FACTOR = 4  # entries behind one entry of the next coarser level

Samples = Callable[[int, int], np.ndarray]


class WaveformPyramid:
    """Lowest and highest sample of ever longer stretches of a waveform.

    Args:
        samples: Gives the waveform between two sample positions, shape (channels, n).
        channels: Number of channels.
        frames: Length in samples per channel.
    """

    def __init__(self, samples: Samples, channels: int, frames: int) -> None:
        self.samples = samples
        self.channels = channels
        self.frames = frames
        self.ready_frames = 0
        self._levels: list[np.ndarray] = []  # each (channels, entries, 2): lowest, highest
        self._sizes: list[int] = []
        size = BASE
        while True:
            entries = -(-frames // size)
            self._levels.append(np.zeros((channels, entries, 2), np.float32))
            self._sizes.append(size)
            if entries <= FACTOR:
                break
            size *= FACTOR

    def advance(self, waveform: np.ndarray, start: int, stop: int) -> None:
        """Take in the samples between `start` (a multiple of BASE, ready already) and `stop`.

        Args:
            waveform: Those samples, shape (channels, stop - start).
            start: Where `waveform` begins.
            stop: How far the pyramid reaches afterwards.
        """
        if stop <= start:
            return
        self._reduce_into(self._levels[0], start // BASE, waveform, waveform, BASE)
        for fine, coarse, size in zip(
            self._levels, self._levels[1:], self._sizes[1:], strict=False
        ):
            # An entry that had begun earlier is made again from all its children.
            first = start // size
            children = fine[:, first * FACTOR : -(-stop * FACTOR // size)]
            self._reduce_into(coarse, first, children[..., 0], children[..., 1], FACTOR)
        self.ready_frames = stop

    @staticmethod
    def _reduce_into(
        level: np.ndarray, first: int, low: np.ndarray, high: np.ndarray, step: int
    ) -> None:
        edges = np.arange(0, low.shape[1], step)
        entries = slice(first, first + len(edges))
        level[:, entries, 0] = np.minimum.reduceat(low, edges, axis=1)
        level[:, entries, 1] = np.maximum.reduceat(high, edges, axis=1)

    def columns(self, first: float, last: float, count: int) -> np.ndarray:
        """The extremes under each of `count` equally wide columns from `first` to `last`.

        Args:
            first: Left edge, in samples; may lie outside the recording.
            last: Right edge, in samples.
            count: Number of columns, normally the pixels of the screen.

        Returns:
            Lowest and highest sample, shape (channels, count, 2); nan where nothing is known.
        """
        edges = np.linspace(first, last, count + 1)
        width = (last - first) / count
        level = None
        size = 1
        for candidate, candidate_size in zip(self._levels, self._sizes, strict=True):
            if candidate_size <= width:
                level, size = candidate, candidate_size
        entries = np.floor(edges / size).astype(np.int64)
        known = -(-self.ready_frames // size)
        out = np.full((self.channels, count, 2), np.nan, np.float32)
        inside = np.flatnonzero((entries[:-1] < known) & (entries[1:] > 0))
        if inside.size == 0:
            return out
        left = np.clip(entries[inside], 0, known - 1)
        # The last entry may reach beyond the last column, or be the unfinished one at the end.
        stop = int(min(known, max(np.ceil(edges[inside[-1] + 1] / size), left[-1] + 1)))
        origin = int(left[0])
        if level is None:
            stretch = self.samples(origin, stop)
            low = high = stretch
        else:
            low, high = level[:, origin:stop, 0], level[:, origin:stop, 1]
        out[:, inside, 0] = np.minimum.reduceat(low, left - origin, axis=1)
        out[:, inside, 1] = np.maximum.reduceat(high, left - origin, axis=1)
        return out

    def peak(self) -> float:
        """The largest magnitude known so far."""
        return float(np.abs(self._levels[-1]).max(initial=0.0))


class Picture:
    """Everything drawn of one waveform: its pyramid of extremes and its spectrogram.

    Args:
        samples: Gives the waveform between two sample positions, shape (channels, n).
        channels: Number of channels.
        frames: Length in samples per channel.
        sample_rate: In Hz.
    """

    def __init__(self, samples: Samples, channels: int, frames: int, sample_rate: int) -> None:
        self.samples = samples
        self.frames = frames
        self.sample_rate = sample_rate
        self.waveform = WaveformPyramid(samples, channels, frames)
        self.spectrogram = SpectrogramPyramid(samples, frames, sample_rate)
        self.ready_frames = 0

    def advance(self, stop: int) -> None:
        """Take in all samples up to `stop`; called by the worker that has just made them."""
        start = self.waveform.ready_frames // BASE * BASE
        self.waveform.advance(self.samples(start, stop), start, stop)
        self.spectrogram.advance(stop)
        self.ready_frames = stop
