"""The waveform: lowest and highest sample under every pixel, each channel on a line of its own."""

import math

import numpy as np
import pyqtgraph as pg

from ..plot_data import Picture
from ..theme import Theme
from ..time_window import TimeWindow
from .pane import TimePane

CHANNEL_HEIGHT = 2.2  # in full scales; the rest is air between channels
SCALE_STEP_DB = 3.0
LOWEST_SCALE_DB = -42.0
SLACK_DB = 0.5  # how far a peak may reach into the air
LABEL_HEIGHT = 14


class WaveformPane(TimePane):
    """Draws one picture's waveform, on request with another one faintly behind it.

    Args:
        time_window: What stretch of time is shown.
        theme: The colours to start with.
        colour: Which field of the theme colours the waveform.
    """

    def __init__(self, time_window: TimeWindow, theme: Theme, colour: str) -> None:
        self._colour = colour
        self._picture: Picture | None = None
        self._ghost: Picture | None = None
        self._scale = 1.0
        self._curves: list[pg.PlotCurveItem] = []
        super().__init__(time_window, theme)

    def show_picture(self, picture: Picture | None, ghost: Picture | None = None) -> None:
        """Draw this from now on."""
        self._picture, self._ghost = picture, ghost
        self.redraw()

    def set_scale(self, scale: float) -> None:
        """Magnify so that a sample of this magnitude reaches the edge of its channel."""
        self._scale = scale
        self.redraw()

    def draw(self) -> None:
        for curve in self._curves:
            self.removeItem(curve)
        self._curves = []
        if self._picture is None:
            return
        channels = self._picture.waveform.channels
        half = CHANNEL_HEIGHT / 2
        self.getViewBox().setYRange(-half, CHANNEL_HEIGHT * channels - half, padding=0)
        self._label(channels)
        if self._ghost is not None:
            self._draw(self._ghost, self.theme.ghost)
        self._draw(self._picture, getattr(self.theme, self._colour))

    def _draw(self, picture: Picture, colour: str) -> None:
        rate = picture.sample_rate
        first, last = self.time_window.start_s * rate, self.time_window.end_s * rate
        if last - first < self.view_width:
            times, waveform = _samples(picture, first, last)
        else:
            times, waveform = _extremes(picture, first, last, self.view_width)
        for channel, values in enumerate(waveform):
            level = CHANNEL_HEIGHT * (len(waveform) - 1 - channel)
            curve = pg.PlotCurveItem(
                times / rate,
                level + values / self._scale,
                pen=pg.mkPen(colour, width=1),
                connect="finite",
            )
            self.addItem(curve)
            self._curves.append(curve)

    def _label(self, channels: int) -> None:
        half_db = 20 * math.log10(self._scale / 2)
        height = self.getViewBox().height() / channels
        labels = []
        for channel in range(channels):
            level = CHANNEL_HEIGHT * (channels - 1 - channel)
            labels.append((level, _channel_name(channel, channels)))
            if height / CHANNEL_HEIGHT / 2 >= LABEL_HEIGHT:
                labels += [(level + side, f"−{-half_db:.0f} dB") for side in (0.5, -0.5)]
        self.getPlotItem().getAxis("left").setTicks([labels])


def _channel_name(channel: int, channels: int) -> str:
    if channels == 1:
        return "−∞"
    return "LR"[channel] if channels == 2 else str(channel + 1)


def display_scale(peak: float) -> float:
    """The magnitude at the edge of the plot: about the peak, in steps of 3 dB."""
    peak_db = 20 * math.log10(max(peak, 1e-6))
    steps = math.ceil((peak_db - SLACK_DB) / SCALE_STEP_DB)
    return 10 ** (min(0.0, max(LOWEST_SCALE_DB, SCALE_STEP_DB * steps)) / 20)


def _extremes(
    picture: Picture, first: float, last: float, width: int
) -> tuple[np.ndarray, np.ndarray]:
    """Positions, and a line per channel that runs through the extremes of every pixel."""
    columns = picture.waveform.columns(first, last, width)
    centres = first + (np.arange(width) + 0.5) * (last - first) / width
    return np.repeat(centres, 2), columns.reshape(len(columns), -1)


def _samples(picture: Picture, first: float, last: float) -> tuple[np.ndarray, np.ndarray]:
    """Positions and samples themselves, where there are fewer of them than pixels."""
    start = max(0, math.floor(first))
    stop = max(start, min(picture.ready_frames, math.ceil(last) + 1))
    return np.arange(start, stop, dtype=np.float64), picture.samples(start, stop)
