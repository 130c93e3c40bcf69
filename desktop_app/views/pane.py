"""A plot along the shared stretch of time: playhead, seeking by mouse, zoom and scroll by wheel."""

import pyqtgraph as pg
from PyQt6.QtCore import QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QFrame, QSizePolicy

from ..theme import Theme
from ..time_window import TimeWindow

AXIS_WIDTH = 56
ZOOM_PER_NOTCH = 0.8
SCROLL_PER_NOTCH = 0.1


class TimePane(pg.PlotWidget):
    """Draws itself anew, at most once per turn of the event loop, when anything has changed.

    Args:
        time_window: What stretch of time is shown.
        theme: The colours to start with.
    """

    seek_asked = pyqtSignal(float)

    def __init__(self, time_window: TimeWindow, theme: Theme) -> None:
        super().__init__()
        self.time_window = time_window
        self.theme = theme
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAcceptDrops(False)  # a dropped file is the window's
        self.setMinimumHeight(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        plot = self.getPlotItem()
        plot.hideButtons()
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(False, False)
        plot.hideAxis("bottom")
        plot.setContentsMargins(0, 0, 0, 0)
        plot.layout.setContentsMargins(0, 0, 0, 0)
        plot.getViewBox().setDefaultPadding(0)
        self.centralWidget.layout.setContentsMargins(0, 0, 0, 0)
        plot.getAxis("left").setWidth(AXIS_WIDTH)
        self.playhead = pg.InfiniteLine(pos=0, angle=90)
        self.playhead.setZValue(10)
        self.addItem(self.playhead)
        self._redraw = QTimer(self, singleShot=True, interval=0)
        self._redraw.timeout.connect(self._redraw_now)
        time_window.changed.connect(self.redraw)
        self.use_theme(theme)

    @property
    def view_width(self) -> int:
        """Pixels of the screen across the plot."""
        return max(1, round(self.getViewBox().width() * self.devicePixelRatioF()))

    @property
    def view_height(self) -> int:
        """Pixels of the screen from bottom to top of the plot."""
        return max(1, round(self.getViewBox().height() * self.devicePixelRatioF()))

    def use_theme(self, theme: Theme) -> None:
        """Take on another theme's colours."""
        self.theme = theme
        self.setBackground(theme.window)
        self.getViewBox().setBackgroundColor(theme.plot)
        axis = self.getPlotItem().getAxis("left")
        axis.setPen(pg.mkPen(None))
        axis.setTickPen(pg.mkPen(theme.border))
        axis.setTextPen(theme.muted)
        axis.setTickFont(_axis_font(self))
        axis.setStyle(tickLength=-4, tickTextOffset=6)
        self.playhead.setPen(pg.mkPen(theme.playhead, width=1))
        self.redraw()

    def redraw(self) -> None:
        """Draw soon; several calls become one drawing."""
        self._redraw.start()

    def _redraw_now(self) -> None:
        window = self.time_window
        self.getViewBox().setXRange(window.start_s, window.end_s, padding=0)
        self.draw()

    def draw(self) -> None:
        """Draw the stretch of time in `time_window`; for the panes to fill in."""

    def time_at(self, x: float) -> float:
        """The time under a horizontal position in the widget, in seconds."""
        view = self.getViewBox()
        scene_x = self.mapToScene(round(x), 0).x()
        left = view.mapToScene(0.0, 0.0).x()
        part = (scene_x - left) / max(1.0, view.width())
        time_s = self.time_window.start_s + part * self.time_window.span_s
        return min(max(0.0, time_s), self.time_window.duration_s)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.seek_asked.emit(self.time_at(event.position().x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.seek_asked.emit(self.time_at(event.position().x()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms at the pointer; sideways, or with Shift, it scrolls."""
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turn.x()) > abs(turn.y()):
            notches = (turn.x() or turn.y()) / 120
            self.time_window.scroll_by(-notches * SCROLL_PER_NOTCH)
        else:
            around_s = self.time_at(event.position().x())
            self.time_window.zoom(ZOOM_PER_NOTCH ** (turn.y() / 120), around_s)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_redraw"):
            self.redraw()

    def sizeHint(self) -> QSize:
        return QSize(600, 100)


def _axis_font(widget: pg.PlotWidget):
    font = widget.font()
    font.setPointSizeF(max(7.0, font.pointSizeF() * 0.82))
    return font
