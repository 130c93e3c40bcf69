"""One line for news: an error, or something that is done."""

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel

from ..icons import icon, pixmap
from ..session import Kind, Notice, Session
from ..theme import UNIT, Theme
from .controls import button, icon_button, label, set_property


class NoticeBar(QFrame):
    """Hidden while there is nothing to say; never in the way of working on."""

    def __init__(self, session: Session, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("notice")
        self._theme = theme
        self._notice: Notice | None = None
        self._icon = QLabel()
        self.text = label()
        self.text.setWordWrap(True)
        self.show_folder = button("Show in folder", "link")
        self.show_folder.clicked.connect(self._open_folder)
        self.dismiss = icon_button("Close this message", "Close this message (Esc)", 16)
        self.dismiss.clicked.connect(self.clear)
        self._lay_out()
        session.noticed.connect(self.show_notice)
        self.use_theme(theme)
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * UNIT, UNIT, UNIT, UNIT)
        row.setSpacing(UNIT)
        row.addWidget(self._icon)
        row.addWidget(self.text, 1)
        row.addWidget(self.show_folder)
        row.addWidget(self.dismiss)

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self._theme = theme
        self.dismiss.setIcon(icon("close", theme.text))
        self._paint_icon()

    def show_notice(self, notice: Notice) -> None:
        """Say this until it is closed, or something else is to be said."""
        self._notice = notice
        self.text.setText(notice.text)
        self.setAccessibleName(notice.text)
        self.show_folder.setVisible(notice.path is not None)
        set_property(self, "kind", notice.kind.value)
        self._paint_icon()
        self.show()

    def clear(self) -> None:
        """Close the message."""
        self._notice = None
        self.hide()

    def _paint_icon(self) -> None:
        if self._notice is not None:
            name, colour = {
                Kind.ERROR: ("alert", self._theme.error),
                Kind.DONE: ("done", self._theme.done),
            }[self._notice.kind]
            self._icon.setPixmap(pixmap(name, 20, colour, self.devicePixelRatioF()))

    def _open_folder(self) -> None:
        if self._notice is not None and self._notice.path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._notice.path.parent)))
