"""The sheet of keys, and About."""

from importlib import metadata

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, Qt
from PyQt6.QtWidgets import QDialog, QGridLayout, QLabel, QVBoxLayout, QWidget

from ..icons import pixmap
from ..theme import UNIT
from .controls import button, label

KEYS = (
    ("Space", "Play or pause"),
    ("← →", "Back and forward by a second; with Shift by five"),
    ("Home, End", "To the start, to the end"),
    ("1  2  3", "Hear before, after, removed"),
    ("B", "Switch between before and after"),
    ("↑ ↓, Ctrl +, Ctrl −", "Show less or more time"),
    ("Ctrl+0", "Show the whole recording"),
    ("Ctrl+O, Ctrl+E", "Open, export"),
    ("Click, drag", "Go to that time"),
    ("Wheel", "Zoom at the pointer; with Shift, scroll"),
    ("Double click on a slider", "Back to its default"),
)


def show_keys(parent: QWidget) -> None:
    """Show what keys and mouse do, until it is closed."""
    dialog = _dialog(parent, "Keys and mouse")
    grid = QGridLayout()
    grid.setHorizontalSpacing(4 * UNIT)
    grid.setVerticalSpacing(UNIT)
    for row, (keys, meaning) in enumerate(KEYS):
        grid.addWidget(label(keys, "lane"), row, 0)
        grid.addWidget(label(meaning), row, 1)
    dialog.layout().addLayout(grid)
    _finish(dialog)


def show_about(parent: QWidget) -> None:
    """Show version, licence and what it stands on, until it is closed."""
    dialog = _dialog(parent, "About Dryspell")
    picture = QLabel()
    picture.setPixmap(pixmap("app", 8 * UNIT, ratio=parent.devicePixelRatioF()))
    text = (
        f"Version {_version()} with Qt {QT_VERSION_STR} and PyQt {PYQT_VERSION_STR}\n\n"
        "Free software under the GNU General Public License, version 3 or later. "
        "It comes without any warranty.\n\n"
        "It stands on PyTorch, NumPy, libsndfile, soxr, Pedalboard and pyqtgraph."
    )
    body = label(text)
    body.setWordWrap(True)
    body.setMinimumWidth(48 * UNIT)
    body.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    for widget in (picture, label("Dryspell", "title"), body):
        dialog.layout().addWidget(widget)
    _finish(dialog)


def _dialog(parent: QWidget, title: str) -> QDialog:
    dialog = QDialog(parent)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(3 * UNIT, 3 * UNIT, 3 * UNIT, 2 * UNIT)
    column.setSpacing(2 * UNIT)
    return dialog


def _finish(dialog: QDialog) -> None:
    close = button("Close")
    close.clicked.connect(dialog.accept)
    dialog.layout().addWidget(close, alignment=Qt.AlignmentFlag.AlignRight)
    dialog.open()


def _version() -> str:
    try:
        return metadata.version("dryspell")
    except metadata.PackageNotFoundError:
        return "(not installed)"
