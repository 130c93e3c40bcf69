"""One of the two lanes: a name, what is going on, a waveform and a spectrogram."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from ..icons import pixmap
from ..plot_data import Picture
from ..theme import UNIT, Theme
from ..time_window import TimeWindow
from .controls import button, label
from .pane import AXIS_WIDTH
from .spectrogram_pane import SpectrogramPane
from .waveform_pane import WaveformPane

HEADER_HEIGHT = 3 * UNIT
ICON_SIZE = 16


class Lane(QWidget):
    """Draws the recording before or after.

    Args:
        name: "Before" or "After".
        colour: Which field of the theme colours the waveform.
        time_window: What stretch of time is shown.
        theme: The colours to start with.
    """

    retry_asked = pyqtSignal()
    seek_asked = pyqtSignal(float)

    def __init__(self, name: str, colour: str, time_window: TimeWindow, theme: Theme) -> None:
        super().__init__()
        self.name = name
        self.waveform = WaveformPane(time_window, theme, colour)
        self.spectrogram = SpectrogramPane(time_window, theme)
        self.panes = (self.waveform, self.spectrogram)
        for pane, kind in zip(self.panes, ("waveform", "spectrogram"), strict=True):
            pane.setAccessibleName(f"{name}, {kind}")
            pane.seek_asked.connect(self.seek_asked)
        self._is_heard = False
        self._mark = QLabel()
        self._mark.setFixedWidth(ICON_SIZE)
        self._title = label(name, "lane")
        self.status = label(role="muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(20 * UNIT)
        self.bar.setAccessibleName(f"{name}, progress")
        self.retry = button("Try again", "link")
        self.retry.clicked.connect(self.retry_asked)
        self._lay_out()
        self.use_theme(theme)
        self.set_quiet()

    def _lay_out(self) -> None:
        header = QWidget()
        header.setFixedHeight(HEADER_HEIGHT)
        row = QHBoxLayout(header)
        row.setContentsMargins(AXIS_WIDTH, 0, 0, 0)
        row.setSpacing(UNIT)
        row.addWidget(self._title)
        row.addWidget(self._mark)
        row.addStretch()
        for widget in (self.status, self.bar, self.retry):
            row.addWidget(widget)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self._column.addWidget(header)
        self._column.addWidget(self.waveform)
        self._column.addWidget(self.spectrogram)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._theme = theme
        for pane in self.panes:
            pane.use_theme(theme)
        self._paint_mark()

    def show_picture(self, picture: Picture | None, ghost: Picture | None = None) -> None:
        """Draw this from now on; `ghost` stands faintly behind the waveform."""
        channels = 1 if picture is None else picture.waveform.channels
        self._column.setStretchFactor(self.waveform, 3 if channels == 1 else 4)
        self._column.setStretchFactor(self.spectrogram, 7 if channels == 1 else 6)
        self.waveform.show_picture(picture, ghost)
        self.spectrogram.show_picture(picture)

    def set_levels(self, scale: float, peak_db: float) -> None:
        """What reaches the edge of the waveform, and what the brightest colour means."""
        self.waveform.set_scale(scale)
        self.spectrogram.set_peak_db(peak_db)

    def set_position(self, position_s: float) -> None:
        """Where the playhead stands."""
        for pane in self.panes:
            pane.playhead.setValue(position_s)

    def set_heard(self, is_heard: bool) -> None:
        """Mark the lane that sounds."""
        self._is_heard = is_heard
        self._paint_mark()

    def set_progress(self, text: str, fraction: float) -> None:
        """Say what is going on, and how far it is."""
        self._show(f"{text}  {fraction:.0%}", bar=True)
        self.bar.setValue(round(1000 * fraction))

    def set_problem(self, text: str) -> None:
        """Say why there is nothing to see, and offer to try again."""
        self._show(text, role="error", retry=True)

    def set_quiet(self, text: str = "") -> None:
        """Nothing is going on; `text` is a fact worth telling."""
        self._show(text)

    def _show(self, text: str, role: str = "muted", bar: bool = False, retry: bool = False) -> None:
        if self.status.property("role") != role:
            self.status.setProperty("role", role)
            self.status.style().polish(self.status)
        self.status.setText(text)
        self.bar.setVisible(bar)
        self.retry.setVisible(retry)

    def _paint_mark(self) -> None:
        self._title.setAccessibleName(f"{self.name}, heard" if self._is_heard else self.name)
        ratio = self.devicePixelRatioF()
        if self._is_heard:
            self._mark.setPixmap(pixmap("heard", ICON_SIZE, self._theme.accent, ratio))
        else:
            self._mark.clear()
