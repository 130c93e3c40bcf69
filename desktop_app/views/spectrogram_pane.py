"""The spectrogram: one byte per pixel, on a mel axis, in colours that grow evenly with level."""

from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF

from ..plot_data import Picture
from ..spectrogram import LOWEST_DB, STEP_DB, RowMap, mel
from ..theme import Theme
from ..time_window import TimeWindow
from .pane import TimePane

COLOUR_MAP = "inferno"
RANGE_DB = 80.0
HEADROOM_DB = 6.0  # the loudest moments may take the brightest colour together
LABEL_HEIGHT = 16
LABEL_DISTANCE = 20
TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)


class SpectrogramPane(TimePane):
    """Draws one picture's spectrogram.

    Args:
        time_window: What stretch of time is shown.
        theme: The colours to start with.
    """

    def __init__(self, time_window: TimeWindow, theme: Theme) -> None:
        self._picture: Picture | None = None
        self._peak_db = 0.0
        self._image: pg.ImageItem | None = None
        self._rows: RowMap | None = None
        super().__init__(time_window, theme)
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setLookupTable(_colours())
        self.addItem(self._image)

    def use_theme(self, theme: Theme) -> None:
        super().use_theme(theme)
        # The picture is dark in either theme: the map's lowest colour is its ground.
        self.getViewBox().setBackgroundColor(tuple(_colours()[0]))
        self.playhead.setPen(pg.mkPen("#ffffff", width=1))

    def show_picture(self, picture: Picture | None) -> None:
        """Draw this from now on."""
        self._picture = picture
        self.redraw()

    def set_peak_db(self, peak_db: float) -> None:
        """Give the brightest colour to this level; the darkest lies RANGE_DB below."""
        self._peak_db = peak_db
        self.redraw()

    def draw(self) -> None:
        if self._picture is None:
            self._image.clear()
            return
        spectrogram = self._picture.spectrogram
        rate = spectrogram.sample_rate
        window = self.time_window
        top = float(mel(rate / 2))
        self.getViewBox().setYRange(0.0, top, padding=0)
        self._label(rate)
        rows = self._row_map(spectrogram.bins, rate)
        image, left, right = spectrogram.view(
            window.start_s * rate, window.end_s * rate, self.view_width, rows
        )
        if not image.shape[1]:
            self._image.clear()
            return
        highest = (self._peak_db - HEADROOM_DB - LOWEST_DB) / STEP_DB
        self._image.setImage(
            image, autoLevels=False, levels=(highest - RANGE_DB / STEP_DB, highest)
        )
        self._image.setRect(QRectF(left / rate, 0.0, (right - left) / rate, top))

    def _row_map(self, bins: int, sample_rate: int) -> RowMap:
        known = self._rows
        shape = (bins, sample_rate, self.view_height)
        if known is None or (known.bins, known.sample_rate, known.count) != shape:
            self._rows = RowMap(*shape)
        return self._rows

    def _label(self, sample_rate: int) -> None:
        height = self.getViewBox().height()
        per_mel = height / float(mel(sample_rate / 2))
        labels, last = [], float("-inf")
        for frequency in TICKS_HZ:
            y = float(mel(frequency)) * per_mel
            if LABEL_HEIGHT / 2 < y < height - LABEL_HEIGHT / 2 and y - last >= LABEL_DISTANCE:
                labels.append((y / per_mel, _frequency_text(frequency)))
                last = y
        self.getPlotItem().getAxis("left").setTicks([labels])


def _frequency_text(frequency: float) -> str:
    return f"{frequency / 1000:g} kHz" if frequency >= 1000 else f"{frequency:g} Hz"


@lru_cache(maxsize=1)
def _colours() -> np.ndarray:
    return pg.colormap.get(COLOUR_MAP).getLookupTable(nPts=256, alpha=False)
