"""Tiles of a spectrogram finer than the pyramid keeps, or with another window, made when seen."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from .job import JobSlot, Progress
from .pixel_grid import PixelGrid
from .stft import FRAMES_AT_ONCE, OVERLAP, Samples, levels

TILE_COLUMNS = 256
CACHE_BYTES = 48 * 1024 * 1024


@dataclass(frozen=True)
class Tile:
    """A stretch of columns, each the loudest of `pool` frames (see stft.levels).

    Attributes:
        n_fft: Length of the window in samples.
        hop: Samples from one frame to the next.
        pool: Frames behind one column.
        index: The tile begins with column index · TILE_COLUMNS.
    """

    n_fft: int
    hop: int
    pool: int
    index: int

    @property
    def column_length(self) -> int:
        return self.hop * self.pool

    @property
    def start(self) -> int:
        return self.index * TILE_COLUMNS * self.column_length

    @property
    def stop(self) -> int:
        return self.start + TILE_COLUMNS * self.column_length


def resolution(width: float, n_fft: int) -> tuple[int, int]:
    """Hop and pool that give one to two columns of frames for columns of pixels that wide."""
    hop = n_fft // OVERLAP
    if width < hop:
        return 2 ** max(0, int(np.log2(max(1.0, width)))), 1
    return hop, 2 ** int(np.log2(width / hop))


class Detail:
    """The tiles of one recording that were made lately.

    Args:
        samples: Gives the waveform between two sample positions, shape (channels, n).
        frames: Length of the recording in samples.
    """

    def __init__(self, samples: Samples, frames: int) -> None:
        self._samples = samples
        self._frames = frames
        self._tiles: OrderedDict[Tile, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()
        self._age = 0  # how often the tiles were forgotten

    def forget(self) -> None:
        """Drop all tiles, and those that are just being made: the samples have changed."""
        with self._lock:
            self._age += 1
            self._tiles.clear()

    def tiles(self, grid: PixelGrid, n_fft: int) -> list[Tile]:
        """The tiles that together show what is on the grid."""
        hop, pool = resolution(grid.width, n_fft)
        length = TILE_COLUMNS * hop * pool
        first = max(0, int(grid.start // length))
        last = int(np.ceil(min(grid.stop, self._frames) / length))
        return [Tile(n_fft, hop, pool, index) for index in range(first, last)]

    def get(self, tile: Tile) -> np.ndarray | None:
        """The tile's levels, shape (columns, bins) uint8, if it was made."""
        with self._lock:
            if tile in self._tiles:
                self._tiles.move_to_end(tile)
            return self._tiles.get(tile)

    def can_make(self, tile: Tile, ready_frames: int) -> bool:
        """Whether all samples of the tile are known."""
        return min(self._frames, tile.stop + tile.n_fft) <= ready_frames

    def make(self, tile: Tile, is_wanted: Callable[[], bool]) -> None:
        """Compute the tile and keep it; gives up as soon as it is not wanted any more."""
        age = self._age
        columns = -(-(min(tile.stop, self._frames) - tile.start) // tile.column_length)
        step = max(1, 4 * FRAMES_AT_ONCE // tile.pool)
        parts = []
        for start in range(0, columns, step):
            if not is_wanted():
                return
            parts.append(
                levels(
                    self._samples,
                    self._frames,
                    tile.index * TILE_COLUMNS + start,
                    min(step, columns - start),
                    tile.n_fft,
                    tile.hop,
                    tile.pool,
                )
            )
        with self._lock:
            if age != self._age:
                return
            self._tiles[tile] = np.concatenate(parts)
            while sum(each.nbytes for each in self._tiles.values()) > CACHE_BYTES:
                self._tiles.popitem(last=False)


Request = tuple[Detail, Tile]


class Tiler(QObject):
    """Makes the tiles that the panes ask for, one after another, on a thread beside the window."""

    made = pyqtSignal()  # some tiles, not each

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: dict[object, list[Request]] = {}
        self._is_working = False
        self._slot = JobSlot(self)

    def want(self, asker: object, requests: list[Request]) -> None:
        """From now on the asker wants these, and nothing that it wanted before."""
        self._wanted = {**self._wanted, asker: requests}  # the worker reads the old or the new
        self._go_on()

    def stop(self) -> None:
        """Want nothing, and wait for the thread."""
        self._wanted = {}
        self._slot.stop()
        self._is_working = False

    def _go_on(self) -> None:
        if not self._is_working and self._next() is not None:
            self._is_working = True
            job = self._slot.start(self._work)
            job.progressed.connect(lambda _: self.made.emit())
            job.succeeded.connect(lambda _: self._end())
            job.failed.connect(lambda _: self._give_up())

    def _end(self) -> None:
        self._is_working = False
        self.made.emit()
        self._go_on()  # what was asked for meanwhile

    def _give_up(self) -> None:
        """There is no memory for it: what the pyramid keeps is shown."""
        self._wanted = {}
        self._is_working = False

    def _work(self, progress: Progress) -> None:
        while (request := self._next()) is not None:
            detail, tile = request

            def is_wanted(request: Request = request) -> bool:
                progress(0.0)
                return any(request in requests for requests in self._wanted.values())

            detail.make(tile, is_wanted)

    def _next(self) -> Request | None:
        for requests in self._wanted.values():
            for detail, tile in requests:
                if detail.get(tile) is None:
                    return detail, tile
        return None
