"""A whole recording's spectrogram with a max pyramid over time: coarse enough to stay in memory."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from processor import Recipe

from .pixel_grid import PixelGrid
from .sketch import LARGEST, level_changes
from .stft import FRAMES_AT_ONCE, LOWEST_DB, OVERLAP, STEP_DB, Samples, levels, window_length

WINDOW_MS = 30  # long enough to part the harmonics of a voice, short enough to see a room's tail
FACTOR = 4
SKETCHED_AT_ONCE = 1024  # columns, a few milliseconds
MOST_BYTES = 64 * 1024 * 1024  # of the finest level; a longer recording pools several frames


class SpectrogramPyramid:
    """Levels as bytes (see stft.levels), coarser by max.

    Args:
        samples: Gives the waveform between two sample positions, shape (channels, n).
        frames: Length of the recording in samples.
        sample_rate: In Hz.
    """

    def __init__(self, samples: Samples, frames: int, sample_rate: int) -> None:
        self.samples = samples
        self.frames = frames
        self.sample_rate = sample_rate
        self.n_fft = window_length(WINDOW_MS, sample_rate)
        self.hop_length = self.n_fft // OVERLAP
        self.bins = self.n_fft // 2 + 1
        stft_frames = max(1, -(-frames // self.hop_length))
        # Frames behind one stored column: their maximum is kept, so no click is lost.
        self.frames_per_column = -(-stft_frames * self.bins // MOST_BYTES)
        self.column_length = self.hop_length * self.frames_per_column
        self.ready_columns = 0
        self._computed: list[np.ndarray] | None = None  # what was there before a sketch
        self.columns = -(-frames // self.column_length)

    @cached_property
    def _levels(self) -> list[np.ndarray]:
        """Each (columns, bins) uint8. Made by the worker that needs it first: it takes a while."""
        counts = [self.columns]
        while counts[-1] > FACTOR:
            counts.append(-(-counts[-1] // FACTOR))
        return [np.zeros((count, self.bins), np.uint8) for count in counts]

    def advance(self, stop: int) -> None:
        """Compute every column whose samples are all known once those before `stop` are."""
        # Frame f is centred on sample (f + 1/2) hop and needs half a window behind that.
        reach = self.n_fft // 2 - self.hop_length // 2
        last = self.columns if stop >= self.frames else (stop - reach) // self.column_length
        while self.ready_columns < last:
            self.ready_columns = self._compute(self.ready_columns, last)

    def renew(self, start: int, stop: int) -> None:
        """Compute the known columns anew in which these samples count."""
        first = max(0, (start - self.n_fft) // self.column_length)
        last = min(self.ready_columns, -(-(stop + self.n_fft) // self.column_length))
        while first < last:
            first = self._compute(first, last)

    def sketch(self, before: "SpectrogramPyramid", old: Recipe, new: Recipe) -> Iterator[None]:
        """Show what is `old` after `before` as it would nearly be at `new`; piece by piece.

        Each sketch begins with what was computed. What is renewed later is computed again.
        """
        if self._computed is None:
            self._computed = [level.copy() for level in self._levels]
        frequencies_hz = np.arange(self.bins) * (self.sample_rate / self.n_fft)
        changes = level_changes(old, new, frequencies_hz)
        row_starts = np.arange(self.bins, dtype=np.int32) * changes.shape[1] + LARGEST
        for level, after, reference in zip(
            self._levels, self._computed, before._levels, strict=True
        ):
            for start in range(0, len(level), SKETCHED_AT_ONCE):
                part = slice(start, start + SKETCHED_AT_ONCE)
                loud = reference[part].astype(np.int16)
                fallen = changes.take(row_starts + (loud - after[part]))
                level[part] = np.where(loud, np.clip(loud - fallen, 0, 255), 0)
                yield

    def end_sketch(self) -> None:
        """Show again what was computed before it."""
        if self._computed is not None:
            for level, computed in zip(self._levels, self._computed, strict=True):
                level[:] = computed

    def _compute(self, first: int, last: int) -> int:
        """Compute the next columns, `last` at most; returns up to where."""
        until = min(last, first + max(1, FRAMES_AT_ONCE // self.frames_per_column))
        self._levels[0][first:until] = levels(
            self.samples,
            self.frames,
            first,
            until - first,
            self.n_fft,
            self.hop_length,
            self.frames_per_column,
        )
        self._coarsen(first, until)
        return until

    def _coarsen(self, first: int, last: int) -> None:
        for fine, coarse in zip(self._levels, self._levels[1:], strict=False):
            start, last = first // FACTOR, -(-last // FACTOR)
            children = fine[start * FACTOR : last * FACTOR]
            edges = np.arange(0, len(children), FACTOR)
            coarse[start:last] = np.maximum.reduceat(children, edges, axis=0)
            first = start

    def peak_db(self) -> float:
        """The loudest level known so far, in dB."""
        if not self.ready_columns:
            return LOWEST_DB
        return LOWEST_DB + STEP_DB * float(self._levels[-1].max(initial=0))

    def pixels(self, grid: PixelGrid) -> tuple[int, np.ndarray]:
        """The loudest levels under each column of pixels, as far as they are known.

        Returns:
            The number of the first column of the grid with anything in it, and the levels from
            there on, shape (columns of pixels, bins) uint8.
        """
        if not self.ready_columns:
            return 0, np.zeros((0, self.bins), np.uint8)
        size, level, ready = self.column_length, self._levels[0], self.ready_columns
        for coarser in self._levels[1:]:
            if grid.width < size * FACTOR:
                break
            level, size, ready = coarser, size * FACTOR, -(-ready // FACTOR)
        start = min(ready, max(0, int(grid.start // size)))
        stop = max(start, min(ready, int(np.ceil(grid.stop / size))))
        return grid.pool(level[start:stop], start * size, size)
