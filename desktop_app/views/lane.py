"""One lane: a name, what is going on or under the pointer, a waveform and a spectrogram."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSplitter, QVBoxLayout, QWidget

from ..icons import pixmap
from ..plot_data import Picture
from ..theme import UNIT, Theme
from .controls import button, label, show_fraction
from .pane import AXIS_WIDTH, TimePane
from .spectrogram_pane import SpectrogramPane
from .stage import Stage
from .waveform_pane import WaveformPane

HEADER_HEIGHT = 3 * UNIT
ICON_SIZE = 16
HANDLE_HEIGHT = 4


class Lane(QWidget):
    """Draws the recording before or after, what is removed, or a difference.

    Args:
        name: As it is called on the screen.
        stage: What it shares with the other lanes.
        theme: The colours to start with.
        spectrogram: The pane below.
        waveform: The pane above, if it has one.
    """

    retry_asked = pyqtSignal()

    def __init__(
        self,
        name: str,
        stage: Stage,
        theme: Theme,
        spectrogram: SpectrogramPane,
        waveform: WaveformPane | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.waveform = waveform
        self.spectrogram = spectrogram
        self.panes: tuple[TimePane, ...] = tuple(pane for pane in (waveform, spectrogram) if pane)
        for pane in self.panes:
            kind = "waveform" if pane is waveform else "spectrogram"
            pane.setAccessibleName(f"{name}, {kind}")
        self._display = stage.display
        self._is_heard = False
        self._mark = QLabel()
        self._mark.setFixedWidth(ICON_SIZE)
        self._title = label(name, "lane")
        self.readout = label(role="readout")
        self.status = label(role="muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(12 * UNIT)
        self.bar.setAccessibleName(f"{name}, progress")
        self.retry = button("Try again", "link")
        self.retry.clicked.connect(self.retry_asked)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setHandleWidth(HANDLE_HEIGHT)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.splitterMoved.connect(self._share_height)
        self._lay_out()
        stage.display.changed.connect(self._use_look)
        self.use_theme(theme)
        self.set_quiet()
        self._use_look()

    def _lay_out(self) -> None:
        header = QWidget()
        header.setFixedHeight(HEADER_HEIGHT)
        row = QHBoxLayout(header)
        row.setContentsMargins(AXIS_WIDTH, 0, 0, 0)
        row.setSpacing(UNIT)
        row.addWidget(self._title)
        row.addWidget(self._mark)
        row.addStretch()
        for widget in (self.readout, self.status, self.bar, self.retry):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(self._splitter)
        for pane in self.panes:
            self._splitter.addWidget(pane)

    def _use_look(self) -> None:
        look = self._display.look
        self.spectrogram.setVisible(look.spectrogram)
        if self.waveform is not None:
            self.waveform.setVisible(look.waveform)
            share = round(1000 * look.waveform_share)
            self._splitter.setSizes([share, 1000 - share])

    def _share_height(self) -> None:
        upper, lower = self._splitter.sizes()
        if upper and lower:
            self._display.set(waveform_share=min(0.95, max(0.05, upper / (upper + lower))))

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._theme = theme
        for pane in self.panes:
            pane.use_theme(theme)
        self._paint_mark()

    def show_picture(self, picture: Picture | None, ghost: Picture | None = None) -> None:
        """Draw this from now on; `ghost` stands faintly behind the waveform."""
        if self.waveform is not None:
            self.waveform.show_picture(picture, ghost)
        self.spectrogram.show_picture(picture)

    def redraw(self) -> None:
        """What is drawn has changed."""
        for pane in self.panes:
            pane.redraw()

    def set_levels(self, scale: float, peak_db: float) -> None:
        """What reaches the edge of the waveform, and what the brightest colour means."""
        if self.waveform is not None:
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
        show_fraction(self.bar, fraction)

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
        self.status.setVisible(bool(text))
        self.bar.setVisible(bar)
        self.retry.setVisible(retry)

    def _paint_mark(self) -> None:
        self._title.setAccessibleName(f"{self.name}, heard" if self._is_heard else self.name)
        ratio = self.devicePixelRatioF()
        if self._is_heard:
            self._mark.setPixmap(pixmap("heard", ICON_SIZE, self._theme.accent, ratio))
        else:
            self._mark.clear()
