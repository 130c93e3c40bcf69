"""The sheet of keys, and About."""

from collections.abc import Iterator
from importlib import metadata

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..icons import pixmap
from ..theme import UNIT
from .controls import button, label
from .details_dialog import versions

MOUSE = (
    ("Click in a picture", "Go to that time"),
    ("Drag", "Select; the edges can be dragged, too; Shift and a click move the nearer one"),
    ("Double click", "Select nothing"),
    ("Drag in the ruler", "Go along with the mouse"),
    ("Wheel, pinch", "Zoom at the pointer; with Shift or sideways, scroll"),
    ("Wheel with Alt", "Larger waveforms, fewer frequencies; over the scale without Alt, too"),
    ("Drag the scale", "Other frequencies; a double click shows all"),
    ("Overview", "Drag the frame or its edges, click elsewhere, double-click for all"),
    ("Drag with Shift", "On a slider, a tenth of the way; the wheel turns it by one"),
    ("Double click on a slider", "Back to its default"),
    ("Drop files or folders", "Open them; a folder as a batch"),
)
LIST = (
    ("↑ ↓ in the list", "Open the recording where it rests"),
    ("Delete in the list", "Take it out of the list"),
    ("Tab, Return", "To the next control; press it"),
)
KEYS_WIDTH = 18 * UNIT
SHEET_SIZE = (104 * UNIT, 68 * UNIT)
PARTS = ("PyQt6", "torch", "numpy", "soundfile", "soxr", "pedalboard", "pyqtgraph", "platformdirs")
LICENCES = {
    "PyQt6": "GPL 3",
    "torch": "BSD",
    "numpy": "BSD",
    "soundfile": "BSD, with libsndfile, LGPL 2.1",
    "soxr": "LGPL 2.1",
    "pedalboard": "GPL 3",
    "pyqtgraph": "MIT",
    "platformdirs": "MIT",
}


def show_keys(window: QMainWindow) -> None:
    """Show what keys and mouse do, until it is closed: the menus' keys, and what has no menu."""
    dialog = _dialog(window, "Keys and mouse")
    dialog.resize(*SHEET_SIZE)
    groups = [*key_groups(window), ("List and controls", list(LIST)), ("Mouse", list(MOUSE))]
    sheet = QWidget()
    columns = QHBoxLayout(sheet)
    columns.setContentsMargins(0, 0, 2 * UNIT, 0)
    columns.setSpacing(5 * UNIT)
    for part in _halves(groups):
        column = QVBoxLayout()
        column.setSpacing(2 * UNIT)
        for title, rows in part:
            column.addLayout(_group(title, rows))
        column.addStretch()
        columns.addLayout(column, 1)
    area = QScrollArea()
    area.setWidget(sheet)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName("Keys")
    dialog.layout().addWidget(area, 1)
    _finish(dialog)


def key_groups(window: QMainWindow) -> list[tuple[str, list[tuple[str, str]]]]:
    """Of every menu its title, and the keys and text of each entry that has any."""
    menus = [action.menu() for action in window.menuBar().actions() if action.menu()]
    groups = [(_plain(menu.title()), list(_keys_in(menu))) for menu in menus]
    return [(title, rows) for title, rows in groups if rows]


def _keys_in(menu: QMenu) -> Iterator[tuple[str, str]]:
    for action in menu.actions():
        if action.menu() is not None:
            yield from _keys_in(action.menu())
        elif action.shortcuts():
            native = QKeySequence.SequenceFormat.NativeText
            yield (
                ",  ".join(key.toString(native) for key in action.shortcuts()),
                _plain(action.text()),
            )


def _plain(text: str) -> str:
    """A menu's text without the mark of its letter."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")


def _halves(groups: list[tuple[str, list]]) -> tuple[list, list]:
    """The groups in two columns of about the same height, in their order."""
    heights = [len(rows) + 2 for _, rows in groups]
    cut = min(range(len(groups) + 1), key=lambda at: abs(sum(heights[:at]) - sum(heights[at:])))
    return groups[:cut], groups[cut:]


def _group(title: str, rows: list[tuple[str, str]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(3 * UNIT)
    grid.setVerticalSpacing(UNIT // 2)
    grid.setColumnMinimumWidth(0, KEYS_WIDTH)
    grid.setColumnStretch(1, 1)
    grid.addWidget(label(title.upper(), "section"), 0, 0, 1, 2)
    for row, (keys, meaning) in enumerate(rows, 1):
        grid.addWidget(label(keys, "lane"), row, 0)
        text = label(meaning)
        text.setWordWrap(True)
        grid.addWidget(text, row, 1)
    return grid


def show_about(parent: QWidget) -> None:
    """Show version, licence and what it stands on, until it is closed."""
    dialog = _dialog(parent, "About Dryspell")
    picture = QLabel()
    picture.setPixmap(pixmap("app", 8 * UNIT, ratio=parent.devicePixelRatioF()))
    body = _text(
        "Takes the room out of recorded speech.\n\n"
        "Free software under the GNU General Public License, version 3 or later. "
        "It comes without any warranty."
    )
    parts = QGridLayout()
    parts.setHorizontalSpacing(3 * UNIT)
    parts.setVerticalSpacing(UNIT // 2)
    parts.setColumnStretch(2, 1)
    parts.addWidget(label("IT STANDS ON", "section"), 0, 0, 1, 3)
    for row, name in enumerate(PARTS, 1):
        for column, text in enumerate((name, _version_of(name), LICENCES[name])):
            parts.addWidget(label(text, "" if column == 0 else "muted"), row, column)
    system = _text(versions())
    system.setProperty("role", "muted")
    for widget in (picture, label("Dryspell", "title"), body):
        dialog.layout().addWidget(widget)
    dialog.layout().addLayout(parts)
    dialog.layout().addWidget(system)
    _finish(dialog)


def _text(text: str) -> QLabel:
    body = label(text)
    body.setWordWrap(True)
    body.setMinimumWidth(48 * UNIT)
    body.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return body


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


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"
