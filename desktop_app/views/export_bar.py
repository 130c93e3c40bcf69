"""One line while something is being written: what, how far, and the way to end or see it."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton

from ..batch_run import BatchRun
from ..icons import pixmap
from ..session import Session
from ..theme import UNIT, Theme
from ..time_left import TimeLeft
from .batch_view import summary_of
from .controls import ElidedLabel, button, label, one_line, show_fraction


class _Bar(QFrame):
    """An icon, a text, a bar, how long it will take, and a button."""

    def __init__(self, picture: str, name: str, theme: Theme, end: QPushButton) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setProperty("kind", "busy")
        self._picture = picture
        self._icon = QLabel()
        self.text = ElidedLabel()
        self.left = label(role="muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(30 * UNIT)
        self.bar.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        row.setSpacing(UNIT)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.left)
        row.addWidget(self.bar)
        row.addWidget(end)
        self.use_theme(theme)
        self.hide()

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._icon.setPixmap(pixmap(self._picture, 20, theme.muted, self.devicePixelRatioF()))


class ExportBar(_Bar):
    """The export of one recording; hidden while none is running."""

    def __init__(self, session: Session, theme: Theme) -> None:
        self.cancel = button("Cancel", tooltip="End the export; no file is left")
        super().__init__("export", "Export, progress", theme, self.cancel)
        self._exporter = session.exporter
        self._time = TimeLeft()
        self.cancel.clicked.connect(self._exporter.cancel)
        self._exporter.changed.connect(self._show)
        self._exporter.progressed.connect(self._show_progress)

    def _show(self) -> None:
        if self._exporter.job is not None:
            self.text.setText(f"Exporting '{one_line(self._exporter.job.destination.name)}' …")
            self.setAccessibleName(self.text.text())
            self.left.clear()
            show_fraction(self.bar, 0.0)
            self._time.restart()
        self.setVisible(self._exporter.is_busy)

    def _show_progress(self, fraction: float) -> None:
        show_fraction(self.bar, fraction)
        self.left.setText(self._time.text(fraction))


class BatchBar(_Bar):
    """The batch, while one is running and its page is out of sight."""

    show_asked = pyqtSignal()

    def __init__(self, run: BatchRun, theme: Theme) -> None:
        self.see = button("Show", tooltip="Turn to the batch (F3)")
        super().__init__("batch", "Batch, progress", theme, self.see)
        self._run = run
        self._is_wanted = False
        self.see.clicked.connect(self.show_asked)
        run.phase_changed.connect(self._show)
        run.progressed.connect(self._show)

    def set_wanted(self, is_wanted: bool) -> None:
        """Whether the batch's own page is out of sight."""
        self._is_wanted = is_wanted
        self._show()

    def _show(self) -> None:
        self.setVisible(self._is_wanted and self._run.is_busy)
        if self.isVisible():
            self.text.setText(f"Batch:  {summary_of(self._run)}")
            self.setAccessibleName(self.text.text())
            show_fraction(self.bar, self._run.fraction)
