"""A named number that is set by slider, wheel, keys or typing, and reset by a double click."""

import re
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QValidator, QWheelEvent
from PyQt6.QtWidgets import (
    QApplication,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from ..theme import UNIT
from .controls import label

FINE = 0.1  # share of the way that a drag with Shift goes
PAGE_KEYS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
NOTCH = 120  # of a wheel, in Qt's units
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


@dataclass(frozen=True)
class Scale:
    """The numbers that a knob runs through.

    Attributes:
        low: The number at the left end, as it is shown.
        high: The number at the right end.
        step: From one place of the slider to the next.
        unit: Stands behind the number.
        per_value: The number that is shown, divided by the value that is meant.
        is_signed: Whether a plus sign stands before positive numbers.
    """

    low: float
    high: float
    step: float = 1.0
    unit: str = " %"
    per_value: float = 100.0
    is_signed: bool = False


PERCENT = Scale(0, 100)


class Slider(QSlider):
    """Goes where it is clicked, finely with Shift; keeps its keys; tells of double clicks."""

    reset_asked = pyqtSignal()

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setFixedHeight(3 * UNIT)
        self._exact = 0.0
        self._drag_x = 0.0
        self._turned = 0

    def event(self, event: QEvent) -> bool:
        # The arrow keys seek everywhere else in the window.
        if event.type() == QEvent.Type.ShortcutOverride and (
            event.key() in SLIDER_KEYS and not event.modifiers()
        ):
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.setSliderDown(True)
        self._drag_x = event.position().x()
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.setValue(
                QStyle.sliderValueFromPosition(
                    self.minimum(),
                    self.maximum(),
                    round(self._drag_x - self._handle / 2),
                    self._way,
                )
            )
        self._exact = float(self.value())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.isSliderDown():
            return
        fine = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        by = (event.position().x() - self._drag_x) / self._way * (self.maximum() - self.minimum())
        self._exact += by * FINE if fine else by
        self._drag_x = event.position().x()
        self.setValue(round(self._exact))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_asked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._turned += event.angleDelta().y() or event.angleDelta().x()
        notches = int(self._turned / NOTCH)
        self._turned -= notches * NOTCH
        self.setValue(self.value() + notches)
        event.accept()

    @property
    def _handle(self) -> int:
        return self.style().pixelMetric(QStyle.PixelMetric.PM_SliderLength, None, self)

    @property
    def _way(self) -> int:
        return max(1, self.width() - self._handle)


class NumberBox(QDoubleSpinBox):
    """A number with its unit; Return and Escape give the keyboard back to the window."""

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        self._is_signed = scale.is_signed
        self.setDecimals(1 if scale.step < 1 else 0)
        self.setRange(scale.low, scale.high)
        self.setSingleStep(scale.step)
        self.setSuffix(scale.unit)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.setFixedWidth(9 * UNIT)
        self.setKeyboardTracking(False)
        self.lineEdit().setAcceptDrops(False)
        self.lineEdit().installEventFilter(self)

    def textFromValue(self, value: float) -> str:
        text = super().textFromValue(value)
        return f"+{text}" if self._is_signed and value > 0 else text

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        # A number beyond the range is one, too: it becomes the nearest. Qt would lose a digit.
        if self._number(text) is not None:
            return QValidator.State.Acceptable, text, position
        is_begun = self._bare(text) in ("", "+", "-", ".", "+.", "-.")
        state = QValidator.State.Intermediate if is_begun else QValidator.State.Invalid
        return state, text, position

    def valueFromText(self, text: str) -> float:
        number = self._number(text)
        return self.value() if number is None else min(max(number, self.minimum()), self.maximum())

    def _bare(self, text: str) -> str:
        # Of the unit any part may be gone.
        return text.strip(f" {self.suffix()}").replace("−", "-").replace(",", ".")

    def _number(self, text: str) -> float | None:
        bare = self._bare(text)
        return float(bare) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", bare) else None

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
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.key() in PAGE_KEYS:
            event.ignore()  # they go through the recordings
            return
        if event.key() == Qt.Key.Key_Escape:  # what was typed is not meant
            self.lineEdit().setText(self.textFromValue(self.value()) + self.suffix())
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            self.clearFocus()


class Knob(QWidget):
    """A named number: by slider, by typing, back to its default by double click.

    Args:
        name: What it sets.
        tooltip: One sentence.
        default: The value that a double click gives back.
        scale: What is shown of the value.
        ends: What the left and the right end mean, if that is to be said.
    """

    changed = pyqtSignal(float)
    held = pyqtSignal()  # a drag begins
    released = pyqtSignal()  # and has ended a moment ago

    def __init__(
        self,
        name: str,
        tooltip: str,
        default: float,
        scale: Scale = PERCENT,
        ends: tuple[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._default = default
        self._scale = scale
        self.slider = Slider()
        self.slider.setRange(round(scale.low / scale.step), round(scale.high / scale.step))
        self.slider.setPageStep(max(1, (self.slider.maximum() - self.slider.minimum()) // 10))
        self.box = NumberBox(scale)
        title = label(name)
        title.setBuddy(self.box)
        for widget, kind in ((self.slider, "slider"), (self.box, "value")):
            widget.setAccessibleName(f"{name}, {kind}")
            widget.setAccessibleDescription(tooltip)
        self.setToolTip(f"{tooltip}\nDouble-click the slider to reset; with Shift it goes finely.")
        self.set_value(default)
        self.slider.valueChanged.connect(lambda place: self._take(place * scale.step))
        self.box.valueChanged.connect(self._take)
        self.slider.reset_asked.connect(lambda: self._take(self._default * scale.per_value))
        # The first click of a double click goes somewhere, too: both are one change.
        self._let_go = QTimer(self, singleShot=True)
        self._let_go.setInterval(QApplication.doubleClickInterval())
        self._let_go.timeout.connect(self.released)
        self.slider.sliderPressed.connect(self._let_go.stop)
        self.slider.sliderPressed.connect(self.held)
        self.slider.sliderReleased.connect(self._let_go.start)
        self._lay_out(title, ends)

    def _lay_out(self, title: QLabel, ends: tuple[str, str] | None) -> None:
        top = QHBoxLayout()
        top.addWidget(title)
        top.addStretch()
        top.addWidget(self.box)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT // 2)
        column.addLayout(top)
        column.addWidget(self.slider)
        self._ends = [label(text, "muted") for text in ends or ()]
        if self._ends:
            bottom = QHBoxLayout()
            bottom.addWidget(self._ends[0])
            bottom.addStretch()
            bottom.addWidget(self._ends[1])
            column.addLayout(bottom)
        self.setTabOrder(self.slider, self.box)

    def show_ends(self, are_shown: bool) -> None:
        """Say what the ends mean, where there is room for it."""
        for each in self._ends:
            each.setVisible(are_shown)

    def set_value(self, value: float) -> None:
        """Show this value without telling anyone."""
        shown = value * self._scale.per_value
        for widget, number in (
            (self.slider, round(shown / self._scale.step)),
            (self.box, shown),
        ):
            blocked = widget.blockSignals(True)
            widget.setValue(number)
            widget.blockSignals(blocked)

    def _take(self, shown: float) -> None:
        value = shown / self._scale.per_value
        self.set_value(value)
        self.changed.emit(value)
