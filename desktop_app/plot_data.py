"""What the views draw of a recording: pyramids that reduce hours to pixels and never hide a click.

Both pyramids grow from left to right while a worker reads or renders, and may be drawn meanwhile:
an entry is written before the count that publishes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

import numpy as np

from processor import Recipe

from .detail import Detail, Tile, resolution
from .frequency_axis import FrequencyAxis
from .pixel_grid import PixelGrid
from .rows import RowMap
from .sketch import sketched
from .spectrogram import SpectrogramPyramid
from .stft import Samples

BASE = 256  # samples behind one entry of the finest level
FACTOR = 4  # entries behind one entry of the next coarser level


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
        self.true: tuple[int, int] | None = None  # in a sketch, what was made anew since
        self._computed: list[np.ndarray] | None = None  # what was there before a sketch
        self._sizes = [BASE]
        while frames > FACTOR * self._sizes[-1]:
            self._sizes.append(self._sizes[-1] * FACTOR)

    @cached_property
    def _levels(self) -> list[np.ndarray]:
        """Each (channels, entries, 2): lowest, highest. Made by the worker that needs it first."""
        return [
            np.zeros((self.channels, -(-self.frames // size), 2), np.float32)
            for size in self._sizes
        ]

    def advance(self, waveform: np.ndarray, start: int, stop: int) -> None:
        """Take in the samples between `start` (a multiple of BASE, ready already) and `stop`.

        Args:
            waveform: Those samples, shape (channels, stop - start).
            start: Where `waveform` begins.
            stop: How far the pyramid reaches afterwards, or reached before.
        """
        if stop <= start:
            return
        self._reduce_into(self._levels[0], start // BASE, waveform, waveform, BASE)
        for fine, coarse, size in zip(
            self._levels, self._levels[1:], self._sizes[1:], strict=False
        ):
            # An entry that had begun earlier is made again from all its children.
            first = start // size
            known = min(-(-stop // size) * size, max(stop, self.ready_frames))
            children = fine[:, first * FACTOR : -(-known * FACTOR // size)]
            self._reduce_into(coarse, first, children[..., 0], children[..., 1], FACTOR)
        self.ready_frames = max(self.ready_frames, stop)

    @staticmethod
    def _reduce_into(
        level: np.ndarray, first: int, low: np.ndarray, high: np.ndarray, step: int
    ) -> None:
        edges = np.arange(0, low.shape[1], step)
        entries = slice(first, first + len(edges))
        level[:, entries, 0] = np.minimum.reduceat(low, edges, axis=1)
        level[:, entries, 1] = np.maximum.reduceat(high, edges, axis=1)

    def sketch(self, before: "WaveformPyramid", old: Recipe, new: Recipe) -> None:
        """Show what is `old` after `before` as it would nearly be at `new`, see `.sketch`.

        Most of a voice's power is below 3 kHz, so the focus counts as it is there.
        """
        self.true = (0, 0)
        if self._computed is None:
            self._computed = [level.copy() for level in self._levels]
        old_share, new_share = (np.mean(recipe.focus[:2]) for recipe in (old, new))
        for level, after, reference in zip(
            self._levels, self._computed, before._levels, strict=True
        ):
            loudest = np.abs(reference).max(axis=2)
            ratio = np.abs(after).max(axis=2) / np.maximum(loudest, 1e-9)
            factor = sketched(ratio.astype(np.float64), old, new, old_share, new_share)
            level[:] = reference * factor[..., np.newaxis]

    def tells(self, first: float, last: float) -> bool:
        """Whether the samples between two places are what is to be shown of them: no sketch."""
        first, last = max(0.0, first), min(self.frames, last)
        return self.true is None or (self.true[0] <= first and last <= self.true[1])

    def end_sketch(self) -> None:
        """Show again what was there before it."""
        self.true = None
        if self._computed is not None:
            for level, computed in zip(self._levels, self._computed, strict=True):
                level[:] = computed

    def columns(self, first: float, last: float, count: int) -> np.ndarray:
        """The extremes under each of `count` equally wide columns from `first` to `last`.

        Args:
            first: Left edge, in samples; may lie outside the recording.
            last: Right edge, in samples.
            count: Number of columns, normally the pixels of the screen.

        Returns:
            Lowest and highest sample, shape (channels, count, 2); nan where nothing is known.
        """
        out = np.full((self.channels, count, 2), np.nan, np.float32)
        if not self.ready_frames:
            return out
        edges = np.linspace(first, last, count + 1)
        width = (last - first) / count
        level = None
        size = 1
        for candidate, candidate_size in zip(self._levels, self._sizes, strict=True):
            if candidate_size <= width or (level is None and not self.tells(first, last)):
                level, size = candidate, candidate_size
        entries = np.floor(edges / size).astype(np.int64)
        known = -(-self.ready_frames // size)
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
        if not self.ready_frames:
            return 0.0
        return float(np.abs(self._levels[-1]).max(initial=0.0))


@dataclass(frozen=True)
class View:
    """What a spectrogram shows on a grid of pixels.

    Attributes:
        image: Shape (rows, columns of the grid) uint8, row 0 lowest; see stft.levels.
        first: The first column in which anything is known.
        last: The column after the last one in which anything is known.
        missing: Tiles that would make it finer.
    """

    image: np.ndarray
    first: int
    last: int
    missing: list[Tile]


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
        self.detail = Detail(samples, frames)
        self.ready_frames = 0

    @property
    def nbytes(self) -> int:
        """How much memory it takes once it is complete, roughly."""
        channels, columns = self.waveform.channels, self.spectrogram.columns
        coarser = FACTOR / (FACTOR - 1)
        extremes = 8 * channels * self.frames / BASE
        return round(coarser * (extremes + columns * self.spectrogram.bins))

    def advance(self, stop: int) -> None:
        """Take in all samples up to `stop`; called by the worker that has just made them."""
        start = self.waveform.ready_frames // BASE * BASE
        self.waveform.advance(self.samples(start, stop), start, stop)
        self.spectrogram.advance(stop)
        self.ready_frames = stop

    def renew(self, start: int, stop: int) -> None:
        """Draw a stretch anew that was known already; its samples have changed."""
        start = start // BASE * BASE
        stop = min(self.ready_frames, -(-stop // BASE) * BASE)
        self.waveform.advance(self.samples(start, stop), start, stop)
        self.spectrogram.renew(start, stop)
        self.detail.forget()
        if self.is_sketch:
            self.waveform.true = (start, stop)

    @property
    def is_sketch(self) -> bool:
        """Whether some of it is what the samples would nearly look like at another recipe."""
        return self.waveform.true is not None

    def tells(self, start: int, stop: int) -> bool:
        """Whether the samples from `start` to `stop` are what is drawn of them: no sketch."""
        return self.waveform.tells(start, stop)

    def sketch(self, before: "Picture", old: Recipe, new: Recipe) -> Iterator[None]:
        """Show nearly what `new` would look like; yields now and then.

        Args:
            before: The complete picture of the recording.
            old: The recipe of this complete picture.
            new: Another one, see `can_sketch`.
        """
        self.waveform.sketch(before.waveform, old, new)
        yield
        yield from self.spectrogram.sketch(before.spectrogram, old, new)

    def end_sketch(self) -> None:
        """Show again what was drawn before it."""
        self.waveform.end_sketch()
        self.spectrogram.end_sketch()
        self.detail.forget()

    def view(self, grid: PixelGrid, axis: FrequencyAxis, height: int, n_fft: int) -> View:
        """The spectrogram on a grid of pixels, `height` rows high.

        What no tile is there for yet is taken from the pyramid, which may be coarser and of
        another window, but hides nothing.
        """
        pyramid = self.spectrogram
        hop, pool = resolution(grid.width, n_fft)
        tiles: list[Tile] = []
        if n_fft != pyramid.n_fft or hop * pool < pyramid.column_length:
            tiles = self.detail.tiles(grid, n_fft)
        told = [tile for tile in tiles if self.tells(tile.start, tile.stop)]
        found = [(tile, self.detail.get(tile) if tile in told else None) for tile in tiles]
        image = np.zeros((height, grid.count), np.uint8)
        first, last = grid.count, 0
        sources = []
        if not tiles or any(part is None for _, part in found):
            sources.append(pyramid.pixels(grid))
        sources += [grid.pool(part, start, hop * pool) for start, part in _runs_of_tiles(found)]
        for at, part in sources:
            if len(part):
                rows = row_map(part.shape[1], axis, height)
                image[:, at : at + len(part)] = rows.reduce(part)
                first, last = min(first, at), max(last, at + len(part))
        missing = [
            tile
            for tile, part in found
            if part is None and tile in told and self.detail.can_make(tile, self.ready_frames)
        ]
        return View(image, first, last, missing)


def _runs_of_tiles(
    found: list[tuple[Tile, np.ndarray | None]],
) -> Iterator[tuple[int, np.ndarray]]:
    """Start in samples and levels of neighbouring tiles that are there, joined."""
    for is_there, group in groupby(found, lambda pair: pair[1] is not None):
        if is_there:
            run = list(group)
            yield run[0][0].start, np.concatenate([part for _, part in run if part is not None])


@lru_cache(maxsize=16)
def row_map(bins: int, axis: FrequencyAxis, height: int) -> RowMap:
    """The RowMap for these, made once."""
    return RowMap(bins, axis, height)
