"""How the bins of a spectrogram become rows of pixels."""

import numpy as np

from .frequency_axis import FrequencyAxis
from .pixel_grid import largest_of_runs


class RowMap:
    """Bins to rows: the loudest bin under a row, or between two bins a blend of both.

    Args:
        bins: Bins of the spectrogram, from 0 Hz to half the sample rate.
        axis: What frequencies the rows stand for.
        count: Rows wanted, normally the pixels of the screen.
    """

    def __init__(self, bins: int, axis: FrequencyAxis, count: int) -> None:
        self.bins, self.axis, self.count = bins, axis, count
        edges = axis.to_hz(np.linspace(0.0, 1.0, count + 1)) * (bins - 1) / axis.nyquist_hz
        edges = np.clip(edges, 0.0, bins - 1)
        wide = np.flatnonzero(np.diff(edges) >= 1.0)  # rows grow with frequency on every axis
        self._split = int(wide[0]) if wide.size else count
        centres = (edges[: self._split] + edges[1 : self._split + 1]) / 2
        self._below = np.minimum(centres.astype(np.int64), bins - 2)
        self._weight = np.rint(256 * (centres - self._below)).astype(np.uint16)[:, None]
        # A bin reaches half-way to its neighbours.
        self._starts = np.floor(edges[self._split : -1] + 0.5).astype(np.int64)
        self._stop = min(bins, int(edges[-1] + 0.5) + 1)

    def reduce(self, part: np.ndarray) -> np.ndarray:
        """Columns × bins as an image, shape (rows, columns) uint8, row 0 lowest."""
        bins = np.ascontiguousarray(part.T)  # whole rows at a time are several times faster
        out = np.empty((self.count, len(part)), np.uint8)
        if self._split:
            below = bins[self._below] * (256 - self._weight)
            out[: self._split] = (below + bins[self._below + 1] * self._weight + 128) >> 8
        if self._split < self.count:
            out[self._split :] = largest_of_runs(bins, self._starts, self._stop)
        return out
