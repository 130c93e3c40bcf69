"""The small parts the views are made of: buttons and labels."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from ..theme import UNIT

SHORTEST_TEXT = 12 * UNIT  # a text that may be shortened keeps this
BETWEEN_FACTS = "   ·   "


def label(text: str = "", role: str = "") -> QLabel:
    """A label; `role` chooses its look in the style sheet."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setProperty("role", role)
    return result


class ElidedLabel(QLabel):
    """One line of text: where there is no room for all of it, without its middle."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)

    def show_path(self, path: Path) -> None:
        """Show this file's name, and in the tooltip where it is."""
        self.setText(one_line(path.name))
        self.setToolTip(path_tip(path))

    def minimumSizeHint(self) -> QSize:
        whole = super().minimumSizeHint()
        return QSize(min(SHORTEST_TEXT, whole.width()), whole.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = Qt.TextElideMode.ElideMiddle
        painter.drawText(
            self.rect(),
            Qt.AlignmentFlag.AlignVCenter,
            self.fontMetrics().elidedText(self.text(), middle, self.width()),
        )


class FactsLabel(QLabel):
    """Facts in a row: where there is no room for all of them, without the last ones.

    It takes the room that others leave; its first fact is always there.
    """

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._facts: list[str] = []

    def show_facts(self, facts: Sequence[str]) -> None:
        """Show these, and all of them in the tooltip."""
        self._facts = list(facts)
        self.setText(BETWEEN_FACTS.join(facts))
        self.setToolTip(", ".join(facts))
        self.ensurePolished()
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance(self._facts[0]))

    @property
    def shown(self) -> str:
        """As many facts as there is room for."""
        count = len(self._facts)
        while count > 1 and self._width(count) > self.width():
            count -= 1
        return BETWEEN_FACTS.join(self._facts[:count])

    def _width(self, count: int) -> int:
        return self.fontMetrics().horizontalAdvance(BETWEEN_FACTS.join(self._facts[:count]))

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self.shown)


def one_line(name: str) -> str:
    """A file's name, which on most systems may hold line breaks, without them."""
    return " ".join(name.splitlines())


def caption(path: Path, metrics: QFontMetrics, width: int) -> str:
    """A file's name as the text of a button or menu entry of that width."""
    name = metrics.elidedText(one_line(path.name), Qt.TextElideMode.ElideMiddle, width)
    return name.replace("&", "&&")  # a lone & would underline what follows it


def path_tip(path: Path) -> str:
    """A path as a tooltip: literally, though Qt takes what looks like HTML for HTML."""
    return f"<span>{escape(str(path))}</span>"


def button(text: str, role: str = "", tooltip: str = "") -> QPushButton:
    """A button that Return presses too: the space bar belongs to playing."""
    result = QPushButton(text)
    result.setAutoDefault(True)
    result.setProperty("role", role)
    result.setCursor(Qt.CursorShape.PointingHandCursor)
    if tooltip:
        result.setToolTip(tooltip)
    return result


def icon_button(name: str, tooltip: str, size: int = 20) -> QPushButton:
    """A button without text; `name` is what a screen reader says."""
    result = button("", "icon", tooltip)
    result.setAccessibleName(name)
    result.setIconSize(QSize(size, size))
    return result


def show_fraction(bar: QProgressBar, fraction: float) -> None:
    """Show how far something is; QProgressBar alone would paint the whole window at once."""
    bar.setUpdatesEnabled(False)
    bar.setValue(round(bar.maximum() * fraction))
    bar.setUpdatesEnabled(True)


def bottom_row(*buttons: QPushButton) -> QHBoxLayout:
    """The buttons that end a dialog, at its right; Return presses the last one."""
    row = QHBoxLayout()
    row.setSpacing(UNIT)
    row.addStretch()
    for each in buttons:
        row.addWidget(each)
    buttons[-1].setDefault(True)
    return row


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and let it look again."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def choice(name: str, choices: dict[str, str], chosen: str | None = None) -> QComboBox:
    """A box with a text for each value, at the first or the one that is chosen."""
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in choices.items():
        box.addItem(text, value)
    if chosen is not None:
        box.setCurrentIndex(max(0, box.findData(chosen)))
    return box
