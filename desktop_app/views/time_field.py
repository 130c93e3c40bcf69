"""A time that can be typed."""

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent
from PyQt6.QtWidgets import QLineEdit

from ..theme import UNIT
from ..time_window import time_from, time_text

STEP_S = 0.001


class TimeField(QLineEdit):
    """Shows a time to the millisecond; what is typed counts from Return, or when one leaves.

    "1:02.5", "62.5" and "0:01:02,5" are the same. What is no time is taken back, and so is
    everything by Escape.

    Args:
        name: What a screen reader says.
        tooltip: One sentence.
    """

    typed = pyqtSignal(float)

    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__()
        self._time_s = 0.0
        self.setAccessibleName(name)
        self.setToolTip(f"{tooltip}, like 1:02.5")
        self.setProperty("role", "time")
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.setAcceptDrops(False)
        self._fit("0:00.000")

    def set_time(self, time_s: float) -> None:
        """Show this, unless somebody is typing."""
        self._time_s = time_s
        if not (self.hasFocus() and self.isModified()):
            self._show()

    def _show(self) -> None:
        self.setText(time_text(self._time_s, STEP_S))
        self._fit(self.text())

    def _fit(self, text: str) -> None:
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(text) + 3 * UNIT)

    def _take(self) -> None:
        time_s = time_from(self.text()) if self.isModified() else None
        self._show()
        if time_s is not None:
            self.typed.emit(time_s)

    def event(self, event: QEvent) -> bool:
        # The space bar plays everywhere in the window, and no time has a space in it.
        is_space = event.type() == QEvent.Type.ShortcutOverride and (
            event.key() == Qt.Key.Key_Space
        )
        if is_space:
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take()
            self.selectAll()
        elif event.key() == Qt.Key.Key_Escape:
            self._show()
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._take()
