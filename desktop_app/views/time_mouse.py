"""What the mouse does along time, the same in every pane and in the ruler."""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent
from PyQt6.QtWidgets import QApplication

from ..time_window import TimeWindow
from .stage import Stage

ZOOM_PER_NOTCH = 0.8
SCROLL_PER_NOTCH = 0.1
NOTCH = 120  # eighths of a degree
GRIP = 5  # pixels on either side of an edge that take hold of it
VERTICAL = Qt.KeyboardModifier.AltModifier


class TimeMouse:
    """A click seeks, a drag selects, an edge of the selection can be taken and moved.

    Args:
        stage: What is changed.
        time_at: Gives the time under a horizontal position.
        x_of: The inverse.
        scrubs: Whether a drag seeks, as in the ruler, and does not select.
    """

    def __init__(
        self,
        stage: Stage,
        time_at: Callable[[float], float],
        x_of: Callable[[float], float],
        scrubs: bool = False,
    ) -> None:
        self._stage = stage
        self._time_at = time_at
        self._x_of = x_of
        self._scrubs = scrubs
        self._anchor_s: float | None = None  # the edge that stays, while one is dragged
        self._pressed_x: float | None = None

    @property
    def is_dragging(self) -> bool:
        return self._anchor_s is not None

    def press(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, selection = event.position().x(), self._stage.selection
        self._pressed_x = x
        edge_s = self._edge_at(x)
        if edge_s is not None:
            self._anchor_s = selection.start_s if edge_s == selection.end_s else selection.end_s
        elif self._shift(event) and selection:
            # As in a text: Shift moves the edge that is nearer.
            time_s = self._time_at(x)
            nearer_start = abs(time_s - selection.start_s) < abs(time_s - selection.end_s)
            self._anchor_s = selection.end_s if nearer_start else selection.start_s
            selection.drag(self._anchor_s, time_s)
        elif self._scrubs:
            self._stage.seek_asked.emit(self._time_at(x))

    def move(self, event: QMouseEvent) -> None:
        """The mouse has moved, with or without a button pressed."""
        x = event.position().x()
        if self._pressed_x is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if self._anchor_s is None and self._scrubs:
            self._stage.seek_asked.emit(self._time_at(x))
            return
        far = QApplication.startDragDistance() // 2
        if self._anchor_s is None and abs(x - self._pressed_x) >= far:
            self._anchor_s = self._time_at(self._pressed_x)
        if self._anchor_s is not None:
            time_s = self._time_at(x)
            self._stage.time_window.reveal(time_s)
            self._stage.selection.drag(self._anchor_s, time_s)

    def release(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed_x is None:
            return
        if self._anchor_s is not None:
            self._stage.selection.settle()
        elif not self._scrubs:
            self._stage.seek_asked.emit(self._time_at(event.position().x()))
        self._anchor_s = self._pressed_x = None

    def cursor(self, x: float) -> Qt.CursorShape:
        """What the mouse should look like there."""
        on_edge = self._anchor_s is None and self._edge_at(x) is not None
        if on_edge or (self.is_dragging and not self._scrubs):
            return Qt.CursorShape.SplitHCursor
        return Qt.CursorShape.ArrowCursor if self._scrubs else Qt.CursorShape.IBeamCursor

    def _edge_at(self, x: float) -> float | None:
        """The selection's edge within reach, the nearer of the two."""
        edges = self._stage.selection.bounds or ()
        near = [(abs(self._x_of(edge) - x), edge) for edge in edges]
        reach, edge = min(near, default=(GRIP + 1, None))
        return edge if reach <= GRIP else None

    @staticmethod
    def _shift(event: QMouseEvent) -> bool:
        return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)


def turn_along_time(event: QWheelEvent, time_window: TimeWindow, around_s: float) -> None:
    """The wheel zooms around a time; sideways, or with Shift, it scrolls."""
    turn = event.angleDelta()
    sideways = abs(turn.x()) > abs(turn.y())
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or sideways:
        notches = (turn.x() if sideways else turn.y()) / NOTCH
        time_window.scroll_by(-notches * SCROLL_PER_NOTCH)
    else:
        time_window.zoom(ZOOM_PER_NOTCH ** (turn.y() / NOTCH), around_s)
    event.accept()


def vertical_zoom(event: QWheelEvent) -> float:
    """By what factor a turn with Alt changes the range that is shown from bottom to top."""
    # With Alt, Qt hands the turn on as one to the side.
    turn = event.angleDelta().y() or event.angleDelta().x()
    return ZOOM_PER_NOTCH ** (turn / NOTCH)


def pinch(event: QEvent) -> tuple[float, QPointF] | None:
    """Factor of the time shown and position, if two fingers pinch; else None."""
    if isinstance(event, QNativeGestureEvent) and (
        event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
    ):
        return 1.0 / max(0.2, 1.0 + event.value()), event.position()
    return None
