"""One line for news: an error, a finished export, or an export that is running."""

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar

from ..icons import icon, pixmap
from ..session import Kind, Notice, Session
from ..theme import UNIT, Theme
from .controls import button, icon_button, label, set_property


class NoticeBar(QFrame):
    """Hidden while there is nothing to say; never in the way of working on."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._session = session
        self._theme = theme
        self._notice: Notice | None = None
        self._icon = QLabel()
        self.text = label()
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(30 * UNIT)
        self.bar.setAccessibleName("Export, progress")
        self.show_folder = button("Show in folder", "link")
        self.show_folder.clicked.connect(self._open_folder)
        self.cancel = button("Cancel", tooltip="End the export; no file is left")
        self.cancel.clicked.connect(session.exporter.cancel)
        self.dismiss = icon_button("Close this message", "Close this message (Esc)", 16)
        self.dismiss.clicked.connect(self.clear)
        self._lay_out()
        session.noticed.connect(self.show_notice)
        session.exporter.changed.connect(self._show_exporting)
        session.exporter.progressed.connect(self._show_progress)
        self.use_theme(theme)
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        row.setSpacing(UNIT)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        for widget in (self.bar, self.show_folder, self.cancel, self.dismiss):
            row.addWidget(widget)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._theme = theme
        self.dismiss.setIcon(icon("close", theme.text))
        self._paint_icon()

    def show_notice(self, notice: Notice) -> None:
        """Say this until it is closed, or something else is to be said."""
        self._notice = notice
        self._show(notice.kind.value, notice.text)

    def clear(self) -> None:
        """Close the message; a running export stays in sight."""
        self._notice = None
        self.hide()
        self._show_exporting()

    def _show_exporting(self) -> None:
        exporter = self._session.exporter
        if exporter.is_busy:
            self._notice = None
            self.bar.setValue(0)
            self._show("busy", f"Exporting '{exporter.destination.name}' …")
        elif self._notice is None:
            self.hide()

    def _show_progress(self, fraction: float) -> None:
        self.bar.setValue(round(1000 * fraction))

    def _show(self, kind: str, text: str) -> None:
        busy = kind == "busy"
        self.text.setText(text)
        self.setAccessibleName(text)
        self.bar.setVisible(busy)
        self.cancel.setVisible(busy)
        self.dismiss.setVisible(not busy)
        self.show_folder.setVisible(self._notice is not None and self._notice.path is not None)
        set_property(self, "kind", kind)
        self._paint_icon()
        self.show()

    def _paint_icon(self) -> None:
        kind = self._notice.kind if self._notice is not None else None
        name, colour = {
            Kind.ERROR: ("alert", self._theme.error),
            Kind.DONE: ("done", self._theme.done),
            None: ("export", self._theme.muted),
        }[kind]
        self._icon.setPixmap(pixmap(name, 20, colour, self.devicePixelRatioF()))

    def _open_folder(self) -> None:
        if self._notice is not None and self._notice.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._notice.path.parent)))
