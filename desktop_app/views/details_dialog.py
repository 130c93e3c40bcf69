"""A sentence, and details to read, copy and send: for what should not happen, and for the log."""

import platform
from pathlib import Path

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, Qt, QUrl
from PyQt6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from processor.file_job import version

from ..theme import UNIT
from .controls import button, label

WIDTH, HEIGHT = 90 * UNIT, 56 * UNIT


class DetailsDialog(QDialog):
    """Text in a box, with Copy, Show folder and Close.

    Args:
        title: Of the dialog.
        heading: One sentence.
        remark: What one can do.
        details: What is copied.
        log_path: Where the log is.
        parent: The window.
    """

    def __init__(
        self,
        title: str,
        heading: str,
        remark: str,
        details: str,
        log_path: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(WIDTH, HEIGHT)
        self._log_path = log_path
        self.heading = label(heading, "file")
        self.remark = label(remark, "muted")
        self.remark.setWordWrap(True)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.details.setAccessibleName("Details")
        self.where = label(f"Log: {log_path}", "muted")
        self.where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.where.setWordWrap(True)
        self.copy = button("Copy details")
        self.copy.clicked.connect(self._copy)
        self.show_folder = button("Show folder")
        self.show_folder.clicked.connect(self._open_folder)
        self.close_ = button("Close", "primary")
        self.close_.clicked.connect(self.accept)
        self.close_.setDefault(True)
        self._lay_out()
        self.details.moveCursor(self.details.textCursor().MoveOperation.End)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(UNIT)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.show_folder)
        buttons.addStretch()
        buttons.addWidget(self.close_)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 2 * UNIT)
        column.setSpacing(UNIT)
        for widget in (self.heading, self.remark):
            column.addWidget(widget)
        column.addWidget(self.details, 1)
        column.addWidget(self.where)
        column.addSpacing(UNIT)
        column.addLayout(buttons)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
        self.copy.setText("Copied")

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_path.parent)))


def error_dialog(trace: str, log_path: Path, parent: QWidget | None = None) -> DetailsDialog:
    """The dialog for an exception that nobody has foreseen."""
    return DetailsDialog(
        "Dryspell",
        "Something went wrong in Dryspell.",
        "Your files are untouched, and you can go on. Please report the details below.",
        f"{versions()}\n\n{trace}",
        log_path,
        parent,
    )


def versions() -> str:
    """What a report should say of the program and the system."""
    return (
        f"Dryspell {version()}, Qt {QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}, "
        f"Python {platform.python_version()}, {platform.platform()}"
    )
