"""A mouse over a widget."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
SHIFT, PLAIN = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


def target(widget):
    return widget.viewport() if hasattr(widget, "viewport") else widget


def mouse(widget, kind, x, y, button=LEFT, buttons=LEFT, keys=PLAIN):
    at = QPointF(x, y)
    event = QMouseEvent(kind, at, widget.mapToGlobal(at), button, buttons, keys)
    QApplication.sendEvent(target(widget), event)


def drag(widget, start, *stops, y=10.0, keys=PLAIN):
    mouse(widget, QEvent.Type.MouseButtonPress, start, y, keys=keys)
    for x in stops:
        mouse(widget, QEvent.Type.MouseMove, x, y, NONE)
    mouse(widget, QEvent.Type.MouseButtonRelease, stops[-1] if stops else start, y, buttons=NONE)


def hover(widget, x, y):
    mouse(widget, QEvent.Type.MouseMove, x, y, NONE, NONE)


def wheel(widget, x, y, *, up=0, right=0, keys=PLAIN):
    at = QPointF(x, y)
    turn = QPoint(120 * right, 120 * up)
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, widget.mapToGlobal(at), QPoint(), turn, NONE, keys, phase, False)
    QApplication.sendEvent(target(widget), event)
