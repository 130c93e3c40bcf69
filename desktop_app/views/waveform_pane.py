"""The waveform: lowest and highest sample under every pixel, each channel on a line of its own."""

import math

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF

from ..pixel_grid import PixelGrid
from ..plot_data import Picture
from ..theme import Theme
from .pane import TimePane
from .raster import Raster, ramp
from .stage import Pointer, Stage

CHANNEL_HEIGHT = 2.2  # in full scales; the rest is air between channels
SCALE_STEP_DB = 3.0
LOWEST_SCALE_DB = -42.0
SLACK_DB = 0.5  # how far a peak may reach into the air
LABEL_HEIGHT = 14
DOT_DISTANCE = 5  # pixels between samples from which on each has a dot
DOT_SIZE = 4


class WaveformPane(TimePane):
    """Draws one picture's waveform, on request with another one faintly behind it.

    Args:
        stage: What it shares with the other panes.
        theme: The colours to start with.
        colour: Which field of the theme colours the waveform.
    """

    def __init__(self, stage: Stage, theme: Theme, colour: str) -> None:
        self._colour = colour
        self._picture: Picture | None = None
        self._ghost: Picture | None = None
        self._scale = 1.0
        self._curves: list[pg.PlotDataItem] = []
        self._raster = Raster()
        super().__init__(stage, theme)
        self.addItem(self._raster, ignoreBounds=True)

    def show_picture(self, picture: Picture | None, ghost: Picture | None = None) -> None:
        """Draw this from now on."""
        self._picture, self._ghost = picture, ghost
        self.redraw()

    def set_scale(self, scale: float) -> None:
        """Magnify so that a sample of this magnitude reaches the edge of its channel."""
        self._scale = scale
        self.redraw()

    @property
    def edge(self) -> float:
        """The magnitude at the edge of a channel."""
        return self._scale / self.stage.display.magnification

    def draw(self) -> None:
        for curve in self._curves:
            self.removeItem(curve)
        self._curves = []
        self._raster.clear()
        if self._picture is None:
            return
        channels = self._picture.waveform.channels
        half = CHANNEL_HEIGHT / 2
        self.getViewBox().setYRange(-half, CHANNEL_HEIGHT * channels - half, padding=0)
        self._label(channels)
        grid = self.grid(self._picture.sample_rate)
        if grid.width >= 1.0:
            self._draw_extremes(grid)
        else:
            if self._ghost is not None:
                self._draw_samples(self._ghost, self.theme.ghost, grid)
            self._draw_samples(self._picture, getattr(self.theme, self._colour), grid)

    def _draw_extremes(self, grid: PixelGrid) -> None:
        channels, rate = self._picture.waveform.channels, self._picture.sample_rate
        bands = []
        edges = np.linspace(0, self.view_height, channels + 1).round().astype(int)
        for channel in reversed(range(channels)):  # the lowest rows first
            rows = int(edges[channel + 1] - edges[channel])
            pixels = self._band(self._picture, grid, channel, rows, self._colour)
            if self._ghost is not None:
                behind = self._band(self._ghost, grid, channel, rows, "ghost")
                pixels = np.where(pixels == pixels.dtype.type(self._ground()), behind, pixels)
            bands.append(pixels)
        rect = QRectF(
            grid.start / rate,
            -CHANNEL_HEIGHT / 2,
            (grid.stop - grid.start) / rate,
            CHANNEL_HEIGHT * channels,
        )
        self._raster.set_pixels(np.concatenate(bands), rect)

    def _ground(self) -> int:
        return int(ramp(self.theme.plot, self.theme.plot)[0])

    def _band(
        self, picture: Picture, grid: PixelGrid, channel: int, rows: int, colour: str
    ) -> np.ndarray:
        """One channel's waveform as packed pixels, shape (rows, columns)."""
        extremes = picture.waveform.columns(grid.start, grid.stop, grid.count)[channel]
        limit = CHANNEL_HEIGHT / 2
        heights = (np.clip(extremes / self.edge, -limit, limit) / CHANNEL_HEIGHT + 0.5) * rows
        shares = coverage(heights[:, 0], heights[:, 1], rows)
        return ramp(self.theme.plot, getattr(self.theme, colour))[shares]

    def _draw_samples(self, picture: Picture, colour: str, grid: PixelGrid) -> None:
        rate = picture.sample_rate
        start = max(0, math.floor(grid.start))
        stop = max(start, min(picture.ready_frames, math.ceil(grid.stop) + 1))
        times = np.arange(start, stop) / rate
        pixels_apart = 1.0 / grid.width / self.devicePixelRatioF()
        for channel, values in enumerate(picture.samples(start, stop)):
            limit = CHANNEL_HEIGHT / 2
            level = CHANNEL_HEIGHT * (picture.waveform.channels - 1 - channel)
            curve = pg.PlotDataItem(
                times,
                level + np.clip(values / self.edge, -limit, limit),
                pen=pg.mkPen(colour, width=1),
                symbol="o" if pixels_apart >= DOT_DISTANCE else None,
                symbolSize=DOT_SIZE,
                symbolBrush=colour,
                symbolPen=None,
                antialias=True,
            )
            self.addItem(curve, ignoreBounds=True)
            self._curves.append(curve)

    def zoom_vertically(self, factor: float, height: float) -> None:
        self.stage.display.magnify(1.0 / factor)

    def point_at(self, start_s: float, stop_s: float, y: float) -> Pointer:
        channels = 1 if self._picture is None else self._picture.waveform.channels
        from_below = int(y / max(1, self.height()) * channels)
        return Pointer(
            start_s, stop_s, channel=min(channels - 1, max(0, channels - 1 - from_below))
        )

    def _label(self, channels: int) -> None:
        half = f"−{-20 * math.log10(self.edge / 2):.0f} dB"
        height = self.getViewBox().height() / channels
        has_room = height / CHANNEL_HEIGHT / 2 >= LABEL_HEIGHT
        labels = []
        for channel in range(channels):
            level = CHANNEL_HEIGHT * (channels - 1 - channel)
            if has_room or channels > 1:
                labels.append((level, _channel_name(channel, channels)))
            if has_room:
                labels += [(level + side, half) for side in (0.5, -0.5)]
        if not labels:  # one of the three says the most
            labels = [(0.5, half)]
        self.set_labels(labels)


def _channel_name(channel: int, channels: int) -> str:
    if channels == 1:
        return "−∞"
    return "LR"[channel] if channels == 2 else str(channel + 1)


def coverage(low: np.ndarray, high: np.ndarray, rows: int) -> np.ndarray:
    """How much of each pixel lies between two heights, 0 to 255; nan covers nothing.

    A column is at least one pixel high and meets its neighbours, so that the line never breaks
    and a single sample is seen at every zoom.

    Args:
        low: Lower end for each column, in rows from below.
        high: Upper end.
        rows: How many.

    Returns:
        Shape (rows, columns) uint8.
    """
    low, high = np.minimum(low, _next(high)), np.maximum(high, _next(low))
    thin = np.maximum(0.0, 1.0 - (high - low)) / 2
    low, high = low - thin, high + thin
    below = np.arange(rows, dtype=np.float32)[:, None]
    covered = np.minimum(high, below + 1.0) - np.maximum(low, below)
    return (255 * np.nan_to_num(np.clip(covered, 0.0, 1.0))).astype(np.uint8)


def _next(heights: np.ndarray) -> np.ndarray:
    """Each column's right neighbour, where that is known."""
    shifted = np.append(heights[1:], heights[-1:])
    return np.where(np.isnan(shifted), heights, shifted)


def display_scale(peak: float) -> float:
    """The magnitude at the edge of the plot: about the peak, in steps of 3 dB."""
    peak_db = 20 * math.log10(max(peak, 1e-6))
    steps = math.ceil((peak_db - SLACK_DB) / SCALE_STEP_DB)
    return 10 ** (min(0.0, max(LOWEST_SCALE_DB, SCALE_STEP_DB * steps)) / 20)
