"""The time ruler above the panes; clicking or dragging in it seeks."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PyQt6.QtWidgets import QWidget

from ..theme import Theme
from ..time_window import TimeWindow, tick_step_s, time_text
from .pane import AXIS_WIDTH

HEIGHT = 24
TICK_DISTANCE = 88
MARK = 5.0


class Ruler(QWidget):
    """Ticks with times, and the playhead's mark.

    Args:
        time_window: What stretch of time is shown.
        theme: The colours to start with.
    """

    seek_asked = pyqtSignal(float)

    def __init__(self, time_window: TimeWindow, theme: Theme) -> None:
        super().__init__()
        self._window = time_window
        self._theme = theme
        self._position_s = 0.0
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Time ruler")
        time_window.changed.connect(self.update)

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
        step = tick_step_s(self._window.span_s, max(1.0, self._plot_width() / TICK_DISTANCE))
        tick = int(self._window.start_s / step)
        while tick * step <= self._window.end_s:
            self._paint_tick(painter, tick * step, step)
            tick += 1
        self._paint_playhead(painter)

    def _paint_tick(self, painter: QPainter, time_s: float, step_s: float) -> None:
        x = self._x(time_s)
        if x < AXIS_WIDTH - 1:
            return
        painter.setPen(QColor(self._theme.border))
        painter.drawLine(QPointF(x, HEIGHT - 6), QPointF(x, HEIGHT))
        painter.setPen(QColor(self._theme.muted))
        box = QRectF(x + 7, 0, TICK_DISTANCE, HEIGHT - 2 * MARK)
        if x + 44 < self.width():
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, time_text(time_s, step_s))

    def _paint_playhead(self, painter: QPainter) -> None:
        x = self._x(self._position_s)
        if AXIS_WIDTH - 0.5 <= x <= self.width() + 0.5:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._theme.accent))
            y = HEIGHT - 2 * MARK
            painter.drawPolygon(
                QPolygonF([QPointF(x - MARK, y), QPointF(x + MARK, y), QPointF(x, HEIGHT)])
            )

    def _plot_width(self) -> float:
        return max(1.0, self.width() - AXIS_WIDTH)

    def _x(self, time_s: float) -> float:
        part = (time_s - self._window.start_s) / self._window.span_s
        return AXIS_WIDTH + part * self._plot_width()

    def _time_at(self, x: float) -> float:
        part = (x - AXIS_WIDTH) / self._plot_width()
        time_s = self._window.start_s + part * self._window.span_s
        return min(max(0.0, time_s), self._window.duration_s)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.seek_asked.emit(self._time_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.seek_asked.emit(self._time_at(event.position().x()))

    def sizeHint(self) -> QSize:
        return QSize(600, HEIGHT)
