"""One line while an export is running: what, how far, and the way to end it."""

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar

from ..icons import pixmap
from ..session import Session
from ..theme import UNIT, Theme
from .controls import ElidedLabel, button, one_line


class ExportBar(QFrame):
    """Hidden while no export is running."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setProperty("kind", "busy")
        self._exporter = session.exporter
        self._icon = QLabel()
        self.text = ElidedLabel()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(30 * UNIT)
        self.bar.setAccessibleName("Export, progress")
        self.cancel = button("Cancel", tooltip="End the export; no file is left")
        self.cancel.clicked.connect(self._exporter.cancel)
        self._lay_out()
        self._exporter.changed.connect(self._show)
        self._exporter.progressed.connect(self._show_progress)
        self.use_theme(theme)
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        row.setSpacing(UNIT)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._icon.setPixmap(pixmap("export", 20, theme.muted, self.devicePixelRatioF()))

    def _show(self) -> None:
        if self._exporter.destination is not None:
            self.text.setText(f"Exporting '{one_line(self._exporter.destination.name)}' …")
            self.setAccessibleName(self.text.text())
            self.bar.setValue(0)
        self.setVisible(self._exporter.is_busy)

    def _show_progress(self, fraction: float) -> None:
        self.bar.setValue(round(1000 * fraction))
