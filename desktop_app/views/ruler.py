"""The time ruler above the panes; clicking or dragging in it seeks."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPolygonF, QWheelEvent
from PyQt6.QtWidgets import QWidget

from ..theme import Theme
from ..time_window import tick_step_s, time_text
from .pane import AXIS_WIDTH
from .stage import Stage
from .time_mouse import TimeMouse, turn_along_time

HEIGHT = 24
TICK_DISTANCE = 88
MARK = 5.0
BAND = 4.0


class Ruler(QWidget):
    """Ticks with times, the selection, and the playhead's mark.

    Args:
        stage: What it shares with the panes.
        theme: The colours to start with.
    """

    def __init__(self, stage: Stage, theme: Theme) -> None:
        super().__init__()
        self._window = stage.time_window
        self._selection = stage.selection
        self._theme = theme
        self._position_s = 0.0
        self._mouse = TimeMouse(stage, self.time_at, self.x_of, scrubs=True)
        self.setFixedHeight(HEIGHT)
        self.setMouseTracking(True)
        self.setAccessibleName("Time ruler")
        self._window.changed.connect(self.update)
        self._selection.changed.connect(self.update)

    def use_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_position(self, position_s: float) -> None:
        self._position_s = position_s
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.82))
        painter.setFont(font)
        self._paint_selection(painter)
        step = tick_step_s(self._window.span_s, max(1.0, self._plot_width() / TICK_DISTANCE))
        tick = int(self._window.start_s / step)
        while tick * step <= self._window.end_s:
            self._paint_tick(painter, tick * step, step)
            tick += 1
        self._paint_playhead(painter)

    def _paint_tick(self, painter: QPainter, time_s: float, step_s: float) -> None:
        x = self.x_of(time_s)
        if x < AXIS_WIDTH - 1:
            return
        painter.setPen(QColor(self._theme.border))
        painter.drawLine(QPointF(x, HEIGHT - 6), QPointF(x, HEIGHT))
        painter.setPen(QColor(self._theme.muted))
        text = time_text(time_s, step_s)
        if x + 7 + painter.fontMetrics().horizontalAdvance(text) < self.width():
            box = QRectF(x + 7, 0, TICK_DISTANCE, HEIGHT - 2 * MARK)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_selection(self, painter: QPainter) -> None:
        if self._selection:
            left = max(AXIS_WIDTH, self.x_of(self._selection.start_s))
            right = min(self.width(), self.x_of(self._selection.end_s))
            if right > left:
                band = QRectF(left, HEIGHT - BAND, right - left, BAND)
                painter.fillRect(band, QColor(self._theme.accent))

    def _paint_playhead(self, painter: QPainter) -> None:
        x = self.x_of(self._position_s)
        if AXIS_WIDTH - 0.5 <= x <= self.width() + 0.5:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.playhead))
            y = HEIGHT - 2 * MARK
            painter.drawPolygon(
                QPolygonF([QPointF(x - MARK, y), QPointF(x + MARK, y), QPointF(x, HEIGHT)])
            )

    def _plot_width(self) -> float:
        return max(1.0, self.width() - AXIS_WIDTH)

    def x_of(self, time_s: float) -> float:
        """The horizontal position of a time."""
        part = (time_s - self._window.start_s) / self._window.span_s
        return AXIS_WIDTH + part * self._plot_width()

    def time_at(self, x: float) -> float:
        """The time under a horizontal position."""
        part = (x - AXIS_WIDTH) / self._plot_width()
        time_s = self._window.start_s + part * self._window.span_s
        return min(max(0.0, time_s), self._window.duration_s)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._mouse.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._mouse.move(event)
        self.setCursor(self._mouse.cursor(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._mouse.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn_along_time(event, self._window, self.time_at(event.position().x()))

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)
