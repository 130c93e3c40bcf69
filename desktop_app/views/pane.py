"""A plot along the shared stretch of time: playhead, selection, pointer; seeking, zoom, scroll."""

import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, QSize, Qt, QTimer
from PyQt6.QtGui import QColor, QFont, QMouseEvent, QResizeEvent, QWheelEvent
from PyQt6.QtWidgets import QFrame, QSizePolicy

from ..pixel_grid import PixelGrid
from ..theme import Theme
from .stage import Pointer, Stage
from .time_mouse import VERTICAL, TimeMouse, pinch, turn_along_time, vertical_zoom

AXIS_WIDTH = 56
LEAST_HEIGHT = 24
SELECTION_ALPHA = 44


class TimePane(pg.PlotWidget):
    """Draws itself anew, at most once per turn of the event loop, when anything has changed.

    Args:
        stage: What it shares with the other panes.
        theme: The colours to start with.
    """

    def __init__(self, stage: Stage, theme: Theme) -> None:
        super().__init__()
        self.stage = stage
        self.time_window = stage.time_window
        self.theme = theme
        self._labels: list[tuple[float, str]] | None = None
        self._pulled_from: float | None = None  # while the axis is dragged
        self._mouse = TimeMouse(stage, self.time_at, self.x_of)
        self._prepare_plot()
        self.region = pg.LinearRegionItem(movable=False)
        self.region.setZValue(5)
        self.cursor_line = pg.InfiniteLine(angle=90)
        self.cursor_line.setZValue(9)
        self.playhead = pg.InfiniteLine(pos=0, angle=90)
        self.playhead.setZValue(10)
        for item in (self.region, self.cursor_line, self.playhead):
            self.addItem(item, ignoreBounds=True)
        self._redraw = QTimer(self, singleShot=True, interval=0)
        self._redraw.timeout.connect(self._redraw_now)
        self.time_window.changed.connect(self.redraw)
        stage.display.changed.connect(self.redraw)
        stage.selection.changed.connect(self._show_selection)
        stage.pointer_moved.connect(self._show_pointer)
        self._show_selection()
        self._show_pointer()
        self.use_theme(theme)

    def _prepare_plot(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        for part in (self, self.viewport()):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAcceptDrops(False)  # a dropped file is the window's
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
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

    @property
    def view_width(self) -> int:
        """Pixels of the screen across the plot."""
        return max(1, round(self.getViewBox().width() * self.devicePixelRatioF()))

    @property
    def view_height(self) -> int:
        """Pixels of the screen from bottom to top of the plot."""
        return max(1, round(self.getViewBox().height() * self.devicePixelRatioF()))

    def grid(self, sample_rate: int) -> PixelGrid:
        """The columns of pixels in sight."""
        window = self.time_window
        return PixelGrid.across(
            window.start_s * sample_rate, window.end_s * sample_rate, self.view_width
        )

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
        self._colour_marks(theme.playhead, theme.accent)
        self.redraw()

    def _colour_marks(self, line: str, selection: str, alpha: int = SELECTION_ALPHA) -> None:
        """Colour the playhead and the pointer, and the selection."""
        faint, ground = QColor(line), QColor(selection)
        faint.setAlpha(96)
        ground.setAlpha(alpha)
        self.playhead.setPen(pg.mkPen(line, width=1))
        self.cursor_line.setPen(pg.mkPen(faint, width=1))
        self.region.setBrush(ground)
        for edge in self.region.lines:
            edge.setPen(pg.mkPen(selection, width=1))

    def redraw(self) -> None:
        """Draw soon; several calls become one drawing."""
        if self.isVisible():
            self._redraw.start()

    def _redraw_now(self) -> None:
        window = self.time_window
        self.getViewBox().setXRange(window.start_s, window.end_s, padding=0)
        self.draw()

    def draw(self) -> None:
        """Draw the stretch of time in `time_window`; for the panes to fill in."""

    def set_labels(self, labels: list[tuple[float, str]]) -> None:
        """What the axis says at which heights."""
        if labels != self._labels:
            self._labels = labels
            self.getPlotItem().getAxis("left").setTicks([labels])

    def zoom_vertically(self, factor: float, height: float) -> None:
        """Show `factor` times as much from bottom to top; `height` (0 to 1) stays."""

    def pull_vertically(self, by: float) -> None:
        """Scroll from bottom to top by a share of what is shown."""

    def point_at(self, start_s: float, stop_s: float, y: float) -> Pointer:
        """What a pixel stands for, `y` pixels above the lower edge."""
        return Pointer(start_s, stop_s)

    def time_at(self, x: float) -> float:
        """The time under a horizontal position in the widget, in seconds."""
        window = self.time_window
        part = (x - self._plot_left()) / max(1.0, self.getViewBox().width())
        return min(max(0.0, window.start_s + part * window.span_s), window.duration_s)

    def x_of(self, time_s: float) -> float:
        """The horizontal position in the widget of a time."""
        window = self.time_window
        part = (time_s - window.start_s) / window.span_s
        return self._plot_left() + part * self.getViewBox().width()

    def _plot_left(self) -> float:
        return self.getViewBox().mapToScene(0.0, 0.0).x() - self.mapToScene(0, 0).x()

    def _height_at(self, y: float) -> float:
        """0 at the lower edge of the plot, 1 at the upper."""
        return min(1.0, max(0.0, 1.0 - y / max(1, self.height())))

    def _show_selection(self) -> None:
        bounds = self.stage.selection.bounds
        self.region.setVisible(bounds is not None)
        if bounds is not None:
            self.region.setRegion(bounds)

    def _show_pointer(self) -> None:
        pointer = self.stage.pointer
        self.cursor_line.setVisible(pointer is not None)
        if pointer is not None:
            self.cursor_line.setValue(pointer.time_s)

    def _is_on_axis(self, position: QPointF) -> bool:
        return position.x() < self._plot_left()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._is_on_axis(event.position()):
            self._pulled_from = event.position().y()
        else:
            self._mouse.press(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pulled_from is not None:
            self.pull_vertically((position.y() - self._pulled_from) / max(1, self.height()))
            self._pulled_from = position.y()
        else:
            self._mouse.move(event)
            on_axis = self._is_on_axis(position) and not self._mouse.is_dragging
            shape = Qt.CursorShape.SizeVerCursor if on_axis else self._mouse.cursor(position.x())
            self.viewport().setCursor(shape)
            self.stage.point(None if on_axis else self._pointer_at(position))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pulled_from = None
        self._mouse.release(event)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._is_on_axis(event.position()):
            self.stage.display.reset_vertical()
        else:
            self.stage.selection.clear()
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.stage.point(None)
        super().leaveEvent(event)

    def _pointer_at(self, position: QPointF) -> Pointer:
        window = self.time_window
        pixel_s = window.span_s / max(1.0, self.getViewBox().width())
        start_s = self.time_at(position.x())
        return self.point_at(
            start_s, min(window.duration_s, start_s + pixel_s), self.height() - position.y()
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms in time; with Alt, or over the axis, from bottom to top."""
        position = event.position()
        if event.modifiers() & VERTICAL or self._is_on_axis(position):
            self.zoom_vertically(vertical_zoom(event), self._height_at(position.y()))
            event.accept()
        else:
            turn_along_time(event, self.time_window, self.time_at(position.x()))

    def viewportEvent(self, event: QEvent) -> bool:
        found = pinch(event)
        if found is None:
            return super().viewportEvent(event)
        self.time_window.zoom(found[0], self.time_at(found[1].x()))
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_redraw"):
            self.redraw()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self.redraw()

    def sizeHint(self) -> QSize:
        return QSize(600, 100)


def _axis_font(widget: pg.PlotWidget) -> QFont:
    font = widget.font()
    font.setPointSizeF(max(7.0, font.pointSizeF() * 0.82))
    return font
