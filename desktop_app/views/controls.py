"""The small parts the views are made of: buttons, labels, and a slider with a number."""

from html import escape
from pathlib import Path

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QSpinBox,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ..theme import UNIT

SHORTEST_TEXT = 12 * UNIT  # a text that may be shortened keeps this
SLIDER_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
)


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


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and let it look again."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


class Slider(QSlider):
    """Goes where it is clicked, keeps its keys, and tells when it is double-clicked."""

    reset_asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFixedHeight(3 * UNIT)

    def event(self, event: QEvent) -> bool:
        # The arrow keys seek everywhere else in the window.
        if event.type() == QEvent.Type.ShortcutOverride and (
            event.key() in SLIDER_KEYS and not event.modifiers()
        ):
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(event)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_asked.emit()

    def _go_to(self, event: QMouseEvent) -> None:
        handle = self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)
        self.setValue(
            QStyle.sliderValueFromPosition(
                self.minimum(),
                self.maximum(),
                round(event.position().x() - handle / 2),
                max(1, self.width() - handle),
            )
        )


class PercentBox(QSpinBox):
    """A number with a percent sign; Return and Escape give the keyboard back to the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setRange(0, 100)
        self.setSuffix(" %")
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.setFixedWidth(9 * UNIT)
        self.setKeyboardTracking(False)
        self.lineEdit().setAcceptDrops(False)
        self.lineEdit().installEventFilter(self)

    def eventFilter(self, watched: QWidget, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Space:
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.clearFocus()


class PercentSlider(QWidget):
    """A named share from 0 to 100 %: by slider, by typing, back to its default by double click.

    Args:
        name: What it sets.
        ends: What the left and the right end mean.
        tooltip: One sentence.
        default: The share that a double click gives back.
    """

    changed = pyqtSignal(float)

    def __init__(self, name: str, ends: tuple[str, str], tooltip: str, default: float) -> None:
        super().__init__()
        self._default = default
        self.slider = Slider()
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.box = PercentBox()
        title = label(name)
        title.setBuddy(self.box)
        for widget, kind in ((self.slider, "slider"), (self.box, "value")):
            widget.setAccessibleName(f"{name}, {kind}")
            widget.setAccessibleDescription(tooltip)
        self.setToolTip(f"{tooltip}\nDouble-click the slider to reset.")
        self.set_share(default)
        self.slider.valueChanged.connect(self._take)
        self.box.valueChanged.connect(self._take)
        self.slider.reset_asked.connect(lambda: self._take(round(self._default * 100)))
        self._lay_out(title, ends)

    def _lay_out(self, title: QLabel, ends: tuple[str, str]) -> None:
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch()
        top.addWidget(self.box)
        bottom = QHBoxLayout()
        bottom.addWidget(label(ends[0], "muted"))
        bottom.addStretch()
        bottom.addWidget(label(ends[1], "muted"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT // 2)
        column.addLayout(top)
        column.addWidget(self.slider)
        column.addLayout(bottom)
        self.setTabOrder(self.slider, self.box)

    def set_share(self, share: float) -> None:
        """Show this share without telling anyone."""
        for widget in (self.slider, self.box):
            blocked = widget.blockSignals(True)
            widget.setValue(round(share * 100))
            widget.blockSignals(blocked)

    def _take(self, percent: int) -> None:
        self.set_share(percent / 100)
        self.changed.emit(percent / 100)
