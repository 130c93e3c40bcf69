"""The spectrogram: one byte per pixel, in colours that grow evenly with level."""

import numpy as np
from PyQt6.QtCore import QRectF

from ..colour_maps import difference_table, lookup_table
from ..frequency_axis import FrequencyAxis
from ..pixel_grid import PixelGrid
from ..plot_data import Picture, View
from ..stft import LOWEST_DB, STEP_DB, window_length
from ..theme import Theme
from .pane import TimePane
from .raster import Raster, packed
from .stage import Pointer, Stage

HEADROOM_DB = 6.0  # the loudest moments may take the brightest colour together
DIFFERENCE_DB = 40.0  # what takes the strongest colour
LABEL_HEIGHT = 16
LABEL_DISTANCE = 18
LINES = "#ffffff"  # the picture is dark in either theme
SELECTION_ALPHA = 28


class SpectrogramPane(TimePane):
    """Draws one picture's spectrogram.

    Args:
        stage: What it shares with the other panes.
        theme: The colours to start with.
    """

    def __init__(self, stage: Stage, theme: Theme) -> None:
        self._picture: Picture | None = None
        self._peak_db = 0.0
        self._raster = Raster()
        super().__init__(stage, theme)
        self.addItem(self._raster, ignoreBounds=True)
        self.getViewBox().setYRange(0.0, 1.0, padding=0)
        stage.tiler.made.connect(self.redraw)

    def use_theme(self, theme: Theme) -> None:
        super().use_theme(theme)
        self._colour_marks(LINES, LINES, SELECTION_ALPHA)

    def show_picture(self, picture: Picture | None) -> None:
        """Draw this from now on."""
        self._picture = picture
        self.redraw()

    def set_peak_db(self, peak_db: float) -> None:
        """The loudest level, which the brightest colour follows if it is to."""
        self._peak_db = peak_db
        self.redraw()

    @property
    def range_db(self) -> tuple[float, float]:
        """What the darkest and the brightest colour mean."""
        look = self.stage.display.look
        top_db = self._peak_db - HEADROOM_DB if look.auto_top else float(look.top_db)
        top_db = max(top_db, LOWEST_DB + look.span_db)  # silence is dark
        return top_db - look.span_db, top_db

    def table(self) -> np.ndarray:
        """The colour of each byte, packed."""
        colours = lookup_table(self.stage.display.look.colours)
        low_db, top_db = self.range_db
        level_db = LOWEST_DB + STEP_DB * np.arange(256)
        at = np.clip((level_db - low_db) / (top_db - low_db), 0.0, 1.0)
        return packed(colours[np.rint(255 * at).astype(np.int64)])

    def draw(self) -> None:
        self.getViewBox().setBackgroundColor(tuple(self._ground()))
        if self._picture is None:
            self.stage.tiler.want(self, [])
            self._raster.clear()
            return
        rate = self._picture.sample_rate
        axis = self.stage.display.axis(rate)
        self._label(axis)
        grid = self.grid(rate)
        pixels = self.pixels(grid, axis)
        left, right = grid.start / rate, grid.stop / rate
        self._raster.set_pixels(pixels, QRectF(left, 0.0, right - left, 1.0))

    def _ground(self) -> np.ndarray:
        return lookup_table(self.stage.display.look.colours)[0]

    def pixels(self, grid: PixelGrid, axis: FrequencyAxis) -> np.ndarray:
        """The picture's colours on a grid, packed; asks for what would make it finer."""
        view = self.view(self._picture, grid, axis)
        self.stage.tiler.want(self, [(self._picture.detail, tile) for tile in view.missing])
        return self.table()[view.image]

    def view(self, picture: Picture, grid: PixelGrid, axis: FrequencyAxis) -> View:
        """A picture's levels on a grid."""
        n_fft = window_length(self.stage.display.look.window_ms, picture.sample_rate)
        return picture.view(grid, axis, self.view_height, n_fft)

    def zoom_vertically(self, factor: float, height: float) -> None:
        self.stage.display.zoom_frequency(factor, height)

    def pull_vertically(self, by: float) -> None:
        self.stage.display.scroll_frequency(by)

    def point_at(self, start_s: float, stop_s: float, y: float) -> Pointer:
        if self._picture is None:
            return Pointer(start_s, stop_s)
        axis = self.stage.display.axis(self._picture.sample_rate)
        height = max(1.0, self.getViewBox().height())
        low, high = (float(axis.to_hz(min(1.0, max(0.0, at / height)))) for at in (y - 1, y))
        return Pointer(start_s, stop_s, (low, high))

    def _label(self, axis: FrequencyAxis) -> None:
        height = max(1.0, self.getViewBox().height())
        labels = axis.ticks(height / LABEL_DISTANCE, LABEL_HEIGHT / 2 / height)
        self.set_labels(labels)


class DifferencePane(SpectrogramPane):
    """Draws by how much one picture's levels lie above another's."""

    def __init__(self, stage: Stage, theme: Theme) -> None:
        self._reference: Picture | None = None
        super().__init__(stage, theme)

    def show_difference(self, picture: Picture | None, reference: Picture | None) -> None:
        """Draw what `picture` has more or less than `reference` from now on."""
        self._reference = reference
        self.show_picture(picture if reference is not None else None)

    def _ground(self) -> np.ndarray:
        return difference_table()[128]

    def pixels(self, grid: PixelGrid, axis: FrequencyAxis) -> np.ndarray:
        views = [self.view(each, grid, axis) for each in (self._picture, self._reference)]
        wanted = zip((self._picture, self._reference), views, strict=True)
        self.stage.tiler.want(
            self, [(picture.detail, tile) for picture, view in wanted for tile in view.missing]
        )
        # What lies below the darkest colour of the others makes no difference.
        floor = max(0.0, (self.range_db[0] - LOWEST_DB) / STEP_DB)
        above, below = (np.maximum(view.image, np.float32(floor)) for view in views)
        steps = (above - below) * (128 * STEP_DB / DIFFERENCE_DB) + 128
        steps[:, : max(view.first for view in views)] = 128
        steps[:, min(view.last for view in views) :] = 128
        return packed(difference_table())[np.clip(steps, 0, 255).astype(np.uint8)]
