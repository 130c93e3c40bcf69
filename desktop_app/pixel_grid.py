"""The columns of pixels across the screen, tied to the recording and not to the screen's edge."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PixelGrid:
    """Columns of equal width from sample 0 on; those in sight are drawn.

    Because the grid stays where it is while the screen moves along it, a drawing that scrolls
    does not shimmer.

    Attributes:
        width: Samples behind one column; may be a fraction.
        first: The leftmost column in sight.
        count: Columns in sight, the last partly perhaps.
    """

    width: float
    first: int
    count: int

    @classmethod
    def across(cls, start: float, stop: float, pixels: int) -> "PixelGrid":
        """The grid for a screen of so many pixels from one sample position to another."""
        width = (stop - start) / max(1, pixels)
        first = math.floor(start / width + 1e-6)
        return cls(width, first, max(1, math.ceil(stop / width - 1e-6) - first))

    @property
    def start(self) -> float:
        """Left edge of the first column, in samples."""
        return self.first * self.width

    @property
    def stop(self) -> float:
        """Right edge of the last column, in samples."""
        return (self.first + self.count) * self.width

    def edges(self) -> np.ndarray:
        """The count + 1 edges of the columns, in samples."""
        return np.arange(self.first, self.first + self.count + 1) * self.width

    def pool(self, part: np.ndarray, start: float, size: float) -> tuple[int, np.ndarray]:
        """The maximum of what lies under each column.

        Args:
            part: Values along axis 0, each for `size` samples, at least one.
            start: Where the first of them begins, in samples.
            size: In samples.

        Returns:
            The number of the first column that `part` reaches, counted from `first`, and the
            values of the columns from there on, along axis 0.
        """
        edges = (self.edges() - start) / size
        entries = np.floor(edges + 1e-9).astype(np.int64)
        inside = np.flatnonzero((entries[:-1] < len(part)) & (edges[1:] > 1e-9))
        if inside.size == 0:
            return 0, part[:0]
        left = np.clip(entries[inside], 0, len(part) - 1)
        stop = int(min(len(part), max(np.ceil(edges[inside[-1] + 1] - 1e-9), left[-1] + 1)))
        if stop - left[0] == len(left) and (np.diff(left) == 1).all():
            return int(inside[0]), part[left[0] : stop]
        if stop - left[0] < len(left):  # columns narrower than entries repeat them
            return int(inside[0]), part[left]
        return int(inside[0]), largest_of_runs(part, left, stop)


def largest_of_runs(values: np.ndarray, starts: np.ndarray, stop: int) -> np.ndarray:
    """The maximum of each run along axis 0, as np.maximum.reduceat(values[:stop], starts).

    A gather for each place in the runs is many times faster while they are short, as here.
    """
    last = np.maximum(starts, np.append(starts[1:], stop) - 1)
    out = values[starts]
    for place in range(1, int((last - starts).max(initial=0)) + 1):
        np.maximum(out, values[np.minimum(starts + place, last)], out=out)
    return out
